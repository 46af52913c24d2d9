"""From a commissioner's draft to the archive: the operator is asked, an advert goes out or is refused, taken down, and
put into `archive.db`.

What was decided stands in `private.db` first, and is then put into `archive.db` (`follow`): putting the same document
there again changes nothing, so that a crash between the two neither loses an advert nor doubles it.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

import msgspec

from alerts import contacts, desk, outbox, written
from alerts.addresses import Address
from alerts.contacts import Contact
from alerts.desk import Matter
from alerts.notes import note
from alerts.outbox import Sort
from alerts.written import PUBLISHED, REFUSED, WAITING, WITHDRAWN, Written
from tenderbell.archive import open_archive
from tenderbell.area import Area
from tenderbell.clock import instant, stamp
from tenderbell.database import transaction
from tenderbell.decisions import Verdict
from tenderbell.direct import document_of, organisation, publish
from tenderbell.settings import Settings


def submit(db: sqlite3.Connection, settings: Settings, id: int, contact: Contact, now: datetime) -> None:
    """Publish what waits, or ask the operator for what is lacking: which body it is, or the approval of its first
    advert. Inside the caller's transaction."""
    if contact.body is None:
        desk.ask_body(db, contact, "wants to write here for a commissioner", now)
        return
    db.execute("update advert set body = ? where id = ?", (contact.body, id))
    if _is_trusted(db, contact.body):
        _go_out(db, settings, id, now)
    else:
        _ask_approval(db, settings.area, id, "wants to advertise", now)


def ask_again(db: sqlite3.Connection, settings: Settings, id: int, now: datetime) -> None:
    """Put the question about an advert that was edited while it waits anew: what the operator looked at is gone, and
    the links and numbers of the question before decide nothing any more. Inside the caller's transaction."""
    open_now = "sort = ? and subject like ? and decided_at is null"
    if db.execute(f"select 1 from matter where {open_now}", (Matter.ADVERT, f"{id}-%")).fetchone():
        desk.close_about(db, Matter.ADVERT, f"{id}-%", "changed", now)
        _ask_approval(db, settings.area, id, "has changed the advert that waits:", now)


def _ask_approval(db: sqlite3.Connection, area: Area, id: int, wish: str, now: datetime) -> None:
    found = written.find(db, id)
    if found is None:
        return
    rounds = db.execute(
        "select count(*) from matter where sort = 'advert' and subject like ?", (f"{id}-%",)
    ).fetchone()[0]
    question = f"{organisation(area, found.body).name} {wish} “{found.advert.title}”. It is the body’s first advert."
    desk.raise_matter(db, Matter.ADVERT, f"{id}-{rounds + 1}", question, now)


def _is_trusted(db: sqlite3.Connection, body: str) -> bool:
    """Return whether an advert of a body is published: the operator approved it or one before it, and has not taken
    it down."""
    row = db.execute("select 1 from advert where body = ? and state = ? limit 1", (body, PUBLISHED)).fetchone()
    return row is not None


def _go_out(db: sqlite3.Connection, settings: Settings, id: int, now: datetime) -> None:
    row = db.execute("select * from advert where id = ?", (id,)).fetchone()
    written.keep(db, id, msgspec.structs.replace(written.kept_of(row), archived=False), now)
    db.execute(
        "update advert set state = ?, published_at = coalesce(published_at, ?) where id = ?",
        (PUBLISHED, stamp(now), id),
    )
    _tell(db, settings, id, now)


# What the operator decides


def settle(db: sqlite3.Connection, settings: Settings, id: int, verdict: Verdict, now: datetime) -> None:
    """Publish or refuse an advert that waits, and write to whoever sent it, inside the caller's transaction. What else
    waits of its body has questions of its own."""
    found = written.find(db, id)
    if found is None or found.state != WAITING:
        return
    if verdict is Verdict.ACCEPT:
        _go_out(db, settings, id, now)
        return
    db.execute("update advert set state = ? where id = ?", (REFUSED, id))
    _tell(db, settings, id, now)


def body_named(db: sqlite3.Connection, settings: Settings, now: datetime) -> None:
    """Go on with what waited for the operator to say which body it is, inside the caller's transaction."""
    for id in _waiting(db, "contact in (select id from contact where body is not null)", ()):
        found = written.find(db, id)
        contact = contacts.find(db, found.contact) if found else None
        if contact:
            submit(db, settings, id, contact, now)


def body_refused(db: sqlite3.Connection, settings: Settings, contact: int, now: datetime) -> None:
    """Refuse what waits of a contact that speaks for no body, inside the caller's transaction."""
    for id in _waiting(db, "contact = ?", (contact,)):
        settle(db, settings, id, Verdict.REJECT, now)


def _waiting(db: sqlite3.Connection, where: str, facts: tuple[object, ...]) -> list[int]:
    rows = db.execute(f"select id from advert where state = 'waiting' and body = '' and {where} order by id", facts)
    return [row[0] for row in rows]


def take_down(db: sqlite3.Connection, id: int, now: datetime) -> bool:
    """Withdraw an advert, whoever wrote it, inside the caller's transaction, and return whether there was one to
    withdraw: what was published stays and says so; what never was is deleted. Twice is the same as once."""
    row = db.execute("select * from advert where id = ?", (id,)).fetchone()
    if row is None or row["state"] == WITHDRAWN:
        return False
    desk.close_about(db, Matter.ADVERT, f"{id}-%", "withdrawn", now)
    if row["published_at"] is None:
        db.execute("delete from advert where id = ?", (id,))
        return True
    kept = msgspec.structs.replace(written.kept_of(row), withdrawn_at=stamp(now), archived=False)
    fields = msgspec.json.encode(kept).decode()
    db.execute("update advert set fields = ?, state = ? where id = ?", (fields, WITHDRAWN, id))
    return True


def _tell(db: sqlite3.Connection, settings: Settings, id: int, now: datetime) -> None:
    """Write to whoever sent an advert what became of it."""
    found = written.find(db, id)
    contact = contacts.find(db, found.contact) if found else None
    if found is None or contact is None or not contacts.may_write_to(db, contact):
        return
    link = ("Change or withdraw it", f"{settings.url}/adverts/{contacts.token_of(db, contact.id)}")
    subject, paragraphs = _outcome(settings, found)
    to = Address(contact.email, contact.address)
    outbox.put(db, note(settings, Sort.OUTCOME, to, subject, paragraphs, link, now), now)


def _outcome(settings: Settings, found: Written) -> tuple[str, tuple[str, ...]]:
    title = found.advert.title
    if found.state == PUBLISHED:
        return f"Published: {title}", (
            f"Your advert “{title}” has been published. Its page comes up within a few minutes:",
            f"{settings.url}/opportunities/{found.page}",
        )
    return f"Not published: {title}", (
        f"Your advert “{title}” was not published: the people who run this site decided so.",
        f"Ask them why: {settings.edition.mail.operator or settings.edition.mail.address}.",
        "You can change it and send it again.",
    )


# Into the archive


def follow(db: sqlite3.Connection, settings: Settings, now: datetime, between: Callable[[], None] | None = None) -> int:
    """Put into `archive.db` what was decided and is not there yet, and return how many adverts that were. `between` is
    called between the two databases (for tests)."""
    rows = db.execute("select * from advert where json_extract(fields, '$.archived') = 0 order by id").fetchall()
    if not rows:
        return 0
    with closing(open_archive(settings.archive_path)) as archive:
        for row in rows:
            _archive(archive, settings.area, row, now)
            if between:
                between()
            kept = msgspec.structs.replace(written.kept_of(row), archived=True)
            db.execute(
                "update advert set fields = ? where id = ? and fields = ?",
                (msgspec.json.encode(kept).decode(), row["id"], row["fields"]),
            )
    return len(rows)


def _archive(archive: sqlite3.Connection, area: Area, row: sqlite3.Row, now: datetime) -> None:
    found = written.written_of(row)
    first, latest = instant(found.published_at), instant(found.updated_at)
    if first is None or latest is None:
        return
    document = document_of(found.key, found.advert, area, found.body, latest, first)
    publish(archive, area, document, now)
    if found.withdrawn_at:
        publish(archive, area, msgspec.structs.replace(document, withdrawn_at=found.withdrawn_at), now)


def write_outcomes(db: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Finish what a crash left half done and return 0: the letter about an advert is written with the decision."""
    follow(db, settings, now)
    return 0


def withdraw(db: sqlite3.Connection, settings: Settings, id: int, now: datetime) -> bool:
    """Withdraw an advert as the operator, and return whether there was one to withdraw."""
    with transaction(db):
        done = take_down(db, id, now)
    follow(db, settings, now)
    return done
