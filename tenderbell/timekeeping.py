"""Whether the clock of this machine is right: what answers of the sources say, and what the clock has done since.

Every HTTP answer carries the server's time, so each harvest is a witness. What it saw is kept in a small file beside
the databases, together with how far the clock then stood from the time since the machine was started, which nobody
sets. So the clock is known to be wrong from the moment at which somebody sets it wrong, and right again likewise; after
a restart of the machine, from the next harvest on.
"""

import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import msgspec

from tenderbell.clock import Clock, wall_clock

SLACK = timedelta(minutes=10)
"""By how much the clock may be wrong before anybody is told."""

HARMFUL = timedelta(hours=6)
"""From this on digests would go on the wrong day, and things would be forgotten before or long after their time."""

LONG = timedelta(days=14)
"""So long a time without a tidying is a machine that was off, or a clock that is wrong."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Sight(msgspec.Struct, frozen=True):
    """What one host has shown: by how many seconds the clock was `ahead` of it, and how far the clock then stood from
    the time since the start of the machine (`offset`)."""

    ahead: float
    offset: float


class Witness(msgspec.Struct, frozen=True):
    """What every host has shown since the start `boot` of the machine."""

    boot: str
    hosts: dict[str, Sight]


Running = Callable[[], float]
"""Returns the seconds since this machine was started, the time asleep included."""


def running() -> float:
    """Return the seconds since this machine was started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def offset(clock: Clock = wall_clock, running: Running = running) -> float:
    """Return how far the clock stands from the time since the start of the machine, in seconds: it changes when, and
    only when, somebody sets the clock."""
    return clock().timestamp() - running()


def bear_witness(data: Path, ahead: Mapping[str, Sequence[float]]) -> None:
    """Keep what a harvest saw: by how many seconds the clock was ahead of the answers of each host. A disk that takes
    nothing is no error: the next harvest sees the same."""
    seen = {host: Sight(median(found), offset()) for host, found in ahead.items() if found}
    if not seen:
        return
    before = _read(data)
    fresh = _path(data).with_suffix(f".{os.getpid()}.new")
    with contextlib.suppress(OSError):
        fresh.write_bytes(msgspec.json.encode(Witness(_boot(), (before.hosts if before else {}) | seen)))
        fresh.replace(_path(data))


def error(data: Path, clock: Clock = wall_clock, running: Running = running) -> timedelta | None:
    """Return by how much the clock is ahead now (negative: behind), None when nobody has borne witness since the
    machine was started. Of several hosts the one nearest to the clock is believed: one of them may be wrong, and two
    clocks that are wrong do not agree."""
    seen = _read(data)
    if seen is None or not seen.hosts:
        return None
    now = offset(clock, running)
    return timedelta(seconds=min((one.ahead + now - one.offset for one in seen.hosts.values()), key=abs))


def is_harmful(wrong: timedelta | None) -> bool:
    """Return whether a clock that is wrong by so much does harm."""
    return wrong is not None and abs(wrong) >= HARMFUL


def may_forget(data: Path, last: datetime | None, clock: Clock) -> bool:
    """Return whether what is past its time may be deleted: not by a clock that is known to be wrong, and not when the
    last tidying was very long ago, unless a witness says that it really was. `last` is None when there was none; a
    clock that stands still is meant to show what it shows."""
    if clock is not wall_clock:
        return True
    wrong = error(data)
    if wrong is not None:
        return not is_harmful(wrong)
    return last is None or abs(clock() - last) < LONG


def _read(data: Path) -> Witness | None:
    """Return what was seen since this start of the machine."""
    try:
        seen = msgspec.json.decode(_path(data).read_bytes(), type=Witness)
    except (OSError, msgspec.MsgspecError):
        return None
    return seen if seen.boot == _boot() else None


def _path(data: Path) -> Path:
    return data / "clock.json"


def _boot() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
