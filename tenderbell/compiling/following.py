"""Following the archive: each batch of new versions becomes opportunities, history and events in one transaction,
which also moves the cursor. Kill it anywhere and start it again: nothing is lost, nothing is done twice."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from tenderbell import archive, decisions
from tenderbell.archive import Version, open_archive
from tenderbell.clock import instant, stamp
from tenderbell.compiling.assembling import assemble, opportunity_id
from tenderbell.compiling.events import happenings
from tenderbell.compiling.health import write_health
from tenderbell.compiling.reaches import Finding
from tenderbell.compiling.writing import store, write_events
from tenderbell.database import transaction
from tenderbell.edition import Source
from tenderbell.notice import Notice, Reader
from tenderbell.opportunity import Opportunity, find
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tenderbell.text import mask_personal
from tenderbell.vocabulary import LIVE_STAGES, Kind, Reach, Stage

BATCH = 500

log = logging.getLogger("tenderbell.compiling")

Progress = Callable[[str], None]


class CompileReport(msgspec.Struct):
    """What a compilation did: versions read, opportunities written, events appended."""

    notices: int = 0
    opportunities: int = 0
    events: int = 0


def compile_archive(settings: Settings, progress: Progress | None = None) -> CompileReport:
    """Compile what has arrived since the last time, and bring sightings and source health up to date."""
    with _at_work(settings) as work:
        while _compile_batch(work):
            if progress:
                progress(
                    f"{work.report.notices:,} notices compiled, {work.report.opportunities:,} opportunities changed"
                )
        _follow_decisions(work)
        _follow_sightings(work)
        write_health(settings, work.archive, work.public)
    return work.report


def rebuild(
    settings: Settings, reader_of: Callable[[Source], Reader], progress: Progress | None = None
) -> CompileReport:
    """Read every archived notice again, and compile everything again: same ids, same pages, no alert.

    What waits to be compiled for the first time is compiled before, as usual: its alerts are not lost.
    """
    with _at_work(settings) as work:
        while _compile_batch(work):
            pass
        _read_again(work, reader_of, progress)
        end = _cursor(work.public, "compile")
        rows = work.archive.execute("select distinct process from notice where process is not null order by process")
        processes = [row[0] for row in rows]
        for start in range(0, len(processes), BATCH):
            with transaction(work.public):
                for process in processes[start : start + BATCH]:
                    _compile_or_set_aside(work, process, end, silent=True)
            if progress:
                progress(f"{min(start + BATCH, len(processes)):,} of {len(processes):,} processes compiled")
        work.report.notices = end
        write_health(settings, work.archive, work.public)
    return work.report


@dataclass(frozen=True, slots=True)
class _Work:
    """One compilation: what it was told, the two databases, and what it has done so far."""

    settings: Settings
    archive: sqlite3.Connection
    public: sqlite3.Connection
    report: CompileReport


@contextmanager
def _at_work(settings: Settings) -> Iterator[_Work]:
    with closing(open_archive(settings.archive_path)) as source, closing(open_public(settings.public_path)) as public:
        decisions.prepare(source)
        yield _Work(settings, source, public, CompileReport())
        public.execute("pragma optimize")


def _compile_batch(work: _Work) -> bool:
    """Compile the processes of the next versions; return False when there are none."""
    with transaction(work.public):
        cursor = _cursor(work.public, "compile")
        arrived = archive.versions_after(work.archive, cursor, BATCH)
        until = arrived[-1][0] if arrived else cursor
        silent: dict[str, bool] = {}
        for _, process, backfill in arrived:
            if process is not None:
                silent[process] = silent.get(process, True) and backfill
        for process, is_silent in silent.items():
            _compile_or_set_aside(work, process, until, silent=is_silent)
        _move_cursor(work, "compile", until)
        work.report.notices += len(arrived)
    return bool(arrived)


def _compile_or_set_aside(work: _Work, process: str, until: int, *, silent: bool) -> None:
    """Compile one process. One that the program cannot cope with is set aside with the reason, shown by `status`,
    and stops nothing else; it is tried again with its next notice and by `rebuild`."""
    public = work.public
    public.execute("savepoint process")
    try:
        _compile_process(work, process, until, silent=silent)
        public.execute("delete from set_aside where process = ?", (process,))
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        public.execute("rollback to process")
        log.exception("The process %s could not be compiled", process)
        public.execute(
            "insert or replace into set_aside (process, reason, at) values (?, ?, ?)",
            (process, f"{type(error).__name__}: {error}", stamp(work.settings.clock())),
        )
    public.execute("release process")


def _compile_process(work: _Work, process: str, until: int, *, silent: bool) -> None:
    public, area, now = work.public, work.settings.area, work.settings.clock()
    versions = archive.versions_of(work.archive, process, until)
    notices = current_notices(versions)
    if not notices:
        return
    old = find(public, opportunity_id(process))
    first_seen = instant(min(version.fetched_at for version in versions)) or now
    number = old.number if old else _free_number(public, notices, first_seen)
    verdict = decisions.verdict(work.archive, opportunity_id(process))
    assembled = assemble(notices, area, number=number, first_seen=first_seen, verdict=verdict)
    if assembled is None:
        return
    new, finding = assembled
    if old is None and not is_held(new, finding, now):
        return
    if store(public, new, area, now, first_seen=first_seen):
        work.report.opportunities += 1
        public.execute("insert or ignore into process (key, opportunity) values (?, ?)", (process, new.id))
        work.report.events += write_events(public, new, happenings(old, new), now, silent=silent)
    _write_notices(work, new, notices)


def current_notices(versions: Sequence[Version]) -> list[Notice]:
    """Return the newest version of each notice: a later content for the same key replaces the earlier."""
    newest = {(version.source, version.key): version.notice for version in versions}
    return [notice for notice in newest.values() if notice is not None]


def is_held(opportunity: Opportunity, finding: Finding, now: datetime) -> bool:
    """Return whether an opportunity that has no page yet gets one: everything local; of the rest what may include
    the area and is still live (ruling 8). An advert of elsewhere of which only a correction without a deadline was
    ever seen would stay open for ever, so it is left out."""
    if finding.reach is Reach.LOCAL:
        return True
    if opportunity.ocids and opportunity.stage is Stage.OPEN and opportunity.closes_at is None:
        return finding.reach is not None and opportunity.kind is Kind.DYNAMIC_MARKET
    return (finding.reach is not None or finding.unconfirmed) and opportunity.stage_at(now) in LIVE_STAGES


def _free_number(public: sqlite3.Connection, notices: Sequence[Notice], first_seen: datetime) -> int:
    """Return a number that sorts by first publication and is not taken: milliseconds since 1970. Those of one second
    follow one another, and run over into the next when there are a thousand."""
    dated = [notice.published_at for notice in notices if notice.published_at]
    second = int(min(dated, default=first_seen).timestamp()) * 1000
    while True:
        row = public.execute(
            "select max(number) from opportunity where number >= ?1 and number < ?1 + 1000", (second,)
        ).fetchone()
        number = second if row[0] is None else int(row[0]) + 1
        if number < second + 1000:
            return number
        second += 1000


def _write_notices(work: _Work, opportunity: Opportunity, notices: Sequence[Notice]) -> None:
    public = work.public
    public.executemany(
        "insert into notice (source, key, opportunity, form, form_name, title, link, published_at, effect) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (source, key) do update set "
        "opportunity = excluded.opportunity, form = excluded.form, form_name = excluded.form_name, "
        "title = excluded.title, link = excluded.link, published_at = excluded.published_at, "
        "effect = excluded.effect",
        [
            (n.source, n.key, opportunity.id, n.form, n.form_name, mask_personal(n.title), n.link,
             stamp(n.published_at) if n.published_at else None, n.effect)
            for n in notices
        ],
    )  # fmt: skip
    seen = archive.sightings_of(work.archive, [(notice.source, notice.key) for notice in notices])
    public.executemany(
        "insert into sighting (source, key, first_seen, last_seen) values (?, ?, ?, ?) on conflict do nothing",
        [(*name, *times) for name, times in seen.items()],
    )


def _cursor(public: sqlite3.Connection, step: str) -> int:
    row = public.execute("select cursor from step where name = ?", (step,)).fetchone()
    return int(row[0]) if row else 0


def _move_cursor(work: _Work, step: str, cursor: int) -> None:
    work.public.execute(
        "insert into step (name, cursor, finished_at) values (?, ?, ?) "
        "on conflict (name) do update set cursor = excluded.cursor, finished_at = excluded.finished_at",
        (step, cursor, stamp(work.settings.clock())),
    )


def _follow_decisions(work: _Work) -> None:
    """Compile again what the operator has decided about since the last time."""
    public = work.public
    with transaction(public):
        taken = decisions.decisions_after(work.archive, _cursor(public, "decisions"))
        if not taken:
            return
        until = _cursor(public, "compile")
        for decision in taken:
            rows = public.execute("select key from process where opportunity = ?", (decision.opportunity,)).fetchall()
            for row in rows:
                _compile_or_set_aside(work, row["key"], until, silent=False)
        _move_cursor(work, "decisions", taken[-1].number)


def _follow_sightings(work: _Work) -> None:
    """Carry over when each published notice was last seen; no event, no new version (ruling 9)."""
    public = work.public
    row = public.execute("select finished_at from step where name = 'sightings'").fetchone()
    since = row[0] if row else ""
    rows = work.archive.execute("select last_seen, source, key from sighting where last_seen >= ?", (since,)).fetchall()
    if not rows:
        return
    with transaction(public):
        public.executemany(
            "update sighting set last_seen = ?1 where source = ?2 and key = ?3 and last_seen <> ?1",
            [tuple(row) for row in rows],
        )
        # Not past the present: one run with a clock that is ahead must not hide what is seen after it.
        latest = min(max(row[0] for row in rows), stamp(work.settings.clock()))
        public.execute(
            "insert into step (name, finished_at) values ('sightings', ?) "
            "on conflict (name) do update set finished_at = excluded.finished_at",
            (latest,),
        )


def _read_again(work: _Work, reader_of: Callable[[Source], Reader], progress: Progress | None) -> None:
    readers = {entry.id: reader_of(entry) for entry in work.settings.edition.sources}
    after, end = 0, archive.newest_number(work.archive)
    while after < end:
        with transaction(work.archive):
            for number, raw in archive.raws(work.archive, after, BATCH):
                if raw.source in readers:
                    archive.replace_reading(work.archive, number, raw, readers[raw.source])
                after = number
        if progress:
            progress(f"{after:,} of {end:,} notices read again")
