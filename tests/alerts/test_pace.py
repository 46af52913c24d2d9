"""Pace: what the edition allows, whoever sends and however often it was started again; and whose turn it is."""

import dataclasses
import os
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import suppression
from alerts.outbox import Sort
from alerts.pace import LEASE, Pace, time_to_wait
from alerts.sending import SendReport, send
from alerts.turns import UNASKED, Turns
from tenderbell.clock import stamp
from tenderbell.edition import Mail
from tests.alerts import postbox
from tests.alerts.postbox import Postbox, serving
from tests.alerts.queued import queue, queue_for, send_to
from tests.alerts.world import World


def limited(world: World, **limits: float) -> World:
    """Give the edition limits."""
    edition = Path(world.settings.edition_name)
    lines = "".join(f"{name} = {value}\n" for name, value in limits.items())
    edition.write_text(edition.read_text().replace("[mail]\n", f"[mail]\n{lines}"))
    world.settings = dataclasses.replace(world.settings)
    return world


def recipients(box: Postbox) -> list[str]:
    return [recipient for _, recipient, _ in box.accepted]


class Sleeps:
    """Notes for how long it was asked to wait, and moves the clock that the pace goes by instead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.total = 0.0
        self.times = 0
        monkeypatch.setattr("alerts.taking.monotonic", lambda: 1000 + self.total)

    async def __call__(self, seconds: float) -> None:
        self.total += seconds
        self.times += 1


def test_messages_keep_their_distance(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(limited(world, per_second=10), 20)
    sleeps = Sleeps(monkeypatch)
    assert send(world.settings, sleep=sleeps).sent == 20
    assert sleeps.total == pytest.approx(19 / 10, abs=0.001)


def test_a_sender_that_is_started_again_keeps_the_distance(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(limited(world, per_second=0.5), 3)
    sleeps = Sleeps(monkeypatch)
    for _ in range(3):
        assert send(world.settings, limit=1, sleep=sleeps).sent == 1
    assert sleeps.total == pytest.approx(4, abs=0.001)


def test_nothing_waits_without_a_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(world, 20)
    sleeps = Sleeps(monkeypatch)
    assert send(world.settings, sleep=sleeps).sent == 20
    assert sleeps.times == 0


@given(free=st.integers(0, 10**12), now=st.integers(0, 10**12), gap=st.integers(1, 10**8))
def test_nobody_waits_longer_than_one_distance(free: int, now: int, gap: int) -> None:
    assert 0 <= time_to_wait(free, now, gap) <= gap


def test_a_moment_noted_before_the_machine_was_started_again_counts_for_nothing() -> None:
    assert time_to_wait(free=10**12, now=5, gap=1000) == 0


def test_a_day_has_so_many_messages_and_the_next_day_the_rest(world: World) -> None:
    queue(limited(world, per_day=3), 8)
    with serving(Postbox()) as box:
        assert send_to(world, box) == SendReport(sent=3, held=5)
        world.wait(hours=14)
        assert send_to(world, box) == SendReport()
        world.wait(hours=1, minutes=1)
        assert send_to(world, box) == SendReport(sent=3, held=2)
        world.wait(days=1)
        assert send_to(world, box) == SendReport(sent=2)
    assert recipients(box) == [f"person{n}@example.org" for n in range(8)]


def test_what_another_sender_sent_today_counts_and_what_it_sent_yesterday_does_not(world: World) -> None:
    queue(limited(world, per_day=5), 9)
    with world.private() as db:
        db.execute("update outbox set state = 'sent', done_at = ? where id <= 2", (stamp(world.now),))
        db.execute("update outbox set state = 'sent', done_at = '2026-11-03T23:59:59Z' where id = 3")
        db.execute("update outbox set state = 'sending', lease_until = ? where id = 4", (stamp(world.now + LEASE),))
    assert send(world.settings) == SendReport(sent=2, held=3)


def test_a_doubtful_message_counts_for_the_day_on_which_it_was_on_its_way(world: World) -> None:
    queue(limited(world, per_day=2), 3)
    with serving(Postbox(postbox.DROP_AFTER_DATA)) as box:
        report = send_to(world, box)
        assert (report.unknown, report.sent, report.held) == (1, 1, 1)


def test_the_day_of_a_clock_change_has_25_hours(world: World) -> None:
    mail = Mail(name="x", address="a@bell.example", per_day=0)
    with world.private() as db:
        over = Pace(mail).day_is_over(db, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
        assert over == datetime(2026, 10, 26, tzinfo=UTC)
        assert Pace(mail).day_is_over(db, datetime(2026, 10, 24, 23, 30, tzinfo=UTC)) == over


def test_a_message_that_only_waited_its_turn_has_not_failed(world: World) -> None:
    queue(limited(world, per_day=1), 5)
    with serving(Postbox(*[postbox.ACCEPT] * 4, postbox.LATER_AT_DATA)) as box:
        for _ in range(5):
            send_to(world, box)
            world.wait(days=1)
        assert send_to(world, box).sent == 1
    assert world.states() == ["sent"] * 5


def test_a_mail_domain_gets_so_many_a_minute_while_others_go_on(world: World) -> None:
    names = [f"a{n}@big.example" for n in range(5)] + [f"b{n}@small{n}.example" for n in range(3)]
    queue_for(limited(world, domain_per_minute=2), names)
    with serving(Postbox()) as box:
        assert send_to(world, box) == SendReport(sent=5, held=3)
        world.wait(seconds=60)
        assert send_to(world, box) == SendReport()
        world.wait(seconds=1)
        assert send_to(world, box) == SendReport(sent=2, held=1)
        world.wait(seconds=61)
        assert send_to(world, box) == SendReport(sent=1)
    assert [name for name in recipients(box) if "big" in name] == [f"a{n}@big.example" for n in range(5)]


@settings(max_examples=15, deadline=None)
@given(
    most=st.integers(1, 4),
    steps=st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["big", "small"]), st.integers(0, 4)), max_size=12),
)
def test_no_minute_has_more_and_nothing_starves(
    tmp_path_factory: pytest.TempPathFactory, most: int, steps: list[tuple[int, str, int]]
) -> None:
    world = limited(World(tmp_path_factory.mktemp("minute")), domain_per_minute=most)
    for seconds, domain, count in [*steps, *[(61, "big", 0)] * 50]:
        world.wait(seconds=seconds)
        queue_for(world, [f"p@{domain}.example"] * count)
        send(world.settings)
        if set(world.states()) <= {"sent"} and seconds == 61:
            break
    rows = world.rows("select id, address, done_at, state from outbox order by done_at, id")
    assert {row["state"] for row in rows} <= {"sent"}
    for domain in ("big", "small"):
        mine = [row for row in rows if domain in row["address"]]
        times = [datetime.fromisoformat(row["done_at"]) for row in mine]
        assert all(later - time > timedelta(seconds=60) for time, later in zip(times, times[most:], strict=False))
        assert [row["id"] for row in mine] == sorted(row["id"] for row in mine)


def test_domains_take_turns_and_each_is_served_in_order() -> None:
    turns = Turns()
    turns.fill([(1, "big", "digest"), (2, "big", "digest"), (3, "big", "digest"), (4, "small", "digest")])
    assert [turns.next() for _ in range(5)] == [(1, "big"), (4, "small"), (2, "big"), (3, "big"), None]


def test_what_was_asked_for_does_not_wait_for_all_that_comes_by_itself() -> None:
    turns = Turns()
    turns.fill([*((number, "big", "digest") for number in range(100)), (100, "big", "confirmation")])
    assert (100, "big") in [turns.next() for _ in range(2)]


def test_a_new_order_leaves_the_lanes_their_turn() -> None:
    turns = Turns()
    turns.fill([(1, "big", "digest"), (2, "big", "digest"), (3, "small", "digest")])
    assert turns.next() == (1, "big")
    turns.fill([(2, "big", "digest"), (3, "small", "digest"), (4, "new", "digest")])
    assert [turns.next() for _ in range(3)] == [(3, "small"), (2, "big"), (4, "new")]


_WAITING = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(list(Sort))), max_size=40)


@given(waiting=_WAITING)
def test_every_message_has_its_turn_once_and_in_its_lanes_order(waiting: list[tuple[str, Sort]]) -> None:
    turns = Turns()
    turns.fill([(number, domain, sort) for number, (domain, sort) in enumerate(waiting)])
    found = list(iter(turns.next, None))
    assert sorted(number for number, _ in found) == list(range(len(waiting)))
    assert not turns
    asked = [(domain, sort in UNASKED) for domain, sort in waiting]
    for lane in set(asked):
        mine = [number for number, _ in found if asked[number] == lane]
        assert mine == sorted(mine)


def together(*actions: Callable[[], object]) -> None:
    """Run each action in a process of its own, at the same time, to its end."""
    children = []
    for action in actions:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                action()
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * len(children)


def test_three_processes_at_once_send_each_message_once_and_keep_the_day(world: World) -> None:
    queue(limited(world, per_day=50), 80)
    with serving(Postbox()) as box:
        together(*[lambda: send_to(world, box)] * 3)
    assert len(set(recipients(box))) == len(recipients(box)) == 50
    assert Counter(world.states()) == {"sent": 50, "pending": 30}


def test_two_processes_at_once_keep_the_minute_of_a_domain_and_the_distance(world: World) -> None:
    queue(limited(world, domain_per_minute=7, per_second=50), 30)
    with serving(Postbox()) as box:
        together(*[lambda: send_to(world, box)] * 2)
    assert len(recipients(box)) == len(set(recipients(box))) == 7


def test_a_server_that_turns_us_away_rests_longer_each_time_until_it_takes_something(world: World) -> None:
    queue(world, 8)
    with serving(Postbox(*[postbox.BUSY] * 3)) as box:
        assert "Too busy" in str(send_to(world, box).problem)
        assert "left alone until 9:01am" in str(send_to(world, box).problem)
        world.wait(minutes=1)
        assert "Too busy" in str(send_to(world, box).problem)
        world.wait(minutes=1)
        assert "left alone" in str(send_to(world, box).problem)
        world.wait(minutes=1)
        assert "Too busy" in str(send_to(world, box).problem)
        world.wait(minutes=4)
        assert send_to(world, box).problem is None
        assert world.rows("select * from step where name like 'rest%'") == []


def test_another_server_is_tried_at_once(world: World) -> None:
    queue(world, 2)
    with serving(Postbox(postbox.BUSY)) as busy, serving(Postbox()) as other:
        assert send_to(world, busy).problem is not None
        assert send_to(world, other).sent == 1


def test_a_server_that_puts_off_everything_is_not_asked_about_everything(world: World) -> None:
    queue(world, 200)
    with serving(Postbox(*[postbox.LATER_AT_RECIPIENT] * 200)) as box:
        report = send_to(world, box)
    assert 20 <= report.later <= 24
    assert report.problem is not None


def test_greylisting_of_some_holds_up_nobody_else(world: World) -> None:
    queue(world, 100)
    with serving(Postbox(*[postbox.LATER_AT_RECIPIENT, postbox.ACCEPT] * 50)) as box:
        report = send_to(world, box)
        assert (report.sent, report.later, report.problem) == (50, 50, None)
        world.wait(minutes=6)
        assert send_to(world, box).sent == 50


def test_what_a_server_says_brings_no_address_into_the_report_or_the_file(world: World) -> None:
    queue(world)
    with serving(Postbox("550 <person0@example.org> at MAIL")) as box:
        report = send_to(world, box)
    assert not re.search(r"\S@\S", str(report))
    assert not re.search(r"\S@\S", str(world.rows("select reply from outbox")[0]["reply"]))
    assert "550" in str(report.problem)


def test_what_waited_for_its_turn_is_still_asked_whether_it_is_wanted(world: World) -> None:
    queue_for(limited(world, domain_per_minute=1), ["a@big.example", "b@big.example"], Sort.RECEIPT)
    with serving(Postbox()) as box:
        assert send_to(world, box).held == 1
        with world.private() as db:
            suppression.suppress(db, "b@big.example", suppression.COMPLAINT, world.now)
        world.wait(minutes=2)
        assert send_to(world, box).withdrawn == 1
    assert recipients(box) == ["a@big.example"]
