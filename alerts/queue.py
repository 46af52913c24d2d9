"""The queue in numbers: what `status` tells the operator about `private.db`. No address leaves this module."""

import sqlite3
from datetime import datetime
from typing import Any

from alerts import canary, figures, watch
from tenderbell.clock import stamp
from tenderbell.settings import Settings


def status(db: sqlite3.Connection, now: datetime | None = None) -> dict[str, Any]:
    """Return `subscribers` with a living profile, living `profiles` (searches) and `follows`, `receipts` (wishes of
    commissioners), `matches` ever made, and the `outbox` by state (`pending` includes what is being sent at this
    moment), with the `oldest` message that waits, as a stored stamp, and what `waits` by its sort. The canary is nobody
    and its search no profile. With `now` the outbox also has the figures of sending."""
    subscribers, living, follows = db.execute(
        "select count(distinct subscriber), count(*), count(follows) from profile "
        f"where ended_at is null and id is not {canary.IS_CANARY}"
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
        "matches": db.execute(
            f"select count(*) from match where state <> 'dropped' and profile is not {canary.IS_CANARY}"
        ).fetchone()[0],
        "outbox": {
            **(sending(db, now) if now else {}),
            "pending": states.get("pending", 0) + states.get("sending", 0),
            "sent": states.get("sent", 0),
            "failed": states.get("failed", 0),
            "unknown": states.get("unknown", 0),
            "withdrawn": states.get("withdrawn", 0),
            "waits": dict(db.execute(f"select sort, count(*) from outbox where {waiting} group by sort").fetchall()),
            "oldest": db.execute(f"select min(created_at) from outbox where {waiting}").fetchone()[0],
        },
    }


def sending(db: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    """Return how sending goes: `due` and `deferred` messages, `sent_day` and `sent_week` (24 hours, seven days),
    `failed_week`, `unknown_week`, the `bounce_rate` of a week from 0 to 1, and how many addresses are `suppressed`."""
    found = figures.figures(db, now)
    return {
        "due": found.due,
        "deferred": found.deferred,
        "sent_day": found.sent_day,
        "sent_week": found.sent_week,
        "failed_week": found.failed_week,
        "unknown_week": found.unknown_week,
        "bounce_rate": round(found.bounce_rate, 4),
        "suppressed": found.suppressed,
    }


def canary_status(db: sqlite3.Connection, settings: Settings, now: datetime) -> dict[str, Any]:
    """Return whether there is a canary (`on`), when its last e-mail was sent (`last_sent`, a stored stamp, None for
    never), and `is_well`: None without one."""
    if canary.profile(db) is None:
        return {"on": canary.address(settings) is not None, "last_sent": None, "is_well": None}
    is_well = next(iter(canary.faults(db, None, now)), None) is None
    return {"on": True, "last_sent": canary.last_sent(db), "is_well": is_well}


def alarms(
    db: sqlite3.Connection, public: sqlite3.Connection | None, settings: Settings, now: datetime
) -> list[dict[str, Any]]:
    """Return what is wrong at this moment and needs a human: `subject`, `words`, `raised_at` and `told_at`."""
    return [alarm.columns() for alarm in watch.standing(db, public, settings, now)]


def in_numbers(
    db: sqlite3.Connection, public: sqlite3.Connection | None, settings: Settings, now: datetime
) -> dict[str, Any]:
    """Return what anybody may know of the queue: numbers, and the canary's last hour. For the status page."""
    return {
        **sending(db, now),
        "oldest": figures.figures(db, now).oldest,
        "canary": canary_status(db, settings, now),
        "alarms": len(watch.standing(db, public, settings, now)),
    }


def due(db: sqlite3.Connection, now: datetime) -> int:
    """Return how many messages wait and may be sent now: what tells the scheduler that a sender has something to do."""
    row = db.execute(
        "select count(*) from outbox where state in ('pending', 'unknown') and not_before <= ?", (stamp(now),)
    ).fetchone()
    return int(row[0])
