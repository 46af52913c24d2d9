"""The scheduler: jobs by the edition's timetable, and behind every harvest the way from a notice to an e-mail.

APScheduler only says when; its store is in memory, and what was missed is read from the databases at start. Its
`shutdown` cancels what runs, so jobs are tasks of this class, which ends them itself.
"""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import closing
from datetime import datetime
from itertools import takewhile
from typing import Any

import msgspec
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.date import DateTrigger  # type: ignore[import-untyped]

from alerts.queue import due
from schedules.children import Children, Outcome, Say
from schedules.ledger import Ledger, is_rewalk
from tenderbell.clock import UK, uk, wall_clock
from tenderbell.database import connect
from tenderbell.edition import Job
from tenderbell.settings import Settings
from tenderbell.timetable import RETRY, is_missed, next_run, trigger

CHAIN = (("match",), ("digest",), ("send",))
"""What follows a compilation, in this order."""

PULSE_SECONDS = 15.0
"""How often the notices of a harvest that is still going become pages."""

POST_SECONDS = 2.0
"""How often the outbox is looked into."""

PAUSE_SECONDS = 60.0
"""How long the scheduler waits for a database or a disk that fails."""


class Scheduler:
    """Runs the jobs of an edition until it is told to stop. `say` receives one line for whatever is worth a line."""

    def __init__(self, settings: Settings, children: Children, say: Say, *, pulse: float = PULSE_SECONDS) -> None:
        self.settings, self.children, self.say, self.pulse = settings, children, say, pulse
        self.jobs = [job for job in settings.edition.jobs if job.command[0] != "harvest" or self._sources(job)]
        self.ledger = Ledger(settings.archive_path)
        self.clock = AsyncIOScheduler(timezone=UK)
        self.tasks: set[asyncio.Task[None]] = set()
        self.busy: set[str] = set()
        self.harvesting = 0
        self.wanted, self.whole = asyncio.Event(), False
        self.line = asyncio.Lock()
        self.sources: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def start(self) -> None:
        """Plan every job, run what was missed, and take up what the last process left half done."""
        triggers = {job.id: trigger(job) for job in self.jobs}
        for job in self.jobs:
            self.clock.add_job(self.launch, triggers[job.id], (job,), id=job.id, misfire_grace_time=3600)
        self.clock.start()
        for work in (self._follow, self._beat, self._post):
            self._spawn(self._for_ever(work))
        self.follow(whole=True)
        now = self.settings.clock()
        for job in self.jobs:
            if is_missed(job, self.ledger.last(job, now), now):
                self.launch(job)

    async def stop(self) -> None:
        """End every child within the grace period, then everything else."""
        if self.clock.running:
            self.clock.shutdown(wait=False)
        await self.children.end()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def launch(self, job: Job) -> None:
        """Run a job now, unless it is running already."""
        if job.id not in self.busy:
            self.busy.add(job.id)
            self._spawn(self._work(job))

    def follow(self, *, whole: bool = False) -> None:
        """Ask for a compilation soon and, if it brings events or when `whole`, for match, digest and send after it."""
        self.whole |= whole
        self.wanted.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.say(f"The scheduler met an error that it does not know: {error!r}")

    async def _work(self, job: Job) -> None:
        try:
            if job.command[0] == "harvest":
                done = await self._harvest_all(job)
            else:
                async with self.line:
                    done = await self._step(job.command)
            if done:
                await asyncio.to_thread(self.ledger.finish, job, self.settings.clock())
        finally:
            self.busy.discard(job.id)

    def _sources(self, job: Job) -> list[str]:
        """Return the enabled ones of the sources that a harvest names, or of all. Raises UnknownSource."""
        edition = self.settings.edition
        chosen = [edition.source(id) for id in _named(job)] or edition.sources
        return [source.id for source in chosen if source.enabled]

    async def _harvest_all(self, job: Job) -> bool:
        sources = self._sources(job)
        if is_rewalk(job):
            sources = [source for source in sources if self.ledger.has_harvested(source)]
        options = job.command[1 + len(_named(job)) :]
        done = await asyncio.gather(*(self._harvest(job, source, options) for source in sources))
        return bool(done) and all(done)

    async def _harvest(self, job: Job, source: str, options: Sequence[str]) -> bool:
        async with self.sources[source]:
            self.harvesting += 1
            try:
                outcome = await self.children.run(("harvest", source, *options, "--json"), source)
            finally:
                self.harvesting -= 1
        self.follow(whole=True)
        self.say(f"{source}: {_harvest_line(outcome, source)}")
        if outcome.code != 0:
            self._retry(job, source)
        return outcome.code == 0

    def _retry(self, job: Job, source: str) -> None:
        now = wall_clock()
        again = min(next_run(job, now), now + RETRY)
        if again == now + RETRY:
            id = f"{job.id} again"
            self.clock.add_job(self.launch, DateTrigger(again, timezone=UK), (job,), id=id, replace_existing=True)
        self.say(f"{source}: not finished; it is tried again at {_uk_time(again)}. {self._without_network()}".rstrip())

    def _without_network(self) -> str:
        harvested = any(self.ledger.has_harvested(source.id) for source in self.settings.edition.sources)
        return "" if harvested else "Until then `make demo` shows the site with sample notices, without a network."

    async def _for_ever(self, work: Callable[[], Awaitable[None]]) -> None:
        """Repeat some work. A database or a disk that fails is said and waited for; it must not end the scheduler."""
        while True:
            try:
                await work()
            except (sqlite3.Error, OSError) as error:
                self.say(f"The scheduler could not go on and tries again soon: {error}")
                await asyncio.sleep(PAUSE_SECONDS)

    async def _follow(self) -> None:
        await self.wanted.wait()
        self.wanted.clear()
        whole, self.whole = self.whole, False
        async with self.line:
            await self._chain(whole)

    async def _chain(self, whole: bool) -> None:
        compiled = await self.children.run(("compile", "--json"))
        if compiled.code != 0:
            self._complain(("compile",), compiled)
        elif whole or _json(compiled.output).get("events"):
            for command in CHAIN:
                if not await self._step(command):
                    return

    async def _step(self, command: Sequence[str]) -> bool:
        outcome = await self.children.run(command)
        if outcome.code != 0:
            self._complain(command, outcome)
        return outcome.code == 0

    async def _beat(self) -> None:
        await asyncio.sleep(self.pulse)
        if self.harvesting:
            self.follow()

    async def _post(self) -> None:
        """Send what a form has put into the outbox without waiting for the timetable: somebody waits for it."""
        await asyncio.sleep(POST_SECONDS)
        if self._is_post_waiting() and not self.line.locked():
            async with self.line:
                sent = await self._step(("send",))
            await asyncio.sleep(0 if sent else RETRY.total_seconds())

    def _is_post_waiting(self) -> bool:
        with closing(connect(self.settings.private_path, read_only=True)) as private:
            return due(private, self.settings.clock()) > 0

    def _complain(self, command: Sequence[str], outcome: Outcome) -> None:
        said = outcome.last_line or outcome.output.strip().rpartition("\n")[2] or f"exit code {outcome.code}"
        self.say(f"tenderbell {' '.join(command)} did not work: {said}")


def _named(job: Job) -> list[str]:
    """Return the sources that a harvest names, as they stand before its options."""
    return list(takewhile(lambda word: not word.startswith("-"), job.command[1:]))


def _harvest_line(outcome: Outcome, source: str) -> str:
    """Return what a harvest did. Why it did not finish is left out when that was the last thing the child said."""
    report = _json(outcome.output)
    if not report:
        return f"the harvest broke off. {outcome.last_line or f'Exit code {outcome.code}.'}"
    counts = f"{report['notices']:,} notices, {report['new']:,} of them new, in {report['requests']:,} requests."
    known = report["finished"] or outcome.last_line == f"{source}: {report['reason']}"
    return counts if known else f"{report['reason']} {counts}"


def _json(output: str) -> dict[str, Any]:
    """Return the object, or the first of a list of objects, that a command printed; empty when it printed none."""
    try:
        read = msgspec.json.decode(output)
    except msgspec.DecodeError:
        return {}
    found = read[0] if isinstance(read, list) and read else read
    return found if isinstance(found, dict) else {}


def _uk_time(moment: datetime) -> str:
    return f"{uk(moment):%H:%M on %A %d %B}"
