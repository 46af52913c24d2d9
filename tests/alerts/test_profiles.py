"""Profiles and their wishes: what a start, an edit and the manage page keep, and whom they obey."""

from alerts import follows, profiles
from alerts.profiles import Profile
from alerts.wishes import Wishes
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.vocabulary import Frequency
from tests.alerts.world import World

ALL = Wishes(capacity=25_000, reminder_days=7, awards=True, still_here=True)


def shown(world: World, profile: Profile) -> Profile:
    with world.private() as db:
        found = profiles.find(db, profile.id, world.now)
    assert found is not None
    return found


def wishes_of(profile: Profile) -> Wishes:
    return Wishes(
        capacity=profile.capacity,
        reminder_days=profile.reminder_days,
        awards=profile.awards,
        still_here=profile.still_here,
    )


def wish(world: World, profile: Profile, wishes: Wishes) -> bool:
    with world.private() as db:
        return profiles.wish(db, world.manage_token(profile), profile.id, wishes)


def edit(world: World, profile: Profile, query: str) -> bool:
    with world.private() as db:
        token = world.manage_token(profile)
        return profiles.edit(db, world.settings, token, profile.id, Criteria.parse(query), world.now)


def test_a_profile_starts_with_the_wishes_that_were_asked_for(world: World) -> None:
    ann = world.subscribe("q=a")
    assert wishes_of(ann) == Wishes()
    with world.private() as db, transaction(db):
        id = profiles.start(
            db, world.settings, ann.subscriber, Criteria(q="b"), Frequency.DAILY, "b", world.now, wanted=ALL
        )
    with world.private() as db:
        found = profiles.find(db, id, world.now)
    assert found is not None
    assert wishes_of(found) == ALL


def test_who_searches_for_awards_is_told_of_them_without_asking_twice(world: World) -> None:
    assert world.subscribe("stage=awarded").awards


def test_wishes_are_changed_by_their_owner_only(world: World) -> None:
    ann, bob = world.subscribe("q=a"), world.subscribe("q=a", address="bob@example.org")
    assert wish(world, ann, ALL)
    assert wish(world, ann, ALL)
    with world.private() as db:
        assert not profiles.wish(db, world.manage_token(bob), ann.id, Wishes())
        assert not profiles.wish(db, "m1-AAAAAAAAAAAAAAAAAAAAAA", ann.id, Wishes())
    assert wishes_of(shown(world, ann)) == ALL
    assert wishes_of(shown(world, bob)) == Wishes()


def test_wishes_that_no_form_of_ours_sends_are_left_out(world: World) -> None:
    ann = world.subscribe("q=a")
    assert wish(world, ann, Wishes(capacity=-5, reminder_days=400))
    assert wishes_of(shown(world, ann)) == Wishes()
    assert wish(world, ann, Wishes(capacity=10**15))
    assert shown(world, ann).capacity is None


def test_a_follow_has_a_reminder_and_no_other_wish(world: World) -> None:
    ann = world.subscribe("q=a")
    with world.private() as db:
        with transaction(db):
            id = follows.start(db, world.settings, ann.subscriber, "one", "One", Frequency.DAILY, None, world.now)
        assert profiles.wish(db, world.manage_token(ann), id, Wishes(capacity=1, reminder_days=3, still_here=True))
        found = profiles.find(db, id, world.now)
    assert found is not None
    assert wishes_of(found) == Wishes(reminder_days=3, awards=True)


def test_an_edit_keeps_the_name_that_its_owner_gave_and_renews_the_one_that_we_gave(world: World) -> None:
    ours, named = world.subscribe("q=a"), world.subscribe("q=b")
    with world.private() as db:
        profiles.rename(db, world.manage_token(named), named.id, "The hall")
    assert edit(world, ours, "q=c")
    assert edit(world, named, "q=d")
    assert shown(world, ours).name == "opportunities about “c”"
    assert shown(world, named).name == "The hall"


def test_an_edit_turns_awards_on_and_off_with_the_stage_but_not_the_wish_for_them(world: World) -> None:
    by_stage, by_wish = world.subscribe("stage=awarded"), world.subscribe("q=b")
    assert wish(world, by_wish, Wishes(awards=True))
    assert edit(world, by_stage, "q=c")
    assert edit(world, by_wish, "q=d")
    assert not shown(world, by_stage).awards
    assert shown(world, by_wish).awards
    assert edit(world, by_stage, "stage=awarded")
    assert shown(world, by_stage).awards


def test_what_has_ended_is_not_edited(world: World) -> None:
    ann = world.subscribe("q=a")
    with world.private() as db:
        assert profiles.end_profile(db, world.manage_token(ann), ann.id, world.now)
    assert not edit(world, ann, "q=b")
    assert shown(world, ann).criteria == Criteria(q="a")
