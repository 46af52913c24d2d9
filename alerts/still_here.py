"""Still here: a short word to whoever asked for one, after a calendar month in which a search sent them nothing.

It is due from 08:30 UK time on the first of the month and for a week after, so that a run that was missed is made good
and no word comes when the month is forgotten. The message and its note in `digest`, unique on the subscriber and the
month, are committed together: writing twice is the same as once. Nothing else is ever sent for the sake of sending.
"""

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from alerts import contents, messages, outbox, subscribers, suppression, tokens
from alerts.addresses import Address
from alerts.outbox import Message, Sort
from alerts.pauses import is_paused
from alerts.periods import SENDING_TIME
from alerts.shelf import Shelf
from alerts.tokens import Scope
from tenderbell.clock import UK, stamp, uk, uk_day_start
from tenderbell.database import transaction
from tenderbell.phrases import plural
from tenderbell.settings import Settings

CATCHING_UP = timedelta(days=7)
"""How long after its time the word is still sent."""


class Month(msgspec.Struct, frozen=True):
    """A UK calendar month that is over: its first day, and the day after its last."""

    first: date
    after: date

    @property
    def name(self) -> str:
        """The name that it is noted under: "2026-11"."""
        return f"{self.first:%Y-%m}"


def write(db: sqlite3.Connection, public: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Write the words that are due and return how many that were."""
    month = due(now)
    if month is None:
        return 0
    shelf, written = Shelf(public, settings, now), 0
    for row in db.execute(f"select distinct p.subscriber {_QUIET} order by p.subscriber", _values(month)).fetchall():
        with transaction(db):
            written += _write_one(db, shelf, row["subscriber"], month)
    return written


def due(now: datetime) -> Month | None:
    """Return the month that a word may be due for now; None when it is too early or too late for one."""
    today = uk(now).date()
    after = today.replace(day=1)
    begins = datetime.combine(after, SENDING_TIME, UK)
    if not begins <= now < begins + CATCHING_UP:
        return None
    return Month((after - timedelta(days=1)).replace(day=1), after)


_QUIET = (
    "from profile p where p.still_here and p.ended_at is null and p.created_at < :start "
    "and not exists (select 1 from match m join outbox o on o.id = m.outbox where m.profile = p.id "
    "and m.state = 'claimed' and o.state <> 'failed' and o.created_at >= :start and o.created_at < :end) "
    "and not exists (select 1 from digest d where d.subscriber = p.subscriber "
    "and d.frequency = 'still-here' and d.period = :month)"
)
"""The searches that asked for a word, lived through the whole month and told nothing in it."""


def _values(month: Month) -> dict[str, str]:
    start, end = (stamp(uk_day_start(day)) for day in (month.first, month.after))
    return {"start": start, "end": end, "month": month.name}


def _write_one(db: sqlite3.Connection, shelf: Shelf, subscriber: int, month: Month) -> int:
    rows = db.execute(
        f"select p.* {_QUIET} and p.subscriber = :subscriber order by p.id", _values(month) | {"subscriber": subscriber}
    )
    quiet = [row for row in rows if not is_paused(row, shelf.now)]
    if not quiet or suppression.stops(db, subscriber):
        return 0
    id = outbox.put(db, _letter(db, shelf, subscriber, quiet, month), shelf.now)
    db.execute("insert into digest values (?, ?, ?, ?)", (subscriber, Sort.STILL_HERE, month.name, id))
    return 1


def _letter(
    db: sqlite3.Connection, shelf: Shelf, subscriber: int, profiles: Sequence[sqlite3.Row], month: Month
) -> Message:
    owner = subscribers.find(db, subscriber)
    if owner is None:
        raise LookupError(f"Profile of subscriber {subscriber}, who is not in the table.")
    everything = tokens.make(db, Scope.END_ALL, subscriber)
    what = "your search" if len(profiles) == 1 else plural(len(profiles), "search", "of your searches")
    return messages.compose(
        shelf.settings,
        Sort.STILL_HERE,
        Address(owner.email, owner.address),
        f"Still here: nothing for {what} in {month.first:%B}",
        {
            **contents.foot(db, shelf, subscriber, owner.email, profiles, everything),
            "sentence": f"We found nothing to tell you for {what} in {month.first:%B %Y}.",
        },
        shelf.now,
        subscriber=subscriber,
        extra=messages.list_headers(shelf.settings, everything),
    )
