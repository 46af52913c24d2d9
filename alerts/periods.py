"""Periods: when digests go. 08:30 on a UK clock, whatever the offset; weekly ones on Monday (ruling 30).

A period is named by the UK day on which it ends. It is due from 08:30 of that day until it was built, so a run that
was missed is caught up; of several missed runs only the last is built, and claims what waited for all of them.
"""

import sqlite3
from datetime import datetime, time, timedelta

import msgspec

from tenderbell.clock import UK, stamp, uk
from tenderbell.vocabulary import Frequency

SENDING_TIME = time(8, 30)
"""UK wall time. 08:30 exists exactly once on every day, clock-change days too."""

GATHERING = timedelta(minutes=15)
"""How long instant alerts wait for others after the first."""

_MONDAY = 0


class Period(msgspec.Struct, frozen=True):
    """The latest period of a frequency that has ended: its name, and the instant of its end."""

    frequency: Frequency
    name: str
    end: datetime


def latest(frequency: Frequency, now: datetime) -> Period:
    """Return the daily or weekly period that ended last."""
    local = uk(now)
    day = local.date() if local.time() >= SENDING_TIME else local.date() - timedelta(days=1)
    if frequency is Frequency.WEEKLY:
        day -= timedelta(days=(day.weekday() - _MONDAY) % 7)
    return Period(frequency, day.isoformat(), datetime.combine(day, SENDING_TIME, UK))


def due(db: sqlite3.Connection, now: datetime) -> list[Period]:
    """Return the daily and weekly periods that have ended and were not built yet."""
    periods = [latest(Frequency.DAILY, now), latest(Frequency.WEEKLY, now)]
    return [period for period in periods if not _is_built(db, period)]


def finish(db: sqlite3.Connection, period: Period, now: datetime) -> None:
    """Note that a period was built for everybody. Twice is the same as once."""
    db.execute("insert or ignore into digest_run values (?, ?, ?)", (period.frequency, period.name, stamp(now)))


def _is_built(db: sqlite3.Connection, period: Period) -> bool:
    found = db.execute(
        "select 1 from digest_run where frequency = ? and period = ?", (period.frequency, period.name)
    ).fetchone()
    return found is not None
