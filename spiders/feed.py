"""Feeds: any RSS, Atom or RDF feed that the edition names, with its address, title, kind, reach and buyer.

Publisher: whoever the edition's source names
Area: as the edition's source says
Licence: the publisher's; the edition's source may state it
Access: the feed's address, with ETag and Last-Modified; robots.txt is obeyed
Limits: one request to each feed and harvest
Quirks: dates without a zone are UK time; a page that is no feed is a fault, not an empty feed; counters are left out
Last checked live: never; against feeds saved by others in 2026
"""

import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy.http import Request, Response

from spiders import validators
from spiders.base import SourceSpider, broken, content_type
from spiders.dates import labelled_deadline, published
from spiders.entries import DATES, Fields, fields_of, split_feed
from tenderbell import archive
from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse
from tenderbell.notice import Notice, Organisation, Raw, Reader
from tenderbell.phrases import plural
from tenderbell.references import canonical_link
from tenderbell.text import clean_line, clean_text, safe_link
from tenderbell.vocabulary import Effect, Kind

NOT_MODIFIED = 304
LONGEST_KEY = 300
_CONTRACT_TITLE = re.compile(
    r"\b(?:invitations? to (?:tender|quote)|requests? for (?:quotations?|quotes?|tenders?)|calls? for tenders?|"
    r"(?:tender|contract|procurement|supplier) (?:opportunit(?:y|ies)|notices?)|tenders? (?:for|is|are)|ITTs?|RFQs?)\b|"
    r"^tenders?\s*[:–-]",
    re.IGNORECASE,
)
_GRANT_TITLE = re.compile(
    r"\b(?:calls?|invitations?) for grant applications?\b|\bapply for (?:an? )?(?:\w+ )?grants?\b|"
    r"\bgrants? (?:are |is |now )?(?:available|open)\b",
    re.IGNORECASE,
)


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
        """Return the entries of a feed, each with all that it holds (`spiders.entries`)."""
        address = url or source.url or ""
        return [
            Raw(source.id, _key(fields), entry, kind, address or None)
            for fields, entry, kind in split_feed(body, content_type, address)
        ]

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the feed, if it has changed."""
        task = self.task
        headers = validators.conditions(task.archive, task.source.id, self.base)
        meta = {"handle_httpstatus_list": [NOT_MODIFIED]}
        yield Request(self.base, self.entries, headers=headers, errback=self.failed, meta=meta, dont_filter=True)

    def entries(self, response: Response) -> Iterator[Request]:
        """Archive the entries; a 304 says that those of the last time are still listed (ruling 9)."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        task = self.task
        if response.status == NOT_MODIFIED:
            archive.see_again(task.archive, task.source.id, task.clock())
            task.done = True
            self.say("not changed since the last time")
            return
        try:
            raws = self.split(task.source, response.body, content_type(response), response.url)
        except BrokenResponse as error:
            yield from self.ask_again(response.request, broken(response, error))
            return
        if raws:
            task.keep(raws)
            # Only now: a 304 then always speaks of the entries that were seen last.
            validators.remember(task.archive, task.source.id, self.base, response)
        elif archive.has_notices(task.archive, task.source.id):
            task.alarm("The feed has no entries.")
        task.done = True
        self.say(plural(task.listed, "entry", "entries"))


def _key(entry: Fields) -> str:
    """Return the entry's id, else its canonical link, else a name made of its words (ruling 5)."""
    key = clean_line(entry.get("id")) or canonical_link(entry.get("link"))
    if key and len(key) <= LONGEST_KEY:
        return key
    digest = hashlib.blake2b((key or str(entry.get("title"))).encode("utf-8", "replace"), digest_size=12).hexdigest()
    return f"nameless-{digest}" if not key else f"{key[:200]}…{digest}"


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
    entry = fields_of(raw.body, raw.content_type, raw.url or source.url or "")
    title = clean_line(entry.get("title"))
    text = clean_text(entry.get("content")) or clean_text(entry.get("summary"))
    deadline = labelled_deadline(text)
    kind, evidence = _kind(title, source)
    dates = [date for name in DATES if (date := published(entry.get(name)))]
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=title,
        order=stamp(max(dates)) if dates else "",
        form="feed entry",
        form_name=f"Entry of the feed “{source.title}”",
        effect=Effect.OPEN,
        published_at=dates[0] if dates else None,
        description=text,
        link=safe_link(entry.get("link")) or safe_link(entry.get("id")),
        buyers=buyers,
        kind=kind,
        kind_evidence=evidence,
        reach=source.reach,
        closes_at=deadline[0] if deadline else None,
        closes_evidence=f"the text says “{deadline[1]}”" if deadline else None,
        doubts=_doubts(entry, dates),
    )


def _kind(title: str | None, source: Source) -> tuple[Kind | None, str | None]:
    """Return (kind, evidence): what the title says clearly, else what the edition says of the whole feed (ruling 12).
    Without either the compiler decides."""
    if source.kind is None:
        return None, None
    contract, grant = (pattern.search(title or "") for pattern in (_CONTRACT_TITLE, _GRANT_TITLE))
    if contract:
        return Kind.CONTRACT, f"The title says “{contract[0].strip()}”."
    if grant and source.kind is Kind.CONTRACT:
        return Kind.GRANT, f"The title says “{grant[0]}”."
    return source.kind, f"The feed “{source.title}” lists a {source.kind} unless an entry says otherwise."


def _doubts(entry: Fields, dates: list[Any]) -> tuple[str, ...]:
    written = next((entry[name] for name in DATES if entry.get(name)), None)
    return (f"The date {str(written)[:40]!r} could not be read.",) if written and not dates else ()
