"""Receipts: what a commissioner asks for by an address on its own mail domain: to be told of each of its adverts that
appears here, and to be warned when none has been seen for so many days. `receipt_letters` writes them.

The address is confirmed by the link in an e-mail. A domain that no body is known by is put to the operator then, and
nothing is written before the operator has said whose it is.
"""

import sqlite3
from datetime import datetime
from urllib.parse import urlencode

import msgspec

from alerts import contacts, desk, limits, links, messages, outbox, published, suppression
from alerts.addresses import Address, mailbox, masked, parse_address
from alerts.contacts import Contact
from alerts.errors import AddressRefused
from alerts.outbox import Message, Sort
from alerts.tokens import Scope
from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.phrases import plural
from tenderbell.settings import Settings

FEWEST_DAYS, USUAL_DAYS, MOST_DAYS = 7, 90, 365
"""How many days without an advert a warning may be asked for after."""


NOT_OWN = "Anybody can have an address there. Please give the one on your organisation’s own mail domain."


class Wish(msgspec.Struct, frozen=True):
    """What a contact asked for: `receipts` for each advert, and a warning after `silent_days` without one, None for no
    warning."""

    receipts: bool
    silent_days: int | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.receipts and self.silent_days is None


class Asked(msgspec.Struct, frozen=True):
    """What the page of a contact shows: the masked address, the body's id and name (None while the operator has not
    said whose it is), the living wish, and whether the address was confirmed."""

    address: str
    body: str | None
    body_name: str | None
    wish: Wish | None
    confirmed: bool


def request(db: sqlite3.Connection, settings: Settings, email: str, wish: Wish, *, network: str, now: datetime) -> None:
    """Send the link that confirms a wish to `email`. Nothing of the wish is kept: the link carries it.

    Raises AddressRefused, also for a host at which anybody can have an address, and TooManyRequests. Beyond three
    confirmations a day nothing is sent and the answer is the same; so it is whether or not the address or its domain is
    known.
    """
    limits.count_post(db, network, now)
    address = parse_address(email)
    if contacts.is_anybodys(address.key):
        raise AddressRefused(NOT_OWN)
    with transaction(db):
        if not limits.allows(db, limits.CONFIRMATIONS, mailbox(address.key), now):
            return
        contact = contacts.ensure(db, settings.area, address, now)
        token = contacts.token_of(db, contact.id, Scope.RECEIPTS)
        outbox.put(db, _confirmation(settings, address, token, wish, now), now)


def _confirmation(settings: Settings, to: Address, token: str, wish: Wish, now: datetime) -> Message:
    """Return the message that asks a commissioner to confirm what they would be told of their adverts."""
    query = urlencode({"receipts": int(wish.receipts), "days": wish.silent_days or 0})
    told = ["when an advert of yours appears"] if wish.receipts else []
    told += [f"when none has been seen for {plural(wish.silent_days, 'day')}"] if wish.silent_days else []
    model: dict[str, object] = {
        "edition": settings.edition,
        "name": "Receipts for your organisation’s adverts",
        "sentence": f"We would write {' and '.join(told)}.",
        "confirm": links.receipts(settings, token, query),
        "site": settings.url,
        "privacy": links.privacy(settings),
    }
    subject = f"Please confirm: {settings.edition.title} advert receipts"
    return messages.compose(settings, Sort.CONFIRMATION, to, subject, model, now)


def shown(db: sqlite3.Connection, area: Area, token: str) -> Asked | None:
    """Return what a contact's page shows; None for a token that is not genuine."""
    contact = contacts.by_token(db, token, Scope.RECEIPTS)
    if contact is None:
        return None
    row = _living(db, contact.id)
    wish = Wish(bool(row["receipts"]), row["silent_days"]) if row else None
    return Asked(
        masked(contact.email), contact.body, name_of(area, contact.body), wish, contact.confirmed_at is not None
    )


def name_of(area: Area, body: str | None) -> str | None:
    """Return a body's name; its id when the area's file does not have it any more."""
    found = area.body_by_slug.get(body) if body else None
    return found.name if found else body


def take_up(db: sqlite3.Connection, settings: Settings, token: str, wish: Wish, now: datetime) -> bool:
    """Confirm a contact and begin, change or end what they are told. Returns whether the token was genuine. Pressing
    twice is as once. What appeared before is not told."""
    with transaction(db):
        contact = contacts.by_token(db, token, Scope.RECEIPTS)
        if contact is None:
            return False
        contacts.confirm(db, contact.id, now)
        row = _living(db, contact.id)
        if wish.is_empty:
            if row:
                end(db, row["id"], "page", now)
            return True
        _write(db, settings, contact.id, row, wish, now)
        suppression.lift(db, contact.address)
        if contact.body is None:
            _ask(db, contact, now)
    return True


def end(db: sqlite3.Connection, id: int, by: str, now: datetime) -> None:
    """End a wish inside the caller's transaction and withdraw what waits for its owner. Twice is the same as once."""
    db.execute(
        "update receipt_wish set ended_at = coalesce(ended_at, ?), ended_by = coalesce(ended_by, ?) where id = ?",
        (stamp(now), by, id),
    )
    db.execute(
        "update outbox set state = 'withdrawn', done_at = ? where sort in ('receipt', 'warning') "
        "and state in ('pending', 'unknown') "
        "and address = (select c.address from contact c join receipt_wish w on w.contact = c.id where w.id = ?)",
        (stamp(now), id),
    )


def _living(db: sqlite3.Connection, contact: int) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "select * from receipt_wish where contact = ? and ended_at is null", (contact,)
    ).fetchone()
    return row


def _write(
    db: sqlite3.Connection, settings: Settings, contact: int, row: sqlite3.Row | None, wish: Wish, now: datetime
) -> None:
    if row:
        db.execute(
            "update receipt_wish set receipts = ?, silent_days = ? where id = ?",
            (wish.receipts, wish.silent_days, row["id"]),
        )
        return
    with published.reading(settings) as public:
        watermark = published.newest_event(public) if public else 0
    db.execute(
        "insert into receipt_wish (contact, receipts, silent_days, watermark, created_at) values (?, ?, ?, ?, ?)",
        (contact, wish.receipts, wish.silent_days, watermark, stamp(now)),
    )


def _ask(db: sqlite3.Connection, contact: Contact, now: datetime) -> None:
    desk.ask_body(db, contact, "asks for receipts of a commissioner’s adverts", now)
