"""Not for us and never this kind, by the link beside an item: it speaks of one person and one opportunity, and can do
nothing else."""

import pytest

from alerts import hidden, profiles, sent_items, tokens
from alerts.profiles import Profile
from alerts.sent_items import TYPED, Proposal, SentItem
from alerts.tokens import Scope
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.vocabulary import Kind
from tests.alerts.world import World


@pytest.fixture
def ann(world: World) -> Profile:
    world.publish("hall", title="Grants for halls and transport", themes=("transport",))
    return world.subscribe("q=halls")


def match_of(world: World, profile: Profile, id: str = "hall") -> int:
    with world.private() as db, transaction(db):
        row = db.execute(
            "insert into match (subscriber, profile, opportunity, event, type, matched_at, state) "
            "values (?, ?, ?, (select 1000 + count(*) from match), 'new', ?, 'claimed') returning id",
            (profile.subscriber, profile.id, id, stamp(world.now)),
        )
        return int(row.fetchone()[0])


def item(world: World, token: str) -> SentItem | None:
    with world.private() as db, world.public() as public:
        return sent_items.sent_item(db, public, token, world.now)


def item_of(world: World, profile: Profile, id: str = "hall") -> SentItem:
    found = item(world, world.token(Scope.ITEM, match_of(world, profile, id)))
    assert found is not None
    return found


def propose(world: World, found: SentItem, profile: Profile, key: str, typed: str = "") -> Proposal | None:
    with world.public() as public:
        return sent_items.propose(public, world.settings, found, profile.id, key, typed, world.now)


def save(world: World, proposal: Proposal) -> bool:
    with world.private() as db:
        return sent_items.save(db, world.settings, proposal, world.now)


def criteria(world: World, profile: Profile) -> str:
    return str(world.rows("select criteria from profile where id = ?", profile.id)[0]["criteria"])


def test_the_link_hides_its_opportunity_for_its_person_and_shows_it_again(world: World, ann: Profile) -> None:
    bob = world.subscribe("q=halls", address="bob@example.org")
    found = item_of(world, ann)
    with world.private() as db:
        for _ in range(2):
            sent_items.hide(db, found, world.now)
        assert hidden.hides(db, ann.subscriber, "hall")
        assert not hidden.hides(db, bob.subscriber, "hall")
        for _ in range(2):
            sent_items.show(db, found)
        assert not hidden.hides(db, ann.subscriber, "hall")


def test_what_was_merged_is_hidden_and_shown_under_all_its_names(world: World, ann: Profile) -> None:
    with world.public() as public:
        public.execute("insert into redirect (id, opportunity) values ('old', 'hall')")
    with world.private() as db, transaction(db):
        hidden.hide(db, ann.subscriber, "old", world.now)
    found = item_of(world, ann, "old")
    assert found.opportunity is not None
    assert (found.opportunity.id, found.ids, found.is_hidden) == ("hall", ("hall", "old"), True)
    with world.private() as db:
        sent_items.show(db, found)
        assert hidden.listed(db, ann.subscriber) == ()


@pytest.mark.parametrize("key", ["kind", "buyer", "theme:transport", TYPED])
def test_a_saved_exclusion_no_longer_finds_the_opportunity(world: World, ann: Profile, key: str) -> None:
    found = item_of(world, ann)
    proposal = propose(world, found, ann, key, "transport")
    assert proposal is not None
    assert not proposal.still_finds
    assert criteria(world, ann) == "q=halls"
    assert save(world, proposal)
    assert criteria(world, ann) == proposal.criteria.canonical(profile=True) != "q=halls"


def test_words_that_the_opportunity_does_not_hold_are_said_to_change_nothing_about_it(
    world: World, ann: Profile
) -> None:
    proposal = propose(world, item_of(world, ann), ann, TYPED, "swimming")
    assert proposal is not None
    assert proposal.still_finds


def test_nothing_is_proposed_for_searches_that_are_not_its_person_s_or_did_not_tell_of_it(
    world: World, ann: Profile
) -> None:
    bob, other = world.subscribe("q=halls", address="bob@example.org"), world.subscribe("q=other")
    found = item_of(world, ann)
    assert [search.id for search in found.searches] == [ann.id]
    for profile in (bob, other):
        assert propose(world, found, profile, "kind") is None


@pytest.mark.parametrize(("key", "typed"), [("sort", ""), ("", ""), (TYPED, ""), (TYPED, "…"), ("theme:carers", "")])
def test_what_was_not_offered_is_not_proposed(world: World, ann: Profile, key: str, typed: str) -> None:
    assert propose(world, item_of(world, ann), ann, key, typed) is None


def test_an_exclusion_saved_twice_is_as_one_and_an_ended_search_gets_none(world: World, ann: Profile) -> None:
    found = item_of(world, ann)
    proposal = propose(world, found, ann, "kind")
    assert proposal is not None
    assert save(world, proposal)
    once = criteria(world, ann)
    assert save(world, proposal)
    assert criteria(world, ann) == once
    with world.private() as db:
        profiles.end_profile(db, world.manage_token(ann), ann.id, world.now)
    assert not save(world, proposal)


def test_a_search_for_one_kind_is_not_offered_to_leave_it_out(world: World, ann: Profile) -> None:
    grants = world.subscribe(f"q=halls&kind={Kind.GRANT}")
    found = item_of(world, grants)
    assert propose(world, found, grants, "kind") is None


def test_a_forged_shortened_or_misused_link_speaks_of_nothing(world: World, ann: Profile) -> None:
    number = match_of(world, ann)
    good = world.token(Scope.ITEM, number)
    assert item(world, good) is not None
    for bad in ("", "i1", good[:-1], good + "A", f"t{good[1:]}", world.token(Scope.TOLD, number),
                world.token(Scope.ITEM, number + 999), world.manage_token(ann)):  # fmt: skip
        assert item(world, bad) is None
    with world.private() as db:
        assert tokens.read(db, good, Scope.MANAGE, Scope.END_ALL, Scope.CONFIRM) is None


def test_after_its_owner_was_erased_a_link_speaks_of_nothing(world: World, ann: Profile) -> None:
    from alerts import subjects

    token = world.token(Scope.ITEM, match_of(world, ann))
    with world.private() as db:
        subjects.erase(db, "ann@example.org")
    assert item(world, token) is None
