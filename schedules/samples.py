"""The sample notices of the demonstration: `data/samples/*.toml`, brought to life relative to a given now.

`releases` gives OCDS releases as Find a Tender would send them, `feeds` the documents of the sample feeds. Portion 1 is
what has been published up to now; portion 2 is what is published next. The same now gives the same bytes. A `cast`
places them in another area than the one that they are written for (`schedules.sample_cast`).
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from schedules.sample_cast import Cast, home_cast, sample_file
from schedules.sample_releases import release_of
from schedules.sample_shapes import Release
from schedules.sample_types import Buyer, Days, Sample, Supplier
from tenderbell.clock import UK

NUMBERS_A_DAY = 340
"""About how many notices Find a Tender numbers on a day; the samples' numbers begin where the day's would."""

ENDLESS = '"1e9999"'


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a sample feed. `days` are days from today; None carries no date. `closes` is told in words."""

    id: str
    title: str
    summary: str
    days: int | None = None
    closes: int | None = None
    portion: int = 1


class SampleFeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sample feed and the path under which it is served."""

    path: str
    form: str
    title: str
    home: str
    entry: tuple[Entry, ...]


def releases(now: datetime, portion: int, cast: Cast | None = None) -> list[Release | bytes]:
    """Return the releases of a portion in the order of publication, numbered densely. Bytes are releases that no JSON
    writer would produce: a number without end. A release that the service repeats is there twice."""
    found: list[Release | bytes] = []
    for number, sample, published in _numbered(now, cast):
        if sample.portion == portion:
            release = _as_sent(
                release_of(sample, number, published, Days(now), buyers(cast), suppliers(cast), labels()), sample
            )
            found.extend([release] * (2 if sample.repeat else 1))
    return found


def feeds(now: datetime, portion: int, cast: Cast | None = None) -> dict[str, bytes]:
    """Return the feeds' documents by path. Portion 2 holds the entries of both portions, as a feed would."""
    written = {"rss": _rss, "atom": _atom, "broken": _broken}
    return {
        feed.path: written[feed.form](feed, [entry for entry in feed.entry if entry.portion <= portion], now).encode()
        for feed in sample_feeds(cast)
    }


@cache
def samples(cast: Cast | None = None) -> tuple[Sample, ...]:
    """Return every sample notice, in the order of the file: the process's fields with the notice's own on top."""
    return tuple(
        msgspec.convert(
            {**{key: value for key, value in process.items() if key != "notices"}, **notice, "process": index}, Sample
        )
        for index, process in enumerate(_file("processes", cast)["process"])
        for notice in process["notices"]
    )


@cache
def buyers(cast: Cast | None = None) -> dict[str, Buyer]:
    """Return the publishing bodies by the names that processes use."""
    return (cast or home_cast()).buyers(msgspec.convert(sample_file("buyers"), dict[str, Buyer]))


@cache
def suppliers(cast: Cast | None = None) -> dict[str, Supplier]:
    """Return the invented winners by the names that notices use."""
    return msgspec.convert(_file("processes", cast)["supplier"], dict[str, Supplier])


@cache
def labels() -> dict[str, str]:
    """Return the official labels of the CPV codes in use."""
    return msgspec.convert(_file("processes")["cpv"], dict[str, str])


@cache
def sample_feeds(cast: Cast | None = None) -> tuple[SampleFeed, ...]:
    """Return the sample feeds."""
    return msgspec.convert(_file("feeds", cast)["feed"], tuple[SampleFeed, ...])


@cache
def _file(name: str, cast: Cast | None = None) -> dict[str, Any]:
    told: dict[str, Any] = (cast or home_cast()).told(sample_file(name))
    return told


def _numbered(now: datetime, cast: Cast | None) -> Iterator[tuple[str, Sample, datetime]]:
    """Yield every sample with its notice number and instant, oldest first. Each year counts from its own beginning."""
    counted: Counter[int] = Counter()
    for sample, published in sorted(_dated(now, cast), key=lambda pair: pair[1]):
        year = published.year
        if not counted[year]:
            counted[year] = NUMBERS_A_DAY * published.timetuple().tm_yday
        counted[year] += 1
        yield f"{counted[year]:06}-{year}", sample, published


def _dated(now: datetime, cast: Cast | None) -> Iterator[tuple[Sample, datetime]]:
    next_ones = [sample for sample in samples(cast) if sample.portion == 2]
    for sample in samples(cast):
        if sample.portion == 2:
            waiting = len(next_ones) - next_ones.index(sample)
            yield sample, (now.astimezone(UK) - timedelta(minutes=waiting)).replace(microsecond=0)
        else:
            yield sample, Days(now).published(sample.days, sample.at)


def _as_sent(release: Release, sample: Sample) -> Release | bytes:
    if not sample.endless:
        return release
    return json.dumps(release, ensure_ascii=False).replace(ENDLESS, ENDLESS.strip('"')).encode()


def _rss(feed: SampleFeed, entries: list[Entry], now: datetime) -> str:
    items = "".join(
        f"<item><title>{_once(entry.title)}</title><link>{_link(feed, entry)}</link>"
        f'<guid isPermaLink="false">{feed.path}#{entry.id}</guid>{_rss_date(entry, now)}'
        f"<description>{escape(_summary(entry, now))}</description></item>\n"
        for entry in reversed(entries)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>\n'
        f"<title>{escape(feed.title)}</title><link>{feed.home}</link>\n{items}</channel></rss>\n"
    )


def _broken(feed: SampleFeed, entries: list[Entry], now: datetime) -> str:
    items = "".join(
        f"<item><title>{entry.title}</title><link>{_link(feed, entry)}</link>{_rss_date(entry, now)}"
        f"<description>{_summary(entry, now)}</description>\n"
        for entry in reversed(entries)
    )
    return f"<rss version=2.0><channel><title>{feed.title}</title>\n{items}</channel>\n"


def _atom(feed: SampleFeed, entries: list[Entry], now: datetime) -> str:
    items = "".join(
        f"<entry><id>tag:{feed.home.split('/')[2]},2026:{entry.id}</id><title>{_once(entry.title)}</title>"
        f'<link rel="alternate" href="{_link(feed, entry)}"/><updated>{_when(entry, now).isoformat()}</updated>'
        f"<published>{_when(entry, now).isoformat()}</published>"
        f'<summary type="text">{escape(_summary(entry, now))}</summary></entry>\n'
        for entry in reversed(entries)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f'<id>{feed.home}</id><title>{escape(feed.title)}</title><link href="{feed.home}"/>\n{items}</feed>\n'
    )


def _once(title: str) -> str:
    """A title may hold entities of its own, as feeds from careful and careless software do."""
    return title if "&amp;" in title else escape(title)


def _summary(entry: Entry, now: datetime) -> str:
    if entry.closes is None:
        return entry.summary
    day = datetime.fromisoformat(Days(now).deadline(entry.closes, "12:00"))
    return f"{entry.summary} Closing date: 12 noon on {day:%A} {day.day} {day:%B %Y}."


def _link(feed: SampleFeed, entry: Entry) -> str:
    return f"{feed.home}/{entry.id}"


def _rss_date(entry: Entry, now: datetime) -> str:
    if entry.days is None and entry.portion == 1:
        return ""
    return f"<pubDate>{format_datetime(_when(entry, now))}</pubDate>"


def _when(entry: Entry, now: datetime) -> datetime:
    if entry.days is None:
        return now.astimezone(UK).replace(microsecond=0)
    return datetime.combine(now.astimezone(UK).date() + timedelta(days=entry.days), time(9, 30), UK)
