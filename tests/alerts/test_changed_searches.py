"""Searches that their owner pauses, resumes or edits while something waits (ruling 25)."""

from datetime import date, timedelta

import pytest

from alerts import profiles
from alerts.digests import build
from tenderbell.criteria import Criteria
from tenderbell.vocabulary import Frequency, Stage
from tests.alerts.test_digests import publish_and_match
from tests.alerts.world import World, london


def test_after_a_pause_only_what_is_still_open_is_offered(world: World) -> None:
    profile = world.subscribe("")
    with world.private() as db:
        profiles.pause(db, world.manage_token(profile), profile.id, date(2026, 11, 20), world.now)
    publish_and_match(world, "short", closes_at=world.now + timedelta(days=2))
    publish_and_match(world, "long", closes_at=world.now + timedelta(days=90))
    world.now = london(date(2026, 11, 19), 23)
    assert build(world.settings).digests == 0
    world.now = london(date(2026, 11, 20), 0)
    report = build(world.settings)
    assert (report.digests, report.dropped) == (1, 1)
    assert "Grants for long" in world.outbox()[0].text
    assert "Grants for short" not in world.outbox()[0].text


@pytest.mark.parametrize("again", [False, True], ids=["one pause", "paused twice"])
def test_what_waited_when_a_pause_began_is_offered_only_while_it_is_open(world: World, again: bool) -> None:
    profile = world.subscribe("", Frequency.WEEKLY)
    publish_and_match(world, "short", closes_at=world.now + timedelta(days=9))
    publish_and_match(world, "long", closes_at=world.now + timedelta(days=90))
    world.wait(hours=1)
    pause(world, profile, date(2026, 11, 10))
    if again:
        world.wait(days=1)
        publish_and_match(world, "meanwhile", closes_at=world.now + timedelta(days=1))
        world.wait(hours=1)
        pause(world, profile, date(2026, 11, 20))
    world.now = london(date(2026, 11, 23), 9)
    report = build(world.settings)
    assert (report.matches, report.dropped) == (1, 2 if again else 1)
    assert "Grants for long" in world.outbox()[0].text


def test_what_came_on_the_day_of_resuming_is_offered_only_while_it_is_open(world: World) -> None:
    profile = world.subscribe("", Frequency.DAILY)
    pause(world, profile, date(2026, 11, 20))
    world.wait(hours=1)
    publish_and_match(world, "short", closes_at=world.now + timedelta(hours=2))
    world.wait(hours=1)
    with world.private() as db:
        assert profiles.resume(db, world.manage_token(profile), profile.id, world.now)
    publish_and_match(world, "after", closes_at=world.now + timedelta(hours=2))
    world.wait(days=1)
    report = build(world.settings)
    assert (report.matches, report.dropped) == (1, 1)
    assert world.outbox()[0].subject == "Already over: Grants for after"


def pause(world: World, profile: profiles.Profile, until: date) -> None:
    with world.private() as db:
        assert profiles.pause(db, world.manage_token(profile), profile.id, until, world.now)


def test_resuming_ends_a_pause_at_once(world: World) -> None:
    profile = world.subscribe("")
    token = world.manage_token(profile)
    with world.private() as db:
        profiles.pause(db, token, profile.id, date(2026, 11, 20), world.now)
    publish_and_match(world, "a")
    world.wait(hours=1)
    assert build(world.settings).digests == 0
    with world.private() as db:
        assert profiles.resume(db, token, profile.id, world.now)
    assert build(world.settings).digests == 1


def test_what_waits_for_an_edited_search_is_checked_again(world: World) -> None:
    profile = world.subscribe("q=carers", Frequency.DAILY)
    publish_and_match(world, "a", title="Grants for carers")
    publish_and_match(world, "b", title="Contracts for carers and salt")
    world.wait(minutes=1)
    with world.private() as db:
        profiles.edit(db, world.settings, world.manage_token(profile), profile.id, Criteria(q="salt"), world.now)
    world.wait(days=1)
    report = build(world.settings)
    assert (report.digests, report.matches, report.dropped) == (1, 1, 1)
    assert "Contracts for carers and salt" in world.outbox()[0].text


def test_a_change_is_told_although_the_edited_search_does_not_find_it(world: World) -> None:
    profile = world.subscribe("q=carers", Frequency.DAILY)
    publish_and_match(world, "a", title="Grants for carers")
    build(world.settings, frequency=Frequency.DAILY)
    publish_and_match(world, "a", stage=Stage.CANCELLED)
    world.wait(minutes=1)
    with world.private() as db:
        profiles.edit(db, world.settings, world.manage_token(profile), profile.id, Criteria(q="salt"), world.now)
    world.wait(days=1)
    report = build(world.settings)
    assert (report.digests, report.dropped) == (1, 0)
    assert world.outbox()[1].subject == "Cancelled: Grants for carers"
    assert "Why this: we told you of it before" in world.outbox()[1].text
