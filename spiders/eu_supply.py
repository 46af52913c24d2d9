"""EU-Supply (Mercell CTM): the public list of one brand, such as YORtender or the Blue Light buyers.

Publisher: the brand's buyers; the software is EU-Supply's
Area: the brand's buyers
Licence: none stated; facts are taken, and every notice links to its advert
Access: a table in pages of 20; url is the brand's host, option `brand` its short name
Limits: none known; one request in 10 seconds
Quirks: words stand in tooltips; adverts open behind an entrance page, which is not read; from others' code, unverified
Last checked live: never
"""

from typing import ClassVar
from urllib.parse import urlencode

from scrapy.http import Request

from spiders.formats.fragments import (
    Element,
    canonical,
    first,
    fragment,
    last_page,
    line,
    parameter,
    required,
    says_nothing_found,
    whole_document,
)
from spiders.lists.adverts import Advert
from spiders.lists.portal import Portal, PortalOptions
from spiders.lists.rows import Listing, Place, Row, listing_of
from spiders.questions.portals import EU_SUPPLY
from tenderbell.edition import Source

PAGE_SIZE = 20
TABLE = "table.ctm-table-fixed-layout"
ENTRANCE = "/app/rfq/rwlentrance_s.asp"
NUMBER, NAME, PUBLISHED, DEADLINE, BUYER = 0, 2, 3, 4, 6
"""The columns that are read, of at least seven."""


class Options(PortalOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`brand` is the parameter `B` of the list's address."""

    brand: str = ""


class EuSupply(Portal):
    """Walks a brand's list; the rows say all that is read."""

    name = "eu-supply"
    probes = EU_SUPPLY
    options_type = Options
    needs = "brand"
    most_pages: ClassVar[int] = 100

    def page_request(self, place: Place) -> Request:
        """Return the request of a page."""
        query = {"B": self.options.brand, "Name": "", "page": place.number}
        return Request(f"{self.base}/ctm/supplier/publictenders?{urlencode(query)}")

    @classmethod
    def listing(cls, source: Source, body: bytes, content_type: str) -> Listing:
        """Return the adverts of a page of the table."""
        root = whole_document(body, content_type)
        table = required(root, TABLE)
        rows = [row for row in table.cssselect("tbody tr") if not says_nothing_found(row.cssselect("td"))]
        return listing_of(
            [_row(row, source.url or "") for row in rows], last_page(root, "page", is_full=len(rows) >= PAGE_SIZE)
        )

    @classmethod
    def advert(cls, parts: dict[str, str], source: Source) -> Advert:
        """Return what a row says."""
        cells = fragment(parts.get("row", "")).cssselect("td")
        cells += [None] * (BUYER + 1 - len(cells))
        link = first(cells[NAME], "a") if cells[NAME] is not None else None
        brand = cls.options_of(source).brand
        return Advert(
            title=line(link) or _words(cells[NAME]),
            reference=_words(cells[NUMBER]),
            buyer=_words(cells[BUYER]),
            link=_entrance(source, parameter(link.get("href"), "PID") if link is not None else None, brand),
            opens=_words(cells[PUBLISHED]),
            closes=_words(cells[DEADLINE]),
        )


def _row(row: Element, base: str) -> Row | None:
    cells = row.cssselect("td")
    if len(cells) <= BUYER:
        return None
    link = first(cells[NAME], "a[href]")
    pid = parameter(link.get("href"), "PID") if link is not None else None
    key = pid or _words(cells[NUMBER])
    return Row(key, canonical(row, base), spare=pid) if key else None


def _words(cell: Element | None) -> str | None:
    """Return a cell's words, which are cut in the cell and whole in its tooltip."""
    if cell is None:
        return None
    return line(first(cell, "div.js-tooltip-content")) or line(cell)


def _entrance(source: Source, pid: str | None, brand: str) -> str | None:
    """Return the address that others publish for an advert, whatever link the list has."""
    return f"{(source.url or '').rstrip('/')}{ENTRANCE}?{urlencode({'PID': pid, 'B': brand})}" if pid else None
