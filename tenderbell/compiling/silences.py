"""Buyers that are silent for longer than is usual for them.

A source can answer well and yet have lost one body: it moved to another portal, or writes its name in another way. So
the habit of each body of the area is computed from the days on which it published, over the last two years. It is
*silent* when nothing came for more than 30 days and for more than three times the gap that nine in ten of its gaps do
not exceed. Fewer than five days of publication are no habit. A small body may simply have nothing to offer, so this
is for a human to look at, and no alarm.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import ceil

import msgspec

from tenderbell.area import Area
from tenderbell.clock import stamp, uk

MEMORY = timedelta(days=730)
LEAST_DAYS = 5
LEAST_SILENCE = 30
TIMES_USUAL = 3


class Habit(msgspec.Struct, frozen=True):
    """How often a body publishes: on how many days it did, the gap in days that nine in ten of its gaps do not exceed,
    and from how many days on its silence is longer than that explains."""

    publications: int
    usual_days: int
    longest_days: int


def habit(days: Iterable[date]) -> Habit | None:
    """Return the habit that days of publication show, None when they are too few."""
    line = sorted(set(days))
    if len(line) < LEAST_DAYS:
        return None
    gaps = sorted((later - earlier).days for earlier, later in pairwise(line))
    usual = gaps[ceil(0.9 * len(gaps)) - 1]
    return Habit(len(line), usual, max(LEAST_SILENCE, TIMES_USUAL * usual))


def is_silent(days: Sequence[date], today: date) -> bool:
    """Return whether a body that published on these days has been silent for longer than its habit."""
    found = habit(days)
    return found is not None and (today - max(days)).days > found.longest_days


def write_silences(db: sqlite3.Connection, area: Area, now: datetime) -> None:
    """Write the silent bodies of the area afresh, inside the caller's transaction. An edition that holds everything has
    thousands of buyers and no body of its own: it is left out."""
    db.execute("delete from buyer_silence")
    if area.everything:
        return
    portals = {body.id: body.portal for body in area.bodies}
    for id, (name, moments) in _published(db, now).items():
        days = [uk(moment).date() for moment in moments]
        found = habit(days)
        if found and is_silent(days, uk(now).date()):
            db.execute(
                "insert into buyer_silence (id, name, last_published_at, publications, usual_days, longest_days, "
                "portal) values (?, ?, ?, ?, ?, ?, ?)",
                (id, name, stamp(max(moments)), *msgspec.structs.astuple(found), portals.get(id)),
            )


def _published(db: sqlite3.Connection, now: datetime) -> dict[str, tuple[str, list[datetime]]]:
    """Return the name of each local body, and the instants at which it published."""
    rows = db.execute(
        "select b.id, b.name, n.published_at from buyer b join opportunity o on o.buyer_id = b.id "
        "join notice n on n.opportunity = o.id where b.local and n.published_at between ? and ?",
        (stamp(now - MEMORY), stamp(now)),
    )
    found: dict[str, tuple[str, list[datetime]]] = {}
    for id, name, at in rows:
        found.setdefault(id, (name, []))[1].append(datetime.fromisoformat(at))
    return found
