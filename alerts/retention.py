"""Retention: how long personal things are kept. What is past its time is deleted, every night; twice is as once."""

import re
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from alerts import reports, subjects
from alerts.mailer import mail_folder
from tenderbell.clock import stamp
from tenderbell.database import transaction

BODIES = timedelta(days=30)
"""How long the text of a message is kept after it was written, in `private.db` and in a folder of `.eml` files."""

REQUESTS = timedelta(days=7)
"""How long a confirmation that nobody used is kept."""

LEFT = timedelta(days=28)
"""How long a person is kept whose last alert has ended: long enough to come back and to answer questions."""

YEAR = timedelta(days=365)
"""How long it is kept what the operator was asked, and who wrote an advert or a reply for a body."""


class Kept(msgspec.Struct, frozen=True):
    """One sort of personal thing that is stored: what, why, and how long, in words for the privacy page."""

    what: str
    why: str
    how_long: str


KEPT = (
    Kept(
        "Your e-mail address, your searches and what you follow",
        "To write to you about what you asked for",
        f"Until {LEFT.days} days after the last of them has ended",
    ),
    Kept(
        "When you asked, the wording you agreed to and a scrambled form of your network address",
        "To show that you asked",
        f"As long as your address; {REQUESTS.days} days if you never confirmed",
    ),
    Kept("The text of e-mails", "To send them, and to send them again if that failed", f"{BODIES.days} days"),
    Kept(
        "Which opportunities you were told of",
        "So that nothing is told twice",
        f"Until {LEFT.days} days after your last alert has ended",
    ),
    Kept(
        "A commissioner’s address and what it wants to be told",
        "To send receipts and warnings about its adverts",
        f"Until {LEFT.days} days after they were stopped; {REQUESTS.days} days if never confirmed",
    ),
    Kept(
        "Who wrote an advert or a reply for a body",
        "So that the body can change it, and nobody else",
        f"{YEAR.days // 365 * 12} months after the last of them",
    ),
    Kept(
        "Reports of missing adverts and of mistakes",
        "To look into them, and to see whether we get better",
        f"{reports.KEPT.days // 365 * 12} months; your address {reports.ADDRESS_KEPT.days} days after the answer",
    ),
    Kept(
        "What the people who run this site were asked to decide",
        "To look up what was decided",
        f"{YEAR.days // 365 * 12} months after it was decided",
    ),
    Kept(
        "How many forms came from one network, scrambled",
        "To stop robots",
        "One day at most",
    ),
    Kept(
        "A scrambled form of addresses that must not be written to",
        "To keep the promise not to write again",
        "For as long as this site runs",
    ),
)
"""Everything personal that `private.db` holds. `prune` deletes it when its time has come."""

_FILE = re.compile(r"(\d{6,})-[0-9a-f]{12}\.eml", re.ASCII)


class PruneReport(msgspec.Struct, kw_only=True):
    """What was deleted: requests that were never confirmed, people who left, `contacts` of commissioners, `reports`,
    texts of `matters`, bodies of messages, `letters` to addresses that are no longer known, `.eml` files, and hits of
    the forms' limits."""

    requests: int = 0
    people: int = 0
    contacts: int = 0
    reports: int = 0
    matters: int = 0
    letters: int = 0
    bodies: int = 0
    files: int = 0
    hits: int = 0


def prune(db: sqlite3.Connection, now: datetime, *, mail: str = "") -> PruneReport:
    """Delete what is past its time, and return how much that was.

    `KEPT` says in words what goes when. Unconfirmed requests go after 7 days with the messages that asked to confirm
    them; people whose last alert ended 28 days ago, with all that is kept about them but the keyed hash of a suppressed
    address; bodies of finished messages after 30 days, and so the files of the folder that `mail` (TENDERBELL_MAIL)
    names, at once those of messages that are not kept any more. A message that still waits keeps its body.
    """
    with transaction(db):
        report = PruneReport(
            requests=_prune_requests(db, now),
            people=_prune_people(db, now),
            contacts=_prune_contacts(db, now),
            reports=reports.prune(db, now),
            matters=_prune_matters(db, now),
            letters=_prune_letters(db, now),
            bodies=_prune_bodies(db, now),
        )
        report.hits = db.execute("delete from form_hit where expires <= ?", (now.timestamp(),)).rowcount
    if folder := mail_folder(mail):
        report.files = _prune_files(db, folder, now)
    return report


def _prune_requests(db: sqlite3.Connection, now: datetime) -> int:
    requests = db.execute("delete from request where confirmed_at is null and expires_at <= ?", (stamp(now),)).rowcount
    db.execute(
        "delete from outbox where sort = 'confirmation' and state not in ('pending', 'sending') "
        "and created_at <= ? and not exists (select 1 from subscriber s where s.address = outbox.address)",
        (stamp(now - REQUESTS),),
    )
    return requests


def _prune_people(db: sqlite3.Connection, now: datetime) -> int:
    """Erase who has left, unless they have just asked to come back."""
    gone = db.execute(
        "select s.address from subscriber s left join (select subscriber, max(coalesce(ended_at, '9999')) as ended_at "
        "from profile group by subscriber) last on last.subscriber = s.id where coalesce(last.ended_at, s.created_at) "
        "<= ? and not exists (select 1 from request r where r.address = s.address and r.confirmed_at is null)",
        (stamp(now - LEFT),),
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
        {"requests": stamp(now - REQUESTS), "left": stamp(now - LEFT), "year": stamp(now - YEAR)},
    ).fetchall()
    return sum(subjects.forget_contact(db, row["address"]) for row in gone)


_LAST_WISH = "coalesce((select max(ended_at) from receipt_wish w where w.contact = c.id), '')"
_LAST_WORK = (
    "max(coalesce((select max(updated_at) from advert a where a.contact = c.id), ''), "
    "coalesce((select max(created_at) from answer a where a.contact = c.id), ''))"
)


def _prune_matters(db: sqlite3.Connection, now: datetime) -> int:
    """Forget what the operator was asked, but not that it was asked: it must not be asked again."""
    old = stamp(now - YEAR)
    return db.execute("update matter set question = '' where decided_at <= ? and question <> ''", (old,)).rowcount


def _prune_letters(db: sqlite3.Connection, now: datetime) -> int:
    """Delete finished letters to addresses of which nothing else is known any more."""
    values = (stamp(now - LEFT),)
    db.execute(f"update report set outbox = null where outbox in ({_UNKNOWN})", values)
    return db.execute(f"delete from outbox where id in ({_UNKNOWN})", values).rowcount


_UNKNOWN = (
    "select id from outbox o where created_at <= ? and sort in ('link', 'outcome', 'receipt', 'warning') "
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
        (stamp(now - BODIES),),
    ).rowcount


def _prune_files(db: sqlite3.Connection, folder: Path, now: datetime) -> int:
    """Delete the files of messages that are too old or no longer known. Files that no mailer of ours wrote stay."""
    kept = {row[0] for row in db.execute("select id from outbox where created_at > ?", (stamp(now - BODIES),))}
    old = [path for path in folder.glob("*.eml") if (found := _FILE.fullmatch(path.name)) and int(found[1]) not in kept]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
