"""`archive.db`: every notice as received, what `read` made of it, the runs that fetched it, the windows walked.

Nothing here is ever edited: another content for the same key is another version, and `number` is the order in which
versions arrived. The compiler follows `number` from the cursor that it keeps in its own file. A notice that returns to
an earlier content (a deadline moved and moved back) has that version moved to the end when the run is over.
"""

import hashlib
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from tenderbell.archive_schema import migrations
from tenderbell.clock import stamp
from tenderbell.database import connect, migrate, transaction
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Notice, Raw, Reader, decode, encode
from tenderbell.text import mask_personal

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Sort(StrEnum):
    """What a run was: a harvest of the live source, saved responses read, or a reconciliation."""

    HARVEST = "harvest"
    SAVED = "saved"
    RECONCILIATION = "reconciliation"


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a batch of raw notices: distinct versions in the batch, those of keys never seen, those that
    are another version of a known key, those that `read` could not understand."""

    notices: int = 0
    new: int = 0
    changed: int = 0
    unreadable: int = 0

    def __add__(self, other: "Kept") -> "Kept":
        return Kept(
            self.notices + other.notices,
            self.new + other.new,
            self.changed + other.changed,
            self.unreadable + other.unreadable,
        )


@dataclass(frozen=True, slots=True)
class Version:
    """One archived version. `notice` is None when it could not be read; `unreadable` then says why."""

    number: int
    source: str
    key: str
    process: str | None
    backfill: bool
    fetched_at: str
    notice: Notice | None
    unreadable: str | None = None


def open_archive(path: Path) -> sqlite3.Connection:
    """Open `archive.db` for writing, with its schema up to date."""
    db = connect(path)
    migrate(db, migrations)
    return db


def compress(body: bytes) -> bytes:
    """Return `body` as a Zstandard frame (level 3: a third of the size at a hundredth of zlib's time)."""
    return zstd.compress(body, 3)


def decompress(frame: bytes) -> bytes:
    """Return the bytes that `compress` was given."""
    return zstd.decompress(frame)


def start_run(
    db: sqlite3.Connection, source: str, now: datetime, *, backfill: bool | None = None, sort: Sort = Sort.HARVEST
) -> int:
    """Open a run of `source` and return its number. By default it is a backfill, which tells nobody, exactly when
    the source has never finished a run (ruling 3)."""
    with transaction(db):
        first = backfill if backfill is not None else not has_finished(db, source)
        db.execute("delete from shown where run in (select id from run where source = ?)", (source,))
        cursor = db.execute(
            "insert into run (source, started_at, backfill, sort) values (?, ?, ?, ?)",
            (source, stamp(now), first, str(sort)),
        )
    return int(cursor.lastrowid or 0)


def has_finished(db: sqlite3.Connection, source: str) -> bool:
    """Return whether a run of `source` has ever walked all it set out to walk. A reconciliation walks nothing."""
    row = db.execute(
        "select 1 from run where source = ? and complete and sort <> 'reconciliation' limit 1", (source,)
    ).fetchone()
    return row is not None


def end_run(
    db: sqlite3.Connection,
    run: int,
    now: datetime,
    *,
    complete: bool,
    reason: str,
    requests: int = 0,
    received: int = 0,
    listed: int = 0,
    alarm: str | None = None,
) -> None:
    """Close a run: `complete` when everything that it set out to fetch was fetched, `reason` in words, `requests`
    made and bytes `received`, how many notices the source `listed`, and an `alarm` when it finished but something was
    not as it should be."""
    with transaction(db):
        # Saved responses are of any age: what they say may be long out of date.
        sort = db.execute("select sort from run where id = ?", (run,)).fetchone()[0]
        if complete and sort == Sort.HARVEST:
            _bring_back(db, run, now)
        db.execute("delete from shown where run = ?", (run,))
        db.execute(
            "update run set finished_at = ?, complete = ?, reason = ?, requests = ?, bytes = ?, listed = ?, alarm = ? "
            "where id = ?",
            (stamp(now), complete, reason, requests, received, listed, alarm, run),
        )


def _bring_back(db: sqlite3.Connection, run: int, now: datetime) -> None:
    """Move to the end each version that a whole run showed instead of the newest one: the notice says again what it
    said before. One that shows several versions of a notice in one walk, the newest among them, says nothing new."""
    returned = db.execute(
        "select source, key, digest, max(place) from shown where run = ?1 group by source, key "
        "having sum(digest = (select digest from notice as n where n.source = shown.source and n.key = shown.key "
        "order by number desc limit 1)) = 0",
        (run,),
    ).fetchall()
    for source, key, digest, _ in returned:
        row = db.execute(
            "delete from notice where source = ? and key = ? and digest = ? "
            "returning process, body, content_type, url, reading, unreadable",
            (source, key, digest),
        ).fetchone()
        db.execute(
            "insert into notice (source, key, digest, process, body, content_type, url, reading, unreadable, "
            "fetched_at, run, backfill) select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, id, backfill from run where id = ?",
            (source, key, digest, *row, stamp(now), run),
        )
    db.execute("update run set notices = notices + ?1, changed = changed + ?1 where id = ?2", (len(returned), run))


def keep(db: sqlite3.Connection, run: int, raws: Iterable[Raw], read: Reader, now: datetime) -> Kept:
    """Archive raw notices in one transaction and return what became of them.

    Each is kept before it is read; one that `read` refuses is kept with the reason and stops nothing. A version that
    the archive has already only refreshes its sighting.
    """
    rows = _rows(list(raws), read)
    with transaction(db):
        backfill = db.execute("select backfill from run where id = ?", (run,)).fetchone()[0]
        kept = Kept()
        for row in rows:
            kept += _insert(db, run, backfill, row, stamp(now))
        db.execute(
            "update run set notices = notices + ?, new = new + ?, changed = changed + ?, unreadable = unreadable + ? "
            "where id = ?",
            (kept.notices, kept.new, kept.changed, kept.unreadable, run),
        )
    return kept


@dataclass(frozen=True, slots=True)
class _Row:
    raw: Raw
    digest: bytes
    body: bytes
    process: str | None
    reading: bytes | None
    unreadable: str | None


def _rows(raws: Sequence[Raw], read: Reader) -> list[_Row]:
    """Read each notice while another thread compresses: the compressor does not hold the interpreter."""
    with ThreadPoolExecutor(1) as compressor:
        bodies = compressor.map(compress, [raw.body for raw in raws])
        readings = [interpret(raw, read) for raw in raws]
        return [
            _Row(raw, hashlib.blake2b(raw.body, digest_size=16).digest(), body, *reading)
            for raw, body, reading in zip(raws, bodies, readings, strict=True)
        ]


def interpret(raw: Raw, read: Reader) -> tuple[str | None, bytes | None, str | None]:
    """Return (process, reading, reason): the reading, or the reason why there is none. A reader that breaks on a
    notice is no reason to lose it, or what came with it."""
    try:
        notice = _impersonal(read(raw))
        return _storable(notice.process), encode(notice), None
    except UnreadableNotice as error:
        return None, None, str(error)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, StopIteration, TypeError, ValueError) as error:
        return None, None, f"The reader broke on it, {type(error).__name__}: {error}. Tell the developers."


def _impersonal(notice: Notice) -> Notice:
    """Return the notice under a name that may be published: a portal's reference may hold an officer's address."""
    if "@" not in notice.key:
        return notice
    key, process = mask_personal(notice.key) or "", mask_personal(notice.process) or ""
    return msgspec.structs.replace(notice, key=key, process=process)


def _storable(text: str) -> str:
    """Return `text` without half characters (lone surrogates), which no database can hold."""
    return text.encode("utf-8", "replace").decode()


def _insert(db: sqlite3.Connection, run: int, backfill: int, row: _Row, now: str) -> Kept:
    raw = msgspec.structs.replace(row.raw, key=_storable(row.raw.key), url=row.raw.url and _storable(row.raw.url))
    known = db.execute(
        "insert into sighting (source, key, first_seen, last_seen) values (?1, ?2, ?3, ?3) "
        "on conflict (source, key) do update set last_seen = max(last_seen, excluded.last_seen) "
        "returning exists (select 1 from notice where source = ?1 and key = ?2)",
        (raw.source, raw.key, now),
    ).fetchone()[0]
    added = db.execute(
        "insert into notice (source, key, digest, process, body, content_type, url, fetched_at, run, backfill, "
        "reading, unreadable) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
        (raw.source, raw.key, row.digest, row.process, row.body, raw.content_type, raw.url, now, run, backfill,
         row.reading, row.unreadable and _storable(row.unreadable)),
    ).rowcount  # fmt: skip
    if not added:
        _note_shown(db, run, raw, row.digest)
        return Kept()
    return Kept(1, int(not known), int(known), int(row.unreadable is not None))


def _note_shown(db: sqlite3.Connection, run: int, raw: Raw, digest: bytes) -> None:
    """Note which version of a notice with several of them a run was shown."""
    newest = db.execute(
        "select digest from notice where source = ? and key = ? order by number desc limit 2", (raw.source, raw.key)
    ).fetchall()
    if len(newest) > 1:
        db.execute(
            "insert into shown (run, place, source, key, digest) "
            "select ?1, count(*), ?2, ?3, ?4 from shown where run = ?1",
            (run, raw.source, raw.key, digest),
        )


def see_again(db: sqlite3.Connection, source: str, now: datetime) -> int:
    """Refresh the sightings of the notices that `source` listed last: it says that its list has not changed. Return
    how many these are."""
    with transaction(db):
        return db.execute(
            "update sighting set last_seen = max(last_seen, ?2) where source = ?1 "
            "and last_seen = (select max(last_seen) from sighting where source = ?1)",
            (source, stamp(now)),
        ).rowcount


def has_notices(db: sqlite3.Connection, source: str) -> bool:
    """Return whether the archive holds a notice of `source`."""
    return db.execute("select 1 from notice where source = ? limit 1", (source,)).fetchone() is not None


def newest_body(db: sqlite3.Connection, source: str, key: str) -> bytes | None:
    """Return the newest version of a notice as received, None when the archive has none (any more)."""
    row = db.execute(
        "select body from notice where source = ? and key = ? order by number desc limit 1", (source, key)
    ).fetchone()
    return decompress(row[0]) if row and row[0] else None


def newest_number(db: sqlite3.Connection) -> int:
    """Return the number of the newest version in the archive, 0 when it is empty."""
    return int(db.execute("select coalesce(max(number), 0) from notice").fetchone()[0])


def versions_after(db: sqlite3.Connection, cursor: int, limit: int) -> list[tuple[int, str | None, bool]]:
    """Return (number, process, backfill) of the next versions in order of arrival; process None if unreadable."""
    rows = db.execute(
        "select number, process, backfill from notice where number > ? order by number limit ?", (cursor, limit)
    )
    return [(row["number"], row["process"], bool(row["backfill"])) for row in rows]


def versions_of(db: sqlite3.Connection, process: str, until: int) -> list[Version]:
    """Return every readable version of a process that had arrived by number `until`, in order of arrival."""
    rows = db.execute(
        "select number, source, key, process, backfill, fetched_at, reading from notice "
        "where process = ? and number <= ? order by number",
        (process, until),
    )
    return [
        Version(
            row["number"], row["source"], row["key"], row["process"], bool(row["backfill"]), row["fetched_at"],
            decode(row["reading"]),
        )
        for row in rows
    ]  # fmt: skip


def sightings_of(db: sqlite3.Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return (first seen, last seen) stamps for each (source, key)."""
    found = {}
    for source, key in keys:
        row = db.execute(
            "select first_seen, last_seen from sighting where source = ? and key = ?", (source, key)
        ).fetchone()
        if row:
            found[source, key] = (row[0], row[1])
    return found


def raws(db: sqlite3.Connection, after: int = 0, limit: int = 500) -> Iterator[tuple[int, Raw]]:
    """Yield (number, raw notice) of every version after `after`, in order: what `rebuild` reads again. Those whose body
    was emptied (`tenderbell.keeping.payloads`) are left out: they keep the reading that they have."""
    rows = db.execute(
        "select number, source, key, body, content_type, url from notice where number > ? and body <> x'' "
        "order by number limit ?",
        (after, limit),
    ).fetchall()
    for row in rows:
        body = decompress(row["body"])
        yield row["number"], Raw(row["source"], row["key"], body, row["content_type"], row["url"])


def replace_reading(db: sqlite3.Connection, number: int, raw: Raw, read: Reader) -> None:
    """Read an archived version again and store the new reading (inside the caller's transaction)."""
    process, reading, unreadable = interpret(raw, read)
    db.execute(
        "update notice set process = ?, reading = ?, unreadable = ? where number = ?",
        (process, reading, unreadable, number),
    )
