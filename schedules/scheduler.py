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
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.date import DateTrigger  # type: ignore[import-untyped]

from alerts.queue import due
from schedules.children import Children, Outcome, Say
from schedules.ledger import Ledger, is_rewalk
from schedules.missed import Missed
from schedules.newcomers import Newcomers
from schedules.planned import named_sources, planned
from schedules.said import harvest_lines, objects
from spiders.fetching.hosts import by_host, host_of
from tenderbell.clock import UK, uk, wall_clock
from tenderbell.database import connect
from tenderbell.edition import Job, Source
from tenderbell.probed import CHANGED
from tenderbell.settings import Settings
from tenderbell.timetable import RETRY, is_missed, next_run, trigger

CHAIN = (("match",), ("digest",), ("letters",), ("send",))
"""What follows a compilation, in this order."""

FETCHING = ("harvest", "reconcile")
"""Commands that ask sources, at the sources' own slow pace: those of one host are a child of their own, which asks one
after the other, and no two children ask one host at once."""

TICKS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 9}
"""A tick only launches a job, so none is dropped: not a late one of a machine that slept, nor one close to another."""

PULSE_SECONDS = 15.0
"""How often the notices of a harvest that is still going become pages."""

POST_SECONDS = 2.0
"""How often the outbox and the reports of missing adverts are looked into."""

PAUSE_SECONDS = 60.0
"""How long the scheduler waits for a database or a disk that fails."""


class Scheduler:
    """Runs the jobs of an edition until it is told to stop. `say` receives one line for whatever is worth a line."""

    def __init__(self, settings: Settings, children: Children, say: Say, *, pulse: float = PULSE_SECONDS) -> None:
        self.settings, self.children, self.say, self.pulse = settings, children, say, pulse
        self.jobs = [job for job in planned(settings) if job.command[0] not in FETCHING or self._sources(job)]
        self.ledger = Ledger(settings.archive_path)
        self.clock = AsyncIOScheduler(timezone=UK, job_defaults=TICKS)
        self.tasks: set[asyncio.Task[None]] = set()
        self.busy: dict[str, asyncio.Task[None]] = {}
        self.harvesting = 0
        self.hinted = False
        self.wanted, self.whole = asyncio.Event(), False
        self.line = asyncio.Lock()
        self.hosts: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.newcomers = Newcomers(settings.archive_path)
        self.missed = Missed(settings)

    def start(self) -> None:
        """Plan every job, run what was missed, and take up what the last process left half done."""
        triggers = {job.id: trigger(job) for job in self.jobs}
        for job in self.jobs:
            self.clock.add_job(self._tick, triggers[job.id], (job,), id=job.id)
        self.clock.start()
        self.newcomers.have_come()
        for work in (self._follow, self._beat, self._post, self._look):
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
            self.busy[job.id] = task = self._spawn(self._work(job))
            task.add_done_callback(lambda _: self.busy.pop(job.id))

    async def _tick(self, job: Job) -> None:
        """Launch a job when its time has come: APScheduler runs a coroutine in the loop, a function in a thread."""
        self.launch(job)

    def follow(self, *, whole: bool = False) -> None:
        """Ask for a compilation soon and, if it brings events or when `whole`, for match, digest and send after it."""
        self.whole |= whole
        self.wanted.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.say(f"The scheduler met an error that it does not know: {error!r}")

    async def _work(self, job: Job) -> None:
        if job.command[0] in FETCHING:
            done = await self._harvest_all(job)
        elif job.command[0] == "probe":  # it waits for the network, and nothing waits for it
            done = await self._probe(job.command)
        elif job.command[0] == "bounce":  # likewise, for a mailbox
            done = await self._step(job.command)
        else:
            async with self.line:
                done = await self._step(job.command)
        if done:
            await asyncio.to_thread(self.ledger.finish, job, self.settings.clock())

    def _sources(self, job: Job) -> list[Source]:
        """Return the enabled ones of the sources that a harvest names, or of all. Raises UnknownSource."""
        edition = self.settings.edition
        chosen = [edition.source(id) for id in named_sources(job)] or edition.sources
        return [source for source in chosen if source.enabled]

    async def _harvest_all(self, job: Job) -> bool:
        sources = self._sources(job)
        if is_rewalk(job) or job.command[0] == "reconcile":
            sources = [source for source in sources if self.ledger.has_harvested(source.id)]
        options = job.command[1 + len(named_sources(job)) :]
        done = await asyncio.gather(*(self._harvest(job, host, options) for host in by_host(sources)))
        return bool(done) and all(done)

    async def _harvest(self, job: Job, host: Sequence[Source], options: Sequence[str]) -> bool:
        ids = [source.id for source in host]
        async with self.hosts[host_of(host[0])]:
            self.harvesting += 1
            try:
                outcome = await self.children.run((job.command[0], *ids, *options, "--json"), ids)
            finally:
                self.harvesting -= 1
        self.follow(whole=True)
        for who, line, finished in harvest_lines(ids, outcome):
            again = "" if finished else f" {self._retry(job)}"
            self.say(f"{who}: {line}{again}")
        return outcome.code == 0

    def _retry(self, job: Job) -> str:
        """Plan a job that failed again, and return when that will be, in words."""
        now = wall_clock()
        again = min(next_run(job, now), now + RETRY)
        if again == now + RETRY:
            self._plan(job, again)
        return f"It is tried again at {_uk_time(again)}. {self._without_network()}".rstrip()

    def _plan(self, job: Job, at: datetime) -> None:
        id = f"{job.id} again"
        self.clock.add_job(self._tick_again, DateTrigger(at, timezone=UK), (job,), id=id, replace_existing=True)

    async def _tick_again(self, job: Job) -> None:
        """Launch a job that failed; later, when another source of it is still being harvested."""
        if job.id in self.busy:
            self._plan(job, wall_clock() + RETRY)
        else:
            self.launch(job)

    def _without_network(self) -> str:
        """Return how to see the site without a source, once, while none was ever harvested."""
        if self.hinted or any(self.ledger.has_harvested(source.id) for source in self.settings.edition.sources):
            return ""
        self.hinted = True
        return "Until then `make demo` shows the site with sample notices, without a network."

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
        elif whole or any(report.get("events") for report in objects(compiled.output) or ()):
            for command in CHAIN:
                if not await self._step(command):
                    return

    async def _probe(self, command: Sequence[str]) -> bool:
        """Ask about the facts and return whether that came to its end: a fact that has changed is said here and by
        `status`, and asking again would not change it back."""
        outcome = await self.children.run((*command, "--json"))
        found = objects(outcome.output)
        if found is None:
            self._complain(command, outcome)
            return False
        if changed := [one["source"] for one in found if one["verdict"] == CHANGED]:
            have = "fact has" if len(changed) == 1 else "facts have"
            about = ", ".join(dict.fromkeys(changed))
            self.say(f"{len(changed):,} {have} changed: {about}. `tenderbell status` says what.")
        return True

    async def _step(self, command: Sequence[str]) -> bool:
        outcome = await self.children.run(command)
        if outcome.code != 0:
            self._complain(command, outcome)
        return outcome.code == 0

    async def _beat(self) -> None:
        """Let what has come become pages: from a harvest that is still going, from a form, from the operator."""
        await asyncio.sleep(self.pulse)
        if self.missed.are_letters_new():
            self.follow(whole=True)
        elif self.newcomers.have_come() or self.harvesting:
            self.follow()

    async def _look(self) -> None:
        """Look for adverts that somebody has just reported as missing, without waiting for the timetable."""
        await asyncio.sleep(POST_SECONDS)
        for host, reports in self.missed.take().items():
            self._spawn(self._seek(host, reports))

    async def _seek(self, host: str, reports: Sequence[int]) -> None:
        async with self.hosts[host]:
            outcome = await self.children.run(("seek", *map(str, reports), "--json"))
        if objects(outcome.output) is None:
            self._complain(("seek",), outcome)
        self.follow(whole=True)

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


def _uk_time(moment: datetime) -> str:
    return f"{uk(moment):%H:%M on %A %d %B}"
