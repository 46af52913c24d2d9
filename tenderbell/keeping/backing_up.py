"""A backup: copies of the three files in one dated folder, made while everything runs and writes.

The order is private, public, archive: against the current. Each step reads the file before it from a cursor in its own
file, so a copy of the later file must not be newer than that of the earlier one: with `private.db` first its cursor
stands at an event that the copy of `public.db`, made after it, has; and so on. What is missing behind a cursor is done
again after a restore, from what the earlier file holds; the other way round it would be skipped for ever.

What goes the other way (an advert written on the site, a decision of the operator) is put into the archive again when
it is there already, and that changes nothing.

The folder is filled under a name that begins with a dot, synced, and renamed at the end: whole or not there. A run that
was killed leaves such a folder, which the next one removes.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tenderbell import lock
from tenderbell.clock import stamp
from tenderbell.keeping import manifest
from tenderbell.keeping.copying import copy_database, needed, sync
from tenderbell.keeping.errors import BrokenBackup, DamagedCopy, NoBackup, NoRoom, NothingToCopy
from tenderbell.keeping.manifest import Copied, Manifest
from tenderbell.settings import Settings

UNFINISHED = ".unfinished-"
SPARE = 64 * 1024**2
"""Bytes that must be left on the disk of the backups."""


class Backup(msgspec.Struct, frozen=True):
    """A backup that was made: where it is, its manifest, and the old ones that were removed for it."""

    folder: Path
    manifest: Manifest
    removed: tuple[str, ...] = ()


def back_up(settings: Settings, into: Path, *, keep: int | None = None) -> Backup:
    """Make a backup in a new folder inside `into` and return it. With `keep`, remove all but the newest so many of this
    edition afterwards, never the one just made.

    Raises NothingToCopy, NoRoom, DamagedCopy, AlreadyRunning when another backup is being made there, and OSError or
    sqlite3.Error from the disk. What was there before stays in any case.
    """
    into.mkdir(parents=True, exist_ok=True)
    with lock.hold(into / "backup.lock", f"Another backup (process {{process}}) is being made in {into}."):
        for left in into.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left)
        sources = [path for path in _in_order(settings) if path.exists()]
        if not sources:
            raise NothingToCopy(f"There is nothing to back up: {settings.data} holds no database.")
        _see_room(into, sources)
        folder = _free_name(settings, into)
        made = _fill(settings, sources, into / f"{UNFINISHED}{folder.name}", folder)
        return Backup(folder, made, tuple(_remove_old(settings, into, keep, folder)))


def _in_order(settings: Settings) -> tuple[Path, ...]:
    return settings.private_path, settings.public_path, settings.archive_path


def _see_room(into: Path, sources: list[Path]) -> None:
    wanted, free = sum(map(needed, sources)) + SPARE, shutil.disk_usage(into).free
    if wanted > free:
        raise NoRoom(
            f"A backup needs {wanted // 1024**2:,} MB, and {into} has {free // 1024**2:,} MB. Make room there."
        )


def _free_name(settings: Settings, into: Path) -> Path:
    """Return a folder that is not there yet. Names sort by time."""
    moment = stamp(settings.clock()).replace("-", "").replace(":", "")
    names = (f"{settings.edition.id}-{moment}{f'-{count}' if count > 1 else ''}" for count in range(1, 1000))
    return next(into / name for name in names if not (into / name).exists())


def _fill(settings: Settings, sources: list[Path], unfinished: Path, folder: Path) -> Manifest:
    began = settings.clock()
    unfinished.mkdir(mode=0o700)
    try:
        copies = [copy_database(source, unfinished / name_of(settings, source), settings.clock()) for source in sources]
        _see_order(copies)
        made = Manifest(
            edition=settings.edition.id,
            made_at=stamp(began),
            finished_at=stamp(settings.clock()),
            sqlite=sqlite3.sqlite_version,
            files=tuple(copies),
        )
        sync(manifest.write(made, unfinished))
        sync(unfinished)
        unfinished.rename(folder)
        sync(folder.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return made


def name_of(settings: Settings, path: Path) -> str:
    """Return the name of a database in a backup: an archive that several editions share may have any other."""
    return "archive.db" if path == settings.archive_path else path.name


def _see_order(copies: list[Copied]) -> None:
    """Raise DamagedCopy when a copy is ahead of the one that it follows: the files do not belong together."""
    by_name = {copy.name: copy for copy in copies}
    for name, step, followed in (("private.db", "match", "public.db"), ("public.db", "compile", "archive.db")):
        if name in by_name and followed in by_name:
            cursor, newest = by_name[name].cursors.get(step, 0), by_name[followed].newest or 0
            if cursor > newest:
                raise DamagedCopy(
                    f"{name} has read {followed} up to number {cursor}, which only goes to {newest}: they do not "
                    "belong together. Has one of them been exchanged?"
                )


def backups_in(into: Path, edition: str | None = None) -> list[Path]:
    """Return the whole backups in a folder, oldest first: those of one edition, or all."""
    return [path for path, made in sorted(_whole(into), key=lambda found: (found[1].made_at, found[0].name))
            if edition in (None, made.edition)]  # fmt: skip


def _by_age(into: Path, settings: Settings) -> list[Path]:
    """Return the edition's backups, oldest first. One of the future was made while the clock was wrong: it counts as
    older than all, or it would stay for ever in the place of a better one."""
    now = stamp(settings.clock())
    return sorted(backups_in(into, settings.edition.id), key=lambda path: manifest.read(path).made_at <= now)


def _whole(into: Path) -> Iterator[tuple[Path, Manifest]]:
    for path in into.iterdir() if into.is_dir() else ():
        if path.is_dir() and not path.name.startswith("."):
            try:
                yield path, manifest.read(path)
            except (NoBackup, BrokenBackup):
                continue


def _remove_old(settings: Settings, into: Path, keep: int | None, newest: Path) -> Iterator[str]:
    """Remove the oldest until `keep` are left. Each is renamed before: a run that is killed leaves no half of one."""
    if keep is None:
        return
    others = [path for path in _by_age(into, settings) if path != newest]
    for path in others[: max(0, len(others) + 1 - keep)]:
        doomed = into / f"{UNFINISHED}{path.name}"
        path.rename(doomed)
        shutil.rmtree(doomed)
        yield path.name
