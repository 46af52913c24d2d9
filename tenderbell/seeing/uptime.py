"""Was the site there? Once a minute the scheduler asks it as a visitor would; here is what came of it, day by day.

Kept in `archive.db`, which holds what happened; the compiler copies the last 90 days into `public.db` for the page. A
minute in which nobody asked, because nothing ran, is *not known*: it counts as neither up nor down.
"""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec
from sqlite_utils import Database, Migrations

from tenderbell.clock import instant, stamp, uk
from tenderbell.database import migrate, run_statements, transaction

migrations = Migrations("uptime")

KEPT = timedelta(days=90)
GAP = timedelta(seconds=150)
"""Without a question for longer than this, nobody knows: a restart within two minutes is no gap."""

BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; answers are counted by the first that they stay within."""

DOWN, UNKNOWN = "down", "unknown"


@migrations()
def m001_uptime(db: Database) -> None:
    """Create a row for each edition and UK day, and one for each time that the site was away or nobody asked."""
    run_statements(
        db,
        """
        create table asked (
            edition text not null,
            day text not null,
            asked integer not null,
            answered integer not null,
            slowest real not null,
            within text not null,
            last_at text not null,
            primary key (edition, day)
        ) without rowid;
        create table incident (
            edition text not null,
            began_at text not null,
            sort text not null check (sort in ('down', 'unknown')),
            ended_at text,
            primary key (edition, began_at, sort)
        ) without rowid;
        """,
    )


class Asked(msgspec.Struct, frozen=True):
    """One question: when, and after how many seconds it was answered, None for never."""

    at: datetime
    seconds: float | None


def prepare(archive: sqlite3.Connection) -> None:
    """Make the tables when they are missing."""
    migrate(archive, migrations)


def is_prepared(archive: sqlite3.Connection) -> bool:
    """Return whether the tables are there."""
    return archive.execute("select 1 from sqlite_master where name = 'asked'").fetchone() is not None


def record(archive: sqlite3.Connection, edition: str, questions: Iterable[Asked]) -> None:
    """Write down questions in the order of their times. Before a site has answered for the first time there is none,
    so a scheduler without a site beside it records nothing."""
    with transaction(archive):
        for one in questions:
            last = instant(_last(archive, edition))
            if last is None and one.seconds is None:
                continue
            _note_gap(archive, edition, last, one.at)
            _note_answer(archive, edition, one)
            _add(archive, edition, one)
        oldest = archive.execute("select max(day) from asked where edition = ?", (edition,)).fetchone()[0]
        if oldest:
            before = (date.fromisoformat(oldest) - KEPT).isoformat()
            archive.execute("delete from asked where edition = ? and day < ?", (edition, before))
            archive.execute("delete from incident where edition = ? and ended_at < ?", (edition, before))


def _last(archive: sqlite3.Connection, edition: str) -> str | None:
    row = archive.execute("select max(last_at) from asked where edition = ?", (edition,)).fetchone()
    return str(row[0]) if row[0] else None


def _note_gap(archive: sqlite3.Connection, edition: str, last: datetime | None, now: datetime) -> None:
    if last is not None and now - last > GAP:
        archive.execute(
            "insert or ignore into incident (edition, began_at, sort, ended_at) values (?, ?, ?, ?)",
            (edition, stamp(last), UNKNOWN, stamp(now)),
        )
        _end(archive, edition, last)


def _note_answer(archive: sqlite3.Connection, edition: str, one: Asked) -> None:
    if one.seconds is not None:
        _end(archive, edition, one.at)
        return
    archive.execute(
        "insert into incident (edition, began_at, sort) select ?1, ?2, ?3 where not exists "
        "(select 1 from incident where edition = ?1 and sort = ?3 and ended_at is null)",
        (edition, stamp(one.at), DOWN),
    )


def _end(archive: sqlite3.Connection, edition: str, at: datetime) -> None:
    archive.execute(
        "update incident set ended_at = max(?, began_at) where edition = ? and sort = ? and ended_at is null",
        (stamp(at), edition, DOWN),
    )


def _add(archive: sqlite3.Connection, edition: str, one: Asked) -> None:
    day = uk(one.at).date().isoformat()
    found = archive.execute("select * from asked where edition = ? and day = ?", (edition, day)).fetchone()
    within = msgspec.json.decode(found["within"]) if found else [0] * (len(BUCKETS) + 1)
    if one.seconds is not None:
        within[bisect_left(BUCKETS, one.seconds)] += 1
    archive.execute(
        "insert or replace into asked (edition, day, asked, answered, slowest, within, last_at) "
        "values (?, ?, ?, ?, ?, ?, ?)",
        (
            edition,
            day,
            (found["asked"] if found else 0) + 1,
            (found["answered"] if found else 0) + (one.seconds is not None),
            max(found["slowest"] if found else 0.0, one.seconds or 0.0),
            msgspec.json.encode(within).decode(),
            stamp(one.at),
        ),
    )


def copy(archive: sqlite3.Connection, public: sqlite3.Connection, edition: str) -> None:
    """Write into `public.db`, inside the caller's transaction, what is known of an edition's days."""
    if not is_prepared(archive):
        return
    days = archive.execute(
        "select day, asked, answered, slowest, within, last_at from asked where edition = ?", (edition,)
    ).fetchall()
    incidents = archive.execute("select began_at, sort, ended_at from incident where edition = ?", (edition,))
    public.execute("delete from uptime_day")
    public.executemany(
        "insert into uptime_day (day, asked, answered, slowest, within, last_at) values (?, ?, ?, ?, ?, ?)",
        [tuple(row) for row in days],
    )
    public.execute("delete from uptime_incident")
    public.executemany(
        "insert or ignore into uptime_incident (began_at, sort, ended_at) values (?, ?, ?)",
        [tuple(row) for row in incidents],
    )
