"""A small local server that behaves like Find a Grant: a Next.js site whose pages hold the JSON they are made from.

    with GrantSite([Grant("barn-roofs-1", "Barn roofs fund", closes="2026-10-01T00:00Z")]) as site:
        ...  # in the edition: a source `find-a-grant` with url = site.url

Each answer names another build of the site, as after a release: what is kept of a grant must not depend on it.
"""

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain

A_PAGE = 10
HTML = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "private, no-cache, no-store"}
TABS = ("Summary", "Eligibility", "Objectives", "Dates", "Apply", "SupportingInfo")


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant. Times are written as the site writes them; `tabs` are paragraphs by the name of the tab, a paragraph
    that is a tuple is a list."""

    label: str
    name: str
    short: str = "Help for small groups."
    funder: str = "Department for Sample Affairs"
    locations: tuple[str, ...] = ("England",)
    applicants: tuple[str, ...] = ("Non-profit",)
    low: float | None = 1_000
    high: float | None = 10_000
    total: float | None = 500_000
    opens: str | None = "2026-08-01T00:01Z"
    closes: str | None = "2026-10-01T23:59Z"
    website: str | None = None
    created: str | None = "2026-08-01T09:00:00.000Z"
    tabs: dict[str, tuple[str | tuple[str, ...], ...]] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """Return the grant as a search result."""
        fields = {
            "id": f"id-{self.label}",
            "label": self.label,
            "grantName": self.name,
            "grantShortDescription": self.short,
            "grantFunder": self.funder,
            "grantLocation": list(self.locations),
            "grantApplicantType": list(self.applicants),
            "grantTotalAwardAmount": self.total,
            "grantTotalAwardDisplay": f"£{self.total:,.0f}" if self.total else None,
            "grantMinimumAward": self.low,
            "grantMaximumAward": self.high,
            "grantApplicationOpenDate": self.opens,
            "grantApplicationCloseDate": self.closes,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def page(self) -> dict[str, Any]:
        """Return the grant as its page's data."""
        tabs = {f"grant{name}Tab": rich(self.tabs[name]) for name in TABS if name in self.tabs}
        website = {"grantWebpageUrl": self.website} if self.website else {}
        fields = {name: value for name, value in self.row().items() if name != "id"}
        return {"sys": {"id": f"id-{self.label}", "createdAt": self.created}, "fields": {**fields, **tabs, **website}}


def rich(paragraphs: Iterable[str | tuple[str, ...]]) -> dict[str, Any]:
    """Return paragraphs and lists as rich text."""
    return {"nodeType": "document", "data": {}, "content": [_block(block) for block in paragraphs]}


def _block(block: str | tuple[str, ...]) -> dict[str, Any]:
    if isinstance(block, str):
        text = {"nodeType": "text", "value": block, "marks": [], "data": {}}
        return {"nodeType": "paragraph", "data": {}, "content": [text]}
    items = [{"nodeType": "list-item", "data": {}, "content": [_block(item)]} for item in block]
    return {"nodeType": "unordered-list", "data": {}, "content": items}


class GrantSite(LocalServer):
    """The server. `grants` may be changed while it runs; it lists them ten a page, in their order."""

    def __init__(self, grants: Iterable[Grant] = (), port: int = 0, *, host: str = "127.0.0.1") -> None:
        super().__init__(port, host=host)
        self.grants = list(grants)
        self.builds = 0

    def answer(self, asked: Asked) -> Answer:
        """Return a page of the list or a grant's page."""
        if asked.path == "/grants":
            number = asked.query.get("page", "1")
            return self._list(int(number)) if number.isdigit() and int(number) else plain(400, "Bad request")
        label = asked.path.removeprefix("/grants/")
        found = next((grant for grant in self.grants if grant.label == label), None)
        if found is None:
            return plain(404, "Page not found")
        return self.made({"grantDetail": found.page(), "enableFAQTab": "true"}, found.name)

    def _list(self, number: int) -> Answer:
        page = self.grants[(number - 1) * A_PAGE : number * A_PAGE]
        props = {
            "searchResult": [grant.row() for grant in page],
            "totalGrants": len(self.grants),
            "currentPage": number,
            "filterArray": [],
        }
        return self.made(props, "Find a grant")

    def made(self, props: dict[str, Any], title: str) -> Answer:
        """Return a page made from `props`."""
        self.builds += 1
        data = {"props": {"pageProps": props}, "page": "/grants", "buildId": f"build-{self.builds}"}
        text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
        page = (
            f'<!DOCTYPE html><html lang="en"><head><title>{html.escape(title)} - Find a grant</title>'
            f'<script src="/_next/static/build-{self.builds}/_buildManifest.js" defer></script></head><body>'
            f'<div id="__next"><main><h1>{html.escape(title)}</h1></main></div>'
            f'<script id="__NEXT_DATA__" type="application/json">{text}</script></body></html>'
        )
        return Answer(200, page.encode(), HTML)
