"""Reminders of searches: of what the search has told and still finds, once for a deadline, once more if it moves."""

from datetime import date, timedelta

import pytest

from alerts import hidden, profiles
from alerts.digests import build
from alerts.matching import match
from tenderbell.database import transaction
from tenderbell.vocabulary import Frequency, Stage
from tests.alerts.world import World, london

CLOSES = london(date(2026, 11, 20), 12)


def reminded(world: World, query: str = "q=carers", days: int | None = 7) -> profiles.Profile:
    """Subscribe with a reminder and be told of one thing that closes on 20 November, on 4 November."""
    profile = world.subscribe(query, Frequency.DAILY)
    with world.private() as db:
        db.execute("update profile set reminder_days = ? where id = ?", (days, profile.id))
    world.publish("a", title="Young carers", closes_at=CLOSES)
    match(world.settings)
    build(world.settings, frequency=Frequency.DAILY)
    assert len(world.outbox()) == 1
    return profile


def later_subjects(world: World, *days: date) -> list[str]:
    """Build every morning of these days, twice, and return the subjects of what came after the first e-mail."""
    for day in days:
        world.now = london(day, 8, 30)
        match(world.settings)
        build(world.settings)
        build(world.settings)
    return [mail.subject for mail in world.outbox()[1:]]


def november(first: int, last: int = 30) -> list[date]:
    return [date(2026, 11, day) for day in range(first, last + 1)]


def test_a_search_reminds_once_of_what_it_told(world: World) -> None:
    reminded(world)
    assert later_subjects(world, *november(5, 12)) == []
    assert later_subjects(world, *november(13)) == ["Closes Fri 20 November: Young carers"]
    assert "Why this: “carers” in the title" in world.outbox()[1].text
    assert [tuple(row) for row in world.rows("select section, shown from match where type = 'closing'")] == [
        ("closing", 1)
    ]


def test_a_search_without_the_wish_reminds_of_nothing(world: World) -> None:
    reminded(world, days=None)
    assert later_subjects(world, *november(5)) == []


def test_nothing_reminds_on_the_day_it_was_told_or_of_what_was_told_later_than_that(world: World) -> None:
    world.now = london(date(2026, 11, 13), 9)
    reminded(world)
    assert later_subjects(world, *november(14)) == []


def test_a_deadline_that_moved_is_reminded_of_once_more_and_then_no_more(world: World) -> None:
    reminded(world)
    later_subjects(world, *november(5, 13))
    for days in (20, 40):
        world.publish("a", closes_at=CLOSES + timedelta(days=days))
        later_subjects(world, *(date(2026, 11, 14) + timedelta(days=days - 20 + day) for day in range(20)))
    subjects = [mail.subject.partition(":")[0] for mail in world.outbox()[1:]]
    assert subjects == ["Closes Fri 20 November", "Deadline changed", "Closes Thu 10 December", "Deadline changed"]


def test_what_was_hidden_is_not_reminded_of(world: World) -> None:
    profile = reminded(world)
    with world.private() as db, transaction(db):
        hidden.hide(db, profile.subscriber, "a", world.now)
    assert later_subjects(world, *november(5)) == []


@pytest.mark.parametrize("facts", [{"title": "Salt"}, {"stage": Stage.CANCELLED}, {"closes_at": None}])
def test_what_the_search_finds_no_more_is_not_reminded_of(world: World, facts: dict[str, object]) -> None:
    reminded(world)
    world.publish("a", silent=True, **facts)
    assert later_subjects(world, *november(5)) == []


def test_two_searches_of_one_person_remind_once(world: World) -> None:
    reminded(world)
    world.subscribe("q=young", Frequency.WEEKLY)
    with world.private() as db:
        db.execute("update profile set reminder_days = 14")
        db.execute("update profile set reminder_days = 7 where id = 1")
    subjects = later_subjects(world, *november(5))
    assert [subject for subject in subjects if subject.startswith("Closes")] == ["Closes Fri 20 November: Young carers"]


def test_what_was_merged_is_still_reminded_of(world: World) -> None:
    reminded(world)
    world.publish("kept", title="Carers, kept", closes_at=CLOSES, silent=True)
    with world.public() as db, transaction(db):
        db.execute("delete from opportunity where id = 'a'")
        db.execute("insert into redirect (id, opportunity) values ('a', 'kept')")
    assert later_subjects(world, *november(5)) == ["Closes Fri 20 November: Carers, kept"]
