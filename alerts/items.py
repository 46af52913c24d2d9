"""Items: what a digest says about one opportunity, the same for the text and the HTML."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from alerts import links
from alerts.profiles import CLOSING, FIRST
from tenderbell.clock import instant
from tenderbell.facts import Deadline, deadline, where_words, worth
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import NOT_STATED, deadline_words, exact_money_words, kind_words, notice_words
from tenderbell.settings import Settings
from tenderbell.text import safe_link
from tenderbell.vocabulary import LIVE_STAGES, EventType, Stage

NEWS = frozenset({"new", FIRST})
"""The types of matches that tell of something new to the person; all others tell of a change."""


class Section(StrEnum):
    """The sections of a digest, in their order."""

    NEW = "New"
    EARLY = "Early: not open yet, time to prepare"
    CLOSING = "Closing soon: you follow these"
    CHANGED = "Changed"
    OPEN_NOW = "Open now, from before you signed up"
    MISSED = "Came and went since our last e-mail"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One opportunity in a digest, all in words. `changes` is empty for news; `reasons` are (search, why) pairs, the
    search "" for a follow."""

    title: str
    url: str
    original: str | None
    source: str
    kind: str
    buyer: str
    worth_label: str
    worth: str
    deadline_label: str
    deadline: str
    soon: bool
    notice: str
    where: str
    sort_key: tuple[str, str]
    changes: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()


def section_of(opportunity: Opportunity, types: set[str], now: datetime) -> Section:
    """Return where an opportunity belongs, given the types of its matches: a thing that is new and cancelled within
    one period is shown once, as cancelled."""
    stage = opportunity.stage_at(now)
    if types == {CLOSING}:
        return Section.CLOSING
    if stage is Stage.CANCELLED or not types & NEWS:
        return Section.CHANGED
    if stage not in LIVE_STAGES:
        return Section.MISSED
    if types & NEWS == {FIRST}:
        return Section.OPEN_NOW
    return Section.NEW if stage is Stage.OPEN else Section.EARLY


def item_of(settings: Settings, opportunity: Opportunity, now: datetime) -> Item:
    """Return the facts of an opportunity in words: what is the same for everybody who is told of it."""
    date, value = deadline(opportunity, now), worth(opportunity)
    where = where_words(opportunity, settings.area)
    return Item(
        title=opportunity.title,
        url=links.opportunity(settings, opportunity.id),
        original=safe_link(opportunity.link),
        source=_source_title(settings, opportunity.source),
        kind=kind_words(opportunity.kind),
        buyer=opportunity.buyer or NOT_STATED,
        worth_label=value.label,
        worth=f"{value.words} {value.note}".strip(),
        deadline_label=date.label,
        deadline=_dated(date),
        soon=date.tone == "soon",
        notice=notice_words(opportunity.notice_days),
        where=f"{where} (unconfirmed)" if opportunity.unconfirmed else where,
        sort_key=(date.at.isoformat() if date.at else "9999", opportunity.title),
    )


def _dated(date: Deadline) -> str:
    """Return "12 noon, Friday 10 April 2026 (in 3 days)", or "cancelled, was due 12 noon, Friday 10 April 2026"."""
    if date.full.startswith("was due "):
        return f"{date.left}, {date.full}"
    return f"{date.full} ({date.left})" if date.full and date.left else date.full or date.left


def _source_title(settings: Settings, id: str) -> str:
    return next((source.title for source in settings.edition.sources if source.id == id), id)


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
