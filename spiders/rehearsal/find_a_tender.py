"""A small local server that behaves like Find a Tender and like publishers of feeds.

It is what `make demo` harvests and what the tests harvest, so that both go through the real spiders over real HTTP:

    with Rehearsal(releases, {"/feeds/grants.xml": Feed(body, "application/rss+xml")}) as server:
        ...  # in the edition: a source `find-a-tender` with url = server.url,
        ...  # a feed source with url = f"{server.url}/feeds/grants.xml"
        server.add_releases(second_portion)

Releases are OCDS releases as dicts (or as JSON bytes) with `id`, `ocid` and `date`; they may be added while it runs.
The rules of the API that it keeps are those of sources.md sections 1.1 to 1.4.
"""

import base64
import email.utils
import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain
from tenderbell.clock import UK

API = "/api/1.0/ocdsReleasePackages"
ALLOWED = ("cursor", "limit", "stages", "updatedFrom", "updatedTo")
LIMIT = 100
RSS = "application/rss+xml; charset=utf-8"
JSON_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store, no-cache, must-revalidate",
    "Set-Cookie": "SRSI_FT_AUTH=rehearsal; path=/; HttpOnly",
}


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed document as it is served. `modified` becomes Last-Modified; the ETag follows the bytes."""

    body: bytes
    content_type: str = RSS
    modified: datetime | None = None

    @property
    def etag(self) -> str:
        """The entity tag of this version."""
        return f'"{hashlib.blake2b(self.body, digest_size=8).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class _Published:
    order: tuple[int, int]
    id: str
    ocid: str
    local: datetime
    body: bytes


class _Head(msgspec.Struct):
    id: str
    ocid: str
    date: datetime


_head = msgspec.json.Decoder(_Head)


class Rehearsal(LocalServer):
    """The server. `rate_limit` requests are answered in each `rate_seconds`, then comes the plain-text 429; None is no
    limit."""

    def __init__(
        self,
        releases: Iterable[Mapping[str, Any] | bytes] = (),
        feeds: Mapping[str, Feed] | None = None,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        rate_limit: int | None = None,
        rate_seconds: float = 120,
    ) -> None:
        super().__init__(port, host=host)
        self.rate_limit, self.rate_seconds = rate_limit, rate_seconds
        self._published: list[_Published] = []
        self._feeds = dict(feeds or {})
        self._moments: list[float] = []
        self.add_releases(releases)

    def add_releases(self, releases: Iterable[Mapping[str, Any] | bytes]) -> None:
        """Publish more releases; a repeated id is served as often as it was added."""
        added = [_publish(release) for release in releases]
        with self._lock:
            self._published = sorted([*self._published, *added], key=lambda item: item.order, reverse=True)

    def set_feed(self, path: str, body: bytes, content_type: str = RSS, modified: datetime | None = None) -> None:
        """Serve `body` at `path` (which starts with a slash) from now on."""
        self._feeds[path] = Feed(body, content_type, modified)

    def answer(self, asked: Asked) -> Answer:
        """Return what the server says to one request. Tests override it to add faults."""
        if feed := self._feeds.get(asked.path):
            return _feed_answer(feed, asked)
        if not asked.path.startswith(API):
            return plain(404, "Not found")
        if self._over_limit():
            seconds = max(1, round(self.rate_seconds))
            text = f"Rate limit of {self.rate_limit} exceeded. Please retry after {seconds} seconds."
            return Answer(429, text.encode(), {"Content-Type": "text/plain", "Retry-After": str(seconds)})
        rest = asked.path.removeprefix(API).strip("/")
        return self._single(rest) if rest else self._window(asked.query)

    def _over_limit(self) -> bool:
        if self.rate_limit is None:
            return False
        now = time.monotonic()
        with self._lock:
            self._moments = [moment for moment in self._moments if now - moment < self.rate_seconds]
            if len(self._moments) >= self.rate_limit:
                return True
            self._moments.append(now)
        return False

    def _single(self, wanted: str) -> Answer:
        found = [item for item in self._published if wanted in (item.id, item.ocid)]
        return _package(f"{self.url}{API}/{wanted}", found, None) if found else plain(404, "Release not found")

    def _window(self, query: dict[str, str]) -> Answer:
        if fault := _fault(query):
            return plain(400, fault)
        since, until = _wall(query.get("updatedFrom")), _wall(query.get("updatedTo"))
        before = _cursor_order(query["cursor"]) if "cursor" in query else None
        limit = int(query.get("limit", LIMIT))
        found = [
            item
            for item in self._published
            if (since is None or item.local >= since)
            and (until is None or item.local < until)
            and (before is None or item.order < before)
        ]
        page, more = found[:limit], len(found) > limit
        address = f"{self.url}{API}?{urlencode(query, safe=':')}"
        return _package(address, page, self._next(query, page[-1]) if more else None)

    def _next(self, query: dict[str, str], last: _Published) -> str:
        kept = {name: value for name, value in query.items() if name != "cursor"}
        state = f"updatedFrom={kept.get('updatedFrom')}|updatedTo={kept.get('updatedTo')}|nextCursor={last.id}"
        kept["cursor"] = base64.b64encode(state.encode()).decode()
        return f"{self.url}{API}?{urlencode(kept, safe=':=')}"


def _publish(release: Mapping[str, Any] | bytes) -> _Published:
    body = release if isinstance(release, bytes) else json.dumps(release, ensure_ascii=False).encode()
    head = _head.decode(body)
    local = head.date.astimezone(UK).replace(tzinfo=None)
    return _Published(_order(head.id), head.id, head.ocid, local, body)


def _order(id: str) -> tuple[int, int]:
    number, _, year = id.partition("-")
    return int(year), int(number)


def _cursor_order(cursor: str) -> tuple[int, int]:
    return _order(base64.b64decode(cursor).decode().rpartition("nextCursor=")[2])


def _wall(text: str | None) -> datetime | None:
    """Return a London wall time; the API accepts a trailing Z and ignores it."""
    return None if text is None else datetime.strptime(text.removesuffix("Z"), "%Y-%m-%dT%H:%M:%S")


def _fault(query: dict[str, str]) -> str | None:
    for name in query:
        if name not in ALLOWED:
            allowed = ", ".join(ALLOWED)
            return f"Request parameter '{name}' is not recognised, allowed parameters are: {allowed}"
    if not query.get("limit", "1").isdigit() or not 1 <= int(query.get("limit", "1")) <= LIMIT:
        return f"Request parameter 'limit' must be a number from 1 to {LIMIT}"
    for name in ("updatedFrom", "updatedTo"):
        try:
            _wall(query.get(name))
        except ValueError:
            return f"Request parameter '{name}' must be in the format YYYY-MM-DDTHH:MM:SS"
    return None


def _package(address: str, items: list[_Published], following: str | None) -> Answer:
    envelope: dict[str, object] = {
        "uri": address,
        "version": "1.1",
        "extensions": [],
        "publishedDate": items[0].local.replace(tzinfo=UK).isoformat() if items else None,
        "publisher": {"name": "Rehearsal of Find a Tender"},
        "license": "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    }
    head = json.dumps(envelope)[:-1].encode() + b', "releases": ['
    links = b', "links": ' + json.dumps({"next": following}).encode() if following else b""
    return Answer(200, head + b",".join(item.body for item in items) + b"]" + links + b"}", JSON_HEADERS)


def _feed_answer(feed: Feed, asked: Asked) -> Answer:
    headers = {"Content-Type": feed.content_type, "ETag": feed.etag}
    if feed.modified:
        headers["Last-Modified"] = email.utils.format_datetime(feed.modified.astimezone(UTC), usegmt=True)
    known = asked.headers.get("if-none-match")
    since = asked.headers.get("if-modified-since")
    same = known == feed.etag if known else bool(since) and since == headers.get("Last-Modified")
    return Answer(304, b"", headers) if same else Answer(200, feed.body, headers)
