"""What was counted is kept until `public.db` changes or another UK day begins: counting a year takes far longer than
showing it. What took long to count is kept longer, so that a large record is never counted at each visit."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import perf_counter
from typing import NamedTuple, TypeVar

Made = TypeVar("Made")

MOST = 200
"""How many reports and bodies are kept; the one that was asked for longest ago goes first."""

SLOW = 0.5
"""Seconds of counting from which a thing outlives a change. At 100,000 opportunities a report is counted in 1.4 s, at a
million in about 15 (2026-11-23), and a county's in a few hundredths."""

TIMES = 100
"""How many times as long as it took to count a slow thing is kept: counting takes at most a hundredth of the time."""


class _Thing(NamedTuple):
    """A thing with the moment it was made at, and until when it outlives a change."""

    made: object
    moment: Hashable
    until: float

    def holds(self, moment: Hashable, now: float) -> bool:
        return moment == self.moment or now < self.until


class Kept:
    """Things by key, as long as `moment` is the one that they were made at, or longer if they were slow to make.
    Threads may share it. `seconds` is the clock by which slowness is measured."""

    def __init__(self, most: int = MOST, seconds: Callable[[], float] = perf_counter) -> None:
        self._most = most
        self._seconds = seconds
        self._things: OrderedDict[Hashable, _Thing] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, moment: Hashable, make: Callable[[], Made]) -> Made:
        """Return the thing of a key, made anew when there is none that holds. None is not kept, so that nobody can
        push things out by asking for what does not exist."""
        start = self._seconds()
        with self._lock:
            if (thing := self._things.get(key)) and thing.holds(moment, start):
                self._things.move_to_end(key)
                return thing.made  # type: ignore[return-value]
        made = make()
        end = self._seconds()
        if made is not None:
            spent = end - start
            self._keep(key, _Thing(made, moment, end + TIMES * spent if spent >= SLOW else end))
        return made

    def _keep(self, key: Hashable, thing: _Thing) -> None:
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            while len(self._things) > self._most:
                self._things.popitem(last=False)
