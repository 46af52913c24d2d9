"""A small local server that behaves like UKRI's funding finder: a WordPress feed, and a page for each call.

with CallSite([Call("wool-futures", "Wool futures", closes="14 May 2026 4:00pm UK time")]) as site:
    ...  # in the edition: a source `ukri` with url = site.url
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain

FEED = "/opportunity/feed/"
A_PAGE = 20
RSS = {"Content-Type": "application/rss+xml; charset=UTF-8"}
HTML = {"Content-Type": "text/html; charset=UTF-8"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call. `facts` are further rows of its table; `sections` are headings with a paragraph each."""

    slug: str
    title: str
    summary: str = "Apply for funding to study something small."
    published: str = "Mon, 03 Aug 2026 09:00:00 +0000"
    status: str = "Open"
    funders: tuple[str, ...] = ("Sample Research Council",)
    most: str | None = "£250,000"
    fund: str | None = "£2,000,000"
    opens: str | None = "3 August 2026"
    closes: str | None = "14 October 2026 4:00pm UK time"
    facts: tuple[tuple[str, str], ...] = ()
    sections: tuple[tuple[str, str], ...] = (("Who can apply", "Organisations in the United Kingdom."),)

    def item(self, base: str) -> str:
        """Return the call as an entry of the feed."""
        return (
            f"<item><title>{escape(self.title)}</title><link>{base}/opportunity/{self.slug}/</link>"
            f"<pubDate>{self.published}</pubDate>"
            f'<guid isPermaLink="false">{base}/?post_type=opportunity&amp;p={len(self.slug)}{self.slug}</guid>'
            f"<description><![CDATA[<p>{escape(self.summary)}</p>]]></description></item>"
        )

    def page(self, base: str, visit: int) -> str:
        """Return the call's own page; what has nothing to do with the call differs at each visit."""
        links = ", ".join(f'<a class="ukri-funder__link" href="{base}/councils/{n}/">{escape(name)}</a>'
                          for n, name in enumerate(self.funders))  # fmt: skip
        rows = [("Opportunity status", f'<span class="opportunity-status__flag">{escape(self.status)}</span>')]
        rows += [("Funders", links)]
        stated = {"Maximum award": self.most, "Total fund": self.fund, "Opening date": self.opens}
        stated |= dict(self.facts) | {"Closing date": self.closes}
        rows += [(label, escape(value)) for label, value in stated.items() if value]
        table = "".join(
            f'<div class="govuk-table__row"><dt class="govuk-table__header">{label}:</dt><dd>{value}</dd></div>'
            for label, value in rows
        )
        content = "".join(f"<h2>{escape(heading)}</h2><p>{escape(text)}</p>" for heading, text in self.sections)
        return (
            f"<!DOCTYPE html><html><head><title>{escape(self.title)} – Sample</title>"
            f'<link rel="canonical" href="{base}/opportunity/{self.slug}/"><meta name="nonce" content="{visit}"></head>'
            f'<body><main><article><h1 class="ukri-page-title"><span>Funding opportunity: </span>{escape(self.title)}'
            f'</h1><dl class="govuk-table opportunity__summary">{table}</dl>'
            f'<div class="entry-content"><p>{escape(self.summary)}</p>{content}<!-- {visit} -->'
            f"<script>var visit = {visit};</script></div></article></main><footer>Visit {visit}</footer></body></html>"
        )


class CallSite(LocalServer):
    """The server. `calls` may be changed while it runs; the feed has them in their order, twenty a page."""

    def __init__(self, calls: Iterable[Call] = (), port: int = 0, *, host: str = "127.0.0.1") -> None:
        super().__init__(port, host=host)
        self.calls = list(calls)
        self.visits = 0

    def answer(self, asked: Asked) -> Answer:
        """Return a page of the feed or a call's page."""
        if asked.path == FEED:
            return self._feed(int(asked.query.get("paged", "1")))
        slug = asked.path.removeprefix("/opportunity/").strip("/")
        found = next((call for call in self.calls if call.slug == slug), None)
        if found is None:
            return plain(404, "Not found")
        self.visits += 1
        return Answer(200, found.page(self.url, self.visits).encode(), HTML)

    def _feed(self, number: int) -> Answer:
        calls = self.calls[(number - 1) * A_PAGE : number * A_PAGE]
        if not calls and number > 1:
            return plain(404, "Not found")
        items = "".join(call.item(self.url) for call in calls)
        head = f"<title>Opportunities – Sample</title><link>{self.url}/opportunity/</link>"
        body = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{head}{items}</channel></rss>'
        return Answer(200, body.encode(), RSS)
