"""Standing: whether an address is written to, told to its owner in words; and asking it to confirm once more.

A suppressed address gets no alerts. Its owner sees why, and may ask for one e-mail to it: the link in that e-mail lifts
the suppression, because only who reads the mailbox can press it. A complaint is never lifted.
"""

import sqlite3
from datetime import datetime

import msgspec

from alerts import limits, messages, outbox, profiles, suppression, tokens
from alerts.addresses import Address, mailbox
from alerts.profiles import Profile
from alerts.signup import REQUEST_LIFE, WORDING
from alerts.subscribers import Subscriber
from alerts.tokens import Scope
from tenderbell.clock import instant, stamp
from tenderbell.database import transaction
from tenderbell.settings import Settings

COMPLAINED = "Your mail service told us that one of our e-mails was marked as unwanted, so we do not write any more."
CAME_BACK = "Our e-mails to this address came back{}, so we have stopped writing to it."

_WHY = {
    "5.1.2.": ": its domain takes no mail",
    "5.1.": ": there is no such mailbox, says its mail server",
    "5.2.1.": ": the mailbox is switched off",
    "5.3.": ": its mail server cannot take them",
    "5.4.": ": its mail server cannot be reached",
}
"""What the status of a bounce means (RFC 3463), the more exact ones first."""


class Standing(msgspec.Struct, frozen=True):
    """Why an address is not written to, since when, and whether its owner can change that by confirming it."""

    words: str
    since: datetime | None
    can_return: bool


def standing(db: sqlite3.Connection, address: str) -> Standing | None:
    """Return why a normalised address is not written to; None when it is."""
    row = db.execute(
        "select reason, since from suppression where address_hash = ?", (tokens.hashed(db, address),)
    ).fetchone()
    if row is None:
        return None
    complained = row["reason"] == suppression.COMPLAINT
    words = COMPLAINED if complained else CAME_BACK.format(_why(row["reason"]))
    return Standing(words, instant(row["since"]), not complained)


def _why(reason: str) -> str:
    return next((words for status, words in _WHY.items() if f"{reason}.".startswith(status)), "")


def ask_again(db: sqlite3.Connection, settings: Settings, owner: Subscriber, *, network: str, now: datetime) -> bool:
    """Send one e-mail to a suppressed address, whose link confirms that it works; return whether one may be sent.

    Confirming an alert that is there already starts nothing new and lifts the suppression (`signup.confirm`). The
    limits are those of every confirmation: three a day to one address, and nothing is said of the fourth. Raises
    TooManyRequests when the network has posted too many forms.
    """
    now_stands = standing(db, owner.address)
    alerts = profiles.current(db, owner.id, now)
    if now_stands is None or not now_stands.can_return or not alerts:
        return False
    asked_from = limits.network_of(network)
    limits.count_post(db, network, now)
    with transaction(db):
        if limits.allows(db, limits.CONFIRMATIONS, mailbox(owner.address), now):
            _ask(db, settings, owner, alerts[0], tokens.hashed(db, asked_from), now)
    return True


def _ask(
    db: sqlite3.Connection, settings: Settings, owner: Subscriber, alert: Profile, network: str, now: datetime
) -> None:
    values = {
        "email": owner.email,
        "address": owner.address,
        "name": alert.name,
        "criteria": alert.criteria.canonical(profile=True),
        "frequency": alert.frequency,
        "wording": WORDING,
        "network": network,
        "asked_at": stamp(now),
        "expires_at": stamp(now + REQUEST_LIFE),
        "follows": alert.follows,
        "reminder_days": alert.reminder_days,
        "profile": alert.id,
    }
    row = db.execute(
        f"insert into request ({', '.join(values)}) values ({', '.join('?' * len(values))}) returning id",
        tuple(values.values()),
    ).fetchone()
    token = tokens.make(db, Scope.CONFIRM, row[0])
    to = Address(owner.email, owner.address)
    is_follow = alert.follows is not None
    message = messages.confirmation(settings, to, alert.name, alert.frequency, token, now, follows=is_follow)
    outbox.put(db, message, now)
