"""How a process runs: its dates in order, and what has changed on the way."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from tenderbell.clock import uk
from tenderbell.code.calendar import deadline_moves, times_words
from tenderbell.notice import Record
from tenderbell.opportunity import Change, Opportunity
from tenderbell.phrases import (
    NOT_STATED,
    day_words,
    days_left,
    deadline_words,
    exact_money_words,
    moment_words,
    plural,
)
from tenderbell.vocabulary import Stage


class Step(Record, frozen=True, omit_defaults=True):
    """One date of the process. `state` is past, next, later, over (it will not come) or unknown. `key` names the date
    whatever its label says; `at` is the instant, None when not stated; `exact` when its hour matters."""

    label: str
    when: str
    state: str
    note: str = ""
    key: str = ""
    at: datetime | None = None
    exact: bool = False


class ChangeInWords(Record, frozen=True, omit_defaults=True):
    """One change in words, with what was and what is."""

    what: str
    when: str
    old: str = ""
    new: str = ""
    note: str = ""


def steps_of(opportunity: Opportunity, now: datetime) -> list[Step]:
    """Return the dates of the process in order. What is expected of any process is shown even when it is not stated,
    after the date that it usually follows."""
    placed: list[tuple[datetime, Step]] = []
    latest = datetime.min.replace(tzinfo=UTC)
    for key, label, moment, is_usual in _dates_of(opportunity):
        latest = moment or latest
        if moment or is_usual:
            placed.append((latest, _step(key, label, moment, now)))
    steps = [step for _, step in sorted(placed, key=lambda pair: pair[0])]
    return _with_next(_as_ended(steps, opportunity, now))


def _dates_of(opportunity: Opportunity) -> list[tuple[str, str, datetime | None, bool]]:
    """Return (key, label, instant, whether every process is expected to have it), in the usual order."""
    is_early = opportunity.stage in (Stage.PLANNED, Stage.ENGAGEMENT)
    early = opportunity.first_early_at if opportunity.first_early_at != opportunity.published_at else None
    is_rolling = bool(opportunity.rolling)
    return [
        ("early", "First early notice", early, False),
        ("published", "Published", opportunity.published_at, True),
        ("engagement", "Early talks until", opportunity.engagement_closes_at, False),
        ("opens", "Expected to open", opportunity.expected_open_at, is_early),
        ("questions", "Questions until", opportunity.enquiries_close_at, False),
        ("closes", "Closes", opportunity.closes_at, not is_rolling),
        ("cancelled", "Cancelled", _became(opportunity, Stage.CANCELLED), False),
        ("closed", "Closed early", _closed_early(opportunity), False),
        ("decision", "Decision expected", opportunity.decision_expected_at, opportunity.stage is not Stage.AWARDED),
        ("awarded", "Awarded", _awarded(opportunity), False),
        ("starts", "Starts", opportunity.starts_at, True),
        ("ends", "Ends", opportunity.ends_at, True),
        ("extends", "May be extended to", opportunity.extends_to, False),
    ]


def _became(opportunity: Opportunity, stage: Stage) -> datetime | None:
    """Return when a notice said that it had come to this stage, None when it is not there or no notice is dated."""
    if opportunity.stage is not stage:
        return None
    changes = (change for change in reversed(opportunity.changes) if change.field == "stage" and change.new == stage)
    return next((change.at for change in changes), None)


def _closed_early(opportunity: Opportunity) -> datetime | None:
    at = _became(opportunity, Stage.CLOSED)
    return at if at and (opportunity.closes_at is None or at < opportunity.closes_at) else None


def _awarded(opportunity: Opportunity) -> datetime | None:
    is_awarded = opportunity.stage is Stage.AWARDED
    return (opportunity.awarded_at or _became(opportunity, Stage.AWARDED)) if is_awarded else None


_EXACT = frozenset({"engagement", "questions", "closes"})
"""The dates whose hour matters."""


def _step(key: str, label: str, moment: datetime | None, now: datetime) -> Step:
    exact = key in _EXACT
    if moment is None:
        return Step(label, NOT_STATED, "unknown", key=key, exact=exact)
    shown = deadline_words(moment) if exact else day_words(uk(moment).date())
    days = days_left(moment, now) if exact else (uk(moment).date() - uk(now).date()).days
    return Step(label, shown, "past" if moment <= now else "later", _distance(days), key, moment, exact)


def _distance(days: int) -> str:
    if abs(days) > 366:
        return ""
    if days == 0:
        return "today"
    return f"in {plural(days, 'day')}" if days > 0 else f"{plural(-days, 'day')} ago"


_WAS = {
    "closes": "Was to close",
    "questions": "Questions were possible until",
    "opens": "Was expected to open",
    "engagement": "Early talks were to last until",
    "decision": "Decision was expected",
    "starts": "Was to start",
    "ends": "Was to end",
    "extends": "Could have been extended to",
}


def _as_ended(steps: list[Step], opportunity: Opportunity, now: datetime) -> list[Step]:
    """Say of dates that will not come any more what they were to be: all of them once it is cancelled, those before
    the deadline once it has closed early or been awarded."""
    stage = opportunity.stage_at(now)
    if stage not in _ENDED:
        return steps
    over = set(_WAS) if stage is Stage.CANCELLED else {"closes", "questions", "opens", "engagement"}
    known = [step for step in steps if stage is not Stage.CANCELLED or step.state != "unknown"]
    return [
        replace(step, label=_WAS[step.key], state="over", note="")
        if step.state == "later" and step.key in over
        else step
        for step in known
    ]


def _with_next(steps: list[Step]) -> list[Step]:
    """Mark the first date that lies ahead, so that the eye finds where the process stands."""
    ahead = next((index for index, step in enumerate(steps) if step.state == "later"), None)
    if ahead is not None:
        steps[ahead] = replace(steps[ahead], state="next")
    return steps


_UNSAID = {
    "published": "when it was published",
    "opens": "when it will open",
    "closes": "when it closes",
    "decision": "when the decision will be made",
    "starts": "when the work or the money starts",
    "ends": "when it ends",
}


def unsaid_words(steps: Sequence[Step]) -> str:
    """Return "The notice does not say when the decision will be made.", empty when every usual date is stated."""
    unsaid = [_UNSAID[step.key] for step in steps if step.state == "unknown" and step.key in _UNSAID]
    if not unsaid:
        return ""
    *first, last = unsaid
    return f"The notice does not say {', '.join(first)}{' or ' if first else ''}{last}."


_CHANGED = {
    "closes_at": "Deadline moved",
    "value": "Value changed",
    "title": "Title changed",
    "lots_cancelled": "Lots cancelled",
}
_STAGES = {
    Stage.PLANNED: "Planned",
    Stage.ENGAGEMENT: "Early talks began",
    Stage.OPEN: "Opened for applications",
    Stage.AWARDED: "Awarded",
    Stage.CANCELLED: "Cancelled",
    Stage.CLOSED: "Closed",
}
_ENDED = (Stage.AWARDED, Stage.CANCELLED, Stage.CLOSED)


def change_in_words(change: Change) -> ChangeInWords:
    """Return one change of the process's history in words."""
    when = moment_words(change.at) if change.at else NOT_STATED
    if change.field == "stage":
        return ChangeInWords(_stage_words(change), when)
    if change.field == "closes_at" and change.old is None:
        return ChangeInWords(f"Deadline set: {_told(change.field, change.new)}", when)
    old, new = _told(change.field, change.old), _told(change.field, change.new)
    note = _by_days_words(change) if change.field == "closes_at" else ""
    return ChangeInWords(_CHANGED.get(change.field, change.field), when, old, new, note)


def _stage_words(change: Change) -> str:
    if change.new == Stage.OPEN and change.old in _ENDED:
        return "Open again"
    return _STAGES[Stage(change.new)] if change.new else NOT_STATED


def _told(field: str, text: str | None) -> str:
    """Return a stored value in words: deadlines as dates, values as money."""
    if text is None:
        return "none" if field == "lots_cancelled" else NOT_STATED
    if field == "closes_at":
        return deadline_words(datetime.fromisoformat(text))
    return exact_money_words(float(text)) if field == "value" else text


def _by_days_words(change: Change) -> str:
    if change.old is None or change.new is None:
        return ""
    return _by_days(datetime.fromisoformat(change.new) - datetime.fromisoformat(change.old))


def _by_days(moved: timedelta) -> str:
    if abs(moved) < timedelta(days=1):
        return "on the same day" if not moved else f"{'later' if moved > timedelta() else 'earlier'} by hours"
    days = round(abs(moved) / timedelta(days=1))
    return f"{plural(days, 'day')} {'later' if moved > timedelta() else 'earlier'}"


def moved_words(changes: Sequence[Change]) -> str:
    """Return "The deadline moved twice, 14 days later in all", empty when it never moved."""
    moves = deadline_moves(changes)
    if not moves:
        return ""
    moved = datetime.fromisoformat(moves[-1].new or "") - datetime.fromisoformat(moves[0].old or "")
    return f"The deadline moved {times_words(len(moves))}, {_by_days(moved)}{' in all' if len(moves) > 1 else ''}."
