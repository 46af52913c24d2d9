import asyncio
import json
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import click
import pytest

from alerts.signup import request_alert
from schedules.children import Children, Outcome
from schedules.ledger import Ledger
from schedules.scheduler import Scheduler
from schedules.service import prepare
from tenderbell.archive import end_run, open_archive, start_run
from tenderbell.checks import check
from tenderbell.cli import cli
from tenderbell.clock import wall_clock
from tenderbell.criteria import Criteria
from tenderbell.edition import SCHEDULES
from tenderbell.errors import UnknownSource
from tenderbell.private import open_private
from tenderbell.vocabulary import Frequency
from tests.schedules.editions import environment, job, settings

REACHED = {"notices": 3, "new": 3, "requests": 1, "finished": True, "reason": "Finished."}
UNREACHED = {"notices": 0, "new": 0, "requests": 1, "finished": False, "reason": "Could not reach it."}


class Recorder(Children):
    """Writes down what would be run. A harvest goes on until it is let go, when `held`; it fails for the sources in
    `failing`, and prints `broken` in place of its reports."""

    def __init__(
        self,
        *,
        held: bool = False,
        failing: Sequence[str] = (),
        broken: str | None = None,
        compiled: str = '{"events": 0}',
    ) -> None:
        super().__init__(self.hear, {})
        self.lines: list[str] = []
        self.commands: list[tuple[str, ...]] = []
        self.at_once = self.most_at_once = 0
        self.failing, self.broken, self.compiled = failing, broken, compiled
        self.go, self.changed = asyncio.Event(), asyncio.Condition()
        if not held:
            self.go.set()

    def hear(self, line: str) -> None:
        self.lines.append(line)

    async def run(self, command: Sequence[str], names: Sequence[str] = ()) -> Outcome:
        async with self.changed:
            self.commands.append(tuple(command))
            self.changed.notify_all()
        if command[0] == "harvest":
            await self.go.wait()
            return self.harvested(names)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return Outcome(0, self.compiled if command[0] == "compile" else "", "")

    def harvested(self, sources: Sequence[str]) -> Outcome:
        """Return what a harvest of these sources prints."""
        failing = [source for source in sources if source in self.failing]
        reports = [{"source": source, **(UNREACHED if source in failing else REACHED)} for source in sources]
        return Outcome(1 if failing else 0, json.dumps(reports) if self.broken is None else self.broken, "")

    async def until(self, *commands: tuple[str, ...]) -> None:
        """Wait until each of these was run as often as it is named."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(
                lambda: all(self.commands.count(command) >= commands.count(command) for command in commands)
            )

    def harvests(self) -> list[tuple[str, ...]]:
        return [command for command in self.commands if command[0] == "harvest"]


ELSEWHERE = "http://127.0.0.1:7/feed.xml"
FUND = ("harvest", "county-fund", "--json")
TENDERS = ("harvest", "find-a-tender", "--json")
CHAIN = [("compile", "--json"), ("match",), ("digest",), ("letters",), ("send",)]


def scheduler(folder: Path, children: Recorder, *jobs: str, pulse: float = 3600) -> Scheduler:
    found = settings(environment(folder, jobs, fund=ELSEWHERE))
    prepare(found)
    return Scheduler(found, children, children.hear, pulse=pulse)


async def test_a_missed_job_runs_once_at_start_and_not_again_after_the_next_start(tmp_path: Path) -> None:
    line = job("fund", "harvest county-fund", every_minutes=600)
    first = Recorder()
    running = scheduler(tmp_path, first, line)
    running.start()
    await first.until(FUND, *CHAIN, *CHAIN)
    await asyncio.gather(*running.busy.values())
    await running.stop()
    assert first.harvests() == [FUND]

    second = Recorder()
    running = scheduler(tmp_path, second, line)
    running.start()
    await second.until(*CHAIN)
    await running.stop()
    assert second.harvests() == []


async def test_a_harvest_that_finished_elsewhere_is_not_missed(tmp_path: Path) -> None:
    children = Recorder()
    running = scheduler(tmp_path, children, job("fund", "harvest county-fund", every_minutes=600))
    with closing(open_archive(running.settings.archive_path)) as archive:
        now = running.settings.clock()
        end_run(archive, start_run(archive, "county-fund", now), now, complete=True, reason="")
    running.start()
    await children.until(*CHAIN)
    await running.stop()
    assert children.harvests() == []


async def test_at_start_the_whole_chain_runs_so_that_nothing_left_half_done_waits(tmp_path: Path) -> None:
    children = Recorder()
    running = scheduler(tmp_path, children)
    running.start()
    await children.until(*CHAIN)
    await running.stop()
    assert children.commands == CHAIN


async def test_a_source_is_reconciled_by_itself_and_only_once_it_was_harvested(tmp_path: Path) -> None:
    children = Recorder()
    running = scheduler(tmp_path, children, job("compare", "reconcile find-a-tender county-fund", every_minutes=600))
    with closing(open_archive(running.settings.archive_path)) as archive:
        now = running.settings.clock()
        end_run(archive, start_run(archive, "find-a-tender", now), now, complete=True, reason="")
    running.start()
    running.launch(running.jobs[0])
    await children.until(("reconcile", "find-a-tender", "--json"), *CHAIN)
    await running.stop()
    assert [command for command in children.commands if command[0] == "reconcile"] == [
        ("reconcile", "find-a-tender", "--json")
    ]


async def test_a_probe_does_not_hold_up_the_way_to_an_e_mail(tmp_path: Path) -> None:
    children = Recorder()
    running = scheduler(tmp_path, children, job("probe", "probe", every_minutes=600))
    async with running.line:
        running.launch(running.jobs[0])
        await children.until(("probe", "--json"))
    await running.stop()


@pytest.mark.parametrize(("answer", "is_finished"), [
    ('[{"source": "a", "fact": "F.", "verdict": "still true"}]', True),
    ('[{"source": "a", "fact": "F.", "verdict": "changed"}]', True),
    ("[]", True),
    ("", False),
])  # fmt: skip
async def test_a_probe_that_ran_is_finished_whatever_it_found_and_one_that_broke_off_is_not(
    answer: str, is_finished: bool, tmp_path: Path
) -> None:
    class Asking(Recorder):
        async def run(self, command: Sequence[str], names: Sequence[str] = ()) -> Outcome:
            await super().run(command, names)
            return Outcome(0 if "still" in answer else 1, answer, "")

    children = Asking()
    running = scheduler(tmp_path, children, job("probe", "probe", every_minutes=600))
    planned = running.jobs[0]
    await running._work(planned)
    with closing(open_archive(running.settings.archive_path)) as archive:
        found = archive.execute("select finished_at from job where id = 'probe'").fetchone()
    assert bool(found and found[0]) is is_finished
    assert any("1 fact has changed: a" in line for line in children.lines) is ("changed" in answer)


async def test_the_same_job_never_runs_twice_at_once(tmp_path: Path) -> None:
    children = Recorder(held=True)
    running = scheduler(tmp_path, children, job("fund", "harvest county-fund", every_minutes=600))
    running.start()
    await children.until(FUND)
    for _ in range(3):
        running.launch(running.jobs[0])
    await asyncio.sleep(0)
    assert children.harvests() == [FUND]
    children.go.set()
    await running.stop()


async def test_different_hosts_are_harvested_side_by_side(tmp_path: Path) -> None:
    children = Recorder(held=True)
    running = scheduler(tmp_path, children, job("all", "harvest", every_minutes=600))
    running.start()
    await children.until(FUND, TENDERS)
    await running.stop()


COUNCILS = "".join(
    f"""
[[source]]
id = "{name}"
title = "{name}"
spider = "in-tend"
url = "https://in-tendhost.example/{name}"
"""
    for name in ("publica", "tewkesbury", "university")
)


def with_councils(folder: Path, children: Recorder, *jobs: str) -> Scheduler:
    """Return a scheduler with three sources at one host beside the others."""
    environ = environment(folder, jobs, fund=ELSEWHERE)
    edition = folder / "edition.toml"
    edition.write_text(edition.read_text() + COUNCILS)
    found = settings(environ)
    prepare(found)
    return Scheduler(found, children, children.hear, pulse=3600)


async def test_the_sources_of_one_host_are_asked_by_one_child_and_other_hosts_side_by_side(tmp_path: Path) -> None:
    children = Recorder(held=True)
    line = job("all", "harvest publica county-fund tewkesbury university", every_minutes=600)
    running = with_councils(tmp_path, children, line)
    running.start()
    await children.until(("harvest", "publica", "tewkesbury", "university", "--json"), FUND)
    await running.stop()
    assert len(children.harvests()) == 2


async def test_two_jobs_with_different_sources_of_one_host_wait_for_each_other(tmp_path: Path) -> None:
    children = Recorder(held=True)
    lines = (job("one", "harvest publica", every_minutes=600), job("two", "harvest university", every_minutes=600))
    running = with_councils(tmp_path, children, *lines)
    running.start()
    await children.until(("harvest", "publica", "--json"), *CHAIN)
    assert children.harvests() == [("harvest", "publica", "--json")]
    children.go.set()
    await children.until(("harvest", "university", "--json"))
    await running.stop()


async def test_each_source_of_a_host_has_a_line_of_its_own(tmp_path: Path) -> None:
    children = Recorder(failing=["tewkesbury"])
    running = with_councils(tmp_path, children, job("all", "harvest publica tewkesbury", every_minutes=600))
    running.launch(running.jobs[0])
    running.clock.start(paused=True)
    await free(running)
    await running.stop()
    publica, tewkesbury = children.lines
    assert publica == "publica: 3 notices, 3 of them new, in 1 request."
    assert tewkesbury.startswith("tewkesbury: Could not reach it. It is tried again at ")
    now = running.settings.clock()
    assert Ledger(running.settings.archive_path).last(running.jobs[0], now) is None, "not every source was harvested"


async def test_a_harvest_that_broke_off_names_all_its_sources(tmp_path: Path) -> None:
    children = Recorder(failing=["publica"], broken="")
    running = with_councils(tmp_path, children, job("all", "harvest publica tewkesbury", every_minutes=600))
    running.launch(running.jobs[0])
    running.clock.start(paused=True)
    await free(running)
    await running.stop()
    (line,) = children.lines
    assert line.startswith("publica, tewkesbury: The harvest broke off. Exit code 1. It is tried again at ")


async def test_two_jobs_of_one_source_wait_for_each_other(tmp_path: Path) -> None:
    children = Recorder(held=True)
    lines = (
        job("fund", "harvest county-fund", every_minutes=600),
        job("other", "harvest county-fund", every_minutes=700),
    )
    running = scheduler(tmp_path, children, *lines)
    running.start()
    await children.until(FUND)
    assert children.harvests() == [FUND]
    children.go.set()
    await children.until(FUND, FUND)
    await running.stop()


async def test_a_rewalk_waits_until_its_source_was_harvested_to_the_end_once(tmp_path: Path) -> None:
    children = Recorder()
    running = scheduler(tmp_path, children, job("again", "harvest county-fund --since 14d", every_minutes=600))
    again = running.jobs[0]
    running.start()
    running.launch(again)
    await children.until(*CHAIN)
    assert children.harvests() == []
    with closing(open_archive(running.settings.archive_path)) as archive:
        now = running.settings.clock()
        end_run(archive, start_run(archive, "county-fund", now), now, complete=True, reason="")
    running.launch(again)
    await children.until(("harvest", "county-fund", "--since", "14d", "--json"))
    await running.stop()


async def test_notices_become_pages_while_a_long_harvest_is_still_going(tmp_path: Path) -> None:
    children = Recorder(held=True)
    running = scheduler(tmp_path, children, job("fund", "harvest county-fund", every_minutes=600), pulse=0.01)
    running.start()
    await children.until(FUND, *[("compile", "--json")] * 4)
    assert children.commands.count(("match",)) == 1, "without an event there is nobody to tell"
    await running.stop()


async def test_events_found_on_the_way_are_told_at_once(tmp_path: Path) -> None:
    children = Recorder(held=True, compiled='{"events": 2}')
    running = scheduler(tmp_path, children, job("fund", "harvest county-fund", every_minutes=600), pulse=0.01)
    running.start()
    await children.until(FUND, *CHAIN, *CHAIN, *CHAIN)
    await running.stop()


async def test_the_steps_after_a_harvest_never_run_side_by_side(tmp_path: Path) -> None:
    children = Recorder(held=True, compiled='{"events": 1}')
    lines = (job("fund", "harvest county-fund", every_minutes=9), job("digest", "digest weekly", every_minutes=9))
    running = scheduler(tmp_path, children, *lines, pulse=0.001)
    running.start()
    await children.until(("digest", "weekly"), *CHAIN, *CHAIN, *CHAIN)
    await running.stop()
    assert children.most_at_once == 1


async def test_a_harvest_that_failed_is_not_recorded_and_says_when_it_is_tried_again(tmp_path: Path) -> None:
    children = Recorder(failing=["county-fund", "find-a-tender"])
    running = scheduler(tmp_path, children, job("fund", "harvest county-fund", every_minutes=600))
    running.start()
    await children.until(FUND, *CHAIN, *CHAIN)
    again = [planned for planned in running.clock.get_jobs() if planned.id == "fund again"]
    await running.stop()
    said = " ".join(children.lines)
    assert "county-fund: Could not reach it." in said
    assert "tried again at" in said
    assert "make demo" in said
    now = running.settings.clock()
    assert timedelta(minutes=14) < again[0].next_run_time - now <= timedelta(minutes=15)
    assert Ledger(running.settings.archive_path).last(running.jobs[0], now) is None


async def free(running: Scheduler) -> None:
    """Wait until no job runs."""
    async with asyncio.timeout(10):
        while running.busy:
            await asyncio.sleep(0)


async def test_a_job_runs_when_its_time_comes_and_again_the_next_time(tmp_path: Path) -> None:
    children = Recorder()
    running = scheduler(tmp_path, children, job("fund", "harvest county-fund", every_minutes=600))
    running.start()
    await children.until(FUND)
    for times in (2, 3):
        await free(running)
        running.clock.modify_job("fund", next_run_time=wall_clock())
        await children.until(*[FUND] * times)
    await free(running)
    await running.stop()


async def test_what_failed_really_is_tried_again_when_its_time_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.scheduler.RETRY", timedelta(milliseconds=20))
    children = Recorder(failing=["county-fund", "find-a-tender"])
    running = scheduler(tmp_path, children, job("fund", "harvest county-fund", every_minutes=600))
    running.start()
    await children.until(FUND, FUND, FUND)
    await running.stop()


async def test_a_job_that_breaks_is_free_to_run_again(tmp_path: Path) -> None:
    children = Recorder(broken='[{"not": "a report"}]')
    running = scheduler(tmp_path, children, job("fund", "harvest county-fund", every_minutes=600))
    running.start()
    await children.until(FUND)
    await free(running)
    assert any("does not know" in line for line in children.lines)
    running.launch(running.jobs[0])
    await children.until(FUND, FUND)
    await running.stop()


async def test_a_source_that_cannot_be_reached_is_said_in_one_line_with_one_hint_at_the_demonstration(
    tmp_path: Path,
) -> None:
    children = Recorder(failing=["county-fund", "find-a-tender"])
    running = scheduler(tmp_path, children, job("all", "harvest", every_minutes=600))
    running.start()
    await children.until(FUND, TENDERS, *CHAIN, *CHAIN)
    await free(running)
    await running.stop()
    assert len(children.lines) == 2, children.lines
    for source in ("county-fund", "find-a-tender"):
        assert [f"{source}: Could not reach it. It is tried again at " in line for line in children.lines].count(True)
    assert " ".join(children.lines).count("make demo") == 1


async def test_a_job_of_a_source_that_is_switched_off_is_not_planned(tmp_path: Path) -> None:
    environ = environment(tmp_path, [job("fund", "harvest county-fund", every_minutes=600)])
    edition = tmp_path / "edition.toml"
    edition.write_text(edition.read_text().replace('kind = "grant"', 'kind = "grant"\nenabled = false'))
    running = Scheduler(settings(environ), Recorder(), print)
    assert [job.id for job in running.jobs] == ["upkeep"], "only what comes with every edition"


def test_a_job_of_a_source_that_does_not_exist_stops_the_start(tmp_path: Path) -> None:
    environ = environment(tmp_path, [job("fund", "harvest county-found", every_minutes=600)])
    with pytest.raises(UnknownSource, match="county-found"):
        Scheduler(settings(environ), Recorder(), print)


@pytest.mark.parametrize("edition", [path.stem for path in SCHEDULES.glob("*.toml")])
def test_every_job_of_a_shipped_edition_is_a_command_that_can_be_typed(edition: str) -> None:
    check(settings({"TENDERBELL_EDITION": edition}))


def test_looking_at_the_jobs_leaves_the_help_of_their_commands_as_it_is() -> None:
    check(settings({}))
    told = [command for command in cli.commands.values() if "-h" not in help_of(command)]
    assert told == []


def help_of(command: click.Command) -> list[str]:
    found = command.get_help_option(click.Context(command, parent=click.Context(cli, **cli.context_settings)))
    return found.opts if found else []


async def test_what_a_form_puts_into_the_outbox_is_sent_without_waiting_for_the_timetable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.scheduler.POST_SECONDS", 0.01)
    children = Recorder()
    running = scheduler(tmp_path, children)
    running.start()
    await children.until(*CHAIN)
    with closing(open_private(running.settings.private_path)) as private:
        wanted = Criteria.parse("kind=grant")
        now = running.settings.clock()
        request_alert(private, running.settings, "a@b.example", wanted, Frequency.WEEKLY, network="127.0.0.1", now=now)
    await children.until(("send",), ("send",))
    await running.stop()


async def test_a_database_that_fails_for_a_moment_does_not_end_the_scheduler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.scheduler.PAUSE_SECONDS", 0)
    monkeypatch.setattr("schedules.scheduler.POST_SECONDS", 0.01)
    monkeypatch.setattr("schedules.scheduler.GUARD_SECONDS", 0.01)
    children = Recorder()
    running = scheduler(tmp_path, children)
    hidden = running.settings.private_path.rename(tmp_path / "hidden.db")
    running.start()
    async with asyncio.timeout(10):
        while not any("private.db is gone" in line for line in children.lines):
            await asyncio.sleep(0)
    hidden.rename(running.settings.private_path)
    await children.until(*CHAIN)
    assert not any(task.done() for task in running.tasks)
    await running.stop()
