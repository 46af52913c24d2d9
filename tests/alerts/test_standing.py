"""The state of an address: its owner learns why nothing comes, and can confirm that it works again."""

import quopri
import re

import pytest

from alerts import follows, profiles, signup, standing, subscribers, suppression
from alerts.profiles import Profile
from tenderbell.database import transaction
from tenderbell.errors import TooManyRequests
from tests.alerts.world import World

ANN = "ann@example.org"


def suppress(world: World, reason: str) -> None:
    with world.private() as db, transaction(db):
        suppression.suppress(db, ANN, reason, world.now)


def ask_again(world: World, profile: Profile) -> bool:
    with world.private() as db:
        owner = subscribers.find(db, profile.subscriber)
        assert owner is not None
        return standing.ask_again(db, world.settings, owner, network="192.0.2.1", now=world.now)


def confirm(world: World) -> None:
    content = world.rows("select content as message from body order by outbox desc limit 1")[0]["message"]
    found = re.search(r"/confirm/(\S+)", quopri.decodestring(content).decode())
    assert found is not None
    with world.private() as db:
        assert signup.confirm(db, world.settings, found[1], world.now) is not None


def test_an_address_that_works_has_nothing_to_be_told(world: World) -> None:
    profile = world.subscribe("q=a")
    with world.private() as db:
        assert standing.standing(db, ANN) is None
    assert not ask_again(world, profile)
    assert world.states() == []


def test_who_confirms_after_bounces_is_written_to_again_with_the_searches_as_they_were(world: World) -> None:
    profile = world.subscribe("q=a")
    suppress(world, "hard")
    with world.private() as db:
        found = standing.standing(db, ANN)
        assert found is not None
        assert (found.can_return, found.since) == (True, world.now)
        assert "came back" in found.words
    assert ask_again(world, profile)
    confirm(world)
    with world.private() as db:
        assert standing.standing(db, ANN) is None
        assert [one.id for one in profiles.current(db, profile.subscriber, world.now)] == [profile.id]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.1.1", "came back: there is no such mailbox"),
        ("5.1.10", "came back: there is no such mailbox"),
        ("5.1.2", "came back: its domain takes no mail"),
        ("5.2.1", "came back: the mailbox is switched off"),
        ("5.0.0", "came back, so we have stopped"),
        ("hard", "came back, so we have stopped"),
    ],
)
def test_the_reason_is_told_in_plain_words(world: World, status: str, words: str) -> None:
    world.subscribe("q=a")
    suppress(world, status)
    with world.private() as db:
        found = standing.standing(db, ANN)
    assert found is not None
    assert words in found.words
    assert status not in found.words


def test_who_only_follows_something_can_confirm_too(world: World) -> None:
    world.publish("one")
    first = world.subscribe("q=a")
    with world.private() as db:
        with transaction(db):
            number = follows.start(db, world.settings, first.subscriber, "one", "One", first.frequency, 7, world.now)
        assert profiles.end_profile(db, world.manage_token(first), first.id, world.now)
    suppress(world, "hard")
    assert ask_again(world, first)
    confirm(world)
    with world.private() as db:
        [left] = profiles.current(db, first.subscriber, world.now)
        assert (left.id, left.reminder_days) == (number, 7)
        assert standing.standing(db, ANN) is None


def test_a_complaint_is_never_lifted(world: World) -> None:
    profile = world.subscribe("q=a")
    suppress(world, suppression.COMPLAINT)
    with world.private() as db:
        found = standing.standing(db, ANN)
        assert found is not None
        assert not found.can_return
    assert not ask_again(world, profile)
    assert world.states() == []


def test_an_address_is_asked_three_times_a_day_at_most_and_the_answer_is_the_same(world: World) -> None:
    profile = world.subscribe("q=a")
    suppress(world, "hard")
    assert [ask_again(world, profile) for _ in range(5)] == [True] * 5
    assert len(world.states()) == 3
    for _ in range(15):
        ask_again(world, profile)
    with pytest.raises(TooManyRequests):
        ask_again(world, profile)


def test_to_confirm_an_address_again_brings_nothing_back_that_was_ended_meanwhile(world: World) -> None:
    profile = world.subscribe("q=a")
    world.subscribe("q=b")
    suppress(world, "5.1.1")
    assert ask_again(world, profile)
    with world.private() as db:
        profiles.end_profile(db, subscribers.manage_token(db, profile.subscriber), profile.id, world.now)
    confirm(world)
    with world.private() as db:
        assert standing.standing(db, ANN) is None
        assert [one.name for one in profiles.current(db, profile.subscriber, world.now)] == ["opportunities about “b”"]
