"""Asking the site once a minute as a visitor would, and writing down whether and how soon it answered."""

import asyncio
import sqlite3
import time
from contextlib import closing

import httpx

from tenderbell.clock import wall_clock
from tenderbell.database import connect
from tenderbell.errors import TenderbellError
from tenderbell.seeing import uptime
from tenderbell.seeing.uptime import Asked
from tenderbell.settings import Settings

EVERY_SECONDS = 60.0
PATIENCE_SECONDS = 10.0
"""What takes longer is no answer: nobody waits for it."""

PAGE = "/opportunities?stage=open"
"""What most visitors ask for: it reads the database and is not kept from one minute to the next."""

MOST_KEPT = 1440
"""Questions that wait in memory while the archive cannot be written."""


class Asking:
    """Asks the site at an address. What cannot be written down at once is kept for the next time."""

    def __init__(self, settings: Settings, site: str, *, every: float = EVERY_SECONDS) -> None:
        self.settings, self.site, self.every = settings, site, every
        self.waiting: list[Asked] = []

    async def keep_asking(self) -> None:
        """Ask for ever. With a clock that stands still there are no minutes, so nothing is asked."""
        if self.settings.clock is not wall_clock:
            return
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
            while True:
                await asyncio.sleep(self.every)
                await self.ask(client)

    async def ask(self, client: httpx.AsyncClient) -> None:
        """Ask once."""
        now, began = self.settings.clock(), time.monotonic()
        try:
            answer = await asyncio.wait_for(client.get(f"{self.site}{PAGE}"), PATIENCE_SECONDS)
            seconds = time.monotonic() - began if answer.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, TimeoutError):
            seconds = None
        self.waiting = [*self.waiting, Asked(now, seconds)][-MOST_KEPT:]
        await asyncio.to_thread(self._write)

    def _write(self) -> None:
        if not self.settings.archive_path.exists():
            return
        try:
            with closing(connect(self.settings.archive_path)) as archive:
                uptime.prepare(archive)
                uptime.record(archive, self.settings.edition.id, self.waiting)
        except (sqlite3.Error, OSError, TenderbellError):
            return
        self.waiting = []
