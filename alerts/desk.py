"""What the operator is asked: each thing to decide arrives by e-mail and stands in `tenderbell review`."""

import sqlite3
from datetime import datetime
from enum import StrEnum

from tenderbell.clock import stamp
from tenderbell.settings import Settings


class Matter(StrEnum):
    """What sort of thing is to be decided; the value of `matter.sort`."""

    BODY = "body"
    ADVERT = "advert"
    MISSING = "missing"
    MISTAKE = "mistake"
    REPLY = "reply"
    PLACE = "place"
    JOIN = "join"
    PAGE = "page"


def raise_matter(db: sqlite3.Connection, sort: Matter, subject: str, question: str, now: datetime) -> int:
    """Put a question to the operator inside the caller's transaction and return its number. `subject` names the thing
    within its sort (a report's number, a page's id); asking again about the same thing changes nothing."""
    db.execute(
        "insert into matter (sort, subject, question, raised_at) values (?, ?, ?, ?) on conflict do nothing",
        (sort, subject, question, stamp(now)),
    )
    row = db.execute("select id from matter where sort = ? and subject = ?", (sort, subject)).fetchone()
    return int(row[0])


def write_questions(db: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Write to the operator about every matter that is new and return how many e-mails that made."""
    return 0
