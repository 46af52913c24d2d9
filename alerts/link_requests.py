"""Asking for the link to one's own alerts. The answer never tells whether an address has any."""

import sqlite3
from datetime import datetime

from alerts import limits, messages, outbox, subscribers
from alerts.addresses import mailbox, parse_address
from tenderbell.database import transaction
from tenderbell.settings import Settings


def send_link(db: sqlite3.Connection, settings: Settings, email: str, *, network: str, now: datetime) -> None:
    """Send the manage link to an address, if it has a subscriber; the answer is the same if it has none.

    Raises AddressRefused, and TooManyRequests when the network has posted too many forms. At most three a day are
    sent to one address; beyond that the answer is the same and nothing is sent.
    """
    limits.count_post(db, network, now)
    address = parse_address(email)
    with transaction(db):
        found = subscribers.find_address(db, address.key)
        if found and limits.allows(db, limits.LINKS, mailbox(address.key), now):
            outbox.put(db, messages.link(db, settings, found, now), now)
