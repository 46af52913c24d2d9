"""What the operator is asked by e-mail: once about each thing, and not too often."""

import pytest

from alerts import contacts, deciding, desk, suppression
from alerts.desk import Matter
from alerts.errors import AlreadyDecided, BodyNotNamed, NoSuchMatter
from tenderbell import decisions
from tenderbell.archive import open_archive
from tenderbell.database import transaction
from tenderbell.decisions import Verdict
from tests.alerts.adverts_written import contact_of, matter
from tests.alerts.world import World


def raise_some(world: World, count: int, sort: Matter = Matter.MISSING) -> None:
    with world.private() as db, transaction(db):
        for number in range(count):
            desk.raise_matter(db, sort, f"{sort}-{number}", f"Question {number}?", world.now)


def questions(world: World) -> list[str]:
    rows = world.rows("select content from body join outbox on outbox.id = body.outbox where sort = 'question'")
    return [bytes(row[0]).decode() for row in rows]


def ask(world: World) -> int:
    with world.private() as db:
        return desk.write_questions(db, world.settings, world.now)


def test_what_is_new_is_asked_in_one_e_mail_and_never_again(world: World) -> None:
    raise_some(world, 3)
    assert ask(world) == 1
    assert questions(world)[0].count("/decide/d") == 6, "each link once in the text and once in the HTML"
    world.wait(days=1)
    assert ask(world) == 0


def test_each_question_goes_at_once_but_no_more_than_six_e_mails_within_an_hour(world: World) -> None:
    for count in range(1, 7):
        raise_some(world, count)
        assert ask(world) == 1
    assert "Question 1?" in questions(world)[1]
    assert "Question 0?" not in questions(world)[1]
    raise_some(world, 8)
    world.wait(minutes=59)
    assert ask(world) == 0
    world.wait(minutes=2)
    assert ask(world) == 1
    assert "Question 6?" in questions(world)[6]
    assert "Question 7?" in questions(world)[6]


def test_of_many_questions_the_e_mail_has_the_first_and_counts_the_others(world: World) -> None:
    raise_some(world, 25)
    assert ask(world) == 1
    assert "And 5 more" in questions(world)[0]
    world.wait(hours=1)
    assert ask(world) == 0


def test_a_mailbox_that_must_not_be_written_to_is_not(world: World) -> None:
    raise_some(world, 1)
    with world.private() as db:
        suppression.suppress(db, world.settings.edition.mail.address, "bounce", world.now)
    assert ask(world) == 0


def doubtful_place(world: World) -> None:
    world.publish("tb-1", title="SEND transport", unconfirmed=True, reach_value="Its text names Stroud.")
    open_archive(world.settings.archive_path).close()


def test_a_doubtful_place_is_asked_about_and_decided_at_the_desk(world: World) -> None:
    doubtful_place(world)
    with world.private() as db:
        assert desk.follow_review(db, world.settings, world.now) == 1
        world.wait(minutes=15)
        assert desk.follow_review(db, world.settings, world.now) == 0
        asked = matter(db, Matter.PLACE)
        assert "SEND transport" in asked.question
        deciding.decide(db, world.settings, asked.id, Verdict.REJECT, world.now)
        world.wait(minutes=15)
        assert desk.follow_review(db, world.settings, world.now) == 0
    archive = open_archive(world.settings.archive_path)
    assert decisions.verdict(archive, "tb-1") is Verdict.REJECT


def test_what_is_decided_elsewhere_is_closed_at_the_desk(world: World) -> None:
    doubtful_place(world)
    with world.private() as db:
        desk.follow_review(db, world.settings, world.now)
        asked = matter(db, Matter.PLACE)
        archive = open_archive(world.settings.archive_path)
        decisions.decide(archive, "tb-1", Verdict.ACCEPT, world.now)
        world.wait(minutes=15)
        desk.follow_review(db, world.settings, world.now)
        assert desk.find(db, asked.id).verdict == "elsewhere"  # type: ignore[union-attr]
        with pytest.raises(AlreadyDecided):
            deciding.decide(db, world.settings, asked.id, Verdict.REJECT, world.now)


def test_a_watched_page_that_changes_again_is_asked_about_again(world: World) -> None:
    with world.private() as db:
        with transaction(db):
            first = desk.raise_matter(db, Matter.PAGE, "page", "It has changed.", world.now)
            desk.close(db, desk.find(db, first), "accept", world.now)  # type: ignore[arg-type]
            again = desk.raise_matter(db, Matter.PAGE, "page", "It has changed again.", world.now)
        assert first != again
        assert matter(db, Matter.PAGE).id == again


def test_a_new_address_is_accepted_only_for_a_body_of_the_area(world: World) -> None:
    with world.private() as db:
        contact = contact_of(world, db, "ana@trust.example.org")
        other = contact_of(world, db, "bo@trust.example.org")
        with transaction(db):
            desk.ask_body(db, contact, "wants to write here", world.now)
            desk.ask_body(db, other, "wants to write here", world.now)
        first, second = desk.open_matters(db)
        for body in (None, "", "nobody"):
            with pytest.raises(BodyNotNamed):
                deciding.decide(db, world.settings, first.id, Verdict.ACCEPT, world.now, body=body)
        deciding.decide(db, world.settings, first.id, Verdict.ACCEPT, world.now, body="stroud-district-council")
        assert contacts.find(db, other.id).body == "stroud-district-council"  # type: ignore[union-attr]
        assert desk.find(db, second.id).verdict == "accept"  # type: ignore[union-attr]


def test_a_free_host_never_speaks_for_a_body_even_when_one_address_there_does(world: World) -> None:
    with world.private() as db:
        contact = contact_of(world, db, "clerk@gmail.com")
        contacts.name_body(db, contact, "stroud-district-council", world.now)
        assert contacts.find(db, contact.id).body == "stroud-district-council"  # type: ignore[union-attr]
        assert contact_of(world, db, "stranger@gmail.com").body is None


def test_a_matter_that_does_not_exist_is_said_not_to(world: World) -> None:
    with world.private() as db, pytest.raises(NoSuchMatter):
        deciding.decide(db, world.settings, 99, Verdict.ACCEPT, world.now)


def test_who_was_refused_and_comes_again_is_asked_about_again_but_once_at_a_time(world: World) -> None:
    with world.private() as db:
        contact = contact_of(world, db, "ana@trust.example.org")
        for rounds in (1, 2):
            for _ in range(2):
                with transaction(db):
                    desk.ask_body(db, contact, "wants to write here", world.now)
            asked = [one for one in desk.open_matters(db) if one.sort is Matter.BODY]
            assert [desk.number_of(one) for one in asked] == [contact.id]
            assert len(world.rows("select 1 from matter where sort = 'body'")) == rounds
            deciding.decide(db, world.settings, asked[0].id, Verdict.REJECT, world.now)
