"""Contacts: people who speak for a commissioner, by an address on its own mail domain.

The area's file lists the domains of its bodies; the operator can approve others (`domain` in `private.db`). A contact is
believed once the link in an e-mail was followed and its button pressed.
"""

import sqlite3
from datetime import datetime

import msgspec

from alerts import tokens
from alerts.addresses import Address
from alerts.tokens import Scope
from tenderbell.area import Area
from tenderbell.clock import stamp


class Contact(msgspec.Struct, frozen=True):
    """One address: `email` is written to, `address` is its normalised form. `body` is the id of the commissioner that it
    speaks for, None while the operator has not said. `confirmed_at` is a stored stamp."""

    id: int
    email: str
    address: str
    body: str | None
    created_at: str
    confirmed_at: str | None


def body_of(db: sqlite3.Connection, area: Area, address: str) -> str | None:
    """Return the id of the body whose mail domain an address is on (or a subdomain of), None when no body has it."""
    labels = address.rpartition("@")[2].lower().split(".")
    own = {domain.lower(): body.id for body in area.bodies for domain in body.domains}
    for start in range(len(labels) - 1):
        domain = ".".join(labels[start:])
        row = db.execute("select body from domain where domain = ?", (domain,)).fetchone()
        if found := (row[0] if row else own.get(domain)):
            return str(found)
    return None


def approve_domain(db: sqlite3.Connection, domain: str, body: str, now: datetime) -> None:
    """Let every address of a mail domain speak for a body, those that already asked among them."""
    db.execute("insert or replace into domain (domain, body, at) values (?, ?, ?)", (domain.lower(), body, stamp(now)))
    db.execute(
        "update contact set body = ?1 where body is null and (address like '%@' || ?2 or address like '%.' || ?2)",
        (body, domain.lower()),
    )


def ensure(db: sqlite3.Connection, area: Area, address: Address, now: datetime) -> Contact:
    """Return the contact of an address inside the caller's transaction, made if there is none, confirmed or not."""
    db.execute(
        "insert into contact (email, address, body, created_at) values (?, ?, ?, ?) on conflict (address) do update set "
        "body = coalesce(body, excluded.body)",
        (address.email, address.key, body_of(db, area, address.key), stamp(now)),
    )
    row = db.execute("select * from contact where address = ?", (address.key,)).fetchone()
    return _contact(row)


def find(db: sqlite3.Connection, id: int) -> Contact | None:
    """Return the contact with this number."""
    row = db.execute("select * from contact where id = ?", (id,)).fetchone()
    return _contact(row) if row else None


def by_token(db: sqlite3.Connection, token: str) -> Contact | None:
    """Return the contact whose link carries `token`, None when it is not genuine."""
    genuine = tokens.read(db, token, Scope.CONTACT)
    return find(db, genuine.id) if genuine else None


def token_of(db: sqlite3.Connection, id: int) -> str:
    """Return the token that a contact's links carry."""
    row = db.execute("select generation from contact where id = ?", (id,)).fetchone()
    return tokens.make(db, Scope.CONTACT, id, int(row[0]) if row else 0)


def confirm(db: sqlite3.Connection, id: int, now: datetime) -> None:
    """Note that the link in an e-mail reached this contact. Twice is the same as once."""
    db.execute("update contact set confirmed_at = coalesce(confirmed_at, ?) where id = ?", (stamp(now), id))


def _contact(row: sqlite3.Row) -> Contact:
    return msgspec.convert({name: row[name] for name in Contact.__struct_fields__}, Contact)
