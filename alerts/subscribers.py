"""Subscribers: the people whose address was confirmed. One row for each address."""

import sqlite3
from datetime import datetime

import msgspec

from alerts import tokens
from alerts.addresses import Address
from alerts.tokens import Scope
from tenderbell.clock import stamp
from tenderbell.database import transaction


class Subscriber(msgspec.Struct, frozen=True):
    """A person who asked to be written to: `email` is written to, `address` is its normalised form."""

    id: int
    email: str
    address: str
    generation: int


def find(db: sqlite3.Connection, id: int) -> Subscriber | None:
    """Return the subscriber with this number."""
    return _subscriber(db.execute(f"{_SELECT} where id = ?", (id,)).fetchone())


def find_address(db: sqlite3.Connection, address: str) -> Subscriber | None:
    """Return the subscriber of a normalised address."""
    return _subscriber(db.execute(f"{_SELECT} where address = ?", (address,)).fetchone())


def ensure(db: sqlite3.Connection, address: Address, now: datetime) -> Subscriber:
    """Return the subscriber of an address, made if there is none. Twice is the same as once: the address is unique."""
    db.execute(
        "insert into subscriber (email, address, created_at) values (?, ?, ?) on conflict (address) do nothing",
        (address.email, address.key, stamp(now)),
    )
    found = find_address(db, address.key)
    assert found is not None  # noqa: S101 - the row was made above, in the same transaction
    return found


def manage_token(db: sqlite3.Connection, subscriber: int) -> str:
    """Return the token of a subscriber's manage page: what the link in every e-mail carries."""
    found = find(db, subscriber)
    return tokens.make(db, Scope.MANAGE, subscriber, found.generation if found else 0)


def renew_link(db: sqlite3.Connection, token: str) -> str:
    """Make every manage link of the owner of this one useless and return the token of the new one; a forged token
    comes back as it is. Links that end alerts go on working, because they must for ever."""
    genuine = tokens.read(db, token, Scope.MANAGE)
    if genuine is None:
        return token
    with transaction(db):
        db.execute("update subscriber set generation = generation + 1 where id = ?", (genuine.id,))
    return manage_token(db, genuine.id)


_SELECT = "select id, email, address, generation from subscriber"


def _subscriber(row: sqlite3.Row | None) -> Subscriber | None:
    return None if row is None else Subscriber(*row)
