"""The other forms of a search: JSON, CSV, Atom and iCalendar, with the same matches as the page."""

import csv
import io
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]
from icalendar import Calendar
from icalendar import Event as CalendarEvent

from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.criteria import Criteria
from tenderbell.edition import Edition
from tenderbell.exchange import full_from, page_url, summary
from tenderbell.known import known_values
from tenderbell.opportunity import Opportunity, load
from tenderbell.pages.cards import card
from tenderbell.pages.cells import defused
from tenderbell.phrases import deadline_words, kind_words, stage_words
from tenderbell.search import PAGE_SIZE, search
from tenderbell.text import excerpt
from tenderbell.vocabulary import Stage

FEED_ENTRIES = 50
MOST_ROWS = 10_000
"""So many rows one CSV or calendar holds; the whole database is for those who need more."""

COLUMNS = (
    "id", "title", "buyer", "kind", "stage", "reach", "districts", "themes", "published_at", "closes_at",
    "engagement_closes_at", "value", "value_basis", "currency", "notice_days", "vcse_suitable", "reserved_vcse", "lots",
    "notices", "sources", "url", "link",
)  # fmt: skip

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Search(msgspec.Struct, frozen=True):
    """A search as its other forms need it. `site` is the public address without a final slash."""

    criteria: Criteria
    site: str
    edition: Edition
    area: Area
    now: datetime


def as_json(db: sqlite3.Connection, asked: Search, *, whole: bool) -> bytes:
    """Return one page of the search in the shape of `search --json`, with `whole` of `search --json --full`."""
    hits = search(db, asked.criteria, asked.now, offset=(asked.criteria.page - 1) * PAGE_SIZE)
    found = load(db, hits.numbers)
    pages = -(-hits.total // PAGE_SIZE)
    after = msgspec.structs.replace(asked.criteria, page=asked.criteria.page + 1).canonical()
    answer: dict[str, Any] = {
        "total": hits.total,
        "opportunities": [_as_object(db, opportunity, asked, whole) for opportunity in found],
        "page": asked.criteria.page,
        "pages": pages,
        "next": f"{asked.site}/opportunities.json?{after}{'&full=1' if whole else ''}"
        if asked.criteria.page < pages
        else None,
        "problems": asked.criteria.problems(known_values(db, asked.criteria, asked.area, asked.edition)),
    }
    return msgspec.json.encode(answer)


def _as_object(db: sqlite3.Connection, opportunity: Opportunity, asked: Search, whole: bool) -> dict[str, Any]:
    if whole:
        return full_from(db, opportunity, asked.site, asked.now)
    return summary(opportunity, asked.site, asked.now)


def as_csv(db: sqlite3.Connection, asked: Search) -> bytes:
    """Return the search, up to 10,000 rows, as CSV in UTF-8 with a byte order mark, which spreadsheets want."""
    hits = search(db, asked.criteria, asked.now, limit=MOST_ROWS)
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for start in range(0, len(hits.numbers), 500):
        for opportunity in load(db, hits.numbers[start : start + 500]):
            writer.writerow(_row(opportunity, asked))
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _row(opportunity: Opportunity, asked: Search) -> list[str]:
    facts = {
        **msgspec.structs.asdict(opportunity),
        **summary(opportunity, asked.site, asked.now),
        "lots": len(opportunity.lots),
    }
    return [cell(facts[column]) for column in COLUMNS]


def cell(value: object) -> str:
    """Return a value as a CSV cell that no spreadsheet takes for a formula; absent is empty, never zero."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, float):
        return f"{value:.2f}".removesuffix(".00")
    if isinstance(value, (list, tuple)):
        return cell("; ".join(str(part) for part in value))
    return defused(str(value))


def as_atom(db: sqlite3.Connection, asked: Search, title: str) -> bytes:
    """Return the newest 50 matches as an Atom feed."""
    newest = msgspec.structs.replace(asked.criteria, sort="newest", page=1)
    found = load(db, search(db, newest, asked.now, limit=FEED_ENTRIES).numbers)
    query = asked.criteria.canonical(profile=True)
    feed = FeedGenerator()
    feed.id(f"{asked.site}/opportunities.atom?{query}")
    feed.title(_xml(title))
    feed.subtitle(_xml(asked.edition.strapline))
    feed.author({"name": _xml(asked.edition.title)})
    feed.link(href=f"{asked.site}/opportunities.atom?{query}", rel="self", type="application/atom+xml")
    feed.link(href=f"{asked.site}/opportunities?{query}", rel="alternate", type="text/html")
    feed.language("en-GB")
    feed.updated(max((_changed(opportunity, asked.now) for opportunity in found), default=asked.now))
    for opportunity in found:
        _add_entry(feed, opportunity, asked)
    return bytes(feed.atom_str(pretty=True))


def _add_entry(feed: FeedGenerator, opportunity: Opportunity, asked: Search) -> None:
    link = page_url(asked.site, opportunity.id)
    entry = feed.add_entry(order="append")
    entry.id(link)
    entry.title(_xml(opportunity.title))
    entry.link(href=link, rel="alternate", type="text/html")
    entry.updated(_changed(opportunity, asked.now))
    if opportunity.published_at:
        entry.published(opportunity.published_at)
    entry.summary(_xml(_facts_line(opportunity, asked)))
    entry.category(term=str(opportunity.kind), label=kind_words(opportunity.kind))
    if opportunity.buyer:
        entry.author({"name": _xml(opportunity.buyer)})


def _facts_line(opportunity: Opportunity, asked: Search) -> str:
    shown = card(opportunity, asked.area, asked.now)
    closes = deadline_words(opportunity.closes_at) if opportunity.closes_at else "not stated"
    facts = [
        f"{kind_words(shown.kind)}, {stage_words(shown.stage)}.",
        f"Closes: {closes}.",
        f"{shown.worth.label}: {shown.worth.words}.",
        f"Where: {shown.where}.",
        excerpt(opportunity.description) or "",
    ]
    return " ".join(fact for fact in facts if fact)


def _changed(opportunity: Opportunity, now: datetime) -> datetime:
    return opportunity.updated_at or opportunity.published_at or now


def _xml(text: str) -> str:
    """Return `text` without the characters that XML forbids."""
    return _NOT_XML.sub("", text)


def as_calendar(db: sqlite3.Connection, asked: Search, title: str) -> bytes:
    """Return the deadlines that lie ahead among the matches, soonest first, as iCalendar."""
    soonest = msgspec.structs.replace(asked.criteria, sort="closing", page=1)
    hits = search(db, soonest, asked.now, limit=MOST_ROWS // 10)
    calendar = Calendar()
    calendar.add("prodid", "-//Tenderbell//Opportunities//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for opportunity in load(db, hits.numbers):
        if opportunity.closes_at and opportunity.stage_at(asked.now) is Stage.OPEN:
            calendar.add_component(_deadline_event(opportunity, opportunity.closes_at, asked))
    return bytes(calendar.to_ical())


def _deadline_event(opportunity: Opportunity, closes_at: datetime, asked: Search) -> CalendarEvent:
    link = page_url(asked.site, opportunity.id)
    event = CalendarEvent()
    event.add("uid", f"{opportunity.id}-closes@{asked.site.partition('://')[2]}")
    event.add("dtstamp", _changed(opportunity, asked.now).astimezone(UTC))
    event.add("dtstart", closes_at - timedelta(minutes=30))
    event.add("dtend", closes_at)
    event.add("summary", f"Closes: {opportunity.title}")
    event.add("description", f"{_facts_line(opportunity, asked)}\n{link}")
    event.add("url", link)
    return event
