"""Replies of commissioners on their own pages: written by a confirmed contact, shown once the operator has approved
them. Approved ones are lines in `archive.db` (`tenderbell.replies`), which the compiler copies."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

import msgspec

from alerts import contacts, desk, outbox
from alerts.addresses import Address
from alerts.contacts import Contact
from alerts.desk import Matter
from alerts.errors import ReplyRefused
from alerts.notes import note
from alerts.outbox import Sort
from tenderbell import replies
from tenderbell.archive import open_archive
from tenderbell.area import Area
from tenderbell.clock import instant, stamp
from tenderbell.database import transaction
from tenderbell.decisions import Verdict
from tenderbell.direct import organisation
from tenderbell.settings import Settings
from tenderbell.text import clean_text, mask_personal

LONGEST = 1_500
"""Characters of a reply."""

MOST_WAITING = 3
"""Replies of one contact that wait for the operator at a time."""

_LATELY = timedelta(days=30)


class Answer(msgspec.Struct, frozen=True):
    """One reply as its writer sees it; the times are stored stamps."""

    id: int
    contact: int
    buyer: str
    words: str
    state: str
    created_at: str
    decided_at: str | None

    @property
    def key(self) -> str:
        """Its id outside `private.db`."""
        return f"{self.created_at[:10].replace('-', '')}-{self.id}"


def own(db: sqlite3.Connection, contact: int, buyer: str) -> list[Answer]:
    """Return the replies of a contact on a buyer's page, newest first."""
    rows = db.execute("select * from answer where contact = ? and buyer = ? order by id desc", (contact, buyer))
    return [msgspec.convert(dict(row), Answer) for row in rows]


def find(db: sqlite3.Connection, id: int) -> Answer | None:
    """Return the reply with this number."""
    row = db.execute("select * from answer where id = ?", (id,)).fetchone()
    return msgspec.convert(dict(row), Answer) if row else None


def write(db: sqlite3.Connection, area: Area, contact: Contact, buyer: str, typed: str, now: datetime) -> int:
    """Keep a reply for the operator and return its number; the same words sent twice are one. Raises ReplyRefused."""
    words, name = clean_text(typed[: LONGEST * 8]) or "", organisation(area, buyer).name
    if contact.body is None:
        with transaction(db):
            desk.ask_body(db, contact, "wants to write here for a commissioner", now)
    if problem := _problem(contact, buyer, words):
        raise ReplyRefused(problem)
    with transaction(db):
        contacts.confirm(db, contact.id, now)
        waiting = [one for one in own(db, contact.id, buyer) if one.state == "waiting"]
        same = next((one.id for one in waiting if one.words == words), None)
        if same is not None:
            return same
        if len(waiting) >= MOST_WAITING:
            raise ReplyRefused("Several of your replies wait to be looked at. Wait for those, or withdraw one.")
        row = db.execute(
            "insert into answer (contact, buyer, words, state, created_at) values (?, ?, ?, 'waiting', ?) returning id",
            (contact.id, buyer, words, stamp(now)),
        ).fetchone()
        desk.raise_matter(db, Matter.REPLY, str(row[0]), f"A reply for the page of {name}: {words}", now)
        return int(row[0])


def withdraw(
    db: sqlite3.Connection, settings: Settings, id: int, now: datetime, *, contact: Contact | None = None
) -> bool:
    """Take a reply back, with `contact` only one of theirs, and return whether there was one to take back: its page no
    longer shows it after the next compile. Twice is the same as once."""
    with transaction(db):
        done = db.execute(
            "update answer set state = 'withdrawn', decided_at = ?1 where id = ?2 and contact = coalesce(?3, contact) "
            "and state in ('waiting', 'published')",
            (stamp(now), id, contact.id if contact else None),
        ).rowcount
        if done:
            desk.close_about(db, Matter.REPLY, str(id), "withdrawn", now)
    follow(db, settings, now)
    return done > 0


def _problem(contact: Contact, buyer: str, words: str) -> str | None:
    """Return why words cannot be kept as a reply, None when they can."""
    if contact.body is None:
        return (
            "We do not know your mail domain yet, and have asked the people who run this site for whom you speak. "
            "Keep your text and come back in a day or two."
        )
    if contact.body != buyer:
        return "This address does not speak for this commissioner."
    if not words:
        return "Write what people should know."
    if len(words) > LONGEST:
        return f"This has {len(words):,} characters. Shorten it to at most {LONGEST:,}."
    if mask_personal(words) != words:
        return (
            "This has a person’s e-mail address or a telephone number, and we publish neither. Take it out; a shared "
            "mailbox may stay."
        )
    return None


def published(db: sqlite3.Connection) -> list[Answer]:
    """Return the replies that stand on pages now, oldest first."""
    return [
        msgspec.convert(dict(row), Answer)
        for row in db.execute("select * from answer where state = 'published' order by id")
    ]


def settle(db: sqlite3.Connection, settings: Settings, id: int, verdict: Verdict, now: datetime) -> None:
    """Publish or refuse a reply that waits, and write to whoever sent it, inside the caller's transaction."""
    answer = find(db, id)
    if answer is None or answer.state != "waiting":
        return
    state = "published" if verdict is Verdict.ACCEPT else "refused"
    db.execute("update answer set state = ?, decided_at = ? where id = ?", (state, stamp(now), id))
    contact = contacts.find(db, answer.contact)
    if contact is None or not contacts.may_write_to(db, contact):
        return
    told = "will stand there within a few minutes" if state == "published" else "was not published"
    words = f"Your reply on the page of your organisation {told}. The people who run this site decided so."
    link = ("See the page", f"{settings.url}/buyers/{answer.buyer}")
    to = Address(contact.email, contact.address)
    outbox.put(db, note(settings, Sort.OUTCOME, to, f"Your reply {told}", (words,), link, now), now)


def follow(db: sqlite3.Connection, settings: Settings, now: datetime) -> None:
    """Put what was decided of late into `archive.db`. Doing so again changes nothing."""
    rows = db.execute(
        "select * from answer where state in ('published', 'withdrawn') and decided_at >= ? order by decided_at, id",
        (stamp(now - _LATELY),),
    ).fetchall()
    if not rows:
        return
    with closing(open_archive(settings.archive_path)) as archive:
        for row in rows:
            answer = msgspec.convert(dict(row), Answer)
            words = answer.words if answer.state == "published" else None
            replies.record(archive, answer.key, answer.buyer, words, instant(answer.decided_at) or now)


def write_outcomes(db: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Finish what a crash left half done and return 0: the letter about a reply is written with the decision itself."""
    follow(db, settings, now)
    return 0
