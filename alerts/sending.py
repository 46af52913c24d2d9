"""Sending: the outbox's messages go to the mail server, each once, as near as SMTP allows.

A message is marked *sending*, and that is committed, before its first byte goes out. What the server answered is
committed in the transaction that marks the next one, so each message costs one commit. After a crash a message
is in one of three places: *pending*, not begun; *sent*; or *sending*, and when its lease runs out nobody knows whether
it arrived: it becomes *unknown* and is sent once more, with the same Message-ID, which mail programs fold (ruling 26).
Two senders at once are safe: a message is marked inside a write transaction, and only while it waits.

Whether somebody still wants a message is asked when it was built and again here, in the transaction that marks it.
"""

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

import msgspec

from alerts import suppression, tokens
from alerts.mailer import End, Envelope, Mailer, Outcome, open_mailer
from alerts.messages import mail_domain
from alerts.outbox import WANTED, Sort, untell
from tenderbell.clock import instant, stamp
from tenderbell.database import transaction
from tenderbell.private import open_private
from tenderbell.settings import Settings

LEASE = timedelta(minutes=15)
"""Longer than any one delivery can take: four commands of at most 60 seconds, and the connection."""

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP = timedelta(days=3)
"""A message that the server would not take for so long has failed."""

UNASKED = frozenset({Sort.DIGEST, Sort.RECEIPT, Sort.WARNING})
"""What comes by itself, days after it was wished for, and so never to an address that bounced."""

NEVER = "9999-12-31T00:00:00Z"
CONNECTIONS = 4
MESSAGES_PER_CONNECTION = 20
"""Another connection is opened for every so many messages, up to four."""


class SendReport(msgspec.Struct, kw_only=True):
    """What became of the messages of a run. `problem` is why it stopped before the end, when it did."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    unknown: int = 0
    withdrawn: int = 0
    problem: str | None = None


class _Run(msgspec.Struct):
    """What the connections of one run share; all of them run in one thread and one event loop."""

    db: sqlite3.Connection
    settings: Settings
    report: SendReport
    left: int
    synced: float = 0.0


def send(settings: Settings, *, limit: int | None = None) -> SendReport:
    """Send what is due, at most `limit` messages, and return what became of them.

    Raises MailSettingError when TENDERBELL_MAIL cannot be understood. A server that cannot be reached is no error:
    the messages wait, and the report says so.
    """
    report = SendReport()
    with closing(open_private(settings.private_path)) as db:
        now = settings.clock()
        with transaction(db):
            _recover(db, settings, now)
        due = _count_due(db, now)
        if due:
            left = due if limit is None else min(limit, due)
            asyncio.run(_send_all(_Run(db, settings, report, left)))
            _sync(db, settings.clock())
    return report


def _recover(db: sqlite3.Connection, settings: Settings, now: datetime) -> None:
    """Mark as *unknown* what a sender that died has left behind; it is due again at once, if it may be resent."""
    rows = db.execute("select * from outbox where state = 'sending' and lease_until <= ?", (stamp(now),)).fetchall()
    for row in rows:
        _mark_unknown(db, settings, row, "The sender stopped before it heard an answer.", now)


def _count_due(db: sqlite3.Connection, now: datetime) -> int:
    return int(db.execute(f"select count(*) {_DUE}", (stamp(now),)).fetchone()[0])


_DUE = "from outbox indexed by outbox_due where state in ('pending', 'unknown') and not_before <= ?"

_NEXT = (
    f"select *, sort <> 'digest' or {WANTED} as wanted, exists (select 1 from suppression) as suppressing, "
    f"(select content from body where body.outbox = outbox.id) as message {_DUE} order by not_before, id limit 1"
)


async def _send_all(run: _Run) -> None:
    connections = min(CONNECTIONS, -(-run.left // MESSAGES_PER_CONNECTION))
    mailers = [open_mailer(run.settings.mail) for _ in range(connections)]
    try:
        await asyncio.gather(*(_send_over(mailer, run) for mailer in mailers))
    finally:
        for mailer in mailers:
            await mailer.close()


async def _send_over(mailer: Mailer, run: _Run) -> None:
    """Send one message after another over one connection until nothing is due."""
    with transaction(run.db):
        row = _take(run)
    while row is not None:
        outcome = await mailer.deliver(_envelope(run, row))
        if outcome.stop:
            run.report.problem = outcome.reply
            run.left = 0
        _sync_each_second(run)
        with transaction(run.db):
            _settle(run, row, outcome)
            row = _take(run)


def _sync_each_second(run: _Run) -> None:
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


def _envelope(run: _Run, row: sqlite3.Row) -> Envelope:
    """Return a message with its envelope. The sender's address names the message, so that a bounce finds it."""
    seal = tokens.hashed(run.db, f"bounce|{row['id']}")[:16]
    name = f"{row['id']:06}-{hashlib.sha256(row['message_id'].encode()).hexdigest()[:12]}"
    return Envelope(name, f"b+{row['id']}.{seal}@{mail_domain(run.settings)}", row["email"], row["message"])


def _take(run: _Run) -> sqlite3.Row | None:
    """Mark the next message that is due as *sending* and return it; None when there is none, or enough were sent.

    Messages that nobody wants any more are withdrawn on the way.
    """
    while run.left > 0:
        now = run.settings.clock()
        row: sqlite3.Row | None = run.db.execute(_NEXT, (stamp(now),)).fetchone()
        if row is None:
            return None
        run.left -= 1
        if not _may_go(run.db, row):
            _finish(run.db, row, "withdrawn", "Nobody wants it any more.", now)
            untell(run.db, row["id"])
            run.report.withdrawn += 1
            continue
        run.db.execute(
            "update outbox set state = 'sending', attempts = attempts + 1, resends = resends + (state = 'unknown'), "
            "lease_until = ? where id = ?",
            (stamp(now + LEASE), row["id"]),
        )
        return row
    return None


def _may_go(db: sqlite3.Connection, row: sqlite3.Row) -> bool:
    """Return whether a message is wanted and its address may be written to. What a person has just asked for also goes
    to an address that bounced, which may work again; never to one that complained. What comes by itself does not."""
    reason = suppression.reason(db, row["address"]) if row["suppressing"] else None
    return bool(row["wanted"]) and (reason is None or (row["sort"] not in UNASKED and reason != suppression.COMPLAINT))


def _settle(run: _Run, row: sqlite3.Row, outcome: Outcome) -> None:
    """Write down how an attempt ended. What a digest tells that no server would take in three days, and that cannot
    have arrived, waits for the next one."""
    now = run.settings.clock()
    if outcome.end is End.SENT:
        _finish(run.db, row, "sent", outcome.reply, now)
        run.report.sent += 1
    elif outcome.end is End.REFUSED or (outcome.end is End.LATER and _is_too_old(row, now)):
        _finish(run.db, row, "failed", outcome.reply, now)
        run.report.failed += 1
        if outcome.end is End.LATER and row["state"] == "pending":
            untell(run.db, row["id"])
    elif outcome.end is End.LATER:
        _postpone(run.db, row, outcome.reply, now)
        run.report.later += 1
    else:
        _mark_unknown(run.db, run.settings, row, outcome.reply, now + LEASE)
        run.report.unknown += 1


def _finish(db: sqlite3.Connection, row: sqlite3.Row, state: str, reply: str, now: datetime) -> None:
    """End a message. Those that carry a link to act with, and nothing to look up later, lose their body."""
    db.execute(
        "update outbox set state = ?, reply = ?, done_at = ?, lease_until = null where id = ?",
        (state, reply[:500], stamp(now), row["id"]),
    )
    if row["sort"] != Sort.DIGEST and state != "failed":
        db.execute("delete from body where outbox = ?", (row["id"],))


def _is_too_old(row: sqlite3.Row, now: datetime) -> bool:
    created = instant(row["created_at"])
    return created is not None and created + GIVE_UP <= now


def _postpone(db: sqlite3.Connection, row: sqlite3.Row, reply: str, now: datetime) -> None:
    """Let a message wait, twice as long each time. What was unknown stays so: this attempt did not reach DATA."""
    wait = min(FIRST_WAIT * 2 ** min(row["attempts"], 10), LONGEST_WAIT)
    db.execute(
        "update outbox set state = ?, resends = ?, reply = ?, not_before = ?, lease_until = null where id = ?",
        (row["state"], row["resends"], reply[:500], stamp(now + wait), row["id"]),
    )


def _mark_unknown(
    db: sqlite3.Connection, settings: Settings, row: sqlite3.Row, reply: str, not_before: datetime
) -> None:
    """Keep a message of which nobody knows whether it arrived. It is due once more, unless that was the second time or
    the edition leaves it to the operator."""
    resends = db.execute("select resends from outbox where id = ?", (row["id"],)).fetchone()[0]
    db.execute(
        "update outbox set state = 'unknown', reply = ?, not_before = ?, lease_until = null where id = ?",
        (reply[:500], NEVER if resends or not settings.edition.mail.resend_unknown else stamp(not_before), row["id"]),
    )
