"""Matching: who is told of what, and that it is decided once."""

from datetime import timedelta
from typing import Any

import pytest

from alerts import matching, profiles
from alerts.digests import build
from alerts.matching import match
from alerts.sending import send
from tenderbell.compiling.events import Happening
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.vocabulary import EventType, Frequency, Stage
from tests.alerts.world import World


def test_nothing_happens_while_there_is_no_public_database(world: World) -> None:
    assert match(world.settings).events == 0


def test_a_new_opportunity_that_fits_is_matched_once(world: World) -> None:
    world.subscribe("q=carers")
    world.publish("a", title="Support for carers")
    world.publish("b", title="Road salt")
    assert match(world.settings).matches == 1
    assert match(world.settings).matches == 0
    assert world.waiting() == [("a", "new")]


def test_a_backfill_tells_nobody_and_is_not_read_again(world: World) -> None:
    world.subscribe("")
    world.publish("a", silent=True)
    report = match(world.settings)
    assert (report.events, report.matches) == (1, 0)
    assert match(world.settings).events == 0


def test_what_happened_before_confirming_is_only_offered_as_open_now(world: World) -> None:
    world.publish("a")
    world.publish("closed", closes_at=world.now - timedelta(days=1))
    world.publish("early", stage=Stage.ENGAGEMENT, closes_at=None)
    world.subscribe("")
    assert world.waiting() == [("a", "first")]
    assert match(world.settings).matches == 0


@pytest.mark.parametrize("stage", [Stage.CLOSED, Stage.AWARDED, Stage.CANCELLED])
def test_what_is_over_is_new_to_nobody(world: World, stage: Stage) -> None:
    world.subscribe("")
    world.publish("a", stage=stage)
    world.publish("late", closes_at=world.now)
    assert match(world.settings).matches == 0


def test_an_old_opportunity_is_new_to_whom_it_fits_only_after_a_change(world: World) -> None:
    world.publish("a", title="Support for families")
    world.subscribe("q=carers")
    world.publish("a", title="Support for families and carers")
    match(world.settings)
    assert world.waiting() == [("a", "new")]


def test_changes_go_to_whoever_was_told_also_when_it_fits_no_longer(world: World) -> None:
    world.subscribe("stage=open&q=carers")
    world.subscribe("stage=open&q=salt", address="bob@example.org")
    world.publish("a", title="Support for carers")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    world.publish("a", closes_at=world.now + timedelta(days=60))
    world.publish("a", stage=Stage.CANCELLED)
    match(world.settings)
    assert world.waiting() == [("a", "deadline"), ("a", "cancelled")]


def test_a_cancellation_reaches_who_was_told_by_a_search_that_has_ended(world: World) -> None:
    told = world.subscribe("q=carers")
    other = world.subscribe("q=salt")
    world.subscribe("stage=awarded&q=roads")
    world.subscribe("q=salt", address="bob@example.org")
    world.publish("a", title="Support for carers")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    send(world.settings)
    with world.private() as db:
        profiles.end_profile(db, world.manage_token(told), told.id, world.now)
    world.publish("a", stage=Stage.CANCELLED)
    world.publish("a", stage=Stage.AWARDED)
    match(world.settings)
    rows = world.rows("select profile, type from match where state = 'waiting'")
    assert [tuple(row) for row in rows] == [(other.id, "cancelled")]


def test_an_award_does_not_reach_who_was_told_by_a_search_that_has_ended(world: World) -> None:
    told = world.subscribe("q=carers")
    world.subscribe("stage=awarded&q=roads")
    world.publish("a", title="Support for carers")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    send(world.settings)
    with world.private() as db:
        profiles.end_profile(db, world.manage_token(told), told.id, world.now)
    world.publish("a", stage=Stage.AWARDED)
    assert match(world.settings).matches == 0


def test_a_cancellation_that_waits_is_told_although_its_search_ends_before_the_digest(world: World) -> None:
    told = world.subscribe("q=carers", Frequency.WEEKLY)
    other = world.subscribe("q=salt", Frequency.WEEKLY)
    world.publish("a", title="Support for carers")
    match(world.settings)
    build(world.settings, frequency=Frequency.WEEKLY)
    send(world.settings)
    world.publish("a", stage=Stage.CANCELLED)
    world.publish("b", title="Other carers")
    match(world.settings)
    assert world.waiting() == [("b", "new"), ("a", "cancelled")]
    with world.private() as db:
        assert profiles.end_profile(db, world.manage_token(told), told.id, world.now)
    rows = world.rows("select profile, type from match where state = 'waiting'")
    assert [tuple(row) for row in rows] == [(other.id, "cancelled")]
    with world.private() as db:
        assert profiles.end_profile(db, world.manage_token(other), other.id, world.now)
    assert world.waiting() == []


def test_a_change_of_wording_tells_nobody_who_was_told(world: World) -> None:
    world.subscribe("")
    world.publish("a")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    world.publish("a", description="Now with a longer description.")
    assert match(world.settings).matches == 0


def test_awards_go_only_to_whom_asked_for_them(world: World) -> None:
    world.subscribe("stage=open", address="ann@example.org")
    asked = world.subscribe("stage=open&stage=awarded", address="bob@example.org")
    world.publish("a")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    world.publish("a", stage=Stage.AWARDED)
    match(world.settings)
    rows = world.rows("select profile, type from match where state = 'waiting'")
    assert [tuple(row) for row in rows] == [(asked.id, "awarded")]


def test_who_was_told_of_a_merged_opportunity_was_told_of_both(world: World) -> None:
    world.subscribe("")
    world.publish("a", title="One thing")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    world.publish("b", title="The same thing")
    with world.public() as db, transaction(db):
        db.execute("delete from opportunity where id = 'a'")
        db.execute("insert into redirect (id, opportunity) values ('a', 'b')")
    assert match(world.settings).matches == 0
    world.publish("b", stage=Stage.CANCELLED)
    match(world.settings)
    assert world.waiting() == [("b", "cancelled")]


def test_events_that_came_while_paused_wait(world: World) -> None:
    profile = world.subscribe("")
    with world.private() as db:
        profiles.pause(db, world.manage_token(profile), profile.id, world.now.date() + timedelta(days=3), world.now)
    world.publish("a")
    assert match(world.settings).matches == 1
    world.wait(days=1)
    assert build(world.settings).digests == 0
    world.wait(days=3)
    assert build(world.settings).digests == 1


def test_a_profile_that_starts_while_the_matcher_works_misses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process confirms between the reading of the profiles and the writing of the matches. It saw the events
    up to `a`; `b` came after it, and lies in the batch that is being matched."""
    world.publish("a", title="Carers")
    with world.public() as public:
        seen = public.execute("select max(number) from event").fetchone()[0]
    find_candidates = matching._candidates
    late: list[int] = []

    def interrupted(*arguments: Any) -> Any:
        found = find_candidates(*arguments)
        if not late:
            late.append(world.subscribe("q=carers").id)
            with world.private() as db:
                db.execute("delete from match")
                db.execute("update profile set watermark = ?", (seen,))
        return found

    world.publish("b", title="Carers again")
    monkeypatch.setattr(matching, "_candidates", interrupted)
    match(world.settings)
    rows = world.rows("select profile, opportunity from match where type = 'new'")
    assert [tuple(row) for row in rows] == [(late[0], "b")]


def test_the_same_search_of_many_people_is_matched_for_each(world: World) -> None:
    for name in range(5):
        world.subscribe("q=carers&stage=open", address=f"person{name}@example.org")
    world.publish("a", title="Carers")
    assert match(world.settings).matches == 5


def test_two_events_of_one_opportunity_in_one_batch_are_new_and_then_changed(world: World) -> None:
    world.subscribe("")
    world.publish("a")
    world.happen("a", Happening(EventType.VALUE, "1", "2"))
    match(world.settings)
    assert world.waiting() == [("a", "new"), ("a", "value")]


def test_an_edited_search_is_matched_by_what_it_is_now(world: World) -> None:
    profile = world.subscribe("q=salt")
    with world.private() as db:
        token = world.manage_token(profile)
        assert profiles.edit(db, world.settings, token, profile.id, Criteria.parse("q=carers"), world.now)
    world.publish("a", title="Carers")
    assert match(world.settings).matches == 1


def test_thousands_of_people_with_one_hostile_search_are_told_of_it_once_and_in_no_time(world: World) -> None:
    """The search is parsed and run once, however many saved it; so it is after the news and after a change."""
    hostile = Criteria(q='carers OR "\'; drop table match; --" -"*"  near(a b) ' + "x" * 400).canonical(profile=True)
    people = 3_000
    with world.private() as db, transaction(db):
        db.executemany(
            "insert into subscriber (id, email, address, created_at) values (?1, 'p' || ?1, 'p' || ?1, '2026')",
            [(number,) for number in range(1, people + 1)],
        )
        db.execute(
            "insert into profile (subscriber, name, criteria, frequency, watermark, created_at) "
            "select id, '', ?, 'daily', 0, '2026' from subscriber",
            (hostile,),
        )
    world.publish("a", title="Carers near a b " + "x" * 400)
    world.publish("b", title="Something else")
    report = match(world.settings)
    assert report.matches == people
    world.publish("a", stage=Stage.CANCELLED)
    assert match(world.settings).matches == people
    assert match(world.settings).matches == 0
    assert len(world.rows("select distinct profile, opportunity, event from match")) == 2 * people
