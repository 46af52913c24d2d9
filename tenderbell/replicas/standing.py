"""How copies on other machines stand, in words: for `status`, the status page, `/health` and the alarms."""

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from tenderbell.clock import instant
from tenderbell.phrases import moment_words, plural
from tenderbell.replicas import states, waiting
from tenderbell.replicas.states import PATIENCE, Copying, Following
from tenderbell.settings import Settings

LATE = timedelta(minutes=2)
"""How old a copy may be before the status page says so as a problem."""


class Doubt(NamedTuple):
    """What is wrong and what it means, for anybody; what the operator is to do."""

    subject: str
    what: str
    means: str
    todo: str


class Standing(NamedTuple):
    """How a machine that follows stands: its name, how old its copy is at most (None when that is not known), whether
    that is too old, since when the writer has not answered, and all of it in words."""

    machine: str
    age: timedelta | None
    is_late: bool
    writer_silent_since: datetime | None
    words: str


def standing(settings: Settings, now: datetime) -> Standing | None:
    """Return how this machine stands as one that follows a writer, None when it is none."""
    if settings.writer is None:
        return None
    found = states.following(settings)
    age = found.age(now) if found else None
    silent = instant(found.writer_silent_since) if found else None
    machine = socket.gethostname()
    parts = [f"This page comes from the machine {machine}, which shows a copy of the record, {_age_words(age)}."]
    if silent:
        parts.append(
            f"Forms have not worked since {moment_words(silent)}: the machine that takes them does not answer."
        )
    if kept := waiting.count(settings):
        parts.append(f"{plural(kept, 'wish', 'wishes')} to leave {'waits' if kept == 1 else 'wait'} for it.")
    return Standing(machine, age, age is None or age > LATE, silent, " ".join(parts))


def doubts(settings: Settings, now: datetime) -> Iterator[Doubt]:
    """Yield what a human should see to, after a quarter of an hour: copies that do not arrive, at the writer; a copy
    that is not followed, at a machine that follows."""
    if settings.writer is not None:
        yield from _following(states.following(settings), now)
    elif settings.replica:
        yield from _copying(settings, states.copying(settings), now)


def _age_words(age: timedelta | None) -> str:
    if age is None:
        return "how old is not known"
    seconds = int(age.total_seconds())
    return f"{plural(seconds, 'second')} old" if seconds < 120 else f"{plural(seconds // 60, 'minute')} old"


def _copying(settings: Settings, found: Copying | None, now: datetime) -> Iterator[Doubt]:
    copied = instant(found.copied_at) if found else None
    since = f"since {moment_words(copied)}" if copied else "yet"
    what, means = f"No copy of the databases has reached its place {since}.", "What is here works as usual."
    failing = instant(found.failing_since) if found else None
    if found is None:
        if _has_run_for(settings, PATIENCE, now):
            yield Doubt("copies", what, means, "Start `tenderbell replicate` beside `tenderbell run`.")
    elif now - (instant(found.at) or now) > PATIENCE:
        yield Doubt("copies", what, means, "`tenderbell replicate` does not run: start it again.")
    elif failing and now - failing > PATIENCE:
        todo = f"See to the place that TENDERBELL_REPLICA names; copying goes on by itself then. {found.words}"
        yield Doubt("copies", what, means, todo)


def _following(found: Following | None, now: datetime) -> Iterator[Doubt]:
    age = found.age(now) if found else None
    if found and age is not None and age <= PATIENCE:
        return
    true = instant(found.true_at) if found else None
    since = f"since {moment_words(true)}" if true else "yet"
    todo = "See to the place that TENDERBELL_REPLICA names, and whether `tenderbell serve` or `follow` runs here."
    yield Doubt(
        "copy",
        f"This machine has not been told what is new {since}.",
        "What was there by then can be read.",
        f"{todo} {found.words if found else ''}".strip(),
    )


def _has_run_for(settings: Settings, duration: timedelta, now: datetime) -> bool:
    """Return whether the scheduler was started longer ago than a time: it signs its lock when it starts."""
    try:
        signed = (settings.data / "scheduler.lock").stat().st_mtime
    except OSError:
        return False
    return now.timestamp() - signed > duration.total_seconds()
