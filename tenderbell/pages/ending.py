"""Ending soon: awarded contracts and grants of the area by the day on which they end."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from tenderbell.area import Area
from tenderbell.clock import end_of_date, stamp, uk
from tenderbell.code.calendar import months_later
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity, load
from tenderbell.pages.cards import Card, card
from tenderbell.phrases import day_words, stage_words
from tenderbell.successors import Successor, successor_of
from tenderbell.vocabulary import Reach

MONTHS = (6, 12, 24)
MOST = 100


class Follower(Record, frozen=True):
    """What follows: its page, and how far it is."""

    id: str
    title: str
    stage: str
    why: str


class EndingRow(Record, frozen=True):
    """One contract or grant that ends. `extends` says until when it may be extended, "" when no notice does."""

    card: Card
    ends: str
    extends: str
    suppliers: tuple[str, ...]
    follower: Follower | None


class Ending(Record, frozen=True):
    """What ends within so many `months`, soonest first: at most a hundred, `left_out` when there are more.
    `without_end` is how many awards of the area state no end."""

    months: int
    rows: tuple[EndingRow, ...]
    left_out: bool
    without_end: int


def ending(db: sqlite3.Connection, months: int, area: Area, now: datetime) -> Ending:
    """Return what ends between `now` and so many months later."""
    until = end_of_date(months_later(uk(now).date(), months))
    numbers = [
        row[0]
        for row in db.execute(
            "select number from opportunity indexed by opportunity_by_end where stage = 'awarded' "
            "and ends_at between ? and ? and reach = ? order by ends_at, number limit ?",
            (stamp(now), stamp(until), str(Reach.LOCAL), MOST + 1),
        )
    ]
    rows = tuple(_row(db, one, area, now) for one in load(db, numbers[:MOST]))
    return Ending(months, rows, len(numbers) > MOST, _without_end(db))


def _row(db: sqlite3.Connection, one: Opportunity, area: Area, now: datetime) -> EndingRow:
    return EndingRow(
        card=card(one, area, now),
        ends=day_words(uk(one.ends_at).date()) if one.ends_at else "",
        extends=day_words(uk(one.extends_to).date()) if one.extends_to else "",
        suppliers=tuple(supplier.name for supplier in one.suppliers[:3]),
        follower=_follower(successor_of(db, one)),
    )


def _follower(found: Successor | None) -> Follower | None:
    return Follower(found.id, found.title, stage_words(found.stage), found.why) if found else None


def _without_end(db: sqlite3.Connection) -> int:
    """Return how many awards of the area state no end, counting no further than a thousand."""
    rows = db.execute(
        "select count(*) from (select 1 from opportunity indexed by opportunity_by_end "
        "where stage = 'awarded' and ends_at is null and reach = ? limit 1000)",
        (str(Reach.LOCAL),),
    )
    return int(rows.fetchone()[0])


def choices(chosen: int) -> Iterator[tuple[int, bool]]:
    """Yield the spans that can be chosen, and whether each is."""
    return ((months, months == chosen) for months in MONTHS)
