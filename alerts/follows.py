"""Following: one opportunity that a person wants to hear of until it is over, whether or not a search finds it.

A follow is a profile with `follows`, the opportunity's id when it began; it goes on when that is merged into another.
It hears of every change (`recording`) and reminds before the deadline (`reminders`). Once it is over and nothing about
it is left to be told, it ends by itself; ending twice is the same as once.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

from alerts import ending, hidden, published
from alerts.reminders import day_of
from alerts.shelf import Shelf
from alerts.wishes import REMINDERS
from tenderbell.clock import stamp, uk
from tenderbell.database import transaction
from tenderbell.opportunity import Opportunity, ids_of
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency, Stage

USUAL_REMINDER = 7
AFTER_CLOSING = timedelta(days=30)
"""How long something that has closed is still followed: an award is often told by then."""

_OVER = frozenset({Stage.AWARDED, Stage.CANCELLED})


def start(
    db: sqlite3.Connection,
    settings: Settings,
    subscriber: int,
    follows: str,
    name: str,
    frequency: Frequency,
    reminder_days: int | None,
    now: datetime,
) -> int:
    """Start to follow an opportunity inside the caller's transaction and return the profile's number. Nothing from
    before is told, and it is hidden no more. Following twice is the same as once, except that the later wish for a
    reminder stands."""
    with published.reading(settings) as public:
        watermark = published.newest_event(public) if public else 0
        known_as = ids_of(public, follows) if public else [follows]
    hidden.show(db, subscriber, *known_as)
    found = _current(db, subscriber, known_as)
    if found:
        db.execute("update profile set reminder_days = ? where id = ?", (reminder_days, found))
        return found
    row = db.execute(
        "insert into profile (subscriber, name, criteria, frequency, awards, watermark, created_at, follows, "
        "reminder_days) values (?, ?, '', ?, 1, ?, ?, ?, ?) returning id",
        (subscriber, name, frequency, watermark, stamp(now), follows, reminder_days),
    ).fetchone()
    return int(row[0])


def _current(db: sqlite3.Connection, subscriber: int, known_as: list[str]) -> int | None:
    """Return the living follow of an opportunity, under whichever of its ids it began."""
    row = db.execute(
        "select id from profile where subscriber = ? and ended_at is null "
        f"and follows in ({', '.join('?' * len(known_as))}) order by id",
        (subscriber, *known_as),
    ).fetchone()
    return int(row[0]) if row else None


def reminders_left(opportunity: Opportunity, now: datetime) -> tuple[int, ...]:
    """Return the reminders that can still be asked for: those whose day has not come yet; all when there is no
    deadline yet. None of them when it is over."""
    if opportunity.stage_at(now) in _OVER | {Stage.CLOSED}:
        return ()
    if opportunity.closes_at is None:
        return REMINDERS
    today = uk(now).date()
    return tuple(days for days in REMINDERS if day_of(opportunity.closes_at, days) > today)


def end_what_is_over(db: sqlite3.Connection, shelf: Shelf) -> None:
    """End the follows that are over, in one transaction. Twice is as once."""
    rows = db.execute("select * from profile where follows is not null and ended_at is null order by id").fetchall()
    known = [(row, found) for row in rows if (found := shelf.opportunity(row["follows"]))]
    over = [row for row, opportunity in known if _is_over(opportunity, shelf.now)]
    if over:
        with transaction(db):
            _end(db, shelf, over)


def _is_over(opportunity: Opportunity, now: datetime) -> bool:
    stage = opportunity.stage_at(now)
    if stage is Stage.CLOSED:
        closed = opportunity.closes_at or opportunity.updated_at or opportunity.published_at
        return closed is not None and closed + AFTER_CLOSING <= now
    return stage in _OVER


def _end(db: sqlite3.Connection, shelf: Shelf, over: Iterable[sqlite3.Row]) -> None:
    """End follows of what is over once nothing about it is left to be told: no event unmatched, no match that waits, no
    e-mail on its way (ending a profile would withdraw it)."""
    row = db.execute("select cursor from step where name = 'match'").fetchone()
    if row is None or row["cursor"] < published.newest_event(shelf.public):
        return
    for profile in over:
        if not db.execute(_UNTOLD, (profile["id"],)).fetchone():
            ending.end(db, [profile["id"]], profile["subscriber"], "over", shelf.now)


_UNTOLD = (
    "select 1 from match left join outbox on outbox.id = match.outbox where match.profile = ? and (match.state = "
    "'waiting' or outbox.state in ('pending', 'sending') or (outbox.state = 'unknown' and outbox.not_before < '9999'))"
)
