"""UKRI opportunities: calls of the research councils, Innovate UK and Research England.

Publisher: UK Research and Innovation
Area: United Kingdom
Licence: Open Government Licence v3.0
Access: an RSS feed of the calls published last, and each call's own page; robots.txt is obeyed
Limits: none known; 20 calls a page of the feed, a request every 2 seconds
Quirks: dates and amounts stand only on the pages, so these are read in every run; most calls are for universities
Last checked live: never; against the shapes that other readers of the site have published
"""

import re

from scrapy.http import Request

from spiders.feeds.entries import Fields, ends_in_the_middle, split_feed
from spiders.formats import fragments
from spiders.formats.fragments import Element
from spiders.formats.sections import web_page
from spiders.lists.catalogue import Catalogue
from spiders.lists.rows import Listing, Page, Place, Row, nameless
from spiders.questions.grants import UKRI
from spiders.readers.ukri_calls import CLOSING, STATUS, TITLE, label_of, read_call
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.errors import ChangedMarkup
from tenderbell.notice import Reader
from tenderbell.text import clean_line

FEED = "/opportunity/feed/"
A_PAGE = 20
MOST_FEED_PAGES = 10
"""How far back a first harvest goes; older calls that are still open are few."""

LABELS = "dt"
CONTENT = ("div.entry-content", "div.description", "article", "main")
CANONICAL = "link[rel=canonical]"
_PAGE = re.compile(r"/opportunity/(?!page/|feed/)([^/?#]+)/?(?:[?#]|$)")
_HTML = re.compile(rb"^[\s\xef\xbb\xbf]*(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)


class Ukri(Catalogue):
    """Walks the feed back to what is known, and fetches the page of every call that it lists."""

    name = "ukri"
    address = "https://www.ukri.org"
    probes = UKRI
    rows_tell = False
    steady = False
    lists_everything = False
    ends_with_404 = True
    custom_settings = {"DOWNLOAD_DELAY": 2}  # noqa: RUF012 (nobody has told us a limit)

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads a call."""
        del area
        base = Ukri.base_of(source)
        return lambda raw: read_call(raw, base, source.reach)

    @classmethod
    def base_of(cls, source: Source) -> str:
        """Return the address of the site; an edition may also name that of the feed."""
        return super().base_of(source).removesuffix(FEED.rstrip("/"))

    def page_request(self, place: Place) -> Request:
        """Return what asks for a page of the feed."""
        return Request(f"{self.base}{FEED}{f'?paged={place.number}' if place.number > 1 else ''}")

    def is_last(self, place: Place, listing: Listing) -> bool:
        """Return whether to stop: where a call is met that is in the archive already, or at a page that is not full."""
        is_new = all(self.task.known(key) is None for key in listing.keys)
        return not is_new or len(listing.keys) < A_PAGE or place.number >= MOST_FEED_PAGES

    @classmethod
    def understand(cls, source: Source, body: bytes, content_type: str) -> Listing | Page:
        """Return the entries of the feed, or the stable parts of a call's page: title, table of facts, content."""
        base = cls.base_of(source)
        if _HTML.match(body[:2000]):
            return _page(web_page(body, content_type, whole=True), base)
        rows = [
            _row(fields, entry.decode("utf-8", "replace"), base, cls.path_of(source, fields.get("link")))
            for fields, entry, _ in split_feed(body, content_type, f"{base}{FEED}")
        ]
        return Listing(rows, is_cut=ends_in_the_middle(body))


def _row(fields: Fields, text: str, base: str, path: str | None) -> Row:
    """Return an entry under the name of its page, by which its page knows itself too."""
    slug = _PAGE.search(path or "")
    key = slug[1] if slug else clean_line(fields.get("id")) or clean_line(fields.get("link"))
    return Row(key[:300] if key else nameless(text), text, f"{base}{path}" if slug else None)


def _page(root: Element, base: str) -> Page:
    title = fragments.required(root, TITLE)
    fragments.required(root, LABELS)
    facts = [dt.getparent() for dt in root.cssselect(LABELS) if label_of(dt) in (STATUS, CLOSING)]
    if not facts:
        raise ChangedMarkup("The page states neither a status nor a closing date: its markup has changed.")
    table = next((above for above in facts[0].iterancestors("dl")), facts[0])
    content = next((found[0] for selector in CONTENT if (found := root.cssselect(selector))), None)
    if content is not None:
        _cut_out(content, title, table)
    pieces = [piece for piece in (title, table, content) if piece is not None]
    link = next((element.get("href") for element in root.cssselect(CANONICAL)), None)
    slug = _PAGE.search(link or "")
    return Page("\n".join(fragments.canonical(piece, base) for piece in pieces), slug[1] if slug else None)


def _cut_out(content: Element, *pieces: Element) -> None:
    """Take pieces that are kept by themselves out of the content."""
    for piece in pieces:
        if content is not piece and content in piece.iterancestors():
            piece.drop_tree()
