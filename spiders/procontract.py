"""ProContract (Due North, Proactis): the portal of one group of buyers, such as Supplying the South West.

Publisher: the buyers of the portal; the software is Proactis'
Area: the portal's buyers; Gloucestershire County Council, Stroud and Gloucester City are on Supplying the South West
Licence: none stated; facts are taken, and every notice links to its advert
Access: pages in a session; option `portal` is the GUID of the portal, by which the list is filtered
Limits: none known; one request in 10 seconds, and a page of an advert only when its row is new or has changed
Quirks: filter and page live in the session; the list has dates without times; from others' code, unverified
Last checked live: never
"""

from typing import ClassVar
from urllib.parse import urlencode

from scrapy.http import Request

from spiders.formats.fragments import (
    Element,
    canonical,
    document,
    first,
    fragment,
    labelled,
    last_page,
    line,
    parameter,
    required,
    says_nothing_found,
    stable_link,
    text,
    whole_document,
)
from spiders.lists.adverts import Advert, stated
from spiders.lists.portal import Portal, PortalOptions
from spiders.lists.rows import Listing, Page, Place, Row, listing_of
from spiders.questions.portals import PROCONTRACT
from tenderbell.clock import uk
from tenderbell.edition import Source
from tenderbell.errors import ChangedMarkup
from tenderbell.references import procontract_number
from tenderbell.wording import dates

PAGE_SIZE = 10
INDEX = "/Opportunities/Index"
GRID = "#opportunitiesGrid"
MAIN = "#sticky-footer-helper > main"
NO_HISTORY = "00000000-0000-0000-0000-000000000000"
_LABELS = (
    "title", "opportunity id", "categories", "description", "region(s) of supply", "estimated value", "buyer", "email",
    "start date", "end date", "from", "to", "expression start", "expression end",
)  # fmt: skip


class Options(PortalOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`portal` is the GUID in the address of the portal's own list (`p=`)."""

    portal: str = ""


class ProContract(Portal):
    """Walks the list of one portal and opens the adverts that are new."""

    name = "procontract"
    address: ClassVar[str | None] = "https://procontract.due-north.com"
    probes = PROCONTRACT
    options_type = Options
    needs = "portal"

    def doors(self) -> list[str]:
        """Return the addresses that forget an earlier filter and choose the portal."""
        chosen = {"applyFilter": "True", "p": self.options.portal, "v": "1"}
        return [
            f"{self.base}{INDEX}?tabName=opportunities&resetFilter=True",
            f"{self.base}{INDEX}?{urlencode(chosen)}",
        ]

    def page_request(self, place: Place) -> Request:
        """Return the request of a page, newest adverts first."""
        query = {
            "Page": place.number,
            "PageSize": PAGE_SIZE,
            "SortColumn": "ExpressionStartDate",
            "SortDirection": "Descending",
            "TabName": "opportunities",
            "ResultFilterHistoryId": NO_HISTORY,
        }
        return Request(f"{self.base}{INDEX}?{urlencode(query)}")

    @classmethod
    def listing(cls, source: Source, body: bytes, content_type: str) -> Listing:
        """Return the adverts of a page of the grid."""
        root = whole_document(body, content_type)
        required(root, GRID)
        base = source.url or cls.address or ""
        rows = [row for row in root.cssselect(f"{GRID} tbody tr") if not says_nothing_found(row.cssselect("td"))]
        return listing_of([_row(row, base) for row in rows], last_page(root, "Page", is_full=len(rows) >= PAGE_SIZE))

    @classmethod
    def detail(cls, source: Source, body: bytes, content_type: str) -> Page:
        """Return the main part of an advert's page, and its DN number."""
        main = required(document(body, content_type), MAIN)
        fields = labelled(main, _LABELS)
        if "opportunity id" not in fields and "title" not in fields:
            raise ChangedMarkup("The advert's page has neither an “Opportunity Id” nor a “Title”.")
        number = procontract_number(line(fields.get("opportunity id")))
        return Page(canonical(main, source.url or cls.address or ""), number)

    @classmethod
    def advert(cls, parts: dict[str, str], source: Source) -> Advert:
        """Return what the row and the page say."""
        del source
        row = fragment(parts["row"]) if "row" in parts else None
        fields = labelled(fragment(parts["page"]), _LABELS) if "page" in parts else {}
        link = first(row, "td a") if row is not None else None
        buyer, opens, closes, value = _columns(row)
        own = procontract_number(line(fields.get("opportunity id")))
        return Advert(
            title=line(link) or (line(first(row, "td")) if row is not None else line(fields.get("title"))),
            reference=_number(row) if row is not None else own,
            buyer=buyer or line(fields.get("buyer")),
            link=link.get("href") if link is not None else None,
            description=text(fields.get("description")),
            opens=opens or line(fields.get("expression start")) or line(fields.get("from")),
            closes=_end(closes, line(fields.get("expression end")) or line(fields.get("to"))),
            closes_from="end of expressions of interest",
            value=value or line(fields.get("estimated value")),
            subjects=text(fields.get("categories")),
            region=line(fields.get("region(s) of supply")),
            mailbox=line(fields.get("email")),
            starts=line(fields.get("start date")),
            ends=line(fields.get("end date")),
        )


def _row(row: Element, base: str) -> Row | None:
    link = first(row, "td a[href]")
    advert = parameter(link.get("href"), "advertId") if link is not None else None
    page = stable_link(f"/Advert?{urlencode({'advertId': advert})}", base) if advert else None
    if link is not None:
        link.attrib.pop("href")
        link.set("href", page or "")  # the list's own link also says from which page of the list one came
    key = _number(row) or advert
    return Row(key, canonical(row, base), page=page, spare=advert) if key else None


def _number(row: Element) -> str | None:
    """Return the DN number of a row: in the title of its link, else in a cell of its own. Titles may name others."""
    link, cells = first(row, "td a"), row.cssselect("td")
    named = [link.get("title") if link is not None else None, *map(line, cells[1:])]
    found = [number for text in named if (number := procontract_number(text))]
    return found[0] if found else None


def _columns(row: Element | None) -> tuple[str | None, str | None, str | None, str | None]:
    """Return (buyer, start, end, value). Of four columns the third, a single date, is the end."""
    shown = [line(cell) for cell in row.cssselect("td")[1:]] if row is not None else []
    if len(shown) == 3:
        shown.insert(1, None)
    buyer, start, end, value = [*shown, None, None, None, None][:4]
    return stated(buyer), start, end, stated(value)


def _end(row: str | None, page: str | None) -> str | None:
    """Return the end of expressions as the page words it, with its time of day, if it is the day that the row names."""
    from_row, from_page = dates.deadline(row), dates.deadline(page)
    if from_page is None or (from_row and uk(from_row).date() != uk(from_page).date()):
        return row or page
    return page
