"""Starting the scheduler on a machine that is not well: on a full or read-only disk, or while a database is gone, the
site answers alone, and the scheduler begins by itself once it can."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable

from schedules.children import Children, Say
from schedules.scheduler import PAUSE_SECONDS, Scheduler
from tenderbell.errors import DatabaseGone, TenderbellError
from tenderbell.seeing.events import Said
from tenderbell.settings import Settings
from tenderbell.troubles import troubles

FAULTS = (sqlite3.DatabaseError, OSError, DatabaseGone)
"""What a machine that is not well raises, and a mistake in the settings does not."""


class Standby:
    """A scheduler that begins as soon as it can. `prepare` makes the databases ready."""

    def __init__(
        self, settings: Settings, say: Say, prepare: Callable[[Settings], None], *, pause: float = PAUSE_SECONDS
    ) -> None:
        self.settings, self.say, self.prepare, self.pause = settings, say, prepare, pause
        self.scheduler: Scheduler | None = None
        self._waiting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin now, or as soon as it is possible."""
        if not self._begin():
            self._waiting = asyncio.get_running_loop().create_task(self._wait())

    async def stop(self) -> None:
        """End the scheduler, or the wait for it."""
        if self._waiting:
            self._waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._waiting
        if self.scheduler:
            await self.scheduler.stop()

    def _begin(self) -> bool:
        try:
            self.prepare(self.settings)
            scheduler = Scheduler(self.settings, Children(self.say), self.say)
            scheduler.start()
        except FAULTS as fault:
            if self._waiting is None:
                words = f"The scheduler cannot begin and tries again every minute. {why(self.settings, fault)}"
                self.say(Said(words, "scheduler.waiting"))
            return False
        self.scheduler = scheduler
        return True

    async def _wait(self) -> None:
        said = ""
        while True:
            await asyncio.sleep(self.pause)
            try:
                if self._begin():
                    self.say(Said("The scheduler has begun.", "scheduler.started"))
                    return
            except TenderbellError as refusal:
                if str(refusal) != said:
                    self.say(Said(f"The scheduler cannot begin and tries on. {refusal}", "scheduler.waiting"))
                said = str(refusal)


def is_ready(settings: Settings, prepare: Callable[[Settings], None]) -> bool:
    """Make the databases ready, and return whether that could be done: what stands in the way is said later."""
    try:
        prepare(settings)
    except FAULTS:
        return False
    return True


def why(settings: Settings, fault: Exception) -> str:
    """Return what stands in the way, in sentences."""
    return " ".join(one.words for one in troubles(settings) if one.waits) or f"{fault}"
