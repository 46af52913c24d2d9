"""Distributions as drawings: positions and sizes for inline SVG, in the units of its view box. No colours: classes."""

from collections.abc import Sequence
from typing import Protocol

from tenderbell.notice import Record
from tenderbell.record.middles import LAST, STEP, THREE_MONTHS, Middles, Step

WIDTH, LEFT = 360, 6
HEIGHT, FLOOR, CEILING = 172, 138, 34
STRIP_LEFT, STRIP = 104, 29
DAYS = LAST + STEP
"""How many days the width stands for; the last step holds everything that is longer."""


class Bar(Record, frozen=True):
    """One step, as a bar from the floor up; its count stands above it."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    count: int
    words: str


class Mark(Record, frozen=True):
    """A line across, with its label; `anchor` is the SVG text-anchor by which the label stays inside."""

    x: float
    label: str
    anchor: str


class Histogram(Record, frozen=True):
    """Days of notice in steps of two weeks. `words` say the whole of it for those who do not see it."""

    bars: tuple[Bar, ...]
    median: Mark
    months: Mark
    ticks: tuple[Mark, ...]
    words: str


class Span(Record, frozen=True):
    """The middle half of one group: a box from the lower quartile to the upper, a line at the median."""

    label: str
    y: int
    start: float
    width: float
    median: float
    note: str


class Strips(Record, frozen=True):
    """Groups below one another on one scale."""

    spans: tuple[Span, ...]
    height: int
    months: float
    words: str


class Group(Protocol):
    """What a strip is drawn of."""

    @property
    def label(self) -> str:
        """Its name."""

    @property
    def middles(self) -> Middles:
        """Its quartiles."""


def histogram(steps: Sequence[Step], found: Middles | None) -> Histogram | None:
    """Return the drawing of how days of notice spread, None when there are none."""
    if found is None:
        return None
    most = max(step.count for step in steps)
    return Histogram(
        bars=tuple(_bar(step, most) for step in steps),
        median=_mark(found.median, f"median {found.median:g} days"),
        months=_mark(THREE_MONTHS, "three months"),
        ticks=tuple(_mark(days, str(days)) for days in range(0, LAST, 2 * STEP)),
        words=histogram_words(steps, found),
    )


def histogram_words(steps: Sequence[Step], found: Middles) -> str:
    """Return the drawing in words."""
    most = max(steps, key=lambda step: step.count)
    return (
        f"Days of notice of {found.of:,} adverts. The median is {found.median:g} days; three months are up to "
        f"{THREE_MONTHS}. Most, {most.count:,}, gave {most.words}. The table has every number."
    )


def _across(days: float, left: float = LEFT) -> float:
    return round(left + min(days, DAYS) * (WIDTH - LEFT - left) / DAYS, 1)


def _bar(step: Step, most: int) -> Bar:
    x, end = _across(step.start), _across(step.start + STEP)
    height = round((FLOOR - CEILING) * step.count / most, 1)
    if step.count:
        height = max(height, 1.5)
    return Bar(x + 1, round(FLOOR - height, 1), round(end - x - 2, 1), height, round((x + end) / 2, 1), step.count,
               step.words)  # fmt: skip


def _mark(days: float, label: str) -> Mark:
    x = _across(days)
    anchor = "start" if x < WIDTH / 4 else "end" if x > WIDTH * 3 / 4 else "middle"
    return Mark(x, label, anchor)


def strips(groups: Sequence[Group]) -> Strips | None:
    """Return the drawing of groups below one another, None when there are none."""
    if not groups:
        return None
    spans = tuple(_span(group, place) for place, group in enumerate(groups))
    said = "; ".join(f"{span.label}, {span.note}" for span in spans)
    height = len(spans) * STRIP + 22
    return Strips(spans, height, _across(THREE_MONTHS, STRIP_LEFT), f"Days of notice, the middle half of each. {said}.")


def _span(group: Group, place: int) -> Span:
    found = group.middles
    start, end = _across(found.lower, STRIP_LEFT), _across(found.upper, STRIP_LEFT)
    note = f"median {found.median:g} of {found.of:,}"
    median = _across(found.median, STRIP_LEFT)
    return Span(group.label, place * STRIP + 20, start, round(max(end - start, 2), 1), median, note)
