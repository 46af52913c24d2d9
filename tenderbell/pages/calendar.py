"""The calendar: deadlines of what is open, week by week, narrowed like any search."""

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec

from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.criteria import Criteria
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity, load
from tenderbell.pages.cards import Card, card
from tenderbell.pages.facets import Choice
from tenderbell.pages.results import Chip, chip_words
from tenderbell.phrases import day_words, deadline_moment, kind_words, plural, reach_words
from tenderbell.search import search
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Kind, Reach, Stage

CALENDAR = "/calendar"
WEEKS = 8
"""Weeks on one page."""

MOST = 400
"""So many deadlines one page shows; a county has fewer."""

MOST_ROLLING = 10


class Week(Record, frozen=True):
    """One week from Monday to Sunday (UK days), with its deadlines in order. `words` names it, `count` counts it."""

    words: str
    count: str
    cards: tuple[Card, ...]


class DeadlineCalendar(Record, frozen=True):
    """What the page shows. `later` and `sooner` are addresses of the weeks after and before, None at the ends;
    `rolling` are those without a deadline by design, `left_out` how many deadlines the page is too short for."""

    weeks: tuple[Week, ...]
    rolling: tuple[Card, ...]
    chips: tuple[Chip, ...]
    words: str
    kinds: tuple[Choice, ...]
    reaches: tuple[Choice, ...]
    themes: tuple[Choice, ...]
    districts: tuple[Choice, ...]
    query: str
    sooner: str | None
    later: str | None
    left_out: int
    span: str


def calendar(db: sqlite3.Connection, criteria: Criteria, area: Area, now: datetime) -> DeadlineCalendar:
    """Return the eight weeks from the one of `closes_after` on, by default from today."""
    today = uk(now).date()
    asked_for = _day(criteria.closes_after) or today
    monday = asked_for - timedelta(days=asked_for.weekday())
    first = max(monday, today)
    monday = first - timedelta(days=first.weekday())
    last = monday + timedelta(weeks=WEEKS, days=-1)
    narrowed = narrowing(criteria)
    asked = narrowed.having(
        stage=(str(Stage.OPEN),), closes_after=first.isoformat(), closes_before=last.isoformat(), sort="closing"
    )
    hits = search(db, asked, now, limit=MOST)
    found = load(db, hits.numbers)
    return DeadlineCalendar(
        weeks=tuple(_weeks(found, monday, today, area, now)),
        rolling=tuple(card(one, area, now) for one in _rolling(db, narrowed)),
        chips=tuple(
            Chip(chip_words(db, name, value, area), _address(narrowed.without(name, value)))
            for name, value in narrowed.pairs(profile=True)
        ),
        words=narrowed.q,
        reaches=tuple(Choice(reach, reach_words(reach), reach in narrowed.reach) for reach in Reach),
        kinds=tuple(Choice(kind, kind_words(kind), kind in narrowed.kind) for kind in Kind),
        themes=tuple(Choice(id, name, id in narrowed.theme) for id, name in theme_names().items()),
        districts=tuple(
            Choice(district.slug, district.name, district.slug in narrowed.district) for district in area.districts
        ),
        query=narrowed.canonical(profile=True),
        sooner=_address(narrowed, monday - timedelta(weeks=WEEKS), today) if first > today else None,
        later=_later(db, narrowed, last, now),
        left_out=hits.total - len(found),
        span=f"{day_words(first)} to {day_words(last)}",
    )


def narrowing(criteria: Criteria) -> Criteria:
    """Return what of a search narrows a calendar: everything but the stage, the dates, and the order."""
    return criteria.having(stage=(), closes_after="", closes_before="", sort="")


def matters(query: str) -> str:
    """Return what of a query string makes one calendar differ from another: what narrows it, and the week in which it
    begins."""
    criteria = Criteria.parse(query)
    day = _day(criteria.closes_after)
    begins = (day - timedelta(days=day.weekday())).isoformat() if day else ""
    return narrowing(criteria).having(closes_after=begins).canonical()


def feed_matters(query: str) -> str:
    """Return what of a query string makes one calendar feed differ from another."""
    return narrowing(Criteria.parse(query)).canonical(profile=True)


def _weeks(found: Iterable[Opportunity], monday: date, today: date, area: Area, now: datetime) -> Iterable[Week]:
    by_week: dict[date, list[Card]] = {monday + timedelta(weeks=number): [] for number in range(WEEKS)}
    for one in found:
        if one.closes_at:
            day = deadline_moment(one.closes_at).date()
            by_week.setdefault(day - timedelta(days=day.weekday()), []).append(card(one, area, now))
    for start, cards in sorted(by_week.items()):
        count = plural(len(cards), "deadline") if cards else "No deadline"
        yield Week(_week_words(start, today), count, tuple(cards))


def _week_words(monday: date, today: date) -> str:
    this = today - timedelta(days=today.weekday())
    if monday <= this:
        return "This week"
    if monday == this + timedelta(weeks=1):
        return "Next week"
    return f"Week of {day_words(monday)}"


def _rolling(db: sqlite3.Connection, narrowed: Criteria) -> list[Opportunity]:
    """Return the newest of those that are open all the time; only a calendar that is not narrowed shows them, because
    looking for those that fit would mean reading all that have no deadline."""
    if narrowed.canonical(profile=True):
        return []
    numbers = db.execute(
        "select number from opportunity indexed by opportunity_by_closing "
        "where stage = 'open' and closes_at is null order by number desc limit ?",
        (MOST_ROLLING * 3,),
    )
    return [one for one in load(db, [row[0] for row in numbers]) if one.rolling][:MOST_ROLLING]


def _later(db: sqlite3.Connection, narrowed: Criteria, last: date, now: datetime) -> str | None:
    after = last + timedelta(days=1)
    asked = narrowed.having(stage=(str(Stage.OPEN),), closes_after=after.isoformat(), sort="closing")
    return _address(narrowed, after) if search(db, asked, now, limit=1).numbers else None


def _address(narrowed: Criteria, first: date | None = None, today: date | None = None) -> str:
    if first and (today is None or first > today):
        narrowed = msgspec.structs.replace(narrowed, closes_after=first.isoformat())
    query = narrowed.canonical()
    return f"{CALENDAR}?{query}" if query else CALENDAR


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day < date(2200, 1, 1) else None
