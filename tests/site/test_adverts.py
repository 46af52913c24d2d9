"""Commissioners write adverts and replies here; the operator decides at the desk. Through the real site."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from playwright.sync_api import Page as PageInBrowser

from alerts import contacts, deciding, desk, reports, tokens, written
from alerts.addresses import parse_address
from alerts.contacts import Contact
from alerts.tokens import Scope
from alerts.written import Written
from tenderbell.compiling.following import compile_archive
from tenderbell.database import transaction
from tenderbell.decisions import Verdict
from tenderbell.opportunity import find
from tenderbell.private import open_private
from tenderbell.public import read_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import Stage
from tests.site.conftest import Visitor, serving
from tests.site.world import HOSTILE, NOW

FORM = {
    "title": "Warm rooms fund 2027",
    "kind": "grant",
    "purpose": "For village halls that open a warm room in winter.",
    "who": "Constituted groups.",
    "worth": "£500 to £5,000 for each group",
    "closes": "12 noon, 30 April 2027",
    "how": "Send the form on our page.",
    "link": "https://www.stroud.gov.uk/warm-rooms",
    "mailbox": "grants@stroud.gov.uk",
    "vcse": "1",
    "do": "save",
}


@pytest.fixture
def private(settings: Settings) -> Iterator[sqlite3.Connection]:
    with closing(open_private(settings.private_path)) as db:
        yield db


def contact_of(db: sqlite3.Connection, settings: Settings, email: str) -> tuple[Contact, str]:
    with transaction(db):
        contact = contacts.ensure(db, settings.area, parse_address(email), NOW)
    return contact, f"/adverts/{contacts.token_of(db, contact.id)}"


def send(visitor: Visitor, page: str, **fields: str) -> httpx.Response:
    visitor.get(page)
    return visitor.post(page, {**fields, "csrftoken": visitor.cookies.get("ds_csrftoken", "")})


def write(visitor: Visitor, page: str, **changes: str) -> int:
    answer = send(visitor, page, **{**FORM, **changes})
    assert answer.status_code == 303, unescape(answer.text)
    found = re.search(r"see=(\d+)", answer.headers["location"])
    assert found
    return int(found[1])


def only_matter(db: sqlite3.Connection, sort: desk.Matter) -> desk.Asked:
    (found,) = [asked for asked in desk.open_matters(db) if asked.sort is sort]
    return found


def desk_page(db: sqlite3.Connection, asked: desk.Asked) -> str:
    return f"/decide/{tokens.make(db, Scope.DECIDE, asked.id)}"


def stage_of(settings: Settings, one: Written | None) -> Stage | None:
    assert one
    compile_archive(settings)
    with closing(read_public(settings.public_path)) as public:
        found = find(public, one.page)
    return found.stage if found else None


def letters(db: sqlite3.Connection, sort: str) -> list[sqlite3.Row]:
    return db.execute("select * from outbox where sort = ? order by id", (sort,)).fetchall()


def test_the_link_is_sent_to_a_work_address_and_the_answer_never_tells_who_is_known(
    visitor: Visitor, private: sqlite3.Connection
) -> None:
    known = send(visitor, "/adverts/new", email="grants@stroud.gov.uk")
    unknown = send(visitor, "/adverts/new", email="ana@trust.example.org")
    assert known.text == unknown.text
    assert [row["email"] for row in letters(private, "link")] == ["grants@stroud.gov.uk", "ana@trust.example.org"]


@pytest.mark.parametrize("email", ["ana@gmail.com", "ana@yahoo.co.uk", "ana@btinternet.com", "ana@x.hotmail.com"])
def test_a_host_where_anybody_can_have_an_address_speaks_for_nobody(
    visitor: Visitor, private: sqlite3.Connection, email: str
) -> None:
    refused = send(visitor, "/adverts/new", email=email)
    assert refused.status_code == 400
    assert "work address" in refused.text
    assert not letters(private, "link")


def test_a_first_advert_waits_for_the_operator_and_later_ones_go_out_at_once(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    contact, page = contact_of(private, settings, "ana@stroud.gov.uk")
    first = write(visitor, page)
    shown = visitor.get(f"{page}?see={first}").text
    assert "Warm rooms fund 2027" in shown
    assert 'class="findings"' in shown
    assert stage_of(settings, written.find(private, first)) is None
    send(visitor, page, do="send", id=str(first))
    assert written.find(private, first).state == "waiting"  # type: ignore[union-attr]
    assert stage_of(settings, written.find(private, first)) is None

    asked = only_matter(private, desk.Matter.ADVERT)
    assert desk.write_questions(private, settings, NOW) == 1
    desk_at = desk_page(private, asked)
    assert "Warm rooms fund 2027" in visitor.get(desk_at).text
    assert desk.find(private, asked.id).verdict is None  # type: ignore[union-attr]
    send(visitor, desk_at, do="accept")
    assert stage_of(settings, written.find(private, first)) is Stage.OPEN
    assert "Already decided: accepted" in visitor.get(desk_at).text
    assert [row["subject"] for row in letters(private, "outcome")] == ["Published: Warm rooms fund 2027"]

    second = write(visitor, page, title="Second fund")
    send(visitor, page, do="send", id=str(second))
    assert stage_of(settings, written.find(private, second)) is Stage.OPEN
    assert contact.body == "stroud-district-council"
    with closing(sqlite3.connect(settings.archive_path)) as archive:
        kept = archive.execute("select group_concat(reading, ' ') from notice").fetchone()[0]
    assert "ana@" not in str(kept)


def published(visitor: Visitor, db: sqlite3.Connection, settings: Settings) -> tuple[str, int]:
    _, page = contact_of(db, settings, "ana@stroud.gov.uk")
    id = write(visitor, page)
    send(visitor, page, do="send", id=str(id))
    deciding.decide(db, settings, only_matter(db, desk.Matter.ADVERT).id, Verdict.ACCEPT, NOW)
    return page, id


def test_an_edit_is_shown_before_it_goes_out_and_keeps_the_page(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    page, id = published(visitor, private, settings)
    one = written.find(private, id)
    assert one
    assert stage_of(settings, one) is Stage.OPEN
    change = {**FORM, "id": str(id), "seen": one.updated_at, "closes": "12 noon, 31 May 2027"}
    looked = send(visitor, page, **change)
    assert looked.status_code == 200
    assert "not published yet" in looked.text
    assert written.find(private, id) == one
    assert send(visitor, page, **change, sure="1").status_code == 303
    assert stage_of(settings, written.find(private, id)) is Stage.OPEN
    with closing(read_public(settings.public_path)) as public:
        found = find(public, one.page)
    assert found
    assert found.closes_at
    assert (found.closes_at.month, found.closes_at.day) == (5, 31)
    assert len(letters(private, "outcome")) == 1


def test_a_withdrawn_advert_keeps_its_page_and_cannot_be_changed_any_more(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    page, id = published(visitor, private, settings)
    assert stage_of(settings, written.find(private, id)) is Stage.OPEN
    for _ in range(2):
        send(visitor, page, do="withdraw", id=str(id))
    one = written.find(private, id)
    assert stage_of(settings, one) is Stage.CANCELLED
    assert one
    assert "cancelled" in visitor.get(f"/opportunities/{one.page}").text
    late = send(visitor, page, **{**FORM, "id": str(id), "seen": one.updated_at, "title": "After all"})
    assert late.status_code == 400
    assert written.find(private, id).advert.title == FORM["title"]  # type: ignore[union-attr]
    assert send(visitor, page, do="send", id=str(id)).status_code == 409


def test_nobody_sees_or_touches_the_adverts_of_another(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    _, id = published(visitor, private, settings)
    before = written.find(private, id)
    _, other = contact_of(private, settings, "bo@cheltenham.gov.uk")
    assert "Warm rooms" not in visitor.get(f"{other}?see={id}").text
    assert visitor.get(f"{other}?write={id}").status_code == 404
    send(visitor, other, do="withdraw", id=str(id))
    send(visitor, other, do="send", id=str(id))
    send(visitor, other, **{**FORM, "id": str(id), "title": "Mine now", "sure": "1"})
    assert written.find(private, id) == before


@pytest.mark.parametrize("token", ["b1-AAAAAAAAAAAAAAAAAAAAAA", "x", "d1-AAAAAAAAAAAAAAAAAAAAAA", "%00", "b1"])
def test_a_forged_link_opens_nothing(visitor: Visitor, token: str) -> None:
    assert visitor.get(f"/adverts/{token}").status_code == 404
    assert visitor.post(f"/adverts/{token}", FORM).status_code == 404
    assert visitor.get(f"/decide/{token}").status_code == 404
    assert visitor.post(f"/decide/{token}", {"do": "accept"}).status_code == 404


def test_two_windows_do_not_undo_each_other(visitor: Visitor, private: sqlite3.Connection, settings: Settings) -> None:
    _, page = contact_of(private, settings, "ana@stroud.gov.uk")
    id = write(visitor, page)
    stale = {**FORM, "id": str(id), "seen": "2026-01-01T00:00:00Z", "title": "From the other window"}
    refused = send(visitor, page, **stale)
    assert refused.status_code == 400
    assert "another window" in refused.text
    assert "From the other window" in refused.text
    assert written.find(private, id).advert.title == FORM["title"]  # type: ignore[union-attr]


def test_sending_the_same_form_twice_makes_one_draft(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    contact, page = contact_of(private, settings, "ana@stroud.gov.uk")
    assert write(visitor, page) == write(visitor, page)
    assert len(written.own(private, contact.id)) == 1


BAD: list[tuple[dict[str, str], str]] = [
    ({"link": "javascript:alert(1)"}, "link"),
    ({"closes": "1 May 2020"}, "closes"),
    ({"opens": "1 June 2027"}, "closes"),
    ({"closes": "31 February 2027"}, "closes"),
    ({"closes": "30 April"}, "closes"),
    ({"title": "x" * 50_000}, "title"),
    ({"title": "\x00\u202e \u200b"}, "title"),
    ({"mailbox": "jo.smith@stroud.gov.uk"}, "mailbox"),
    ({"purpose": "Ring Jo on 01453 700 800."}, "purpose"),
    ({"kind": "prize"}, "kind"),
    ({"rolling": "1"}, "closes"),
]


@pytest.mark.parametrize(("changes", "field"), BAD, ids=[str(index) for index in range(len(BAD))])
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings, changes: dict[str, str], field: str
) -> None:
    contact, page = contact_of(private, settings, "ana@stroud.gov.uk")
    refused = send(visitor, page, **{**FORM, **changes})
    assert refused.status_code == 400
    assert f'id="a-{field}-wrong"' in refused.text
    assert FORM["how"] in refused.text
    assert written.own(private, contact.id) == []


def test_markup_in_an_advert_is_text(visitor: Visitor, private: sqlite3.Connection, settings: Settings) -> None:
    _, page = contact_of(private, settings, "ana@stroud.gov.uk")
    id = write(visitor, page, title=f"Fund {HOSTILE}", purpose=HOSTILE, who=HOSTILE, how=HOSTILE, scoring=HOSTILE)
    for address in (page, f"{page}?see={id}", f"{page}?write={id}"):
        assert "<script>alert" not in visitor.get(address).text
        assert "<img src=x" not in visitor.get(address).text


def test_64_kb_of_text_is_refused_politely(visitor: Visitor, private: sqlite3.Connection, settings: Settings) -> None:
    _, page = contact_of(private, settings, "ana@stroud.gov.uk")
    assert send(visitor, page, **{**FORM, "purpose": "word " * 20_000}).status_code == 413
    assert send(visitor, page, **{**FORM, "purpose": "word " * 10_000}).status_code == 400


def test_an_unknown_domain_publishes_nothing_until_the_operator_names_the_body(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    _, page = contact_of(private, settings, "ana@trust.example.org")
    id = write(visitor, page)
    send(visitor, page, do="send", id=str(id))
    asked = only_matter(private, desk.Matter.BODY)
    desk_at = desk_page(private, asked)
    assert "every address at trust.example.org" in visitor.get(desk_at).text
    assert send(visitor, desk_at, do="accept").status_code == 400
    assert send(visitor, desk_at, do="accept", body="no-such-body").status_code == 400
    assert desk.find(private, asked.id).verdict is None  # type: ignore[union-attr]
    assert send(visitor, desk_at, do="accept", body="stroud-district-council").status_code == 303
    advert = only_matter(private, desk.Matter.ADVERT)
    assert stage_of(settings, written.find(private, id)) is None
    deciding.decide(private, settings, advert.id, Verdict.ACCEPT, NOW)
    assert stage_of(settings, written.find(private, id)) is Stage.OPEN
    assert contact_of(private, settings, "new@mail.trust.example.org")[0].body == "stroud-district-council"


def test_the_operator_decides_about_what_was_looked_at(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    _, page = contact_of(private, settings, "ana@stroud.gov.uk")
    id = write(visitor, page)
    send(visitor, page, do="send", id=str(id))
    desk_at = desk_page(private, only_matter(private, desk.Matter.ADVERT))
    one = written.find(private, id)
    assert one
    send(visitor, page, **{**FORM, "id": str(id), "seen": one.updated_at, "title": "Another thing altogether"})
    late = send(visitor, desk_at, do="accept")
    assert late.status_code == 409
    assert "changed by whoever wrote it" in late.text
    assert written.find(private, id).state == "waiting"  # type: ignore[union-attr]


def test_a_contact_gets_a_new_link_and_the_old_one_is_worthless(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    _, page = contact_of(private, settings, "ana@stroud.gov.uk")
    renewed = send(visitor, page, do="renew")
    assert renewed.status_code == 303
    assert "This is your new link" in visitor.get(renewed.headers["location"]).text
    assert visitor.get(page).status_code == 404


def test_the_link_of_a_receipt_writes_nothing_in_the_bodys_name(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    contact, _ = contact_of(private, settings, "ana@stroud.gov.uk")
    token = contacts.token_of(private, contact.id, tokens.Scope.RECEIPTS)
    assert visitor.get(f"/receipts/{token}").status_code == 200
    assert visitor.get(f"/adverts/{token}").status_code == 404
    assert visitor.get(f"/buyers/stroud-district-council/reply/{token}").status_code == 404


def test_a_refused_advert_can_be_changed_and_sent_again(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    _, page = contact_of(private, settings, "ana@stroud.gov.uk")
    id = write(visitor, page)
    send(visitor, page, do="send", id=str(id))
    deciding.decide(private, settings, only_matter(private, desk.Matter.ADVERT).id, Verdict.REJECT, NOW)
    assert [row["subject"] for row in letters(private, "outcome")] == ["Not published: Warm rooms fund 2027"]
    send(visitor, page, do="send", id=str(id))
    assert only_matter(private, desk.Matter.ADVERT).subject == f"{id}-2"


def test_a_reply_is_shown_after_approval_and_goes_when_withdrawn(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    contact, _ = contact_of(private, settings, "ana@stroud.gov.uk")
    page = f"/buyers/stroud-district-council/reply/{contacts.token_of(private, contact.id)}"
    assert send(visitor, page, words="x" * 1_501).status_code == 400
    assert send(visitor, page, words="Ask jo.smith@stroud.gov.uk").status_code == 400
    words = f"We moved the deadline twice because of the floods. {HOSTILE}"
    for _ in range(2):
        assert "<script>alert" not in send(visitor, page, words=words).text
    assert replies_in(settings) == []
    asked = only_matter(private, desk.Matter.REPLY)
    assert "because of the floods" in visitor.get(desk_page(private, asked)).text
    deciding.decide(private, settings, asked.id, Verdict.ACCEPT, NOW)
    assert len(replies_in(settings)) == 1
    send(visitor, page, do="withdraw", id=asked.subject)
    assert replies_in(settings) == []


def replies_in(settings: Settings) -> list[Any]:
    compile_archive(settings)
    with closing(read_public(settings.public_path)) as public:
        return public.execute("select words from reply where buyer = 'stroud-district-council'").fetchall()


def test_a_reply_is_for_ones_own_page_only(visitor: Visitor, private: sqlite3.Connection, settings: Settings) -> None:
    contact, _ = contact_of(private, settings, "ana@stroud.gov.uk")
    key = contacts.token_of(private, contact.id)
    assert send(visitor, f"/buyers/cheltenham-borough-council/reply/{key}", words="Hello").status_code == 400
    assert visitor.get(f"/buyers/nobody/reply/{key}").status_code == 404
    assert visitor.get("/buyers/stroud-district-council/reply/b1-forged").status_code == 404
    assert not desk.open_matters(private)


def test_an_advert_is_written_and_sent_by_keyboard_alone_on_a_phone(
    chromium: Browser, settings: Settings, private: sqlite3.Connection
) -> None:
    contact, page_at = contact_of(private, settings, "ana@stroud.gov.uk")
    with serving(settings) as address:
        page = chromium.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"{address}{page_at}?write=0")
        fill(page, "title", "Warm rooms fund 2027")
        page.locator("#a-kind-grant").focus()
        page.keyboard.press("Space")
        fill(page, "closes", "30 April")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]")
        assert Axe().run(page).violations_count == 0
        assert page.locator("#a-closes").get_attribute("aria-describedby") == "a-closes-wrong"
        assert page.locator("#a-title").input_value() == "Warm rooms fund 2027"
        for name, words in (("purpose", "Warmth."), ("how", "Write to us."), ("closes", "30 April 2027")):
            fill(page, name, words)
        page.keyboard.press("Enter")
        page.wait_for_selector(".preview")
        assert Axe().run(page).violations_count == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Send it").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=status]")
        page.close()
    assert [(one.state, one.advert.title) for one in written.own(private, contact.id)] == [
        ("waiting", "Warm rooms fund 2027")
    ]


def fill(page: PageInBrowser, name: str, words: str) -> None:
    page.locator(f"#a-{name}").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(words)


def test_what_was_reported_can_be_looked_at_from_the_desk_and_decided(
    visitor: Visitor, private: sqlite3.Connection, settings: Settings
) -> None:
    link = "https://elsewhere.example/fund?a=1&b=2"
    missing = reports.report_missing(private, link, "It is a fund.", "bo@hall.example", network="192.0.2.1", now=NOW)
    reports.queue(private, missing, "No known source holds it.", NOW)
    reports.report_mistake(private, "tb-1", "Young carers", "dates", "Wrong <b>year</b>.", "", network="x", now=NOW)
    for sort, wanted in ((desk.Matter.MISSING, "a=1&amp;b=2"), (desk.Matter.MISTAKE, "/opportunities/tb-1")):
        asked = only_matter(private, sort)
        shown = visitor.get(desk_page(private, asked)).text
        assert f'href="{"https://elsewhere.example/fund?" if sort is desk.Matter.MISSING else ""}{wanted}"' in shown
        assert "<b>year" not in shown
        assert send(visitor, desk_page(private, asked), do="reject").status_code == 303
        assert send(visitor, desk_page(private, asked), do="accept").status_code == 409
    assert [row[0] for row in private.execute("select outcome from report order by id")] == ["reject", "reject"]
