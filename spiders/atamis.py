"""Atamis: the public list of one customer, such as the NHS's Health Family.

Publisher: the customer's buyers (for Health Family, bodies of the NHS); the software is Atamis', on Salesforce
Area: United Kingdom; Gloucestershire's NHS bodies are on Health Family
Licence: none stated; facts are taken, and every notice links to its advert
Access: pages of ten rows, “Page 1 of N”; url is the customer's host
Limits: addresses of data centres are refused with 403; one request in 10 seconds
Quirks: the order is not that of publication, so every page is walked; selectors are from others' code, unverified
Last checked live: never
"""

import re
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import urlencode, urlsplit

from scrapy.http import Request
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from spiders.formats.fragments import (
    Element,
    canonical,
    first,
    fragment,
    instead_of,
    line,
    parameter,
    says_nothing_found,
    whole_document,
    words_of,
)
from spiders.lists.adverts import Advert
from spiders.lists.portal import Portal
from spiders.lists.rows import Listing, Place, Row, listing_of
from spiders.questions.portals import ATAMIS
from tenderbell.edition import Source

REFUSED = 403
_COUNT = re.compile(r"(?i)\bPage\s+\d+\s+of\s+(\d{1,5})\b")
_REFERENCE = re.compile(r"\bC\d{4,8}\b")


class Atamis(Portal):
    """Walks a customer's whole list; the rows say all that is read."""

    name = "atamis"
    probes = ATAMIS
    most_pages: ClassVar[int] = 1_000

    def page_request(self, place: Place) -> Request:
        """Return the request of a page, as the list's own links ask for it."""
        query = {
            "searchtype": "Projects",
            "searchStr": "",
            "sortStr": "Recently Published",
            "page": place.number,
            "filters": "",
            "County": "",
        }
        return Request(f"{self.base}/?{urlencode(query)}")

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Say what a refusal means here, where it is known."""
        error = failure.value
        if isinstance(error, HttpError) and error.response.status == REFUSED:
            host = urlsplit(error.response.url).netloc
            self.task.fault(
                f"{host} refuses this computer (403). It does so to addresses of data centres: harvest this source "
                "from an office or a home, or leave it off."
            )
            return self.went_wrong(final=True)
        return super().failed(failure)

    @classmethod
    def listing(cls, source: Source, body: bytes, content_type: str) -> Listing:
        """Return the adverts of a page."""
        root = whole_document(body, content_type)
        count = _COUNT.search(words_of(root))
        tables = root.xpath("//tbody[.//td[contains(concat(' ', @class, ' '), ' col-ref ')]]")
        if count is None or (not tables and int(count[1]) > 0):
            raise instead_of(root, "td.col-ref" if count else "Page 1 of N")
        # A row within a row would be copied once more for each that it stands in.
        all_rows = dict.fromkeys(row for table in tables for row in table.iter("tr"))
        outer = [row for row in all_rows if not any(above in all_rows for above in row.iterancestors("tr"))]
        rows = [row for row in outer if not says_nothing_found(row.cssselect("td"))]
        return listing_of([_row(row, source.url or "") for row in rows], int(count[1]))

    @classmethod
    def advert(cls, parts: dict[str, str], source: Source) -> Advert:
        """Return what a row says."""
        del source
        row = fragment(parts.get("row", ""))
        link = first(row, "a.result-title")
        said = {label.get("data-label"): line(label) for label in row.cssselect("[data-label]")}
        return Advert(
            title=line(link) or line(first(row, "td.col-title")),
            reference=line(first(row, "td.col-ref")),
            buyer=said.get("Contracting Authority"),
            link=link.get("href") if link is not None else None,
            opens=said.get("Opens"),
            closes=said.get("Response Deadline"),
            closes_from="response deadline",
            sort=said.get("Procurement Route"),
        )


def _row(row: Element, base: str) -> Row | None:
    reference, link = line(first(row, "td.col-ref")), first(row, "a.result-title")
    uid = (link.get("uid") or parameter(link.get("href"), "uid")) if link is not None else None
    number = _REFERENCE.search(reference or "")
    key = number[0] if number else uid
    return Row(key, canonical(row, base), spare=uid) if key else None
