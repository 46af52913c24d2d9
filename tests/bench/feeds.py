"""(h) Feeds: documents to notices (cut, read, sanitised by nh3), against bare feedparser on the same documents."""

import html
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import feedparser

from spiders.feed import Feed
from tenderbell.area import load_area
from tenderbell.clock import stamp
from tenderbell.edition import Source
from tests.bench.measuring import Figure, Sizes, at_least, in_turn, median, say, wall_and_cpu
from tests.bench.worlds import NOW, World

SOURCE = Source(id="bench", title="Bench", spider="feed", url="https://feeds.example/news.xml")
HEADERS = {"content-type": "application/xml"}
AN_ENTRY_OF = 10
"""So many notices of the other parts stand for one entry here."""

A_FEED = 25
_RSS = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:media="http://search.yahoo.com/mrss/"><channel><title>News</title>{}</channel></rss>'
)
_ATOM = '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{}</feed>'


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (h)."""
    del folder
    count = max(A_FEED, sizes.notices // AN_ENTRY_OF)
    say(f"(h) writing {count:,} entries of feeds")
    documents = feeds(World(8), count)
    read = Feed.reader(SOURCE, load_area("gloucestershire"))
    runs: dict[str, Callable[[], int]] = {
        "ours": lambda: sum(
            len([read(raw) for raw in Feed.split(SOURCE, body, "application/xml", None)]) for body in documents
        ),
        "bare": lambda: sum(len(feedparser.parse(body, response_headers=HEADERS).entries) for body in documents),
        "unsafe": lambda: sum(
            len(feedparser.parse(body, response_headers=HEADERS, sanitize_html=False).entries) for body in documents
        ),
    }
    found = in_turn(sizes.rounds, {name: _timed(run, count) for name, run in runs.items()})
    rates = {name: count / median([wall for wall, _ in times]) for name, times in found.items()}
    cpu = {
        name: f"{count / median([cpu for _, cpu in times]):,.0f} per second of processor time"
        for name, times in found.items()
    }
    return [
        Figure("h", "feed entries read", rates["ours"], "entries/s", note=cpu["ours"]),
        Figure("h", "bare feedparser", rates["bare"], "entries/s", note=cpu["bare"]),
        Figure("h", "bare feedparser, its sanitiser off", rates["unsafe"], "entries/s", note=cpu["unsafe"]),
        at_least("h", "feed entries / bare feedparser", rates["ours"] / rates["bare"], 0.8),
    ]


def _timed(run: Callable[[], int], expected: int) -> Callable[[], tuple[float, float]]:
    def work() -> tuple[float, float]:
        counted = []
        spent = wall_and_cpu(lambda: counted.append(run()))
        if counted != [expected]:
            raise RuntimeError(f"{counted[0]:,} of {expected:,} entries were read: the measurement means nothing.")
        return spent

    return work


def feeds(world: World, count: int) -> list[bytes]:
    """Return documents with `count` entries in all: RSS as WordPress writes it, every third one Atom, every tenth with
    Media RSS, which takes the longer way."""
    entries = [_entry(world, number) for number in range(count)]
    documents = []
    for start in range(0, count, A_FEED):
        number, portion = start // A_FEED, entries[start : start + A_FEED]
        if number % 3 == 2:
            documents.append(_ATOM.format("".join(map(_atom, portion))).encode())
        else:
            documents.append(_RSS.format("".join(_rss(entry, media=number % 10 == 9) for entry in portion)).encode())
    return documents


Entry = tuple[int, str, str, str]


def _entry(world: World, number: int) -> Entry:
    """Return (number, title, summary, content) with some 2,000 characters of markup in its content."""
    paragraphs = [" ".join(world.vocabulary.some(world.dice, world.dice.randint(20, 80))) for _ in range(5)]
    content = "".join(
        f'<p class="x">{text} <a href="/page/{place}">more</a></p>' for place, text in enumerate(paragraphs)
    )
    title = " ".join(world.vocabulary.some(world.dice, 7)).capitalize()
    return number, title, paragraphs[0], f"{content}<p>Closing date: 5pm on 30 September 2026</p>"


def _rss(entry: Entry, *, media: bool) -> str:
    number, title, summary, content = entry
    more = "<media:group><media:title>Picture</media:title></media:group>" if media else ""
    return (
        f"<item><title>{title}</title><link>https://feeds.example/{number}</link><dc:creator>Office</dc:creator>"
        f"<pubDate>{format_datetime(NOW - timedelta(minutes=number))}</pubDate><category>Grants</category>"
        f'<guid isPermaLink="false">https://feeds.example/?p={number}</guid>'
        f"<description><![CDATA[{summary}]]></description><content:encoded><![CDATA[{content}]]></content:encoded>"
        f"<slash:comments>{number % 7}</slash:comments>{more}</item>"
    )


def _atom(entry: Entry) -> str:
    number, title, summary, content = entry
    return (
        f"<entry><id>https://feeds.example/?p={number}</id><title>{title}</title><updated>{stamp(NOW)}</updated>"
        f'<link href="https://feeds.example/{number}"/><author><name>Office</name></author><summary>{summary}</summary>'
        f'<content type="html">{html.escape(content)}</content></entry>'
    )
