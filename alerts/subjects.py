"""Data subjects: what is kept about one address, shown, handed over or erased on request; and how many were told."""

import sqlite3
from collections.abc import Iterable
from email import message_from_bytes, policy
from typing import Any

import msgspec

from alerts import hidden, letter_files, reports, tokens
from alerts.addresses import parse_address
from alerts.canary import IS_CANARY
from tenderbell.database import transaction

WORKING, SUPPRESSED = "working", "suppressed"


class Told(msgspec.Struct, frozen=True):
    """How far an opportunity has gone out: `profiles` are the searches that it matched, `sent` the e-mails with it that
    were handed to a mail server, `delivered` those that it accepted. Who follows it counts among the e-mails only; the
    canary is nobody."""

    profiles: int = 0
    sent: int = 0
    delivered: int = 0


def told(db: sqlite3.Connection, ids: Iterable[str]) -> Told:
    """Return how many searches an opportunity has matched and how many e-mails with it were sent and accepted. `ids`
    are its own and those of the pages that were merged into it (`tenderbell.opportunity.ids_of`)."""
    known = tuple(ids)
    row = db.execute(
        "select count(distinct case when p.follows is null then p.id end), "
        "count(distinct case when outbox.state in ('sent', 'unknown', 'failed') then outbox.id end), "
        "count(distinct case when outbox.state = 'sent' then outbox.id end) from match join profile p "
        "on p.id = match.profile left join outbox on outbox.id = match.outbox "
        f"where opportunity in ({', '.join('?' * len(known))}) and p.id is not {IS_CANARY}",
        known,
    ).fetchone()
    return Told(int(row[0]), int(row[1]), int(row[2]))


def show(db: sqlite3.Connection, email: str) -> dict[str, Any] | None:
    """Return the state of an address and of its profiles; None when nothing is kept about it (ruling 29).

    `address_state` is *working* or *suppressed*, the latter with the `reason` and `since` when.
    """
    key = parse_address(email).key
    subscriber = db.execute("select id, email, created_at from subscriber where address = ?", (key,)).fetchone()
    blocked = _suppression(db, key)
    of_address = {name: _rows(db, sql, key) for name, sql in _OF_ADDRESS.items()}
    bounces = _rows(db, _BOUNCES, tokens.hashed(db, key))
    if not (subscriber or blocked["since"] or bounces or any(of_address.values())):
        return None
    return {
        "email": email.strip(),
        **blocked,
        "confirmed_at": subscriber["created_at"] if subscriber else None,
        "profiles": _rows(db, _PROFILES, subscriber["id"]) if subscriber else [],
        "hidden": [msgspec.to_builtins(one) for one in hidden.listed(db, subscriber["id"])] if subscriber else [],
        "bounces": bounces,
        **of_address,
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
        "requests": _rows(db, _EVIDENCE, key),
        "matches": _rows(db, _MATCHES, key),
        "messages": [{"message_id": row[0], "subject": row[1], "text": _text(row[2])} for row in messages],
    }


def erase(db: sqlite3.Connection, email: str, *, mail: str = "") -> bool:
    """Delete everything kept about an address and return whether there was anything to delete; the files of its e-mails
    in the folder that `mail` (TENDERBELL_MAIL) names go with it. What is deleted is overwritten in the file.

    A suppression stays, as a keyed hash: it is what keeps the promise not to write again.
    """
    key = parse_address(email).key
    db.execute("pragma secure_delete=on")
    with transaction(db):
        letters = [row[0] for row in db.execute("select id from outbox where address = ?", (key,))]
        erased = erase_address(db, key)
    db.execute("pragma wal_checkpoint(passive)").fetchall()
    letter_files.delete(mail, frozenset(letters))
    return erased


def erase_address(db: sqlite3.Connection, key: str) -> bool:
    """Erase a normalised address inside the caller's transaction. Files of its e-mails in a mail folder go with the
    next `retention.prune`."""
    reported = reports.forget(db, key) > 0
    bounces = db.execute("delete from bounce where address_hash = ?", (tokens.hashed(db, key),)).rowcount
    found = [forget_subscriber(db, key), forget_contact(db, key), reported, bounces]
    mine = "address = ? and sort <> 'question'"
    db.execute(f"update report set outbox = null where outbox in (select id from outbox where {mine})", (key,))
    letters = db.execute(f"delete from outbox where {mine}", (key,)).rowcount
    return any(found) or letters > 0


def forget_subscriber(db: sqlite3.Connection, key: str) -> bool:
    """Delete what is kept of a normalised address as a subscriber, inside the caller's transaction, and return whether
    there was anything."""
    profiles = f"(select id from profile where subscriber in {_MINE})"
    letters = "(select id from outbox where address = ? and sort in ('confirmation', 'link', 'digest', 'still-here'))"
    found = [
        db.execute(f"delete from hidden where subscriber in {_MINE}", (key,)),
        db.execute(f"delete from match where subscriber in {_MINE}", (key,)),
        db.execute(f"delete from digest where subscriber in {_MINE} or outbox in {letters}", (key, key)),
        db.execute(f"delete from outbox where id in {letters}", (key,)),
        db.execute(f"delete from request where address = ? or profile in {profiles}", (key, key)),
        db.execute(f"delete from profile where subscriber in {_MINE}", (key,)),
        db.execute("delete from subscriber where address = ?", (key,)),
    ]
    return any(deleted.rowcount for deleted in found)


def forget_contact(db: sqlite3.Connection, key: str) -> bool:
    """Delete what is kept of a normalised address as a commissioner's, inside the caller's transaction, and return
    whether there was anything. Its adverts and replies were published by the body and stay; the address does not."""
    row = db.execute("select id from contact where address = ?", (key,)).fetchone()
    if row is None:
        return False
    contact = row["id"]
    wishes = "(select id from receipt_wish where contact = ?)"
    db.execute(f"delete from receipt where wish in {wishes}", (contact,))
    db.execute("delete from receipt_wish where contact = ?", (contact,))
    db.execute(
        "delete from matter where sort = 'body' and (subject = ? or subject like ?)", (str(contact), f"{contact}-%")
    )
    db.execute("delete from outbox where address = ? and sort in ('receipt', 'warning')", (key,))
    if db.execute(f"select {_HAS_WRITTEN}", {"contact": contact}).fetchone()[0]:
        db.execute(
            "update contact set email = '', address = 'erased ' || id, generation = generation + 1, "
            "confirmed_at = null where id = ?",
            (contact,),
        )
    else:
        db.execute("delete from contact where id = ?", (contact,))
    return True


_HAS_WRITTEN = (
    "exists (select 1 from advert where contact = :contact) or exists (select 1 from answer where contact = :contact)"
)
_MINE = "(select id from subscriber where address = ?)"
_PROFILES = (
    "select name, criteria, follows, reminder_days, frequency, awards, still_here, capacity, created_at, edited_at, "
    "paused_at, paused_until, ended_at, ended_by from profile where subscriber = ? order by id"
)
_EVIDENCE = (
    "select name, criteria, follows, frequency, reminder_days, capacity, awards, still_here, wording, asked_at, "
    "expires_at, confirmed_at from request where address = ? order by id"
)
_BOUNCES = "select kind, status, diagnostic, at from bounce where address_hash = ? order by id"
_OF_ADDRESS = {
    "requests": "select name, criteria, follows, frequency, asked_at, confirmed_at from request where address = ?",
    "emails": "select sort, subject, state, created_at, done_at from outbox where address = ? order by id",
    "contact": "select email, body, created_at, confirmed_at from contact where address = ?",
    "receipts": "select receipts, silent_days, warned_at, w.created_at, ended_at, ended_by from receipt_wish w "
    "join contact c on c.id = w.contact where c.address = ? order by w.id",
    "adverts": "select a.body, fields, state, a.created_at, updated_at, published_at from advert a "
    "join contact c on c.id = a.contact where c.address = ? order by a.id",
    "replies": "select buyer, words, state, a.created_at, decided_at from answer a "
    "join contact c on c.id = a.contact where c.address = ? order by a.id",
    "reports": "select sort, link, words, opportunity, outcome, asked_at, settled_at from report where address = ?",
}
"""What else is kept about an address, by the name under which it is shown."""

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
