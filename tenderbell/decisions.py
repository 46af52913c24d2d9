"""What the operator decided about opportunities that only their text connects with the area (rule F, ruling 17).

A decision is a line in `archive.db`, beside the notices, because it is evidence like them: `rebuild` compiles with it
again. Lines are numbered and never edited; the newest about an opportunity counts. The compiler follows the numbers
from a cursor of its own.
"""

import sqlite3
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlite_utils import Database, Migrations

from tenderbell.clock import stamp
from tenderbell.database import migrate, run_statements, transaction

migrations = Migrations("decisions")


@migrations()
def m001_decision(db: Database) -> None:
    """Create the table of decisions."""
    run_statements(
        db,
        """
        create table decision (
            number integer primary key autoincrement,
            opportunity text not null,
            verdict text not null check (verdict in ('accept', 'reject')),
            at text not null
        );
        create index decision_by_opportunity on decision (opportunity, number);
        """,
    )


@migrations()
def m002_scope(db: Database) -> None:
    """Say of each decision whose area it is about, where several editions share the archive (`tenderbell.sharing`)."""
    run_statements(db, "alter table decision add column scope text not null default '';")


class Verdict(StrEnum):
    """`ACCEPT`: it concerns the area, so it is local. `REJECT`: it does not; nothing waits any longer."""

    ACCEPT = "accept"
    REJECT = "reject"


class Decision(msgspec.Struct, frozen=True):
    """One decision: its `number`, the opportunity's id, the verdict, when it was taken (a stored stamp), and the scope
    of the edition whose area it is about (`tenderbell.sharing`)."""

    number: int
    opportunity: str
    verdict: Verdict
    at: str
    scope: str = ""


def prepare(archive: sqlite3.Connection) -> None:
    """Make sure that an open `archive.db` has the table of decisions."""
    migrate(archive, migrations)


def decide(archive: sqlite3.Connection, opportunity: str, verdict: Verdict, now: datetime, scope: str = "") -> None:
    """Record a verdict. It shows on the page after the next compile."""
    prepare(archive)
    with transaction(archive):
        archive.execute(
            "insert into decision (opportunity, verdict, at, scope) values (?, ?, ?, ?)",
            (opportunity, verdict, stamp(now), scope),
        )


def verdict(archive: sqlite3.Connection, opportunity: str, scope: str = "") -> Verdict | None:
    """Return the newest verdict about an opportunity, None when nobody has decided."""
    row = archive.execute(
        "select verdict from decision where opportunity = ? and scope = ? order by number desc limit 1",
        (opportunity, scope),
    ).fetchone()
    return Verdict(row[0]) if row else None


def decisions_after(archive: sqlite3.Connection, cursor: int, scope: str = "") -> list[Decision]:
    """Return the decisions with a number above `cursor`, oldest first."""
    rows = archive.execute("select * from decision where number > ? and scope = ? order by number", (cursor, scope))
    return [msgspec.convert(dict(row), Decision) for row in rows]
