"""What happened to an opportunity between two compilations: the events that alerts follow."""

from datetime import datetime

import msgspec

from tenderbell.clock import stamp
from tenderbell.opportunity import Opportunity
from tenderbell.vocabulary import LIVE_STAGES, EventType, Stage

_ENDINGS = {
    Stage.CANCELLED: EventType.CANCELLED,
    Stage.AWARDED: EventType.AWARDED,
    Stage.CLOSED: EventType.CLOSED,
}
_UNTOLD = frozenset(
    {
        "updated_at", "notices", "sources", "evidence", "doubts", "changes", "stage_evidence", "number",
        "findings", "warning_days", "first_early_at", "awarded_at", "scoring", "minimum_requirements", "monitoring",
        "feedback", "contact", "glossary",
    }
)  # fmt: skip
"""Fields whose change alone is no event: they say how we know, not what is so, or what it shows about the Code."""


class Happening(msgspec.Struct, frozen=True):
    """An event that has no number yet."""

    type: EventType
    old: str | None = None
    new: str | None = None


def happenings(old: Opportunity | None, new: Opportunity) -> list[Happening]:
    """Return what happened, at most one of each type; empty when nothing that anyone could search has changed."""
    if old is None:
        return [Happening(EventType.NEW)]
    found = _stage_happening(old.stage, new.stage)
    types = {happening.type for happening in found}
    if old.closes_at != new.closes_at and EventType.OPENED not in types:
        found.append(Happening(EventType.DEADLINE, _stamp(old.closes_at), _stamp(new.closes_at)))
    if old.value != new.value and EventType.AWARDED not in types:
        found.append(Happening(EventType.VALUE, _amount(old.value), _amount(new.value)))
    if not found and _said(old) != _said(new):
        found.append(Happening(EventType.REVISED))
    return found


def _stage_happening(old: Stage, new: Stage) -> list[Happening]:
    if old is new:
        return []
    if new in _ENDINGS:
        return [Happening(_ENDINGS[new], old, new)]
    if old not in LIVE_STAGES:
        return [Happening(EventType.REOPENED, old, new)]
    return [Happening(EventType.OPENED, old, new)] if new is Stage.OPEN else []


def _said(opportunity: Opportunity) -> dict[str, object]:
    fields = msgspec.structs.asdict(opportunity)
    return {name: value for name, value in fields.items() if name not in _UNTOLD}


def _stamp(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def _amount(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}".removesuffix(".00")
