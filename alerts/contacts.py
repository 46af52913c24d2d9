"""Contacts: people who speak for a commissioner, by an address on its own mail domain.

The area's file lists the domains of its bodies; the operator can approve others (`domain` in `private.db`). A contact
is believed once the link in an e-mail was followed and its button pressed.
"""

import re
import sqlite3
from datetime import datetime

import msgspec

from alerts import limits, outbox, suppression, tokens
from alerts.addresses import Address, mailbox, parse_address
from alerts.errors import AddressRefused
from alerts.notes import note
from alerts.outbox import Sort
from alerts.tokens import Scope
from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.settings import Settings

FREE_HOSTS = re.compile(
    r"(?:^|\.)(?:g(?:oogle)?mail|outlook|hotmail|live|msn|yahoo|ymail|rocketmail|icloud|me|mac|aol|btinternet|btopenworld"
    r"|sky|virginmedia|ntlworld|blueyonder|talktalk|tiscali|plusnet|plus|orange|freeserve|wanadoo|protonmail|proton|pm|gmx"
    r"|mail|email|zoho|yandex|fastmail|tutanota|hushmail|qq|163|uwclub|waitrose|o2|mailinator|outlook-mail)"
    r"\.(?:com|net|co\.uk|uk|me|org|de|fr|ru|ch|eu|es|it)$"
)
"""Hosts at which anybody can have an address: none of them is a body's own mail domain."""


SHARED_DOMAINS = frozenset(
    "nhs.net gov.uk nhs.uk police.uk org.uk co.uk ac.uk cjsm.net pnn.police.uk parliament.uk sch.uk".split()
)
"""Mail domains that many bodies share: there each address is named by itself."""


class Contact(msgspec.Struct, frozen=True):
    """One address: `email` is written to, `address` is its normalised form. `body` is the id of the commissioner that
    it speaks for, None while the operator has not said. `confirmed_at` is a stored stamp."""

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


def is_shared(address: str) -> bool:
    """Return whether an address says nothing of those beside it: at a free host, or on a domain of many bodies."""
    return is_anybodys(address) or address.rpartition("@")[2].lower() in SHARED_DOMAINS


def is_anybodys(address: str) -> bool:
    """Return whether an address is at a host where anybody can have one."""
    return bool(FREE_HOSTS.search(address.rpartition("@")[2].lower()))


def send_link(
    db: sqlite3.Connection,
    settings: Settings,
    email: str,
    page: str,
    purpose: str,
    *,
    network: str,
    now: datetime,
) -> None:
    """Send a link to a commissioner's own page: `page` is its address with {token} in it, `purpose` what for, in words
    that follow "to".

    Raises AddressRefused, also for a host at which anybody can have an address, and TooManyRequests. Beyond three a day
    nothing is sent and the answer is the same; so it is whether or not the address or its domain is known.
    """
    limits.count_post(db, network, now)
    address = parse_address(email)
    if is_anybodys(address.key):
        raise AddressRefused(
            "That is a host where anybody can have an address. Please give your work address, on your "
            "organisation’s own mail domain."
        )
    with transaction(db):
        if not limits.allows(db, limits.CONFIRMATIONS, mailbox(address.key), now):
            return
        contact = ensure(db, settings.area, address, now)
        link = settings.url + page.format(token=token_of(db, contact.id))
        title = settings.edition.title
        paragraphs = (
            f"You, or somebody using your address, asked {title} for a link to {purpose}.",
            "Keep it to yourself: whoever has it can write in your organisation’s name. If it was not you, do nothing.",
        )
        message = note(
            settings, Sort.LINK, address, f"Your link to {purpose}", paragraphs, ("Open your page", link), now
        )
        outbox.put(db, message, now)


def name_body(db: sqlite3.Connection, contact: Contact, body: str, now: datetime) -> None:
    """Let a contact speak for a body, and with it every address of its mail domain, but where others share that."""
    db.execute("update contact set revoked_at = null where id = ?", (contact.id,))
    if is_shared(contact.address):
        db.execute("update contact set body = ? where id = ?", (body, contact.id))
    else:
        approve_domain(db, contact.address.rpartition("@")[2], body, now)


def approve_domain(db: sqlite3.Connection, domain: str, body: str, now: datetime) -> None:
    """Let every address of a mail domain speak for a body, those that already asked among them."""
    db.execute("insert or replace into domain (domain, body, at) values (?, ?, ?)", (domain.lower(), body, stamp(now)))
    db.execute(
        "update contact set body = ?1 where body is null and revoked_at is null "
        "and (address like '%@' || ?2 or address like '%.' || ?2)",
        (body, domain.lower()),
    )


def ensure(db: sqlite3.Connection, area: Area, address: Address, now: datetime) -> Contact:
    """Return the contact of an address inside the caller's transaction, made if there is none, confirmed or not."""
    db.execute(
        "insert into contact (email, address, body, created_at) values (?, ?, ?, ?) on conflict (address) do update "
        "set body = case when revoked_at is null then coalesce(body, excluded.body) end",
        (address.email, address.key, body_of(db, area, address.key), stamp(now)),
    )
    row = db.execute("select * from contact where address = ?", (address.key,)).fetchone()
    return _contact(row)


def find(db: sqlite3.Connection, id: int) -> Contact | None:
    """Return the contact with this number."""
    row = db.execute("select * from contact where id = ?", (id,)).fetchone()
    return _contact(row) if row else None


def by_token(db: sqlite3.Connection, token: str, *also: Scope) -> Contact | None:
    """Return the contact whose link carries `token`, None when it is not genuine. With Scope.RECEIPTS it may also be
    the one that letters carry, which allows less."""
    genuine = tokens.read(db, token, Scope.CONTACT, *also)
    return find(db, genuine.id) if genuine else None


def token_of(db: sqlite3.Connection, id: int, scope: Scope = Scope.CONTACT) -> str:
    """Return the token that a contact's links carry: one with which its owner writes in the body's name, or with
    Scope.RECEIPTS one that only says what they are told, for letters that people forward."""
    row = db.execute("select generation from contact where id = ?", (id,)).fetchone()
    return tokens.make(db, scope, id, int(row[0]) if row else 0)


def renew_link(db: sqlite3.Connection, token: str) -> str:
    """Make every link of a contact worthless and return the token of a new one; `token` must be genuine and allow to
    write. Raises LookupError when it is not."""
    contact = by_token(db, token)
    if contact is None:
        raise LookupError("No contact has this link.")
    with transaction(db):
        _end_links(db, contact.id)
    return token_of(db, contact.id)


def revoke(db: sqlite3.Connection, who: str, now: datetime) -> int:
    """Let an address, or every address of a mail domain, speak for no body any more, and return how many contacts that
    concerns. Their links are worthless, and the operator is asked about them when they come again."""
    name = who.strip().lower()
    asked = "select id from contact where address = ? or address like ?"
    found = [row[0] for row in db.execute(asked, (name, f"%@{name}"))]
    with transaction(db):
        approved = db.execute("delete from domain where domain = ?", (name,)).rowcount
        for id in found:
            db.execute("update contact set body = null, revoked_at = ? where id = ?", (stamp(now), id))
            _end_links(db, id)
    return max(len(found), approved)


def _end_links(db: sqlite3.Connection, id: int) -> None:
    db.execute("update contact set generation = generation + 1 where id = ?", (id,))


def may_write_to(db: sqlite3.Connection, contact: Contact) -> bool:
    """Return whether a contact can be written to: its address is not forgotten and not suppressed."""
    return bool(contact.email) and suppression.reason(db, contact.address) is None


def confirm(db: sqlite3.Connection, id: int, now: datetime) -> None:
    """Note that the link in an e-mail reached this contact. Twice is the same as once."""
    db.execute("update contact set confirmed_at = coalesce(confirmed_at, ?) where id = ?", (stamp(now), id))


def _contact(row: sqlite3.Row) -> Contact:
    return msgspec.convert({name: row[name] for name in Contact.__struct_fields__}, Contact)
