"""Receipts for commissioners on the site: the form, the page behind the e-mail, and leaving."""

import re
from contextlib import closing
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from alerts import contacts, receipts, tokens
from alerts.receipts import Wish
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tests.site.conftest import Visitor, apart
from tests.site.test_forms import ONE_CLICK, dump, fill_in, links_to, rows, token_in

OFFICER = "buying@stroud.gov.uk"
WISHES = "select receipts, silent_days, ended_at is null from receipt_wish"


def ask(visitor: Visitor, email: str = OFFICER, **fields: Any) -> httpx.Response:
    chosen = fields or {"receipts": "1", "warn": "1", "days": "60"}
    answer: httpx.Response = fill_in(visitor, "/receipts", email=email, **chosen)
    return answer


def link(settings: Settings) -> str:
    """Send what waits and return the link of the newest confirmation, with what it asks for."""
    path = links_to(settings, "receipts")[-1]
    return f"{path}?receipts=1&days=60"


def begun(visitor: Visitor, email: str = OFFICER) -> str:
    """Ask and confirm; return the address of the contact's page."""
    ask(visitor, email)
    found = link(visitor.settings)
    page = visitor.get(found)
    path = found.partition("?")[0]
    answer = visitor.post(
        path, {"csrftoken": token_in(page.text), "do": "save", "receipts": "1", "warn": "1", "days": "60"}
    )
    assert answer.status_code == 303, answer.text
    assert visitor.get(answer.headers["location"]).status_code == 200
    return path


def test_receipts_are_asked_for_confirmed_and_only_then_begin(visitor: Visitor) -> None:
    assert "Now look in your e-mail" in ask(visitor).text
    page = visitor.get(link(visitor.settings)).text
    assert "Stroud District Council" in page
    assert "One press and it begins" in page
    assert re.search(r'name="receipts" value="1" checked', page)
    assert 'name="days" value="60"' in page
    assert OFFICER not in page
    assert rows(visitor.settings, WISHES) == []
    path = begun(visitor)
    assert rows(visitor.settings, WISHES) == [(1, 60, 1)]
    assert "Your advert receipts" in visitor.get(path).text


def test_an_unknown_domain_has_the_same_answer_and_is_put_to_the_operator_once_confirmed(visitor: Visitor) -> None:
    known = ask(visitor).text
    assert ask(visitor, "somebody@hall-trust.example").text == known
    assert rows(visitor.settings, "select count(*) from matter") == [(0,)]
    path = begun(visitor, "somebody@hall-trust.example")
    assert rows(visitor.settings, "select sort from matter") == [("body",)]
    assert "Nothing more is needed from you" in visitor.get(path).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"days": "60"}, "Choose at least one"),
        ({"warn": "1", "days": "6"}, "from 7 to 365"),
        ({"warn": "1", "days": "366"}, "from 7 to 365"),
        ({"warn": "1", "days": "٧٧"}, "from 7 to 365"),
        ({"warn": "1", "days": ""}, "from 7 to 365"),
        ({"warn": "1", "days": "1e2"}, "from 7 to 365"),
    ],
)
def test_a_choice_that_cannot_be_kept_is_said_beside_the_field(
    visitor: Visitor, fields: dict[str, str], said: str
) -> None:
    answer = ask(visitor, **fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert f'value="{OFFICER}"' in answer.text
    assert rows(visitor.settings, "select count(*) from outbox") == [(0,)]


def test_a_robot_and_a_wrong_address_send_nothing(visitor: Visitor) -> None:
    assert ask(visitor, receipts="1", website="x").status_code == 200
    wrong = ask(visitor, "nobody", receipts="1")
    assert wrong.status_code == 400
    assert 'aria-invalid="true"' in wrong.text
    assert rows(visitor.settings, "select count(*) from outbox") == [(0,)]


def test_receipts_are_changed_and_stopped_on_the_page(visitor: Visitor) -> None:
    path = begun(visitor)
    answer = fill_in(visitor, path, do="save", warn="1", days="7")
    assert "as you chose" in visitor.get(answer.headers["location"]).text
    assert rows(visitor.settings, WISHES) == [(0, 7, 1)]
    assert fill_in(visitor, path, do="save").status_code == 400
    answer = fill_in(visitor, path, do="end")
    assert "have stopped" in visitor.get(answer.headers["location"]).text
    assert rows(visitor.settings, WISHES) == [(0, 7, 0)]


def test_a_forged_link_is_a_neutral_404_and_changes_nothing(visitor: Visitor) -> None:
    begun(visitor)
    before = dump(visitor.settings)
    for forged in ("b1-aaaaaaaaaaaaaaaaaaaaaa", "x", "%00", "b" * 400):
        assert visitor.get(f"/receipts/{forged}").status_code == 404
        assert visitor.post(f"/receipts/{forged}", {"do": "end"}).status_code in (403, 404)
    assert dump(visitor.settings) == before


def test_one_click_ends_receipts_and_opening_its_link_does_not(visitor: Visitor) -> None:
    begun(visitor)
    token = apart(lambda: _end_token(visitor.settings))
    assert "Advert receipts" in visitor.get(f"/unsubscribe/{token}").text
    assert rows(visitor.settings, WISHES) == [(1, 60, 1)]
    answer = visitor.ask(
        "POST",
        f"/unsubscribe/{token}",
        content=ONE_CLICK,
        headers={"content-type": "application/x-www-form-urlencoded", "origin": "https://mail.example"},
    )
    assert answer.status_code == 200
    assert rows(visitor.settings, WISHES) == [(1, 60, 0)]


def _end_token(settings: Settings) -> str:
    with closing(open_private(settings.private_path)) as db:
        return tokens.make(db, tokens.Scope.END_RECEIPTS, 1)


def test_opening_pages_changes_nothing(visitor: Visitor) -> None:
    path = begun(visitor)
    before = dump(visitor.settings)
    for opened in ("/receipts", path, f"{path}?receipts=0&days=0", f"{path}?receipts=1&days=x", f"{path}?said=<b>"):
        assert visitor.get(opened).status_code == 200
    assert dump(visitor.settings) == before


def test_the_form_and_the_page_can_be_read_by_everybody(chromium: Browser, settings: Settings, served: str) -> None:
    def prepare() -> str:
        with closing(open_private(settings.private_path)) as db:
            wish, now = Wish(True, None), settings.clock()
            receipts.request(db, settings, OFFICER, wish, network="n", now=now)
            return contacts.token_of(db, 1)

    token = apart(prepare)
    for scheme in ("light", "dark"):
        page = chromium.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
        for path in ("/receipts", f"/receipts/{token}"):
            page.goto(f"{served}{path}")
            assert Axe().run(page).response["violations"] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.close()
