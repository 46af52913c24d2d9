"""Following the archive: each batch of new versions becomes opportunities, history and events in one transaction,
which also moves the cursor. Kill it anywhere and start it again: nothing is lost, nothing is done twice."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
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
    report = CompileReport()
    with _databases(settings) as (source, public):
        while _compile_batch(settings, source, public, report):
            if progress:
                progress(f"{report.notices:,} notices compiled, {report.opportunities:,} opportunities changed")
        _follow_decisions(settings, source, public, report)
        _follow_sightings(source, public, settings.clock())
        write_health(settings, source, public)
    return report


def rebuild(
    settings: Settings, reader_of: Callable[[Source], Reader], progress: Progress | None = None
) -> CompileReport:
    """Read every archived notice again, and compile everything again: same ids, same pages, no alert.

    What waits to be compiled for the first time is compiled before, as usual: its alerts are not lost.
    """
    report = CompileReport()
    with _databases(settings) as (source, public):
        while _compile_batch(settings, source, public, report):
            pass
        _read_again(settings, source, reader_of, progress)
        end = _cursor(public, "compile")
        processes = source.execute("select distinct process from notice where process is not null order by process")
        names = [row[0] for row in processes]
        for start in range(0, len(names), BATCH):
            with transaction(public):
                for process in names[start : start + BATCH]:
                    _compile_or_set_aside(settings, source, public, process, end, report, silent=True)
            if progress:
                progress(f"{min(start + BATCH, len(names)):,} of {len(names):,} processes compiled")
        report.notices = end
        write_health(settings, source, public)
    return report


@contextmanager
def _databases(settings: Settings) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    """Open archive and public database for one compilation."""
    with closing(open_archive(settings.archive_path)) as source, closing(open_public(settings.public_path)) as public:
        decisions.prepare(source)
        yield source, public
        public.execute("pragma optimize")


def _compile_batch(
    settings: Settings, source: sqlite3.Connection, public: sqlite3.Connection, report: CompileReport
) -> bool:
    """Compile the processes of the next versions; return False when there are none."""
    with transaction(public):
        arrived = archive.versions_after(source, _cursor(public, "compile"), BATCH)
        if not arrived:
            _move_cursor(public, "compile", _cursor(public, "compile"), settings.clock())
            return False
        until = arrived[-1][0]
        silent: dict[str, bool] = {}
        for _, process, backfill in arrived:
            if process is not None:
                silent[process] = silent.get(process, True) and backfill
        for process, is_silent in silent.items():
            _compile_or_set_aside(settings, source, public, process, until, report, silent=is_silent)
        _move_cursor(public, "compile", until, settings.clock())
        report.notices += len(arrived)
    return True


def _compile_or_set_aside(
    settings: Settings,
    source: sqlite3.Connection,
    public: sqlite3.Connection,
    process: str,
    until: int,
    report: CompileReport,
    *,
    silent: bool,
) -> None:
    """Compile one process. One that the program cannot cope with is set aside with the reason, shown by `status`,
    and stops nothing else; it is tried again with its next notice and by `rebuild`."""
    public.execute("savepoint process")
    try:
        _compile_process(settings, source, public, process, until, report, silent=silent)
        public.execute("delete from set_aside where process = ?", (process,))
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        public.execute("rollback to process")
        log.exception("The process %s could not be compiled", process)
        public.execute(
            "insert or replace into set_aside (process, reason, at) values (?, ?, ?)",
            (process, f"{type(error).__name__}: {error}", stamp(settings.clock())),
        )
    public.execute("release process")


def _compile_process(
    settings: Settings,
    source: sqlite3.Connection,
    public: sqlite3.Connection,
    process: str,
    until: int,
    report: CompileReport,
    *,
    silent: bool,
) -> None:
    now = settings.clock()
    versions = archive.versions_of(source, process, until)
    notices = current_notices(versions)
    if not notices:
        return
    old = find(public, opportunity_id(process))
    first_seen = instant(min(version.fetched_at for version in versions)) or now
    number = old.number if old else _free_number(public, notices, first_seen)
    verdict = decisions.verdict(source, opportunity_id(process))
    assembled = assemble(notices, settings.area, number=number, first_seen=first_seen, verdict=verdict)
    if assembled is None:
        return
    new, finding = assembled
    if old is None and not is_held(new, finding, now):
        return
    if store(public, new, settings.area, now, first_seen=first_seen):
        report.opportunities += 1
        public.execute("insert or ignore into process (key, opportunity) values (?, ?)", (process, new.id))
        report.events += write_events(public, new, happenings(old, new), now, silent=silent)
    _write_notices(source, public, new, notices)


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


def _write_notices(
    source: sqlite3.Connection, public: sqlite3.Connection, opportunity: Opportunity, notices: Sequence[Notice]
) -> None:
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
    seen = archive.sightings_of(source, [(notice.source, notice.key) for notice in notices])
    public.executemany(
        "insert into sighting (source, key, first_seen, last_seen) values (?, ?, ?, ?) on conflict do nothing",
        [(*name, *times) for name, times in seen.items()],
    )


def _cursor(public: sqlite3.Connection, step: str) -> int:
    row = public.execute("select cursor from step where name = ?", (step,)).fetchone()
    return int(row[0]) if row else 0


def _move_cursor(public: sqlite3.Connection, step: str, cursor: int, now: datetime) -> None:
    public.execute(
        "insert into step (name, cursor, finished_at) values (?, ?, ?) "
        "on conflict (name) do update set cursor = excluded.cursor, finished_at = excluded.finished_at",
        (step, cursor, stamp(now)),
    )


def _follow_decisions(
    settings: Settings, source: sqlite3.Connection, public: sqlite3.Connection, report: CompileReport
) -> None:
    """Compile again what the operator has decided about since the last time."""
    with transaction(public):
        taken = decisions.decisions_after(source, _cursor(public, "decisions"))
        if not taken:
            return
        until = _cursor(public, "compile")
        for decision in taken:
            rows = public.execute("select key from process where opportunity = ?", (decision.opportunity,)).fetchall()
            for row in rows:
                _compile_or_set_aside(settings, source, public, row["key"], until, report, silent=False)
        _move_cursor(public, "decisions", taken[-1].number, settings.clock())


def _follow_sightings(source: sqlite3.Connection, public: sqlite3.Connection, now: datetime) -> None:
    """Carry over when each published notice was last seen; no event, no new version (ruling 9)."""
    row = public.execute("select finished_at from step where name = 'sightings'").fetchone()
    since = row[0] if row else ""
    rows = source.execute("select last_seen, source, key from sighting where last_seen >= ?", (since,)).fetchall()
    if not rows:
        return
    with transaction(public):
        public.executemany(
            "update sighting set last_seen = ?1 where source = ?2 and key = ?3 and last_seen <> ?1",
            [tuple(row) for row in rows],
        )
        public.execute(
            "insert into step (name, finished_at) values ('sightings', ?) "
            "on conflict (name) do update set finished_at = excluded.finished_at",
            (min(max(row[0] for row in rows), stamp(now)),),
        )


def _read_again(
    settings: Settings, source: sqlite3.Connection, reader_of: Callable[[Source], Reader], progress: Progress | None
) -> None:
    readers = {entry.id: reader_of(entry) for entry in settings.edition.sources}
    after, end = 0, archive.newest_number(source)
    while after < end:
        with transaction(source):
            for number, raw in archive.raws(source, after, BATCH):
                if raw.source in readers:
                    archive.replace_reading(source, number, raw, readers[raw.source])
                after = number
        if progress:
            progress(f"{after:,} of {end:,} notices read again")
