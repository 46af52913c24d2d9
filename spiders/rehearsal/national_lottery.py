"""A small local server that behaves like the programme finder of the National Lottery Community Fund.

with ProgrammeSite([Programme("small-steps", "Small Steps", location="England")]) as site:
    ...  # in the edition: a source `national-lottery` with url = site.url
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain

FINDER = "/funding/funding-programmes"
A_PAGE = 10
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme. `closing` is a row of its card that few have; `sections` are headings with a paragraph each."""

    slug: str
    title: str
    summary: str = "Money for small groups."
    location: str | None = "England"
    amount: str | None = "£300 to £20,000"
    status: str | None = "Open to applications"
    closing: str | None = None
    sections: tuple[tuple[str, str], ...] = (("Who can apply", "Voluntary and community organisations."),)

    def rows(self) -> str:
        """Return the labelled rows of its card and of its page."""
        stated = {
            "Project location": self.location,
            "Amount": self.amount,
            "A decision in": "12 weeks",
            "Programme status": self.status,
            "Closing date": self.closing,
        }
        items = (f"<li><strong>{label}:</strong> {escape(value)}</li>" for label, value in stated.items() if value)
        return f"<ul>{''.join(items)}</ul>"

    def card(self) -> str:
        """Return its card in the finder."""
        return (
            f'<div class="card mb-4"><div class="card-body"><h2><a href="{FINDER}/{self.slug}">{escape(self.title)}</a>'
            f'</h2><p>{escape(self.summary)}</p></div><div class="card-footer">{self.rows()}</div></div>'
        )

    def page(self, visit: int) -> str:
        """Return its own page; what has nothing to do with the programme differs at each visit."""
        content = "".join(f"<h2>{escape(heading)}</h2><p>{escape(text)}</p>" for heading, text in self.sections)
        return _document(
            self.title,
            f'<link rel="canonical" href="https://www.tnlcommunityfund.org.uk{FINDER}/{self.slug}">',
            f'<h1>{escape(self.title)}</h1><div class="overview">{self.rows()}</div>'
            f'<div class="rich-content-area"><p>{escape(self.summary)}</p>{content}</div>',
            visit,
        )


def _document(title: str, head: str, content: str, visit: int) -> str:
    return (
        f"<!DOCTYPE html><html><head><title>{escape(title)} | Sample Fund</title>{head}</head><body><header>"
        '<a href="/user/login">Log in</a></header><aside><label>Programme status</label></aside>'
        f'<main>{content}</main><footer data-visit="{visit}">Visit {visit}</footer></body></html>'
    )


class ProgrammeSite(LocalServer):
    """The server. `programmes` may be changed while it runs; the finder has them in their order, ten a page."""

    def __init__(self, programmes: Iterable[Programme] = (), port: int = 0, *, host: str = "127.0.0.1") -> None:
        super().__init__(port, host=host)
        self.programmes = list(programmes)
        self.visits = 0

    def answer(self, asked: Asked) -> Answer:
        """Return a page of the finder or a programme's page."""
        self.visits += 1
        if asked.path == FINDER:
            number = asked.query.get("page", "1")
            return self._finder(int(number)) if number.isdigit() and int(number) else plain(404, "Not found")
        slug = asked.path.removeprefix(f"{FINDER}/").strip("/")
        found = next((programme for programme in self.programmes if programme.slug == slug), None)
        return plain(404, "Not found") if found is None else Answer(200, found.page(self.visits).encode(), HTML)

    def _finder(self, number: int) -> Answer:
        shown = self.programmes[(number - 1) * A_PAGE : number * A_PAGE]
        cards = "".join(programme.card() for programme in shown) or "<p>There are no results.</p>"
        pages = range(1, -(-len(self.programmes) // A_PAGE) + 1)
        links = "".join(f'<li><a href="{FINDER}?page={page}">{page}</a></li>' for page in pages if page != number)
        head = f'<link rel="canonical" href="https://www.tnlcommunityfund.org.uk{FINDER}">'
        content = f"<h1>Funding programmes</h1>{cards}<nav><ul>{links}</ul></nav>"
        return Answer(200, _document("Funding programmes", head, content, self.visits).encode(), HTML)
