"""Hidden: the opportunities of which a person said "not for us". Nothing more is told of them, to that person only.

Hiding twice is the same as hiding once, and showing again undoes it. What was left out of an e-mail in between is not
told later; what happens from then on is.
"""

import sqlite3
from datetime import datetime

import msgspec

from tenderbell.clock import stamp
from tenderbell.opportunity import redirected


class Hidden(msgspec.Struct, frozen=True):
    """An opportunity that somebody hid, under the id that it had then, and when."""

    opportunity: str
    at: str


def hide(db: sqlite3.Connection, subscriber: int, opportunity: str, now: datetime) -> None:
    """Tell a subscriber no more of an opportunity, inside the caller's transaction."""
    db.execute("insert or ignore into hidden values (?, ?, ?)", (subscriber, opportunity, stamp(now)))


def show(db: sqlite3.Connection, subscriber: int, *opportunities: str) -> None:
    """Tell a subscriber again of an opportunity, under every id that it is or was known by, inside the caller's
    transaction."""
    db.executemany(
        "delete from hidden where subscriber = ? and opportunity = ?", [(subscriber, id) for id in opportunities]
    )


def hides(db: sqlite3.Connection, subscriber: int, opportunity: str) -> bool:
    """Return whether a subscriber hid the opportunity of exactly this id."""
    found = db.execute("select 1 from hidden where subscriber = ? and opportunity = ?", (subscriber, opportunity))
    return found.fetchone() is not None


def ids(db: sqlite3.Connection, subscriber: int, public: sqlite3.Connection | None = None) -> frozenset[str]:
    """Return the ids of all that a subscriber hid; with `public.db` also those under which they go on after a merge:
    who did not want the one does not want what it has become."""
    found = {one.opportunity for one in listed(db, subscriber)}
    if public is not None:
        found |= {heir for id in tuple(found) if (heir := redirected(public, id))}
    return frozenset(found)


def listed(db: sqlite3.Connection, subscriber: int) -> tuple[Hidden, ...]:
    """Return what a subscriber hid, the newest first."""
    rows = db.execute(
        "select opportunity, at from hidden where subscriber = ? order by at desc, opportunity", (subscriber,)
    )
    return tuple(Hidden(*row) for row in rows)
