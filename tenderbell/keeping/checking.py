"""Is a database damaged? Asked of every copy, and of the three files themselves once a week."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tenderbell.database import connect

MOST_NAMED = 5
"""How many faults of one file are named; where there are more, the file is of no use anyway."""


def faults_of(path: Path) -> list[str]:
    """Return what is wrong with the database at `path`, the first five things; nothing when it is whole.

    Reads every page and compares every index with its table, which takes a few seconds for a gigabyte, in one read
    transaction: nobody who writes has to wait.
    """
    try:
        with closing(connect(path, read_only=True)) as db:
            return faults_in(db)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise
        return [str(error)]


def faults_in(db: sqlite3.Connection) -> list[str]:
    """Return what is wrong with an open database. Raises sqlite3.DatabaseError when it cannot even be read."""
    found = [str(row[0]) for row in db.execute(f"pragma integrity_check({MOST_NAMED})")]
    faults = [fault for fault in found if fault != "ok"]
    orphans = db.execute("pragma foreign_key_check").fetchmany(MOST_NAMED)
    return [*faults, *(f"a row of {row[0]} refers to one of {row[2]} that is not there" for row in orphans)]
