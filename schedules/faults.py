"""What the scheduler does about faults: which command waits for which trouble, what it notes for `status`, and how long
a command that was killed is left alone.

The troubles themselves are found in `tenderbell.troubles`; here is what only the scheduler sees: children that die, and
the moment at which somebody sets the clock.
"""

import contextlib
import signal
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from schedules.children import Outcome, Say
from tenderbell import room, timekeeping, troubles
from tenderbell.clock import stamp, wall_clock
from tenderbell.phrases import moment_words
from tenderbell.seeing.events import Said
from tenderbell.settings import Settings
from tenderbell.troubles import Trouble

FIRST_REST, LONGEST_REST = 60.0, 3600.0
"""Seconds for which a command that was killed is left alone: twice as long each time."""


class Faults:
    """What stands in the way of the scheduler's commands. `offset` says where the clock stands (`timekeeping`)."""

    def __init__(self, settings: Settings, say: Say, *, offset: Callable[[], float] = timekeeping.offset) -> None:
        self.settings, self.say, self.offset = settings, say, offset
        self.standing: dict[str, Trouble] = {}
        self._written = troubles.read_noted(settings.data)
        self._noted = {one.subject: one for one in self._written if one.subject != "clock"}
        self._rests: dict[str, tuple[float, float]] = {}
        self._set_at = offset()
        self._seen = self._set_at

    def look(self) -> set[str]:
        """See what stands in the way now, say what has begun and what is over, and return the subjects that are over.
        Makes the reserve when there is room."""
        room.keep_reserve(self.settings.data)
        self._look_at_clock()
        self._write()
        found = {one.subject: one for one in troubles.troubles(self.settings)}
        # On a disk that takes nothing no note could be written: what was seen here counts all the same.
        found |= {subject: one for subject, one in self._noted.items() if subject not in found}
        before, self.standing = self.standing, found
        for subject, one in found.items():
            if subject not in before or one.what != before[subject].what:
                self.say(Said(one.words, "trouble.began", subject=subject))
        over = before.keys() - found.keys()
        for subject in over:
            self.say(Said(f"This is over: {before[subject].what}", "trouble.ended", subject=subject))
        if over:
            self._rests.clear()
        return set(over)

    def why_not(self, command: str) -> Trouble | None:
        """Return what a command must wait for, None for nothing."""
        return next((one for one in self.standing.values() if one.holds(command)), None)

    def rests(self, command: str) -> float:
        """Return for how many seconds a command that was killed is still left alone, 0 for none."""
        until, _ = self._rests.get(command, (0.0, 0.0))
        return max(0.0, until - monotonic())

    def clock_was_set(self) -> timedelta:
        """Return by how much somebody has set the clock since the last call, when that is more than the clock of a
        machine is put right by itself; otherwise nothing."""
        if self.settings.clock is not wall_clock:
            return timedelta(0)
        now = self.offset()
        step = timedelta(seconds=now - self._seen)
        if abs(step) <= timekeeping.SLACK:
            return timedelta(0)
        self._seen = now
        return step

    def ended(self, command: str, outcome: Outcome) -> None:
        """Note how a command ended. One that failed by the machine's fault is told by `status` until it works again,
        and is left alone for a while, so that it is not tried as fast as it fails."""
        subject, why = f"tenderbell {command}", _why(outcome)
        if why is None:
            self._noted.pop(subject, None)
            self._rests.pop(command, None)
            return
        _, pause = self._rests.get(command, (0.0, FIRST_REST / 2))
        self._rests[command] = (monotonic() + min(2 * pause, LONGEST_REST), min(2 * pause, LONGEST_REST))
        since = self._noted[subject].since if subject in self._noted else stamp(self.settings.clock())
        self._noted[subject] = Trouble(
            subject,
            f"A step of the work ({command}) {why}.",
            "It is tried again, and nothing is lost.",
            _todo(why, outcome),
            since=since,
        )

    def _look_at_clock(self) -> None:
        """Note that the clock was set since the start, unless a source has shown how it really stands."""
        self._noted.pop("clock", None)
        if self.settings.clock is not wall_clock:
            return
        now = self.settings.clock()
        wrong = timedelta(seconds=self.offset() - self._set_at)
        known = timekeeping.error(self.settings.data)
        if known is not None and abs(known) <= timekeeping.SLACK:
            self._set_at = self.offset()
        elif known is None and abs(wrong) > timekeeping.SLACK:
            was, way = moment_words(now - wrong), "forward" if wrong > timedelta(0) else "back"
            what = f"The clock of this machine was set {way} by {troubles.span_words(abs(wrong))}, from {was}."
            self._noted["clock"] = troubles.clock_trouble(wrong, what, stamp(now))

    def _write(self) -> None:
        found = list(self._noted.values())
        if found != self._written:
            with contextlib.suppress(OSError):  # it is tried again at the next look
                troubles.note(self.settings.data, found)
                self._written = found


KILLED, NO_MEMORY, DAMAGED, UNWRITTEN = (
    "was killed, probably for want of memory",
    "had not enough memory",
    "met a damaged database",
    "could not write to the disk",
)
_SIGNS = {
    "disk image is malformed": DAMAGED,
    "file is not a database": DAMAGED,
    "enough memory": NO_MEMORY,
    "MemoryError": NO_MEMORY,
    "Cannot allocate memory": NO_MEMORY,
    "failed to map segment": NO_MEMORY,
    "disk I/O error": UNWRITTEN,
    "disk is full": UNWRITTEN,
    "readonly database": UNWRITTEN,
    "No space left": UNWRITTEN,
    "Read-only file system": UNWRITTEN,
    "could not be started": "could not be started",
}
"""What the last line of a command says when the machine is to blame, and not a source or a mail server."""

_TODO = {
    KILLED: "Give the machine more memory, or see what else takes it.",
    NO_MEMORY: "Give the machine more memory, or see what else takes it.",
    DAMAGED: "Stop Tenderbell and bring the databases back from a backup (`tenderbell restore`); public.db alone is "
    "made anew by `tenderbell rebuild` after deleting it.",
}


def _why(outcome: Outcome) -> str | None:
    """Return why a command failed by the machine's fault; None when it did not."""
    if outcome.code == -signal.SIGKILL:
        return KILLED
    if outcome.code < 0 and outcome.code != -signal.SIGTERM:
        return f"was ended by signal {-outcome.code}"
    if outcome.code <= 0:
        return None
    return next((why for sign, why in _SIGNS.items() if sign in outcome.last_line), None)


def _todo(why: str, outcome: Outcome) -> str:
    said = f"It said: {outcome.last_line}" if outcome.last_line else ""
    return f"{_TODO.get(why, 'See the log, and `tenderbell doctor`.')} {said}".rstrip()
