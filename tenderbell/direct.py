"""The source `direct`: adverts written here. Each is a small document in `archive.db`, like any notice as received, so
that it is compiled, shown, told and read again like any other."""

import sqlite3
from datetime import datetime

import msgspec

from tenderbell import archive
from tenderbell.advert import SOURCE, Advert, cleaned, notice_of
from tenderbell.area import Area
from tenderbell.clock import instant, stamp
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Notice, Organisation, Raw, Record

PUBLISHED = "An advert written here was published."


class Document(Record, frozen=True, omit_defaults=True):
    """One wording of an advert as it is archived. `body` is the id of the commissioner in the area and `name` what it
    was called then; the times are stored stamps. With `withdrawn_at` it is the notice that withdraws the advert."""

    key: str
    advert: Advert
    body: str
    name: str
    published_at: str
    first_published_at: str | None = None
    withdrawn_at: str | None = None


def raw_of(document: Document) -> Raw:
    """Return a document as the archive keeps it: the same document always gives the same bytes."""
    key = f"{document.key}-withdrawn" if document.withdrawn_at else document.key
    return Raw(SOURCE, key, msgspec.json.encode(document))


def read(raw: Raw, area: Area) -> Notice:
    """Return the notice of an archived document. Raises UnreadableNotice when it is none."""
    try:
        document = msgspec.json.decode(raw.body, type=Document)
        published, first, withdrawn = map(
            instant, (document.published_at, document.first_published_at, document.withdrawn_at)
        )
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UnreadableNotice(f"This is no advert as it is written here: {error}.") from None
    if published is None or not 1900 < published.year < 2200:
        raise UnreadableNotice("The advert does not say when it was published.")
    return notice_of(
        cleaned(document.advert),
        document.key,
        organisation(area, document.body, document.name),
        published,
        first_published_at=first,
        withdrawn_at=withdrawn,
    )


def organisation(area: Area, body: str, name: str = "") -> Organisation:
    """Return the commissioner `body` as a party of a notice, by its present name in the area's file."""
    known = area.body_by_slug.get(body)
    return Organisation(known.name if known else name or body, ids=known.ids if known else (), roles=("buyer",))


def publish(db: sqlite3.Connection, area: Area, document: Document, now: datetime) -> None:
    """Put a document into an open `archive.db`. Doing so again changes nothing, whenever an earlier try was cut off."""
    raw = raw_of(document)
    if archive.newest_body(db, SOURCE, raw.key) == raw.body:
        return
    run = archive.start_run(db, SOURCE, now, backfill=False)
    archive.keep(db, run, [raw], lambda one: read(one, area), now)
    archive.end_run(db, run, now, complete=True, reason=PUBLISHED)


def document_of(
    key: str, advert: Advert, area: Area, body: str, published_at: datetime, first_published_at: datetime
) -> Document:
    """Return the document of one wording; the first one does not say when the first one was."""
    first = None if first_published_at == published_at else stamp(first_published_at)
    return Document(key, advert, body, organisation(area, body).name, stamp(published_at), first)


def key_of(body: bytes) -> str | None:
    """Return under which key a saved document is archived, None when it is no document of an advert."""
    try:
        document = msgspec.json.decode(body, type=Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    key = raw_of(document).key
    return key if key.isprintable() else None
