"""A preview: the e-mail that would go to a profile now, or to a search that nobody has saved, without writing anything.

It is put together by the same rooms as a real one, in a copy in memory that holds this one person's rows under an
invented address and keys of its own: so the links by which a person manages their alerts lead nowhere, and nobody's
address is shown.
"""

import sqlite3
from contextlib import closing
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

import msgspec

from alerts import contents, outbox, published
from alerts.chapters import arrange
from alerts.claims import gather
from alerts.errors import NoSuchProfile, NothingPublished
from alerts.shelf import Shelf
from tenderbell.clock import stamp
from tenderbell.criteria import Criteria
from tenderbell.database import connect, migrate
from tenderbell.describe import describe
from tenderbell.private import migrations
from tenderbell.search import search
from tenderbell.settings import Settings
from tenderbell.vocabulary import LIVE_STAGES, Frequency

EXAMPLES = 5
"""How many opportunities a preview shows when nothing waits."""

_WAITING = "What waits for this profile, as it would be sent now."
_EXAMPLES = "Nothing waits: these are the latest that the search found, as they would have been sent."
_NOTHING = "Nothing waits, and the search finds nothing to apply for: nothing would be sent."


class Preview(msgspec.Struct, frozen=True):
    """An e-mail that is not sent. `note` says what it shows; without anything to show the others are empty."""

    note: str
    subject: str = ""
    text: str = ""
    html: str = ""


def of_profile(settings: Settings, number: int) -> Preview:
    """Return what would go to the profile with this number now: its waiting matches, else the latest of its search.

    Raises NoSuchProfile for one that does not exist or has ended, and NothingPublished before the first compilation.
    """
    with closing(_scratch()) as db:
        if not settings.private_path.exists() or not _copy(settings.private_path, db, number):
            raise NoSuchProfile(f"There is no profile {number} whose alerts are on.")
        return _preview(db, settings, number)


def of_criteria(settings: Settings, query: str) -> Preview:
    """Return what a search would send, shown on the latest that it finds. Raises NothingPublished."""
    criteria, now = Criteria.parse(query), settings.clock()
    with closing(_scratch()) as db:
        db.execute("insert into subscriber (id, email, address, created_at) values (1, ?1, ?1, ?2)", (_YOU, stamp(now)))
        db.execute(
            "insert into profile (id, subscriber, name, criteria, frequency, watermark, created_at) "
            "values (1, 1, ?, ?, ?, 0, ?)",
            (describe(criteria, settings.area), criteria.canonical(profile=True), Frequency.WEEKLY, stamp(now)),
        )
        return _preview(db, settings, 1)


_YOU = "you@example.invalid"


def _scratch() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    migrate(db, migrations)
    db.execute("pragma foreign_keys=off")
    return db


def _copy(path: Path, scratch: sqlite3.Connection, number: int) -> bool:
    """Copy what is held about the owner of a living profile, and return whether there is one."""
    with closing(connect(path, read_only=True)) as db:
        row = db.execute("select subscriber from profile where id = ? and ended_at is null", (number,)).fetchone()
        if row is None:
            return False
        owner = (row["subscriber"],)
        _insert(scratch, "subscriber", db.execute("select * from subscriber where id = ?", owner).fetchall())
        for table in ("profile", "match", "hidden"):
            _insert(scratch, table, db.execute(f"select * from {table} where subscriber = ?", owner).fetchall())
    scratch.execute("update subscriber set email = ?1, address = ?1", (_YOU,))
    return True


def _insert(db: sqlite3.Connection, table: str, rows: list[sqlite3.Row]) -> None:
    if rows:
        names = rows[0].keys()
        marks = ", ".join("?" * len(names))
        db.executemany(f"insert into {table} ({', '.join(names)}) values ({marks})", [tuple(row) for row in rows])


def _preview(db: sqlite3.Connection, settings: Settings, number: int) -> Preview:
    now = settings.clock()
    with published.reading(settings) as public:
        if public is None:
            raise NothingPublished("There is nothing to show yet: run `tenderbell harvest` and `tenderbell compile`.")
        shelf = Shelf(public, settings, now)
        if found := _message(db, shelf, number):
            return _opened(found, _WAITING)
        _offer_latest(db, public, number, now)
        found = _message(db, shelf, number)
        return _opened(found, _EXAMPLES) if found else Preview(_NOTHING)


def _message(db: sqlite3.Connection, shelf: Shelf, number: int) -> bytes | None:
    """Return the bytes of what waits for a profile, None when nothing does."""
    rows = db.execute("select * from profile where ended_at is null order by id").fetchall()
    profiles = {row["id"]: row for row in rows}
    owner = int(profiles[number]["subscriber"])
    claims = gather(db, shelf, owner, [number], profiles)
    if not claims.stories:
        return None
    telling = {match["profile"] for story in claims.stories for match in story.matches} | {number}
    named = [row for row in rows if row["id"] in telling]
    chapters = arrange(db, shelf, profiles, claims.stories)
    return contents.digest(db, shelf, owner, named, chapters, outbox.next_number(db)).content


def _offer_latest(db: sqlite3.Connection, public: sqlite3.Connection, number: int, now: datetime) -> None:
    """Let the latest that a search finds wait for it, in the copy, as if they were new."""
    row = db.execute("select * from profile where id = ?", (number,)).fetchone()
    if row["follows"]:
        return
    criteria = Criteria.parse(row["criteria"])
    live = criteria if criteria.stage else criteria.having(stage=tuple(sorted(LIVE_STAGES)))
    numbers = search(public, live.having(sort="newest"), now, limit=EXAMPLES).numbers
    ids = [public.execute("select id from opportunity where number = ?", (one,)).fetchone()["id"] for one in numbers]
    newest = published.newest_event(public)
    db.execute("delete from match")
    db.execute("delete from hidden")
    db.executemany(
        "insert into match (subscriber, profile, opportunity, event, type, matched_at) values (?, ?, ?, ?, 'new', ?)",
        [(row["subscriber"], number, id, newest, stamp(now)) for id in ids],
    )


def _opened(content: bytes, note: str) -> Preview:
    message = message_from_bytes(content, policy=policy.default)
    parts = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    text, html = (str(part.get_content()).replace("\r\n", "\n") if part else "" for part in parts.values())
    return Preview(note, str(message["Subject"]), text, html)
