"""Matching: events become matches. What is to be told is fixed here, before any e-mail is written.

The events after the cursor are read in ascending number, a batch at a time. The opportunities that they touch are
copied into a small database in memory, where every distinct condition of all profiles is evaluated once, by the same
SQL that the site searches with. A batch's matches and the cursor are committed in one transaction: a run that dies
leaves the cursor where it was and the next one does the batch again, and `unique (profile, opportunity, event)` makes
doing it twice the same as once.

Who is told (rulings 23 and 24): *new to you* for whoever's profile matches a live opportunity that they have not been
told of; *changed* for whoever was told, or is about to be.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import msgspec

from alerts import published
from alerts.conditions import Conditions
from alerts.recording import CHANGES, Event, prepare, record_change, record_news
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.opportunity import redirected
from tenderbell.private import open_private
from tenderbell.public import memory_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import LIVE_STAGES

STEP = "match"
BATCH = 2_000
"""Events that are matched and committed at once: bounds memory and the time that the file is locked."""

CACHE_KIB = 128 * 1024
"""Page cache of a run: the indexes of half a million matches. With SQLite's 2 MiB they are written over and over."""

Progress = Callable[[int, int], None]
"""Told how many events are done, of how many."""


class MatchReport(msgspec.Struct, kw_only=True):
    """What a run did: events read (the silent ones too), matches made, and where the cursor stands."""

    events: int = 0
    matches: int = 0
    cursor: int = 0


class _Batch(msgspec.Struct):
    """The events up to the number `last` that are not silent, and their opportunities: `ids` by number, of which
    `live` can still be prepared or applied for, and the ids (`told_as`) under which each may have been told before."""

    last: int
    size: int
    events: list[Event]
    ids: dict[int, str]
    live: set[str]
    told_as: list[tuple[str, str]]


class _Candidate(NamedTuple):
    """A profile that matches some of the batch's opportunities now (`mask`, by `Conditions.numbers`), and the newest
    event that it started after."""

    profile: int
    subscriber: int
    watermark: int
    mask: int


def match(settings: Settings, *, progress: Progress | None = None) -> MatchReport:
    """Turn every event since the last run into matches. Nothing happens while there is no `public.db`.

    Silent events (a backfill, a rebuild) move the cursor and tell nobody. Two matchers at once are safe: the second
    finds the cursor moved and begins its batch again.
    """
    report = MatchReport()
    now = settings.clock()
    with closing(open_private(settings.private_path)) as db, published.reading(settings) as public:
        db.execute(f"pragma cache_size=-{CACHE_KIB}")
        db.execute("pragma temp_store=memory")
        report.cursor = _cursor(db)
        newest = published.newest_event(public) if public else 0
        start = report.cursor
        while public and report.cursor < newest:
            _match_batch(db, public, report, now)
            if progress:
                progress(report.cursor - start, newest - start)
    return report


def _match_batch(db: sqlite3.Connection, public: sqlite3.Connection, report: MatchReport, now: datetime) -> None:
    with closing(memory_public()) as memory:
        batch = _read_batch(public, memory, report.cursor, now)
        conditions = Conditions(memory, now)
        revision = _revision(db)
        candidates = _candidates(db, conditions, batch)
        with transaction(db):
            if (cursor := _cursor(db)) != report.cursor:
                report.cursor = cursor
                return
            if _revision(db) != revision:
                candidates = _candidates(db, conditions, batch)
            report.matches += _record(db, conditions, batch, candidates, now)
            _move_cursor(db, batch.last, now)
    report.events += batch.size
    report.cursor = batch.last


def _cursor(db: sqlite3.Connection) -> int:
    return _step(db, STEP)


def _revision(db: sqlite3.Connection) -> int:
    """Return a number that changes with every profile that starts, is edited or ends (the triggers of `profile`).
    Candidates are found without holding the file, so that forms need not wait, and again if it has changed."""
    return _step(db, "profiles")


def _step(db: sqlite3.Connection, name: str) -> int:
    row = db.execute("select cursor from step where name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _move_cursor(db: sqlite3.Connection, cursor: int, now: datetime) -> None:
    db.execute(
        "insert into step values (?, ?, ?) on conflict (name) do update set cursor = excluded.cursor, "
        "finished_at = excluded.finished_at",
        (STEP, cursor, stamp(now)),
    )


def _read_batch(public: sqlite3.Connection, memory: sqlite3.Connection, cursor: int, now: datetime) -> _Batch:
    rows = public.execute(
        "select number, opportunity, type, silent, old, new from event where number > ? order by number limit ?",
        (cursor, BATCH),
    ).fetchall()
    loud = [row for row in rows if not row["silent"]]
    names = {id: _present_name(public, id) for id in {row["opportunity"] for row in loud}}
    ids = _copy(public, memory, set(names.values()))
    events = [
        Event(row["number"], names[row["opportunity"]], row["type"], row["old"], row["new"])
        for row in loud
        if names[row["opportunity"]] in ids.values()
    ]
    told_as = [(id, id) for id in ids.values()]
    told_as += [
        (id, row["id"])
        for id in ids.values()
        for row in public.execute("select id from redirect where opportunity = ?", (id,))
    ]
    return _Batch(rows[-1]["number"], len(rows), events, ids, _live(memory, now), told_as)


def _present_name(public: sqlite3.Connection, id: str) -> str:
    """Return the id under which an opportunity goes on, its own unless it was merged into another (ruling 20)."""
    return redirected(public, id) or id


def _copy(public: sqlite3.Connection, memory: sqlite3.Connection, ids: set[str]) -> dict[int, str]:
    """Copy opportunities into the memory database, with their text and tags, and return their ids by number."""
    copied: dict[int, str] = {}
    for id in sorted(ids):
        row = public.execute("select * from opportunity where id = ?", (id,)).fetchone()
        if row is None:
            continue
        copied[row["number"]] = id
        _insert(memory, "opportunity", [row])
        for table in ("opportunity_text", "opportunity_tag"):
            _insert(memory, table, public.execute(f"select * from {table} where number = ?", (row["number"],)))
    return copied


def _insert(memory: sqlite3.Connection, table: str, rows: Iterable[sqlite3.Row]) -> None:
    for row in rows:
        memory.execute(f"insert into {table} values ({', '.join('?' * len(row))})", tuple(row))


def _live(memory: sqlite3.Connection, now: datetime) -> set[str]:
    rows = memory.execute("select id, stage, closes_at from opportunity")
    return {
        row["id"]
        for row in rows
        if row["stage"] in LIVE_STAGES and not (row["stage"] == "open" and (row["closes_at"] or "9") <= stamp(now))
    }


def _candidates(db: sqlite3.Connection, conditions: Conditions, batch: _Batch) -> list[_Candidate]:
    """Return every living profile that matches one of the batch's opportunities. Profiles come grouped by their
    criteria, so that a search that many people saved costs as much as one."""
    found: list[_Candidate] = []
    if not batch.events:
        return found
    rows = db.execute(
        "select criteria, id, subscriber, watermark from profile indexed by profile_by_criteria "
        "where ended_at is null and follows is null order by criteria"
    )
    for criteria, group in groupby(rows, itemgetter(0)):
        if mask := conditions.mask(criteria):
            found += [_Candidate(id, subscriber, watermark, mask) for _, id, subscriber, watermark in group]
    found.sort()  # rows that arrive in the order of the indexes are written five times as fast
    return found


def _record(
    db: sqlite3.Connection, conditions: Conditions, batch: _Batch, candidates: list[_Candidate], now: datetime
) -> int:
    """Write the matches of a batch and return how many are new. Changes come after the news that they may follow."""
    firsts = _Firsts(conditions, batch)
    picks: dict[tuple[int, int], int] = {}
    picking = [
        (item.profile, item.subscriber, picks.setdefault((item.mask, firsts.since(item.watermark)), len(picks)))
        for item in candidates
    ]
    prepare(db, batch.told_as, picking, ((pick, *told) for key, pick in picks.items() for told in firsts.told(*key)))
    written = record_news(db, now)
    return written + sum(record_change(db, event, now) for event in batch.events if event.type in CHANGES)


class _Firsts:
    """The first event of each of a batch's opportunities that a profile may be told of."""

    def __init__(self, conditions: Conditions, batch: _Batch) -> None:
        self._numbers = conditions.numbers
        self._batch = batch
        self._events: dict[str, list[int]] = {}
        for event in batch.events:
            self._events.setdefault(event.opportunity, []).append(event.number)
        self._all = [event.number for event in batch.events]

    def since(self, watermark: int) -> int:
        """Return the newest event of the batch that a watermark covers, 0 for none: so that nearly all profiles, which
        are older than the batch, are alike."""
        place = bisect_right(self._all, watermark)
        return self._all[place - 1] if place else 0

    def told(self, mask: int, since: int) -> Iterator[tuple[str, int | None]]:
        """Yield the opportunities of a mask, each with the first event after `since`; None when there is none, or when
        the opportunity is over."""
        for number in self._numbers(mask):
            id = self._batch.ids[number]
            later = (event for event in self._events[id] if event > since)
            yield id, next(later, None) if id in self._batch.live else None
