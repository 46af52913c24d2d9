"""What the operator is told when something is wrong: once, with what to do, and without an address."""

from datetime import date, timedelta

import pytest

from alerts import alarms, letters, matching, published, sending, suppression, watch
from alerts.alarms import Alarm
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.vocabulary import Frequency
from tests.alerts.operated import OPERATOR, operated, told
from tests.alerts.postbox import BUSY, REFUSE_SENDER, Postbox, serving
from tests.alerts.world import World, london

WEDNESDAY = date(2026, 11, 4)


def alarm(world: World, subject: str = "bounces", words: str = "Something came back. Look at it.") -> None:
    with world.private() as db, transaction(db):
        alarms.raise_alarm(db, subject, words, world.now)


def write(world: World) -> int:
    with world.private() as db:
        return alarms.write_alarms(db, world.settings, world.now)


def subjects(world: World) -> list[str]:
    """Return what is wrong now."""
    return [found.subject for found in standing(world)]


def standing(world: World) -> list[Alarm]:
    with world.private() as db, published.reading(world.settings) as public:
        return watch.standing(db, public, world.settings, world.now)


def messages(world: World, count: int, state: str = "sent", *, reply: str = "", days_ago: float = 1) -> None:
    """Put messages into the outbox that ended, or began to wait, some days ago."""
    at = stamp(world.now - timedelta(days=days_ago))
    due = "9999-12-31T00:00:00Z" if state == "unknown" else at
    done = at if state in ("sent", "failed", "withdrawn") else None
    with world.private() as db, transaction(db):
        first = db.execute("select coalesce(max(id), 0) from outbox").fetchone()[0]
        db.executemany(
            "insert into outbox (sort, email, address, subject, message_id, state, not_before, created_at, done_at, "
            "reply) values ('link', 'ann@example.org', 'ann@example.org', 's', ?, ?, ?, ?, ?, ?)",
            [(f"<{first + one}@x>", state, due, at, done, reply) for one in range(count)],
        )
        db.execute("insert into body select id, cast('Subject: s' as blob) from outbox where id > ?", (first,))


def test_an_alarm_is_told_once_and_again_after_a_week_while_it_lasts(world: World) -> None:
    operated(world)
    alarm(world)
    assert [write(world), write(world)] == [1, 0]
    world.wait(days=6, hours=23)
    alarm(world)
    assert write(world) == 0
    world.wait(hours=2)
    assert write(world) == 1
    assert all(mail.message["To"] == OPERATOR for mail in told(world))


def test_what_comes_and_goes_all_day_is_told_once_that_day(world: World) -> None:
    operated(world)
    for _ in range(5):
        alarm(world)
        write(world)
        with world.private() as db:
            alarms.clear(db, "bounces")
        world.wait(hours=2)
    assert len(told(world)) == 1
    world.wait(days=1)
    alarm(world)
    assert write(world) == 1


def test_alarms_that_come_together_are_one_e_mail_that_says_each_and_what_to_do(world: World) -> None:
    operated(world)
    alarm(world)
    alarm(world, "disk", "The disk is full. Make room.")
    assert write(world) == 1
    (mail,) = told(world)
    assert mail.subject == "Needs you: 2 things"
    for words in ("Look at it.", "Make room."):
        assert words in mail.text
        assert words in mail.html
    assert mail.text_links == mail.html_links


def test_without_an_operator_nobody_is_written_to_and_the_alarm_stays(world: World) -> None:
    alarm(world)
    assert write(world) == 0
    assert subjects(world) == ["bounces"]


def test_an_operator_whose_address_must_not_be_written_to_is_not(world: World) -> None:
    operated(world)
    with world.private() as db:
        suppression.suppress(db, OPERATOR, "bounce", world.now)
    alarm(world)
    assert write(world) == 0


def test_what_another_room_raised_is_never_cleared_by_the_watch(world: World) -> None:
    operated(world)
    world.publish("tb-1", silent=True)
    alarm(world)
    alarm(world, "waiting", "E-mails wait. Run `tenderbell send`.")
    letters.write(world.settings)
    assert [one.subject for one in stored(world)] == ["bounces"]


def stored(world: World) -> list[Alarm]:
    with world.private() as db:
        return alarms.raised(db)


def test_letters_raise_tell_and_clear_by_themselves(world: World) -> None:
    operated(world)
    world.publish("tb-1", silent=True)
    messages(world, 1, "pending", days_ago=0.2)
    assert letters.write(world.settings).alarms == 1
    assert letters.write(world.settings).alarms == 0
    assert [one.subject for one in stored(world)] == ["waiting"]
    sending.send(world.settings)
    letters.write(world.settings)
    assert stored(world) == []


@pytest.mark.parametrize(("minutes", "expected"), [(179, []), (181, ["waiting"])])
def test_a_message_may_wait_three_hours(minutes: int, expected: list[str], world: World) -> None:
    messages(world, 1, "pending", days_ago=0)
    world.wait(minutes=minutes)
    assert subjects(world) == expected


def test_a_day_without_a_sender_is_an_alarm_of_its_own(world: World) -> None:
    messages(world, 1, "pending", days_ago=1.1)
    assert subjects(world) == ["sender", "waiting"]
    with world.private() as db:
        db.execute("insert into step (name, finished_at) values ('send', ?)", (stamp(world.now),))
    assert subjects(world) == ["waiting"]


@pytest.mark.parametrize(
    ("unknown", "sent", "expected"), [(4, 0, []), (5, 0, ["unknown"]), (5, 495, []), (6, 494, ["unknown"])]
)
def test_five_unknown_and_more_than_one_in_a_hundred_are_an_alarm(
    unknown: int, sent: int, expected: list[str], world: World
) -> None:
    messages(world, sent)
    messages(world, unknown, "unknown")
    messages(world, 50, "unknown", days_ago=8)
    assert subjects(world) == expected


@pytest.mark.parametrize(("back", "sent", "expected"), [(2, 49, []), (3, 50, ["bounce rate"]), (5, 100, [])])
def test_more_than_one_in_twenty_of_fifty_that_came_back_are_an_alarm(
    back: int, sent: int, expected: list[str], world: World
) -> None:
    messages(world, sent)
    bounced(world, back)
    assert subjects(world) == expected


def bounced(world: World, count: int) -> None:
    with world.private() as db, transaction(db):
        for number in range(1, count + 1):
            for kind in ("hard", "complaint"):
                db.execute(
                    "insert into bounce (outbox, address_hash, kind, seen, at) values (?, 'x', ?, ?, ?)",
                    (number, kind, f"{kind}{number}", stamp(world.now)),
                )


def test_a_server_that_refuses_our_sender_is_an_alarm_that_names_nobody(world: World) -> None:
    with serving(Postbox(REFUSE_SENDER, REFUSE_SENDER)) as postbox:
        operated(world, mail=postbox.url)
        world.publish("tb-1", silent=True)
        messages(world, 1, "pending", days_ago=0)
        sending.send(world.settings)
        (found,) = standing(world)
    assert found.subject == "refused"
    assert "550 5.7.1" in found.words
    assert "@" not in found.words


def test_a_server_that_is_only_busy_is_none(world: World) -> None:
    with serving(Postbox(BUSY, BUSY, BUSY)) as postbox:
        operated(world, mail=postbox.url)
        messages(world, 1, "pending", days_ago=0)
        sending.send(world.settings)
        assert subjects(world) == []


def test_a_digest_run_that_is_missing_at_ten_is_an_alarm_where_somebody_waits(world: World) -> None:
    world.now = london(WEDNESDAY, 8)
    world.publish("tb-1")
    assert subjects(world) == []
    world.subscribe(frequency=Frequency.DAILY)
    world.now = london(WEDNESDAY, 9, 59)
    assert subjects(world) == []
    world.now = london(WEDNESDAY, 10)
    assert subjects(world) == ["digests daily"]


def source(world: World, state: str, hours: float, *, listed: int = 9, alarm: str | None = None) -> None:
    since = world.now - timedelta(hours=hours)
    with world.public() as db:
        db.execute(
            "insert into source (id, title, state, since, last_run, last_success, message, last_run_listed, "
            "last_run_alarm) values ('ukri', 'UKRI', ?, ?, ?, ?, ?, ?, ?)",
            (state, stamp(since), stamp(world.now), stamp(since), alarm or "It answered 500.", listed, alarm),
        )


@pytest.mark.parametrize(("hours", "expected"), [(23, []), (25, ["source ukri"])])
@pytest.mark.parametrize("state", ["failing", "degraded"])
def test_a_source_may_be_wrong_for_a_day(state: str, hours: float, expected: list[str], world: World) -> None:
    source(world, state, hours)
    assert subjects(world) == expected


def test_a_source_that_usually_gives_and_lists_nothing_on_a_weekday_is_an_alarm_at_once(world: World) -> None:
    source(world, "degraded", 1, listed=0, alarm="Nothing is listed, where there were 40.")
    (found,) = standing(world)
    assert found.subject == "source ukri"
    assert "Nothing is listed" in found.words


def test_on_a_sunday_it_may_wait_for_monday(world: World) -> None:
    world.now = london(date(2026, 11, 8), 12)
    source(world, "degraded", 1, listed=0, alarm="Nothing is listed, where there were 40.")
    assert subjects(world) == []


def test_without_a_public_database_the_operator_is_still_told(world: World) -> None:
    operated(world)
    messages(world, 1, "pending", days_ago=0.2)
    assert letters.write(world.settings).alarms == 1
    assert [one.subject for one in stored(world)] == ["waiting"]


def test_a_matcher_that_stands_still_for_a_day_is_an_alarm_where_somebody_waits(world: World) -> None:
    world.publish("tb-1")
    world.wait(hours=25)
    assert subjects(world) == []
    world.subscribe()
    world.publish("tb-2")
    world.wait(hours=25)
    assert "matcher" in subjects(world)
    matching.match(world.settings)
    assert "matcher" not in subjects(world)
