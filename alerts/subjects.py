"""Data subjects: what is kept about one address, shown, handed over or erased on request; and how many were told."""

import sqlite3
from email import message_from_bytes, policy
from typing import Any

from alerts import tokens
from alerts.addresses import parse_address
from tenderbell.database import transaction

WORKING, SUPPRESSED = "working", "suppressed"


def told(db: sqlite3.Connection, opportunity: str) -> tuple[int, int]:
    """Return how many profiles an opportunity has matched and how many e-mails with it were sent."""
    row = db.execute(
        "select count(distinct profile), count(distinct case when outbox.state = 'sent' then outbox.id end) "
        "from match left join outbox on outbox.id = match.outbox where opportunity = ?",
        (opportunity,),
    ).fetchone()
    return int(row[0]), int(row[1])


def show(db: sqlite3.Connection, email: str) -> dict[str, Any] | None:
    """Return the state of an address and of its profiles; None when nothing is kept about it (ruling 29).

    `address_state` is *working* or *suppressed*, the latter with the `reason` and `since` when.
    """
    key = parse_address(email).key
    subscriber = db.execute("select id, email, created_at from subscriber where address = ?", (key,)).fetchone()
    requests = _rows(db, "select name, criteria, frequency, asked_at, confirmed_at from request where address = ?", key)
    outbox = _rows(db, "select sort, subject, state, created_at, done_at from outbox where address = ?", key)
    blocked = _suppression(db, key)
    if not (subscriber or requests or outbox or blocked["since"]):
        return None
    return {
        "email": email.strip(),
        **blocked,
        "confirmed_at": subscriber["created_at"] if subscriber else None,
        "profiles": _rows(db, _PROFILES, subscriber["id"]) if subscriber else [],
        "requests": requests,
        "emails": outbox,
    }


def export(db: sqlite3.Connection, email: str) -> dict[str, Any] | None:
    """Return everything kept about an address, the texts of its e-mails included; None when there is nothing."""
    shown = show(db, email)
    if shown is None:
        return None
    key = parse_address(email).key
    messages = db.execute(
        "select message_id, subject, content as message from outbox join body on body.outbox = outbox.id "
        "where address = ? order by id",
        (key,),
    )
    return {
        **shown,
        "requests": _rows(db, "select name, criteria, frequency, wording, asked_at, expires_at, confirmed_at "
                              "from request where address = ?", key),
        "matches": _rows(db, _MATCHES, key),
        "messages": [{"message_id": row[0], "subject": row[1], "text": _text(row[2])} for row in messages],
    }  # fmt: skip


def erase(db: sqlite3.Connection, email: str) -> bool:
    """Delete everything kept about an address and return whether there was anything to delete.

    A suppression stays, as a keyed hash: it is what keeps the promise not to write again.
    """
    with transaction(db):
        return erase_address(db, parse_address(email).key)


def erase_address(db: sqlite3.Connection, key: str) -> bool:
    """Erase a normalised address inside the caller's transaction. Files of its e-mails in a mail folder go with the
    next `retention.prune`."""
    profiles = f"(select id from profile where subscriber in {_MINE})"
    letters = "(select id from outbox where address = ?)"
    found = [
        db.execute(f"delete from match where subscriber in {_MINE}", (key,)),
        db.execute(f"delete from digest where subscriber in {_MINE} or outbox in {letters}", (key, key)),
        db.execute("delete from outbox where address = ?", (key,)),
        db.execute(f"delete from request where address = ? or profile in {profiles}", (key, key)),
        db.execute(f"delete from profile where subscriber in {_MINE}", (key,)),
        db.execute("delete from subscriber where address = ?", (key,)),
    ]
    return any(deleted.rowcount for deleted in found)


_MINE = "(select id from subscriber where address = ?)"
_PROFILES = (
    "select name, criteria, frequency, awards, created_at, edited_at, paused_at, paused_until, ended_at, ended_by "
    "from profile where subscriber = ? order by id"
)
_MATCHES = (
    "select profile.name as profile, match.opportunity, match.type, match.matched_at, match.state from match "
    "join profile on profile.id = match.profile join subscriber on subscriber.id = match.subscriber "
    "where subscriber.address = ? order by match.id"
)


def _suppression(db: sqlite3.Connection, key: str) -> dict[str, str | None]:
    row = db.execute(
        "select reason, since from suppression where address_hash = ?", (tokens.hashed(db, key),)
    ).fetchone()
    if row is None:
        return {"address_state": WORKING, "reason": None, "since": None}
    return {"address_state": SUPPRESSED, "reason": row["reason"], "since": row["since"]}


def _rows(db: sqlite3.Connection, sql: str, param: object) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute(sql, (param,))]


def _text(message: bytes) -> str:
    """Return the plain text of a stored message."""
    body = message_from_bytes(message, policy=policy.default).get_body(("plain",))
    return str(body.get_content()) if body else ""
