"""What commissioners do with the adverts that they write here: keep a text, send it, change it, withdraw it."""

import sqlite3
from datetime import datetime

import msgspec
from limits import RateLimitItemPerDay

from alerts import contacts, limits, publishing, written
from alerts.contacts import Contact
from alerts.errors import AdvertRefused
from alerts.written import DRAFT, PUBLISHED, REFUSED, WAITING, WITHDRAWN, Kept, Written
from tenderbell.advert import Advert, moment
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.settings import Settings

MOST_OPEN = 20
"""Adverts of one contact that are not over: a limit against a link that fell into a script's hands."""

CHANGES = RateLimitItemPerDay(60, namespace="advert")
"""How often one contact may keep a text, over any 24 hours: each change of what is published is told to followers."""


def save(
    db: sqlite3.Connection, settings: Settings, contact: Contact, id: int, advert: Advert, seen: str, now: datetime
) -> int:
    """Keep an advert's text and return its number: of a new draft when `id` is 0, which the same text sent twice makes
    only once. What is published is published anew by this; about what waits the operator is asked anew.

    Raises AdvertRefused when there are too many, when it is withdrawn or somebody else's, or when it is no longer as
    the writer saw it at `seen` (the stamp of its last change).
    """
    with transaction(db):
        contacts.confirm(db, contact.id, now)
        if not limits.allows(db, CHANGES, f"contact {contact.id}", now):
            raise AdvertRefused("You have changed your adverts many times today. Go on tomorrow, or write to us.")
        if not id:
            return _begin(db, contact, advert, now)
        if _change(db, contact, id, advert, seen, now):
            publishing.ask_again(db, settings, id, now)
        return id


def _begin(db: sqlite3.Connection, contact: Contact, advert: Advert, now: datetime) -> int:
    living = [one for one in written.own(db, contact.id) if not _is_over(one, now)]
    same = next((one.id for one in living if one.state == DRAFT and one.advert == advert), None)
    if same is not None:
        return same
    if len(living) >= MOST_OPEN:
        raise AdvertRefused(f"You have {MOST_OPEN} adverts that are not over. Withdraw one, or delete a draft, first.")
    fields = msgspec.json.encode(Kept(advert)).decode()
    row = db.execute(
        "insert into advert (contact, body, fields, state, created_at, updated_at) values (?, ?, ?, ?, ?5, ?5) "
        "returning id",
        (contact.id, contact.body or "", fields, DRAFT, stamp(now)),
    ).fetchone()
    return int(row[0])


def _is_over(one: Written, now: datetime) -> bool:
    closes = moment(one.advert, "closes")
    return one.state == WITHDRAWN or (one.state == PUBLISHED and closes is not None and closes <= now)


def _change(db: sqlite3.Connection, contact: Contact, id: int, advert: Advert, seen: str, now: datetime) -> bool:
    """Keep another text and return whether it is another."""
    one = _own_one(db, contact, id)
    if one.advert == advert:
        return False
    if one.updated_at != seen:
        raise AdvertRefused("It was changed since you opened this page, perhaps in another window. Look at it again.")
    written.keep(db, id, Kept(advert, archived=one.state != PUBLISHED), now)
    return True


def _own_one(db: sqlite3.Connection, contact: Contact, id: int) -> Written:
    one = written.find(db, id, contact.id)
    if one is None or one.state == WITHDRAWN:
        raise AdvertRefused("There is no such advert any more, or it was withdrawn. Write a new one.")
    return one


def send(db: sqlite3.Connection, settings: Settings, contact: Contact, id: int, now: datetime) -> str:
    """Send a draft, or one that was refused and changed, and return its state: published at once when the operator has
    approved an advert of this body before, else waiting. Twice is the same as once. Raises AdvertRefused."""
    with transaction(db):
        if _own_one(db, contact, id).state in (DRAFT, REFUSED):
            db.execute("update advert set state = ?, body = ? where id = ?", (WAITING, contact.body or "", id))
            publishing.submit(db, settings, id, contact, now)
    publishing.follow(db, settings, now)
    return _own_one(db, contact, id).state


def withdraw(db: sqlite3.Connection, settings: Settings, contact: Contact, id: int, now: datetime) -> None:
    """Withdraw an advert of one's own: what was published stays and says so; a draft is deleted. Twice is as once."""
    with transaction(db):
        if written.find(db, id, contact.id):
            publishing.take_down(db, id, now)
    publishing.follow(db, settings, now)
