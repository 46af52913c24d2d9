"""Following the archive: each batch of new versions becomes opportunities, history and events in one transaction,
which also moves the cursor. Kill it anywhere and start it again: nothing is lost, nothing is done twice."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from tenderbell import archive, decisions, sharing
from tenderbell.archive import Version, open_archive
from tenderbell.clock import instant, stamp
from tenderbell.compiling import pages
from tenderbell.compiling.assembling import assemble
from tenderbell.compiling.beginning import begin_anew
from tenderbell.compiling.events import happenings
from tenderbell.compiling.health import write_health
from tenderbell.compiling.joining import choices
from tenderbell.compiling.joining.groups import Groups
from tenderbell.compiling.joining.sides import Side, side_of
from tenderbell.compiling.precedence import in_order, standings_of
from tenderbell.compiling.reaches import Placing
from tenderbell.compiling.replies import follow_replies
from tenderbell.compiling.sightings import follow_sightings, write_notices
from tenderbell.compiling.taking import Taking
from tenderbell.compiling.writing import store, write_events
from tenderbell.database import transaction
from tenderbell.edition import Source
from tenderbell.notice import Notice, Reader
from tenderbell.opportunity import Opportunity, find
from tenderbell.public import open_public
from tenderbell.seeing.log import extra
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
        _follow_choices(work)
        follow_replies(work.public, work.archive, settings.clock())
        follow_sightings(work.public, work.archive, settings.clock())
        write_health(settings, work.archive, work.public)
    return work.report


def rebuild(
    settings: Settings, reader_of: Callable[[Source], Reader], progress: Progress | None = None
) -> CompileReport:
    """Read every archived notice again, and compile everything again: same ids, same pages, no alert.

    What waits to be compiled for the first time is compiled before, as usual: its alerts are not lost. Only where there
    is no `public.db` nothing can be told from what was compiled (`begin_anew`).
    """
    begin_anew(settings)
    with _at_work(settings) as work:
        while _compile_batch(work):
            pass
        _read_again(work, reader_of, progress)
        end = _cursor(work.public, "compile")
        rows = work.archive.execute("select distinct process from notice where process is not null order by process")
        processes = [row[0] for row in rows]
        for start in range(0, len(processes), BATCH):
            with transaction(work.public):
                batch = dict.fromkeys(processes[start : start + BATCH], True)
                _join_and_compile(work, batch, end, again=True)
            if progress:
                progress(f"{min(start + BATCH, len(processes)):,} of {len(processes):,} processes compiled")
        work.report.notices = end
        write_health(settings, work.archive, work.public)
    return work.report


@dataclass(frozen=True, slots=True)
class _Work:
    """One compilation: what it was told, the two databases, the bonds between processes, what it has done so far, and
    the versions of the batch at hand, which joining and compiling both look at."""

    settings: Settings
    archive: sqlite3.Connection
    public: sqlite3.Connection
    groups: Groups
    report: CompileReport
    versions: dict[str, list[Version]]
    standings: Mapping[str, int]
    joined: int
    takes: Taking

    def versions_of(self, process: str, until: int) -> list[Version]:
        """Return the readable versions of a process that had arrived by `until` and that the edition takes."""
        if process not in self.versions:
            self.versions[process] = [*filter(self.takes, archive.versions_of(self.archive, process, until))]
        return self.versions[process]


@contextmanager
def _at_work(settings: Settings) -> Iterator[_Work]:
    with closing(open_archive(settings.archive_path)) as source, closing(open_public(settings.public_path)) as public:
        decisions.prepare(source)
        choices.prepare(source)
        joined = sharing.join(settings, source, public)
        yield _Work(
            settings, source, public, Groups(public, source), CompileReport(), {}, standings_of(settings.edition),
            joined, Taking(settings, public),
        )  # fmt: skip
        public.execute("pragma optimize")


def _compile_batch(work: _Work) -> bool:
    """Compile the processes of the next versions; return False when there are none."""
    with transaction(work.public):
        cursor = _cursor(work.public, "compile")
        arrived = archive.versions_after(work.archive, cursor, BATCH)
        until = arrived[-1][0] if arrived else cursor
        silent: dict[str, bool] = {}
        for number, process, backfill in arrived:
            if process is not None:
                silent[process] = silent.get(process, True) and (backfill or number <= work.joined)
        _join_and_compile(work, silent, until)
        _move_cursor(work, "compile", until)
        work.report.notices += len(arrived)
    return bool(arrived)


def _join_and_compile(
    work: _Work, silent: Mapping[str, bool], until: int, *, again: bool = False, eventful: bool = True
) -> None:
    """Find out what the processes in `silent` are one with, and compile every group that this touches. A group is
    silent when all of the processes in `silent` are that belong to it."""
    work.versions.clear()
    # What is learnt in this batch is not recalled: it is told by itself, and judged against all that is alike.
    work.groups.recall = lambda process: None if process in silent else _side(work, process, until)
    touched: set[str] = set()
    for process in silent:
        with _setting_aside(work, process):
            touched |= _learn(work, process, until, again=again)
    for group in work.groups.around(touched):
        with _setting_aside(work, group[0]):
            is_silent = all(silent.get(process, True) for process in group)
            _compile_group(work, group, until, silent=is_silent, eventful=eventful)
            work.public.executemany("delete from set_aside where process = ?", [(process,) for process in group])


@contextmanager
def _setting_aside(work: _Work, process: str) -> Iterator[None]:
    """Run a block about a process. One that the program cannot cope with is set aside with the reason, shown by
    `status`, and stops nothing else; it is tried again with its next notice and by `rebuild`."""
    public = work.public
    public.execute("savepoint process")
    try:
        yield
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        public.execute("rollback to process")
        log.exception("The process %s could not be compiled", process, extra=extra("process.uncompiled"))
        public.execute(
            "insert or replace into set_aside (process, reason, at) values (?, ?, ?)",
            (process, mask_personal(f"{type(error).__name__}: {error}"), stamp(work.settings.clock())),
        )
    public.execute("release process")


def _learn(work: _Work, process: str, until: int, *, again: bool) -> set[str]:
    """Tell joining what a process shows now; return the processes that this may concern, itself among them."""
    side = _side(work, process, until)
    return work.groups.learn(side, again=again) if side else set()


def _side(work: _Work, process: str, until: int) -> Side | None:
    """Return what a process shows of itself, None when nothing of it can be read."""
    notices = current_notices(work.versions_of(process, until))
    if not notices:
        return None
    return side_of(process, in_order(notices, work.standings, {}), work.settings.area)


def _compile_group(work: _Work, group: Sequence[str], until: int, *, silent: bool, eventful: bool) -> None:
    public, area, now = work.public, work.settings.area, work.settings.clock()
    versions = [version for process in group for version in work.versions_of(process, until)]
    notices = current_notices(versions)
    if not notices:
        return
    first_seen = instant(min(version.fetched_at for version in versions)) or now
    arrived = {process: own[0].number for process in group if (own := work.versions_of(process, until))}
    page = pages.page_of(public, arrived)
    assembled = assemble(
        notices,
        area,
        number=page.number or pages.free_number(public, notices, first_seen),
        first_seen=first_seen,
        verdict=_verdict(work, page),
        id=page.id,
        standings=work.standings,
        seen_at=seen_at(versions),
    )
    held = assembled and (page.is_known or is_held(*assembled, now))
    if not assembled or not held:
        _forget(work, group, assembled[0] if assembled else None, now)
        return
    new = assembled[0]
    old = find(public, page.id)
    pages.move(public, page)
    if store(public, new, area, now, first_seen=first_seen):
        work.report.opportunities += 1
        found = happenings(old, new) if eventful and (old or not page.is_known) else []
        work.report.events += write_events(public, new, found, now, silent=silent)
    pages.claim(public, page.id, group)
    write_notices(public, work.archive, new, notices)


def _verdict(work: _Work, page: pages.Page) -> decisions.Verdict | None:
    """Return what the operator decided about a page, under whichever of its ids."""
    scope = sharing.scope(work.settings.edition, work.archive)
    found = (decisions.verdict(work.archive, id, scope) for id in (page.id, *page.others))
    return next((verdict for verdict in found if verdict), None)


def _forget(work: _Work, group: Sequence[str], opportunity: Opportunity | None, now: datetime) -> None:
    """Let joining forget what has no page and can no longer get one, but for its names: most notices are awards of
    elsewhere."""
    if opportunity is None or opportunity.stage_at(now) not in LIVE_STAGES:
        for process in group:
            work.groups.forget(process)


def seen_at(versions: Sequence[Version]) -> dict[tuple[str, str], datetime]:
    """Return when each notice arrived first."""
    found: dict[tuple[str, str], datetime] = {}
    for version in versions:
        if moment := instant(version.fetched_at):
            found.setdefault((version.source, version.key), moment)
    return found


def current_notices(versions: Sequence[Version]) -> list[Notice]:
    """Return the newest version of each notice: a later content for the same key replaces the earlier."""
    newest = {(version.source, version.key): version.notice for version in versions}
    return [notice for notice in newest.values() if notice is not None]


def is_held(opportunity: Opportunity, placing: Placing, now: datetime) -> bool:
    """Return whether an opportunity that has no page yet gets one: everything local; of the rest what may include
    the area and is still live (ruling 8). An advert of elsewhere of which only a correction without a deadline was
    ever seen would stay open for ever, so it is left out."""
    if placing.reach is Reach.LOCAL:
        return True
    if opportunity.ocids and opportunity.stage is Stage.OPEN and opportunity.closes_at is None:
        return placing.reach is not None and opportunity.kind is Kind.DYNAMIC_MARKET
    return (placing.reach is not None or placing.unconfirmed) and opportunity.stage_at(now) in LIVE_STAGES


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
        scope = sharing.scope(work.settings.edition, work.archive)
        taken = decisions.decisions_after(work.archive, _cursor(public, "decisions"), scope)
        if not taken:
            return
        ids = [decision.opportunity for decision in taken]
        rows = [row for id in ids for row in public.execute("select key from process where opportunity = ?", (id,))]
        _join_and_compile(work, {row["key"]: False for row in rows}, _cursor(public, "compile"))
        _move_cursor(work, "decisions", taken[-1].number)


def _follow_choices(work: _Work) -> None:
    """Join or take apart what the operator has decided about since the last time. It makes no event (ruling 20)."""
    public = work.public
    with transaction(public):
        taken = choices.choices_after(work.archive, _cursor(public, "choices"))
        if not taken:
            return
        processes = {process for _, pair in taken for process in pair}
        _join_and_compile(work, dict.fromkeys(sorted(processes), True), _cursor(public, "compile"), eventful=False)
        _move_cursor(work, "choices", taken[-1][0])


def _read_again(work: _Work, reader_of: Callable[[Source], Reader], progress: Progress | None) -> None:
    readers = {entry.id: reader_of(entry) for entry in work.settings.edition.sources}
    after, end = 0, archive.newest_number(work.archive)
    while after < end:
        with transaction(work.archive):
            found = list(archive.raws(work.archive, after, BATCH))
            for number, raw in found:
                if raw.source in readers:
                    archive.replace_reading(work.archive, number, raw, readers[raw.source])
            after = found[-1][0] if found else end
        if progress:
            progress(f"{after:,} of {end:,} notices read again")
