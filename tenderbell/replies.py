"""Replies of commissioners that the operator has approved: lines in `archive.db`, which the compiler copies to
`public.db` (like `decisions`). Lines are numbered and never edited; the newest about a reply counts, and one without
words withdraws it."""

import sqlite3
from datetime import datetime

import msgspec
from sqlite_utils import Database, Migrations

from tenderbell.clock import stamp
from tenderbell.database import migrate, run_statements, transaction

migrations = Migrations("replies")


@migrations()
def m001_reply_line(db: Database) -> None:
    """Create the table of approved replies."""
    run_statements(
        db,
        """
        create table reply_line (
            number integer primary key autoincrement,
            id text not null,
            buyer text not null,
            words text,
            at text not null
        );
        create index reply_line_by_id on reply_line (id, number);
        """,
    )


class Line(msgspec.Struct, frozen=True):
    """One line: its `number`, the reply's id, the buyer on whose page it stands, its words (None: withdrawn), and when
    that was decided (a stored stamp)."""

    number: int
    id: str
    buyer: str
    words: str | None
    at: str


def prepare(archive: sqlite3.Connection) -> None:
    """Make sure that an open `archive.db` has the table of replies."""
    migrate(archive, migrations)


def record(archive: sqlite3.Connection, id: str, buyer: str, words: str | None, at: datetime) -> None:
    """Add a line, unless the newest about this reply says the same: doing so again changes nothing. It shows on the
    page after the next compile."""
    prepare(archive)
    with transaction(archive):
        newest = archive.execute(
            "select words from reply_line where id = ? order by number desc limit 1", (id,)
        ).fetchone()
        if (newest is None and words is None) or (newest is not None and newest["words"] == words):
            return
        archive.execute(
            "insert into reply_line (id, buyer, words, at) values (?, ?, ?, ?)", (id, buyer, words, stamp(at))
        )


def lines_after(archive: sqlite3.Connection, cursor: int) -> list[Line]:
    """Return the lines with a number above `cursor`, oldest first."""
    rows = archive.execute("select * from reply_line where number > ? order by number", (cursor,))
    return [msgspec.convert(dict(row), Line) for row in rows]
