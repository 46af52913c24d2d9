"""The envelope sender: an address of our own for each message, by which whatever comes back names what went out (VERP).

`b+NUMBER.SEAL@DOMAIN`, where the seal is a keyed hash of the number: nobody else can make a bounce for a message that
they were not sent. The seal is hexadecimal, because some servers put an address into lower or upper case on its way.
The domain is not looked at when an address is read: a forwarder may have put its own there, and the seal is enough.
"""

import hmac
import re
import sqlite3

from alerts import tokens
from alerts.messages import mail_domain
from tenderbell.settings import Settings

_FORM = re.compile(r"\s*<?b\+([1-9][0-9]{0,17})\.([0-9a-f]{16})(?:@[^@\s<>]{1,255})?>?\s*", re.ASCII | re.IGNORECASE)


def make(db: sqlite3.Connection, settings: Settings, outbox_id: int) -> str:
    """Return the address that the message with this number is sent from, under the edition's `bounce_domain`."""
    return f"b+{outbox_id}.{_seal(db, outbox_id)}@{bounce_domain(settings)}"


def read(db: sqlite3.Connection, address: str) -> int | None:
    """Return the number of the message that an address was made for; None for one that we never made. It may be in
    angle brackets, in capitals, or without its domain. Whether the message still exists is not looked at."""
    found = _FORM.fullmatch(address) if isinstance(address, str) else None
    if not found:
        return None
    number = int(found[1])
    return number if hmac.compare_digest(_seal(db, number), found[2].lower()) else None


def bounce_domain(settings: Settings) -> str:
    """Return the domain that bounces are addressed to: the edition's, else that of its From address."""
    return settings.edition.mail.bounce_domain or mail_domain(settings)


def _seal(db: sqlite3.Connection, number: int) -> str:
    return tokens.hashed(db, f"bounce|{number}")[:16]
