"""A clock that is set while everything runs: jobs run neither never nor twice, nobody is told twice, nothing is
forgotten before its time, and `status` says what is wrong."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Response

from alerts import limits, signup, tokens
from alerts.digests import build
from alerts.matching import match
from alerts.sending import send
from schedules.faults import Faults
from schedules.scheduler import Scheduler
from schedules.service import prepare
from spiders.fetching.witnesses import Witnesses
from tenderbell import timekeeping, troubles
from tenderbell.cli import cli
from tenderbell.clock import stamp, wall_clock
from tenderbell.commands.health import overview
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.keeping import notes
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.timekeeping import Sight, Witness
from tenderbell.vocabulary import Frequency
from tests.alerts.world import World
from tests.schedules.editions import environment, job, settings
from tests.schedules.test_scheduler import CHAIN, FUND, Recorder

DAY = 86_400.0


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def site(folder: Path, *jobs: str) -> Settings:
    found = settings(environment(folder, jobs, fund="http://127.0.0.1:7/feed.xml"))
    prepare(found)
    return found


def heard(folder: Path, **ahead: float) -> None:
    """Let hosts have said how far the clock was ahead, a moment ago."""
    timekeeping.bear_witness(folder, {host: [seconds] for host, seconds in ahead.items()})


# What is known of the clock


@given(set_by=st.lists(st.integers(-(10**8), 10**8), max_size=5), passed=st.floats(0, 10**6))
def test_after_one_answer_of_a_source_it_is_known_how_wrong_the_clock_is(
    tmp_path_factory: pytest.TempPathFactory, set_by: list[int], passed: float
) -> None:
    folder = tmp_path_factory.mktemp("data")
    heard(folder, fund=0.0)
    now, up = wall_clock(), timekeeping.running()
    wrong = timekeeping.error(
        folder,
        clock=lambda: now + timedelta(seconds=passed + sum(set_by)),
        running=lambda: up + passed,
    )
    assert wrong is not None
    assert abs(wrong - timedelta(seconds=sum(set_by))) < timedelta(seconds=3)


def test_one_host_with_a_wrong_clock_makes_nobody_doubt_ours(tmp_path: Path) -> None:
    heard(tmp_path, odd=-9 * DAY)
    assert timekeeping.is_harmful(timekeeping.error(tmp_path))
    heard(tmp_path, fund=2.0)
    assert not timekeeping.is_harmful(timekeeping.error(tmp_path))


def test_what_was_heard_before_the_machine_was_started_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_bytes(msgspec.json.encode(Witness("another", {"fund": Sight(0.0, 1.0)})))
    assert timekeeping.error(tmp_path) is None


def test_an_answer_from_a_cache_is_as_old_as_it_says() -> None:
    witnesses = Witnesses()
    hour_ago = format_datetime(wall_clock() - timedelta(hours=1), usegmt=True)
    for headers in ({"Date": hour_ago, "Age": "3600"}, {"Date": "today"}, {}):
        witnesses.hear(Response("http://fund.example/feed.xml", headers=headers))
    (ahead,) = witnesses.ahead["fund.example"]
    assert abs(ahead) < 5


# What the scheduler does


class Hand:
    """The hand that sets the clock: what `timekeeping.offset` would return."""

    def __init__(self) -> None:
        self.at = timekeeping.offset()

    def __call__(self) -> float:
        return self.at


async def test_while_the_clock_is_days_ahead_digests_wait_and_harvests_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.scheduler.GUARD_SECONDS", 0.01)
    jobs = [job("fund", "harvest county-fund", every_minutes=600), job("digest", "digest", every_minutes=600)]
    found, children, hand = site(tmp_path, *jobs), Recorder(), Hand()
    running = Scheduler(found, children, children.hear, pulse=3600)
    running.faults = Faults(found, children.hear, offset=hand)
    running.start()
    await children.until(FUND, *CHAIN, ("digest",))
    await asyncio.gather(*running.busy.values())
    hand.at += 3 * DAY
    before = len(children.commands)
    for one in running.jobs:
        running.launch(one)
    await children.until(FUND, FUND)
    await asyncio.gather(*running.busy.values())
    assert not [command for command in children.commands[before:] if command[0] in ("digest", "letters")]
    assert any("was set forward by 3 days" in line for line in children.lines)
    assert any("set forward by 3 days" in need for need in overview(found)["needs"])
    digests = children.commands.count(("digest",))
    hand.at -= 3 * DAY
    async with asyncio.timeout(10):
        while not any("This is over: The clock of this machine was set forward" in line for line in children.lines):
            await asyncio.sleep(0.01)
    await children.until(*[("digest",)] * (digests + 1))
    await running.stop()
    assert not [need for need in overview(found)["needs"] if "clock" in need]


async def test_when_the_clock_is_set_back_no_job_waits_for_it_to_catch_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.scheduler.GUARD_SECONDS", 0.01)
    found, children, hand = site(tmp_path, job("send", "send", every_minutes=5)), Recorder(), Hand()
    running = Scheduler(found, children, children.hear, pulse=3600)
    running.faults = Faults(found, children.hear, offset=hand)
    running.start()
    ahead = wall_clock() + timedelta(days=1)
    running.clock.get_job("send").modify(next_run_time=ahead)  # as planned by a clock that was a day ahead
    running._plan(running.jobs[0], ahead)
    hand.at -= DAY
    async with asyncio.timeout(10):
        while running.clock.get_job("send").next_run_time > wall_clock() + timedelta(minutes=6):
            await asyncio.sleep(0.01)
    assert running.clock.get_job("send again").next_run_time < wall_clock() + timedelta(minutes=16)
    await running.stop()


def test_a_jump_that_a_source_confirms_is_no_trouble(tmp_path: Path) -> None:
    lines: list[str] = []
    found, hand = site(tmp_path), Hand()
    faults = Faults(found, lines.append, offset=hand)
    hand.at += 3 * DAY  # the machine had begun with an old time, and has heard the right one
    faults.look()
    assert faults.why_not("digest")
    heard(found.data, fund=1.0)
    assert faults.look() == {"clock"}
    assert faults.why_not("digest") is None


def test_a_clock_that_is_behind_what_was_done_is_told_at_start(tmp_path: Path) -> None:
    found = site(tmp_path, job("send", "send", every_minutes=5))
    running = Scheduler(found, Recorder(), print)
    running.ledger.finish(found.edition.jobs[0], wall_clock() + timedelta(days=2))
    (trouble,) = troubles.troubles(found)
    assert "but something was done at" in trouble.what
    assert trouble.holds("digest")


def test_a_clock_that_stands_still_on_purpose_is_no_trouble(tmp_path: Path) -> None:
    held = replace(site(tmp_path), clock=lambda: datetime(2031, 1, 1, tzinfo=UTC))
    assert troubles.troubles(held) == []


# What is stored


def test_a_clock_ten_years_ahead_forgets_nothing_until_somebody_or_a_source_confirms_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = environment(tmp_path)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    found = site(tmp_path)
    old = wall_clock() - timedelta(days=3650)
    notes.note(replace(found, clock=lambda: old), notes.TIDY, "Tidied.", ok=True)
    for _ in range(2):
        with opened(found) as db, transaction(db):
            db.execute("delete from alarm")
            db.execute("insert into alarm (subject, words, raised_at) values ('x', 'y', ?)", (stamp(old),))
        answer = CliRunner().invoke(cli, ["tidy"])
        assert (answer.exit_code, "Nothing was forgotten" in answer.output) == (1, True), answer.output
        with opened(found) as db:
            assert db.execute("select count(*) from alarm").fetchone()[0] == 1
    assert any("nothing has been tidied since" in need for need in overview(found)["needs"])
    heard(found.data, fund=3.0)
    assert CliRunner().invoke(cli, ["tidy"]).exit_code == 0
    with opened(found) as db:
        assert db.execute("select count(*) from alarm").fetchone()[0] == 0
    notes.note(replace(found, clock=lambda: old), notes.TIDY, "Tidied.", ok=True)
    (found.data / "clock.json").unlink()
    assert CliRunner().invoke(cli, ["tidy", "--clock-is-right"]).exit_code == 0
    heard(found.data, fund=3 * DAY)
    assert CliRunner().invoke(cli, ["tidy"]).exit_code == 1


def opened(found: Settings) -> closing[sqlite3.Connection]:
    return closing(open_private(found.private_path))


def test_forward_three_days_and_back_tells_nobody_twice_and_loses_nothing(world: World) -> None:
    for frequency in (Frequency.INSTANT, Frequency.DAILY, Frequency.WEEKLY):
        world.subscribe(frequency=frequency, address=f"{frequency.value}@example.org")

    def whole_chain() -> None:
        match(world.settings)
        build(world.settings)
        send(world.settings)

    world.publish("tb-1")
    whole_chain()
    world.wait(days=3)
    world.publish("tb-2")
    whole_chain()
    world.wait(days=-3)
    world.publish("tb-3")
    for _ in range(4 * 9):
        world.wait(hours=6)
        whole_chain()
    for frequency in (Frequency.INSTANT, Frequency.DAILY, Frequency.WEEKLY):
        mails = [mail for mail in world.outbox() if mail.message["To"] == f"{frequency.value}@example.org"]
        for number in (1, 2, 3):
            assert sum(f"Grants for tb-{number}" in mail.text for mail in mails) == 1, (frequency, number)
    assert set(world.states()) == {"sent"}


def test_an_email_written_by_a_clock_ahead_does_not_wait_for_that_day(world: World) -> None:
    world.wait(days=3)
    with world.private() as db:
        signup.request_alert(
            db, world.settings, "ann@example.org", Criteria.parse("q=youth"), Frequency.DAILY,
            network="n", now=world.now,
        )  # fmt: skip
    world.wait(days=-3)
    assert send(world.settings).sent == 1


def test_a_link_that_a_jump_seemed_to_end_works_again_when_the_clock_is_back(world: World) -> None:
    with world.private() as db:
        signup.request_alert(
            db, world.settings, "ann@example.org", Criteria.parse("q=youth"), Frequency.DAILY,
            network="n", now=world.now,
        )  # fmt: skip
        token = tokens.make(db, tokens.Scope.CONFIRM, db.execute("select id from request").fetchone()[0])
        world.wait(days=30)
        assert signup.pending(db, token, world.now) is None
        world.wait(days=-30)
        assert signup.pending(db, token, world.now) is not None


def test_forms_that_were_counted_by_a_clock_ahead_lock_nobody_out(world: World) -> None:
    with world.private() as db:
        for _ in range(20):
            limits.count_post(db, "203.0.113.7", world.now + timedelta(days=3))
        limits.count_post(db, "203.0.113.7", world.now)


@pytest.mark.parametrize("year", ["9999", "0001", "1066"])
def test_a_year_that_cannot_be_reckoned_with_is_refused_in_one_sentence(
    year: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENDERBELL_NOW", f"{year}-12-31T23:59:59+00:00")
    answer = CliRunner().invoke(cli, ["status"])
    assert (answer.exit_code, answer.output.count("\n")) == (2, 1)
    assert "is no year from" in answer.output
