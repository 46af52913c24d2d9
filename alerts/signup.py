"""Signing up for a search, or to follow one opportunity: asked for on a page, confirmed by e-mail, and only then a
subscription (double opt-in).

The answers never tell whether an address is known. What was agreed to is kept: the wording's version, the time, and
a keyed hash of the network it was asked from.
"""

import sqlite3
from datetime import datetime

import msgspec

from alerts import follows, kept, limits, messages, outbox, profiles, subscribers, suppression, tokens, wishes
from alerts.addresses import Address, mailbox, masked, parse_address
from alerts.profiles import Profile, clean_name
from alerts.tokens import Scope
from alerts.wishes import Wishes
from tenderbell.clock import instant, stamp
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.describe import describe
from tenderbell.opportunity import Opportunity
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency

WORDING = "2026-11"
"""The version of the consent text: the sentences of the form and of `confirmation.*` in templates/. Change it when
they change."""

REQUEST_LIFE = kept.after(kept.REQUESTS)
"""How long a confirmation can be pressed; then it is forgotten."""


class PendingAlert(msgspec.Struct, frozen=True):
    """A request as the confirmation page shows it. `confirmed` when the button was pressed before. With `follows` it is
    not about a search but about that one opportunity. `wanted` is what else was asked for."""

    address: str
    name: str
    criteria: Criteria
    frequency: Frequency
    confirmed: bool
    follows: str | None = None
    wanted: Wishes = wishes.NONE

    @property
    def reminder_days(self) -> int | None:
        """How many days before a deadline a reminder was asked for."""
        return self.wanted.reminder_days


class _Wish(msgspec.Struct, frozen=True):
    """What somebody asked for: a search, as its canonical query string, or an opportunity to follow, and what they want
    besides."""

    name: str
    frequency: Frequency
    criteria: str = ""
    follows: str | None = None
    wanted: Wishes = wishes.NONE


def request_alert(
    db: sqlite3.Connection,
    settings: Settings,
    email: str,
    criteria: Criteria,
    frequency: Frequency,
    *,
    network: str,
    now: datetime,
    wanted: Wishes = wishes.NONE,
) -> None:
    """Send a confirmation to `email` for this search and what is `wanted` besides, asked for from the address
    `network`.

    Raises AddressRefused with a message for the person, and TooManyRequests after 20 forms from one network within
    an hour. When the address was sent three confirmations today, or has this search already, nothing is sent and the
    answer is the same.
    """
    name = clean_name(describe(criteria, settings.area))
    _request(
        db,
        settings,
        email,
        _Wish(name, frequency, criteria.canonical(profile=True), wanted=wishes.sensible(wanted)),
        network,
        now,
    )


def request_follow(
    db: sqlite3.Connection,
    settings: Settings,
    email: str,
    opportunity: Opportunity,
    reminder_days: int | None,
    frequency: Frequency,
    *,
    network: str,
    now: datetime,
) -> None:
    """Send a confirmation to `email` for following one opportunity, with a reminder so many days before it closes; the
    same limits, errors and silences as for a search."""
    wish = _Wish(
        clean_name(opportunity.title), frequency, follows=opportunity.id, wanted=Wishes(reminder_days=reminder_days)
    )
    _request(db, settings, email, wish, network, now)


def _request(db: sqlite3.Connection, settings: Settings, email: str, wish: _Wish, network: str, now: datetime) -> None:
    asked_from = limits.network_of(network)
    limits.count_post(db, network, now)
    address = parse_address(email)
    with transaction(db):
        if _needs_nothing(db, address, wish) or not limits.allows(db, limits.CONFIRMATIONS, mailbox(address.key), now):
            return
        id = _insert(db, address, wish, tokens.hashed(db, asked_from), now)
        token = tokens.make(db, Scope.CONFIRM, id)
        is_follow = wish.follows is not None
        message = messages.confirmation(settings, address, wish.name, wish.frequency, token, now, follows=is_follow)
        outbox.put(db, message, now)


def pending(db: sqlite3.Connection, token: str, now: datetime) -> PendingAlert | None:
    """Return what the confirmation page shows; None for a token that is not genuine or has expired."""
    row = _asked(db, token, now)
    if row is None:
        return None
    return PendingAlert(
        masked(row["email"]),
        row["name"],
        Criteria.parse(row["criteria"]),
        Frequency(row["frequency"]),
        row["confirmed_at"] is not None,
        row["follows"],
        wishes.wishes_of(row),
    )


def confirm(db: sqlite3.Connection, settings: Settings, token: str, now: datetime) -> Profile | None:
    """Start the profile that was asked for, and return it; None when the token is not genuine or has expired.

    Confirming again returns the same profile and changes nothing, also when the profile has ended since: an old
    link never subscribes anybody anew.
    """
    with transaction(db):
        row = _asked(db, token, now)
        if row is None:
            return None
        if row["profile"] is not None:
            return _confirm_again(db, row, now)
        subscriber = subscribers.ensure(db, Address(row["email"], row["address"]), now)
        id = _start(db, settings, subscriber.id, row, now)
        db.execute("update request set confirmed_at = ?, profile = ? where id = ?", (stamp(now), id, row["id"]))
        suppression.lift(db, subscriber.address)
        return profiles.find(db, id, now)


def _confirm_again(db: sqlite3.Connection, asked: sqlite3.Row, now: datetime) -> Profile | None:
    """Return the profile that a request has already. Confirmed for the first time, it says that an address to which
    e-mails came back works again (`standing`), and starts nothing."""
    if asked["confirmed_at"] is None:
        db.execute("update request set confirmed_at = ? where id = ?", (stamp(now), asked["id"]))
        suppression.lift(db, asked["address"])
    return profiles.find(db, asked["profile"], now)


def _start(db: sqlite3.Connection, settings: Settings, subscriber: int, asked: sqlite3.Row, now: datetime) -> int:
    name, frequency = asked["name"], Frequency(asked["frequency"])
    if asked["follows"]:
        days = asked["reminder_days"]
        return follows.start(db, settings, subscriber, asked["follows"], name, frequency, days, now)
    criteria, wanted = Criteria.parse(asked["criteria"]), wishes.wishes_of(asked)
    return profiles.start(db, settings, subscriber, criteria, frequency, name, now, wanted=wanted)


def _asked(db: sqlite3.Connection, token: str, now: datetime) -> sqlite3.Row | None:
    genuine = tokens.read(db, token, Scope.CONFIRM)
    if genuine is None:
        return None
    row: sqlite3.Row | None = db.execute("select * from request where id = ?", (genuine.id,)).fetchone()
    if row is None or (row["confirmed_at"] is None and instant(row["expires_at"]) <= now):  # type: ignore[operator]
        return None
    return row


def _needs_nothing(db: sqlite3.Connection, address: Address, wish: _Wish) -> bool:
    """Return whether an address has this alert already and gets it: one to which e-mails came back is asked to confirm
    that it works again."""
    if suppression.reason(db, address.key) is not None:
        return False
    found = db.execute(
        "select 1 from profile join subscriber s on s.id = profile.subscriber "
        "where s.address = ? and profile.criteria = ? and profile.follows is ? and ended_at is null",
        (address.key, wish.criteria, wish.follows),
    )
    return found.fetchone() is not None


def _insert(db: sqlite3.Connection, address: Address, wish: _Wish, network: str, now: datetime) -> int:
    values = {
        "email": address.email,
        "address": address.key,
        "name": wish.name,
        "criteria": wish.criteria,
        "frequency": wish.frequency,
        "wording": WORDING,
        "network": network,
        "asked_at": stamp(now),
        "expires_at": stamp(now + REQUEST_LIFE),
        "follows": wish.follows,
        **msgspec.structs.asdict(wish.wanted),
    }
    row = db.execute(
        f"insert into request ({', '.join(values)}) values ({', '.join('?' * len(values))}) returning id",
        tuple(values.values()),
    ).fetchone()
    return int(row[0])
