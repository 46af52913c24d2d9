"""After a restore: what may have been told between the backup and the loss counts as told, and nothing else does.

The restored file does not know what was sent after it was copied. But it is known when e-mails go: daily ones at 08:30,
weekly ones on Monday, instant ones within minutes. So of each match that waits it can be said whether an e-mail that
tells it fell due in the time of which nothing is known. If none did, it surely was not told, and goes on waiting. If
one did, it was told in all likelihood, and is *held*: claimed by no message. Whoever holds something is told of its
changes and reminded of its deadline as if it had come (docs/decisions/2026-11-23-after-a-restore.md).

The same is asked of what the first runs afterwards bring: adverts that were published in that time are collected,
compiled and matched a second time. What the outbox had not sent yet becomes *unknown*, and is left to the operator.

`hold_again` may run at any time: held is held. `release` lets all of it be told after all.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from alerts import periods
from alerts.pauses import is_paused
from tenderbell.clock import instant, stamp
from tenderbell.database import transaction
from tenderbell.vocabulary import Frequency

PUBLISHED_BEFORE = timedelta(days=1)
"""How long before the backup an advert may have been published and still have been collected after it."""

LOOKS_BACK = timedelta(days=28)
"""How long after a restore what arrives is asked whether it was told before."""

REPLY = "Perhaps sent, before a backup was restored."
NEVER = "9999-12-31T00:00:00Z"

Moment = Callable[[sqlite3.Row], datetime | None]
"""Says of a match when it could be told at the earliest, None when that is not known."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What counts as told: matches of so many people, and messages of the outbox that may have gone."""

    matches: int = 0
    people: int = 0
    messages: int = 0


def settle(db: sqlite3.Connection, backed_up_at: datetime, now: datetime) -> Held:
    """Hold what may have been told since the copy was made, before the restored file is used, and note the restore."""
    with transaction(db):
        messages = db.execute(
            "update outbox set state = 'unknown', reply = ?, not_before = ?, lease_until = null "
            "where state in ('pending', 'sending') or (state = 'unknown' and not_before < '9999')",
            (REPLY, NEVER),
        ).rowcount
        db.execute(
            "insert into restoration (backed_up_at, restored_at) values (?, ?)", (stamp(backed_up_at), stamp(now))
        )
        _hold(db, backed_up_at, now, "matched_at <= ?", lambda match: instant(match["matched_at"]))
    return msgspec.structs.replace(held(db), messages=messages)


def note(db: sqlite3.Connection, backed_up_at: datetime, now: datetime) -> None:
    """Note a restore after which nothing is in doubt: the site was stopped before the copy was made."""
    with transaction(db):
        db.execute(
            "insert into restoration (backed_up_at, restored_at, nothing_lost) values (?, ?, 1)",
            (stamp(backed_up_at), stamp(now)),
        )


def hold_again(db: sqlite3.Connection, public: sqlite3.Connection, now: datetime) -> int:
    """Hold what has been matched since a restore and was published early enough to have been told before it; return how
    many matches that made. Nothing happens where no backup was restored lately."""
    rows = db.execute(
        "select backed_up_at, restored_at from restoration where restored_at > ? and not nothing_lost",
        (stamp(now - LOOKS_BACK),),
    ).fetchall()
    count = 0
    for row in rows:
        since, restored_at = datetime.fromisoformat(row[0]), datetime.fromisoformat(row[1])
        with transaction(db):
            count += _hold(db, since, restored_at, "matched_at >= ?", _publication(public, since - PUBLISHED_BEFORE))
    return count


def held(db: sqlite3.Connection) -> Held:
    """Return what is held now."""
    matches, people = db.execute(f"select count(*), count(distinct subscriber) from match where {HELD}").fetchone()
    messages = db.execute("select count(*) from outbox where state = 'unknown' and reply = ?", (REPLY,)).fetchone()[0]
    return Held(matches=matches, people=people, messages=messages)


def release(db: sqlite3.Connection, now: datetime) -> Held:
    """Let everything that is held be told after all, and return how much that was."""
    with transaction(db):
        found = held(db)
        db.execute(f"update match set state = 'waiting' where {HELD}")
        db.execute("update restoration set nothing_lost = 1")
        db.execute(
            "update outbox set state = 'pending', not_before = ?, reply = null where state = 'unknown' and reply = ?",
            (stamp(now), REPLY),
        )
    return found


HELD = "state = 'claimed' and outbox is null"
"""A match that counts as told, although no message tells it."""


def _hold(db: sqlite3.Connection, since: datetime, until: datetime, which: str, moment: Moment) -> int:
    """Hold the waiting matches (`which`, against `until`) whose e-mail fell due between the two instants, and what else
    waits for the same person about the same opportunity: that e-mail told it for all of their searches."""
    count = 0
    waiting = db.execute(
        "select m.id, m.subscriber, m.opportunity, m.event, m.type, m.matched_at, p.frequency, p.paused_at, "
        f"p.paused_until, p.resumed_at from match m join profile p on p.id = m.profile where m.state = 'waiting' "
        f"and m.type <> 'closing' and m.{which} order by m.id",
        (stamp(until),),
    ).fetchall()
    for match in waiting:
        due, told_from = _due(match, since, until), moment(match)
        if due is not None and told_from is not None and told_from < due and not is_paused(match, due):
            count += db.execute(
                f"update match set state = 'claimed' where state = 'waiting' and subscriber = ? and opportunity = ? "
                f"and type <> 'closing' and {which}",
                (match["subscriber"], match["opportunity"], stamp(until)),
            ).rowcount
    return count


def _due(match: sqlite3.Row, since: datetime, until: datetime) -> datetime | None:
    """Return the last moment between the two at which an e-mail of the match's profile went, None when none did."""
    frequency = Frequency(match["frequency"])
    if frequency is Frequency.INSTANT:
        return until
    end = periods.latest(frequency, until).end
    return end if end > since else None


def _publication(public: sqlite3.Connection, earliest: datetime) -> Moment:
    """Return what says when the notice behind a match was published, None before `earliest`: that would have been
    collected before the backup, so it is late, and news."""

    def moment(match: sqlite3.Row) -> datetime | None:
        row = public.execute("select at from event where number = ?", (match["event"],)).fetchone()
        published = instant(row["at"]) if row else None
        return published if published is not None and published >= earliest else None

    return moment
