"""Harvesting: one run for each source, all of them side by side, one request at a time to each host."""

import asyncio
import logging
import signal
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings as ScrapySettings

from spiders.base import Progress, SourceSpider, Task
from spiders.registry import reader_of, spider_class
from spiders.saved import read_saved
from spiders.settings import SETTINGS, user_agent
from tenderbell import archive, lock
from tenderbell.edition import Source
from tenderbell.errors import AlreadyRunning, SettingError
from tenderbell.settings import Settings

logger = logging.getLogger(__name__)

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
) -> list[HarvestReport]:
    """Collect from the sources named (from every enabled one when none is) and return one report for each.

    With `saved`, a file or a folder of responses of one source is read instead of the network. A run of a source that
    never finished one is a backfill unless `backfill` says otherwise (ruling 3). `overrides` are Scrapy settings.
    Scrapy's engine can be started once in a process, so this can be called once in a process without `saved`.
    """
    sources = _sources(settings, source_ids)
    with closing(archive.open_archive(settings.archive_path)) as db, ExitStack() as locks:
        refused = {} if saved is not None else _lock(settings, sources, locks)
        free = [source for source in sources if source.id not in refused]
        tasks = [_open(settings, db, source, since, until, backfill, progress) for source in free]
        if saved is not None:
            for task in tasks:
                read_saved(task, spider_class(task.source.spider_name), saved)
        elif tasks:
            _crawl(tasks, {**SETTINGS, "USER_AGENT": user_agent(settings.url)}, overrides or {})
        reports = {task.source.id: _close(task) for task in tasks} | refused
        return [reports[source.id] for source in sources]


def _sources(settings: Settings, ids: Sequence[str]) -> list[Source]:
    if ids:
        return [settings.edition.source(id) for id in dict.fromkeys(ids)]
    return [source for source in settings.edition.sources if source.enabled]


def _lock(settings: Settings, sources: list[Source], locks: ExitStack) -> dict[str, HarvestReport]:
    """Take each source's lock, so that no two processes ask it twice as often as it allows; return a report of each
    that another process holds."""
    refused = {}
    for source in sources:
        path = settings.data / f"harvest-{quote(source.id, safe='')}.lock"
        refusal = f"Another harvest of {source.id} (process {{process}}) is under way; wait until it has ended."
        try:
            locks.enter_context(lock.hold(path, refusal))
        except AlreadyRunning as error:
            refused[source.id] = HarvestReport(source.id, 0, 0, 0, 0, 0, 0, finished=False, reason=str(error))
    return refused


def _open(
    settings: Settings,
    db: sqlite3.Connection,
    source: Source,
    since: datetime | None,
    until: datetime | None,
    backfill: bool | None,
    progress: Progress | None,
) -> Task:
    if not source.url and not spider_class(source.spider_name).address:
        raise SettingError(f"The source {source.id!r} needs a url: its spider has no address of its own.")
    spider_class(source.spider_name).options_of(source)
    read = reader_of(source, settings.area)
    run = archive.start_run(db, source.id, settings.clock(), backfill=backfill)
    return Task(source, db, run, read, settings.clock, progress, since, until)


def _close(task: Task) -> HarvestReport:
    """End a run in the archive and return its report."""
    finished = task.done and not task.faults
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


def _crawl(tasks: list[Task], scrapy_settings: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
    """Run every task in Scrapy's engine: hosts side by side, the sources of one host one after the other."""
    _quieten()
    process = AsyncCrawlerProcess(dict(scrapy_settings))

    async def one_host(host: list[Task]) -> None:
        for task in host:
            try:
                await process.crawl(_crawler(task, scrapy_settings, overrides), task=task)
            except Exception as error:  # one spider that cannot start must not end the others' runs
                logger.exception("The spider of %s could not run", task.source.id)
                task.fault(f"The spider could not run: {type(error).__name__}: {str(error)[:200]}.")
            if not task.done and not task.faults:
                task.fault("The spider ended before it had finished; the log says why.")

    async def all_hosts() -> None:
        try:
            await asyncio.gather(*(one_host(host) for host in _by_host(tasks)))
        finally:
            _stop()

    # A name that is being looked up must not hold the process back when it is told to stop.
    _reactor().getThreadPool().threadFactory = partial(threading.Thread, daemon=True)
    work = asyncio.get_event_loop().create_task(all_hosts())
    with _signals():
        process.start(stop_after_crawl=False, install_signal_handlers=False)
    if work.done() and not work.cancelled():
        work.result()


def _crawler(task: Task, scrapy_settings: Mapping[str, Any], overrides: Mapping[str, Any]) -> Crawler:
    crawler = Crawler(spider_class(task.source.spider_name), ScrapySettings(dict(scrapy_settings)))
    delay = {} if task.source.delay is None else {"DOWNLOAD_DELAY": task.source.delay}
    crawler.settings.update({**overrides, **delay}, priority="cmdline")

    def note_error(failure: Any, response: Any, spider: SourceSpider) -> None:
        del response, spider
        task.fault(f"The spider failed: {failure.type.__name__}: {failure.getErrorMessage()[:200]}.")

    def note_traffic() -> None:
        stats = crawler.stats
        assert stats is not None  # noqa: S101 (set before any signal is sent)
        task.requests = int(stats.get_value("downloader/request_count", 0))
        task.received = int(stats.get_value("downloader/response_bytes", 0))

    crawler.signals.connect(note_error, signals.spider_error, weak=False)
    for moment in (signals.response_received, signals.spider_closed):
        crawler.signals.connect(note_traffic, moment, weak=False)
    return crawler


def _by_host(tasks: Iterable[Task]) -> list[list[Task]]:
    hosts: dict[str, list[Task]] = {}
    for task in tasks:
        address = task.source.url or spider_class(task.source.spider_name).address or task.source.id
        hosts.setdefault(urlsplit(address).netloc, []).append(task)
    return list(hosts.values())


def _quieten() -> None:
    """Let Scrapy say only what the runs' reasons do not say."""
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    logging.getLogger("scrapy.downloadermiddlewares.robotstxt").setLevel(logging.CRITICAL)
    logging.getLogger("scrapy.core.downloader.handlers").setLevel(logging.ERROR)


def _stop() -> None:
    engine = _reactor()
    if engine.running:
        engine.stop()


def _reactor() -> Any:
    """Return Twisted's reactor, which must not be imported before Scrapy has installed the right one."""
    from twisted.internet import reactor

    return reactor


@contextmanager
def _signals() -> Iterator[None]:
    """Let SIGTERM and SIGINT end the crawl at once: every page is archived as soon as it has arrived, so there is
    nothing to wait for. Only the main thread may set handlers."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        del number, frame
        # `stop` would first wait for the requests under way, and they wait as long as a busy server asks them to.
        _reactor().callFromThread(_reactor().crash)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
