"""The snapshot: a copy of `public.db` that anybody may download, made anew every night (ruling 32).

`VACUUM INTO` reads one consistent state while others write, and leaves no free pages in the copy. The new file takes
the place of the old one in one step, so that a download never sees half of one.
"""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tenderbell.database import connect
from tenderbell.settings import Settings

LITESTREAM = ("_litestream_seq", "_litestream_lock")


class Snapshot(msgspec.Struct, frozen=True):
    """A snapshot on disk: where it is, how large, and when it was made (UTC)."""

    path: Path
    size: int
    made_at: datetime


def snapshot_path(settings: Settings) -> Path:
    """Return where the snapshot is kept."""
    return settings.data / "snapshot" / "public.db"


def snapshot_of(settings: Settings) -> Snapshot | None:
    """Return the snapshot that can be downloaded, None before the first. On a machine that follows a writer it is the
    copy itself, which never changes either."""
    path = snapshot_path(settings) if settings.writer is None else settings.public_path
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return Snapshot(path, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def take_snapshot(settings: Settings) -> Snapshot:
    """Copy `public.db` and return the copy. Raises sqlite3.OperationalError when there is no database yet or the disk
    is full; the snapshot of the night before then stays."""
    path = snapshot_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    try:
        with closing(connect(settings.public_path, read_only=True)) as public:
            public.execute("vacuum into ?", (str(fresh),))
        _leave_out(fresh)
        _sync(fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    found = path.stat()
    return Snapshot(path, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _leave_out(copy: Path) -> None:
    """Remove from a copy what Litestream keeps in a database that it replicates."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.execute("pragma synchronous=off")
        for table in LITESTREAM:
            db.execute(f"drop table if exists {table}")


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
