"""A backup back into an empty place: whole, checked, and never over a file that is there.

Each file is copied beside the place where it belongs (`NAME.restoring`), compared with the manifest's hash, brought to
this program's schema and checked. Only when all are ready are they put in their places, by a link that fails where a
file already is. What was ready is noted before (`restoring.json`): killed earlier, a restore begins again; killed
later, the next one finishes it, and until then no other command works on the folder. The scheduler's lock is held all
the while.

Numbers that stood in links or addresses are not given out a second time: whoever signed up after the backup holds a
link with a number that would belong to somebody else now. So every counter jumps ahead, to the milliseconds since 1970.
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from tenderbell import lock
from tenderbell.archive import open_archive
from tenderbell.clock import instant
from tenderbell.database import jump_counters
from tenderbell.keeping import manifest
from tenderbell.keeping.backing_up import backups_in
from tenderbell.keeping.checking import faults_of
from tenderbell.keeping.copying import rows_of, sync
from tenderbell.keeping.errors import BrokenBackup, HalfRestored, InTheWay, NoBackup
from tenderbell.keeping.manifest import Copied, Manifest
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.settings import Settings

OPENERS = {"archive.db": open_archive, "public.db": open_public, "private.db": open_private}
STAGED = ".restoring"
MARK = "restoring.json"
BESIDE = ("", "-wal", "-shm", "-journal")
"""What may lie beside a database. The log of another file would be taken for this one's."""

Settle = Callable[[sqlite3.Connection, datetime, datetime], object]
"""Takes `private.db`, when the copy was made, and now: decides what of it counts as told."""


class Restored(msgspec.Struct, frozen=True):
    """What was restored: from which folder, its manifest, the files and where each is now."""

    folder: str
    manifest: Manifest
    files: dict[str, str]


def newest_in(folder: Path, edition: str) -> Path:
    """Return `folder` when it is a backup itself, else the newest backup of the edition in it. Raises NoBackup."""
    if (folder / manifest.NAME).exists():
        return folder
    if found := backups_in(folder, edition):
        return found[-1]
    raise NoBackup(f"{folder} holds no whole backup of {edition!r}. Name the folder that `tenderbell backup` wrote to.")


def restore(settings: Settings, folder: Path, settle: Settle, *, only: Sequence[str] = ()) -> Restored:
    """Bring back the backup in `folder` (or the newest in it), or `only` some of its files, and return what that was.

    Raises NoBackup, BrokenBackup (a hash is wrong, another edition's), InTheWay, SchemaTooNew, AlreadyRunning (a
    scheduler works on the folder); nothing was put in place then.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    refusal = (
        f"A scheduler or another restore (process {{process}}) works on {settings.data}. Stop it first: a running site "
        "does not notice that its files were exchanged."
    )
    with lock.hold(settings.data / "scheduler.lock", refusal):
        if half := _half(settings):
            return _finish(settings, half)
        chosen = newest_in(folder, settings.edition.id)
        made = manifest.read(chosen)
        files = _chosen(settings, made, chosen, only)
        places = {file.name: place_of(settings, file.name) for file in files}
        _see_way(places.values())
        for file in files:
            _stage(chosen / file.name, file, places[file.name])
        _settle(settings, made, places, settle)
        for file in files:
            _see_whole(file, staged(places[file.name]))
        restored = Restored(str(chosen), made, {name: str(path) for name, path in places.items()})
        _write_mark(settings, restored)
        return _finish(settings, restored)


def refuse_half_restored(settings: Settings) -> None:
    """Raise HalfRestored while a restore into the data folder waits to be finished."""
    if half := _half(settings):
        raise HalfRestored(
            f"A restore into {settings.data} was cut short. Finish it first: `tenderbell restore {half.folder}`."
        )


def place_of(settings: Settings, name: str) -> Path:
    """Return where a file of a backup belongs."""
    return {"archive.db": settings.archive_path}.get(name, settings.data / name)


def staged(place: Path) -> Path:
    """Return where a file waits until all are ready."""
    return place.with_name(place.name + STAGED)


def _half(settings: Settings) -> Restored | None:
    try:
        return msgspec.json.decode((settings.data / MARK).read_bytes(), type=Restored)
    except FileNotFoundError:
        return None


def _chosen(settings: Settings, made: Manifest, folder: Path, only: Sequence[str]) -> list[Copied]:
    if made.edition != settings.edition.id:
        raise BrokenBackup(
            f"{folder} is a backup of the edition {made.edition!r}, and this one is {settings.edition.id!r}. Set "
            "TENDERBELL_EDITION."
        )
    names = only or [file.name for file in made.files]
    found = [file for file in made.files if file.name in names]
    if missing := set(names) - {file.name for file in found}:
        raise NoBackup(f"{folder} holds no {', '.join(sorted(missing))}.")
    return found


def _see_way(places: Iterable[Path]) -> None:
    for place in places:
        for suffix in BESIDE:
            there = place.with_name(place.name + suffix)
            if there.exists():
                raise InTheWay(
                    f"{there} is there already, and nothing is overwritten. Move it to another folder first, with what "
                    "lies beside it (-wal, -shm); it may hold what the backup has not."
                )


def _stage(source: Path, file: Copied, place: Path) -> None:
    """Copy one file beside its place, and see that it is what the manifest says."""
    target = staged(place)
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix in BESIDE:
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    try:
        with (
            source.open("rb") as reading,
            target.open("wb") as writing,
        ):
            target.chmod(0o600)
            shutil.copyfileobj(reading, writing, 1024 * 1024)
    except FileNotFoundError:
        raise BrokenBackup(f"{source} is missing, although the manifest lists it. Take another backup.") from None
    if manifest.hash_of(target) != file.sha256:
        target.unlink()
        raise BrokenBackup(f"{source} is not what the manifest says: it was damaged or changed. Take another backup.")


def _settle(settings: Settings, made: Manifest, places: dict[str, Path], settle: Settle) -> None:
    """Bring every file to this program's schema, jump its counters, and decide what of `private.db` counts as told."""
    now = settings.clock()
    opened = {name: OPENERS[name](staged(place)) for name, place in places.items()}
    try:
        for db in opened.values():
            jump_counters(db, now)
        if private := opened.get("private.db"):
            copied = made.file("private.db")
            settle(private, instant(copied.as_of if copied else made.made_at) or now, now)
    finally:
        for db in opened.values():
            db.close()


def _see_whole(file: Copied, path: Path) -> None:
    """Look at a file once more as it will be used, and have it written to the disk itself."""
    if faults := faults_of(path):
        raise BrokenBackup(f"{file.name} of the backup is damaged ({'; '.join(faults)}). Take another backup.")
    with closing(OPENERS[file.name](path)) as db:
        held = rows_of(db)
    if lost := [table for table, count in file.rows.items() if held.get(table, 0) < count]:
        raise BrokenBackup(f"{file.name} has lost rows of {', '.join(lost)} on the way. Tell the developers.")
    for suffix in BESIDE[1:]:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    sync(path)


def _write_mark(settings: Settings, restored: Restored) -> None:
    fresh = settings.data / f"{MARK}.new"
    fresh.write_bytes(msgspec.json.encode(restored))
    sync(fresh)
    fresh.replace(settings.data / MARK)
    sync(settings.data)


def _finish(settings: Settings, restored: Restored) -> Restored:
    """Put every file that is ready in its place. Done a second time it goes on where it was cut short."""
    for place in map(Path, restored.files.values()):
        waiting = staged(place)
        if waiting.exists():
            _put(waiting, place)
        sync(place.parent)
    (settings.data / MARK).unlink()
    return restored


def _put(waiting: Path, place: Path) -> None:
    """Give a file its name, unless another has it. File systems without links rename."""
    try:
        os.link(waiting, place)
    except FileExistsError:
        if not place.samefile(waiting):
            raise InTheWay(f"{place} has come while the backup was restored. Move it away and restore again.") from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK) or place.exists():
            raise
        waiting.rename(place)
        return
    waiting.unlink()
