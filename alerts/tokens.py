"""Tokens: what the links in e-mails carry. Unguessable, for one purpose, and stored nowhere.

A token is a scope letter, the number of what it speaks of, and a keyed hash of both (HMAC-SHA256, cut to 128 bits)
under a secret that only `private.db` holds. So every e-mail can carry the same links without a table of them, a
forged or shortened one is refused in constant time, and a reader of a copied table learns no link. It is of small
letters and digits, read in capitals too: some mail servers change the case of an address (`unsubscribe+TOKEN@`). Those
made before 23 November 2026 were in both cases, and stay good as they are. The subscriber's
`generation` is part of the hash of manage links: `subscribers.renew_link` raises it, at the press of a button on that
page, and all earlier ones are worthless.
"""

import base64
import hashlib
import hmac
import re
import sqlite3
from collections.abc import Callable
from enum import StrEnum

import msgspec

_FORM = re.compile(r"([a-z])([1-9][0-9]{0,17})-([a-z2-7]{26})", re.ASCII | re.IGNORECASE)
_OLD_FORM = re.compile(r"([a-z])([1-9][0-9]{0,17})-([A-Za-z0-9_-]{22})", re.ASCII)


class Scope(StrEnum):
    """What a token allows, and nothing else."""

    CONFIRM = "c"
    MANAGE = "m"
    END_ONE = "e"
    END_ALL = "a"
    CONTACT = "b"
    END_RECEIPTS = "r"
    DECIDE = "d"
    ITEM = "i"
    TOLD = "t"
    RECEIPTS = "w"


_RENEWABLE = {Scope.MANAGE: "subscriber", Scope.CONTACT: "contact", Scope.RECEIPTS: "contact"}


class Token(msgspec.Struct, frozen=True):
    """A token that was read and found genuine: `id` is the number of what it is about: a
    request, subscriber, profile, contact, receipt wish or matter; a match (ITEM); a message (TOLD)."""

    scope: Scope
    id: int


def make(db: sqlite3.Connection, scope: Scope, id: int, generation: int = 0) -> str:
    """Return the token of this scope for the row `id`."""
    return _written(scope, id, _in_one_case(_seal(db, scope, id, generation)))


def read(db: sqlite3.Connection, text: str, *scopes: Scope) -> Token | None:
    """Return what a token speaks of; None when it is forged, cut short or of another scope."""
    for form, encoded in ((_FORM, _in_one_case), (_OLD_FORM, base64.urlsafe_b64encode)):
        if isinstance(text, str) and (found := form.fullmatch(text)):
            return _read(db, found, encoded, scopes)
    return None


def hashed(db: sqlite3.Connection, text: str) -> str:
    """Return the keyed hash of an address or a network: equal for equal texts, useless without the key."""
    return hmac.new(_secret(db, "hash"), text.encode(), hashlib.sha256).hexdigest()[:32]


def _read(
    db: sqlite3.Connection, found: re.Match[str], encoded: Callable[[bytes], bytes], scopes: tuple[Scope, ...]
) -> Token | None:
    text = found[0].lower() if encoded is _in_one_case else found[0]
    if text[0] not in scopes:
        return None
    scope, id = Scope(text[0]), int(found[2])
    genuine = _written(scope, id, encoded(_seal(db, scope, id, _generation(db, scope, id))))
    return Token(scope, id) if hmac.compare_digest(genuine.encode(), text.encode()) else None


def _in_one_case(seal: bytes) -> bytes:
    return base64.b32encode(seal).lower()


def _generation(db: sqlite3.Connection, scope: Scope, id: int) -> int:
    """Return the generation that links of this scope carry: only links by which things are managed die with a new
    generation, because a link that ends alerts must work for ever."""
    table = _RENEWABLE.get(scope)
    row = db.execute(f"select generation from {table} where id = ?", (id,)).fetchone() if table else None
    return int(row[0]) if row else 0


def _seal(db: sqlite3.Connection, scope: Scope, id: int, generation: int) -> bytes:
    return hmac.new(_secret(db, "token"), f"{scope}|{id}|{generation}".encode(), hashlib.sha256).digest()[:16]


def _written(scope: Scope, id: int, seal: bytes) -> str:
    return f"{scope}{id}-{seal.decode().rstrip('=')}"


def _secret(db: sqlite3.Connection, name: str) -> bytes:
    return bytes(db.execute("select value from secret where name = ?", (name,)).fetchone()[0])
