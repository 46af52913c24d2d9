"""Sent: what became of a person's e-mails, and what stood in them, told to that person.

Only rows are read that `outbox` and the digests have written; nothing here is counted or changed.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from alerts import tokens
from alerts.sections import Section
from alerts.tokens import Scope
from tenderbell.clock import instant, stamp
from tenderbell.facts import deadline
from tenderbell.opportunity import Opportunity, find, redirected

SHOWN_FOR = timedelta(days=90)
"""How far back a person sees what was sent."""

MOST_SHOWN = 200
"""So many e-mails are shown at most: two a day. Who is written to at once may have had more."""

STATES = {
    "pending": "waiting to be sent",
    "sending": "being sent",
    "sent": "taken by your mail server",
    "failed": "refused by your mail server",
    "unknown": "sent, but the line broke before your mail server had answered",
    "withdrawn": "not sent, because you had ended it by then",
}
SORTS = {
    "confirmation": "Please confirm",
    "link": "The link to your alerts",
    "digest": "What we found",
    "still-here": "Still here, nothing found",
}
"""The sorts of messages that a subscriber gets."""

UNNAMED = "In this e-mail"
"""The title over what was told before sections were kept."""

_ORDER = {section.value: place for place, section in enumerate(Section)}


class Line(msgspec.Struct, frozen=True):
    """One opportunity of an e-mail: its present `id`, None when it is gone; `item` is the token of the page on which it
    can be hidden; `is_shown` unless it stood behind "and N more"."""

    id: str | None
    title: str
    item: str
    is_shown: bool
    opportunity: Opportunity | None


class Part(msgspec.Struct, frozen=True):
    """One section of an e-mail: what stands in `match.section`, "" for what was told before that was kept."""

    section: str
    title: str
    lines: tuple[Line, ...]


class Letter(msgspec.Struct, frozen=True):
    """One e-mail: when it was written, what it was for, its subject, what became of it, and what stood in it. `told`
    is the token of the page that shows its opportunities."""

    at: datetime | None
    sort: str
    subject: str
    state: str
    told: str
    parts: tuple[Part, ...]


def letters(db: sqlite3.Connection, public: sqlite3.Connection, subscriber: int, now: datetime) -> tuple[Letter, ...]:
    """Return a subscriber's e-mails of the last 90 days, the newest first, at most `MOST_SHOWN`."""
    rows = db.execute(
        "select o.id, o.sort, o.subject, o.state, o.created_at from outbox o join subscriber s on s.address = o.address"
        f" where s.id = ? and o.created_at > ? and o.sort in ({', '.join('?' * len(SORTS))})"
        " order by o.id desc limit ?",
        (subscriber, stamp(now - SHOWN_FOR), *SORTS, MOST_SHOWN),
    )
    return tuple(_letter(db, public, row, now) for row in rows)


def letter(db: sqlite3.Connection, public: sqlite3.Connection, token: str, now: datetime) -> Letter | None:
    """Return the digest that a TOLD token speaks of; None when the token is not genuine or the e-mail is forgotten."""
    genuine = tokens.read(db, token, Scope.TOLD)
    if genuine is None:
        return None
    row = db.execute(
        "select id, sort, subject, state, created_at from outbox where id = ? and sort = 'digest'", (genuine.id,)
    ).fetchone()
    return _letter(db, public, row, now) if row else None


def behind(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the sections with only what stood behind "and N more"."""
    found = [Part(part.section, part.title, tuple(line for line in part.lines if not line.is_shown)) for part in parts]
    return tuple(part for part in found if part.lines)


def _letter(db: sqlite3.Connection, public: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> Letter:
    return Letter(
        instant(row["created_at"]),
        SORTS[row["sort"]],
        row["subject"],
        STATES[row["state"]],
        tokens.make(db, Scope.TOLD, row["id"]),
        _parts(db, public, row["id"], now) if row["sort"] == "digest" else (),
    )


def _parts(db: sqlite3.Connection, public: sqlite3.Connection, message: int, now: datetime) -> tuple[Part, ...]:
    """Return what a message told, each opportunity once, in the order of the e-mail: its sections, and within them what
    closes first."""
    rows = db.execute(
        "select min(id) as id, opportunity, section, max(coalesce(shown, 1)) as shown from match where outbox = ? "
        "group by opportunity order by min(id)",
        (message,),
    )
    by_section: dict[str, dict[str, Line]] = {}
    for row in rows:
        line = _line(db, public, row)
        by_section.setdefault(row["section"] or "", {}).setdefault(line.id or row["opportunity"], line)
    sections = sorted(by_section, key=lambda section: _ORDER.get(section, len(_ORDER)))
    return tuple(
        Part(section, _title(section), tuple(sorted(by_section[section].values(), key=lambda line: _when(line, now))))
        for section in sections
    )


def _title(section: str) -> str:
    return Section(section).heading if section in _ORDER else section or UNNAMED


def _when(line: Line, now: datetime) -> tuple[str, str]:
    date = deadline(line.opportunity, now).at if line.opportunity else None
    return (date.isoformat() if date else "9999", line.title)


def _line(db: sqlite3.Connection, public: sqlite3.Connection, row: sqlite3.Row) -> Line:
    found = present(public, row["opportunity"])
    item = tokens.make(db, Scope.ITEM, row["id"])
    title = found.title if found else "No longer here"
    return Line(found.id if found else None, title, item, bool(row["shown"]), found)


def present(public: sqlite3.Connection, id: str) -> Opportunity | None:
    """Return an opportunity as it is now, under its present id if it was merged; None when it is gone."""
    heir = redirected(public, id)
    return find(public, heir or id)
