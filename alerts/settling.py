"""Settling: how an attempt ended is written into the outbox, in the caller's transaction.

Every ending is a state; the same row settled twice ends the same. Nothing here asks the mail server anything.
"""

import sqlite3
from datetime import datetime, timedelta

from alerts import bounces, resting
from alerts.mailer import End, Outcome, mail_folder
from alerts.outbox import Sort, untell
from alerts.pace import LEASE
from alerts.runs import Run
from tenderbell.clock import instant, stamp
from tenderbell.settings import Settings

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP = timedelta(days=3)
FEWEST_ATTEMPTS = 5
"""A message that the server would not take for so long, asked so often, has failed. One that only waited its turn has
not."""

PUT_OFF = 20
"""So many messages put off one after another are the server's trouble, not theirs."""

NEVER = "9999-12-31T00:00:00Z"


def settle(run: Run, row: sqlite3.Row, outcome: Outcome) -> None:
    """Write down how an attempt ended. What a digest tells that no server would take in three days, and that cannot
    have arrived, waits for the next one. Of a message whose owner was erased meanwhile nothing is written down."""
    now = run.settings.clock()
    if not run.db.execute("select 1 from outbox where id = ?", (row["id"],)).fetchone():
        run.report.withdrawn += 1
    elif outcome.end is End.SENT:
        _take_note_of_success(run)
        finish(run.db, row, "sent", outcome.reply, now)
        run.report.sent += 1
    elif outcome.end is End.REFUSED or (outcome.end is End.LATER and _is_too_old(row, now)):
        finish(run.db, row, "failed", outcome.reply, now)
        run.report.failed += 1
        if outcome.end is End.REFUSED and outcome.reply.startswith("5"):
            bounces.refused(run.db, row, outcome.reply, now)
        if outcome.end is End.LATER and row["state"] == "pending":
            untell(run.db, row["id"])
    elif outcome.end is End.LATER:
        _postpone(run.db, row, outcome.reply, now)
        run.report.later += 1
        run.put_off += 1
    else:
        mark_unknown(run.db, run.settings, row, outcome.reply, now + LEASE)
        run.report.unknown += 1
    if outcome.stop or run.put_off >= PUT_OFF:
        _stop(run, outcome.reply, now)


def _take_note_of_success(run: Run) -> None:
    run.put_off = 0
    if not run.report.sent:
        resting.wake(run.db)


def _stop(run: Run, reply: str, now: datetime) -> None:
    """End the run: connections that are still busy settle what they have, and take nothing more."""
    run.left = 0
    if run.report.problem is None:
        run.report.problem = reply
        if mail_folder(run.settings.mail) is None:
            resting.rest(run.db, run.settings.mail, now)


def finish(db: sqlite3.Connection, row: sqlite3.Row, state: str, reply: str, now: datetime) -> None:
    """End a message. Those that carry a link to act with, and nothing to look up later, lose their body."""
    db.execute(
        "update outbox set state = ?, reply = ?, done_at = ?, lease_until = null where id = ?",
        (state, reply[:500], stamp(now), row["id"]),
    )
    if row["sort"] != Sort.DIGEST and state != "failed":
        db.execute("delete from body where outbox = ?", (row["id"],))


def _is_too_old(row: sqlite3.Row, now: datetime) -> bool:
    created = instant(row["created_at"])
    return created is not None and created + GIVE_UP <= now and row["attempts"] + 1 >= FEWEST_ATTEMPTS


def _postpone(db: sqlite3.Connection, row: sqlite3.Row, reply: str, now: datetime) -> None:
    """Let a message wait, twice as long each time. What was unknown stays so: this attempt did not reach DATA."""
    wait = min(FIRST_WAIT * 2 ** min(row["attempts"], 10), LONGEST_WAIT)
    db.execute(
        "update outbox set state = ?, resends = ?, reply = ?, not_before = ?, lease_until = null where id = ?",
        (row["state"], row["resends"], reply[:500], stamp(now + wait), row["id"]),
    )


def mark_unknown(
    db: sqlite3.Connection, settings: Settings, row: sqlite3.Row, reply: str, not_before: datetime
) -> None:
    """Keep a message of which nobody knows whether it arrived. It is due once more, unless that was the second time or
    the edition leaves it to the operator."""
    resends = db.execute("select resends from outbox where id = ?", (row["id"],)).fetchone()[0]
    db.execute(
        "update outbox set state = 'unknown', reply = ?, not_before = ? where id = ?",
        (reply[:500], NEVER if resends or not settings.edition.mail.resend_unknown else stamp(not_before), row["id"]),
    )
