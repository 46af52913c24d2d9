"""Find a Grant: the grants of central government, with their pages.

Publisher: Cabinet Office, Government Grants Management Function
Area: United Kingdom
Licence: Open Government Licence v3.0
Access: pages of a Next.js site, read through the JSON that they are made from; robots.txt is obeyed
Limits: none known; 10 grants a page, a request every 2 seconds
Quirks: times end in Z and are UK time; a close at 00:00 is the day before; closed grants leave the list
Last checked live: never; against the site's published source code of May 2025
"""

from typing import Any

from scrapy.http import Request

from spiders.formats.next_data import page_props
from spiders.formats.reading import Object
from spiders.lists.catalogue import Catalogue
from spiders.lists.rows import Listing, Page, Place, Row, canonical_json, nameless
from spiders.questions.grants import FIND_A_GRANT
from spiders.readers.grant_adverts import path_of_grant, read_grant
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.errors import ChangedMarkup
from tenderbell.notice import Reader

LIST = "/grants?page={page}&sortBy=openingDate"
_OF_THE_ROW = ("id", "label")


class FindAGrant(Catalogue):
    """Walks the list, and fetches the page of each grant that is new or whose row has changed."""

    name = "find-a-grant"
    address = "https://www.find-government-grants.service.gov.uk"
    probes = FIND_A_GRANT
    custom_settings = {"DOWNLOAD_DELAY": 2}  # noqa: RUF012 (nobody has told us a limit)

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads a grant."""
        del area
        base = FindAGrant.base_of(source)
        return lambda raw: read_grant(raw, base, source.reach)

    def page_request(self, place: Place) -> Request:
        """Return what asks for a page of the list."""
        return Request(f"{self.base}{LIST.format(page=place.number)}")

    @classmethod
    def understand(cls, source: Source, body: bytes, content_type: str) -> Listing | Page:
        """Return the rows of a page of the list, or what a grant's own page was made from: never the page itself, which
        changes with each release of the site."""
        props = page_props(body, content_type)
        if "searchResult" in props:
            return _listing(props, cls.base_of(source))
        grant = props.get("grantDetail")
        if isinstance(grant, dict) and "fields" not in grant and isinstance(grant.get("props"), dict):
            grant = grant["props"].get("grantDetail")
        fields = grant.get("fields") if isinstance(grant, dict) else None
        if not isinstance(fields, dict) or not isinstance(grant, dict):
            raise ChangedMarkup("The page holds neither a list of grants nor a grant (searchResult, grantDetail).")
        created = grant["sys"].get("createdAt") if isinstance(grant.get("sys"), dict) else None
        label = fields.get("label")
        return Page(canonical_json({"createdAt": created, "fields": fields}), label if isinstance(label, str) else None)


def _listing(props: dict[str, Any], base: str) -> Listing:
    found = props["searchResult"]
    if not isinstance(found, list):
        raise ChangedMarkup("searchResult is no list of grants any more.")
    rows = [_row(item, base) for item in found if isinstance(item, dict)]
    total = props.get("totalGrants")
    is_count = isinstance(total, int) and not isinstance(total, bool)
    return Listing(rows, total=total if is_count else None, unknown=len(found) - len(rows))


def _row(item: Object, base: str) -> Row:
    """Return the grant's own part of a row: never its score or place among the results."""
    kept = {name: value for name, value in item.items() if name.startswith("grant") or name in _OF_THE_ROW}
    text = canonical_json(kept)
    label = kept.get("label")
    if not isinstance(label, str) or not label.strip():
        return Row(nameless(text), text)
    return Row(label.strip(), text, f"{base}{path_of_grant(label.strip())}")
