"""Crawling: tasks in Scrapy's engine, hosts side by side, one request at a time to each host."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings as ScrapySettings

from spiders.base import SourceSpider, Task
from spiders.fetching.hosts import by_host
from spiders.fetching.settings import SETTINGS, user_agent
from spiders.fetching.witnesses import Witnesses
from spiders.registry import spider_class
from tenderbell.clock import wall_clock
from tenderbell.settings import Settings
from tenderbell.timekeeping import bear_witness

logger = logging.getLogger(__name__)

SpiderClass = type[SourceSpider]


def crawl(
    settings: Settings,
    tasks: list[Task],
    overrides: Mapping[str, Any],
    turned: Callable[[SpiderClass], SpiderClass] = lambda spider: spider,
) -> None:
    """Run every task in Scrapy's engine: hosts side by side, the sources of one host one after the other. `overrides`
    are Scrapy settings; `turned` makes of a source's spider the one that is run. Can be called once in a process."""
    scrapy_settings = {**SETTINGS, "USER_AGENT": user_agent(settings.url)}
    _quieten()
    process = AsyncCrawlerProcess(dict(scrapy_settings))
    witnesses = Witnesses()

    async def one_host(host: list[Task]) -> None:
        for task in host:
            try:
                await process.crawl(_crawler(task, turned, scrapy_settings, overrides, witnesses), task=task)
            except Exception as error:  # one spider that cannot start must not end the others' runs
                logger.exception("The spider of %s could not run", task.source.id)
                task.fault(f"The spider could not run: {type(error).__name__}: {str(error)[:200]}.")
            if not task.done and not task.faults:
                task.fault("The spider ended before it had finished; the log says why.")

    async def all_hosts() -> None:
        try:
            task_of = {task.source.id: task for task in tasks}
            hosts = by_host(task.source for task in tasks)
            await asyncio.gather(*(one_host([task_of[source.id] for source in host]) for host in hosts))
        finally:
            _stop()

    # A name that is being looked up must not hold the process back when it is told to stop.
    _reactor().getThreadPool().threadFactory = partial(threading.Thread, daemon=True)
    work = asyncio.get_event_loop().create_task(all_hosts())
    with _signals():
        process.start(stop_after_crawl=False, install_signal_handlers=False)
    if settings.clock is wall_clock:
        bear_witness(settings.data, witnesses.ahead)
    if work.done() and not work.cancelled():
        work.result()


def _crawler(
    task: Task,
    turned: Callable[[SpiderClass], SpiderClass],
    scrapy_settings: Mapping[str, Any],
    overrides: Mapping[str, Any],
    witnesses: Witnesses,
) -> Crawler:
    crawler = Crawler(turned(spider_class(task.source.spider_name)), ScrapySettings(dict(scrapy_settings)))
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
    crawler.signals.connect(witnesses.hear, signals.response_received, weak=False)
    for moment in (signals.response_received, signals.spider_closed):
        crawler.signals.connect(note_traffic, moment, weak=False)
    return crawler


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
