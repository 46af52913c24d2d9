"""Alarms: what is wrong and needs a human, told to the operator by e-mail and shown by `status`.

An alarm is one row for each subject. Raising it again changes its words and nothing else, so whoever finds something
wrong may say so at every run. Each is told once by e-mail, again after seven days while it lasts, and never more than
once a day however often it comes and goes. What is over is cleared without a letter: an e-mail asks somebody to act,
and `status` shows what is left. The words hold no address: what is wrong, and what to do.

`watch` has the alarms that are found by looking.
"""

import sqlite3
from datetime import datetime, timedelta

import msgspec
from limits import RateLimitItemPerDay

from alerts import limits, links, messages, outbox, suppression
from alerts.addresses import Address
from alerts.outbox import Sort
from tenderbell.clock import instant, stamp
from tenderbell.database import transaction
from tenderbell.phrases import moment_words, plural
from tenderbell.settings import Settings
from tenderbell.text import excerpt

AGAIN = timedelta(days=7)
"""How long after its e-mail an alarm that lasts is told again."""

TELLINGS = RateLimitItemPerDay(1, namespace="alarm")
"""E-mails about one subject, over any 24 hours: what comes and goes is told once."""


class Alarm(msgspec.Struct, frozen=True):
    """One thing that is wrong: since when, and when it was told, as stored stamps; `told_at` is None before that."""

    subject: str
    words: str
    raised_at: str
    told_at: str | None = None

    @property
    def since(self) -> datetime:
        """The instant at which it was raised."""
        return datetime.fromisoformat(self.raised_at)

    def columns(self) -> dict[str, str | None]:
        """Return it as `status --json` has it."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


def raise_alarm(db: sqlite3.Connection, subject: str, words: str, now: datetime) -> None:
    """Say that something is wrong, inside the caller's transaction. `subject` names it among all alarms ("bounces",
    "source find-a-tender"); `words` say what is wrong and what to do, without an address. Twice is the same as once."""
    db.execute(
        "insert into alarm (subject, words, raised_at) values (?, ?, ?) "
        "on conflict (subject) do update set words = excluded.words where words <> excluded.words",
        (subject, words, stamp(now)),
    )


def clear(db: sqlite3.Connection, subject: str) -> None:
    """Say that something is right again, inside the caller's transaction. What was not wrong stays so."""
    db.execute("delete from alarm where subject = ?", (subject,))


def raised(db: sqlite3.Connection) -> list[Alarm]:
    """Return what is wrong now, oldest first."""
    rows = db.execute("select subject, words, raised_at, told_at from alarm order by raised_at, subject")
    return [Alarm(*row) for row in rows]


def write_alarms(db: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Write one e-mail to the operator about every alarm that is to be told now, and return how many e-mails that made.
    Without an operator in the edition, or when that address must not be written to, `status` alone shows them."""
    to = operator(settings)
    if to is None:
        return 0
    with transaction(db):
        if suppression.reason(db, to.key) is not None:
            return 0
        due = [alarm for alarm in raised(db) if _is_due(alarm, now)]
        due = [alarm for alarm in due if limits.allows(db, TELLINGS, f"alarm|{alarm.subject}", now)]
        if not due:
            return 0
        letter = messages.compose(
            settings, Sort.ALARM, to, _title(due), _model(settings, due), now, extra=list_header(settings)
        )
        number = outbox.put(db, letter, now)
        told = [(stamp(now), number, alarm.subject) for alarm in due]
        db.executemany("update alarm set told_at = ?, outbox = ? where subject = ?", told)
    return 1


def list_header(settings: Settings) -> dict[str, str]:
    """Return the header of the operator's own list. It has no link to leave by: who takes the operator's address out of
    the edition is written to no more, and the letter says so."""
    return {"List-Id": f"<operator.{messages.mail_domain(settings)}>"}


def operator(settings: Settings) -> Address | None:
    """Return the operator's address, None when the edition has none."""
    address = settings.edition.mail.operator
    return Address(address, address.lower()) if address else None


def _is_due(alarm: Alarm, now: datetime) -> bool:
    told = instant(alarm.told_at)
    return told is None or told + AGAIN <= now


def _title(due: list[Alarm]) -> str:
    if len(due) > 1:
        return f"Needs you: {plural(len(due), 'thing')}"
    first = due[0].words.partition(". ")[0].rstrip(".")
    return f"Needs you: {excerpt(first, 100)}"


def _model(settings: Settings, due: list[Alarm]) -> dict[str, object]:
    return {
        "edition": settings.edition,
        "alarms": [{"words": alarm.words, "since": moment_words(alarm.since)} for alarm in due],
        "status": links.status(settings),
        "site": settings.url,
        "privacy": links.privacy(settings),
    }
