"""Digests: when they are written, what they claim, and that no period is written twice."""

from datetime import date, timedelta
from typing import Any

import pytest

from alerts import hidden, periods, profiles
from alerts.digests import build
from alerts.matching import match
from alerts.tokens import Scope
from tenderbell.database import transaction
from tenderbell.vocabulary import Frequency, Stage
from tests.alerts.world import Mail, World, london

MONDAY = date(2026, 11, 9)


def publish_and_match(world: World, *ids: str, **facts: Any) -> None:
    for id in ids:
        world.publish(id, **facts)
    match(world.settings)


def told_at(world: World, mail: Mail) -> str:
    """Return the page of everything that an e-mail told."""
    [row] = world.rows("select id from outbox where message_id = ?", mail.message["message-id"])
    return f"https://bell.example/told/{world.token(Scope.TOLD, row['id'])}"


def told_in(world: World, section: str) -> dict[str, int]:
    """Return the opportunities that any e-mail told in a section, each with whether it was shown."""
    rows = world.rows("select opportunity, shown from match where section = ? and outbox is not null", section)
    return {row["opportunity"]: row["shown"] for row in rows}


def test_nothing_that_waits_means_no_email(world: World) -> None:
    world.subscribe("")
    world.publish("a", silent=True)
    match(world.settings)
    world.wait(days=30)
    assert build(world.settings).digests == 0
    assert world.states() == []


def test_without_a_public_database_nothing_is_built(world: World) -> None:
    assert build(world.settings).digests == 0


def test_instant_alerts_are_gathered_for_fifteen_minutes_after_the_first(world: World) -> None:
    world.subscribe("")
    publish_and_match(world, "a")
    world.wait(minutes=14)
    publish_and_match(world, "b")
    assert build(world.settings).digests == 0
    world.wait(minutes=1)
    assert build(world.settings).digests == 1
    assert build(world.settings).digests == 0
    assert "Grants for a" in world.outbox()[0].text
    assert "Grants for b" in world.outbox()[0].text


@pytest.mark.parametrize("summer", [date(2026, 7, 1), date(2026, 11, 5)])
def test_daily_digests_go_at_half_past_eight_by_a_uk_clock(world: World, summer: date) -> None:
    world.now = london(summer, 7)
    world.subscribe("", Frequency.DAILY)
    publish_and_match(world, "a")
    world.now = london(summer, 8, 29)
    assert build(world.settings).digests == 0
    world.now = london(summer, 8, 30)
    assert build(world.settings).digests == 1


@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_on_clock_change_days_each_of_three_days_has_one_daily_digest(world: World, change: date) -> None:
    world.now = london(change - timedelta(days=2), 12)
    world.subscribe("", Frequency.DAILY)
    sent = []
    for hour in range(4 * 24):
        if hour % 6 == 0:
            publish_and_match(world, f"hour-{hour}")
        world.wait(minutes=30)
        if build(world.settings).digests:
            sent.append(world.now)
        world.wait(minutes=30)
    days = [change + timedelta(days=offset) for offset in (-1, 0, 1, 2)]
    assert sent == [london(day, 8, 30) for day in days]


@pytest.mark.parametrize("monday", [date(2026, 3, 30), date(2026, 10, 26), MONDAY])
def test_weekly_digests_go_on_monday(world: World, monday: date) -> None:
    world.now = london(monday - timedelta(days=5), 12)
    world.subscribe("", Frequency.WEEKLY)
    publish_and_match(world, "a")
    world.now = london(monday - timedelta(days=1), 23, 59)
    assert build(world.settings).digests == 0
    world.now = london(monday, 8, 30)
    assert build(world.settings).digests == 1


def test_a_period_is_built_once_although_more_has_come_since(world: World) -> None:
    world.subscribe("", Frequency.DAILY)
    world.now = london(date(2026, 11, 5), 8, 30)
    publish_and_match(world, "a")
    assert build(world.settings).digests == 1
    publish_and_match(world, "b")
    assert build(world.settings).digests == 0
    assert build(world.settings, frequency=Frequency.DAILY).digests == 0
    world.wait(days=1)
    assert build(world.settings).digests == 1
    assert "Grants for b" in world.outbox()[1].text
    assert "Grants for a" not in world.outbox()[1].text


def test_a_period_that_was_half_built_is_finished_without_repeating_anybody(world: World) -> None:
    for name in ("ann", "bob"):
        world.subscribe("", Frequency.DAILY, f"{name}@example.org")
    world.now = london(date(2026, 11, 5), 8, 30)
    publish_and_match(world, "a")
    with world.private() as db:
        db.execute("update profile set paused_until = '2026-11-06', paused_at = '2026-11-05T08:00:00Z' where id = 2")
    assert build(world.settings).digests == 1
    with world.private() as db:
        db.execute("delete from digest_run")
        db.execute("update profile set paused_until = null, paused_at = null")
    publish_and_match(world, "b")
    assert build(world.settings).digests == 1
    assert [mail.message["to"] for mail in world.outbox()] == ["ann@example.org", "bob@example.org"]


def test_a_run_that_was_missed_is_caught_up_with_everything_that_waits(world: World) -> None:
    world.subscribe("", Frequency.WEEKLY)
    publish_and_match(world, "a")
    world.now = london(MONDAY + timedelta(days=9), 15)
    publish_and_match(world, "b")
    assert build(world.settings).digests == 1
    assert build(world.settings).digests == 0
    assert "Grants for a" in world.outbox()[0].text
    assert "Grants for b" in world.outbox()[0].text


def test_a_weekly_profile_waits_for_its_first_monday(world: World) -> None:
    world.publish("a")
    world.subscribe("", Frequency.WEEKLY)
    assert build(world.settings).digests == 0
    world.now = london(MONDAY, 8, 30)
    assert build(world.settings).digests == 1


def test_asked_for_by_name_a_digest_does_not_wait_for_its_hour(world: World) -> None:
    world.publish("a")
    world.subscribe("", Frequency.WEEKLY)
    assert build(world.settings, frequency=Frequency.DAILY).digests == 0
    assert build(world.settings, frequency=Frequency.WEEKLY).digests == 1


def test_the_first_digest_offers_once_what_is_open_now_and_says_so(world: World) -> None:
    for number in range(25):
        world.publish(f"old-{number:02}", closes_at=world.now + timedelta(days=10 + number))
    world.subscribe("")
    publish_and_match(world, "fresh")
    world.wait(minutes=15)
    build(world.settings)
    [mail] = world.outbox()
    assert mail.subject == "1 new: Grants for fresh and 25 more"
    assert "OPEN NOW, FROM BEFORE YOU SIGNED UP" in mail.text
    assert mail.text.count("Grants for old-") == 20
    assert f"And 5 more: {told_at(world, mail)}#open-now\n" in mail.text
    assert world.waiting() == []
    publish_and_match(world, "old-24", stage=Stage.CANCELLED)
    assert world.waiting() == [("old-24", "cancelled")]


def test_what_closed_before_the_first_digest_is_not_offered_as_open(world: World) -> None:
    world.publish("a", closes_at=world.now + timedelta(days=1))
    world.subscribe("", Frequency.WEEKLY)
    world.now = london(MONDAY, 8, 30)
    report = build(world.settings)
    assert (report.digests, report.dropped) == (0, 1)


def test_one_person_gets_one_email_for_all_searches_that_are_due(world: World) -> None:
    world.subscribe("q=carers", Frequency.DAILY)
    world.subscribe("kind=grant", Frequency.WEEKLY)
    world.now = london(MONDAY, 8)
    publish_and_match(world, "a", title="Grants for carers")
    world.now = london(MONDAY, 8, 30)
    assert build(world.settings).digests == 1
    [mail] = world.outbox()
    assert mail.text.count("Grants for carers\n") == 1
    flowed = " ".join(mail.text.split())
    assert "(your search: opportunities about “carers”)" in flowed
    assert "(your search: grants)" in flowed


def test_the_earliest_profile_tells_and_the_later_one_does_not_repeat_it(world: World) -> None:
    world.subscribe("q=carers", Frequency.WEEKLY)
    world.subscribe("kind=grant", Frequency.INSTANT)
    publish_and_match(world, "a", title="Grants for carers")
    world.wait(minutes=15)
    assert build(world.settings).digests == 1
    assert "your search: opportunities about “carers”" in " ".join(world.outbox()[0].text.split())
    world.now = london(MONDAY, 8, 30)
    assert build(world.settings).digests == 0


def test_new_and_cancelled_within_one_period_is_shown_once_as_cancelled(world: World) -> None:
    world.subscribe("stage=open", Frequency.DAILY)
    publish_and_match(world, "a")
    world.wait(hours=1)
    publish_and_match(world, "a", stage=Stage.CANCELLED, cancel_reason="No money")
    world.wait(days=1)
    build(world.settings)
    [mail] = world.outbox()
    assert mail.subject == "Cancelled: Grants for a"
    assert "Cancelled: No money" in mail.text
    assert mail.text.count("Grants for a\n") == 1


def test_changes_say_what_was_and_what_is(world: World) -> None:
    world.subscribe("")
    publish_and_match(world, "a", closes_at=london(date(2026, 12, 1), 12), value=1000.0)
    build(world.settings, frequency=Frequency.INSTANT)
    publish_and_match(world, "a", closes_at=london(date(2026, 12, 8), 12))
    publish_and_match(world, "a", closes_at=london(date(2026, 12, 15), 0), value=None)
    world.wait(minutes=15)
    build(world.settings)
    flowed = " ".join(world.outbox()[1].text.split())
    assert "Deadline moved from 12 noon, Tuesday 1 December 2026 to 11:59pm, Monday 14 December 2026." in flowed
    assert "The value is no longer stated." in flowed


def test_early_talks_that_open_are_told_to_whoever_heard_of_them(world: World) -> None:
    world.subscribe("")
    publish_and_match(world, "a", stage=Stage.ENGAGEMENT, closes_at=None)
    build(world.settings, frequency=Frequency.INSTANT)
    publish_and_match(world, "a", stage=Stage.OPEN, closes_at=world.now + timedelta(days=40))
    build(world.settings, frequency=Frequency.INSTANT)
    first, second = world.outbox()
    assert told_in(world, "early") == {"a": 1}
    assert first.subject == "Early: Grants for a"
    assert "Now open for applications." in second.text


def test_what_came_and_went_within_a_period_is_told_as_such(world: World) -> None:
    world.subscribe("", Frequency.WEEKLY)
    publish_and_match(world, "a", closes_at=world.now + timedelta(days=2))
    world.now = london(MONDAY, 8, 30)
    build(world.settings)
    assert world.outbox()[0].subject == "Already over: Grants for a"


def test_a_search_that_ended_is_not_told(world: World) -> None:
    profile = world.subscribe("", Frequency.DAILY)
    publish_and_match(world, "a")
    with world.private() as db:
        profiles.end_profile(db, world.manage_token(profile), profile.id, world.now)
    world.wait(days=1)
    assert build(world.settings).digests == 0


def test_an_opportunity_that_is_gone_makes_no_empty_email(world: World) -> None:
    world.subscribe("")
    publish_and_match(world, "a")
    with world.public() as db:
        db.execute("delete from opportunity")
    world.wait(minutes=15)
    report = build(world.settings)
    assert (report.digests, report.dropped) == (0, 1)
    assert world.states() == []


def test_a_section_of_twenty_has_no_more_and_of_twenty_one_has_one(world: World) -> None:
    world.subscribe("")
    publish_and_match(world, *(f"n{number}" for number in range(20)))
    build(world.settings, frequency=Frequency.INSTANT)
    publish_and_match(world, *(f"m{number}" for number in range(21)))
    build(world.settings, frequency=Frequency.INSTANT)
    first, second = world.outbox()
    assert "/told/" not in first.text
    assert f"And 1 more: {told_at(world, second)}#new\n" in second.text
    assert world.waiting() == []
    shown = {id for id, is_shown in told_in(world, "new").items() if is_shown}
    assert (len(told_in(world, "new")), len(shown)) == (41, 40)
    assert all(f"/opportunities/{id}\n" in first.text + second.text for id in shown)


def test_the_latest_period_is_named_by_the_uk_day_it_ends_on() -> None:
    assert periods.latest(Frequency.DAILY, london(date(2026, 3, 29), 8, 29)).name == "2026-03-28"
    assert periods.latest(Frequency.DAILY, london(date(2026, 3, 29), 8, 30)).name == "2026-03-29"
    assert periods.latest(Frequency.WEEKLY, london(MONDAY, 8, 29)).name == "2026-11-02"
    assert periods.latest(Frequency.WEEKLY, london(MONDAY, 8, 30)).name == "2026-11-09"


@pytest.mark.parametrize("missed", range(1, 8))
@pytest.mark.parametrize("start", [date(2026, 3, 26), date(2026, 10, 22)])
def test_what_any_nights_of_a_week_missed_is_told_by_the_first_run_after_them(
    world: World, start: date, missed: int
) -> None:
    world.now = london(start, 12)
    world.subscribe("", Frequency.DAILY)
    for day in range(missed):
        world.now = london(start + timedelta(days=day), 13)
        publish_and_match(world, f"day-{day}", closes_at=world.now + timedelta(days=60))
    world.now = london(start + timedelta(days=missed), 8, 29)
    latest = periods.latest(Frequency.DAILY, world.now)
    world.now = london(start + timedelta(days=missed), 8, 30)
    assert periods.latest(Frequency.DAILY, world.now).name != latest.name
    assert build(world.settings).digests == 1
    assert build(world.settings).digests == 0
    assert set(told_in(world, "new")) == {f"day-{day}" for day in range(missed)}


def test_what_somebody_hid_is_told_neither_as_news_nor_as_a_change(world: World) -> None:
    profile = world.subscribe("")
    publish_and_match(world, "a", "b")
    with world.private() as db, transaction(db):
        hidden.hide(db, profile.subscriber, "a", world.now)
    build(world.settings, frequency=Frequency.INSTANT)
    assert set(told_in(world, "new")) == {"b"}
    with world.private() as db, transaction(db):
        hidden.hide(db, profile.subscriber, "b", world.now)
    publish_and_match(world, "b", stage=Stage.CANCELLED)
    report = build(world.settings, frequency=Frequency.INSTANT)
    assert (report.digests, report.dropped) == (0, 1)


def test_awards_have_a_section_and_go_only_to_who_wants_them(world: World) -> None:
    for name in ("ann", "bob"):
        world.subscribe("", address=f"{name}@example.org")
    with world.private() as db:
        db.execute("update profile set awards = 1 where id = 1")
    publish_and_match(world, "a")
    build(world.settings, frequency=Frequency.INSTANT)
    publish_and_match(world, "a", stage=Stage.AWARDED)
    assert build(world.settings, frequency=Frequency.INSTANT).digests == 1
    mail = world.outbox()[-1]
    assert (mail.message["to"], mail.subject) == ("ann@example.org", "Awarded: Grants for a")
    assert told_in(world, "awards") == {"a": 1}
    assert "\nAWARDED\n" in mail.text
