"""Retention: how long personal things are kept. What is past its time is deleted, every night; twice is as once."""

import re
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from alerts import subjects
from alerts.mailer import mail_folder
from tenderbell.clock import stamp
from tenderbell.database import transaction

BODIES = timedelta(days=30)
"""How long the text of a message is kept after it was written, in `private.db` and in a folder of `.eml` files."""

REQUESTS = timedelta(days=7)
"""How long a confirmation that nobody used is kept."""

LEFT = timedelta(days=28)
"""How long a person is kept whose last search has ended: long enough to come back and to answer questions."""

_FILE = re.compile(r"(\d{6,})-[0-9a-f]{12}\.eml", re.ASCII)


class PruneReport(msgspec.Struct, kw_only=True):
    """What was deleted: requests that were never confirmed, people who left, bodies of messages, `.eml` files, and hits
    of the forms' limits."""

    requests: int = 0
    people: int = 0
    bodies: int = 0
    files: int = 0
    hits: int = 0


def prune(db: sqlite3.Connection, now: datetime, *, mail: str = "") -> PruneReport:
    """Delete what is past its time, and return how much that was.

    Unconfirmed requests go after 7 days with the messages that asked to confirm them; people whose last search ended
    28 days ago, with all that is kept about them but the keyed hash of a suppressed address; bodies of finished
    messages after 30 days, and so the files of the folder that `mail` (TENDERBELL_MAIL) names, at once those of
    messages that are not kept any more. A message that still waits keeps its body.
    """
    with transaction(db):
        report = PruneReport(
            requests=_prune_requests(db, now), people=_prune_people(db, now), bodies=_prune_bodies(db, now)
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
    return sum(subjects.erase_address(db, row["address"]) for row in gone)


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
