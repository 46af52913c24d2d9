"""One consistent copy of a database while others write to it.

`VACUUM INTO` reads one state in a single read transaction. A writer never waits for it and, unlike with SQLite's backup
API a few pages at a time, cannot make it begin again, however fast it writes. The copy has no free pages, so nothing
that was deleted is in it, and no write-ahead log beside it. Memory stays at a few megabytes. What it costs: the log of
the original cannot be folded back past the state that is being read, so it grows by what is written meanwhile.
"""

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from tenderbell.clock import stamp
from tenderbell.database import connect
from tenderbell.keeping.checking import faults_in
from tenderbell.keeping.errors import DamagedCopy
from tenderbell.keeping.manifest import Copied, hash_of

NEWEST = {"archive.db": ("notice", "number"), "public.db": ("event", "number")}
"""What the step behind a file follows: its numbered table."""


def copy_database(source: Path, target: Path, now: datetime) -> Copied:
    """Copy `source` to the new file `target`, readable by its owner only, and return what the copy holds.

    Raises DamagedCopy when the copy is not whole, sqlite3.OperationalError when the disk is full.
    """
    target.touch(mode=0o600, exist_ok=False)
    with closing(connect(source, read_only=True)) as db:
        db.execute("vacuum into ?", (str(target),))
    sync(target)
    with closing(open_copy(target)) as db:
        if faults := faults_in(db):
            raise DamagedCopy(
                f"The copy of {source} is damaged ({'; '.join(faults)}). Run `tenderbell upkeep`: it says whether the "
                "database itself is."
            )
        return Copied(
            name=target.name,
            bytes=target.stat().st_size,
            sha256=hash_of(target),
            as_of=stamp(now),
            schema=schema_of(db),
            rows=rows_of(db),
            cursors=_cursors(db),
            newest=_newest(db, target.name),
        )


def open_copy(path: Path) -> sqlite3.Connection:
    """Open a copy that nobody writes to, leaving nothing beside it."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def schema_of(db: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the names of the migrations that a database has had, by set."""
    found: dict[str, list[str]] = {}
    for set_, name in db.execute("select migration_set, name from _sqlite_migrations order by migration_set, name"):
        found.setdefault(set_, []).append(name)
    return found


def rows_of(db: sqlite3.Connection) -> dict[str, int]:
    """Return how many rows each table holds; the parts of the full-text index are left out."""
    tables = [
        row[0]
        for row in db.execute("select name from sqlite_master where type = 'table' and sql not like '%virtual table%'")
        if not row[0].startswith(("sqlite_", "_sqlite_", "opportunity_fts"))
    ]
    return {table: int(db.execute(f"select count(*) from [{table}]").fetchone()[0]) for table in sorted(tables)}


def needed(path: Path) -> int:
    """Return how many bytes a copy of a database takes, at most."""
    with closing(connect(path, read_only=True)) as db:
        pages, free, size = (db.execute(f"pragma {name}").fetchone()[0] for name in
                             ("page_count", "freelist_count", "page_size"))  # fmt: skip
    return int((pages - free) * size)


def sync(path: Path) -> None:
    """Have a file or a folder written to the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cursors(db: sqlite3.Connection) -> dict[str, int]:
    if db.execute("select 1 from sqlite_master where name = 'step'").fetchone() is None:
        return {}
    return {row["name"]: int(row["cursor"]) for row in db.execute("select name, cursor from step order by name")}


def _newest(db: sqlite3.Connection, name: str) -> int | None:
    if name not in NEWEST:
        return None
    table, column = NEWEST[name]
    row = db.execute(
        f"select (select coalesce(max({column}), 0) from {table}), "
        "(select coalesce(max(seq), 0) from sqlite_sequence where name = ?)",
        (table,),
    ).fetchone()
    return int(max(row))
