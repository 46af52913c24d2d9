"""Leaving: the links in every e-mail, and the one click that mail programs offer (RFC 8058).

Describing changes nothing, so link scanners that open everything do no harm. Leaving twice is the same as leaving
once, and a token that means nothing does nothing: the answer to a mail program's POST is always yes (ruling 27).
"""

import sqlite3
from datetime import datetime

import msgspec

from alerts import ending, profiles, receipts, tokens
from alerts.addresses import masked
from alerts.tokens import Scope, Token
from tenderbell.database import transaction


class Unsubscribing(msgspec.Struct, frozen=True):
    """What an unsubscribe link ends: `everything`, one profile, or a commissioner's letters (`receipts`). `names` are
    those of what it would end now; empty when that has ended already."""

    address: str
    everything: bool
    names: tuple[str, ...]
    receipts: bool = False


def describe(db: sqlite3.Connection, token: str) -> Unsubscribing | None:
    """Return what the link would end; None for a token that is not genuine."""
    genuine = tokens.read(db, token, *_SCOPES)
    if genuine is None:
        return None
    everything = genuine.scope is Scope.END_ALL
    owner = db.execute(_OWNER_BY_SCOPE[genuine.scope], (genuine.id,)).fetchone()
    if owner is None:
        return None
    names = db.execute(_NAMES_BY_SCOPE[genuine.scope], (genuine.id,))
    found = tuple(row["name"] for row in names)
    return Unsubscribing(masked(owner["email"]), everything, found, genuine.scope is Scope.END_RECEIPTS)


_SCOPES = (Scope.END_ONE, Scope.END_ALL, Scope.END_RECEIPTS)
_NAME = "case when follows is null then name else 'You follow: ' || name end as name"
_OWNER_BY_SCOPE = {
    Scope.END_ALL: "select email from subscriber where id = ?",
    Scope.END_ONE: "select email from subscriber s join profile p on p.subscriber = s.id where p.id = ?",
    Scope.END_RECEIPTS: "select email from contact c join receipt_wish w on w.contact = c.id where w.id = ?",
}
_NAMES_BY_SCOPE = {
    Scope.END_ALL: f"select {_NAME} from profile where ended_at is null and subscriber = ? order by id",
    Scope.END_ONE: f"select {_NAME} from profile where ended_at is null and id = ?",
    Scope.END_RECEIPTS: "select 'Advert receipts' as name from receipt_wish where ended_at is null and id = ?",
}


def unsubscribe(db: sqlite3.Connection, token: str, now: datetime) -> None:
    """End what the token speaks of. Harmless when repeated, and for a token that is not genuine."""
    genuine = tokens.read(db, token, *_SCOPES)
    if genuine is None:
        return
    with transaction(db):
        _end(db, genuine, now)


def _end(db: sqlite3.Connection, genuine: Token, now: datetime) -> None:
    if genuine.scope is Scope.END_ALL:
        ids = [profile.id for profile in profiles.current(db, genuine.id, now)]
        ending.end(db, ids, genuine.id, "link", now)
    elif genuine.scope is Scope.END_RECEIPTS:
        receipts.end(db, genuine.id, "link", now)
    elif profile := profiles.find(db, genuine.id, now):
        ending.end(db, [profile.id], profile.subscriber, "link", now)
