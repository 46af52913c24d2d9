"""Median and quartiles of days of notice, and how they spread."""

from collections import Counter
from collections.abc import Mapping

from tenderbell.notice import Record

THREE_MONTHS = 92
"""What three months come to in days, at most: where pages draw the Code's mark."""

STEP = 14
LAST = 182
"""Days are drawn in steps of two weeks up to half a year; what is longer stands together."""


class Middles(Record, frozen=True):
    """The lower quartile, the median and the upper quartile of so many numbers."""

    lower: float
    median: float
    upper: float
    of: int


class Step(Record, frozen=True):
    """How many lie from so many days on (`start`) and before so many (`end`, None: no end)."""

    start: int
    end: int | None
    count: int

    @property
    def words(self) -> str:
        """Return "14 to 27 days"."""
        return f"{self.start} days and more" if self.end is None else f"{self.start} to {self.end - 1} days"


def middles(days: Mapping[int, int]) -> Middles | None:
    """Return the quartiles of numbers with how often each occurs, None when there are none. Each quartile lies between
    its neighbours in proportion, as spreadsheets' QUARTILE.INC counts it."""
    of = sum(days.values())
    if not of:
        return None
    ordered = sorted(days.items())
    return Middles(_at(ordered, of, 0.25), _at(ordered, of, 0.5), _at(ordered, of, 0.75), of)


def _at(ordered: list[tuple[int, int]], of: int, share: float) -> float:
    place = share * (of - 1)
    low = _nth(ordered, int(place))
    high = _nth(ordered, min(int(place) + 1, of - 1))
    return round(low + (high - low) * (place - int(place)), 2)


def _nth(ordered: list[tuple[int, int]], wanted: int) -> int:
    passed = 0
    for number, count in ordered:
        passed += count
        if passed > wanted:
            return number
    return ordered[-1][0]


def steps(days: Mapping[int, int]) -> tuple[Step, ...]:
    """Return how the numbers spread over steps of two weeks."""
    counts = Counter[int]()
    for number, count in days.items():
        counts[min(number, LAST) // STEP * STEP] += count
    return tuple(
        Step(start, None if start == LAST else start + STEP, counts[start]) for start in range(0, LAST + 1, STEP)
    )
