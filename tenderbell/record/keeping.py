"""What was counted is kept until `public.db` changes or another UK day begins: counting a year takes far longer than
showing it."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

Made = TypeVar("Made")

MOST = 200
"""How many reports and bodies are kept; the one that was asked for longest ago goes first."""


class Kept:
    """Things by key, as long as `moment` is the one that they were made at. Threads may share it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._moment: Hashable = None
        self._things: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, moment: Hashable, make: Callable[[], Made]) -> Made:
        """Return the thing of a key, made anew when there is none of this moment. None is not kept, so that nobody can
        push things out by asking for what does not exist."""
        with self._lock:
            if moment != self._moment:
                self._things.clear()
                self._moment = moment
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]  # type: ignore[return-value]
        made = make()
        with self._lock:
            if moment == self._moment and made is not None:
                self._things[key] = made
                while len(self._things) > self._most:
                    self._things.popitem(last=False)
        return made
