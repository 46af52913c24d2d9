"""Suppression: addresses that must not be written to, kept as keyed hashes so that the list outlives the address."""

import sqlite3
from datetime import datetime

from alerts import tokens
from tenderbell.clock import stamp

COMPLAINT = "complaint"
"""The reason that nothing lifts: the person called our mail spam."""


def suppress(db: sqlite3.Connection, address: str, reason: str, now: datetime) -> None:
    """Stop writing to a normalised address. `reason` is the status of what came back (5.1.1) or COMPLAINT. The first
    reason stays, except that a complaint replaces a bounce."""
    db.execute(
        "insert into suppression values (?, ?, ?) on conflict (address_hash) do update set reason = excluded.reason, "
        "since = excluded.since where excluded.reason = ? and suppression.reason <> excluded.reason",
        (tokens.hashed(db, address), reason, stamp(now), COMPLAINT),
    )


def reason(db: sqlite3.Connection, address: str) -> str | None:
    """Return why a normalised address is not written to; None when it may be."""
    row = db.execute("select reason from suppression where address_hash = ?", (tokens.hashed(db, address),)).fetchone()
    return str(row[0]) if row else None


def stops(db: sqlite3.Connection, subscriber: int) -> bool:
    """Return whether a subscriber's address must not be written to."""
    if not db.execute("select exists (select 1 from suppression)").fetchone()[0]:
        return False
    row = db.execute("select address from subscriber where id = ?", (subscriber,)).fetchone()
    return row is not None and reason(db, row["address"]) is not None


def lift(db: sqlite3.Connection, address: str) -> None:
    """Write again to an address that bounced, because its owner has just confirmed that it works."""
    db.execute(
        "delete from suppression where address_hash = ? and reason <> ?", (tokens.hashed(db, address), COMPLAINT)
    )
