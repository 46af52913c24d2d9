"""Adverts that commissioners wrote here, as `private.db` keeps them."""

import sqlite3
from datetime import datetime

import msgspec

from tenderbell.advert import Advert, notice_of
from tenderbell.area import Area
from tenderbell.clock import instant, stamp
from tenderbell.compiling.assembling import assemble, opportunity_id
from tenderbell.direct import organisation
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity

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
    return [written_of(row) for row in rows]


def published(db: sqlite3.Connection) -> list[Written]:
    """Return the adverts that stand on the site now, oldest first."""
    return [written_of(row) for row in db.execute("select * from advert where state = 'published' order by id")]


def find(db: sqlite3.Connection, id: int, contact: int | None = None) -> Written | None:
    """Return an advert, None when there is none; with `contact`, only one of theirs."""
    row = db.execute("select * from advert where id = ?1 and contact = coalesce(?2, contact)", (id, contact)).fetchone()
    return written_of(row) if row else None


def written_of(row: sqlite3.Row) -> Written:
    """Return the advert of a row of the table."""
    kept = kept_of(row)
    facts = {name: row[name] for name in ("id", "contact", "body", "state", "created_at", "updated_at", "published_at")}
    return Written(**facts, advert=kept.advert, withdrawn_at=kept.withdrawn_at)


def kept_of(row: sqlite3.Row) -> Kept:
    """Return what a row's column `fields` holds."""
    return msgspec.json.decode(row["fields"], type=Kept)


def keep(db: sqlite3.Connection, id: int, kept: Kept, now: datetime) -> None:
    """Keep another text of an advert inside the caller's transaction."""
    db.execute(
        "update advert set fields = ?, updated_at = ? where id = ?",
        (msgspec.json.encode(kept).decode(), stamp(now), id),
    )


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
