"""Not for us: what one person hides is hidden from that person only, until they show it again."""

from alerts import hidden
from alerts.digests import build
from alerts.matching import match
from tenderbell.database import transaction
from tenderbell.vocabulary import Frequency
from tests.alerts.world import World


def test_what_one_person_hides_is_hidden_from_nobody_else(world: World) -> None:
    ann, bob = world.subscribe("q=a"), world.subscribe("q=a", address="bob@example.org")
    with world.private() as db:
        for _ in range(2):
            with transaction(db):
                hidden.hide(db, ann.subscriber, "tb-1", world.now)
        assert hidden.hides(db, ann.subscriber, "tb-1")
        assert not hidden.hides(db, ann.subscriber, "tb-2")
        assert not hidden.hides(db, bob.subscriber, "tb-1")
        assert hidden.ids(db, bob.subscriber) == frozenset()


def test_what_is_shown_again_is_hidden_no_more_and_showing_twice_is_as_once(world: World) -> None:
    ann = world.subscribe("q=a")
    with world.private() as db:
        with transaction(db):
            hidden.hide(db, ann.subscriber, "tb-1", world.now)
        for _ in range(2):
            with transaction(db):
                hidden.show(db, ann.subscriber, "tb-1", "tb-9")
        assert hidden.listed(db, ann.subscriber) == ()


def test_what_was_hidden_stays_hidden_under_the_id_that_it_got_by_a_merge(world: World) -> None:
    ann = world.subscribe("q=a")
    world.publish("kept")
    with world.public() as public:
        public.execute("insert into redirect (id, opportunity) values ('old', 'kept')")
        with world.private() as db:
            with transaction(db):
                hidden.hide(db, ann.subscriber, "old", world.now)
            assert hidden.ids(db, ann.subscriber) == {"old"}
            assert hidden.ids(db, ann.subscriber, public) == {"old", "kept"}


def test_the_newest_that_was_hidden_is_listed_first(world: World) -> None:
    ann = world.subscribe("q=a")
    with world.private() as db:
        for id in ("tb-1", "tb-2"):
            with transaction(db):
                hidden.hide(db, ann.subscriber, id, world.now)
            world.wait(minutes=1)
        assert [one.opportunity for one in hidden.listed(db, ann.subscriber)] == ["tb-2", "tb-1"]


def test_nothing_is_told_of_what_one_person_hid_and_all_of_it_to_the_other(world: World) -> None:
    ann, _ = world.subscribe(""), world.subscribe("", address="bob@example.org")
    with world.private() as db, transaction(db):
        hidden.hide(db, ann.subscriber, "a", world.now)
    world.publish("a")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    assert [mail.message["to"] for mail in world.outbox()] == ["bob@example.org"]
    with world.private() as db, transaction(db):
        hidden.show(db, ann.subscriber, "a")
    world.wait(hours=1)
    world.publish("b")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    to_ann = [mail for mail in world.outbox() if mail.message["to"] == "ann@example.org"]
    assert ["Grants for b" in mail.text and "Grants for a" not in mail.text for mail in to_ann] == [True]
