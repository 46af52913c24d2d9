"""A small local server that behaves like GOV.UK's search and content APIs.

    with GovukApi([Announcement("/government/news/barn-grants", "Barn grants open")]) as api:
        ...  # in the edition: a source `govuk` with url = api.url and options = { organisations = ["sample-office"] }

The rules that it keeps are those of sources.md section 5: unknown parameters are refused with 422.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain

SEARCH = "/api/search.json"
CONTENT = "/api/content"
ALLOWED = frozenset(
    {"q", "count", "start", "order", "fields", "filter_organisations", "filter_format", "filter_public_timestamp"}
)
JSON = {"Content-Type": "application/json; charset=utf-8"}
ROBOTS = "User-agent: *\nDisallow: /*/print$\nDisallow: /search/all*\n"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A page on GOV.UK. `at` is its public time stamp; `body` is HTML."""

    path: str
    title: str
    description: str = ""
    body: str = "<p>Nothing more.</p>"
    at: str = "2026-08-05T09:00:00Z"
    organisation: str = "sample-office"
    format: str = "news_story"
    withdrawn: str | None = None

    def result(self) -> dict[str, Any]:
        """Return it as a search result, with fields that nobody asked for."""
        slug = self.organisation
        return {
            "title": self.title,
            "link": self.path,
            "description": self.description,
            "public_timestamp": self.at,
            "format": self.format,
            "organisations": [{"title": slug.replace("-", " ").title(), "slug": slug, "organisation_state": "live"}],
            "_id": self.path,
            "index": "government",
            "es_score": None,
        }

    def item(self, visit: int) -> dict[str, Any]:
        """Return it as a content item; what has nothing to do with its words differs at each visit."""
        withdrawn = {"explanation": self.withdrawn, "withdrawn_at": self.at} if self.withdrawn else {}
        return {
            "base_path": self.path,
            "content_id": f"id{self.path.replace('/', '-')}",
            "title": self.title,
            "description": self.description,
            "document_type": self.format,
            "first_published_at": self.at,
            "public_updated_at": self.at,
            "updated_at": f"2026-08-06T09:00:{visit % 60:02}Z",
            "publishing_request_id": f"request-{visit}",
            "details": {"body": self.body, "change_history": []},
            "links": {"organisations": [{"title": self.organisation.replace("-", " ").title()}]},
            **({"withdrawn_notice": withdrawn} if withdrawn else {}),
        }


class GovukApi(LocalServer):
    """The server. `announcements` may be changed while it runs; results come newest first."""

    def __init__(self, announcements: Iterable[Announcement] = (), port: int = 0, *, host: str = "127.0.0.1") -> None:
        super().__init__(port, host=host, robots=ROBOTS)
        self.announcements = list(announcements)
        self.visits = 0

    def answer(self, asked: Asked) -> Answer:
        """Return search results or a content item."""
        if asked.path == SEARCH:
            return self._search(asked)
        found = next((each for each in self.announcements if f"{CONTENT}{each.path}" == asked.path), None)
        if found is None:
            return plain(404, "Not found")
        self.visits += 1
        return Answer(200, json.dumps(found.item(self.visits), ensure_ascii=False).encode(), JSON)

    def _search(self, asked: Asked) -> Answer:
        for name in asked.query:
            if name not in ALLOWED:
                return Answer(422, json.dumps({"error": f"Unexpected parameters: {name}"}).encode(), JSON)
        found = [each for each in self.announcements if self._matches(each, asked)]
        found.sort(key=lambda each: each.at, reverse=True)
        start, count = int(asked.query.get("start", "0")), int(asked.query.get("count", "10"))
        page = [each.result() for each in found[start : start + count]]
        answer = {"results": page, "total": len(found), "start": start, "aggregates": {}, "suggested_queries": []}
        return Answer(200, json.dumps(answer, ensure_ascii=False).encode(), JSON)

    def _matches(self, each: Announcement, asked: Asked) -> bool:
        wanted = asked.values("filter_organisations")
        formats = asked.values("filter_format")
        days = dict(parse_qsl(asked.query.get("filter_public_timestamp", "").replace(":", "=").replace(",", "&")))
        day = each.at[:10]
        return (
            (not wanted or each.organisation in wanted)
            and (not formats or each.format in formats)
            and days.get("from", "") <= day <= days.get("to", "9")
        )
