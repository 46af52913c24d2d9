"""Bounces: what follows from a message that came back, or was refused, or was complained of (ruling 29).

`POLICY` is the whole policy. A bounce is noted once for each message and status (`bounce.seen`), in the transaction of
what follows from it, so a report that is read twice, or comes by two ways, changes nothing the second time. The address
is always the one that our message was sent to. A bounce ends no alert: it stops the e-mails, the address's owner sees
why, and confirming it lifts the suppression. What was sent before the last confirmation proves nothing any more.
"""

import sqlite3
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from alerts import addresses, alarms, suppression, tokens
from alerts.delivery_reports import Failure, status_of
from tenderbell.clock import instant, stamp


class Kind(StrEnum):
    """What a bounce says: the address is bad (*hard*), not now (*soft*), no room (*full*), the fault is *ours*, or the
    reader called our mail unwanted (*complaint*)."""

    HARD = "hard"
    SOFT = "soft"
    FULL = "full"
    OURS = "ours"
    COMPLAINT = "complaint"


class Rule(msgspec.Struct, frozen=True):
    """What a status means, and after how many messages the address is suppressed; None: never for that."""

    status: str
    kind: Kind
    messages: int | None
    why: str


POLICY = (
    Rule("5.1.1", Kind.HARD, 1, "The mailbox does not exist."),
    Rule("5.1.10", Kind.HARD, 1, "Microsoft's word for the same; by RFC 7505 the domain takes no mail at all."),
    Rule("5.1.7", Kind.OURS, None, "The address that we send from is malformed."),
    Rule("5.1.8", Kind.OURS, None, "The domain that we send from cannot be found."),
    Rule("5.7", Kind.OURS, None, "Refused for who we are: SPF, DKIM, DMARC, reputation."),
    Rule("5.2.2", Kind.FULL, None, "The mailbox is full, for good says the server; people come back from holidays."),
    Rule("4.2.2", Kind.FULL, None, "The mailbox is full."),
    Rule("5", Kind.HARD, 2, "Any other failure for good, 5.1.2 included: a domain may lapse or a resolver err."),
    Rule("4", Kind.SOFT, None, "A failure that may pass."),
)
"""The first rule whose status is the beginning of a failure's applies."""

APART = timedelta(days=1)
"""How far apart two messages must be for both to count: one bad day at a provider is one failure."""

WITHIN = timedelta(days=60)
"""How long a failure counts: two within eight weekly digests, not two in a lifetime."""

ALARM = "our e-mails come back"
ALARM_LASTS = timedelta(days=7)
LONGEST_DIAGNOSTIC = 300


def rule_for(status: str) -> Rule:
    """Return what the policy says of a status (RFC 3463)."""
    return next(rule for rule in POLICY if f"{status}.".startswith(f"{rule.status}."))


def note(db: sqlite3.Connection, row: sqlite3.Row, failure: Failure, now: datetime) -> Kind | None:
    """Note that a message of the outbox (`row`) came back, and do what the policy says, inside the caller's
    transaction. Return what kind of bounce it was; None when it was known.

    A failure at another address than ours, to which somebody forwards, is never enough alone: a group's mailbox with
    one former member among five still works.
    """
    rule, own = rule_for(failure.status), _is_own(failure.recipient, row["address"])
    seen = f"{row['id']}|{failure.status}|{'own' if own else 'other'}"
    if not _insert(db, row, rule.kind, failure, seen, now):
        return None
    settle_alarm(db, now)
    if rule.kind is Kind.OURS:
        _alarm(db, failure.status, now)
    needed = rule.messages if own or rule.messages is None else 2
    if needed and _counts(db, row, now) and (needed == 1 or _failed_before(db, row, now)):
        suppression.suppress(db, row["address"], failure.status, now)
    return rule.kind


def refused(db: sqlite3.Connection, row: sqlite3.Row, reply: str, now: datetime) -> Kind | None:
    """Note that the mail server refused a message of the outbox (`row`) with a 5xx while it was sent, inside the
    caller's transaction. `reply` is what it said, as 550 5.1.1 and words."""
    return note(db, row, Failure(status_of("", reply), None, reply), now)


def complained(db: sqlite3.Connection, address: str, message: int | None, now: datetime) -> bool:
    """Note that the reader at a normalised address complained, and never write there again, inside the caller's
    transaction. `message` is the number of what was complained of, when known. Return whether that was news."""
    hashed = tokens.hashed(db, address)
    added = db.execute(
        "insert or ignore into bounce (outbox, address_hash, kind, seen, at) values (?, ?, 'complaint', ?, ?)",
        (message, hashed, f"{message or hashed}|complaint", stamp(now)),
    )
    suppression.suppress(db, address, suppression.COMPLAINT, now)
    return added.rowcount > 0


def settle_alarm(db: sqlite3.Connection, now: datetime) -> None:
    """Clear the alarm about our e-mails when for a week none has come back for a fault of ours, inside the caller's
    transaction."""
    lasts = db.execute(
        "select exists (select 1 from bounce where kind = 'ours' and at > ?)", (stamp(now - ALARM_LASTS),)
    ).fetchone()[0]
    if not lasts:
        alarms.clear(db, ALARM)


def _alarm(db: sqlite3.Connection, status: str, now: datetime) -> None:
    words = (
        f"Mail servers refuse our e-mails for a fault of ours ({status}). Run `tenderbell doctor`: SPF, DKIM, DMARC or "
        "the name of the sending server is not as they want it, or the server is on a list of senders of spam."
    )
    alarms.raise_alarm(db, ALARM, words, now)


def _insert(db: sqlite3.Connection, row: sqlite3.Row, kind: Kind, failure: Failure, seen: str, now: datetime) -> bool:
    """Add the bounce unless it is known; return whether it was added. Addresses in what the server said are masked, so
    that they are forgotten with the person."""
    printable = "".join(char for char in failure.diagnostic[:2000] if char.isprintable())
    said = _without_addresses(printable)[:LONGEST_DIAGNOSTIC]
    added = db.execute(
        "insert or ignore into bounce (outbox, address_hash, kind, status, diagnostic, seen, at) "
        "values (?, ?, ?, ?, ?, ?, ?)",
        (row["id"], tokens.hashed(db, row["address"]), kind, failure.status, said, seen, stamp(now)),
    )
    return added.rowcount > 0


def _without_addresses(text: str) -> str:
    words = (word if "@" not in word else "[address]" for word in text.split())
    return " ".join(words)


def _is_own(named: str | None, address: str) -> bool:
    """Return whether the address that a report names is the one that was written to. Some servers drop a plus-tag,
    some name only the mailbox or nothing: what does not say another address is not taken for one."""
    if named is None or "@" not in named:
        return True
    return addresses.mailbox(named.strip().lower()) == addresses.mailbox(address)


def _counts(db: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> bool:
    """Return whether a message was sent since the address's owner last proved that it works."""
    return stamp(_sent(row, now)) >= _proven(db, row["address"])


def _failed_before(db: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> bool:
    """Return whether another message to the address failed for good a day or more before or after this one: by when
    they were sent, or by when they came back."""
    sent = _sent(row, now)
    others = db.execute(
        "select b.at, o.done_at from bounce b left join outbox o on o.id = b.outbox "
        "where b.address_hash = ? and b.kind = 'hard' and b.outbox is not ? and ifnull(o.done_at, b.at) >= ? "
        "and b.at > ?",
        (tokens.hashed(db, row["address"]), row["id"], _proven(db, row["address"]), stamp(now - WITHIN)),
    )
    return any(_is_apart(instant(other["at"]), now) or _is_apart(instant(other["done_at"]), sent) for other in others)


def _is_apart(one: datetime | None, other: datetime) -> bool:
    return one is not None and abs(other - one) >= APART


def _sent(row: sqlite3.Row, now: datetime) -> datetime:
    """Return when a message was sent; one that is being sent at this moment has not ended."""
    return instant(row["done_at"]) or (instant(row["created_at"]) if row["state"] == "unknown" else None) or now


def _proven(db: sqlite3.Connection, address: str) -> str:
    """Return the stamp of the last confirmation from a normalised address; empty when there is none."""
    row = db.execute(
        "select max(at) from (select confirmed_at as at from request where address = ?1 union all "
        "select confirmed_at from contact where address = ?1)",
        (address,),
    ).fetchone()
    return row[0] or ""
