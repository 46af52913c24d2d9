"""What is known of keeping: last backup, last examination, sizes. For `status`, the status page and the alarms."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tenderbell.clock import instant
from tenderbell.edition import Job
from tenderbell.keeping import notes
from tenderbell.keeping.folding import room_of
from tenderbell.keeping.notes import BACKUP, RESTORE, TIDY, UPKEEP, Note
from tenderbell.keeping.upkeep import damage_words, file_name, paths
from tenderbell.phrases import moment_words
from tenderbell.runs import size_words
from tenderbell.settings import Settings
from tenderbell.timetable import next_run

LATE = timedelta(days=1)
"""How long after its time a planned backup may be missing before a human should look."""


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """One database: the bytes of its file and of its write-ahead log, and how much of the file is free."""

    name: str
    bytes: int
    log: int
    free: int


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """When each thing was last done, None for never; and how large the files are."""

    backup: Note | None
    upkeep: Note | None
    tidy: Note | None
    restore: Note | None
    files: tuple[Size, ...]

    @property
    def last_backup(self) -> datetime | None:
        """When a backup was last made."""
        return instant(self.backup.succeeded_at) if self.backup else None

    @property
    def last_examined(self) -> datetime | None:
        """When the files were last examined for damage, whatever that showed."""
        return instant(self.upkeep.at) if self.upkeep else None

    def columns(self) -> dict[str, Any]:
        """Return it as `status --json` has it."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def keeping(settings: Settings) -> Keeping:
    """Return what is known now. Reads four small files and the head of each database."""
    rooms = [(file_name(settings, path), room_of(path)) for path in paths(settings)]
    return Keeping(
        backup=notes.read(settings, BACKUP),
        upkeep=notes.read(settings, UPKEEP),
        tidy=notes.read(settings, TIDY),
        restore=notes.read(settings, RESTORE),
        files=tuple(
            Size(name=name, bytes=room.bytes, log=room.log, free=room.free) for name, room in rooms if room is not None
        ),
    )


def alarms(settings: Settings, jobs: tuple[Job, ...], now: datetime) -> Iterator[tuple[str, str]]:
    """Yield subject and words of what only a human can mend: a damaged database; a backup that failed, or that a job of
    the timetable (`jobs`) should have made and did not."""
    examined = notes.read(settings, UPKEEP)
    for name, faults in (examined.faults if examined else {}).items():
        yield f"damage {name}", damage_words(name, faults)
    backup = notes.read(settings, BACKUP)
    if backup and not backup.ok:
        yield "backup", f"The last backup did not work: {backup.words} {_since(backup)}"
    elif backup and (job := next((job for job in jobs if job.command[0] == BACKUP), None)):
        succeeded = instant(backup.succeeded_at)
        if succeeded and next_run(job, succeeded) + LATE < now:
            yield "backup", f"No backup has been made since {moment_words(succeeded)}. Start `tenderbell run` again."


def lines(found: Keeping) -> Iterator[str]:
    """Yield the text form, a line for each thing."""
    yield f"Files     {', '.join(_size_words(size) for size in found.files) or 'none yet'}"
    last = found.last_backup
    yield f"Backup    {f'made at {moment_words(last)}' if last else 'none was ever made here: `tenderbell backup DIR`'}"
    if found.upkeep and found.last_examined:
        yield f"Upkeep    {moment_words(found.last_examined)}: {found.upkeep.words}"
    if found.tidy:
        yield f"Tidy      {moment_words(datetime.fromisoformat(found.tidy.at))}: {found.tidy.words}"
    if found.restore:
        yield f"Restored  {found.restore.words}"


def _size_words(size: Size) -> str:
    log = f" and {size_words(size.log)} of log" if size.log > 1_000_000 else ""
    free = f", {size_words(size.free)} of it free" if size.free > size.bytes // 4 and size.free > 1_000_000 else ""
    return f"{size.name} {size_words(size.bytes)}{log}{free}"


def _since(backup: Note) -> str:
    succeeded = instant(backup.succeeded_at)
    return f"The last that worked is of {moment_words(succeeded)}." if succeeded else "None has worked yet."
