"""The canary: one e-mail each day, or the operator is told."""

from datetime import date, timedelta

import pytest

from alerts import alarms, canary, digests, letters, matching, profiles, queue, retention, sending, unsubscribe
from alerts.tokens import Scope
from tenderbell.clock import stamp
from tenderbell.vocabulary import Frequency
from tests.alerts.operated import OPERATOR, operated, told
from tests.alerts.postbox import Postbox, serving
from tests.alerts.world import World, london

TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, day) for day in (3, 4, 5))


@pytest.fixture
def watched(world: World) -> World:
    """A world with an operator, whose canary was made on Tuesday at noon."""
    world.now = london(TUESDAY, 12)
    operated(world)
    world.publish("tb-1", silent=True)
    letters.write(world.settings)
    return world


def round_of(world: World) -> None:
    """Run what the scheduler runs, once."""
    matching.match(world.settings)
    digests.build(world.settings)
    letters.write(world.settings)
    sending.send(world.settings)


def raised(world: World) -> list[str]:
    with world.private() as db:
        return [alarm.subject for alarm in alarms.raised(db)]


def canaries(world: World) -> list[tuple[str, str]]:
    rows = world.rows("select s.email, p.frequency from profile p join subscriber s on s.id = p.subscriber "
                      "where p.ended_at is null and p.criteria = ''")  # fmt: skip
    return [(row["email"], row["frequency"]) for row in rows]


def test_it_is_made_once_by_itself_and_offers_no_first_list(watched: World) -> None:
    letters.write(watched.settings)
    assert canaries(watched) == [(OPERATOR, "daily")]
    assert watched.waiting() == []
    assert watched.rows("select 1 from request") == []


def test_without_an_operator_there_is_none(world: World) -> None:
    world.publish("tb-1", silent=True)
    letters.write(world.settings)
    assert canaries(world) == []


def test_the_edition_may_name_another_address_for_it(world: World) -> None:
    operated(world, 'canary = "Canary@bell.example"')
    world.publish("tb-1", silent=True)
    letters.write(world.settings)
    assert canaries(world) == [("Canary@bell.example", "daily")]


def test_a_new_address_gets_a_new_one_and_the_old_one_ends(watched: World) -> None:
    operated(watched, 'canary = "other@bell.example"')
    letters.write(watched.settings)
    assert canaries(watched) == [("other@bell.example", "daily")]


def test_what_was_made_of_it_by_its_links_is_put_right(watched: World) -> None:
    with watched.private() as db:
        present = canary.profile(db)
        assert present is not None
        db.execute("update profile set criteria = 'q=hall', frequency = 'weekly', paused_until = '2027-01-01'")
    letters.write(watched.settings)
    assert canaries(watched) == [(OPERATOR, "daily")]
    assert watched.rows("select paused_until from profile")[0]["paused_until"] is None


def test_on_a_day_with_news_its_digest_is_the_only_e_mail(watched: World) -> None:
    watched.publish("tb-2")
    watched.now = london(WEDNESDAY, 8, 31)
    round_of(watched)
    round_of(watched)
    (mail,) = watched.outbox()
    assert "Grants for tb-2" in mail.text
    assert told(watched) == []
    watched.now = london(WEDNESDAY, 10)
    assert raised(watched) == []


def test_on_a_day_without_news_it_is_still_told_once_that_it_is_there(watched: World) -> None:
    watched.now = london(WEDNESDAY, 8, 31)
    with serving(Postbox()) as postbox:
        operated(watched, mail=postbox.url)
        round_of(watched)
        round_of(watched)
        assert [to for _, to, _ in postbox.accepted] == [OPERATOR]
        assert b"Still here" in postbox.accepted[0][2]
        watched.now = london(THURSDAY, 8, 31)
        round_of(watched)
        assert len(postbox.accepted) == 2


def test_before_half_past_eight_nothing_is_said(watched: World) -> None:
    watched.now = london(WEDNESDAY, 8, 29)
    round_of(watched)
    assert told(watched) == []


def test_the_word_waits_until_the_days_digests_are_built(watched: World) -> None:
    watched.now = london(WEDNESDAY, 8, 31)
    letters.write(watched.settings)
    assert told(watched) == []


@pytest.mark.parametrize(("hour", "minute", "expected"), [(9, 59, []), (10, 0, ["canary"])])
def test_one_that_was_not_sent_by_ten_is_an_alarm(hour: int, minute: int, expected: list[str], watched: World) -> None:
    watched.now = london(WEDNESDAY, 8, 31)
    digests.build(watched.settings)
    letters.write(watched.settings)
    watched.now = london(WEDNESDAY, hour, minute)
    letters.write(watched.settings)
    assert raised(watched) == expected
    sending.send(watched.settings)
    letters.write(watched.settings)
    assert raised(watched) == []


def test_one_that_was_never_written_says_that_nothing_runs(watched: World) -> None:
    watched.now = london(WEDNESDAY, 11)
    letters.write(watched.settings)
    assert "canary" in raised(watched)
    assert any("tenderbell run" in mail.text for mail in told(watched))


def test_news_that_the_matcher_passed_and_did_not_find_is_an_alarm(watched: World) -> None:
    watched.publish("tb-2")
    matching.match(watched.settings)
    letters.write(watched.settings)
    assert raised(watched) == []
    watched.publish("tb-3")
    matching.match(watched.settings)
    with watched.private() as db:
        db.execute("delete from match where opportunity = 'tb-3'")
    letters.write(watched.settings)
    letters.write(watched.settings)
    assert raised(watched) == ["canary matches"]
    watched.publish("tb-3", closes_at=watched.now - timedelta(days=1))
    letters.write(watched.settings)
    assert raised(watched) == []


def test_it_is_nobody_in_the_counts_and_retention_leaves_it(watched: World) -> None:
    watched.publish("tb-2")
    matching.match(watched.settings)
    with watched.private() as db:
        counted = queue.status(db)
        assert (counted["subscribers"], counted["profiles"], counted["matches"]) == (0, 0, 0)
        watched.wait(days=400)
        retention.prune(db, watched.now)
    assert canaries(watched) == [(OPERATOR, "daily")]


def test_one_that_somebody_ended_is_started_again(watched: World) -> None:
    with watched.private() as db:
        owner = db.execute("select id from subscriber").fetchone()["id"]
    unsubscribe_all(watched, watched.token(Scope.END_ALL, owner))
    letters.write(watched.settings)
    assert canaries(watched) == [(OPERATOR, "daily")]


def unsubscribe_all(world: World, token: str) -> None:
    with world.private() as db:
        unsubscribe.unsubscribe(db, token, world.now)


def test_a_search_for_everything_of_the_same_person_becomes_the_canary(world: World) -> None:
    operated(world)
    world.publish("tb-1", silent=True)
    own = world.subscribe("", Frequency.WEEKLY, OPERATOR)
    letters.write(world.settings)
    assert canaries(world) == [(OPERATOR, "daily")]
    with world.private() as db:
        found = canary.profile(db)
        assert found is not None
        assert found["id"] == own.id
        assert profiles.find(db, own.id, world.now) is not None


def test_its_last_e_mail_is_known(watched: World) -> None:
    watched.now = london(WEDNESDAY, 8, 31)
    round_of(watched)
    with watched.private() as db:
        assert queue.canary_status(db, watched.settings, watched.now) == {
            "on": True,
            "last_sent": stamp(watched.now),
            "is_well": True,
        }
