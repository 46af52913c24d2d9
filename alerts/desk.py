"""What the operator is asked: each thing to decide arrives by e-mail and stands in `tenderbell review`.

`deciding` carries out what the operator answers.
"""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from alerts import limits, links, messages, outbox, suppression, tokens
from alerts.addresses import Address
from alerts.contacts import Contact
from alerts.outbox import Message, Sort
from alerts.tokens import Scope
from tenderbell.archive import open_archive
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.phrases import plural
from tenderbell.public import read_public
from tenderbell.review import Item, waiting
from tenderbell.settings import Settings
from tenderbell.text import excerpt

PAUSE = timedelta(minutes=15)
"""How often every page there is is looked at for something that waits."""

MOST_TOLD = 20
"""Questions that one e-mail holds; the others are counted in it."""


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


OF_THE_ARCHIVE = (Matter.PLACE, Matter.JOIN, Matter.PAGE)
"""Sorts that `tenderbell.review` finds by itself: their subject is the id that they have there."""

_NAMES = {
    Matter.BODY: "A new address: which body is it?",
    Matter.ADVERT: "A first advert",
    Matter.MISSING: "An advert reported as missing",
    Matter.MISTAKE: "A mistake reported",
    Matter.REPLY: "A reply on a commissioner’s page",
    Matter.PLACE: "Does it concern the area?",
    Matter.JOIN: "Are the two the same?",
    Matter.PAGE: "A watched page has changed",
}


class Asked(msgspec.Struct, frozen=True):
    """One matter: the times are stored stamps; `verdict` is *accept*, *reject*, *withdrawn* or *elsewhere* (decided by
    other means), None while it is open."""

    id: int
    sort: Matter
    subject: str
    question: str
    raised_at: str
    verdict: str | None
    decided_at: str | None

    @property
    def name(self) -> str:
        """What sort of thing it is, in words."""
        return _NAMES[self.sort]


def find(db: sqlite3.Connection, id: int) -> Asked | None:
    """Return the matter with this number."""
    row = db.execute("select * from matter where id = ?", (id,)).fetchone()
    return _asked(row) if row else None


def open_matters(db: sqlite3.Connection) -> list[Asked]:
    """Return what is not decided yet, oldest first."""
    return [_asked(row) for row in db.execute("select * from matter where decided_at is null order by id")]


def _asked(row: sqlite3.Row) -> Asked:
    return msgspec.convert({name: row[name] for name in Asked.__struct_fields__}, Asked)


def raise_matter(db: sqlite3.Connection, sort: Matter, subject: str, question: str, now: datetime) -> int:
    """Put a question to the operator inside the caller's transaction and return its number. `subject` names the thing
    within its sort (a report's number, a page's id); asking again about the same thing changes nothing."""
    db.execute(
        "insert into matter (sort, subject, question, raised_at) values (?, ?, ?, ?) on conflict do nothing",
        (sort, subject, question, stamp(now)),
    )
    row = db.execute("select id from matter where sort = ? and subject = ?", (sort, subject)).fetchone()
    return int(row[0])


def ask_body(db: sqlite3.Connection, contact: Contact, wish: str, now: datetime) -> None:
    """Ask for which body an address speaks, inside the caller's transaction. `wish` is what it wants. Who
    was refused and comes again is asked about again; while the question is open, once is enough."""
    question = f"{contact.email} {wish}. For which body may this address speak?"
    rows = db.execute(
        "select decided_at from matter where sort = ? and (subject = ? or subject like ?)",
        (Matter.BODY, str(contact.id), f"{contact.id}-%"),
    ).fetchall()
    if all(row["decided_at"] for row in rows):
        raise_matter(db, Matter.BODY, f"{contact.id}-{len(rows) + 1}", question, now)


def number_of(asked: Asked) -> int:
    """Return the number of the row that a matter of `private.db` is about: its subject without the round."""
    return int(asked.subject.partition("-")[0])


def close_about(db: sqlite3.Connection, sort: Matter, subject: str, verdict: str, now: datetime) -> None:
    """Close the open matters of a sort about a subject (an SQL pattern), inside the caller's transaction."""
    db.execute(
        "update matter set verdict = ?, decided_at = ? where sort = ? and subject like ? and decided_at is null",
        (verdict, stamp(now), sort, subject),
    )


def close_subject(db: sqlite3.Connection, subject: str, verdict: str, now: datetime) -> None:
    """Close what was asked about a place, a join or a page that was decided by command."""
    with transaction(db):
        for asked in open_matters(db):
            if asked.sort in OF_THE_ARCHIVE and asked.subject == subject:
                close(db, asked, str(verdict), now)


def close(db: sqlite3.Connection, asked: Asked, verdict: str, now: datetime) -> None:
    """Note what was decided about a matter, inside the caller's transaction. A page may change again: its subject is
    set free, to be asked about anew."""
    suffix = f" #{asked.id}" if asked.sort is Matter.PAGE else ""
    db.execute(
        "update matter set verdict = ?, decided_at = ?, subject = subject || ? where id = ? and decided_at is null",
        (verdict, stamp(now), suffix, asked.id),
    )


def write_questions(db: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Write one e-mail to the operator about every matter that is new and return how many e-mails that made: at once,
    but no more than six within an hour. About one matter it is never written twice."""
    to = _operator(settings)
    with transaction(db):
        new = [_asked(row) for row in db.execute(f"select * from matter where {_UNTOLD} order by id")]
        if not new or suppression.reason(db, to.key) is not None:
            return 0
        if not limits.allows(db, limits.QUESTIONS, to.key, now):
            return 0
        number = outbox.put(db, _letter(db, settings, to, new, now), now)
        db.execute(f"update matter set outbox = ? where {_UNTOLD}", (number,))
    return 1


_UNTOLD = "decided_at is null and outbox is null"


def _operator(settings: Settings) -> Address:
    mail = settings.edition.mail
    address = mail.operator or mail.address
    return Address(address, address.lower())


def _letter(db: sqlite3.Connection, settings: Settings, to: Address, new: list[Asked], now: datetime) -> Message:
    """Return the e-mail: of long questions it has the beginning, of many the first ones."""
    matters = [
        {
            "name": one.name,
            "question": excerpt(one.question, 400) or "",
            "link": f"{settings.url}/decide/{tokens.make(db, Scope.DECIDE, one.id)}",
        }
        for one in new[:MOST_TOLD]
    ]
    model: dict[str, object] = {
        "edition": settings.edition,
        "matters": matters,
        "more": max(0, len(new) - MOST_TOLD),
        "site": settings.url,
        "privacy": links.privacy(settings),
    }
    subject = f"To decide: {new[0].name[:1].lower()}{new[0].name[1:]}" if len(new) == 1 else _many(len(new))
    return messages.compose(settings, Sort.QUESTION, to, subject, model, now)


def _many(count: int) -> str:
    return f"{plural(count, 'thing')} to decide"


def follow_review(db: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Raise a matter for each place, join and page that waits (`tenderbell.review`), close those that wait no longer,
    and return how many are new. Looks once in a quarter of an hour: it reads every page there is."""
    if not settings.public_path.exists() or not settings.archive_path.exists() or not _is_time(db, now):
        return 0
    with closing(open_archive(settings.archive_path)) as archive, closing(read_public(settings.public_path)) as public:
        found = {item.id: item for item in waiting(archive, public, settings.edition)}
    with transaction(db):
        before = db.execute("select count(*) from matter").fetchone()[0]
        for item in found.values():
            raise_matter(db, Matter(item.sort), item.id, question_of(item), now)
        for asked in open_matters(db):
            if asked.sort in OF_THE_ARCHIVE and asked.subject not in found:
                close(db, asked, "elsewhere", now)
        return int(db.execute("select count(*) from matter").fetchone()[0]) - int(before)


def _is_time(db: sqlite3.Connection, now: datetime) -> bool:
    """Return whether what waits was not looked for within the pause, and note that it is now."""
    row = db.execute("select finished_at from step where name = 'review'").fetchone()
    if row and stamp(now - PAUSE) < row[0] <= stamp(now):
        return False
    db.execute(
        "insert into step (name, finished_at) values ('review', ?) "
        "on conflict (name) do update set finished_at = excluded.finished_at",
        (stamp(now),),
    )
    return True


def question_of(item: Item) -> str:
    """Return the question about something that `tenderbell.review` found, with what it is about."""
    who = f" ({item.buyer})" if item.buyer else ""
    return f"“{item.title}”{who}: {item.question}"
