"""Tracing: which of our messages a report is about. Only what nobody else can know proves it.

That is the sealed address that the message was sent from (`verp`), its Message-ID (96 random bits), or for a complaint
the link in it by which its reader leaves. An address that merely stands in a report proves nothing: anybody could
silence anybody.
"""

import re
import sqlite3
from collections.abc import Iterable
from email.message import Message

from alerts import tokens, verp
from alerts.incoming_mail import Incoming, values
from alerts.tokens import Scope

_SEALED = re.compile(r"(?<![A-Za-z0-9])b\+[1-9][0-9]{0,17}\.[0-9a-f]{16}(?![0-9a-f])", re.IGNORECASE | re.ASCII)
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,300}>")
_LEAVING_LINK = re.compile(r"/unsubscribe/([A-Za-z0-9_-]{10,80})", re.ASCII)
_LEAVING_ADDRESS = re.compile(r"(?<![A-Za-z0-9.+_-])unsubscribe\+([A-Za-z0-9_-]{10,80})@", re.ASCII | re.IGNORECASE)

_LEAVING = (Scope.END_ALL, Scope.END_ONE, Scope.END_RECEIPTS)


def message_of(
    db: sqlite3.Connection, incoming: Incoming, recipient: str | None, feedback: Message | None = None
) -> sqlite3.Row | None:
    """Return the row of the outbox that a report is about; None when nothing proves it, or it is no longer kept.

    `recipient` is the address that the mail server delivered the report to, when it says so; `feedback` the fields of
    a complaint, which name the sender of what was complained about.
    """
    senders = values(incoming.original, "return-path") + (values(feedback, "original-mail-from") if feedback else ())
    number = _sealed(db, (recipient or "", *incoming.addressees, *senders))
    if number is not None:
        found: sqlite3.Row | None = db.execute("select * from outbox where id = ?", (number,)).fetchone()
        return found
    return _by_message_id(db, values(incoming.original, "message-id"))


def returned_token(db: sqlite3.Connection, incoming: Incoming) -> str | None:
    """Return the genuine token of the first link to leave in the headers of what a complaint returns."""
    for value in values(incoming.original, "list-unsubscribe"):
        for found in _LEAVING_LINK.finditer(value):
            if tokens.read(db, found[1], *_LEAVING):
                return found[1]
    return None


def leaving_token(db: sqlite3.Connection, incoming: Incoming, recipient: str | None) -> str | None:
    """Return the genuine token of the address `unsubscribe+TOKEN` that a message was sent to; None for any other."""
    for value in (recipient or "", *incoming.addressees):
        for found in _LEAVING_ADDRESS.finditer(value):
            if tokens.read(db, found[1], *_LEAVING):
                return found[1]
    return None


def _sealed(db: sqlite3.Connection, texts: Iterable[str]) -> int | None:
    """Return the number in the first genuine sealed address. It may stand inside another, as forwarders write it."""
    for text in texts:
        for found in _SEALED.finditer(text):
            if (number := verp.read(db, found[0])) is not None:
                return number
    return None


def _by_message_id(db: sqlite3.Connection, texts: Iterable[str]) -> sqlite3.Row | None:
    for text in texts:
        for found in _MESSAGE_ID.finditer(text):
            row: sqlite3.Row | None = db.execute("select * from outbox where message_id = ?", (found[0],)).fetchone()
            if row is not None:
                return row
    return None
