"""Letters: everything that is due besides digests. Receipts and warnings for commissioners, outcomes of what people
reported or sent in, questions to the operator, the canary's word on a day without news, and alarms.

Each writer commits by itself, so one that fails stops none of the others: it is said in the report, and what it did not
write is written by the next run.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

import msgspec

from alerts import answers, canary, desk, published, publishing, reports, still_here, watch
from alerts.receipt_letters import write_receipts, write_warnings
from tenderbell.errors import TenderbellError
from tenderbell.private import open_private
from tenderbell.settings import Settings

Writer = Callable[[sqlite3.Connection, sqlite3.Connection, Settings, datetime], int]
"""Takes `private.db`, one view of `public.db`, the settings and the instant; says how many e-mails it wrote."""


class LettersReport(msgspec.Struct, kw_only=True):
    """What a run wrote, and in `problems` which writers failed and why."""

    receipts: int = 0
    warnings: int = 0
    outcomes: int = 0
    questions: int = 0
    still_here: int = 0
    alarms: int = 0
    problems: list[str] = msgspec.field(default_factory=list)


def write(settings: Settings) -> LettersReport:
    """Write every letter that is due into the outbox; while there is no `public.db`, only alarms. Running it twice is
    the same as once."""
    report = LettersReport()
    with closing(open_private(settings.private_path)) as db, published.reading(settings) as public:
        now = settings.clock()
        if public is None:
            report.alarms += watch.keep(db, None, settings, now)
            return report
        for field, what, writer in _WRITERS:
            try:
                written = writer(db, public, settings, now)
            except (sqlite3.Error, TenderbellError, ValueError, LookupError, OSError) as error:
                report.problems.append(f"{what} could not be written: {error}")
            else:
                setattr(report, field, getattr(report, field) + written)
    return report


def _outcomes(found: Callable[[sqlite3.Connection, Settings, datetime], int]) -> Writer:
    return lambda db, _, settings, now: found(db, settings, now)


def _ask(db: sqlite3.Connection, _: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Write to the operator about what is new, also about what `tenderbell review` has found."""
    desk.follow_review(db, settings, now)
    return desk.write_questions(db, settings, now)


def _sing(db: sqlite3.Connection, public: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Keep the canary, and write its word."""
    canary.keep(db, public, settings, now)
    return canary.write_word(db, settings, now)


_WRITERS: tuple[tuple[str, str, Writer], ...] = (
    ("receipts", "Receipts", write_receipts),
    ("warnings", "Warnings", write_warnings),
    ("outcomes", "Outcomes of reports", _outcomes(reports.write_outcomes)),
    ("outcomes", "Outcomes of adverts", _outcomes(publishing.write_outcomes)),
    ("outcomes", "Outcomes of replies", _outcomes(answers.write_outcomes)),
    ("questions", "Questions to the operator", _ask),
    ("still_here", "Words after a month without news", still_here.write),
    ("alarms", "The canary’s word", _sing),
    ("alarms", "Alarms", watch.keep),
)
"""The field of the report that counts them, what they are, and who writes them."""
