"""What was sent, told to its reader: every e-mail with its state, and exactly what stood in it."""

import pytest

from alerts import sent, tokens
from alerts.addresses import Address
from alerts.outbox import Message, Sort, new_message_id, put
from alerts.profiles import Profile
from alerts.sections import Section
from alerts.sent import Letter
from alerts.tokens import Scope
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tests.alerts.world import World


def write(world: World, profile: Profile, subject: str, sort: Sort = Sort.DIGEST) -> int:
    """Put a message of invented text into the outbox and return its number."""
    to = Address("ann@example.org", "ann@example.org")
    message = Message(
        sort=sort, to=to, subject=subject, message_id=new_message_id("bell.example"), content=b"x",
        subscriber=profile.subscriber,
    )  # fmt: skip
    with world.private() as db, transaction(db):
        return put(db, message, world.now)


def tell(
    world: World, profile: Profile, message: int, id: str, section: str | None = "new", shown: int | None = 1
) -> None:
    with world.private() as db, transaction(db):
        db.execute(
            "insert into match (subscriber, profile, opportunity, event, type, matched_at, state, outbox, section, "
            "shown) values (?, ?, ?, (select count(*) from match), 'new', ?, 'claimed', ?, ?, ?)",
            (profile.subscriber, profile.id, id, stamp(world.now), message, section, shown),
        )


def letters(world: World, profile: Profile) -> tuple[Letter, ...]:
    with world.private() as db, world.public() as public:
        return sent.letters(db, public, profile.subscriber, world.now)


def letter(world: World, token: str) -> Letter | None:
    with world.private() as db, world.public() as public:
        return sent.letter(db, public, token, world.now)


def ids(parts: tuple[sent.Part, ...]) -> dict[str, list[str | None]]:
    return {part.section: [line.id for line in part.lines] for part in parts}


@pytest.fixture
def ann(world: World) -> Profile:
    return world.subscribe("q=a")


def test_e_mails_of_ninety_days_are_listed_newest_first_with_what_became_of_them(world: World, ann: Profile) -> None:
    write(world, ann, "too old")
    world.wait(days=90)
    number = write(world, ann, "first")
    write(world, ann, "second", Sort.LINK)
    with world.private() as db, transaction(db):
        db.execute("update outbox set state = 'failed' where id = ?", (number,))
    assert [(one.subject, one.sort, one.state) for one in letters(world, ann)] == [
        ("second", "The link to your alerts", "waiting to be sent"),
        ("first", "What we found", "refused by your mail server"),
    ]


def test_nobody_sees_another_s_e_mails_nor_those_of_commissioners(world: World, ann: Profile) -> None:
    bob = world.subscribe("q=a", address="bob@example.org")
    write(world, ann, "mine")
    write(world, ann, "receipt", Sort.RECEIPT)
    assert [one.subject for one in letters(world, ann)] == ["mine"]
    assert letters(world, bob) == ()


def test_every_state_of_a_message_has_words_for_people(world: World, ann: Profile) -> None:
    write(world, ann, "one")
    for state in ("pending", "sending", "sent", "failed", "unknown", "withdrawn"):
        with world.private() as db, transaction(db):
            db.execute("update outbox set state = ?", (state,))
        [found] = letters(world, ann)
        assert found.state == sent.STATES[state]
    assert len(set(sent.STATES.values())) == 6


def test_an_e_mail_shows_its_sections_in_order_each_opportunity_once_and_what_stood_behind_more(
    world: World, ann: Profile
) -> None:
    for id in ("a", "b", "c", "d"):
        world.publish(id)
    number = write(world, ann, "digest")
    tell(world, ann, number, "c", "changed")
    tell(world, ann, number, "a")
    tell(world, ann, number, "b", shown=0)
    tell(world, ann, number, "a")
    [found] = letters(world, ann)
    assert ids(found.parts) == {"new": ["a", "b"], "changed": ["c"]}
    assert [part.title for part in found.parts] == [Section.NEW.heading, Section.CHANGED.heading]
    assert ids(sent.behind(found.parts)) == {"new": ["b"]}
    assert letter(world, found.told) == found


def test_what_was_merged_stands_there_once_under_its_present_name(world: World, ann: Profile) -> None:
    world.publish("heir")
    with world.public() as public:
        public.execute("insert into redirect (id, opportunity) values ('old', 'heir')")
    number = write(world, ann, "digest")
    tell(world, ann, number, "old")
    tell(world, ann, number, "heir")
    tell(world, ann, number, "gone")
    [found] = letters(world, ann)
    assert ids(found.parts) == {"new": ["heir", None]}


def test_what_was_told_before_sections_were_kept_is_shown_all_the_same(world: World, ann: Profile) -> None:
    world.publish("a")
    number = write(world, ann, "old digest")
    tell(world, ann, number, "a", None, None)
    [found] = letters(world, ann)
    assert [(part.title, [line.is_shown for line in part.lines]) for part in found.parts] == [(sent.UNNAMED, [True])]
    assert sent.behind(found.parts) == ()


def test_only_a_genuine_link_to_a_digest_shows_what_it_told(world: World, ann: Profile) -> None:
    number, other = write(world, ann, "digest"), write(world, ann, "link", Sort.LINK)
    good = world.token(Scope.TOLD, number)
    assert letter(world, good) is not None
    for bad in (good[:-1], good + "A", "t1", "", f"i{good[1:]}", world.token(Scope.TOLD, other),
                world.token(Scope.TOLD, 999), world.token(Scope.ITEM, number)):  # fmt: skip
        assert letter(world, bad) is None
    with world.private() as db:
        assert tokens.read(db, good, Scope.ITEM, Scope.MANAGE, Scope.END_ONE) is None
