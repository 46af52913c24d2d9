"""Sending: the outbox's messages go to the mail server, each once, as near as SMTP allows.

A message is marked *sending* (`taking`), and that is committed, before its first byte goes out. What the server
answered (`settling`) is committed in the transaction that marks the next one, so each message costs one commit. After a
crash a message is in one of three places: *pending*, not begun; *sent*; or *sending*, and when its lease runs out
nobody knows whether it arrived: it becomes *unknown* and is sent once more, with the same Message-ID, which mail
programs fold (ruling 26). Two senders at once are safe, and keep one pace (`pace`) between them.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime

from alerts import resting, verp
from alerts.mailer import End, Envelope, Mailer, Outcome, open_mailers
from alerts.pace import Pace
from alerts.runs import Run, SendReport
from alerts.settling import mark_unknown, settle
from alerts.signing import open_signer
from alerts.taking import count_due, take
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.phrases import moment_words
from tenderbell.private import open_private
from tenderbell.settings import Settings

__all__ = ["SendReport", "send"]

CONNECTIONS = 4
MESSAGES_PER_CONNECTION = 20
"""Another connection is opened for every so many messages, up to four."""

Sleeper = Callable[[float], Awaitable[None]]
"""Waits for so many seconds."""


def send(settings: Settings, *, limit: int | None = None, sleep: Sleeper = asyncio.sleep) -> SendReport:
    """Send what is due, at most `limit` messages, and return what became of them.

    Raises MailSettingError when TENDERBELL_MAIL cannot be understood, and a SigningKeyError when TENDERBELL_DKIM names
    no key to sign with; no message was begun then. A server that cannot be reached is no error: the messages wait, and
    the report says so.
    """
    with closing(open_private(settings.private_path)) as db:
        now = settings.clock()
        with transaction(db):
            _recover(db, settings, now)
        due = count_due(db, now)
        if not due:
            return SendReport()
        left = due if limit is None else min(limit, due)
        mailers = open_mailers(settings.mail, min(CONNECTIONS, -(-left // MESSAGES_PER_CONNECTION)))
        run = Run(db=db, settings=settings, left=left, pace=Pace(settings.edition.mail), signer=open_signer(settings))
        if until := resting.rests_until(db, settings.mail, now):
            return SendReport(problem=f"The mail server turned us away. It is left alone until {moment_words(until)}.")
        asyncio.run(_send_all(run, mailers, sleep))
        _sync(db, settings.clock())
    return run.report


def _recover(db: sqlite3.Connection, settings: Settings, now: datetime) -> None:
    """Mark as *unknown* what a sender that died has left behind; it is due again at once, if it may be resent."""
    rows = db.execute("select * from outbox where state = 'sending' and lease_until <= ?", (stamp(now),)).fetchall()
    for row in rows:
        mark_unknown(db, settings, row, "The sender stopped before it heard an answer.", now)
    # What was written later than now was written by a clock that has been set back since: it need not wait for that.
    db.execute(
        "update outbox set not_before = ?1 where state = 'pending' and attempts = 0 and not_before > ?1 "
        "and created_at > ?1",
        (stamp(now),),
    )


async def _send_all(run: Run, mailers: list[Mailer], sleep: Sleeper) -> None:
    try:
        await asyncio.gather(*(_send_over(mailer, run, sleep) for mailer in mailers))
    finally:
        await asyncio.gather(*(mailer.close() for mailer in mailers))


async def _send_over(mailer: Mailer, run: Run, sleep: Sleeper) -> None:
    """Send one message after another over one connection until nothing is due, waiting where the pace says so."""
    with transaction(run.db):
        found = take(run)
    while found is not None:
        if isinstance(found, float):
            await sleep(found)
            with transaction(run.db):
                found = take(run)
            continue
        outcome = await _deliver(mailer, run, found)
        if outcome.stop:
            run.left = 0
        _sync_each_second(run)
        with transaction(run.db):
            settle(run, found, outcome)
            found = take(run)


async def _deliver(mailer: Mailer, run: Run, row: sqlite3.Row) -> Outcome:
    """Deliver one message, signed if there is a key. The sender's address names it, so that a bounce finds it."""
    name = f"{row['id']:06}-{hashlib.sha256(row['message_id'].encode()).hexdigest()[:12]}"
    try:
        content = run.signer.signed(row["message"]) if run.signer else row["message"]
    except ValueError as fault:
        return Outcome(End.REFUSED, str(fault))
    return await mailer.deliver(Envelope(name, verp.make(run.db, run.settings, row["id"]), row["email"], content))


def _sync_each_second(run: Run) -> None:
    """Have the next commit wait for the disk if the last that did is a second old; so does the last of a run. Every
    commit survives the end of this process; a power cut may undo those since the last that waited, whose messages are
    then sent again with the same Message-ID: one second's, and those that are on their way at that moment. Waiting
    each time would cost nine tenths of the speed."""
    time = asyncio.get_running_loop().time()
    due = time - run.synced >= 1
    run.db.execute(f"pragma synchronous={'full' if due else 'normal'}")
    if due:
        run.synced = time


def _sync(db: sqlite3.Connection, now: datetime) -> None:
    """Note the end of the run, in a commit that waits until it and all before it are on the disk."""
    db.execute("pragma synchronous=full")
    with transaction(db):
        db.execute(
            "insert into step (name, finished_at) values ('send', ?) "
            "on conflict (name) do update set finished_at = excluded.finished_at",
            (stamp(now),),
        )
