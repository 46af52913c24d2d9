"""How a process runs: its dates in order, and what has changed on the way."""

from datetime import UTC, datetime, timedelta

from tenderbell.clock import instant
from tenderbell.notice import Record
from tenderbell.opportunity import Event, Opportunity
from tenderbell.phrases import (
    NOT_STATED,
    days_left,
    deadline_words,
    exact_money_words,
    moment_words,
    plural,
    stage_words,
)
from tenderbell.vocabulary import EventType, Stage


class Step(Record, frozen=True, omit_defaults=True):
    """One date of the process. `state` is past, next, later or unknown."""

    label: str
    when: str
    state: str
    note: str = ""


class Change(Record, frozen=True, omit_defaults=True):
    """One event in words, with what was and what is."""

    what: str
    when: str
    old: str = ""
    new: str = ""
    note: str = ""


def steps_of(opportunity: Opportunity, now: datetime) -> list[Step]:
    """Return the dates of the process in order. What is expected of any process is shown even when it is not stated,
    after the date that it usually follows."""
    is_early = opportunity.stage in (Stage.PLANNED, Stage.ENGAGEMENT)
    expected = [
        ("Published", opportunity.published_at, True),
        ("Early talks until", opportunity.engagement_closes_at, False),
        ("Expected to open", opportunity.expected_open_at, is_early),
        ("Questions until", opportunity.enquiries_close_at, False),
        ("Closes", opportunity.closes_at, True),
        ("Decision expected", opportunity.decision_expected_at, True),
        ("Starts", opportunity.starts_at, True),
        ("Ends", opportunity.ends_at, True),
        ("May be extended to", opportunity.extends_to, False),
    ]
    placed: list[tuple[datetime, Step]] = []
    latest = datetime.min.replace(tzinfo=UTC)
    for label, moment, is_usual in expected:
        latest = moment or latest
        if moment or is_usual:
            placed.append((latest, _step(label, moment, now)))
    return _with_next([step for _, step in sorted(placed, key=lambda pair: pair[0])])


_EXACT = frozenset({"Early talks until", "Questions until", "Closes"})
"""The dates whose hour matters."""


def _step(label: str, moment: datetime | None, now: datetime) -> Step:
    if moment is None:
        return Step(label, NOT_STATED, "unknown")
    words = deadline_words(moment)
    shown = words if label in _EXACT else words.partition(", ")[2]
    return Step(label, shown, "past" if moment <= now else "later", _distance(moment, now))


def _distance(moment: datetime, now: datetime) -> str:
    days = days_left(moment, now)
    if abs(days) > 366:
        return ""
    if days == 0:
        return "today"
    return f"in {plural(days, 'day')}" if days > 0 else f"{plural(-days, 'day')} ago"


def _with_next(steps: list[Step]) -> list[Step]:
    """Mark the first date that lies ahead, so that the eye finds where the process stands."""
    ahead = next((index for index, step in enumerate(steps) if step.state == "later"), None)
    if ahead is not None:
        step = steps[ahead]
        steps[ahead] = Step(step.label, step.when, "next", step.note)
    return steps


_HAPPENINGS = {
    EventType.OPENED: "Opened for applications",
    EventType.DEADLINE: "Deadline moved",
    EventType.VALUE: "Value changed",
    EventType.CANCELLED: "Cancelled",
    EventType.REOPENED: "Open again",
    EventType.AWARDED: "Awarded",
    EventType.CLOSED: "Closed",
    EventType.REVISED: "Notice revised",
}


def change_of(event: Event) -> Change:
    """Return one event in words."""
    old, new = (_told(event.type, text) for text in (event.old, event.new))
    what = _HAPPENINGS.get(event.type, str(event.type))
    note = _daysmoved_words(event) if event.type is EventType.DEADLINE else ""
    return Change(what, moment_words(event.at), old, new, note)


def _told(type: EventType, text: str | None) -> str:
    """Return a stored value in words: deadlines as dates, values as money."""
    if text is None:
        return NOT_STATED if type in (EventType.DEADLINE, EventType.VALUE) else ""
    if type is EventType.DEADLINE and (moment := _instant(text)):
        return deadline_words(moment)
    if type is EventType.VALUE and _is_amount(text):
        return exact_money_words(float(text))
    return stage_words(text)


def _instant(text: str) -> datetime | None:
    try:
        return instant(text)
    except ValueError:
        return None


def _is_amount(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit()


def _daysmoved_words(event: Event) -> str:
    old, new = (_instant(text) if text else None for text in (event.old, event.new))
    return _by_days(new - old) if old and new else ""


def _by_days(moved: timedelta) -> str:
    if abs(moved) < timedelta(days=1):
        return "on the same day" if not moved else f"{'later' if moved > timedelta() else 'earlier'} by hours"
    days = round(abs(moved) / timedelta(days=1))
    return f"{plural(days, 'day')} {'later' if moved > timedelta() else 'earlier'}"


def moved_words(events: list[Event]) -> str:
    """Return "The deadline moved twice, 14 days later in all", empty when it never moved."""
    moves = [event for event in events if event.type is EventType.DEADLINE and event.old and event.new]
    first, last = (_instant(moves[0].old or ""), _instant(moves[-1].new or "")) if moves else (None, None)
    if first is None or last is None:
        return ""
    times = {1: "once", 2: "twice"}.get(len(moves), f"{len(moves)} times")
    return f"The deadline moved {times}, {_by_days(last - first)}{' in all' if len(moves) > 1 else ''}."
