"""The scheduler: jobs by the edition's timetable, and behind every harvest the way from a notice to an e-mail.

APScheduler only says when; its store is in memory, and what was missed is read from the databases at start. Its
`shutdown` cancels what runs, so jobs are tasks of this class, which ends them itself.
"""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.date import DateTrigger  # type: ignore[import-untyped]

from alerts.queue import due
from schedules.children import Children, Outcome, Say
from schedules.faults import Faults
from schedules.ledger import TURN, Turn, is_rewalk
from schedules.missed import Missed
from schedules.newcomers import Newcomers
from schedules.planned import named_sources, planned
from schedules.said import harvest_fields, harvest_lines, note_step, objects
from schedules.turns import enabled, ledger_of, turn_of
from spiders.fetching.hosts import by_host, host_of
from tenderbell.clock import UK, uk, wall_clock
from tenderbell.database import connect
from tenderbell.edition import Job, Source
from tenderbell.probed import CHANGED
from tenderbell.seeing.events import Said
from tenderbell.settings import Settings
from tenderbell.timetable import RETRY, is_missed, next_run, trigger

CHAIN = (("match",), ("digest",), ("letters",), ("send",))
"""What follows a compilation, in this order."""

FETCHING = ("harvest", "reconcile")
"""Commands that ask sources, at the sources' own slow pace: those of one host are a child of their own, which asks one
after the other, and no two children ask one host at once."""

ALONE = ("bounce", "backup", "upkeep")
"""Commands that the line need not wait for: of the databases they read one state, or write for a moment."""

TICKS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 9}
"""A tick only launches a job, so none is dropped: not a late one of a machine that slept, nor one close to another."""

PULSE_SECONDS = 15.0
"""How often the notices of a harvest that is still going become pages."""

POST_SECONDS = 2.0
"""How often the outbox and the reports of missing adverts are looked into."""

GUARD_SECONDS = 5.0
"""How often what stands in the way is looked at: a full disk, a clock that was set."""

AGAIN = " again"
"""How the ids of planned second tries end."""

PAUSE_SECONDS = 60.0
"""How long the scheduler waits for a database or a disk that fails."""


class Scheduler:
    """Runs the jobs of an edition until it is told to stop. `say` receives one line for whatever is worth a line."""

    def __init__(self, settings: Settings, children: Children, say: Say, *, pulse: float = PULSE_SECONDS) -> None:
        self.settings, self.children, self.say, self.pulse = settings, children, say, pulse
        self.jobs = [job for job in planned(settings) if job.command[0] not in FETCHING or self._sources(job)]
        self.ledger = ledger_of(settings, self.jobs)
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
        self.faults = Faults(settings, say)
        self.held: dict[str, Job] = {}

    def start(self) -> None:
        """Plan every job, run what was missed, and take up what the last process left half done."""
        self.faults.look()
        triggers = {job.id: trigger(job) for job in self.jobs}
        for job in self.jobs:
            self.clock.add_job(self._tick, triggers[job.id], (job,), id=job.id)
        self.clock.start()
        self.newcomers.have_come()
        for work in (self._guard, self._follow, self._beat, self._post, self._look):
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

    def launch(self, job: Job, due: datetime | None = None) -> None:
        """Run a job now, unless it is running already, or another edition over the same archive runs it; when what
        stands in its way is over, if something does. `due` is when it was to run, by default now."""
        self._see()
        if self.faults.why_not(job.command[0]):
            self.held[job.id] = job
        elif pause := self.faults.rests(job.command[0]):
            self._plan(job, wall_clock() + timedelta(seconds=pause + 1), due)
        elif job.id not in self.busy:
            self.busy[job.id] = task = self._spawn(self._try(job, due))
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
            words = f"The scheduler met an error that it does not know: {error!r}"
            self.say(Said(words, "scheduler.failed", fault=type(error).__name__))

    async def _guard(self) -> None:
        """See what stands in the way, so that what waits goes on as soon as it can."""
        await asyncio.sleep(GUARD_SECONDS)
        self._see()

    def _see(self) -> None:
        over = self.faults.look()
        if step := self.faults.clock_was_set():
            self._plan_anew(back=step < timedelta(0))
        self.children.ask_to_end([command for command in FETCHING if self.faults.why_not(command)])
        if over:
            held, self.held = self.held, {}
            for job in held.values():
                self.launch(job)
            self.follow(whole=True)

    def _plan_anew(self, *, back: bool) -> None:
        """Plan every job after the clock was set. APScheduler waits for the instants that it has planned: those of a
        clock that was set back would be far off, those that were skipped are run once."""
        if back:
            for job in self.jobs:
                self.clock.reschedule_job(job.id, trigger=trigger(job))
            for planned in self.clock.get_jobs():
                if planned.id.endswith(AGAIN):
                    planned.modify(next_run_time=wall_clock() + RETRY)
        elif self.clock.running:
            self.clock.wakeup()

    def _may_run(self, command: str) -> bool:
        return self.faults.why_not(command) is None and not self.faults.rests(command)

    async def _run(self, command: Sequence[str], names: Sequence[str] = ()) -> Outcome:
        began = monotonic()
        outcome = await self.children.run(command, names)
        note_step(command, outcome, monotonic() - began)
        self.faults.ended(command[0], outcome)
        return outcome

    async def _try(self, job: Job, due: datetime | None) -> None:
        try:
            await self._work(job, due)
        except (sqlite3.Error, OSError) as error:  # what ran, ran: at the worst it runs once more after a restart
            self.say(Said(f"{job.id} could not be noted in the archive: {error}.", "scheduler.waiting"))

    async def _work(self, job: Job, due: datetime | None = None) -> None:
        due = due or self.settings.clock()
        turn = await asyncio.to_thread(turn_of, self.settings, self.ledger, job, due)
        if turn is not Turn.OURS:
            if turn is Turn.ANOTHERS:
                self._plan(job, wall_clock() + TURN, due)
            return
        if job.command[0] in FETCHING:
            done = await self._harvest_all(job)
        elif job.command[0] == "probe":  # it waits for the network, and nothing waits for it
            done = await self._probe(job.command)
        elif job.command[0] in ALONE:  # likewise, for a mailbox or a disk
            done = await self._step(job.command)
        else:
            async with self.line:
                done = await self._step(job.command)
        if done:
            await asyncio.to_thread(self.ledger.finish, job, self.settings.clock())

    def _sources(self, job: Job) -> list[Source]:
        """Return the enabled ones of the sources that a harvest names, or of all. Raises UnknownSource."""
        return enabled(self.settings, named_sources(job))

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
                outcome = await self._run((job.command[0], *ids, *options, "--json"), ids)
            finally:
                self.harvesting -= 1
        self.follow(whole=True)
        reports = {report["source"]: report for report in objects(outcome.output) or ()}
        for who, line, finished in harvest_lines(ids, outcome):
            again = "" if finished else f" {self._retry(job)}"
            counted = harvest_fields(reports.get(who, {}))
            self.say(Said(f"{who}: {line}{again}", "harvest.ended", source=who, **counted | {"finished": finished}))
        return outcome.code == 0

    def _retry(self, job: Job) -> str:
        """Plan a job that failed again, and return when that will be, in words."""
        now = wall_clock()
        again = min(next_run(job, now), now + RETRY)
        if again == now + RETRY:
            self._plan(job, again)
        return f"It is tried again at {_uk_time(again)}. {self._without_network()}".rstrip()

    def _plan(self, job: Job, at: datetime, due: datetime | None = None) -> None:
        id = f"{job.id}{AGAIN}"
        self.clock.add_job(self._tick_again, DateTrigger(at, timezone=UK), (job, due), id=id, replace_existing=True)

    async def _tick_again(self, job: Job, due: datetime | None = None) -> None:
        """Launch a job that failed; later, when another source of it is still being harvested."""
        if job.id in self.busy:
            self._plan(job, wall_clock() + RETRY, due)
        else:
            self.launch(job, due)

    def _without_network(self) -> str:
        """Return how to see the site without a source, once, while none was ever harvested."""
        if self.hinted or any(self.ledger.has_harvested(source.id) for source in self.settings.edition.sources):
            return ""
        self.hinted = True
        return "Until then `make demo` shows the site with sample notices, without a network."

    async def _for_ever(self, work: Callable[[], Awaitable[None]]) -> None:
        """Repeat some work. A database or a disk that fails is said and waited for; it must not end the scheduler."""
        said = ""
        while True:
            try:
                await work()
                said = ""
            except (sqlite3.Error, OSError) as error:
                if said != str(error):
                    words = f"The scheduler could not go on and tries again soon: {error}"
                    self.say(Said(words, "scheduler.waiting"))
                said = str(error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _follow(self) -> None:
        await self.wanted.wait()
        while self.faults.rests("compile"):
            await asyncio.sleep(1)
        self.wanted.clear()
        whole, self.whole = self.whole, False
        async with self.line:
            await self._chain(whole)

    async def _chain(self, whole: bool) -> None:
        if self._may_run("compile"):
            compiled = await self._run(("compile", "--json"))
            if compiled.code != 0:
                self._complain(("compile",), compiled)
                return
            whole |= any(report.get("events") for report in objects(compiled.output) or ())
        if whole:
            for command in CHAIN:
                if self._may_run(command[0]) and not await self._step(command):
                    return

    async def _probe(self, command: Sequence[str]) -> bool:
        """Ask about the facts and return whether that came to its end: a fact that has changed is said here and by
        `status`, and asking again would not change it back."""
        outcome = await self._run((*command, "--json"))
        found = objects(outcome.output)
        if found is None:
            self._complain(command, outcome)
            return False
        if changed := [one["source"] for one in found if one["verdict"] == CHANGED]:
            have = "fact has" if len(changed) == 1 else "facts have"
            about = ", ".join(dict.fromkeys(changed))
            words = f"{len(changed):,} {have} changed: {about}. `tenderbell status` says what."
            self.say(Said(words, "fact.changed", count=len(changed)))
        return True

    async def _step(self, command: Sequence[str]) -> bool:
        outcome = await self._run(command)
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
        if not self._may_run("seek"):
            return
        for host, reports in self.missed.take().items():
            self._spawn(self._seek(host, reports))

    async def _seek(self, host: str, reports: Sequence[int]) -> None:
        async with self.hosts[host]:
            outcome = await self._run(("seek", *map(str, reports), "--json"))
        if objects(outcome.output) is None:
            self._complain(("seek",), outcome)
        self.follow(whole=True)

    async def _post(self) -> None:
        """Send what a form has put into the outbox without waiting for the timetable: somebody waits for it."""
        await asyncio.sleep(POST_SECONDS)
        if self._may_run("send") and self._is_post_waiting() and not self.line.locked():
            async with self.line:
                sent = await self._step(("send",))
            await asyncio.sleep(0 if sent else RETRY.total_seconds())

    def _is_post_waiting(self) -> bool:
        with closing(connect(self.settings.private_path, read_only=True)) as private:
            return due(private, self.settings.clock()) > 0

    def _complain(self, command: Sequence[str], outcome: Outcome) -> None:
        said = outcome.last_line or outcome.output.strip().rpartition("\n")[2] or outcome.how
        words = f"tenderbell {' '.join(command)} did not work: {said}"
        self.say(Said(words, "step.failed", command=command[0], code=outcome.code))


def _uk_time(moment: datetime) -> str:
    return f"{uk(moment):%H:%M on %A %d %B}"
