"""Killed at any point and started again: nothing lost, nothing twice (at most the one message in flight)."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts.digests import build
from alerts.matching import match
from alerts.sending import send
from tenderbell.vocabulary import Frequency
from tests.alerts.dying import dies
from tests.alerts.postbox import Postbox, serving
from tests.alerts.queued import queue_for, send_to
from tests.alerts.test_pace import limited
from tests.alerts.test_signing import RSA, signing, verifies
from tests.alerts.world import World

pytestmark = pytest.mark.kill


def worlds(folder: Path, action: Callable[[World], object], prepare: Callable[[World], None]) -> Iterator[World]:
    """Yield a world for each point at which `action` can die, dead at that point; the last one came to its end."""
    for at in range(1, 500):
        place = folder / str(at)
        place.mkdir()
        world = World(place)
        prepare(world)
        died = dies(lambda world=world: action(world), at)  # type: ignore[misc]
        yield world
        if not died:
            assert at > 3, "there was hardly a point to die at"
            return


def two_people(world: World) -> None:
    for name in ("ann", "bob"):
        world.subscribe("", address=f"{name}@example.org")
    world.publish("a")
    world.publish("b")


def matched(world: World) -> None:
    two_people(world)
    match(world.settings)
    world.wait(minutes=15)


def built(world: World) -> None:
    matched(world)
    build(world.settings)


@pytest.mark.slow
def test_a_matcher_that_dies_anywhere_loses_and_repeats_nothing(tmp_path: Path) -> None:
    for world in worlds(tmp_path, lambda world: match(world.settings), two_people):
        match(world.settings)
        rows = world.rows("select profile, opportunity from match order by 1, 2")
        assert [tuple(row) for row in rows] == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]


def test_a_digester_that_dies_anywhere_loses_and_repeats_nothing(tmp_path: Path) -> None:
    for world in worlds(tmp_path, lambda world: build(world.settings), matched):
        build(world.settings)
        rows = world.rows(
            "select o.email, count(*) as told from outbox o join match m on m.outbox = o.id group by o.id order by 1"
        )
        assert [tuple(row) for row in rows] == [("ann@example.org", 2), ("bob@example.org", 2)]


def test_a_run_of_a_period_that_dies_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    def daily(world: World) -> None:
        for name in ("ann", "bob"):
            world.subscribe("", Frequency.DAILY, f"{name}@example.org")
        world.publish("a")
        match(world.settings)
        world.wait(days=1)

    for world in worlds(tmp_path, lambda world: build(world.settings), daily):
        build(world.settings)
        assert len(world.outbox()) == 2
        assert len(world.rows("select * from digest_run")) == 2


def test_a_sender_that_dies_anywhere_loses_nothing_and_repeats_at_most_one(tmp_path: Path) -> None:
    repeated = 0
    with serving(Postbox()) as box:

        def post(world: World) -> object:
            return send(dataclasses.replace(world.settings, mail=box.url))

        for world in worlds(tmp_path, post, built):
            post(world)
            world.wait(minutes=16)
            post(world)
            assert world.states() == ["sent", "sent"]
            counts = Counter(recipient for _, recipient, _ in box.accepted)
            assert set(counts) == {"ann@example.org", "bob@example.org"}
            assert sum(counts.values()) <= 3
            repeated += sum(counts.values()) - 2
            box.accepted.clear()
    assert repeated > 0, "no process died between the server's yes and its note of it"


@pytest.mark.parametrize("limits", [{}, {"per_second": 200, "domain_per_minute": 1, "per_day": 2}])
def test_a_sender_that_signs_and_keeps_a_pace_loses_nothing_wherever_it_dies(
    tmp_path: Path, limits: dict[str, float]
) -> None:
    def queued(world: World) -> None:
        queue_for(signing(limited(world, **limits)), ["ann@a.example", "bob@b.example", "cat@b.example"])

    with serving(Postbox()) as box:
        for world in worlds(tmp_path, lambda world: send_to(world, box), queued):
            for _ in range(9):
                send_to(world, box)
                world.wait(hours=12)
            assert world.states() == ["sent"] * 3
            counts = Counter(recipient for _, recipient, _ in box.accepted)
            assert len(counts) == 3
            assert sum(counts.values()) <= 4
            assert all(verifies(content, RSA) for _, _, content in box.accepted)
            box.accepted.clear()


def test_a_folder_holds_each_message_once_wherever_its_writer_died(tmp_path: Path) -> None:
    for world in worlds(tmp_path, lambda world: send(world.settings), built):
        send(world.settings)
        world.wait(minutes=16)
        send(world.settings)
        assert world.states() == ["sent", "sent"]
        assert len(world.delivered()) == 2
