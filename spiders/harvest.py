"""Harvesting: one run for each source, all of them side by side, one request at a time to each host."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from spiders.base import Progress, SourceSpider, Task
from spiders.fetching.comparing import compared, reconciling_class
from spiders.fetching.crawling import crawl
from spiders.fetching.saved import read_saved
from spiders.fetching.singly import Singles, singly_class
from spiders.registry import problems_with, reader_of, spider_class
from tenderbell import archive, lock
from tenderbell.archive import Sort
from tenderbell.edition import Source
from tenderbell.errors import AlreadyRunning
from tenderbell.history import below_history
from tenderbell.lost_dates import lost_dates
from tenderbell.reconciliations import record
from tenderbell.settings import Settings

FINISHED = "Finished."
STOPPED = "Stopped before it was finished; the next harvest goes on."


@dataclass(frozen=True, slots=True)
class HarvestReport:
    """What became of one run (`harvest --json`). `finished` is false when something that the run
    set out to fetch was not fetched; `X"""

    source: str
    run: int
    notices: int
    new: int
    changed: int
    unreadable: int
    requests: int
    finished: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a harvest is asked for: the notices from `since` to `until` (without them, what each source has had since
    its last harvest), or those of `saved`, a file or a folder of responses of one source, instead of the network.

    A run of a source that never finished one is a backfill unless `backfill` says otherwise (ruling 3). When
    `reconciling`, the spiders compare the archive with lists of the sources' own (`SourceSpider.reconcile`). Of the
    sources in `singles` only those notices are asked for; such a run does not count as a harvest.
    """

    since: datetime | None = None
    until: datetime | None = None
    saved: Path | None = None
    backfill: bool | None = None
    reconciling: bool = False
    singles: Singles = field(default_factory=dict)

    def sort_of(self, source: str) -> Sort:
        """Return what the archive calls the run of a source in such a harvest."""
        if self.saved is not None:
            return Sort.SAVED
        return Sort.RECONCILIATION if self.reconciling or source in self.singles else Sort.HARVEST

    def turned(self, spider: type[SourceSpider]) -> type[SourceSpider]:
        """Return what becomes of a source's spider in such a harvest."""
        if self.reconciling:
            return reconciling_class(spider)
        return singly_class(spider, self.singles) if self.singles else spider


WHAT_IS_NEW = Wanted()


def harvest(
    settings: Settings,
    source_ids: Sequence[str] = (),
    wanted: Wanted = WHAT_IS_NEW,
    *,
    progress: Progress | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> list[HarvestReport]:
    """Collect from the sources named (from every enabled one when none is) and return one report for each. A source
    whose row in the edition is wrong, or that another process harvests, is refused, and the others go on.

    `overrides` are Scrapy settings. Scrapy's engine can be started once in a process, so this can be called once in a
    process unless saved responses are read.
    """
    sources = _sources(settings, source_ids)
    refused = _wrong(settings, sources)
    with closing(archive.open_archive(settings.archive_path)) as db, ExitStack() as locks:
        if wanted.saved is None:
            refused |= lock_sources(settings, [one for one in sources if one.id not in refused], locks)
        tasks = [_open(settings, db, one, wanted, progress) for one in sources if one.id not in refused]
        if wanted.saved is not None:
            for task in tasks:
                read_saved(task, spider_class(task.source.spider_name), wanted.saved)
        elif tasks:
            crawl(settings, tasks, overrides or {}, wanted.turned)
        reports = {id: HarvestReport(id, 0, 0, 0, 0, 0, 0, finished=False, reason=why) for id, why in refused.items()}
        reports |= {task.source.id: _close(task, wanted.sort_of(task.source.id)) for task in tasks}
        return [reports[source.id] for source in sources]


def _sources(settings: Settings, ids: Sequence[str]) -> list[Source]:
    if ids:
        return [settings.edition.source(id) for id in dict.fromkeys(ids)]
    return [source for source in settings.edition.sources if source.enabled]


def _wrong(settings: Settings, sources: Sequence[Source]) -> dict[str, str]:
    """Return why a source is refused, for each whose row cannot be used: before any run begins, so that none is left
    without an end."""
    found = {source.id: problems_with(source, settings.area) for source in sources}
    return {id: " ".join(problems) for id, problems in found.items() if problems}


def lock_path(settings: Settings, source: str) -> Path:
    """Return the lock of a source. It lies beside the archive: editions that share one ask a source one at a time."""
    return settings.archive_path.parent / f"harvest-{quote(source, safe='')}.lock"


def lock_sources(settings: Settings, sources: list[Source], locks: ExitStack) -> dict[str, str]:
    """Take each source's lock, so that no two processes ask it twice as often as it allows; return a sentence for each
    that another process holds."""
    refused = {}
    for source in sources:
        refusal = f"Another harvest of {source.id} (process {{process}}) is under way; wait until it has ended."
        try:
            locks.enter_context(lock.hold(lock_path(settings, source.id), refusal))
        except AlreadyRunning as error:
            refused[source.id] = str(error)
    return refused


def _open(
    settings: Settings, db: sqlite3.Connection, source: Source, wanted: Wanted, progress: Progress | None
) -> Task:
    read = reader_of(source, settings.area)
    run = archive.start_run(db, source.id, settings.clock(), backfill=wanted.backfill, sort=wanted.sort_of(source.id))
    return Task(
        source, db, run, read, settings.clock, progress, wanted.since, wanted.until, reconciling=wanted.reconciling
    )


def _close(task: Task, sort: Sort) -> HarvestReport:
    """End a run in the archive and return its report."""
    finished = task.done and not task.faults
    if sort is Sort.HARVEST and finished and task.until is None:
        steady = spider_class(task.source.spider_name).steady
        short = below_history(task.archive, task.source.id, task.listed, task.clock(), steady=steady)
        lost = lost_dates(task.archive, task.source.id, task.run)
        task.alarms.extend(sentence for sentence in (short, lost) if sentence)
    if task.reconciling:
        record(task.archive, task.run, task.source.id, compared(task), task.differences)
    reason = " ".join([*(task.faults or [FINISHED if task.done else STOPPED]), *task.alarms])
    archive.end_run(
        task.archive,
        task.run,
        task.clock(),
        complete=finished,
        reason=reason,
        requests=task.requests,
        received=task.received,
        listed=task.listed,
        alarm=" ".join(task.alarms) or None,
    )
    kept = task.kept
    return HarvestReport(
        task.source.id, task.run, kept.notices, kept.new, kept.changed, kept.unreadable, task.requests, finished, reason
    )
