"""Publishers of feeds."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from spiders.rehearsal.find_a_tender import Rehearsal
from spiders.rehearsal.wordpress import Post, WordPressSite
from tests.journeys.publishers.base import MORNING, PUBLISHED, Publisher, moody, title


class WordPress(Publisher):
    spider = "wordpress"
    list_path = "/feed/"
    more: ClassVar[dict[str, Any]] = {"kind": "grant"}
    renamed = (b"item>", b"artikel>")

    def make(self) -> Any:
        return moody(WordPressSite)()

    def add(self, number: int) -> None:
        at = MORNING - timedelta(minutes=number - self.first)
        text = f"<p>{self.buyer} gives grants. Closing date: 14 September 2026.</p>"
        self.server.posts.append(Post(number, title(number), text, at))

    def clear(self) -> None:
        self.server.posts = []

    def impossible(self, body: bytes) -> bytes:
        return re.sub(rb"\d\d Aug 2026", b"35 Aug 2026", body.replace(b"14 September", b"31 September"))

    def linkless(self, body: bytes) -> bytes:
        return without_links(body)


class Feed(WordPress):
    spider = "feed"
    list_path = path = "/news.xml"
    a_page = 1_000

    def make(self) -> Any:
        self.items: list[str] = []
        server = moody(Rehearsal)()
        server.set_feed(self.path, _feed(()))
        return server

    def add(self, number: int) -> None:
        link = f"{self.server.url}/news/{number}"
        text = f"{self.buyer} gives grants. Closing date: 14 September 2026."
        said = f"<title>{title(number)}</title><link>{link}</link><description>{text}</description>"
        self.items.append(f'<item>{said}<guid isPermaLink="true">{link}</guid><pubDate>{PUBLISHED}</pubDate></item>')
        self.server.set_feed(self.path, _feed(self.items))

    def clear(self) -> None:
        self.items.clear()
        self.server.set_feed(self.path, _feed(()))


def _feed(items: Iterable[str]) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>News</title>'
    return f"{head}<link>https://news.example/</link>{''.join(items)}</channel></rss>".encode()


def without_links(body: bytes) -> bytes:
    """Return a feed whose first entry has neither an id nor a link."""
    before, start, rest = body.partition(b"<item>")
    first, end, after = rest.partition(b"</item>")
    first = re.sub(rb"<link>.*?</link>|<guid.*?</guid>", b"", first, flags=re.DOTALL)
    return before + start + first + end + after
