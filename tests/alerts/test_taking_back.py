"""Digests that reached nobody: what they would have told is not counted as told."""

import pytest

from alerts import suppression, unsubscribe
from alerts.digests import build
from alerts.matching import match
from alerts.sending import send
from alerts.tokens import Scope
from tenderbell.database import transaction
from tenderbell.vocabulary import Frequency, Stage
from tests.alerts import postbox
from tests.alerts.postbox import Postbox, serving
from tests.alerts.queued import send_to
from tests.alerts.world import World


@pytest.fixture
def digest_world(world: World) -> World:
    """One digest in the outbox, for ann@example.org."""
    world.subscribe("")
    world.publish("a", title="Support for carers")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    assert world.states() == ["pending"]
    return world


def test_what_a_withdrawn_digest_would_have_told_is_told_to_who_comes_back(digest_world: World) -> None:
    with digest_world.private() as db:
        unsubscribe.unsubscribe(db, digest_world.token(Scope.END_ONE, 1), digest_world.now)
    assert [row["state"] for row in digest_world.rows("select state from match")] == ["dropped"]
    digest_world.subscribe("q=carers")
    assert digest_world.waiting() == [("a", "first")]


def test_a_cancellation_in_a_withdrawn_digest_is_told_by_another_search(digest_world: World) -> None:
    send(digest_world.settings)
    other = digest_world.subscribe("q=salt")
    digest_world.publish("a", stage=Stage.CANCELLED)
    match(digest_world.settings)
    build(digest_world.settings, frequency=Frequency.INSTANT)
    with digest_world.private() as db:
        unsubscribe.unsubscribe(db, digest_world.token(Scope.END_ONE, 1), digest_world.now)
    assert digest_world.states() == ["sent", "withdrawn"]
    rows = digest_world.rows("select profile, type from match where state = 'waiting'")
    assert [tuple(row) for row in rows] == [(other.id, "cancelled")]
    assert build(digest_world.settings, frequency=Frequency.INSTANT).digests == 1


def test_what_was_withdrawn_for_a_bounced_address_waits_until_it_works_again(digest_world: World) -> None:
    with digest_world.private() as db, transaction(db):
        suppression.suppress(db, "ann@example.org", "5.1.1", digest_world.now)
    with serving(Postbox()) as box:
        assert send_to(digest_world, box).withdrawn == 1
    assert digest_world.waiting() == [("a", "new")]
    digest_world.wait(days=1)
    assert build(digest_world.settings).digests == 0
    with digest_world.private() as db, transaction(db):
        suppression.lift(db, "ann@example.org")
    assert build(digest_world.settings).digests == 1


def test_what_no_server_took_for_three_days_is_told_in_the_next_digest(digest_world: World) -> None:
    with serving(Postbox(*[postbox.LATER_AT_DATA] * 5)) as box:
        for _ in range(4):
            assert send_to(digest_world, box).later == 1
            digest_world.wait(hours=18)
        assert send_to(digest_world, box).failed == 1
        assert digest_world.waiting() == [("a", "new")]
        assert build(digest_world.settings).digests == 1
        assert send_to(digest_world, box).sent == 1


def test_what_the_server_refused_for_good_is_not_written_again(digest_world: World) -> None:
    with serving(Postbox(postbox.REFUSE_DATA)) as box:
        assert send_to(digest_world, box).failed == 1
    assert digest_world.waiting() == []
    assert build(digest_world.settings, frequency=Frequency.INSTANT).digests == 0
