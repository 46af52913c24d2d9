"""Following: one opportunity that a person wants to hear of until it is over, whether or not a search finds it.

A follow is a profile with `follows`, the opportunity's id when it began; it goes on when that is merged into another.
It hears of every change (`recording`), and reminds once before the deadline: a match of the type CLOSING, whose `new`
is that deadline and whose event number is 0 or below, so that no event of the compiler's has it. Of a deadline that
moved it reminds once more, and then no more.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from alerts import ending, periods, published
from alerts.profiles import CLOSING
from alerts.shelf import Shelf
from tenderbell.clock import instant, stamp, uk
from tenderbell.database import transaction
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import deadline_moment
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency, Stage

REMINDERS = (14, 7, 3)
"""How many UK days before the deadline a reminder may be asked for."""

USUAL_REMINDER = 7
MOST_REMINDERS = 2
"""One, and one more for a deadline that moved."""

AFTER_CLOSING = timedelta(days=30)
"""How long something that has closed is still followed: an award is often told by then."""

WEEK_AHEAD = timedelta(days=6)
"""What lies before the next weekly e-mail: a weekly reminder comes early rather than late."""

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
    before is told. Following twice is the same as once, except that the later wish for a reminder stands."""
    with published.reading(settings) as public:
        watermark = published.newest_event(public) if public else 0
    found = _current(db, subscriber, follows)
    if found:
        db.execute("update profile set reminder_days = ? where id = ?", (reminder_days, found))
        return found
    row = db.execute(
        "insert into profile (subscriber, name, criteria, frequency, awards, watermark, created_at, follows, "
        "reminder_days) values (?, ?, '', ?, 1, ?, ?, ?, ?) returning id",
        (subscriber, name, frequency, watermark, stamp(now), follows, reminder_days),
    ).fetchone()
    return int(row[0])


def _current(db: sqlite3.Connection, subscriber: int, follows: str) -> int | None:
    row = db.execute(
        "select id from profile where subscriber = ? and follows = ? and ended_at is null", (subscriber, follows)
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
    return tuple(days for days in REMINDERS if _day(opportunity.closes_at, days) > today)


def update(db: sqlite3.Connection, shelf: Shelf, now: datetime) -> None:
    """Write the reminders that are due and end the follows that are over, in one transaction. Twice is as once."""
    rows = db.execute("select * from profile where follows is not null and ended_at is null order by id").fetchall()
    known = [(row, found) for row in rows if (found := shelf.opportunity(row["follows"]))]
    due = [(row, opportunity) for row, opportunity in known if _is_due(row, opportunity, now)]
    over = [(row, opportunity) for row, opportunity in known if _is_over(opportunity, now)]
    if not due and not over:
        return
    with transaction(db):
        for row, opportunity in due:
            _remind(db, row, opportunity, now)
        _end(db, shelf, over, now)


def _day(closes_at: datetime, days: int) -> date:
    """Return the UK day that lies so many days before the day on which something closes."""
    return deadline_moment(closes_at).date() - timedelta(days=days)


def _is_due(profile: sqlite3.Row, opportunity: Opportunity, now: datetime) -> bool:
    """Return whether the day of the reminder has come: never the day on which the follow began or an earlier one, since
    the page told the deadline then. From 08:30, as all e-mails."""
    closes_at, days = opportunity.closes_at, profile["reminder_days"]
    if closes_at is None or days is None or opportunity.stage_at(now) is not Stage.OPEN:
        return False
    began = instant(profile["created_at"])
    day = _day(closes_at, days)
    today = date.fromisoformat(periods.latest(Frequency.DAILY, now).name)
    ahead = WEEK_AHEAD if profile["frequency"] == Frequency.WEEKLY else timedelta()
    return began is not None and uk(began).date() < day <= today + ahead


def _remind(db: sqlite3.Connection, profile: sqlite3.Row, opportunity: Opportunity, now: datetime) -> None:
    """Remind of a deadline, unless it was done or has been done twice; one that was dropped untold does not count."""
    closes_at = stamp(opportunity.closes_at) if opportunity.closes_at else None
    rows = db.execute(
        "select new, state from match where profile = ? and type = ?", (profile["id"], CLOSING)
    ).fetchall()
    told = [row["new"] for row in rows if row["state"] != "dropped"]
    if closes_at in told or len(told) >= MOST_REMINDERS:
        return
    db.execute(
        "insert into match (subscriber, profile, opportunity, event, type, new, matched_at) "
        "values (?, ?, ?, ?, ?, ?, ?)",
        (profile["subscriber"], profile["id"], opportunity.id, -len(rows), CLOSING, closes_at, stamp(now)),
    )
    db.execute("update profile set reminded_at = ? where id = ?", (stamp(now), profile["id"]))


def is_current(match: sqlite3.Row, opportunity: Opportunity, now: datetime) -> bool:
    """Return whether a reminder that waits is still true: open, and the same deadline."""
    closes_at = opportunity.closes_at
    return closes_at is not None and stamp(closes_at) == match["new"] and opportunity.stage_at(now) is Stage.OPEN


def _is_over(opportunity: Opportunity, now: datetime) -> bool:
    stage = opportunity.stage_at(now)
    if stage is Stage.CLOSED:
        closed = opportunity.closes_at or opportunity.updated_at or opportunity.published_at
        return closed is not None and closed + AFTER_CLOSING <= now
    return stage in _OVER


def _end(db: sqlite3.Connection, shelf: Shelf, over: Iterable[tuple[sqlite3.Row, Opportunity]], now: datetime) -> None:
    """End follows of what is over once nothing about it is left to be told: no event unmatched, no match that waits, no
    e-mail on its way (ending a profile would withdraw it)."""
    row = db.execute("select cursor from step where name = 'match'").fetchone()
    if row is None or row["cursor"] < published.newest_event(shelf.public):
        return
    for profile, _ in over:
        if not db.execute(_UNTOLD, (profile["id"],)).fetchone():
            ending.end(db, [profile["id"]], profile["subscriber"], "over", now)


_UNTOLD = (
    "select 1 from match left join outbox on outbox.id = match.outbox where match.profile = ? and (match.state = "
    "'waiting' or outbox.state in ('pending', 'sending') or (outbox.state = 'unknown' and outbox.not_before < '9999'))"
)
