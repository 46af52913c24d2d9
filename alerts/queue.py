"""The queue in numbers: what `status` tells the operator about `private.db`. No address leaves this module."""

import sqlite3
from datetime import datetime
from typing import Any

from tenderbell.clock import stamp


def status(db: sqlite3.Connection) -> dict[str, Any]:
    """Return `subscribers` with a living profile, living `profiles` (searches) and `follows`, `receipts` (wishes of
    commissioners), `matches` ever made, and the `outbox` by state (`pending` includes what is being sent at this
    moment), with the `oldest` message that waits, as a stored stamp, and what `waits` by its sort."""
    subscribers, living, follows = db.execute(
        "select count(distinct subscriber), count(*), count(follows) from profile where ended_at is null"
    ).fetchone()
    wishes = db.execute(
        "select count(*) from receipt_wish w join contact c on c.id = w.contact "
        "where w.ended_at is null and c.confirmed_at is not null and c.body is not null"
    ).fetchone()[0]
    states = dict(db.execute("select state, count(*) from outbox group by state").fetchall())
    waiting = "state in ('pending', 'sending')"
    return {
        "subscribers": subscribers,
        "profiles": living - follows,
        "follows": follows,
        "receipts": wishes,
        "matches": db.execute("select count(*) from match where state <> 'dropped'").fetchone()[0],
        "outbox": {
            "pending": states.get("pending", 0) + states.get("sending", 0),
            "sent": states.get("sent", 0),
            "failed": states.get("failed", 0),
            "unknown": states.get("unknown", 0),
            "withdrawn": states.get("withdrawn", 0),
            "waits": dict(db.execute(f"select sort, count(*) from outbox where {waiting} group by sort").fetchall()),
            "oldest": db.execute(f"select min(created_at) from outbox where {waiting}").fetchone()[0],
        },
    }


def due(db: sqlite3.Connection, now: datetime) -> int:
    """Return how many messages wait and may be sent now: what tells the scheduler that a sender has something to do."""
    row = db.execute(
        "select count(*) from outbox where state in ('pending', 'unknown') and not_before <= ?", (stamp(now),)
    ).fetchone()
    return int(row[0])
