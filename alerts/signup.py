"""Signing up: asked for on a page, confirmed by e-mail, and only then a subscription (double opt-in).

The answers never tell whether an address is known. What was agreed to is kept: the wording's version, the time, and
a keyed hash of the network it was asked from.
"""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from alerts import limits, messages, outbox, profiles, subscribers, suppression, tokens
from alerts.addresses import Address, masked, parse_address
from alerts.errors import TooManyRequests
from alerts.profiles import TOO_MANY_POSTS, Profile, clean_name
from alerts.tokens import Scope
from tenderbell.clock import instant, stamp
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.describe import describe
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency

WORDING = "2026-11"
"""The version of the consent text: the sentences of the form and of `confirmation.*` in templates/. Change it when
they change."""

REQUEST_LIFE = timedelta(days=7)


class PendingAlert(msgspec.Struct, frozen=True):
    """A request as the confirmation page shows it. `confirmed` when the button was pressed before."""

    address: str
    name: str
    criteria: Criteria
    frequency: Frequency
    confirmed: bool


def request_alert(
    db: sqlite3.Connection,
    settings: Settings,
    email: str,
    criteria: Criteria,
    frequency: Frequency,
    *,
    network: str,
    now: datetime,
) -> None:
    """Send a confirmation to `email` for this search, asked for from the address `network`.

    Raises AddressRefused with a message for the person, and TooManyRequests after 20 forms from one network within
    an hour. When the address was sent three confirmations today, or has this search already, nothing is sent and the
    answer is the same.
    """
    asked_from = limits.network_of(network)
    with transaction(db):
        allowed = limits.allows(db, limits.POSTS, asked_from, now)
    if not allowed:
        raise TooManyRequests(TOO_MANY_POSTS)
    address = parse_address(email)
    name = clean_name(describe(criteria, settings.area))
    with transaction(db):
        if _has_already(db, address, criteria) or not limits.allows(db, limits.CONFIRMATIONS, address.key, now):
            return
        id = _insert(db, address, criteria, frequency, name, tokens.hashed(db, asked_from), now)
        token = tokens.make(db, Scope.CONFIRM, id)
        outbox.put(db, messages.confirmation(settings, address, name, frequency, token, now), now)


def pending(db: sqlite3.Connection, token: str, now: datetime) -> PendingAlert | None:
    """Return what the confirmation page shows; None for a token that is not genuine or has expired."""
    row = _request(db, token, now)
    if row is None:
        return None
    return PendingAlert(
        masked(row["email"]),
        row["name"],
        Criteria.parse(row["criteria"]),
        Frequency(row["frequency"]),
        row["confirmed_at"] is not None,
    )


def confirm(db: sqlite3.Connection, settings: Settings, token: str, now: datetime) -> Profile | None:
    """Start the profile that was asked for, and return it; None when the token is not genuine or has expired.

    Confirming again returns the same profile and changes nothing, also when the profile has ended since: an old
    link never subscribes anybody anew.
    """
    with transaction(db):
        row = _request(db, token, now)
        if row is None:
            return None
        if row["profile"] is not None:
            return profiles.find(db, row["profile"], now)
        subscriber = subscribers.ensure(db, Address(row["email"], row["address"]), now)
        criteria, frequency = Criteria.parse(row["criteria"]), Frequency(row["frequency"])
        id = profiles.start(db, settings, subscriber.id, criteria, frequency, row["name"], now)
        db.execute("update request set confirmed_at = ?, profile = ? where id = ?", (stamp(now), id, row["id"]))
        suppression.lift(db, subscriber.address)
        return profiles.find(db, id, now)


def _request(db: sqlite3.Connection, token: str, now: datetime) -> sqlite3.Row | None:
    genuine = tokens.read(db, token, Scope.CONFIRM)
    if genuine is None:
        return None
    row: sqlite3.Row | None = db.execute("select * from request where id = ?", (genuine.id,)).fetchone()
    if row is None or (row["confirmed_at"] is None and instant(row["expires_at"]) <= now):  # type: ignore[operator]
        return None
    return row


def _has_already(db: sqlite3.Connection, address: Address, criteria: Criteria) -> bool:
    found = db.execute(
        "select 1 from profile join subscriber s on s.id = profile.subscriber "
        "where s.address = ? and profile.criteria = ? and ended_at is null",
        (address.key, criteria.canonical(profile=True)),
    )
    return found.fetchone() is not None


def _insert(
    db: sqlite3.Connection,
    address: Address,
    criteria: Criteria,
    frequency: Frequency,
    name: str,
    network: str,
    now: datetime,
) -> int:
    row = db.execute(
        "insert into request (email, address, name, criteria, frequency, wording, network, asked_at, expires_at) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id",
        (
            address.email,
            address.key,
            name,
            criteria.canonical(profile=True),
            frequency,
            WORDING,
            network,
            stamp(now),
            stamp(now + REQUEST_LIFE),
        ),
    ).fetchone()
    return int(row[0])
