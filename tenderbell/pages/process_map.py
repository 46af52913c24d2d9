"""The process map: the dates of a process drawn on a line, across a wide screen and down a phone.

Dates years apart stand closer than a ruler would put them: what room is left after each has room for its words is
shared out by the logarithm of the days between. Coordinates are SVG units, one to a pixel at full width.
"""

from collections.abc import Sequence
from datetime import datetime
from math import ceil, log1p

from tenderbell.clock import uk
from tenderbell.notice import Record
from tenderbell.pages.course import Step
from tenderbell.phrases import NOT_STATED, deadline_moment, time_words

WIDTH = 1060
CHARACTER = 9.0
"""A little more than a character takes on average at the map's size of text in the widest usual font, bold."""
LINE = 19
_EDGE = 4
_BETWEEN = 12
_AXIS = 74
_ROW = 52
_LEAST = 48
"""So far apart are neighbouring dots at least."""
_EVEN = 1.5
"""What each gap gets of the free room besides the logarithm of its days."""
_STRETCH = 160
"""How much all gaps together are longer on a phone than `_ROW` each."""


class Mark(Record, frozen=True, omit_defaults=True):
    """One date on the line: a dot at (`x`, `y`), words in two lines from (`text_x`, `text_y`), `anchor` as SVG has it.
    `is_dashed` when the line that leads to it is a guess."""

    label: str
    when: str
    state: str
    x: float
    y: float
    text_x: float
    text_y: float
    anchor: str = "middle"
    is_dashed: bool = False
    from_x: float = 0
    from_y: float = 0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The words' left, top, right and bottom, at their largest."""
        width = CHARACTER * max(len(self.label), len(self.when))
        left = {"start": self.text_x, "middle": self.text_x - width / 2, "end": self.text_x - width}[self.anchor]
        return left, self.text_y - LINE + 5, left + width, self.text_y + LINE + 5

    @property
    def stem(self) -> float:
        """Where the line from the dot to its words ends, across the axis."""
        return self.text_y - 18 if self.text_y > self.y else self.text_y + LINE + 6


class ProcessMap(Record, frozen=True, omit_defaults=True):
    """Both drawings. `width` and `height` are the view box of the wide one, which grows when many dates need
    more room than `WIDTH`; `tall` is the height of the narrow one."""

    wide: tuple[Mark, ...]
    narrow: tuple[Mark, ...]
    width: int
    height: int
    tall: int


def process_map(steps: Sequence[Step], now: datetime) -> ProcessMap | None:
    """Return the drawing of these dates with today among them; None when no date is known."""
    if not any(step.at for step in steps):
        return None
    told = _with_today(steps, now)
    gaps = _gaps(told)
    wide, narrow = _across(told, gaps), _down(told, gaps)
    width = max(WIDTH, ceil(max(mark.box[2] for mark in wide)) + _EDGE)
    return ProcessMap(wide, narrow, width, 2 * _AXIS, round(narrow[-1].y) + 40)


def _with_today(steps: Sequence[Step], now: datetime) -> list[Step]:
    """Return the dates with today after the last one that has passed."""
    passed = [index for index, step in enumerate(steps) if step.at and step.at <= now]
    place = passed[-1] + 1 if passed else 0
    return [*steps[:place], Step("Today", "", "today", at=now), *steps[place:]]


def _gaps(steps: Sequence[Step]) -> list[float]:
    """Return for each gap between neighbours how much of the free room it takes, from 0 to 1, 1 in all (or all 0)."""
    weights, before = list[float](), steps[0].at
    for step in steps[1:]:
        days = (step.at - before).total_seconds() / 86_400 if step.at and before else 0.0
        weights.append(_EVEN + log1p(max(0.0, days)))
        before = step.at or before
    whole = sum(weights)
    return [weight / whole if whole else 0.0 for weight in weights]


def short_words(step: Step) -> str:
    """Return a date for the map: "10 Apr 2026", with its hour where that matters; "not stated" for none."""
    if step.at is None:
        return NOT_STATED
    local = deadline_moment(step.at) if step.exact else uk(step.at)
    day = f"{local.day} {local:%b %Y}"
    return f"{time_words(local).removeprefix('12 ')}, {day}" if step.exact else day


_SHORTER = {
    "Questions were possible until": "Questions until",
    "Early talks were to last until": "Early talks until",
    "Could have been extended to": "Could be extended to",
}


def _words_of(step: Step) -> tuple[str, str]:
    return _SHORTER.get(step.label, step.label), short_words(step)


def _width_of(step: Step) -> float:
    return CHARACTER * max(map(len, _words_of(step)))


def _across(steps: Sequence[Step], gaps: Sequence[float]) -> tuple[Mark, ...]:
    """Lay the dates out from left to right, their words above and below the line by turns: neighbours on one side are
    two dates apart, and are given at least the room that their words take."""
    xs = _places(steps)
    room = max(0.0, WIDTH - _EDGE - _width_of(steps[-1]) / 2 - xs[-1])
    grown = 0.0
    marks = list[Mark]()
    for index, step in enumerate(steps):
        grown += gaps[index - 1] * room if index else 0.0
        x = round(xs[index] + grown, 1)
        label, when = _words_of(step)
        below = index % 2 == 1
        marks.append(
            Mark(
                label, when, step.state, x, _AXIS, x, _AXIS + 38 if below else _AXIS - 48,
                is_dashed="unknown" in (step.state, steps[index - 1].state if index else ""),
                from_x=marks[-1].x if marks else x, from_y=_AXIS,
            )
        )  # fmt: skip
    return tuple(marks)


def _places(steps: Sequence[Step]) -> list[float]:
    """Return the leftmost places at which no words touch: each right of the one before, and of the words of the one
    before that, which stand on the same side."""
    places = list[float]()
    for index, step in enumerate(steps):
        half = _width_of(step) / 2
        least = _EDGE + half
        if index:
            least = max(least, places[-1] + _LEAST)
        if index > 1:
            least = max(least, places[-2] + _width_of(steps[index - 2]) / 2 + _BETWEEN + half)
        places.append(least)
    return places


def _down(steps: Sequence[Step], gaps: Sequence[float]) -> tuple[Mark, ...]:
    """Lay the dates out from top to bottom, their words to the right of the line."""
    y, marks = 20.0, list[Mark]()
    for index, step in enumerate(steps):
        y += _ROW + gaps[index - 1] * _STRETCH if index else 0.0
        label, when = _words_of(step)
        marks.append(
            Mark(
                label, when, step.state, 14, round(y, 1), 36, round(y, 1), "start",
                "unknown" in (step.state, steps[index - 1].state if index else ""),
                14, marks[-1].y if marks else y,
            )
        )  # fmt: skip
    return tuple(marks)
