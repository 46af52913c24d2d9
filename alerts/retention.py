"""Retention: how long personal things are kept is said in one table (`kept`). What is past its time is deleted, every
night; twice is as once."""

import sqlite3
from datetime import datetime

import msgspec

from alerts import kept, letter_files, reports, subjects
from alerts.kept import after
from tenderbell.clock import stamp
from tenderbell.database import transaction


class PruneReport(msgspec.Struct, kw_only=True):
    """What was deleted: requests that were never confirmed, people who left, `contacts` of commissioners, `reports`,
    texts of `matters`, `bounces`, `alarms`, bodies of messages, `letters` to addresses that are no longer known, `.eml`
    files, and hits of the forms' limits."""

    requests: int = 0
    people: int = 0
    contacts: int = 0
    reports: int = 0
    matters: int = 0
    bounces: int = 0
    alarms: int = 0
    letters: int = 0
    bodies: int = 0
    files: int = 0
    hits: int = 0


def prune(db: sqlite3.Connection, now: datetime, *, mail: str = "") -> PruneReport:
    """Delete what is past its time, and return how much that was.

    Unconfirmed requests go with the messages that asked to confirm them; people who left with all that is kept about
    them but the keyed hash of a suppressed address; bodies of finished messages with the files of the folder that
    `mail` (TENDERBELL_MAIL) names, at once those of messages that are not kept any more. A message that still waits
    keeps its body. What is deleted is overwritten in the file.
    """
    db.execute("pragma secure_delete=on")
    with transaction(db):
        report = PruneReport(
            requests=_prune_requests(db, now),
            people=_prune_people(db, now),
            contacts=_prune_contacts(db, now),
            reports=reports.prune(db, now),
            matters=_prune_matters(db, now),
            bounces=_delete_older(db, "bounce", "at", kept.BOUNCES, now),
            alarms=_delete_older(db, "alarm", "raised_at", kept.ALARMS, now),
            letters=_prune_letters(db, now),
            bodies=_prune_bodies(db, now),
        )
        report.hits = db.execute("delete from form_hit where expires <= ?", (now.timestamp(),)).rowcount
    report.files = _prune_files(db, mail, now)
    return report


def _delete_older(db: sqlite3.Connection, table: str, column: str, sort: kept.Kept, now: datetime) -> int:
    return db.execute(f"delete from {table} where {column} <= ?", (stamp(now - after(sort)),)).rowcount


def _prune_requests(db: sqlite3.Connection, now: datetime) -> int:
    requests = db.execute("delete from request where confirmed_at is null and expires_at <= ?", (stamp(now),)).rowcount
    db.execute(
        "delete from outbox where sort = 'confirmation' and state not in ('pending', 'sending') "
        "and created_at <= ? and not exists (select 1 from subscriber s where s.address = outbox.address)",
        (stamp(now - after(kept.REQUESTS)),),
    )
    return requests


def _prune_people(db: sqlite3.Connection, now: datetime) -> int:
    """Erase who has left, unless they have just asked to come back."""
    gone = db.execute(
        "select s.address from subscriber s left join (select subscriber, max(coalesce(ended_at, '9999')) as ended_at "
        "from profile group by subscriber) last on last.subscriber = s.id where coalesce(last.ended_at, s.created_at) "
        "<= ? and not exists (select 1 from request r where r.address = s.address and r.confirmed_at is null)",
        (stamp(now - after(kept.PEOPLE)),),
    ).fetchall()
    return sum(subjects.forget_subscriber(db, row["address"]) for row in gone)


def _prune_contacts(db: sqlite3.Connection, now: datetime) -> int:
    """Forget contacts that were never confirmed, those that asked for nothing or have stopped it, and a year later
    those who wrote for their body. Who is asked about keeps their place until the operator has decided."""
    gone = db.execute(
        "select address from contact c where email <> '' "
        "and not exists (select 1 from receipt_wish w where w.contact = c.id and w.ended_at is null) "
        f"and max(coalesce(confirmed_at, created_at), {_LAST_WISH}) <= "
        "case when confirmed_at is null then :requests else :left end "
        f"and {_LAST_WORK} <= :year and not exists (select 1 from matter where sort = 'body' "
        "and (subject = cast(c.id as text) or subject like c.id || '-%') and decided_at is null)",
        {
            "requests": stamp(now - after(kept.REQUESTS)),
            "left": stamp(now - after(kept.CONTACTS)),
            "year": stamp(now - after(kept.AUTHORS)),
        },
    ).fetchall()
    return sum(subjects.forget_contact(db, row["address"]) for row in gone)


_LAST_WISH = "coalesce((select max(ended_at) from receipt_wish w where w.contact = c.id), '')"
_LAST_WORK = (
    "max(coalesce((select max(updated_at) from advert a where a.contact = c.id), ''), "
    "coalesce((select max(created_at) from answer a where a.contact = c.id), ''))"
)


def _prune_matters(db: sqlite3.Connection, now: datetime) -> int:
    """Forget what the operator was asked, but not that it was asked: it must not be asked again."""
    old = stamp(now - after(kept.MATTERS))
    return db.execute("update matter set question = '' where decided_at <= ? and question <> ''", (old,)).rowcount


def _prune_letters(db: sqlite3.Connection, now: datetime) -> int:
    """Delete finished letters to addresses of which nothing else is known any more."""
    values = (stamp(now - after(kept.TOLD)),)
    db.execute(f"update report set outbox = null where outbox in ({_UNKNOWN})", values)
    return db.execute(f"delete from outbox where id in ({_UNKNOWN})", values).rowcount


_UNKNOWN = (
    "select id from outbox o where created_at <= ? and sort in ('link', 'outcome', 'receipt', 'warning', 'alarm') "
    "and state in ('sent', 'failed', 'withdrawn') and subscriber is null "
    "and not exists (select 1 from subscriber s where s.address = o.address) "
    "and not exists (select 1 from contact c where c.address = o.address) "
    "and not exists (select 1 from report r where r.address = o.address) "
    "and not exists (select 1 from receipt where receipt.outbox = o.id)"
)


def _prune_bodies(db: sqlite3.Connection, now: datetime) -> int:
    return db.execute(
        "delete from body where outbox in (select id from outbox where created_at <= ? "
        "and state not in ('pending', 'sending') and not (state = 'unknown' and not_before < '9999'))",
        (stamp(now - after(kept.BODIES)),),
    ).rowcount


def _prune_files(db: sqlite3.Connection, mail: str, now: datetime) -> int:
    since = stamp(now - after(kept.BODIES))
    return letter_files.delete_others(mail, {row[0] for row in db.execute(_SINCE, (since,))})


_SINCE = "select id from outbox where created_at > ?"
