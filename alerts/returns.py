"""Returns: one message that came in, understood and acted on once.

It may be a delivery report, a complaint, or somebody who leaves by the mail address of List-Unsubscribe. Everything
else (holiday notices, receipts, spam) is none of ours and changes nothing, and so does a report that cannot prove which
message it is about. What follows is committed before the caller is told, and the same message changes nothing when it
comes again.
"""

import sqlite3
from datetime import datetime
from email.message import Message
from enum import StrEnum

from alerts import bounces, complaints, delivery_reports, incoming_mail, tracing
from alerts.incoming_mail import Incoming
from alerts.unsubscribe import unsubscribe
from tenderbell.database import transaction


class Handled(StrEnum):
    """What a message was. *Known*: a report whose contents had been noted. *Ignored*: none of ours."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    LEFT = "left"
    KNOWN = "known"
    IGNORED = "ignored"


def handle(db: sqlite3.Connection, content: bytes, now: datetime, *, recipient: str | None = None) -> Handled:
    """Do what a message that arrived asks for and return what it was. `recipient` is the address that the mail server
    delivered it to, when it says so. No content makes this raise; only the database can."""
    incoming = incoming_mail.read(content)
    if token := tracing.leaving_token(db, incoming, recipient):
        unsubscribe(db, token, now)
        return Handled.LEFT
    feedback = complaints.feedback(incoming)
    if feedback is None:
        return _bounce(db, incoming, recipient, now)
    return _complaint(db, incoming, recipient, feedback, now)


def _complaint(
    db: sqlite3.Connection, incoming: Incoming, recipient: str | None, feedback: Message, now: datetime
) -> Handled:
    """Act on a complaint. A link to leave alone proves less than our sealed sender or Message-ID: whoever was
    forwarded the e-mail has it too. So it does what pressing it does, and no more."""
    with transaction(db):
        row = tracing.message_of(db, incoming, recipient, feedback)
        if row is not None:
            return Handled.COMPLAINT if bounces.complained(db, row["address"], row["id"], now) else Handled.KNOWN
    token = tracing.returned_token(db, incoming)
    if token is None:
        return Handled.IGNORED
    unsubscribe(db, token, now)
    return Handled.LEFT


def _bounce(db: sqlite3.Connection, incoming: Incoming, recipient: str | None, now: datetime) -> Handled:
    with transaction(db):
        row = tracing.message_of(db, incoming, recipient)
        failures = delivery_reports.failures(incoming) if row else ()
        if row is None or not failures:
            return Handled.IGNORED
        noted = [bounces.note(db, row, failure, now) for failure in failures]
    return Handled.BOUNCE if any(noted) else Handled.KNOWN
