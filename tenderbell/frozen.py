"""Reading a database from a disk that takes nothing.

A reader in WAL mode needs the `-shm` file beside the database, and makes it when nobody has it open. On a full or
read-only disk it cannot. If the last writer left cleanly then the database file is all there is, and SQLite reads it as
*immutable*. That is true only until somebody writes again, so such a connection says what it is (`has_thawed`).
"""

import sqlite3
from pathlib import Path
from typing import Any

SHARED_BYTES = 32 * 1024
"""The least size of a `-shm` file that works; on a full disk a shorter one is left behind."""

CANNOT_SHARE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL}
"""The primary result codes with which SQLite says that it could not make or use the `-shm` file. A file that somebody
holds (busy) is not frozen."""


class Frozen(sqlite3.Connection):
    """A connection that takes its file for immutable."""


def open_to_read(path: Path, *, check_same_thread: bool = True) -> sqlite3.Connection:
    """Return a read-only connection to an existing database, frozen when nothing else is possible."""
    place = f"{path.absolute().as_uri()}?mode=ro"
    options: dict[str, Any] = {"uri": True, "isolation_level": None, "check_same_thread": check_same_thread}
    db: sqlite3.Connection = sqlite3.connect(place, timeout=30, **options)
    try:
        db.execute("select 1 from sqlite_master limit 1").fetchone()
    except sqlite3.OperationalError as fault:
        db.close()
        if fault.sqlite_errorcode & 0xFF not in CANNOT_SHARE or not _is_all_there_is(path):
            raise
        return Frozen(f"{place}&immutable=1", **options)
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db


def has_thawed(db: sqlite3.Connection, path: Path) -> bool:
    """Return whether a connection was opened frozen and must be opened again, because its file can be used by now."""
    return isinstance(db, Frozen) and _size(path, "-shm") >= SHARED_BYTES


def _is_all_there_is(path: Path) -> bool:
    """Return whether the database file holds everything, because the write-ahead log beside it holds nothing."""
    return path.exists() and _size(path, "-wal") == 0


def _size(path: Path, ending: str) -> int:
    """Return the size of a file beside the database, 0 when there is none."""
    try:
        return path.with_name(path.name + ending).stat().st_size
    except FileNotFoundError:
        return 0
