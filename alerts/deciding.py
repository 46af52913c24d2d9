"""What the operator decides: one table says what yes and no do to each sort of matter.

A matter is closed in the transaction that carries out the decision; where that happens in `archive.db`, it is done
there first, and doing it again after a crash changes nothing.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

import msgspec

from alerts import answers, contacts, desk, publishing, reports
from alerts.desk import Asked, Matter
from alerts.errors import AlreadyDecided, BodyNotNamed, NoSuchMatter
from tenderbell import review
from tenderbell.archive import open_archive
from tenderbell.database import transaction
from tenderbell.decisions import Verdict
from tenderbell.public import read_public
from tenderbell.settings import Settings


class _Case(msgspec.Struct, frozen=True):
    """One decision at hand."""

    db: sqlite3.Connection
    settings: Settings
    asked: Asked
    verdict: Verdict
    now: datetime
    body: str | None

    @property
    def number(self) -> int:
        """The number of the row that the matter is about."""
        return desk.number_of(self.asked)


def decide(
    db: sqlite3.Connection,
    settings: Settings,
    id: int,
    verdict: Verdict,
    now: datetime,
    *,
    body: str | None = None,
) -> None:
    """Carry out a decision. `body` is needed to accept a new address.

    Raises NoSuchMatter, AlreadyDecided and BodyNotNamed; nothing has been done then.
    """
    asked = desk.find(db, id)
    if asked is None:
        raise NoSuchMatter(f"matter-{id}: there is none. `tenderbell review list` shows what waits.")
    if asked.sort in desk.OF_THE_ARCHIVE and asked.decided_at is None:
        _decide_in_archive(settings, asked, verdict, now)
    with transaction(db):
        asked = desk.find(db, id) or asked
        if asked.decided_at is not None:
            raise AlreadyDecided(f"matter-{id}: it is already decided.")
        if asked.sort in _ACTS:
            _ACTS[asked.sort](_Case(db, settings, asked, verdict, now, body))
        desk.close(db, asked, str(verdict), now)
    publishing.follow(db, settings, now)
    answers.follow(db, settings, now)


def _body(case: _Case) -> None:
    contact = contacts.find(case.db, case.number)
    if contact is None:
        return
    if case.verdict is Verdict.REJECT:
        publishing.body_refused(case.db, case.settings, contact.id, case.now)
        return
    if case.body not in case.settings.area.body_by_slug:
        raise BodyNotNamed("Choose the body for which this address may speak.")
    contacts.name_body(case.db, contact, str(case.body), case.now)
    _close_others(case)
    publishing.body_named(case.db, case.settings, case.now)


def _close_others(case: _Case) -> None:
    """Close what was asked about other addresses of the mail domain that has just been named."""
    for asked in desk.open_matters(case.db):
        if asked.sort is Matter.BODY and asked.id != case.asked.id:
            contact = contacts.find(case.db, desk.number_of(asked))
            if contact is None or contact.body is not None:
                desk.close(case.db, asked, "accept", case.now)


def _advert(case: _Case) -> None:
    publishing.settle(case.db, case.settings, case.number, case.verdict, case.now)


def _reply(case: _Case) -> None:
    answers.settle(case.db, case.settings, case.number, case.verdict, case.now)


def _report(case: _Case) -> None:
    reports.settle_within(case.db, case.number, reports.Outcome(str(case.verdict)), case.now)


_ACTS: dict[Matter, Callable[[_Case], None]] = {
    Matter.BODY: _body,
    Matter.ADVERT: _advert,
    Matter.REPLY: _reply,
    Matter.MISSING: _report,
    Matter.MISTAKE: _report,
}
"""What a decision does, by sort. Places, joins and pages are decided in `archive.db` (`tenderbell.review`)."""


def _decide_in_archive(settings: Settings, asked: Asked, verdict: Verdict, now: datetime) -> None:
    with closing(open_archive(settings.archive_path)) as archive, closing(read_public(settings.public_path)) as public:
        try:
            review.decide(archive, public, settings.edition, (asked.subject,), verdict, now)
        except review.NothingToDecide:
            return  # It was decided by command, or by this very matter before a crash.
