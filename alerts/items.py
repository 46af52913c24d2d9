"""Items: what a digest says about one opportunity, the same for the text and the HTML."""

from datetime import datetime

import msgspec

from alerts import links
from alerts.rendering import Piece
from tenderbell.facts import Deadline, deadline, where_words, worth
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import NOT_STATED, kind_words, notice_words
from tenderbell.settings import Settings
from tenderbell.text import safe_link
from tenderbell.vocabulary import LIVE_STAGES


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a digest says about an opportunity to everybody, all in words. `dates` is its calendar file, None when it
    has no date to come."""

    title: str
    url: str
    dates: str | None
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


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One opportunity in one person's digest. `facts` and `ways` (links) are the same for everybody; the others are for
    this person: `changes`, empty for news; `reasons`, (search, why) pairs, the search "" for a follow; `doubts`, why
    maybe not; `not_for_us`, the page on which it is hidden."""

    title: str
    url: str
    facts: Piece
    ways: Piece
    changes: tuple[str, ...]
    reasons: tuple[tuple[str, str], ...]
    doubts: tuple[str, ...]
    not_for_us: str


def facts_of(settings: Settings, opportunity: Opportunity, now: datetime) -> Facts:
    """Return the facts of an opportunity in words: what is the same for everybody who is told of it."""
    date, value = deadline(opportunity, now), worth(opportunity)
    where = where_words(opportunity, settings.area)
    return Facts(
        title=opportunity.title,
        url=links.opportunity(settings, opportunity.id),
        dates=links.dates(settings, opportunity.id) if _is_ahead(opportunity, date, now) else None,
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


def _is_ahead(opportunity: Opportunity, date: Deadline, now: datetime) -> bool:
    """Return whether there is a date that is worth putting into a calendar."""
    return opportunity.stage_at(now) in LIVE_STAGES and date.at is not None and date.at > now


def _dated(date: Deadline) -> str:
    """Return "12 noon, Friday 10 April 2026 (in 3 days)", or "cancelled, was due 12 noon, Friday 10 April 2026"."""
    if date.full.startswith("was due "):
        return f"{date.left}, {date.full}"
    return f"{date.full} ({date.left})" if date.full and date.left else date.full or date.left


def _source_title(settings: Settings, id: str) -> str:
    return next((source.title for source in settings.edition.sources if source.id == id), id)
