"""run, serve, schedule: the long-running work, in one process and one event loop."""

import asyncio
import os
import signal
import socket
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import uvloop

from schedules.asking import Asking
from schedules.lock import hold
from schedules.planned import planned
from schedules.standby import Standby, is_ready
from schedules.website import Site, address, build_app, listen
from schedules.workers import Workers, handed_down
from tenderbell.archive import open_archive
from tenderbell.errors import AlreadyRunning
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.replicas.errors import IsReplica
from tenderbell.seeing import counting
from tenderbell.seeing.events import Said
from tenderbell.seeing.log import configure, say
from tenderbell.settings import Settings, browser_url, is_loopback

if TYPE_CHECKING:
    from schedules.following import Following


def run(settings: Settings) -> None:
    """Run site and scheduler until SIGTERM or Ctrl-C. Raises AddressInUse, AlreadyRunning or IsReplica before anything
    starts."""
    refuse_on_replica(settings)
    configure(settings.log)
    with ExitStack() as stack:
        listening = stack.enter_context(listen(settings))
        stack.enter_context(hold(settings.data))
        is_ready(settings, prepare)
        say(listens(settings, address(listening)))
        if misleads(settings.url, address(listening)):
            words = f"Links in e-mails lead to {settings.url}: set TENDERBELL_URL to where people open this site."
            say(Said(words, "site.misaddressed", site=settings.url))
        in_loop(work(settings, listening, scheduled=True))


def serve(settings: Settings) -> None:
    """Run the site alone until SIGTERM or Ctrl-C, or be one of several workers of another process. Raises
    AddressInUse."""
    configure(settings.log)
    if (inherited := handed_down(os.environ)) is not None:
        with inherited:
            in_loop(work(replace(settings, workers=1), inherited, scheduled=False))
        return
    with ExitStack() as stack:
        listening = stack.enter_context(listen(settings))
        follows = settings.writer is not None and follow_beside(settings, stack)
        say(listens(settings, address(listening)))
        in_loop(work(settings, listening, scheduled=False, follows=follows))


def schedule(settings: Settings) -> None:
    """Run the scheduler alone until SIGTERM or Ctrl-C. Raises AlreadyRunning or IsReplica."""
    refuse_on_replica(settings)
    configure(settings.log)
    with hold(settings.data):
        is_ready(settings, prepare)
        jobs = len(planned(settings))
        words = f"The scheduler of {settings.edition.title} runs {jobs} jobs (stop it with Ctrl-C)"
        say(Said(words, "scheduler.started", jobs=jobs))
        in_loop(work(settings, None, scheduled=True))


async def work(settings: Settings, listening: socket.socket | None, *, scheduled: bool, follows: bool = False) -> None:
    """Run what is wanted of the site and the scheduler until a signal asks to end, then end both within 10 seconds."""
    ended = ending()
    follower = await first_copy(settings, ended) if follows else None
    site = site_of(settings) if listening else None
    serving = asyncio.create_task(site.serve([listening])) if site and listening else None
    scheduler = Standby(settings, say, prepare) if scheduled else None
    asked = Asking(settings, site_to_ask(settings, listening))
    asking = asyncio.create_task(asked.keep_asking()) if scheduled else None
    try:
        if scheduler:
            scheduler.start()
        await asyncio.wait([asyncio.create_task(ended.wait()), *filter(None, [serving])],
                           return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
    finally:
        if asking:
            asking.cancel()
        ends: list[Coroutine[Any, Any, None]] = [scheduler.stop()] if scheduler else []
        ends += [follower.end()] if follower else []
        await asyncio.gather(*ends, *([site.end(serving)] if site and serving else []))


def site_to_ask(settings: Settings, listening: socket.socket | None) -> str:
    """Return where the site of this machine answers: here, or as another process with the same settings."""
    return address(listening) if listening else browser_url(settings.host, settings.port)


def follow_beside(settings: Settings, stack: ExitStack) -> bool:
    """Take the right to follow the writer, and return whether this process does; `follow` may run as another."""
    from schedules import following

    try:
        stack.enter_context(following.hold(settings))
    except AlreadyRunning:
        return False
    return True


async def first_copy(settings: Settings, ended: asyncio.Event) -> "Following":
    """Begin to follow the writer, and return once there is a copy to serve, or a signal asks to end."""
    from schedules import following

    follower = following.Following(settings)
    await follower.begin(ended)
    return follower


def site_of(settings: Settings) -> Site | Workers:
    """Return what answers visitors: this process itself, or several others."""
    if settings.workers == 1:
        return Site(build_app(settings))
    shared = {counting.VARIABLE: str(counting.make_shared_folder(settings.data))}
    return Workers(settings.workers, say, {**os.environ, **shared})


def refuse_on_replica(settings: Settings) -> None:
    """Raise IsReplica on a machine that follows a writer: only that one collects and sends."""
    if settings.writer is not None:
        raise IsReplica(
            f"This machine follows {settings.writer} (TENDERBELL_WRITER): run `tenderbell serve` here. To make it the "
            "writer, unset TENDERBELL_WRITER and run `tenderbell recover`."
        )


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


def listens(settings: Settings, site: str) -> Said:
    """Return the line that says where the site is."""
    return Said(f"{settings.edition.title} is on {site} (stop it with Ctrl-C)", "site.started", site=site)


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
