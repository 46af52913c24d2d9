"""Preflight: what a draft would get, understood field by field; it keeps nothing, and survives whatever is pasted."""

import html
import logging
import re
import sqlite3
from contextlib import closing
from urllib.parse import quote_from_bytes, urlencode

import httpx
import pytest

from tenderbell.pages import forms
from tenderbell.settings import Settings
from tests.site.conftest import Visitor

GRANT = """Young Carers Respite Fund 2027

Funder: Stroud District Council

This is a grant. Grants of £500 to £15,000 are available from a fund of £120,000.
Who can apply: charities and community groups can apply.
Closing date: 5 May 2027 at noon. We will tell you our decision by 2 July 2027.
Each group reports to us every quarter on who was helped.
Contact us at grants@stroud.example. A glossary stands at the end.
"""
TENDER = """Support for young carers: invitation to tender

The council wants to procure a service. The contract is worth £300,000 over three years.
Tenders must be received by 12 noon on 15 May 2026. Scoring: price 100%, quality 0%.
"""
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}</textarea><h1>Owned</h1>'


def fields_of(visitor: Visitor, draft: str, **more: str) -> dict[str, str]:
    page = visitor.get("/preflight")
    token = re.search(r'name="csrftoken" value="([^"]+)"', page.text)
    assert token
    return {"csrftoken": token[1], "draft": draft, **more}


def looked_over(visitor: Visitor, draft: str, **more: str) -> httpx.Response:
    return visitor.post("/preflight", fields_of(visitor, draft, **more))


def finding(page: str, question: str) -> str:
    """The words of one finding, without markup."""
    found = re.search(
        rf"<li><span class=\"mark[^>]*>.</span><span><strong>{re.escape(question)}</strong>(.*?)</li>", page
    )
    assert found, question
    return html.unescape(re.sub(r"<[^>]+>", "", found[1]))


def dumped(settings: Settings) -> dict[str, list[str]]:
    """Every table of every database."""
    found = {}
    for path in sorted(settings.private_path.parent.glob("*.db")):
        with closing(sqlite3.connect(path)) as db:
            found[path.name] = list(db.iterdump())
    return found


def test_the_page_asks_for_a_draft_and_says_that_it_keeps_nothing(visitor: Visitor) -> None:
    page = visitor.get("/preflight")
    assert page.status_code == 200
    assert 'name="draft"' in page.text
    assert "We keep nothing of it" in page.text


def test_a_draft_gets_its_findings_with_what_to_add(visitor: Visitor) -> None:
    page = looked_over(visitor, TENDER).text
    assert "Not met" in finding(page, "Three months’ notice?")
    assert "Price alone counts" in finding(page, "How are bids scored?")
    assert "Not stated" in finding(page, "When is the decision?")
    assert "Give the day on which you will decide" in page
    assert finding(page, "Grant or contract?").startswith(" Met: Contract.")


def test_what_was_understood_stands_field_by_field_in_words(visitor: Visitor) -> None:
    page = html.unescape(re.sub(r"<[^>]+>", " ", looked_over(visitor, GRANT).text))
    for words in (
        "12 noon, Wednesday 5 May 2027",
        "Friday 2 July 2027",
        "from £500 to £15,000, from a fund of £120,000",
        "Stroud District Council",
        "The draft says “This is a grant”",
        "Young Carers Respite Fund 2027",
    ):
        assert words in page


def test_what_was_typed_is_kept_in_the_form(visitor: Visitor) -> None:
    page = looked_over(visitor, GRANT).text
    assert html.unescape(page).count("Each group reports to us every quarter") >= 2
    assert re.search(r'<textarea[^>]*name="draft"[^>]*>\nYoung Carers Respite Fund 2027', page)


def test_an_empty_draft_is_asked_for_again(visitor: Visitor) -> None:
    answer = looked_over(visitor, " \n ")
    assert answer.status_code == 400
    assert "Paste the advert" in answer.text


def test_a_hostile_draft_is_text(visitor: Visitor) -> None:
    page = looked_over(visitor, HOSTILE + "\n" + GRANT).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<h1>Owned" not in page
    assert "49" not in re.sub(r"csrftoken[^>]+", "", page)
    assert page.count("<textarea") == page.count("</textarea>") == 1


def test_nothing_is_stored_and_nothing_of_the_text_is_logged(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    visitor.get("/preflight")
    looked_over(visitor, "First")
    before = dumped(visitor.settings)
    for draft in (GRANT, TENDER, HOSTILE, ""):
        looked_over(visitor, draft)
    assert dumped(visitor.settings) == before
    assert "private.db" in before
    assert "Respite" not in caplog.text
    assert not list(visitor.settings.private_path.parent.glob("**/*.eml"))


def test_a_draft_of_half_a_megabyte_is_read_as_far_as_it_goes(visitor: Visitor) -> None:
    answer = looked_over(visitor, GRANT + "The work is described at length. " * 12_000)
    assert answer.status_code == 200
    assert "we read the first 20,000 characters" in answer.text
    assert "Met:" in finding(answer.text, "Three months’ notice?")


@pytest.mark.parametrize("megabytes", [1, 10])
def test_more_than_that_is_refused_politely(visitor: Visitor, megabytes: int) -> None:
    content = urlencode(fields_of(visitor, "x" * megabytes * 1024 * 1024)).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = visitor.post("/preflight", content=content, headers=headers)
    assert answer.status_code == 413
    assert "Please send less" in answer.text


def test_ten_megabytes_are_refused_with_a_page_by_a_real_server_too(served: str) -> None:
    answer = httpx.post(f"{served}/preflight", data={"draft": "x" * 10 * 1024 * 1024}, timeout=30)
    assert answer.status_code == 413
    assert "Please send less" in answer.text


def test_other_forms_stay_as_small_as_they_were(visitor: Visitor) -> None:
    assert visitor.post("/manage", {"email": "x" * 70_000}).status_code == 413


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_a_pound_sign_is_read_in_whatever_encoding_the_browser_sends(visitor: Visitor, charset: str) -> None:
    fields = fields_of(visitor, "")
    draft = quote_from_bytes("Grants of up to £5,000\nThis is a grant – for “carers”.".encode(charset))
    content = f"csrftoken={fields['csrftoken']}&draft={draft}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    page = html.unescape(visitor.post("/preflight", content=content, headers=headers).text)
    assert "£5,000" in page
    assert "�" not in page


@pytest.mark.parametrize("body", [b"", b"&&&=", b"draft=%", b"draft=%zz&draft", b"\xff=%ff", b"draft=%00%00"])
def test_fields_are_read_whatever_the_body(body: bytes) -> None:
    assert isinstance(forms.read_fields(body), dict)


def test_a_robot_that_fills_the_trap_gets_the_empty_form(visitor: Visitor) -> None:
    page = looked_over(visitor, GRANT, website="https://spam.example").text
    assert "What we understood" not in page


def test_sixty_drafts_an_hour_are_enough_for_one_network_and_the_next_is_told_so(settings: Settings) -> None:
    one = Visitor(settings, client=("192.0.2.7", 50000))
    fields = fields_of(one, "A grant")
    assert {one.post("/preflight", fields).status_code for _ in range(60)} == {200}
    refused = one.post("/preflight", fields)
    assert refused.status_code == 429
    assert "within the hour" in refused.text


def sent_by_form(visitor: Visitor, **typed: str) -> httpx.Response:
    return visitor.post("/preflight", {**fields_of(visitor, ""), "by": "form", **typed})


def test_the_short_form_is_the_other_door(visitor: Visitor) -> None:
    assert 'href="/preflight?by=form"' in visitor.get("/preflight").text
    page = visitor.get("/preflight?by=form").text
    assert 'name="purpose"' in page
    assert 'name="draft"' not in page
    assert "Stroud" in page


def test_the_short_form_gets_its_findings_and_keeps_what_was_typed(visitor: Visitor) -> None:
    answer = sent_by_form(
        visitor, title="Warm rooms fund", kind="grant", purpose="To keep halls warm.", closes="12 noon, 30 April 2027",
        scoring="70% quality, 30% price.", worth="£500 to £5,000 for each group", who="Any village hall.",
        mailbox="grants@stroud.example", vcse="1",
    )  # fmt: skip
    page = html.unescape(answer.text)
    assert answer.status_code == 200
    assert finding(page, "Grant or contract?").startswith(" Met: Grant.")
    assert "12 noon, Friday 30 April 2027" in page
    assert "from £500 to £5,000" in page
    assert "Quality 70%, cost 30%" in page
    assert 'value="Warm rooms fund"' in page
    assert "Give the day on which you will decide" in page


def test_what_cannot_be_read_is_said_beside_its_field_and_what_is_empty_is_no_mistake(visitor: Visitor) -> None:
    page = sent_by_form(visitor, title="Warm rooms fund", closes="soon").text
    assert 'id="a-closes-wrong"' in page
    assert 'id="a-purpose-wrong"' not in page
    assert "What we understood" in page


def test_an_empty_form_is_asked_for_again(visitor: Visitor) -> None:
    answer = sent_by_form(visitor)
    assert answer.status_code == 400
    assert "The form is empty" in answer.text


def test_a_hostile_form_is_text(visitor: Visitor) -> None:
    page = sent_by_form(visitor, title=HOSTILE, purpose=HOSTILE, who=HOSTILE, worth=HOSTILE, closes=HOSTILE).text
    assert "<script>alert" not in page
    assert "<img" not in page


def test_get_with_anything_behind_it_is_the_empty_form(visitor: Visitor) -> None:
    page = visitor.get("/preflight?draft=" + "A+grant")
    assert page.status_code == 200
    assert "What we understood" not in page.text
