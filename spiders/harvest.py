"""Harvesting: one run for each source, all of them side by side, one request at a time to each host."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from spiders.base import Progress, Task
from spiders.fetching.comparing import compared, reconciling_class
from spiders.fetching.crawling import crawl
from spiders.fetching.saved import read_saved
from spiders.registry import reader_of, spider_class
from tenderbell import archive, lock
from tenderbell.archive import Sort
from tenderbell.edition import Source
from tenderbell.errors import AlreadyRunning, SettingError
from tenderbell.history import below_history
from tenderbell.reconciliations import record
from tenderbell.settings import Settings

FINISHED = "Finished."
STOPPED = "Stopped before it was finished; the next harvest goes on."


@dataclass(frozen=True, slots=True)
class HarvestReport:
    """What became of one run (design section 7, `harvest --json`). `finished` is false when something that the run
    set out to fetch was not fetched; `reason` says why, in words. `run` is 0 when another process was harvesting
    the source, so that none was begun."""

    source: str
    run: int
    notices: int
    new: int
    changed: int
    unreadable: int
    requests: int
    finished: bool
    reason: str


def harvest(
    settings: Settings,
    source_ids: Sequence[str] = (),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    saved: Path | None = None,
    backfill: bool | None = None,
    progress: Progress | None = None,
    overrides: Mapping[str, Any] | None = None,
    reconciling: bool = False,
) -> list[HarvestReport]:
    """Collect from the sources named (from every enabled one when none is) and return one report for each.

    With `saved`, a file or a folder of responses of one source is read instead of the network. A run of a source that
    never finished one is a backfill unless `backfill` says otherwise (ruling 3). `overrides` are Scrapy settings.
    When `reconciling`, the spiders compare the archive with lists of the sources' own (`SourceSpider.reconcile`).
    Scrapy's engine can be started once in a process, so this can be called once in a process without `saved`.
    """
    sources = _sources(settings, source_ids)
    with closing(archive.open_archive(settings.archive_path)) as db, ExitStack() as locks:
        busy = {} if saved is not None else lock_sources(settings, sources, locks)
        refused = {id: HarvestReport(id, 0, 0, 0, 0, 0, 0, finished=False, reason=why) for id, why in busy.items()}
        free = [source for source in sources if source.id not in refused]
        sort = Sort.SAVED if saved is not None else Sort.RECONCILIATION if reconciling else Sort.HARVEST
        tasks = [_open(settings, db, source, since, until, backfill, progress, sort) for source in free]
        if saved is not None:
            for task in tasks:
                read_saved(task, spider_class(task.source.spider_name), saved)
        elif tasks:
            crawl(settings, tasks, overrides or {}, reconciling_class if reconciling else lambda spider: spider)
        reports = {task.source.id: _close(task, sort) for task in tasks} | refused
        return [reports[source.id] for source in sources]


def _sources(settings: Settings, ids: Sequence[str]) -> list[Source]:
    if ids:
        return [settings.edition.source(id) for id in dict.fromkeys(ids)]
    return [source for source in settings.edition.sources if source.enabled]


def lock_sources(settings: Settings, sources: list[Source], locks: ExitStack) -> dict[str, str]:
    """Take each source's lock, so that no two processes ask it twice as often as it allows; return a sentence for each
    that another process holds."""
    refused = {}
    for source in sources:
        path = settings.data / f"harvest-{quote(source.id, safe='')}.lock"
        refusal = f"Another harvest of {source.id} (process {{process}}) is under way; wait until it has ended."
        try:
            locks.enter_context(lock.hold(path, refusal))
        except AlreadyRunning as error:
            refused[source.id] = str(error)
    return refused


def _open(
    settings: Settings,
    db: sqlite3.Connection,
    source: Source,
    since: datetime | None,
    until: datetime | None,
    backfill: bool | None,
    progress: Progress | None,
    sort: Sort,
) -> Task:
    if not source.url and not spider_class(source.spider_name).address:
        raise SettingError(f"The source {source.id!r} needs a url: its spider has no address of its own.")
    spider_class(source.spider_name).options_of(source)
    read = reader_of(source, settings.area)
    run = archive.start_run(db, source.id, settings.clock(), backfill=backfill, sort=sort)
    reconciling = sort is Sort.RECONCILIATION
    return Task(source, db, run, read, settings.clock, progress, since, until, reconciling=reconciling)


def _close(task: Task, sort: Sort) -> HarvestReport:
    """End a run in the archive and return its report."""
    finished = task.done and not task.faults
    if sort is Sort.HARVEST and finished and task.until is None:
        steady = spider_class(task.source.spider_name).steady
        short = below_history(task.archive, task.source.id, task.listed, task.clock(), steady=steady)
        task.alarms.extend([short] if short else [])
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
