"""Receipts and warnings for commissioners: told once, to the right body, and explained when the sources are silent."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from alerts import contacts, desk, published, receipts, subjects, suppression, tokens, unsubscribe
from alerts.deciding import decide
from alerts.errors import AddressRefused
from alerts.kept import KEPT
from alerts.letters import write
from alerts.receipt_letters import write_receipts, write_warnings
from alerts.receipts import Wish
from alerts.retention import prune
from alerts.sending import send
from alerts.tokens import Scope
from tenderbell.database import transaction
from tenderbell.decisions import Verdict
from tenderbell.errors import TooManyRequests
from tenderbell.notice import Organisation
from tenderbell.opportunity import Finding
from tenderbell.vocabulary import Result, Stage
from tests.alerts.test_dying import worlds
from tests.alerts.world import START, Mail, World

OFFICER = "buying@stroud.gov.uk"
STRANGER = "buying@hall-trust.example"
STROUD = {
    "buyer": "Stroud District Council",
    "buyer_id": "stroud-district-council",
    "buyers": (Organisation("Stroud District Council"),),
}
BOTH = Wish(True, 30)


def wish(world: World, asked: Wish = BOTH, address: str = OFFICER) -> str:
    """Ask for it, press the button of the e-mail, and return the token of the contact's page."""
    with world.private() as db:
        receipts.request(db, world.settings, address, asked, network=f"network of {address}", now=world.now)
        contact = db.execute("select id from contact where address = ?", (address,)).fetchone()["id"]
        token = contacts.token_of(db, contact, tokens.Scope.RECEIPTS)
        assert receipts.take_up(db, world.settings, token, asked, world.now)
        with transaction(db):
            db.execute("delete from outbox where sort = 'confirmation'")
            db.execute("delete from form_hit")
    return token


def letters(world: World) -> list[Mail]:
    rows = world.rows(
        "select content from outbox join body on body.outbox = outbox.id "
        "where sort in ('receipt', 'warning') order by id"
    )
    return [Mail(row["content"]) for row in rows]


def advertise(world: World, id: str, *, silent: bool = False, **facts: object) -> None:
    world.publish(id, silent=silent, **{"published_at": world.now, **STROUD, **facts})


@pytest.fixture
def well(world: World) -> World:
    """A world whose one source answers."""
    world.source("find-a-tender", "Find a Tender", "working", START, START)
    with world.public() as db:
        db.execute("update source set last_run = last_success")
    return world


def answered(world: World) -> None:
    with world.public() as db:
        db.execute("update source set last_success = ?, last_run = ?", (f"{world.now:%Y-%m-%dT%H:%M:%SZ}",) * 2)


def test_each_new_advert_of_the_body_brings_one_receipt_that_says_what_was_understood(well: World) -> None:
    advertise(well, "before")
    token = wish(well)
    found = (
        Finding("3.2.2", Result.NOT_MET, "It gives 34 days."),
        Finding("3.1.1", Result.MET, "It says that it is a grant."),
    )
    advertise(well, "a", title="Hall roofs", published_at=well.now - timedelta(hours=14), findings=found)
    well.publish("other", buyer_id="cotswold-district-council", buyer="Cotswold District Council")
    assert write(well.settings).receipts == 1
    assert write(well.settings).receipts == 0
    (mail,) = letters(well)
    assert mail.subject == "Your advert has appeared: Hall roofs"
    assert mail.message["To"] == OFFICER
    text = " ".join(mail.text.split())
    assert "First seen at 9am, Wednesday 4 November 2026, 14 hours after it was published." in text
    assert "1 met, 1 not met." in text
    assert "It gives 34 days." in text
    assert "12 noon" in text or "Closes:" in text
    assert {"https://bell.example/opportunities/a", "https://bell.example/check"} <= mail.text_links
    assert f"https://bell.example/receipts/{token}" in mail.text_links
    assert mail.text_links == mail.html_links


def test_several_at_once_are_one_e_mail_and_silent_ones_are_not_told(well: World) -> None:
    wish(well)
    advertise(well, "a")
    advertise(well, "b")
    advertise(well, "backfilled", silent=True)
    assert write(well.settings).receipts == 1
    (mail,) = letters(well)
    assert mail.subject == "2 adverts of yours have appeared"
    assert [tuple(row) for row in well.rows("select opportunity from receipt order by 1")] == [("a",), ("b",)]


def test_the_letters_are_a_list_of_their_own_that_one_click_leaves(well: World) -> None:
    wish(well)
    advertise(well, "a")
    write(well.settings)
    (mail,) = letters(well)
    headers = mail.message
    assert headers["List-Id"] == '"Test Opportunities receipts" <receipts.bell.example>'
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = well.token(Scope.END_RECEIPTS, 1)
    assert f"<https://bell.example/unsubscribe/{token}>" in headers["List-Unsubscribe"]
    with well.private() as db:
        found = unsubscribe.describe(db, token)
        assert found is not None
        assert found.receipts
        unsubscribe.unsubscribe(db, token, well.now)
        unsubscribe.unsubscribe(db, token, well.now)
    assert well.states() == ["withdrawn"]
    advertise(well, "b")
    assert write(well.settings).receipts == 0


def test_leaving_receipts_ends_no_alert_and_leaving_alerts_ends_no_receipt(well: World) -> None:
    wish(well)
    profile = well.subscribe("", address=OFFICER)
    with well.private() as db:
        unsubscribe.unsubscribe(db, tokens.make(db, Scope.END_RECEIPTS, 1), well.now)
        assert db.execute("select count(*) from profile where ended_at is null").fetchone()[0] == 1
    wish(well)
    with well.private() as db:
        unsubscribe.unsubscribe(db, tokens.make(db, Scope.END_ALL, profile.subscriber), well.now)
        assert db.execute("select count(*) from receipt_wish where ended_at is null").fetchone()[0] == 1


def test_an_unknown_domain_waits_for_the_operator_and_is_then_told_of_what_came_meanwhile(well: World) -> None:
    token = wish(well, address=STRANGER)
    advertise(well, "a")
    assert write(well.settings).receipts == 0
    with well.private() as db:
        asked = receipts.shown(db, well.settings.area, token)
        assert asked is not None
        assert (asked.body, asked.wish) == (None, BOTH)
        (matter,) = [one for one in desk.open_matters(db) if one.sort is desk.Matter.BODY]
        assert STRANGER in matter.question
        decide(db, well.settings, matter.id, Verdict.ACCEPT, well.now, body="stroud-district-council")
    assert write(well.settings).receipts == 1
    assert letters(well)[0].message["To"] == STRANGER


def test_asking_keeps_no_wish_and_tells_nothing_before_the_button(well: World) -> None:
    with well.private() as db:
        receipts.request(db, well.settings, OFFICER, BOTH, network="n", now=well.now)
        assert db.execute("select count(*) from receipt_wish").fetchone()[0] == 0
    advertise(well, "a")
    assert write(well.settings).receipts == 0
    (row,) = well.rows("select content from body")
    mail = Mail(row["content"])
    assert "when an advert of yours appears and when none has been seen for 30 days" in " ".join(mail.text.split())
    (link,) = [link for link in mail.text_links if "/receipts/" in link]
    assert link.endswith("?receipts=1&days=30")


def test_limits_and_odd_addresses_are_as_for_every_form(well: World) -> None:
    with well.private() as db:
        for address in ("nobody", "somebody@gmail.com"):
            with pytest.raises(AddressRefused):
                receipts.request(db, well.settings, address, BOTH, network="n", now=well.now)
        for number in range(20):
            receipts.request(db, well.settings, OFFICER, BOTH, network=f"n{number}", now=well.now)
        assert db.execute("select count(*) from outbox").fetchone()[0] == 3
        for number in range(20):
            receipts.request(db, well.settings, f"x{number}@stroud.gov.uk", BOTH, network="m", now=well.now)
        with pytest.raises(TooManyRequests):
            receipts.request(db, well.settings, "y@stroud.gov.uk", BOTH, network="m", now=well.now)


def warned(world: World, days: int) -> list[str]:
    """Let so many days pass, with a run each morning, and return the subjects of what came in them."""
    before = len(letters(world))
    for _ in range(days):
        world.wait(days=1)
        answered(world)
        with world.private() as db, published.reading(world.settings) as public:
            assert public is not None
            write_receipts(db, public, world.settings, world.now)
            write_warnings(db, public, world.settings, world.now)
    return [mail.subject for mail in letters(world)][before:]


def test_a_warning_comes_once_after_so_many_days_and_again_only_after_as_many(well: World) -> None:
    advertise(well, "a", title="Hall roofs")
    wish(well, Wish(False, 30))
    assert warned(well, 29) == []
    assert warned(well, 1) == ["No advert of Stroud District Council seen for 30 days"]
    assert warned(well, 29) == []
    assert len(warned(well, 1)) == 1
    mail = letters(well)[0]
    assert "Hall roofs" in mail.text
    assert "Wednesday 4 November 2026" in mail.text
    assert "https://bell.example/missing" in mail.text_links
    assert mail.text_links == mail.html_links


def test_a_new_advert_starts_the_count_anew_and_brings_no_receipt_to_who_wants_none(well: World) -> None:
    advertise(well, "a")
    wish(well, Wish(False, 7))
    assert warned(well, 6) == []
    advertise(well, "b")
    assert warned(well, 6) == []
    assert len(warned(well, 1)) == 1


def test_who_was_never_seen_is_counted_from_the_day_of_the_wish(well: World) -> None:
    wish(well, Wish(True, 7))
    assert warned(well, 6) == []
    (subject,) = warned(well, 1)
    assert subject == "No advert of Stroud District Council seen for 7 days"
    assert "We have never seen one." in letters(well)[0].text


def test_while_the_sources_fail_the_letter_says_that_instead(well: World) -> None:
    advertise(well, "a")
    wish(well, Wish(False, 7))
    well.wait(days=7)
    write(well.settings)
    (mail,) = letters(well)
    assert mail.subject == "We cannot tell whether Stroud District Council has advertised"
    assert "We have not been able to check Find a Tender since" in " ".join(mail.text.split())
    assert "have answered" not in mail.text


def test_only_the_sources_where_the_body_advertises_count(well: World) -> None:
    well.source("a-portal", "A Portal", "failing", START - timedelta(days=90))
    advertise(well, "a")
    wish(well, Wish(False, 7))
    assert warned(well, 7) == ["No advert of Stroud District Council seen for 7 days"]


def test_nothing_goes_to_an_address_that_must_not_be_written_to(well: World) -> None:
    wish(well)
    advertise(well, "a")
    with well.private() as db:
        suppression.suppress(db, OFFICER, "bounce", well.now)
    assert write(well.settings).receipts == 0
    with well.private() as db:
        suppression.lift(db, OFFICER)
    assert write(well.settings).receipts == 1
    with well.private() as db:
        suppression.suppress(db, OFFICER, "bounce", well.now)
    send(well.settings)
    assert well.states() == ["withdrawn"]


def test_a_wish_is_changed_and_ended_on_its_page(well: World) -> None:
    token = wish(well)
    with well.private() as db:
        assert receipts.take_up(db, well.settings, token, Wish(False, 90), well.now)
        asked = receipts.shown(db, well.settings.area, token)
        assert asked is not None
        assert (asked.wish, asked.body_name, asked.confirmed) == (Wish(False, 90), "Stroud District Council", True)
        assert receipts.take_up(db, well.settings, token, Wish(False, None), well.now)
        assert db.execute("select count(*) from receipt_wish where ended_at is null").fetchone()[0] == 0
        assert not receipts.take_up(db, well.settings, "b1-forged", BOTH, well.now)


def test_show_export_and_erase_know_a_commissioner(well: World) -> None:
    wish(well)
    wish(well, address=STRANGER)
    advertise(well, "a", stage=Stage.OPEN)
    write(well.settings)
    with well.private() as db:
        shown = subjects.show(db, OFFICER)
        assert shown is not None
        assert shown["contact"][0]["body"] == "stroud-district-council"
        assert shown["receipts"][0]["silent_days"] == 30
        assert subjects.export(db, STRANGER)
        assert subjects.erase(db, OFFICER)
        assert subjects.erase(db, STRANGER)
        left = "\n".join(db.iterdump())
        assert OFFICER not in left
        assert STRANGER not in left


def test_contacts_are_forgotten_when_they_never_confirmed_or_have_stopped(well: World) -> None:
    token = wish(well)
    advertise(well, "a")
    write(well.settings)
    with well.private() as db:
        receipts.request(db, well.settings, "late@stroud.gov.uk", BOTH, network="n", now=well.now)
        receipts.take_up(db, well.settings, token, Wish(False, None), well.now)
        send(well.settings)
        well.wait(days=8)
        assert prune(db, well.now).contacts == 1
        assert "late@" not in "\n".join(db.iterdump())
        well.wait(days=19)
        assert prune(db, well.now).contacts == 0
        well.wait(days=1)
        assert prune(db, well.now).contacts == 1
        assert OFFICER not in "\n".join(db.iterdump())


def test_who_waits_for_the_operator_or_is_served_is_not_forgotten(well: World) -> None:
    wish(well)
    wish(well, address=STRANGER)
    well.wait(days=300)
    with well.private() as db:
        assert prune(db, well.now).contacts == 0


def test_what_is_kept_is_said_in_words_with_a_time_for_each() -> None:
    assert len(KEPT) >= 8
    assert all(row.what and row.why and row.how_long for row in KEPT)


def test_one_writer_that_fails_is_said_and_stops_no_other(well: World) -> None:
    wish(well)
    advertise(well, "a")
    with well.private() as db:
        db.execute("drop table matter")
    report = write(well.settings)
    assert report.receipts == 1
    assert [line.partition(" could")[0] for line in report.problems] == ["Questions to the operator"]


@pytest.mark.kill
def test_a_writer_that_dies_anywhere_loses_and_doubles_nothing(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    before = World(tmp_path / "before")
    wish(before, Wish(True, 7), "ann@stroud.gov.uk")
    wish(before, Wish(False, 7), "cleo@cotswold.gov.uk")
    advertise(before, "a")
    before.wait(days=8)
    advertise(before, "b")

    def prepare(world: World) -> None:
        shutil.copytree(before.settings.data, world.settings.data)
        world.now = before.now

    def write_both(world: World) -> None:
        with world.private() as db, published.reading(world.settings) as public:
            assert public is not None
            write_receipts(db, public, world.settings, world.now)
            write_warnings(db, public, world.settings, world.now)

    for world in worlds(tmp_path, write_both, prepare):
        write_both(world)
        rows = world.rows("select email, sort from outbox order by 1")
        assert [tuple(row) for row in rows] == [("ann@stroud.gov.uk", "receipt"), ("cleo@cotswold.gov.uk", "warning")]
        assert world.rows("select count(*) from receipt")[0][0] == 2
