"""Jaggaer (BravoSolution): the current opportunities that a portal shows to guests.

Publisher: the portal's buyers; the software is Jaggaer's
Area: the portal's buyers
Licence: none stated; facts are taken, and every notice links to its advert
Access: a list and pages in a guest's session; url is the portal's host
Limits: some portals close /esop in robots.txt; one request in 10 seconds, an advert's page only when its row is new
Quirks: columns differ and are known by their headings; pages are asked for by POST; from others' code, unverified
Last checked live: never
"""

import re

from scrapy.http import FormRequest, Request

from spiders.formats.fragments import (
    Element,
    canonical,
    document,
    first,
    fragment,
    instead_of,
    line,
    required,
    says_nothing_found,
    text,
    whole_document,
    words_of,
)
from spiders.lists.adverts import Advert
from spiders.lists.portal import Portal
from spiders.lists.rows import Listing, Page, Place, Row, listing_of
from spiders.questions.portals import JAGGAER
from tenderbell.edition import Source

GUEST = "/esop/guest/go/public/opportunity/current"
LIST = "/esop/toolkit/opportunity/current/list.si"
TABLE = "table.list-table"
PAGER = "opportunityListManager.pagerComponent.page"
_COUNT = re.compile(r"(?i)\bResults?\s*(\d{1,6})\s*-\s*(\d{1,6})\s*of\s*(\d{1,6})\b")
_OPENS = re.compile(r"goToDetail\(\s*['\"]?(\d+)")
_OWN_ID = re.compile(
    rb"/opportunity/(?:current/)?(\d+)/detail\.si|name=\"[\w.]*opportunityId\"[^>]{0,80}value=\"(\d+)\""
)
_USUAL = ("Procurement Route", "Buyer Organisation", "Project Title", "Work Category", "Listing Deadline")
_NAMES = {
    "route": re.compile(r"(?i)route|procedure"),
    "buyer": re.compile(r"(?i)buyer|organi[sz]ation|authority"),
    "title": re.compile(r"(?i)title|description"),
    "category": re.compile(r"(?i)category"),
    "closes": re.compile(r"(?i)deadline|expiry|closing"),
    "opens": re.compile(r"(?i)publi(?:shed|cation)"),
    "reference": re.compile(r"(?i)reference|code"),
}


class Jaggaer(Portal):
    """Walks a guest's list and opens the adverts that are new."""

    name = "jaggaer"
    probes = JAGGAER

    def doors(self) -> list[str]:
        """Return the address that makes us a guest."""
        return [f"{self.base}{GUEST}"]

    def page_request(self, place: Place) -> Request:
        """Return the request of the first page, or the form that turns to another."""
        if self.before is None:
            return Request(f"{self.base}{LIST}")
        form = {**dict(self.before.form), PAGER: str(place.number), "userAct": "changePage"}
        return FormRequest(f"{self.base}{LIST}", formdata=form)

    @classmethod
    def listing(cls, source: Source, body: bytes, content_type: str) -> Listing:
        """Return the adverts of a page of the list."""
        root = whole_document(body, content_type)
        table = required(root, TABLE)
        labels = tuple(line(heading) or "" for heading in table.cssselect("th"))
        rows = [
            row for row in table.cssselect("tr") if (cells := row.cssselect("td")) and not says_nothing_found(cells)
        ]
        base = (source.url or "").rstrip("/")
        hidden = root.cssselect("input[type=hidden][name]")
        form = tuple((field.get("name"), field.get("value") or "") for field in hidden)
        return listing_of([_row(row, labels, base) for row in rows], _pages(words_of(root)), form)

    @classmethod
    def detail(cls, source: Source, body: bytes, content_type: str) -> Page:
        """Return the fields of an advert's page, and its number if the page names it."""
        root = document(body, content_type)
        fields = [field for field in root.cssselect("li.FormField") if first(field, ".form_question_label") is not None]
        if not fields:
            raise instead_of(root, "li.FormField .form_question_label")
        own = _OWN_ID.search(body)
        page = "".join(canonical(field, source.url or "") for field in fields)
        return Page(f"<ul>{page}</ul>", (own[1] or own[2]).decode() if own else None)

    @classmethod
    def advert(cls, parts: dict[str, str], source: Source) -> Advert:
        """Return what the row and the page say."""
        row, fields = _cells(parts.get("row")), _fields(parts.get("page"))
        opened = _OPENED.search(parts.get("row", ""))
        base = (source.url or "").rstrip("/")
        return Advert(
            title=row.get("title") or line(fields.get("project title")),
            reference=line(fields.get("project code")) or row.get("reference"),
            buyer=row.get("buyer") or line(fields.get("buyer organisation")),
            link=_page(base, opened[1]) if opened else None,
            description=text(fields.get("project description")),
            opens=row.get("opens") or line(fields.get("publication date")),
            closes=row.get("closes") or line(fields.get("listing deadline")),
            closes_from="listing deadline",
            value=line(fields.get("estimated value of contract")),
            sort=row.get("route") or line(fields.get("procurement route")),
            category=row.get("category") or line(fields.get("work category")),
            starts=line(fields.get("contract start date")),
        )


_OPENED = re.compile(r'data-id="(\d+)"')


def _pages(words: str) -> int | None:
    """Return 0 when the counter says that this is the last page, or when there is no counter; None otherwise."""
    count = _COUNT.search(words)
    return None if count and int(count[2]) < int(count[3]) else 0


def _row(row: Element, labels: tuple[str, ...], base: str) -> Row | None:
    """Return a row with its headings written into the cells, so that it can be read alone."""
    link = first(row, "a[onclick]")
    opens = _OPENS.search(link.get("onclick") or "") if link is not None else None
    cells = row.cssselect("td")
    names = labels if len(labels) == len(cells) else _USUAL if len(cells) == len(_USUAL) else ()
    for cell, name in zip(cells, names, strict=False):
        cell.set("data-label", name)
    if link is None or opens is None:
        return None
    link.set("data-id", opens[1])
    link.attrib.pop("href", None)
    return Row(opens[1], canonical(row, base), page=_page(base, opens[1]))


def _page(base: str, id: str) -> str:
    return f"{base}/esop/toolkit/opportunity/current/{id}/detail.si"


def _cells(row: str | None) -> dict[str, str | None]:
    """Return the cells of a row by what their headings mean; of two headings with one meaning, the first counts."""
    found: dict[str, str | None] = {}
    for cell in fragment(row).cssselect("td[data-label]") if row else []:
        for name, pattern in _NAMES.items():
            if pattern.search(cell.get("data-label")):
                found.setdefault(name, line(cell))
                break
    return found


def _fields(page: str | None) -> dict[str, Element]:
    items = fragment(page).cssselect("li") if page else []
    return {
        (line(first(item, ".form_question_label")) or "").rstrip(": *").lower(): first(item, ".form_answer")
        for item in items
    }
