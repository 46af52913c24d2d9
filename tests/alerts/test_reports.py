"""Reports: what is kept, who is told what came of it, and what is forgotten when."""

from datetime import timedelta
from typing import Any

import pytest

from alerts import desk, reports, suppression
from alerts.errors import AddressRefused, ReportRefused
from alerts.reports import Outcome
from alerts.sending import send
from tenderbell.database import transaction
from tenderbell.errors import TooManyRequests
from tests.alerts.world import Mail, World

LINK = "https://portal.example/advert/17?secret=word"
WORDS = "Buy pills at https://pills.example now"
NETWORK = "192.0.2.1"


def missing(world: World, email: str = "ann@example.org", link: str = LINK, network: str = NETWORK) -> int:
    with world.private() as db:
        return reports.report_missing(db, link, WORDS, email, network=network, now=world.now)


def mistake(world: World, email: str = "ann@example.org", **said: str) -> int:
    given: dict[str, Any] = {"field": "dates", "words": WORDS, **said}
    with world.private() as db:
        return reports.report_mistake(db, "page-1", "A title", email=email, network=NETWORK, now=world.now, **given)


def settle(world: World, id: int, outcome: Outcome, opportunity: str | None = None) -> bool:
    with world.private() as db:
        return reports.settle(db, id, outcome, world.now, opportunity=opportunity)


def write(world: World) -> int:
    with world.private() as db:
        return reports.write_outcomes(db, world.settings, world.now)


def report(world: World, id: int) -> dict[str, Any]:
    return dict(world.rows(f"select * from report where id = {id}")[0])


def letters(world: World) -> list[Mail]:
    rows = world.rows(
        "select content from outbox join body on body.outbox = outbox.id where sort = 'outcome' order by id"
    )
    return [Mail(row["content"]) for row in rows]


def test_the_reporter_of_an_advert_that_was_found_gets_its_page_in_one_e_mail(world: World) -> None:
    id = missing(world, "Ann@Example.org")
    assert settle(world, id, Outcome.FOUND, "page-1")
    assert (write(world), write(world)) == (1, 0)
    (mail,) = letters(world)
    assert mail.message["To"] == "Ann@example.org"
    assert "https://bell.example/opportunities/page-1" in mail.text_links & mail.html_links
    assert "On Wednesday 4 November 2026" in " ".join(mail.text.split())
    assert report(world, id)["state"] == "told"
    send(world.settings)
    assert len(world.delivered()) == 1


@pytest.mark.parametrize("outcome", list(Outcome))
def test_no_e_mail_holds_a_word_or_a_link_that_the_reporter_typed(world: World, outcome: Outcome) -> None:
    for id in (missing(world), mistake(world)):
        settle(world, id, outcome, "page-1")
    assert write(world) == 2
    for mail in letters(world):
        for typed in ("pills", "secret", "portal.example"):
            assert typed not in mail.content.decode() + mail.text + mail.html
        assert {link.split("/")[2] for link in mail.text_links | mail.html_links} == {"bell.example"}


def test_each_outcome_says_something_of_its_own(world: World) -> None:
    for number, outcome in enumerate(Outcome):
        settle(world, missing(world, f"a{number}@example.org"), outcome, "page-1")
    write(world)
    said = {mail.text.split("\n\n")[1] for mail in letters(world)}
    assert len(said) == len(Outcome)
    assert any("not for Gloucestershire" in words for words in said)


def test_without_an_address_nobody_is_written_to_and_the_report_is_done(world: World) -> None:
    id = missing(world, "")
    settle(world, id, Outcome.ABSENT)
    assert write(world) == 0
    assert report(world, id)["state"] == "told"


def test_an_address_gets_three_outcomes_a_day_at_most(world: World) -> None:
    for _ in range(5):
        settle(world, missing(world), Outcome.ABSENT)
    assert write(world) == 3
    world.now += timedelta(days=2)
    assert write(world) == 0, "what was over the limit is not sent later either"
    settle(world, missing(world), Outcome.ABSENT)
    assert write(world) == 1


def test_a_suppressed_address_is_left_alone(world: World) -> None:
    settle(world, missing(world), Outcome.ABSENT)
    with world.private() as db, transaction(db):
        suppression.suppress(db, "ann@example.org", "5.1.1", world.now)
    assert write(world) == 0


def test_a_report_is_settled_once(world: World) -> None:
    id = missing(world)
    assert settle(world, id, Outcome.FOUND, "page-1")
    assert not settle(world, id, Outcome.REJECT)
    assert not settle(world, 999, Outcome.FOUND)
    assert report(world, id)["outcome"] == "found"


def test_an_unknown_place_is_put_to_the_operator_once_with_what_was_said(world: World) -> None:
    id = missing(world)
    with world.private() as db:
        assert [one.id for one in reports.due(db)] == [id]
        reports.queue(db, id, "Nobody watches it.", world.now)
        reports.queue(db, id, "Nobody watches it.", world.now)
        assert reports.due(db) == []
    (matter,) = world.rows("select * from matter")
    assert (matter["sort"], matter["subject"]) == (desk.Matter.MISSING, str(id))
    for words in (LINK, WORDS, "Nobody watches it."):
        assert words in matter["question"]
    assert settle(world, id, Outcome.ACCEPT)
    assert write(world) == 1


def test_a_mistake_is_put_to_the_operator_at_once_and_is_never_looked_for(world: World) -> None:
    id = mistake(world)
    (matter,) = world.rows("select * from matter")
    assert (matter["sort"], matter["subject"]) == ("mistake", str(id))
    assert "a date" in matter["question"]
    with world.private() as db:
        assert reports.due(db) == []


@pytest.mark.parametrize("typed", ["000123-2026", "2026/S 000-000123", " 000123-2026 "])
def test_a_notice_number_will_do_for_a_link(world: World, typed: str) -> None:
    assert report(world, missing(world, link=typed))["link"] == "000123-2026"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "  ",
        "advert",
        "javascript:alert(1)",
        "https://u:p@a.example/",
        "https://a.example/" + "x" * 2_000,
        "http://a\0b",
    ],
)
def test_what_is_no_link_is_refused_and_nothing_is_kept(world: World, link: str) -> None:
    with pytest.raises(ReportRefused) as refused:
        missing(world, link=link)
    assert refused.value.field == "link"
    assert world.rows("select 1 from report") == []


def test_an_address_that_is_none_and_words_that_are_too_many_are_refused(world: World) -> None:
    with pytest.raises(AddressRefused):
        missing(world, "nobody")
    with pytest.raises(ReportRefused):
        mistake(world, words="x" * 2_001)
    assert mistake(world, words="x" * 2_000)


def test_one_network_may_report_twenty_times_an_hour(world: World) -> None:
    for _ in range(20):
        missing(world, "")
    with pytest.raises(TooManyRequests):
        missing(world, "")
    missing(world, "", network="198.51.100.7")


def test_addresses_go_28_days_after_the_outcome_and_reports_after_a_year(world: World) -> None:
    id, open_one = missing(world), mistake(world)
    settle(world, id, Outcome.ABSENT)
    write(world)
    world.now += timedelta(days=28)
    assert prune(world) == 1
    assert (report(world, id)["address"], report(world, id)["email"]) == (None, None)
    assert report(world, open_one)["address"] == "ann@example.org", "nobody has been told yet"
    world.now += timedelta(days=337)
    assert prune(world) == 2
    assert world.rows("select 1 from report") == []
    assert world.rows("select 1 from matter") == []


def prune(world: World) -> int:
    with world.private() as db, transaction(db):
        return reports.prune(db, world.now)


def test_a_person_can_be_forgotten_at_once(world: World) -> None:
    id = missing(world)
    settle(world, id, Outcome.ABSENT)
    write(world)
    with world.private() as db, transaction(db):
        assert reports.forget(db, "ann@example.org") == 1
        db.execute("delete from outbox where address = 'ann@example.org'")
    assert report(world, id)["address"] is None
