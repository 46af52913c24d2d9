"""Changes in words: what was, and what is."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime

from tenderbell.clock import instant
from tenderbell.facts import worth
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import deadline_words, exact_money_words
from tenderbell.vocabulary import EventType, Stage


def changes_of(opportunity: Opportunity, changes: Iterable[sqlite3.Row]) -> Iterator[str]:
    """Tell each sort of change once: what was before the first of them, and what is now. `changes` are matches in the
    order of their events."""
    by_type: dict[str, list[sqlite3.Row]] = {}
    for change in changes:
        by_type.setdefault(change["type"], []).append(change)
    if opportunity.stage is Stage.CANCELLED:
        reason = f": {opportunity.cancel_reason}" if opportunity.cancel_reason else "."
        yield f"Cancelled{reason}"
        return
    if EventType.REOPENED in by_type:
        yield "Reopened."
    if EventType.OPENED in by_type:
        yield "Now open for applications."
    if found := by_type.get(EventType.DEADLINE):
        yield _deadline_change(found[0]["old"], opportunity.closes_at)
    if found := by_type.get(EventType.VALUE):
        yield _value_change(found[0]["old"], opportunity)
    if EventType.AWARDED in by_type:
        suppliers = ", ".join(supplier.name for supplier in opportunity.suppliers)
        yield f"Awarded to {suppliers}." if suppliers else "Awarded."


def headline_of(opportunity: Opportunity, changes: Iterable[sqlite3.Row]) -> str:
    """Return what happened in two words, for a subject: "Deadline moved"; "Changed" when it is more than one thing."""
    if opportunity.stage is Stage.CANCELLED:
        return "Cancelled"
    types = {change["type"] for change in changes} & _HEADLINES.keys()
    return _HEADLINES[types.pop()] if len(types) == 1 else "Changed"


_HEADLINES: dict[str, str] = {
    EventType.REOPENED: "Reopened",
    EventType.OPENED: "Now open",
    EventType.DEADLINE: "Deadline changed",
    EventType.VALUE: "Value changed",
    EventType.AWARDED: "Awarded",
}


def _deadline_change(old: str | None, closes_at: datetime | None) -> str:
    before, after = instant(old), closes_at
    if before and after:
        return f"Deadline moved from {deadline_words(before)} to {deadline_words(after)}."
    return f"Deadline now stated: {deadline_words(after)}." if after else "The deadline is no longer stated."


def _value_change(old: str | None, opportunity: Opportunity) -> str:
    """Tell both values to the pound, so that a small change is not rounded away."""
    now = worth(opportunity)
    if not now.stated:
        return "The value is no longer stated."
    after = now.words if opportunity.value is None else exact_money_words(opportunity.value)
    return f"Value changed from {exact_money_words(float(old))} to {after}." if old else f"Value now stated: {after}."
