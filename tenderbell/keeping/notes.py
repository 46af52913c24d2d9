"""When each thing was last done and how it ended: a small file for each in the data folder, for `status` and alarms.

Files and not a table: they must be writable when a database is not, and what they say must not come out of a backup.
"""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from tenderbell.clock import instant, stamp
from tenderbell.settings import Settings

BACKUP, UPKEEP, TIDY, RESTORE = "backup", "upkeep", "tidy", "restore"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """The last time that something was done: when it ended, whether it worked, what came of it in words, and when it
    last worked (stamps). `faults` are what an examination found, by the name of the file."""

    at: str
    ok: bool
    words: str
    succeeded_at: str | None = None
    faults: dict[str, list[str]] = {}


def note(settings: Settings, what: str, words: str, *, ok: bool, faults: dict[str, list[str]] | None = None) -> None:
    """Note how something ended. A data folder that cannot be written is no reason to fail: whoever did it says so."""
    now = stamp(settings.clock())
    before = read(settings, what)
    done = Note(
        at=now,
        ok=ok,
        words=words,
        succeeded_at=now if ok else (before.succeeded_at if before else None),
        faults=faults or {},
    )
    path = _path(settings, what)
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(msgspec.json.encode(done))
        fresh.replace(path)
    except OSError:
        return


def read(settings: Settings, what: str) -> Note | None:
    """Return the last note of something, None when it was never done or the note cannot be read."""
    try:
        return msgspec.json.decode(_path(settings, what).read_bytes(), type=Note)
    except (OSError, msgspec.MsgspecError):
        return None


def tidied_at(settings: Settings) -> datetime | None:
    """Return when the tidying last ended, None when it was never done."""
    last = read(settings, TIDY)
    return instant(last.at) if last else None


def is_older(done: Note | None, than: timedelta, now: datetime) -> bool:
    """Return whether something last worked longer ago than a time. What never worked has no age."""
    succeeded = instant(done.succeeded_at) if done else None
    return succeeded is not None and now - succeeded > than


def _path(settings: Settings, what: str) -> Path:
    return settings.data / "keeping" / f"{what}.json"
