"""The three files back from the target, when the machine that wrote them is lost.

They are brought into a folder of the form of a backup, and `tenderbell.keeping.restoring` does the rest: it overwrites
nothing, checks each file, finishes what was cut short, and decides what counts as told.

The copies are of slightly different moments, in any order. Where a step's cursor is ahead of the file that it follows,
that file has lost its last numbers. They must not be given out again: the step would take what is new for what it has
done. So every counter jumps ahead, past all that can have been lost (`restoring.jump`), and what was lost is collected,
compiled and matched again under new numbers. An opportunity keeps its id, which comes from the notice; so whoever was
told of it is not told again (docs/decisions/2026-11-23-replicas.md).
"""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from tenderbell.clock import stamp
from tenderbell.keeping import manifest, restoring
from tenderbell.keeping.copying import rows_of, schema_of
from tenderbell.keeping.errors import InTheWay
from tenderbell.keeping.manifest import Copied, Manifest
from tenderbell.keeping.restoring import Restored, Settle
from tenderbell.replicas.errors import IsReplica
from tenderbell.replicas.litestream import Newest, bring, target_of
from tenderbell.settings import Settings

WINDOW = timedelta(seconds=30)
"""How much older than the newest change of any file the copy of another may be, while copies arrive at all."""

FOLLOWS = (("private.db", "match", "public.db", "event"), ("public.db", "compile", "archive.db", "notice"))
"""A file, the step whose cursor it keeps, and the file and table that this step follows."""


def recover(settings: Settings, settle: Settle) -> Restored:
    """Bring all databases that are missing back from TENDERBELL_REPLICA, into a data folder that has none, and return
    what that was. An archive that is shared and there stays as it is.

    Raises NoTarget, NothingThere, Unreachable, InTheWay, SchemaTooNew, AlreadyRunning; nothing was put in place then.
    """
    target_of(settings)
    if settings.writer:
        raise IsReplica("This machine follows another (TENDERBELL_WRITER). Unset that: a recovered site is the writer.")
    names = [name for name in restoring.OPENERS if not _is_shared(settings, name)]
    _see_way(settings, names)
    folder = settings.data / "recovering"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    newest = asyncio.run(_bring_all(settings, names, folder))
    _write_manifest(settings, folder, newest)
    restored = restoring.restore(settings, folder, settle)
    shutil.rmtree(folder, ignore_errors=True)
    return restored


def _is_shared(settings: Settings, name: str) -> bool:
    return name == "archive.db" and settings.archive is not None and settings.archive.exists()


def _see_way(settings: Settings, names: list[str]) -> None:
    for name in names:
        place = restoring.place_of(settings, name)
        if place.exists():
            raise InTheWay(
                f"{place} is there already, and nothing is overwritten. Move it to another folder first, with what "
                "lies beside it (-wal, -shm); it may hold what the copy has not."
            )


async def _bring_all(settings: Settings, names: list[str], folder: Path) -> dict[str, Newest]:
    # All are awaited to their end: one cancelled between two steps of its child never ended (23 November 2026).
    ended = await asyncio.gather(*(bring(settings, name, folder / name) for name in names), return_exceptions=True)
    found: dict[str, Newest] = {}
    for name, result in zip(names, ended, strict=True):
        if isinstance(result, BaseException):
            raise result
        found[name] = result
    return found


def _write_manifest(settings: Settings, folder: Path, newest: Mapping[str, Newest]) -> None:
    moments = {name: found.at or settings.clock() for name, found in newest.items()}
    last = max(moments.values())
    as_of = {name: max(at, last - WINDOW) for name, at in moments.items()}
    manifest.write(
        Manifest(
            edition=settings.edition.id,
            made_at=stamp(min(as_of.values())),
            finished_at=stamp(settings.clock()),
            sqlite=sqlite3.sqlite_version,
            files=tuple(_copied(folder / name, at) for name, at in as_of.items()),
        ),
        folder,
    )


def _copied(path: Path, at: datetime) -> Copied:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        # What Litestream brings has the header of a file with a log; without one beside it, that is all there is.
        db.execute("pragma journal_mode=delete")
        db.row_factory = sqlite3.Row
        schema, rows = schema_of(db), rows_of(db)
        cursors = {step: int(cursor) for name, step, *_ in FOLLOWS if name == path.name for cursor in _cursor(db, step)}
        newest = [_newest(db, table) for _, _, name, table in FOLLOWS if name == path.name]
    return Copied(
        name=path.name,
        bytes=path.stat().st_size,
        sha256=manifest.hash_of(path),
        as_of=stamp(at),
        schema=schema,
        rows=rows,
        cursors=cursors,
        newest=newest[0] if newest else None,
    )


def _cursor(db: sqlite3.Connection, step: str) -> list[int]:
    return [row[0] for row in db.execute("select cursor from step where name = ?", (step,))]


def _newest(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"select coalesce(max(number), 0) from {table}").fetchone()[0])


def doubts(made: Manifest) -> Iterator[str]:
    """Yield in sentences where one file had read more of another than the copy of that other holds."""
    for name, step, followed, _ in FOLLOWS:
        reader, read = made.file(name), made.file(followed)
        if reader and read and reader.cursors.get(step, 0) > (read.newest or 0):
            yield (
                f"The copy of {followed} lacks the last that {name} had seen of it. That is collected again, and "
                "nobody is told twice of what is new."
            )
