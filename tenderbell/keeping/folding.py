"""Write-ahead logs back into their files, and unused space back to the system; neither at the cost of the site.

Folding a log needs the moment at which nobody reads an older state of the file. A page of the site takes milliseconds,
so it is waited for; a download or a backup takes longer, so it is not: the log stays, and the next run folds it. Nobody
loses anything by that. Where Litestream copies the files it must see every page of the log first and folds by itself.

`VACUUM` writes the whole file again. Readers go on with what they see, but everybody who writes waits, a form too, for
as long as it takes: eleven seconds for 625 MB. So it is only done where it is worth it (`WORTH_IT`) and short
(`MOST_BYTES`). Elsewhere the free pages are filled again by what comes.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from tenderbell.database import connect
from tenderbell.settings import Settings

PATIENCE_MILLISECONDS = 2_000
"""How long folding waits for readers and for who writes."""

LARGE_LOG = 32 * 1024**2
"""Bytes of a log from which on it is folded at once. SQLite by itself begins a log anew at 4 MB, unless a long step or
a reader kept it from doing so, and never makes its file smaller."""

WORTH_IT, LEAST_FREED = 0.25, 16 * 1024**2
"""The share of a file that is free, and the bytes, from which on it is made smaller."""

MOST_BYTES = 512 * 1024**2
"""A file that holds more is made smaller only by hand (`tenderbell upkeep --vacuum`): writers wait 30 seconds and give
up."""


class Room(msgspec.Struct, frozen=True):
    """The size of a database: of its file and of its log in bytes, and how much of the file is free."""

    bytes: int
    log: int
    free: int


def fold(settings: Settings, path: Path) -> bool:
    """Fold the write-ahead log of a database back and empty it; return whether that went. A missing file is no log."""
    if not path.exists():
        return True
    if settings.replica:
        return False
    with closing(connect(path)) as db:
        db.execute(f"pragma busy_timeout={PATIENCE_MILLISECONDS}")
        return not db.execute("pragma wal_checkpoint(truncate)").fetchone()[0]


def fold_large(settings: Settings, path: Path) -> None:
    """Fold the log of a database when a long step has let it grow."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size > LARGE_LOG:
        fold(settings, path)


def fold_all(settings: Settings) -> bool:
    """Fold the logs of the three files; return whether all of them are empty now."""
    folded = [fold(settings, path) for path in (settings.archive_path, settings.public_path, settings.private_path)]
    return all(folded)


def room_of(path: Path) -> Room | None:
    """Return the size of a database, None when there is none."""
    if not path.exists():
        return None
    with closing(connect(path, read_only=True)) as db:
        free, size = (db.execute(f"pragma {name}").fetchone()[0] for name in ("freelist_count", "page_size"))
    log = path.with_name(f"{path.name}-wal")
    return Room(path.stat().st_size, log.stat().st_size if log.exists() else 0, int(free * size))


def is_worth_it(room: Room) -> bool:
    """Return whether a file has so much free space that it is made smaller."""
    return room.free >= max(LEAST_FREED, WORTH_IT * room.bytes)


def shrink(settings: Settings, path: Path, *, whatever_its_size: bool = False) -> int:
    """Give the free space of a database back to the system and return the bytes that this freed, 0 when it is not worth
    it, the file is too large to do it beside the site, the disk has too little room, or somebody was writing."""
    before = room_of(path)
    if before is None or not is_worth_it(before) or (before.bytes - before.free > MOST_BYTES and not whatever_its_size):
        return 0
    if shutil.disk_usage(path.parent).free < 2 * (before.bytes - before.free) + LEAST_FREED:
        return 0
    with closing(connect(path)) as db:
        db.execute(f"pragma busy_timeout={PATIENCE_MILLISECONDS}")
        try:
            db.execute("vacuum")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            return 0
    fold(settings, path)
    return max(0, before.bytes - path.stat().st_size)
