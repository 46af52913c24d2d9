"""Which buyers are silent for longer than is usual for them, as the last compilation wrote it into `public.db`."""

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime

import msgspec

from tenderbell.clock import uk


class Silence(msgspec.Struct, frozen=True):
    """A body that is silent for longer than its habit. `days` are the days since it published last; `portal` is where
    it advertises, in words."""

    id: str
    name: str
    last_published_at: str
    days: int
    publications: int
    usual_days: int
    longest_days: int
    portal: str | None = None


def silences(db: sqlite3.Connection, now: datetime) -> list[Silence]:
    """Return the silent bodies as the last compilation found them, the longest silence first."""
    return list(_silences(db, uk(now).date()))


def _silences(db: sqlite3.Connection, today: date) -> Iterator[Silence]:
    rows = db.execute("select * from buyer_silence order by last_published_at, id")
    for row in rows:
        days = (today - uk(datetime.fromisoformat(row["last_published_at"])).date()).days
        yield msgspec.convert({**dict(row), "days": days}, Silence)
