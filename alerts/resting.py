"""Resting: a mail server that turns us away is left alone for a while, twice as long each time, whatever waits.

How often it did so, and until when it rests, stands in `step` under a name made from TENDERBELL_MAIL: a setting that
was corrected is tried at once.
"""

import sqlite3
from datetime import datetime, timedelta

from alerts import tokens
from tenderbell.clock import instant, stamp

FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=30)


def rests_until(db: sqlite3.Connection, setting: str, now: datetime) -> datetime | None:
    """Return until when the server of TENDERBELL_MAIL is left alone; None when it may be tried."""
    row = db.execute("select finished_at from step where name = ?", (_name(db, setting),)).fetchone()
    until = instant(row["finished_at"]) if row else None
    return until if until and now < until <= now + LONGEST_REST else None


def rest(db: sqlite3.Connection, setting: str, now: datetime) -> None:
    """Leave the server alone from now on, inside the caller's transaction."""
    name = _name(db, setting)
    row = db.execute("select cursor from step where name = ?", (name,)).fetchone()
    times = row["cursor"] if row else 0
    wait = min(FIRST_REST * 2 ** min(times, 10), LONGEST_REST)
    db.execute("delete from step where name like 'rest %'")
    db.execute("insert into step (name, cursor, finished_at) values (?, ?, ?)", (name, times + 1, stamp(now + wait)))


def wake(db: sqlite3.Connection) -> None:
    """Forget that a server turned us away, because it has just taken a message."""
    db.execute("delete from step where name like 'rest %'")


def _name(db: sqlite3.Connection, setting: str) -> str:
    return f"rest {tokens.hashed(db, setting)}"
