"""Following one opportunity: its changes, a reminder before it closes, and an end by itself."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from alerts import hidden, profiles, queue, retention, signup, subjects, tokens, unsubscribe
from alerts.digests import build
from alerts.follows import reminders_left
from alerts.matching import match
from alerts.profiles import Profile
from alerts.sending import send
from alerts.tokens import Scope
from tenderbell.compiling.events import Happening
from tenderbell.database import transaction
from tenderbell.opportunity import Opportunity, find, ids_of
from tenderbell.vocabulary import EventType, Frequency, Stage
from tests.alerts.test_dying import worlds
from tests.alerts.world import World, london

ANN = "ann@example.org"


def follow(
    world: World, id: str, *, reminder: int | None = 7, frequency: Frequency = Frequency.DAILY, address: str = ANN
) -> Profile:
    """Ask to follow, and press the button of the e-mail."""
    with world.private() as db, world.public() as public:
        found = find(public, id)
        assert found is not None
        network = f"network of {address}"
        signup.request_follow(db, world.settings, address, found, reminder, frequency, network=network, now=world.now)
        request = db.execute("select max(id) from request").fetchone()[0]
        profile = signup.confirm(db, world.settings, tokens.make(db, Scope.CONFIRM, request), world.now)
        assert profile is not None
        with transaction(db):
            db.execute("delete from outbox where sort = 'confirmation'")
            db.execute("delete from form_hit")
    return profile


def tell(world: World) -> list[str]:
    """Match, build what is due tomorrow at nine, send it, and return the subjects of all digests until now."""
    match(world.settings)
    world.wait(days=1)
    build(world.settings)
    send(world.settings)
    return [mail.subject for mail in world.outbox()]


def living(world: World) -> list[str]:
    return [row["follows"] for row in world.rows("select follows from profile where ended_at is null order by id")]


def test_whoever_follows_hears_of_changes_that_no_search_of_theirs_finds(world: World) -> None:
    world.publish("a", title="Hall roofs")
    profile = follow(world, "a")
    assert (profile.follows, profile.name, profile.reminder_days) == ("a", "Hall roofs", 7)
    world.publish("a", closes_at=world.now + timedelta(days=50))
    world.publish("b", title="Another")
    assert tell(world) == ["Deadline changed: Hall roofs"]
    (mail,) = world.outbox()
    assert "Deadline moved from" in mail.text
    assert "Why this: you follow it" in mail.text
    assert "your search" not in mail.text
    assert "You follow: Hall roofs" in mail.text
    assert "https://bell.example/opportunities/a" in mail.text_links
    assert mail.text_links == mail.html_links


def test_what_happened_before_somebody_followed_is_not_told(world: World) -> None:
    world.publish("a")
    world.publish("a", closes_at=world.now + timedelta(days=50))
    follow(world, "a")
    assert tell(world) == []


def test_an_award_is_told_to_who_follows_and_not_to_who_only_searches(world: World) -> None:
    world.publish("a")
    world.subscribe("", Frequency.DAILY, "bob@example.org")
    follow(world, "a")
    world.publish("a", stage=Stage.AWARDED)
    tell(world)
    assert [(row["email"]) for row in world.rows("select email from outbox where subject like 'Awarded: %'")] == [ANN]


def test_what_somebody_follows_is_one_item_also_when_their_search_finds_it(world: World) -> None:
    world.publish("a", title="Hall roofs")
    follow(world, "a")
    world.subscribe("q=hall", Frequency.WEEKLY)
    world.publish("a", closes_at=world.now + timedelta(days=50))
    match(world.settings)
    world.wait(days=1)
    build(world.settings)
    (mail,) = world.outbox()
    assert mail.text.count("Deadline moved from") == 1
    assert "you follow it" in mail.text
    world.wait(days=6)
    build(world.settings)
    assert len(world.outbox()) == 1
    assert world.waiting() == []


def test_a_follow_is_no_search_anywhere(world: World) -> None:
    world.publish("a")
    follow(world, "a")
    world.publish("b")
    match(world.settings)
    assert world.waiting() == []
    with world.private() as db:
        counted = queue.status(db)
        assert (counted["subscribers"], counted["profiles"], counted["follows"]) == (1, 0, 1)
        assert subjects.told(db, ["a"]).profiles == 0
    everything = world.subscribe("")
    assert everything.follows is None
    assert len(world.rows("select * from profile where ended_at is null")) == 2


def test_a_reminder_comes_once_at_half_past_eight_so_many_uk_days_before(world: World) -> None:
    world.publish("a", title="Hall roofs", closes_at=london(date(2026, 11, 20), 12))
    follow(world, "a")
    world.now = london(date(2026, 11, 13), 8)
    build(world.settings)
    assert world.outbox() == []
    world.now = london(date(2026, 11, 13), 8, 30)
    for _ in range(3):
        build(world.settings)
        world.wait(days=1)
    (mail,) = world.outbox()
    assert mail.subject == "Closes Fri 20 November: Hall roofs"
    assert "12 noon, Friday 20 November 2026 (in 7 days)" in mail.text
    assert "<h2>Closing soon</h2>" in mail.html


def test_a_midnight_deadline_counts_from_the_day_before(world: World) -> None:
    world.publish("a", closes_at=london(date(2026, 11, 20), 0))
    follow(world, "a", reminder=3)
    world.now = london(date(2026, 11, 16), 9)
    build(world.settings)
    assert len(world.outbox()) == 1


@pytest.mark.parametrize("closes", [date(2027, 3, 30), date(2026, 11, 20)])
def test_days_are_uk_days_also_when_the_clocks_change_between(world: World, closes: date) -> None:
    world.publish("a", closes_at=london(closes, 9))
    follow(world, "a", reminder=3)
    world.now = london(closes - timedelta(days=4), 23)
    build(world.settings)
    assert world.outbox() == []
    world.now = london(closes - timedelta(days=3), 8, 30)
    build(world.settings)
    assert len(world.outbox()) == 1


def test_a_deadline_that_moves_is_reminded_of_once_more_and_then_no_more(world: World) -> None:
    world.publish("a", closes_at=london(date(2026, 11, 20), 12))
    follow(world, "a")
    subjects_told = []
    for day in (20, 27, 34):
        closes = london(date(2026, 11, 1) + timedelta(days=day - 1), 12)
        world.publish("a", closes_at=closes)
        world.now = closes - timedelta(days=6)
        match(world.settings)
        build(world.settings)
        world.now = closes - timedelta(days=5)
        build(world.settings)
        subjects_told.append(
            world.rows("select count(*) from match where type = 'closing' and state = 'claimed'")[0][0]
        )
    assert subjects_told == [1, 2, 2]


def test_a_reminder_that_waits_is_dropped_when_the_deadline_moves_and_comes_for_the_new_one(world: World) -> None:
    world.publish("a", closes_at=london(date(2026, 11, 13), 12))
    follow(world, "a", reminder=3, frequency=Frequency.INSTANT)
    world.now = london(date(2026, 11, 10), 9)
    build(world.settings)
    assert world.waiting() == [("a", "closing")]
    world.publish("a", closes_at=london(date(2026, 11, 27), 12))
    match(world.settings)
    world.wait(minutes=20)
    build(world.settings)
    assert [mail.subject for mail in world.outbox()] == ["Deadline changed: Grants for a"]
    world.now = london(date(2026, 11, 24), 9)
    build(world.settings)
    world.wait(minutes=20)
    build(world.settings)
    assert [mail.subject for mail in world.outbox()][1:] == ["Closes Fri 27 November: Grants for a"]


@pytest.mark.parametrize("stage", [Stage.CANCELLED, Stage.AWARDED, Stage.CLOSED, Stage.PLANNED])
def test_nothing_reminds_of_what_cannot_be_applied_for(world: World, stage: Stage) -> None:
    world.publish("a", closes_at=world.now + timedelta(days=9))
    follow(world, "a")
    world.publish("a", stage=stage, silent=True)
    match(world.settings)
    world.wait(days=3)
    build(world.settings)
    assert world.outbox() == []


def test_nobody_is_reminded_who_did_not_ask_or_followed_on_that_day(world: World) -> None:
    world.publish("a", closes_at=london(date(2026, 11, 11), 12))
    follow(world, "a", reminder=None)
    follow(world, "a", reminder=7, address="bob@example.org")
    for _ in range(8):
        world.wait(days=1)
        build(world.settings)
    assert world.outbox() == []


def test_a_weekly_follower_is_reminded_by_the_last_monday_that_is_in_time(world: World) -> None:
    world.publish("a", closes_at=london(date(2026, 11, 19), 12))
    follow(world, "a", reminder=7, frequency=Frequency.WEEKLY)
    for day in range(5, 20):
        world.now = london(date(2026, 11, day), 9)
        build(world.settings)
        if world.outbox():
            break
    assert world.now == london(date(2026, 11, 9), 9)


@pytest.mark.parametrize("stage", [Stage.CANCELLED, Stage.AWARDED])
def test_following_ends_once_the_end_was_told_and_not_before(world: World, stage: Stage) -> None:
    world.publish("a")
    follow(world, "a")
    world.publish("a", stage=stage)
    build(world.settings)
    assert living(world) == ["a"]
    match(world.settings)
    world.wait(days=1)
    build(world.settings)
    build(world.settings)
    assert living(world) == ["a"], "its e-mail is still on the way"
    send(world.settings)
    build(world.settings)
    assert living(world) == []
    assert len(world.outbox()) == 1
    assert world.states() == ["sent"]


def test_following_ends_thirty_days_after_closing(world: World) -> None:
    world.publish("a", closes_at=world.now + timedelta(days=2))
    follow(world, "a", reminder=None)
    match(world.settings)
    world.wait(days=31)
    build(world.settings)
    assert living(world) == ["a"]
    world.wait(days=1)
    build(world.settings)
    assert living(world) == []
    world.wait(days=28)
    with world.private() as db:
        assert retention.prune(db, world.now).people == 1


def test_a_merged_opportunity_goes_on_being_followed(world: World) -> None:
    world.publish("old")
    world.publish("kept", title="The one that is kept")
    follow(world, "old")
    with world.public() as db, transaction(db):
        db.execute("delete from opportunity where id = 'old'")
        db.execute("insert into redirect (id, opportunity) values ('old', 'kept')")
    world.publish("kept", closes_at=world.now + timedelta(days=50))
    assert tell(world) == ["Deadline changed: The one that is kept"]
    world.now += timedelta(days=42)
    build(world.settings)
    assert [mail.subject for mail in world.outbox()][1:] == ["Closes Thu 24 December: The one that is kept"]


def test_who_stops_following_hears_no_more_although_they_have_searches(world: World) -> None:
    world.publish("a")
    profile = follow(world, "a")
    world.subscribe("q=salt", Frequency.DAILY)
    world.publish("a", closes_at=world.now + timedelta(days=50))
    assert len(tell(world)) == 1
    world.publish("a", closes_at=world.now + timedelta(days=55))
    match(world.settings)
    with world.private() as db:
        unsubscribe.unsubscribe(db, tokens.make(db, Scope.END_ONE, profile.id), world.now)
    world.publish("a", closes_at=world.now + timedelta(days=60))
    assert len(tell(world)) == 1


def test_ending_a_search_hands_nothing_on_to_a_follow_of_something_else(world: World) -> None:
    search = world.subscribe("q=hall", Frequency.DAILY)
    world.publish("a", title="Hall roofs")
    world.publish("b", title="Other")
    tell(world)
    follow(world, "b")
    world.publish("a", closes_at=world.now + timedelta(days=50))
    match(world.settings)
    with world.private() as db:
        assert profiles.end_profile(db, world.manage_token(search), search.id, world.now)
    world.publish("a", closes_at=world.now + timedelta(days=55))
    assert len(tell(world)) == 1


def test_the_manage_page_keeps_follows_apart_and_pauses_and_ends_them(world: World) -> None:
    world.publish("a")
    profile = follow(world, "a")
    token = world.manage_token(profile)
    with world.private() as db:
        managed = profiles.managed(db, token, world.now)
        assert managed is not None
        assert (managed.profiles, [found.id for found in managed.follows]) == ((), [profile.id])
        assert profiles.pause(db, token, profile.id, date(2026, 12, 1), world.now)
        assert profiles.end_profile(db, token, profile.id, world.now)
        managed = profiles.managed(db, token, world.now)
        assert managed is not None
        assert managed.follows == ()


def test_following_twice_is_as_once_and_asks_once(world: World) -> None:
    world.publish("a")
    first = follow(world, "a")
    with world.private() as db, world.public() as public:
        found = find(public, "a")
        assert found is not None
        signup.request_follow(db, world.settings, ANN, found, 3, Frequency.DAILY, network="n", now=world.now)
        assert db.execute("select count(*) from outbox").fetchone()[0] == 0
    world.publish("b")
    assert follow(world, "b").id != first.id
    assert living(world) == ["a", "b"]


def test_show_export_and_erase_know_what_somebody_follows(world: World) -> None:
    world.publish("a")
    follow(world, "a")
    with world.private() as db:
        shown = subjects.show(db, ANN)
        assert shown is not None
        assert (shown["profiles"][0]["follows"], shown["profiles"][0]["reminder_days"]) == ("a", 7)
        assert subjects.export(db, ANN)
        assert subjects.erase(db, ANN)
        assert "ann@" not in "\n".join(db.iterdump())


def test_only_reminders_whose_day_is_to_come_can_be_asked_for() -> None:
    now = datetime(2026, 11, 4, 9, tzinfo=UTC)
    one = Opportunity(id="a", number=1, title="A", source="s", closes_at=london(date(2026, 11, 11), 12))
    assert reminders_left(one, now) == (3,)
    assert reminders_left(Opportunity(id="a", number=1, title="A", source="s"), now) == (14, 7, 3)
    assert reminders_left(Opportunity(id="a", number=1, title="A", source="s", stage=Stage.AWARDED), now) == ()


def test_a_change_is_told_once_however_often_everything_runs(world: World) -> None:
    world.publish("a")
    follow(world, "a")
    world.happen("a", Happening(EventType.VALUE, "1000", "2000"))
    for _ in range(3):
        tell(world)
    assert len(world.outbox()) == 1


@pytest.mark.kill
def test_a_builder_that_dies_anywhere_reminds_and_ends_once(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    before = World(tmp_path / "before")
    before.publish("a", closes_at=london(date(2026, 11, 13), 12))
    before.publish("b", stage=Stage.AWARDED)
    for name in ("ann", "bob"):
        follow(before, "a", reminder=3, address=f"{name}@example.org")
    follow(before, "b")
    match(before.settings)

    def prepare(world: World) -> None:
        shutil.copytree(before.settings.data, world.settings.data)
        world.now = london(date(2026, 11, 10), 9)

    for world in worlds(tmp_path, lambda world: build(world.settings), prepare):
        build(world.settings)
        rows = world.rows("select email, count(*) from outbox where sort = 'digest' group by email order by 1")
        assert [tuple(row) for row in rows] == [(ANN, 1), ("bob@example.org", 1)]
        assert world.rows("select count(*) from match where type = 'closing'")[0][0] == 2
        assert living(world) == ["a", "a"]


def test_how_far_it_has_gone_counts_what_was_told_of_pages_that_were_merged_into_it(world: World) -> None:
    everything = world.subscribe("")
    world.publish("a")
    match(world.settings)
    with world.private() as db, world.public() as public:
        public.execute("insert into redirect (id, opportunity) values ('a', 'b')")
        assert ids_of(public, "b") == ["b", "a"]
        assert subjects.told(db, ids_of(public, "b")).profiles == 1, everything
        assert subjects.told(db, ["b"]).profiles == 0


def test_who_follows_what_another_was_merged_into_hears_of_it_although_that_other_was_hidden(world: World) -> None:
    world.publish("old")
    world.publish("kept", title="The one that is kept")
    first = follow(world, "old")
    with world.private() as db, transaction(db):
        hidden.hide(db, first.subscriber, "old", world.now)
    with world.public() as db, transaction(db):
        db.execute("delete from opportunity where id = 'old'")
        db.execute("insert into redirect (id, opportunity) values ('old', 'kept')")
    again = follow(world, "kept", reminder=None)
    assert again.id == first.id, "one thing is followed once"
    world.publish("kept", closes_at=world.now + timedelta(days=50))
    assert len(tell(world)) == 1
