"""Opening SQLite files, the same way everywhere, and bringing their schemas up to date."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database, Migrations

from tenderbell import frozen
from tenderbell.errors import BrokenReferences, SchemaTooNew
from tenderbell.room import refuse_to_make

BUSY_MILLISECONDS = 30_000


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open `path` in WAL mode with named columns and explicit transactions (`with transaction(db)`).

    Writers wait up to 30 seconds for one another. A read-only connection needs an existing file, and works on a disk
    that takes nothing (`frozen`). Raises DatabaseGone rather than make anew what was lost (`room.refuse_to_make`).
    """
    if read_only:
        db = frozen.open_to_read(path)
    else:
        refuse_to_make(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, isolation_level=None, timeout=30)
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=normal")
    db.row_factory = sqlite3.Row
    db.execute(f"pragma busy_timeout={BUSY_MILLISECONDS}")
    db.execute("pragma foreign_keys=on")
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run the block in one write transaction: all of it is committed, or none of it."""
    db.execute("begin immediate")
    try:
        yield db
        db.execute("commit")
    except BaseException:
        # A full disk may have rolled it back already; that must not hide what went wrong.
        with suppress(sqlite3.Error):
            db.execute("rollback")
        raise


def jump_counters(db: sqlite3.Connection, now: datetime) -> None:
    """Let every counter of a database go on from the milliseconds since 1970 at the end of this second, unless it is
    further already: what was lost may have been counted in this very second, and whoever follows the numbers must find
    new ones beyond those that it knows."""
    tables = [row[0] for row in db.execute("select name from sqlite_master where sql like '%autoincrement%'")]
    with transaction(db):
        for table in tables:
            held = db.execute("delete from sqlite_sequence where name = ? returning seq", (table,)).fetchone()
            ahead = max(int(held[0]) if held else 0, (int(now.timestamp()) + 1) * 1000)
            db.execute("insert into sqlite_sequence (name, seq) values (?, ?)", (table, ahead))


def run_statements(db: Database, statements: str) -> None:
    """Execute several SQL statements inside the caller's transaction (`executescript` would commit it)."""
    pending = ""
    for line in statements.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            db.execute(pending)
            pending = ""


def migrate(db: sqlite3.Connection, migrations: Migrations) -> None:
    """Apply the migrations that are missing, each in a transaction. Two processes may do so at once; a file that lacks
    none is only read, so this never waits for the process that writes.

    Raises BrokenReferences, having changed nothing, when a migration is wrong, and SchemaTooNew for a file in which a
    newer program has left migrations that this one does not know.
    """
    wrapped = Database(db, execute_plugins=False)
    if _missing(wrapped, migrations):
        # A table that is made anew is dropped on the way; that must not delete what refers to it.
        db.execute("pragma foreign_keys=off")
        with transaction(db):
            if _missing(wrapped, migrations):
                migrations.apply(wrapped)
                if broken := db.execute("pragma foreign_key_check").fetchall():
                    raise BrokenReferences(f"The migration would leave {len(broken)} rows that refer to nothing.")
        db.execute("pragma foreign_keys=on")


def _missing(wrapped: Database, migrations: Migrations) -> set[str]:
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    written = {migration.name for migration in migrations.applied(wrapped)}
    if strangers := written - known:
        raise SchemaTooNew(
            f"This database was written by a newer Tenderbell ({', '.join(sorted(strangers))}). "
            "Upgrade this program, or give it another data folder."
        )
    return known - written
