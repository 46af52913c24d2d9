"""Retention: how long personal things are kept. What is past its time is deleted, every night; twice is as once."""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from tenderbell.clock import stamp
from tenderbell.database import transaction

BODIES = timedelta(days=30)
"""How long the text of a message is kept after it was written."""


class PruneReport(msgspec.Struct, kw_only=True):
    """What was deleted: requests that were never confirmed, bodies of messages, and hits of the forms' limits."""

    requests: int = 0
    bodies: int = 0
    hits: int = 0


def prune(db: sqlite3.Connection, now: datetime) -> PruneReport:
    """Delete what is past its time: unconfirmed requests after 7 days with the messages that asked to confirm them,
    and the bodies of finished messages after 30 days. A message that still waits keeps its body."""
    with transaction(db):
        requests = db.execute(
            "delete from request where confirmed_at is null and expires_at <= ?", (stamp(now),)
        ).rowcount
        db.execute(
            "delete from outbox where sort = 'confirmation' and state not in ('pending', 'sending') "
            "and created_at <= ? and not exists (select 1 from subscriber s where s.address = outbox.address)",
            (stamp(now - timedelta(days=7)),),
        )
        bodies = db.execute(
            "delete from body where outbox in (select id from outbox where created_at <= ? "
            "and state not in ('pending', 'sending') and not (state = 'unknown' and not_before < '9999'))",
            (stamp(now - BODIES),),
        ).rowcount
        hits = db.execute("delete from form_hit where expires <= ?", (now.timestamp(),)).rowcount
    return PruneReport(requests=requests, bodies=bodies, hits=hits)
