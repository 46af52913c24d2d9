"""Turns: in which order messages go. Within a mail domain the oldest first; between domains in turn, so that the three
thousand of one do not hold up the one of another. What somebody has just asked for (a confirmation, a link) and what
comes by itself take turns in the same way: neither waits for all of the other.

This is only an order. Who gets a message is decided where it is marked, so two senders may have the same list.
"""

from collections import deque
from collections.abc import Iterable

from alerts.outbox import Sort

UNASKED = frozenset({Sort.DIGEST, Sort.RECEIPT, Sort.WARNING, Sort.STILL_HERE})
"""What comes by itself, days after it was wished for, and so never to an address that bounced."""

_Lane = tuple[str, bool]


class Turns:
    """Waiting messages in lanes, one lane for each mail domain and whether its messages were asked for."""

    def __init__(self) -> None:
        self._lanes: dict[_Lane, deque[int]] = {}
        self._order: deque[_Lane] = deque()

    def fill(self, waiting: Iterable[tuple[int, str, str]]) -> None:
        """Take (number, domain, sort) of what waits, oldest first, in place of what was here. Lanes keep their turn."""
        self._lanes = {}
        for number, domain, sort in waiting:
            self._lanes.setdefault((domain, sort in UNASKED), deque()).append(number)
        known = [lane for lane in self._order if lane in self._lanes]
        self._order = deque(dict.fromkeys([*known, *self._lanes]))

    def __bool__(self) -> bool:
        return any(self._lanes.values())

    def next(self) -> tuple[int, str] | None:
        """Take out the next message: its number and its mail domain; None when there is none."""
        while self._order:
            lane = self._order.popleft()
            numbers = self._lanes.get(lane)
            if numbers:
                number = numbers.popleft()
                self._order.append(lane)
                return number, lane[0]
        return None

    def drop(self, domain: str) -> None:
        """Forget the messages to one mail domain."""
        for unasked in (True, False):
            self._lanes.pop((domain, unasked), None)

    def clear(self) -> None:
        """Forget everything."""
        self._lanes, self._order = {}, deque()
