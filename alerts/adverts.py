"""Adverts that commissioners write here: drafts, sent to the operator the first time, published, edited, withdrawn.

What was decided stands in `private.db` first, and is then put into `archive.db` (`follow`): putting the same document
there again changes nothing, so that a crash between the two neither loses an advert nor doubles it.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

import msgspec
from limits import RateLimitItemPerDay

from alerts import contacts, desk, limits, outbox
from alerts.addresses import Address
from alerts.contacts import Contact
from alerts.desk import Matter
from alerts.errors import AdvertRefused
from alerts.notes import note
from alerts.outbox import Sort
from tenderbell.advert import Advert, moment, notice_of
from tenderbell.archive import open_archive
from tenderbell.area import Area
from tenderbell.clock import instant, stamp
from tenderbell.compiling.assembling import assemble, opportunity_id
from tenderbell.database import transaction
from tenderbell.decisions import Verdict
from tenderbell.direct import document_of, organisation, publish
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity
from tenderbell.settings import Settings

MOST_OPEN = 20
"""Adverts of one contact that are not over: a limit against a link that fell into a script's hands."""

CHANGES = RateLimitItemPerDay(60, namespace="advert")
"""How often one contact may keep a text, over any 24 hours: each change of what is published is told to followers."""

DRAFT, WAITING, PUBLISHED, WITHDRAWN, REFUSED = "draft", "waiting", "published", "withdrawn", "refused"


class Kept(Record, frozen=True, omit_defaults=True):
    """What `advert.fields` holds: the advert, when it was withdrawn, and whether `archive.db` has it as it stands."""

    advert: Advert
    withdrawn_at: str | None = None
    archived: bool = True


class Written(msgspec.Struct, frozen=True):
    """One advert as its writer sees it; the times are stored stamps. `page` is the id of its page, once published."""

    id: int
    contact: int
    body: str
    state: str
    advert: Advert
    created_at: str
    updated_at: str
    published_at: str | None
    withdrawn_at: str | None

    @property
    def key(self) -> str:
        """The key of its notice: nothing of the writer is in it, and no restored database gives it twice."""
        return f"{self.created_at[:10].replace('-', '')}-{self.id}"

    @property
    def page(self) -> str:
        """The id of its page."""
        return opportunity_id(f"direct:{self.key}")


def own(db: sqlite3.Connection, contact: int) -> list[Written]:
    """Return the adverts of a contact, newest first."""
    rows = db.execute("select * from advert where contact = ? order by id desc", (contact,))
    return [_written(row) for row in rows]


def find(db: sqlite3.Connection, id: int, contact: int | None = None) -> Written | None:
    """Return an advert, None when there is none; with `contact`, only one of theirs."""
    row = db.execute("select * from advert where id = ?1 and contact = coalesce(?2, contact)", (id, contact)).fetchone()
    return _written(row) if row else None


def _written(row: sqlite3.Row) -> Written:
    kept = _kept(row)
    facts = {name: row[name] for name in ("id", "contact", "body", "state", "created_at", "updated_at", "published_at")}
    return Written(**facts, advert=kept.advert, withdrawn_at=kept.withdrawn_at)


def _kept(row: sqlite3.Row) -> Kept:
    return msgspec.json.decode(row["fields"], type=Kept)


def preview(area: Area, written: Written, now: datetime, body: str | None = None) -> Opportunity | None:
    """Return the opportunity that an advert would be if it were published now; None while it has no title."""
    buyer = organisation(area, body or written.body) if body or written.body else None
    published_at = instant(written.published_at) or now
    notice = notice_of(written.advert, written.key, buyer, published_at)
    found = assemble([notice], area, number=0, first_seen=now)
    return found[0] if found else None


def changed(written: Written, advert: Advert, seen: str) -> Written:
    """Return an advert with another text that is not kept yet, for its writer to look at."""
    return msgspec.structs.replace(written, advert=advert, updated_at=seen)


# What writers do


def save(db: sqlite3.Connection, contact: Contact, id: int, advert: Advert, seen: str, now: datetime) -> int:
    """Keep an advert's text and return its number: of a new draft when `id` is 0, which the same text sent twice makes
    only once. What is published is published anew by this.

    Raises AdvertRefused when there are too many, when it is withdrawn or somebody else's, or when it is no longer as
    the writer saw it at `seen` (the stamp of its last change).
    """
    with transaction(db):
        contacts.confirm(db, contact.id, now)
        if not limits.allows(db, CHANGES, f"contact {contact.id}", now):
            raise AdvertRefused("You have changed your adverts many times today. Go on tomorrow, or write to us.")
        return _change(db, contact, id, advert, seen, now) if id else _begin(db, contact, advert, now)


def _begin(db: sqlite3.Connection, contact: Contact, advert: Advert, now: datetime) -> int:
    living = [one for one in own(db, contact.id) if not _is_over(one, now)]
    same = next((one.id for one in living if one.state == DRAFT and one.advert == advert), None)
    if same is not None:
        return same
    if len(living) >= MOST_OPEN:
        raise AdvertRefused(f"You have {MOST_OPEN} adverts that are not over. Withdraw one, or delete a draft, first.")
    fields = msgspec.json.encode(Kept(advert)).decode()
    row = db.execute(
        "insert into advert (contact, body, fields, state, created_at, updated_at) values (?, ?, ?, ?, ?5, ?5) "
        "returning id",
        (contact.id, contact.body or "", fields, DRAFT, stamp(now)),
    ).fetchone()
    return int(row[0])


def _is_over(written: Written, now: datetime) -> bool:
    closes = moment(written.advert, "closes")
    return written.state == WITHDRAWN or (written.state == PUBLISHED and closes is not None and closes <= now)


def _change(db: sqlite3.Connection, contact: Contact, id: int, advert: Advert, seen: str, now: datetime) -> int:
    written = _own_one(db, contact, id)
    if written.advert == advert:
        return id
    if written.updated_at != seen:
        raise AdvertRefused("It was changed since you opened this page, perhaps in another window. Look at it again.")
    kept = Kept(advert, archived=written.state != PUBLISHED)
    _write(db, id, kept, now)
    db.execute(
        "update matter set question = replace(question, ?, ?) where sort = 'advert' and subject like ? "
        "and decided_at is null",
        (f"“{written.advert.title}”", f"“{advert.title}” (changed since it was sent)", f"{id}-%"),
    )
    return id


def _own_one(db: sqlite3.Connection, contact: Contact, id: int) -> Written:
    written = find(db, id, contact.id)
    if written is None or written.state == WITHDRAWN:
        raise AdvertRefused("There is no such advert any more, or it was withdrawn. Write a new one.")
    return written


def _write(db: sqlite3.Connection, id: int, kept: Kept, now: datetime) -> None:
    db.execute(
        "update advert set fields = ?, updated_at = ? where id = ?",
        (msgspec.json.encode(kept).decode(), stamp(now), id),
    )


def send(db: sqlite3.Connection, settings: Settings, contact: Contact, id: int, now: datetime) -> str:
    """Send a draft, or one that was refused and changed, and return its state: published at once when the operator has
    approved an advert of this body before, else waiting. Twice is the same as once. Raises AdvertRefused."""
    with transaction(db):
        written = _own_one(db, contact, id)
        if written.state in (DRAFT, REFUSED):
            db.execute("update advert set state = ?, body = ? where id = ?", (WAITING, contact.body or "", id))
            _submit(db, settings, id, contact, now)
    follow(db, settings, now)
    return _own_one(db, contact, id).state


def _submit(db: sqlite3.Connection, settings: Settings, id: int, contact: Contact, now: datetime) -> None:
    """Publish what waits, or ask the operator for what is lacking: which body it is, or the approval of its first."""
    if contact.body is None:
        desk.ask_body(db, contact, "wants to write here for a commissioner", now)
        return
    db.execute("update advert set body = ? where id = ?", (contact.body, id))
    if _is_trusted(db, contact.body):
        _go_out(db, settings, id, now, first_of_body=False)
        return
    written = find(db, id)
    title = written.advert.title if written else ""
    rounds = db.execute(
        "select count(*) from matter where sort = 'advert' and subject like ?", (f"{id}-%",)
    ).fetchone()[0]
    who = organisation(settings.area, contact.body).name
    desk.raise_matter(
        db, Matter.ADVERT, f"{id}-{rounds + 1}", f"{who} wants to advertise “{title}”: the first advert.", now
    )


def _is_trusted(db: sqlite3.Connection, body: str) -> bool:
    """Return whether the operator has approved an advert of a body."""
    row = db.execute("select 1 from advert where body = ? and published_at is not null limit 1", (body,)).fetchone()
    return row is not None


def _go_out(db: sqlite3.Connection, settings: Settings, id: int, now: datetime, *, first_of_body: bool) -> None:
    row = db.execute("select * from advert where id = ?", (id,)).fetchone()
    _write(db, id, msgspec.structs.replace(_kept(row), archived=False), now)
    db.execute(
        "update advert set state = ?, published_at = coalesce(published_at, ?) where id = ?",
        (PUBLISHED, stamp(now), id),
    )
    if first_of_body:
        for other in _waiting(db, "body = ? and id <> ?", (row["body"], id)):
            desk.close_about(db, Matter.ADVERT, f"{other}-%", str(Verdict.ACCEPT), now)
            _go_out(db, settings, other, now, first_of_body=False)
    _tell(db, settings, id, now)


def _waiting(db: sqlite3.Connection, where: str, facts: tuple[object, ...]) -> list[int]:
    return [
        row[0] for row in db.execute(f"select id from advert where state = 'waiting' and {where} order by id", facts)
    ]


def withdraw(db: sqlite3.Connection, settings: Settings, contact: Contact, id: int, now: datetime) -> None:
    """Withdraw an advert: what was published stays and says so; a draft is deleted. Twice is the same as once."""
    with transaction(db):
        row = db.execute("select * from advert where id = ? and contact = ?", (id, contact.id)).fetchone()
        if row is None or row["state"] == WITHDRAWN:
            return
        desk.close_about(db, Matter.ADVERT, f"{id}-%", "withdrawn", now)
        if row["published_at"] is None:
            db.execute("delete from advert where id = ?", (id,))
            return
        kept = msgspec.structs.replace(_kept(row), withdrawn_at=stamp(now), archived=False)
        fields = msgspec.json.encode(kept).decode()
        db.execute("update advert set fields = ?, state = ? where id = ?", (fields, WITHDRAWN, id))
    follow(db, settings, now)


# What the operator decides


def settle(db: sqlite3.Connection, settings: Settings, id: int, verdict: Verdict, now: datetime) -> None:
    """Publish or refuse an advert that waits, and write to whoever sent it, inside the caller's transaction. The first
    that is approved lets out what else waits of its body."""
    written = find(db, id)
    if written is None or written.state != WAITING:
        return
    if verdict is Verdict.ACCEPT:
        _go_out(db, settings, id, now, first_of_body=True)
        return
    db.execute("update advert set state = ? where id = ?", (REFUSED, id))
    _tell(db, settings, id, now)


def body_named(db: sqlite3.Connection, settings: Settings, now: datetime) -> None:
    """Go on with what waited for the operator to say which body it is, inside the caller's transaction."""
    for id in _waiting(db, "body = '' and contact in (select id from contact where body is not null)", ()):
        written = find(db, id)
        contact = contacts.find(db, written.contact) if written else None
        if contact:
            _submit(db, settings, id, contact, now)


def body_refused(db: sqlite3.Connection, settings: Settings, contact: int, now: datetime) -> None:
    """Refuse what waits of a contact that speaks for no body, inside the caller's transaction."""
    for id in _waiting(db, "body = '' and contact = ?", (contact,)):
        settle(db, settings, id, Verdict.REJECT, now)


def _tell(db: sqlite3.Connection, settings: Settings, id: int, now: datetime) -> None:
    """Write to whoever sent an advert what became of it."""
    written = find(db, id)
    contact = contacts.find(db, written.contact) if written else None
    if written is None or contact is None or not contacts.may_write_to(db, contact):
        return
    title = written.advert.title
    link = ("Change or withdraw it", f"{settings.url}/adverts/{contacts.token_of(db, contact.id)}")
    if written.state == PUBLISHED:
        subject = f"Published: {title}"
        paragraphs: tuple[str, ...] = (
            f"Your advert “{title}” has been published. Its page comes up within a few minutes:",
            f"{settings.url}/opportunities/{written.page}",
        )
    else:
        subject = f"Not published: {title}"
        paragraphs = (
            f"Your advert “{title}” was not published: the people who run this site decided so.",
            f"Ask them why: {settings.edition.mail.operator or settings.edition.mail.address}.",
            "You can change it and send it again.",
        )
    to = Address(contact.email, contact.address)
    outbox.put(db, note(settings, Sort.OUTCOME, to, subject, paragraphs, link, now), now)


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
            kept = msgspec.structs.replace(_kept(row), archived=True)
            db.execute(
                "update advert set fields = ? where id = ? and fields = ?",
                (msgspec.json.encode(kept).decode(), row["id"], row["fields"]),
            )
    return len(rows)


def _archive(archive: sqlite3.Connection, area: Area, row: sqlite3.Row, now: datetime) -> None:
    written = _written(row)
    first, latest = instant(written.published_at), instant(written.updated_at)
    if first is None or latest is None:
        return
    document = document_of(written.key, written.advert, area, written.body, latest, first)
    publish(archive, area, document, now)
    if written.withdrawn_at:
        publish(archive, area, msgspec.structs.replace(document, withdrawn_at=written.withdrawn_at), now)


def write_outcomes(db: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Finish what a crash left half done and return 0: the letter about an advert is written with the decision."""
    follow(db, settings, now)
    return 0
