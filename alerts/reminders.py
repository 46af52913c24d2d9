"""Reminders: a word before something closes, for who follows it, and for searches with `reminder_days` about what they
have told.

A reminder is a match of the type CLOSING, whose `new` is the deadline that it reminds of and whose event number is
below 0, so that no event of the compiler's has it. It is written once for a person and a deadline, once more for a
deadline that moved, and then no more. So writing reminders twice is the same as once: what is written is found again
by its deadline. A reminder that is dropped untold, because the deadline moved while it waited, does not count.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import msgspec

from alerts import periods
from alerts.profiles import CLOSING
from alerts.shelf import Shelf
from tenderbell.clock import instant, stamp, uk
from tenderbell.database import transaction
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import deadline_moment
from tenderbell.vocabulary import Frequency, Stage

MOST_REMINDERS = 2
"""One, and one more for a deadline that moved."""

WEEK_AHEAD = timedelta(days=6)
"""What lies before the next weekly e-mail: a weekly reminder comes early rather than late."""


class _Wish(msgspec.Struct, frozen=True):
    """A profile that wants to be reminded of an opportunity, and since when its owner has known of it."""

    profile: sqlite3.Row
    opportunity: Opportunity
    since: datetime | None


def write(db: sqlite3.Connection, shelf: Shelf) -> None:
    """Write the reminders that are due, in one transaction. Twice is as once."""
    wishes = [*_of_follows(db, shelf), *_of_searches(db, shelf)]
    due = [wish for wish in wishes if _is_due(wish, shelf.now)]
    if due:
        with transaction(db):
            for wish in due:
                _remind(db, shelf, wish)


def day_of(closes_at: datetime, days: int) -> date:
    """Return the UK day that lies so many days before the day on which something closes."""
    return deadline_moment(closes_at).date() - timedelta(days=days)


def is_current(match: sqlite3.Row, opportunity: Opportunity, now: datetime) -> bool:
    """Return whether a reminder that waits is still true: open, and the same deadline."""
    closes_at = opportunity.closes_at
    return closes_at is not None and stamp(closes_at) == match["new"] and opportunity.stage_at(now) is Stage.OPEN


def _of_follows(db: sqlite3.Connection, shelf: Shelf) -> Iterator[_Wish]:
    rows = db.execute(
        "select * from profile where follows is not null and reminder_days is not null and ended_at is null order by id"
    )
    for row in rows.fetchall():
        if opportunity := shelf.opportunity(row["follows"]):
            yield _Wish(row, opportunity, instant(row["created_at"]))


def _of_searches(db: sqlite3.Connection, shelf: Shelf) -> Iterator[_Wish]:
    """Return what searches have told, still find, and were not told to hide, among what closes in the next weeks."""
    longest = db.execute(f"select max(reminder_days) from profile p where {_REMINDS}").fetchone()[0]
    closing = _closing(shelf, timedelta(days=longest) + WEEK_AHEAD) if longest is not None else []
    if not closing:
        return
    for row in db.execute(_TOLD, {"closing": msgspec.json.encode(closing).decode()}).fetchall():
        opportunity = shelf.opportunity(row["closing"])
        if opportunity and shelf.matches(row["criteria"], opportunity):
            yield _Wish(row, opportunity, instant(row["told_at"]))


def _closing(shelf: Shelf, ahead: timedelta) -> list[tuple[str, str, str]]:
    """Return what is open and closes within `ahead`, or a day later: under each id that it may have been told by, its
    present id and its deadline."""
    until = shelf.now + ahead + timedelta(days=1)
    rows = shelf.public.execute(
        "select id, closes_at from opportunity where stage = 'open' and closes_at > ? and closes_at <= ?",
        (stamp(shelf.now), stamp(until)),
    ).fetchall()
    return [(name, row["id"], row["closes_at"]) for row in rows for name in shelf.names(row["id"])]


_REMINDS = "p.reminder_days is not null and p.follows is null and p.ended_at is null"

_TOLD = (
    "with closing as (select json_extract(value, '$[0]') as name, json_extract(value, '$[1]') as id, "
    "json_extract(value, '$[2]') as closes_at from json_each(:closing)) "
    "select p.*, c.id as closing, min(coalesce(o.created_at, m.matched_at)) as told_at from closing c "
    "join match m on m.opportunity = c.name join profile p on p.id = m.profile left join outbox o on o.id = m.outbox "
    f"where {_REMINDS} and m.state = 'claimed' and m.type <> 'closing' "
    "and not exists (select 1 from hidden h where h.subscriber = p.subscriber and h.opportunity = c.name) "
    "and not exists (select 1 from match r where r.opportunity = c.name and r.subscriber = p.subscriber "
    "and r.type = 'closing' and r.new = c.closes_at "
    "and (r.state = 'claimed' or r.profile = p.id and r.state = 'waiting')) "
    "group by p.id, c.id order by p.id, c.id"
)
"""The searches that want reminders, what they have told of what closes, and when they told it first."""


def _is_due(wish: _Wish, now: datetime) -> bool:
    """Return whether the day of the reminder has come: never the day on which the person first saw the deadline or an
    earlier one, since it was before their eyes then. From 08:30, as all e-mails."""
    closes_at, days = wish.opportunity.closes_at, wish.profile["reminder_days"]
    if closes_at is None or days is None or wish.since is None or wish.opportunity.stage_at(now) is not Stage.OPEN:
        return False
    seen, day = uk(wish.since).date(), day_of(closes_at, days)
    today = date.fromisoformat(periods.latest(Frequency.DAILY, now).name)
    ahead = WEEK_AHEAD if wish.profile["frequency"] == Frequency.WEEKLY else timedelta()
    return seen < today and seen < day <= today + ahead


def _remind(db: sqlite3.Connection, shelf: Shelf, wish: _Wish) -> None:
    """Remind of a deadline, unless the person was reminded of it, or twice of others, or this profile is about to."""
    profile, opportunity = wish.profile, wish.opportunity
    closes_at = stamp(opportunity.closes_at) if opportunity.closes_at else None
    rows = _reminders(db, profile["subscriber"], shelf.names(opportunity.id))
    own = [row for row in rows if row["profile"] == profile["id"]]
    told = {row["new"] for row in rows if row["state"] == "claimed"}
    told |= {row["new"] for row in own if row["state"] == "waiting"}
    if closes_at in told or len(told) >= MOST_REMINDERS:
        return
    db.execute(
        "insert into match (subscriber, profile, opportunity, event, type, new, matched_at) "
        "values (?, ?, ?, ?, ?, ?, ?)",
        (profile["subscriber"], profile["id"], opportunity.id, -1 - len(own), CLOSING, closes_at, stamp(shelf.now)),
    )
    db.execute("update profile set reminded_at = ? where id = ?", (stamp(shelf.now), profile["id"]))


def _reminders(db: sqlite3.Connection, subscriber: int, names: Iterable[str]) -> list[sqlite3.Row]:
    known = tuple(names)
    return db.execute(
        "select profile, new, state from match where subscriber = ? and type = ? "
        f"and opportunity in ({', '.join('?' * len(known))})",
        (subscriber, CLOSING, *known),
    ).fetchall()
