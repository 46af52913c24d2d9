"""What the operator decided about two processes: they are one, or they are not. Kept in `archive.db`, so that it holds
when `public.db` is made anew; the newest line about a pair counts, and nothing is ever edited."""

import hashlib
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from sqlite_utils import Database, Migrations

from tenderbell.clock import stamp
from tenderbell.database import migrate, run_statements, transaction

migrations = Migrations("choices")


@migrations()
def m001_choice(db: Database) -> None:
    """Create the table of choices."""
    run_statements(
        db,
        """
        create table join_choice (
            number integer primary key autoincrement,
            a text not null,
            b text not null,
            is_one integer not null,
            at text not null
        );
        create index join_choice_by_a on join_choice (a, number);
        create index join_choice_by_b on join_choice (b, number);
        """,
    )


Pair = tuple[str, str]
"""Two process keys, the smaller first."""


def pair(one: str, other: str) -> Pair:
    """Return two process keys in their fixed order."""
    return (one, other) if one < other else (other, one)


def pair_id(one: str, other: str) -> str:
    """Return the name by which the operator decides about a pair."""
    return f"join-{hashlib.blake2b(chr(0).join(pair(one, other)).encode(), digest_size=5).hexdigest()}"


def prepare(archive: sqlite3.Connection) -> None:
    """Make sure that an open `archive.db` has the table of choices."""
    migrate(archive, migrations)


def choose(archive: sqlite3.Connection, pairs: Iterable[Pair], now: datetime, *, is_one: bool) -> None:
    """Record a decision about each pair. It shows after the next compile."""
    prepare(archive)
    with transaction(archive):
        archive.executemany(
            "insert into join_choice (a, b, is_one, at) values (?, ?, ?, ?)",
            [(*pair(*two), is_one, stamp(now)) for two in pairs],
        )


def choices_after(archive: sqlite3.Connection, cursor: int) -> list[tuple[int, Pair]]:
    """Return (number, pair) of the decisions with a number above `cursor`, oldest first."""
    rows = archive.execute("select number, a, b from join_choice where number > ? order by number", (cursor,))
    return [(row["number"], (row["a"], row["b"])) for row in rows]


def choices_about(archive: sqlite3.Connection, process: str) -> dict[str, bool]:
    """Return what was decided about one process: for each other process whether the two are one."""
    found: dict[str, bool] = {}
    for row in archive.execute(
        "select a, b, is_one from join_choice where a = ?1 or b = ?1 order by number", (process,)
    ):
        found[row["b"] if row["a"] == process else row["a"]] = bool(row["is_one"])
    return found
