"""Taking: the next message is marked as *sending*, in the caller's transaction and before its first byte goes out.

It is taken only while it still waits, so two senders never have the same one. Whether somebody still wants it was asked
when it was built, and is asked again here. What the edition's limits do not let go now gets a later `not_before`.
"""

import sqlite3
from datetime import datetime
from time import monotonic

from alerts import suppression
from alerts.outbox import WANTED, untell
from alerts.pace import DOMAIN, LEASE
from alerts.runs import Run
from alerts.settling import finish
from alerts.turns import UNASKED
from tenderbell.clock import stamp

AT_ONCE = 10_000
"""Messages of which the order is made at a time."""

REFILL = 10.0
"""Seconds after which the order is made anew: what was written meanwhile shall have its turn too."""

DUE = "from outbox indexed by outbox_due where state in ('pending', 'unknown') and not_before <= ?"

_THIS = (
    f"select *, sort <> 'digest' or {WANTED} as wanted, exists (select 1 from suppression) as suppressing, "
    "(select content from body where body.outbox = outbox.id) as message from outbox "
    "where id = ? and state in ('pending', 'unknown') and not_before <= ?"
)


def count_due(db: sqlite3.Connection, now: datetime) -> int:
    """Return how many messages wait and may be sent now."""
    return int(db.execute(f"select count(*) {DUE}", (stamp(now),)).fetchone()[0])


def take(run: Run) -> sqlite3.Row | float | None:
    """Mark the next message as *sending* and return it, with its bytes as `message`; or return for how many seconds the
    pace lets nothing go; None when there is nothing to send, or enough was sent.

    Messages that nobody wants any more are withdrawn on the way.
    """
    moment = monotonic()
    while run.left > 0:
        now = run.settings.clock()
        if not _has_turns(run, moment, now) or _hold_for_the_day(run, now):
            return None
        if wait := run.pace.seconds_to_wait(run.db, moment):
            return wait
        turn = run.turns.next()
        if turn is None or _hold_for_a_minute(run, turn[1], now):
            continue
        row = run.db.execute(_THIS, (turn[0], stamp(now))).fetchone()
        if row is None:
            continue
        run.left -= 1
        if _may_go(run.db, row):
            return _mark(run, row, moment, now)
        _withdraw(run, row, now)
    return None


def _has_turns(run: Run, moment: float, now: datetime) -> bool:
    if not run.turns or moment - run.filled >= REFILL:
        rows = run.db.execute(
            f"select id, {DOMAIN}, sort {DUE} order by not_before, id limit {AT_ONCE}", (stamp(now),)
        ).fetchall()
        run.turns.fill(sorted(tuple(row) for row in rows))
        run.filled = moment
    return bool(run.turns)


def _hold_for_the_day(run: Run, now: datetime) -> bool:
    """Let everything wait until tomorrow if this day's messages are all sent."""
    tomorrow = run.pace.day_is_over(run.db, now)
    if tomorrow is None:
        return False
    run.report.held += run.db.execute(
        "update outbox set not_before = ? where state in ('pending', 'unknown') and not_before <= ?",
        (stamp(tomorrow), stamp(now)),
    ).rowcount
    run.turns.clear()
    return True


def _hold_for_a_minute(run: Run, domain: str, now: datetime) -> bool:
    """Let everything to one mail domain wait if it was sent enough in this minute."""
    free = run.pace.domain_is_full(run.db, domain, now)
    if free is None:
        return False
    run.report.held += run.db.execute(
        f"update outbox set not_before = ? where state in ('pending', 'unknown') and not_before <= ? and {DOMAIN} = ?",
        (stamp(free), stamp(now), domain),
    ).rowcount
    run.turns.drop(domain)
    return True


def _mark(run: Run, row: sqlite3.Row, moment: float, now: datetime) -> sqlite3.Row:
    run.db.execute(
        "update outbox set state = 'sending', attempts = attempts + 1, resends = resends + (state = 'unknown'), "
        "lease_until = ? where id = ?",
        (stamp(now + LEASE), row["id"]),
    )
    run.pace.note(run.db, moment)
    return row


def _withdraw(run: Run, row: sqlite3.Row, now: datetime) -> None:
    finish(run.db, row, "withdrawn", "Nobody wants it any more.", now)
    untell(run.db, row["id"])
    run.report.withdrawn += 1


def _may_go(db: sqlite3.Connection, row: sqlite3.Row) -> bool:
    """Return whether a message is wanted and its address may be written to. What a person has just asked for also goes
    to an address that bounced, which may work again; never to one that complained. What comes by itself does not."""
    reason = suppression.reason(db, row["address"]) if row["suppressing"] else None
    return bool(row["wanted"]) and (reason is None or (row["sort"] not in UNASKED and reason != suppression.COMPLAINT))
