"""Feeds: any RSS, Atom, RDF or JSON feed that the edition names, with its address, title, kind, reach and buyer.

Publisher: whoever the edition's source names
Area: as the edition's source says
Licence: the publisher's; the edition's source may state it
Access: the feed's address, with ETag and Last-Modified; robots.txt is obeyed
Limits: one request to each feed and harvest
Quirks: dates without a zone are UK time; a page that is no feed is a fault, not an empty feed; counters are left out
Last checked live: never; against feeds saved by others in 2026
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
from scrapy.http import Request, Response

from spiders.base import content_type
from spiders.feeds.discovery import feeds_in
from spiders.feeds.entries import ends_in_the_middle, fields_of, split_feed
from spiders.feeds.entry_notices import buyers_of, key_of, nameless_words, notice_of
from spiders.fetching.document import OneDocument
from spiders.questions.feeds import PROBES
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.notice import Notice, Organisation, Raw, Reader


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """With `discover` the url is a page, and the feed is the first one that the page names."""

    discover: bool = False


class Feed(OneDocument):
    """Fetches one document and takes its entries."""

    name = "feed"
    contents = ("feed", "entries")
    options_type = Options
    probes = PROBES

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads an entry; kind, reach and buyer are the source's."""
        buyers = buyers_of(source, area)
        return lambda raw: read_entry(raw, source, buyers)

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the entries of a feed, each with all that it holds (`spiders.feeds.entries`)."""
        address = url or source.url or ""
        return [
            Raw(source.id, key_of(fields), entry, kind, address or None)
            for fields, entry, kind in split_feed(body, content_type, address)
        ]

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the feed, or for the page that names it."""
        if self.options_of(self.task.source).discover:
            yield Request(self.base, self.page, errback=self.failed, dont_filter=True)
        else:
            yield self.asking(self.base)

    def page(self, response: Response) -> Iterator[Request]:
        """Ask for the feed that a page names."""
        named = feeds_in(response.body, content_type(response), response.url)
        if not named:
            self.task.fault(f"The page {response.url} names no feed.")
            return
        self.say(f"the page names {named[0]}")
        yield self.asking(named[0])

    def doubts(self, response: Response, raws: list[Raw]) -> Iterator[str]:
        """Return whether the feed was cut off, and how many entries name nothing."""
        if ends_in_the_middle(response.body):
            yield "The feed ends in the middle; the entries before its last one were read."
        if nameless := nameless_words(raws):
            yield nameless

    def advice(self, response: Response) -> str:
        """Return a hint at the feed that a page names, when a page came instead of a feed."""
        named = feeds_in(response.body, content_type(response), response.url)
        return f" The page names the feed {named[0]}: use that as the url." if named else ""


def read_entry(raw: Raw, source: Source, buyers: tuple[Organisation, ...]) -> Notice:
    """Return what an entry says. Raises UnreadableNotice when it is no entry."""
    entry = fields_of(raw.body, raw.content_type, raw.url or source.url or "")
    return notice_of(entry, raw, source, buyers)
