"""What a monitoring program may know of the alerts: numbers, no address. Each figure follows an index."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime

from alerts import watch
from alerts.figures import WEEK, figures
from tenderbell.clock import instant, stamp
from tenderbell.database import connect
from tenderbell.seeing.measures import Measure, Sample
from tenderbell.settings import Settings

UNMATCHED = Measure(
    "tenderbell_events_unmatched", "Numbers of events that the matcher has not reached yet: at most so many wait."
)
MATCHED = Measure("tenderbell_match_last_timestamp_seconds", "When the matcher last ran.")
SENT_AT = Measure("tenderbell_send_last_timestamp_seconds", "When the sender last ran.")
OUTBOX = Measure("tenderbell_outbox_messages", "E-mails in a state that is not over.", ("state",))
DUE = Measure("tenderbell_outbox_due_messages", "E-mails that may be sent now.")
OLDEST = Measure("tenderbell_outbox_oldest_seconds", "Age of the oldest e-mail that waits; 0 when none does.")
SENT_DAY = Measure("tenderbell_mail_sent_last_day", "E-mails sent in 24 hours.")
SENT = Measure("tenderbell_mail_sent_last_week", "E-mails sent in seven days.")
DEFERRED = Measure("tenderbell_mail_deferred", "E-mails that were tried and wait for another try.")
FAILED = Measure("tenderbell_mail_failed_last_week", "E-mails refused for good in seven days.")
UNKNOWN = Measure(
    "tenderbell_mail_unknown_last_week", "E-mails of seven days of which nobody knew at least once if they arrived."
)
BOUNCED = Measure("tenderbell_mail_bounced_last_week", "E-mails that came back or were refused in seven days.")
COMPLAINTS = Measure("tenderbell_mail_complaints_last_week", "Complaints about e-mails in seven days.")
SUPPRESSED = Measure("tenderbell_mail_suppressed_addresses", "Addresses that are not written to.")
ALARMS = Measure("tenderbell_alarms", "What waits for the operator.")

MEASURES = (
    UNMATCHED, MATCHED, SENT_AT, OUTBOX, DUE, OLDEST, SENT_DAY, SENT, DEFERRED, FAILED, UNKNOWN, BOUNCED, COMPLAINTS,
    SUPPRESSED, ALARMS,
)  # fmt: skip

WAITING = ("pending", "sending", "unknown")

_OF_FIGURES = {
    "due": DUE, "deferred": DEFERRED, "sent_day": SENT_DAY, "sent_week": SENT, "failed_week": FAILED,
    "unknown_week": UNKNOWN, "bounced_week": BOUNCED, "suppressed": SUPPRESSED,
}  # fmt: skip


def samples(settings: Settings) -> Iterator[Sample]:
    """Yield what can be known now; nothing where `private.db` is missing or cannot be read (a replica has none)."""
    if not settings.private_path.exists():
        return
    now = settings.clock()
    with (
        suppress(sqlite3.Error, OSError),
        closing(connect(settings.private_path, read_only=True)) as db,
        closing(connect(settings.public_path, read_only=True)) as public,
    ):
        yield from _mail(db, now)
        yield from _cursors(db, public)
        yield Sample(ALARMS, len(watch.standing(db, public, settings, now)))


def _mail(db: sqlite3.Connection, now: datetime) -> Iterator[Sample]:
    for state in WAITING:
        yield Sample(OUTBOX, _number(db, "select count(*) from outbox where state = ?", state), (state,))
    found = figures(db, now)
    yield from (Sample(measure, getattr(found, name)) for name, measure in _OF_FIGURES.items())
    oldest = instant(found.oldest)
    yield Sample(OLDEST, max(0.0, (now - oldest).total_seconds()) if oldest else 0)
    complaints = "select count(*) from bounce where kind = 'complaint' and at > ?"
    yield Sample(COMPLAINTS, _number(db, complaints, stamp(now - WEEK)))


def _cursors(db: sqlite3.Connection, public: sqlite3.Connection) -> Iterator[Sample]:
    steps = {row["name"]: row for row in db.execute("select name, cursor, finished_at from step")}
    if "match" in steps:
        newest = _number(public, "select coalesce(max(number), 0) from event")
        yield Sample(UNMATCHED, max(0, newest - steps["match"]["cursor"]))
    for name, measure in (("match", MATCHED), ("send", SENT_AT)):
        at = instant(steps[name]["finished_at"]) if name in steps else None
        if at:
            yield Sample(measure, at.timestamp())


def _number(db: sqlite3.Connection, query: str, *values: str) -> int:
    return int(db.execute(query, values).fetchone()[0])
