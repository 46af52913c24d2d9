"""Feeds as the tests write them."""

from collections.abc import Callable

from spiders.feed import Feed as FeedSpider
from tenderbell.area import Area, Body
from tenderbell.edition import Source
from tenderbell.notice import Notice
from tests.spiders.faulty import Faulty

Serve = Callable[..., Faulty]
SOURCE = Source(id="news", title="News", url="https://feeds.example/news.xml")
AREA = Area(id="a", name="A", gss="E1", codes=(), bodies=(Body("stroud", "Stroud DC", ("GB-PPON-X",)),))


def rss(*items: str) -> bytes:
    return f"""<?xml version="1.0"?><rss version="2.0"><channel>{"".join(items)}</channel></rss>""".encode()


def item(title: str = "A grant", text: str = "", date: str = "Mon, 05 Jan 2026 10:00:00 GMT", **more: str) -> str:
    rest = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return f"<item><title>{title}</title><description>{text}</description><pubDate>{date}</pubDate>{rest}</item>"


def read(body: bytes, content_type: str = "application/rss+xml", source: Source = SOURCE) -> list[Notice]:
    reader = FeedSpider.reader(source, AREA)
    return [reader(raw) for raw in FeedSpider.split(source, body, content_type, source.url)]
