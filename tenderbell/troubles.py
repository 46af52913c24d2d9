"""Troubles: what stands in the way now, found by looking at the machine and the files, without a working database.

One list for everybody: the scheduler lets wait what each trouble names, `status` and the status page say it, forms that
could not be stored say it to the person, and the watch makes an alarm of it (docs/decisions/2026-11-23-faults.md).
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from tenderbell import room, timekeeping
from tenderbell.clock import instant, wall_clock
from tenderbell.database import connect
from tenderbell.keeping import notes
from tenderbell.keeping.upkeep import MEND
from tenderbell.phrases import moment_words
from tenderbell.replicas import standing
from tenderbell.settings import Settings

GROWING = ("harvest", "reconcile", "probe", "seek", "compile", "rebuild", "snapshot", "backup", "upkeep")
"""Commands that make the files grow. What serves people (match, digest, letters, send, bounce, tidy) goes on."""

TIMED = ("digest", "letters", "tidy", "backup", "snapshot")
"""Commands that do something once in a time, or after one."""

ALL = ("*",)

NEEDED_BY = {
    "archive.db": ("harvest", "reconcile", "probe", "seek", "compile"),
    "public.db": ("compile", "match", "digest", "letters", "snapshot", "seek"),
    "private.db": ("match", "digest", "letters", "send", "bounce", "tidy", "seek"),
}

GONE = "is gone"
_MEANS = {
    "archive.db": "Nothing new is collected; what is here can be read.",
    "public.db": "There are no pages to show until it is there again.",
    "private.db": "Forms do not work and no e-mail is written; everything can be read.",
}
_BRING_BACK = {
    "archive.db": "Stop `tenderbell run` and run `tenderbell restore DIR --only archive.db`.",
    "public.db": "Run `tenderbell rebuild`: it makes the file anew from the archive and tells nobody.",
    "private.db": "Stop `tenderbell run` and run `tenderbell restore DIR --only private.db`.",
}


class Trouble(msgspec.Struct, frozen=True):
    """One thing that stands in the way: `what` is wrong, what it `means` for people, both for anybody to read; what the
    operator is `todo`; and the commands that wait for its end (`ALL` for every one). `since` is a stored stamp where
    somebody noted when it began."""

    subject: str
    what: str
    means: str
    todo: str
    waits: tuple[str, ...] = ()
    since: str | None = None

    @property
    def public(self) -> str:
        """What anybody may know."""
        return f"{self.what} {self.means}"

    @property
    def words(self) -> str:
        """What the operator reads."""
        return f"{self.what} {self.means} {self.todo}"

    def holds(self, command: str) -> bool:
        """Return whether a command waits for the end of this."""
        return self.waits == ALL or command in self.waits


def troubles(settings: Settings) -> list[Trouble]:
    """Return what stands in the way now, the worst first. Raises nothing: whatever cannot be looked at is a trouble or
    none."""
    return list(_found(settings))


def _found(settings: Settings) -> Iterator[Trouble]:
    yield from _disk(settings.data)
    if room.reserve_of(settings.data).exists():
        yield from _file("archive.db", settings.archive_path)
        yield from _file("public.db", settings.public_path)
        yield from _file("private.db", settings.private_path)
    clock = list(_clock(settings))
    yield from clock
    yield from (Trouble(*doubt) for doubt in standing.doubts(settings, settings.clock()))
    yield from (noted for noted in read_noted(settings.data) if noted.subject != "clock" or not clock)


def _disk(data: Path) -> Iterator[Trouble]:
    if room.takes_nothing(data):
        yield Trouble(
            "disk",
            "The disk of this site can only be read.",
            "What is here can be read; forms do not work, nothing new is collected, and e-mails wait.",
            "See why the system has stopped writing to it (its log says so), check the disk, mount it for writing and "
            "start Tenderbell again.",
            ALL,
        )
        return
    found = room.room_of(data)
    if found.is_short:
        yield Trouble(
            "disk",
            f"The disk of this site is {'full' if found.free < found.least // 10 else 'nearly full'}.",
            "Nothing new is collected until there is room; what is here can be read, and e-mails go on as long as they "
            "can.",
            f"Make room: {_size(found.free)} are free where the data lives, and {_size(found.least)} must be. It goes "
            "on by itself then.",
            GROWING,
        )
    elif found.is_low:
        yield Trouble(
            "disk",
            "The disk of this site is getting full.",
            "Everything works.",
            f"Make room: {_size(found.free)} are free where the data lives; below {_size(found.least)} nothing new is "
            "collected.",
        )


def _file(name: str, path: Path) -> Iterator[Trouble]:
    """Yield what is wrong with one of the three databases. `name` is its usual one: that of a shared archive may be
    another."""
    if wrong := _wrong_with(path):
        todo = (_BRING_BACK if wrong == GONE else MEND)[name]
        yield Trouble(name, f"{name} {wrong}.", _MEANS[name], todo, NEEDED_BY[name])


def _wrong_with(path: Path) -> str | None:
    """Return what can be seen to be wrong with a database at its head; None for nothing.

    Only SQLite may open the file: closing any other descriptor would drop the locks of this process's connections.
    """
    try:
        if path.stat().st_size == 0 and not _is_in_log(path):
            return "is empty"
        with closing(connect(path, read_only=True)) as db:
            db.execute("select count(*) from sqlite_master").fetchone()
    except FileNotFoundError:
        return GONE
    except sqlite3.OperationalError:
        return None  # busy, or a disk that takes nothing: said elsewhere
    except (OSError, sqlite3.DatabaseError):
        return "is damaged"
    return None


def _is_in_log(path: Path) -> bool:
    """Return whether all that was ever written still stands in the write-ahead log."""
    with contextlib.suppress(OSError):
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    return False


def _clock(settings: Settings) -> Iterator[Trouble]:
    if settings.clock is not wall_clock:
        return
    wrong = timekeeping.error(settings.data)
    if wrong is not None and abs(wrong) > timekeeping.SLACK:
        yield clock_trouble(wrong, f"The clock of this machine is {_by(wrong)}, as the sources' answers show.")
    elif wrong is None and (newest := _newest(settings)) and newest > settings.clock() + timekeeping.SLACK:
        yield clock_trouble(
            settings.clock() - newest,
            f"The clock of this machine shows {moment_words(settings.clock())}, but something was done at "
            f"{moment_words(newest)}.",
        )
    elif (last := notes.tidied_at(settings)) and not timekeeping.may_forget(settings.data, last, settings.clock):
        yield Trouble(
            "clock",
            f"By the clock of this machine nothing has been tidied since {moment_words(last)}.",
            "Nothing is forgotten until a source has shown that the clock is right.",
            "See that a source can be reached, or run `tenderbell tidy --clock-is-right`.",
        )


def clock_trouble(wrong: timedelta, what: str, since: str | None = None) -> Trouble:
    """Return the trouble of a clock that is wrong by so much (positive: ahead)."""
    harmful = timekeeping.is_harmful(wrong)
    return Trouble(
        "clock",
        what,
        "Digests wait and nothing is forgotten until that is settled." if harmful else "Everything works.",
        "Set the clock and keep it right with NTP. If it is right, this ends with the next harvest that reaches a "
        "source.",
        TIMED if harmful else (),
        since,
    )


def _by(wrong: timedelta) -> str:
    return f"{span_words(abs(wrong))} {'ahead' if wrong > timedelta(0) else 'behind'}"


def span_words(span: timedelta) -> str:
    """Return a length of time as people say it: "3 days", "2 hours", "15 minutes"."""
    for unit, seconds in (("day", 86_400), ("hour", 3600)):
        if span.total_seconds() >= seconds:
            count = round(span.total_seconds() / seconds)
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return f"{max(1, round(span.total_seconds() / 60))} minutes"


def _newest(settings: Settings) -> datetime | None:
    """Return when the scheduler last finished a job."""
    try:
        with closing(connect(settings.archive_path, read_only=True)) as db:
            return instant(db.execute("select max(finished_at) from job").fetchone()[0])
    except (sqlite3.Error, OSError):
        return None


def read_noted(data: Path) -> list[Trouble]:
    """Return what the scheduler has noted: what can only be seen by who was there."""
    try:
        return msgspec.json.decode(_noted(data).read_bytes(), type=list[Trouble])
    except (OSError, msgspec.MsgspecError):
        return []


def note(data: Path, found: Iterable[Trouble]) -> None:
    """Write what the scheduler has noted, in place of what it noted before. Raises OSError when the disk takes
    nothing."""
    fresh = _noted(data).with_suffix(f".{os.getpid()}.new")
    try:
        fresh.write_bytes(msgspec.json.encode(list(found)))
        fresh.replace(_noted(data))
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _noted(data: Path) -> Path:
    return data / "troubles.json"


def _size(bytes: int) -> str:
    return f"{bytes / 1024**3:,.1f} GB" if bytes >= 1024**3 else f"{bytes / 1024**2:,.1f} MB"
