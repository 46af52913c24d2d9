"""Feeds: any RSS, Atom or RDF feed that the edition names, with its address, title, kind, reach and buyer.

Publisher: whoever the edition's source names
Area: as the edition's source says
Licence: the publisher's; the edition's source may state it
Access: the feed's address, with ETag and Last-Modified; robots.txt is obeyed
Limits: one request to each feed and harvest
Quirks: dates without a zone are UK time; a page that is no feed is a fault, not an empty feed
Last checked live: never; against feeds saved by others in 2026
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import feedparser
import msgspec
from scrapy.http import Request, Response

from spiders import validators
from spiders.base import SourceSpider, broken, content_type
from spiders.dates import labelled_deadline, published
from tenderbell.archive import newest_number
from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, UnreadableNotice
from tenderbell.notice import Notice, Organisation, Raw, Reader
from tenderbell.text import clean_line, clean_text, safe_link
from tenderbell.vocabulary import Effect

NOT_MODIFIED = 304
LONGEST_KEY = 300
_PREFIXED_ENTRY = re.compile(rb"<(\w{1,20}):(?:item|entry)[ >]")
_DATES = ("published", "updated", "created")


class Feed(SourceSpider):
    """Fetches one document and takes its entries."""

    name = "feed"

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads an entry; kind, reach and buyer are the source's."""
        buyers = _buyers(source, area)
        return lambda raw: read_entry(raw, source, buyers)

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the entries of a feed, each as canonical JSON of its own fields."""
        address = url or source.url or ""
        return [
            Raw(source.id, _key(entry), _encode(entry), "application/json", address or None)
            for entry in entries(body, content_type, address)
        ]

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the feed, if it has changed."""
        task = self.task
        headers = validators.conditions(task.archive, task.source.id, self.base)
        meta = {"handle_httpstatus_list": [NOT_MODIFIED]}
        yield Request(self.base, self.entries, headers=headers, errback=self.failed, meta=meta, dont_filter=True)

    def entries(self, response: Response) -> Iterator[Request]:
        """Archive the entries; a 304 says that there is nothing new."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        task = self.task
        if response.status == NOT_MODIFIED:
            task.done = True
            self.say("not changed since the last time")
            return
        try:
            raws = self.split(task.source, response.body, content_type(response), response.url)
        except BrokenResponse as error:
            yield from self.ask_again(response.request, broken(response, error))
            return
        task.keep(raws)
        if not raws and newest_number(task.archive):
            task.alarms.append("The feed has no entries.")
        validators.remember(task.archive, task.source.id, self.base, response)
        task.done = True
        self.say(f"{task.met:,} entries")


def entries(body: bytes, content_type: str, url: str) -> list[dict[str, Any]]:
    """Return the fields of each entry that Tenderbell reads, as the publisher wrote them, links made absolute.

    Only bytes are ever parsed: feedparser takes a string for an address or a file. Raises BrokenResponse when the
    document is no feed; a malformed feed still gives its entries.
    """
    headers = {"content-type": content_type or "application/xml"}
    try:
        found = feedparser.parse(body, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
        if not found.entries and (prefixed := _PREFIXED_ENTRY.search(body)):
            return entries(_without_prefix(body, prefixed[1]), content_type, url)
    except BrokenResponse:
        raise
    except Exception as error:  # whatever a hostile document provokes in the parser is the document's fault
        raise BrokenResponse(f"The feed could not be parsed: {type(error).__name__}.") from error
    if not found.get("version"):
        raise BrokenResponse("The answer is not a feed." if body.strip() else "The answer is empty.")
    return [_fields(entry, url) for entry in found.entries]


def _without_prefix(body: bytes, prefix: bytes) -> bytes:
    """Return a feed without a namespace prefix that it never declared (`<rss:item>`)."""
    return body.replace(b"<" + prefix + b":", b"<").replace(b"</" + prefix + b":", b"</")


def _fields(entry: Any, url: str) -> dict[str, Any]:
    texts = [part.get("value") for part in entry.get("content", []) if isinstance(part, dict)]
    fields = {
        "id": entry.get("id"),
        "title": entry.get("title"),
        "link": _link(entry, url),
        "summary": entry.get("summary"),
        "content": max((text for text in texts if text), key=len, default=None),
        "categories": [tag.get("term") for tag in entry.get("tags", []) if isinstance(tag, dict)],
        **{name: entry[name] for name in _DATES if name in entry},
    }
    return {name: value for name, value in fields.items() if value}


def _link(entry: Any, url: str) -> str | None:
    """Return the entry's link, made absolute. feedparser takes an RSS guid for a link even when it is only a name."""
    link = entry.get("link")
    if not link or (link == entry.get("id") and not safe_link(link)):
        return None
    try:
        return str(urljoin(url, link))
    except ValueError:
        return None


def _encode(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def _key(entry: dict[str, Any]) -> str:
    """Return the entry's id, else its canonical link, else a name made of its words (ruling 5)."""
    key = clean_line(entry.get("id")) or canonical_link(entry.get("link"))
    if key and len(key) <= LONGEST_KEY:
        return key
    digest = hashlib.blake2b((key or str(entry.get("title"))).encode("utf-8", "replace"), digest_size=12).hexdigest()
    return f"nameless-{digest}" if not key else f"{key[:200]}…{digest}"


def canonical_link(link: object) -> str | None:
    """Return a link without what does not name the page: fragment, campaign parameters, capitals in the host."""
    safe = safe_link(link)
    if safe is None:
        return None
    parts = urlsplit(safe)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not pair[0].startswith("utm_")]
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", urlencode(query), ""))


def _buyers(source: Source, area: Area) -> tuple[Organisation, ...]:
    """Return who stands behind a feed: a body of the area by its id, or anybody else by name."""
    if source.buyer is None:
        return ()
    body = area.body_by_slug.get(source.buyer)
    if body is None:
        return (Organisation(source.buyer, roles=("buyer",)),)
    return (Organisation(body.name, body.ids, ("buyer",), postcode=body.postcode),)


def read_entry(raw: Raw, source: Source, buyers: tuple[Organisation, ...]) -> Notice:
    """Return what an entry says. Raises UnreadableNotice when it is no entry."""
    try:
        entry = msgspec.json.decode(raw.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableNotice(f"The entry is no JSON: {error}") from None
    if not isinstance(entry, dict):
        raise UnreadableNotice("The entry is no JSON object.")
    text = clean_text(entry.get("content")) or clean_text(entry.get("summary"))
    deadline = labelled_deadline(text)
    dates = [date for name in _DATES if (date := published(entry.get(name)))]
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=clean_line(entry.get("title")) or f"Untitled notice {raw.key}",
        order=stamp(max(dates)) if dates else "",
        form="feed entry",
        form_name=f"Entry of the feed “{source.title}”",
        effect=Effect.OPEN,
        published_at=dates[0] if dates else None,
        description=text,
        link=safe_link(entry.get("link")) or safe_link(entry.get("id")),
        buyers=buyers,
        kind=source.kind,
        kind_evidence=f"everything that the feed “{source.title}” lists is a {source.kind}" if source.kind else None,
        reach=source.reach,
        closes_at=deadline[0] if deadline else None,
        closes_evidence=f"the text says “{deadline[1]}”" if deadline else None,
        doubts=_doubts(entry, dates),
    )


def _doubts(entry: dict[str, Any], dates: list[Any]) -> tuple[str, ...]:
    written = next((entry[name] for name in _DATES if entry.get(name)), None)
    return (f"The date {str(written)[:40]!r} could not be read.",) if written and not dates else ()
