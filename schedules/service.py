"""run, serve, schedule: the long-running work, in one process and one event loop."""

import asyncio
import signal
import socket
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any

import uvloop

from schedules.children import Children
from schedules.lock import hold
from schedules.planned import planned
from schedules.scheduler import Scheduler
from schedules.website import Site, address, build_app, listen
from tenderbell.archive import open_archive
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.settings import Settings, is_loopback


def run(settings: Settings) -> None:
    """Run site and scheduler until SIGTERM or Ctrl-C. Raises AddressInUse or AlreadyRunning before anything starts."""
    with ExitStack() as stack:
        listening = stack.enter_context(listen(settings))
        stack.enter_context(hold(settings.data))
        prepare(settings)
        say(f"{settings.edition.title} is on {address(listening)} (stop it with Ctrl-C)")
        if misleads(settings.url, address(listening)):
            say(f"Links in e-mails lead to {settings.url}: set TENDERBELL_URL to where people open this site.")
        in_loop(work(settings, listening, scheduled=True))


def serve(settings: Settings) -> None:
    """Run the site alone until SIGTERM or Ctrl-C. Raises AddressInUse."""
    with listen(settings) as listening:
        say(f"{settings.edition.title} is on {address(listening)} (stop it with Ctrl-C)")
        in_loop(work(settings, listening, scheduled=False))


def schedule(settings: Settings) -> None:
    """Run the scheduler alone until SIGTERM or Ctrl-C. Raises AlreadyRunning."""
    with hold(settings.data):
        prepare(settings)
        say(f"The scheduler of {settings.edition.title} runs {len(planned(settings))} jobs (stop it with Ctrl-C)")
        in_loop(work(settings, None, scheduled=True))


async def work(settings: Settings, listening: socket.socket | None, *, scheduled: bool) -> None:
    """Run what is wanted of the site and the scheduler until a signal asks to end, then end both within 10 seconds."""
    ended = ending()
    site = Site(build_app(settings)) if listening else None
    serving = asyncio.create_task(site.serve([listening])) if site and listening else None
    scheduler = Scheduler(settings, Children(say), say) if scheduled else None
    try:
        if scheduler:
            scheduler.start()
        await asyncio.wait([asyncio.create_task(ended.wait()), *filter(None, [serving])],
                           return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
    finally:
        ends: list[Coroutine[Any, Any, None]] = [scheduler.stop()] if scheduler else []
        await asyncio.gather(*ends, *([site.end(serving)] if site and serving else []))


def misleads(public: str, listening: str) -> bool:
    """Return whether the public address is one of this machine, but not the one on which the site listens."""
    return is_loopback(public) and public != listening


def prepare(settings: Settings) -> None:
    """Create the databases that are missing and bring the schemas of the others up to date."""
    for opened, path in (
        (open_archive, settings.archive_path),
        (open_public, settings.public_path),
        (open_private, settings.private_path),
    ):
        opened(path).close()


def say(line: str) -> None:
    """Print one line for the person at the terminal, at once."""
    print(line, flush=True)


def ending() -> asyncio.Event:
    """Return an event that SIGTERM or Ctrl-C will set."""
    event = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, event.set)
    return event


def in_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in an event loop of its own to its end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
