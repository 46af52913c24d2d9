"""A small local server that behaves like TED's search (sources.md section 3)."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain

SEARCH = "/v3/notices/search"
MOST = 250
JSON = {"Content-Type": "application/json"}
_SINCE = re.compile(r"publication-date>=(\d{8})")
_FIELDS = re.compile(r"^\(.+\) AND publication-date>=\d{8}(?: AND publication-date<=\d{8})?$")


@dataclass(frozen=True, slots=True)
class Item:
    """An invented notice; `published` and `closes` are days."""

    title: str
    number: int = 1
    form: str = "competition"
    type: str = "cn-standard"
    country: str = "IRL"
    region: str = "IE061"
    buyer: str = "Example County Council"
    published: str = "2026-08-10"
    closes: str | None = "2026-09-10"
    value: float | None = None


def notice_of(item: Item) -> dict[str, Any]:
    """Return a result of the search."""
    number = f"{item.number:06d}-{item.published[:4]}"
    found: dict[str, Any] = {
        "publication-number": number,
        "publication-date": f"{item.published}+02:00",
        "notice-type": item.type,
        "form-type": item.form,
        "procedure-type": "open",
        "notice-title": {"fra": f"Irlande – {item.title}", "eng": f"Ireland – {item.title}"},
        "description-lot": {"eng": ["An invented notice."]},
        "buyer-name": {"eng": [item.buyer]},
        "buyer-country": [item.country],
        "place-of-performance": [item.region, item.country, item.region],
        "classification-cpv": ["85300000", "85300000"],
        "links": {"html": {"ENG": f"https://ted.europa.eu/en/notice/-/detail/{number}"}},
    }
    if item.closes:
        found["deadline-receipt-tender-date-lot"] = [f"{item.closes}+02:00"]
    if item.value is not None:
        found |= {"total-value": item.value, "total-value-cur": ["EUR"]}
    return found


class Ted(LocalServer):
    """The server: POST only, pages by token, and a 400 in JSON for a query that it does not understand."""

    def __init__(self, items: Iterable[Item] = (), port: int = 0, *, robots: str | None = None) -> None:
        super().__init__(port, robots=robots)
        self.items = list(items)

    def answer(self, asked: Asked) -> Answer:
        """Return what the server says to one request."""
        if asked.path != SEARCH:
            return plain(404, "Not found")
        if asked.method != "POST":
            return plain(405, "Method not allowed")
        wanted = json.loads(asked.body)
        if not _FIELDS.match(wanted.get("query", "")) or not 1 <= wanted.get("limit", 0) <= MOST:
            return Answer(400, json.dumps({"message": "Query syntax error"}).encode(), JSON)
        since = _SINCE.search(wanted["query"])
        found = [item for item in self.items if since and item.published.replace("-", "") >= since[1]]
        start, limit = int(wanted.get("iterationNextToken") or 0), wanted["limit"]
        more = start + limit < len(found)
        answer = {
            "notices": [notice_of(item) for item in found[start : start + limit]],
            "totalNoticeCount": len(found),
            "iterationNextToken": str(start + limit) if more else None,
            "timedOut": False,
        }
        return Answer(200, json.dumps(answer, ensure_ascii=False).encode(), JSON)
