"""After a restore nobody is told twice, and what was not told is told, by what fell due meanwhile."""

import shutil
from datetime import timedelta

from alerts import digests, matching, restored, sending, tokens
from tenderbell.clock import stamp
from tenderbell.vocabulary import Frequency
from tests.alerts.world import World
from tests.keeping.losing import backed_up, lost_and_restored, run, told


def people(world: World) -> None:
    world.publish("nothing", title="Grants for nothing", silent=True)
    matching.match(world.settings)
    for name, frequency in (("ann", "instant"), ("bob", "daily"), ("cath", "weekly")):
        world.subscribe("stage=open&q=-nothing", Frequency(frequency), f"{name}@example.org")


def test_everybody_is_told_of_everything_once_although_a_day_of_the_file_is_lost(world: World) -> None:
    people(world)
    world.publish("before")
    matching.match(world.settings)
    backed_up(world)
    world.wait(minutes=30)
    run(world)
    world.wait(days=1)  # Thursday 09:30: the daily digest went at 08:30
    run(world)
    between = world.now
    world.publish("between", updated_at=between)
    matching.match(world.settings)
    world.wait(minutes=30)
    run(world)
    assert told(world) == {("ann", "before"): 1, ("bob", "before"): 1, ("ann", "between"): 1}

    world.wait(hours=1)
    lost_and_restored(world)
    world.publish("between", updated_at=between)  # collected once more
    run(world)
    world.wait(hours=1)
    world.publish("after", updated_at=world.now)
    for _ in range(5):
        run(world)
        world.wait(days=1)
    everything = {(name, what) for name in ("ann", "bob", "cath") for what in ("before", "between", "after")}
    assert told(world) == dict.fromkeys(everything, 1)


def test_what_waits_for_monday_surely_was_not_told_on_thursday(world: World) -> None:
    world.subscribe("stage=open", Frequency.WEEKLY)
    world.publish("before")
    matching.match(world.settings)
    backed_up(world)
    world.wait(days=1)
    lost_and_restored(world)
    assert world.waiting() == [("before", "new")]
    with world.private() as db:
        assert restored.held(db) == restored.Held()


def test_what_is_held_can_be_told_after_all(world: World) -> None:
    world.subscribe("stage=open", Frequency.INSTANT)
    world.publish("before")
    matching.match(world.settings)
    backed_up(world)
    world.wait(hours=1)
    lost_and_restored(world)
    run(world)
    assert told(world) == {}
    with world.private() as db:
        assert restored.release(db, world.now) == restored.Held(matches=1, people=1)
    run(world)
    assert told(world) == {("ann", "before"): 1}


def test_where_nothing_was_sent_after_the_backup_everything_is_told(world: World) -> None:
    world.subscribe("stage=open", Frequency.INSTANT)
    world.publish("before")
    matching.match(world.settings)
    backed_up(world)
    world.wait(hours=1)
    lost_and_restored(world, nothing_lost=True)
    run(world)
    assert told(world) == {("ann", "before"): 1}


def test_an_e_mail_that_waited_in_the_outbox_is_left_to_the_operator(world: World) -> None:
    world.subscribe("stage=open", Frequency.INSTANT)
    world.publish("before")
    matching.match(world.settings)
    world.wait(minutes=30)
    digests.build(world.settings)
    backed_up(world)
    sending.send(world.settings)
    lost_and_restored(world)
    world.wait(hours=1)
    run(world)
    assert world.states() == ["unknown"]
    assert told(world) == {("ann", "before"): 1}
    with world.private() as db:
        assert restored.release(db, world.now).messages == 1
    assert world.states() == ["pending"]


def test_whoever_holds_something_hears_of_its_changes(world: World) -> None:
    world.subscribe("stage=open", Frequency.INSTANT)
    made = world.publish("before")
    matching.match(world.settings)
    backed_up(world)
    world.wait(hours=1)
    lost_and_restored(world)
    assert made.closes_at
    world.wait(hours=1)
    world.publish("before", closes_at=made.closes_at + timedelta(days=7), updated_at=world.now)
    matching.match(world.settings)
    assert world.waiting() == [("before", "deadline")]
    world.wait(hours=1)
    run(world)
    assert told(world) == {("ann", "before"): 1}


def test_an_advert_that_was_published_long_ago_and_comes_late_is_news(world: World) -> None:
    world.subscribe("stage=open", Frequency.INSTANT)
    world.publish("other", silent=True)
    backed_up(world)
    world.wait(days=1)
    lost_and_restored(world)
    world.publish("late", updated_at=world.now - timedelta(days=20))
    matching.match(world.settings)
    world.wait(hours=1)
    run(world)
    assert told(world) == {("ann", "late"): 1}


def test_a_pause_that_lasted_all_the_while_means_that_nothing_was_told(world: World) -> None:
    profile = world.subscribe("stage=open", Frequency.INSTANT)
    world.publish("before")
    matching.match(world.settings)
    with world.private() as db:
        db.execute(
            "update profile set paused_at = ?, paused_until = '2026-11-20' where id = ?",
            (stamp(world.now), profile.id),
        )
    backed_up(world)
    world.wait(days=1)
    lost_and_restored(world)
    assert world.waiting() == [("before", "new")]


def test_a_link_of_somebody_who_came_after_the_backup_opens_nobody_elses_page(world: World) -> None:
    world.subscribe("", Frequency.DAILY, "ann@example.org")
    backed_up(world)
    lost = world.subscribe("", Frequency.DAILY, "bob@example.org")
    token = world.manage_token(lost)
    lost_and_restored(world)
    found = world.subscribe("", Frequency.DAILY, "cath@example.org")
    assert found.subscriber != lost.subscriber
    with world.private() as db:
        read = tokens.read(db, token, tokens.Scope.MANAGE)
        assert read is None or not db.execute("select 1 from subscriber where id = ?", (read.id,)).fetchone()


def test_a_restore_is_forgotten_after_four_weeks(world: World) -> None:
    world.subscribe("stage=open", Frequency.INSTANT)
    world.publish("other", silent=True)
    backed_up(world)
    world.wait(hours=2)
    shutil.rmtree(world.folder / "mail", ignore_errors=True)
    lost_and_restored(world)
    world.wait(days=29)
    world.publish("old", updated_at=world.now - timedelta(days=29, hours=1))
    matching.match(world.settings)
    world.wait(hours=1)
    run(world)
    assert told(world) == {("ann", "old"): 1}
