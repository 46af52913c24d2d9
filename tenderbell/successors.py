"""Successors: when a contract or grant ends, has what follows it been advertised? (The Code, 3.4.)

A successor is a later process of the same buyer about the same subject. Notices seldom say so, so it is judged by what
both state, and said with the reason. Silence means only that nothing was seen.
"""

import sqlite3
from collections.abc import Collection
from datetime import datetime, timedelta

from tenderbell.clock import instant, stamp
from tenderbell.compiling.joining.likeness import words_of
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity
from tenderbell.vocabulary import Stage

EARLIEST = timedelta(days=3 * 365)
"""So long before the end what follows may be announced; what came earlier is another thing."""

LATEST = timedelta(days=365)
MOST_CANDIDATES = 100
LEAST_SHARE = 0.5
"""Of the telling words of the shorter title, so many must stand in both."""

CPV_CLASS = 4
"""Digits of a CPV code that name the class: 8531 is social work services."""

LETTERS = 4
"""Shorter words tell little."""

_AHEAD = (Stage.PLANNED, Stage.ENGAGEMENT, Stage.OPEN, Stage.CLOSED, Stage.AWARDED)


class Successor(Record, frozen=True):
    """What follows an ending contract: its id, title and stage, and `why` we think so, in a sentence."""

    id: str
    title: str
    stage: Stage
    why: str


def successor_of(db: sqlite3.Connection, ended: Opportunity) -> Successor | None:
    """Return what follows a contract or grant that ends, the newest of several, None when nothing was seen."""
    if ended.ends_at is None:
        return None
    return _stated(db, ended) or _judged(db, ended, ended.ends_at)


def _stated(db: sqlite3.Connection, ended: Opportunity) -> Successor | None:
    """Return what the notices themselves connect with it, and what came after it."""
    row = db.execute(
        "with other (key) as ("
        "select bond.b from process as mine join bond on bond.a = mine.key and bond.bond = 'related' "
        "where mine.opportunity = ?1 union "
        "select bond.a from process as mine join bond on bond.b = mine.key and bond.bond = 'related' "
        "where mine.opportunity = ?1) "
        "select o.id, o.title, o.stage from other join process as its on its.key = other.key "
        "join opportunity as o on o.id = its.opportunity "
        "where o.id <> ?1 and o.number > ?2 and o.stage <> 'cancelled' order by o.number desc limit 1",
        (ended.id, ended.number),
    ).fetchone()
    return Successor(row["id"], row["title"], Stage(row["stage"]), "Its notices name this one.") if row else None


def _judged(db: sqlite3.Connection, ended: Opportunity, ends_at: datetime) -> Successor | None:
    subjects, words = _subjects_of(ended), telling_words(ended.title)
    for row in _candidates(db, ended, ends_at):
        if row["stage"] not in _AHEAD:
            continue
        shared = words & telling_words(row["title"])
        smaller = min(len(words), len(telling_words(row["title"])))
        if smaller and len(shared) / smaller >= LEAST_SHARE and _is_of(db, row["number"], subjects, shared):
            named = "”, “".join(sorted(shared))
            why = f"The same commissioner, and “{named}” in both titles."
            return Successor(row["id"], row["title"], Stage(row["stage"]), why)
    return None


def _candidates(db: sqlite3.Connection, ended: Opportunity, ends_at: datetime) -> list[sqlite3.Row]:
    """Return later processes of the same buyer that were published around the end, newest first."""
    rows = db.execute(
        "select number, id, title, stage, published_at, starts_at from opportunity "
        "where buyer_id = ? and number > ? order by number desc limit ?",
        (ended.buyer_id, ended.number, MOST_CANDIDATES),
    ).fetchall()
    first, last = stamp(ends_at - EARLIEST), stamp(ends_at + LATEST)
    return [row for row in rows if first <= (row["published_at"] or "") <= last and not _began_before(row, ended)]


def _began_before(row: sqlite3.Row, ended: Opportunity) -> bool:
    """Return whether a process runs beside the ending one and does not follow it: it starts long before the other
    ends."""
    starts = instant(row["starts_at"])
    return starts is not None and ended.ends_at is not None and starts < ended.ends_at - LATEST


def _subjects_of(opportunity: Opportunity) -> set[tuple[str, str]]:
    codes = {("cpv", subject.code[:CPV_CLASS]) for subject in opportunity.subjects if subject.scheme == "CPV"}
    return codes | {("theme", theme) for theme in opportunity.themes}


def _is_of(db: sqlite3.Connection, number: int, subjects: set[tuple[str, str]], shared_words: Collection[str]) -> bool:
    """Return whether a candidate is about the same: a class or theme in common; where one of the two states neither,
    two words in common must do."""
    rows = db.execute(
        "select field, value from opportunity_tag where number = ? and field in ('cpv', 'theme')", (number,)
    )
    its = {(row["field"], row["value"][:CPV_CLASS] if row["field"] == "cpv" else row["value"]) for row in rows}
    return bool(its & subjects) if its and subjects else len(shared_words) > 1


def telling_words(title: str) -> frozenset[str]:
    """Return the words of a title that say what it is about, without numbers and plural endings."""
    return frozenset(word.removesuffix("s") for word in words_of(title) if word.isalpha() and len(word) >= LETTERS)
