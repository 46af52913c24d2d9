"""A small local server of plain pages: tables that are spread over pages, and pages that somebody edits."""

import hashlib
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: `link` is its address, or None for a row that has none; dates and amounts as on the page."""

    title: str
    link: str | None = None
    reference: str = ""
    buyer: str = ""
    published: str = ""
    closes: str = ""
    value: str = ""


HEADS = ("Title", "Reference", "Organisation", "Published", "Closing date", "Value")


class Pages(LocalServer):
    """The server. `tables` maps a path to its rows, `texts` a path to the HTML of its main part; both may be changed
    while it runs. `a_page` rows stand on one page of a table (`?page=N`, with a link to the next)."""

    def __init__(
        self,
        tables: Mapping[str, Iterable[Line]] | None = None,
        texts: Mapping[str, str] | None = None,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        robots: str | None = None,
        a_page: int = 20,
    ) -> None:
        super().__init__(port, host=host, robots=robots)
        self.tables = {path: list(lines) for path, lines in (tables or {}).items()}
        self.texts = dict(texts or {})
        self.heads: dict[str, str] = {}
        self.a_page = a_page

    def answer(self, asked: Asked) -> Answer:
        """Return a page of a table, an edited page, or that there is none."""
        if asked.path in self.tables:
            return _page(asked, self._table(asked), self.heads.get(asked.path, ""))
        if asked.path in self.texts:
            return _page(asked, self.texts[asked.path], self.heads.get(asked.path, ""))
        return plain(404, "Not found")

    def _table(self, asked: Asked) -> str:
        lines = self.tables[asked.path]
        number = int(asked.query.get("page", "1"))
        start = (number - 1) * self.a_page
        if not lines:
            return "<h1>Opportunities</h1><p>There are no opportunities at the moment.</p>"
        rows = "".join(_row(line, place) for place, line in enumerate(lines[start : start + self.a_page]))
        more = start + self.a_page < len(lines)
        following = f'<a class="next" href="{asked.path}?page={number + 1}">Next page</a>' if more else ""
        heads = "".join(f"<th>{head}</th>" for head in HEADS)
        table = f'<table class="list"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        return f"<h1>Opportunities</h1>{table}{following}"


def _row(line: Line, place: int) -> str:
    title = html.escape(line.title)
    first = f'<a href="{html.escape(line.link)}">{title}</a>' if line.link else title
    cells = (first, *map(html.escape, (line.reference, line.buyer, line.published, line.closes, line.value)))
    stripes = "odd" if place % 2 else "even"
    return f'<tr class="{stripes}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _page(asked: Asked, main: str, head: str) -> Answer:
    """Return a whole page around its main part, with an entity tag."""
    body = (
        f'<!DOCTYPE html><html lang="en-GB"><head><title>Rehearsal</title>{head}</head><body><header>Rehearsal council'
        f"</header><nav><a href='/'>Home</a></nav><main>{main}</main><footer>© Rehearsal</footer></body></html>"
    ).encode()
    tag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    headers = {"Content-Type": HTML, "ETag": tag}
    return Answer(304, b"", headers) if asked.headers.get("if-none-match") == tag else Answer(200, body, headers)
