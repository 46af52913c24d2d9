"""Following one opportunity from its page: the form, the confirmation, the manage page and leaving."""

import re
from contextlib import closing
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tenderbell.database import connect, transaction
from tests.site.conftest import Visitor
from tests.site.test_forms import dump, fill_in, links_to, managed, profile_number, rows

RADIOS = re.compile(r'name="reminder" value="(\w+)"( checked)?')
LIVING = "select follows, reminder_days, frequency from profile where ended_at is null"


def ask(visitor: Visitor, id: str = "tb-1", email: str = "ann@example.org", **fields: Any) -> httpx.Response:
    answer: httpx.Response = fill_in(visitor, f"/follow/{id}", email=email, **fields)
    return answer


def followed(visitor: Visitor, id: str = "tb-1", **fields: Any) -> str:
    """Follow and confirm; return the address of the manage page."""
    assert ask(visitor, id, **fields).status_code == 200
    answer = fill_in(visitor, links_to(visitor.settings, "confirm")[-1])
    found = re.search(r'href="(/manage/[\w-]+)"', answer.text)
    assert found, answer.text
    return found[1]


def test_the_form_names_the_opportunity_and_offers_the_reminders_that_are_still_to_come(visitor: Visitor) -> None:
    page = visitor.get("/follow/tb-1").text
    assert "Support service for young carers" in page
    assert RADIOS.findall(page) == [("3", ""), ("7", " checked"), ("14", ""), ("none", "")]
    assert re.search(r'value="daily" checked', page)
    soon = visitor.get("/follow/tb-2").text
    assert RADIOS.findall(soon) == [("3", " checked"), ("none", "")]


def test_following_is_asked_for_confirmed_and_only_then_begins(visitor: Visitor) -> None:
    answer = ask(visitor, reminder="14", frequency="weekly")
    assert "Now look in your e-mail" in answer.text
    assert rows(visitor.settings, "select count(*) from profile") == [(0,)]
    link = links_to(visitor.settings, "confirm")[-1]
    page = visitor.get(link).text
    assert "14 days before it closes" in page
    assert "Support service" in page
    assert rows(visitor.settings, "select count(*) from profile") == [(0,)]
    assert "You follow this one" in fill_in(visitor, link).text
    assert rows(visitor.settings, LIVING) == [("tb-1", 14, "weekly")]


def test_the_answer_is_the_same_for_a_known_address_a_robot_and_a_stranger(visitor: Visitor) -> None:
    first = ask(visitor).text
    followed(visitor)
    assert ask(visitor).text == first
    assert ask(visitor, website="http://spam.example", email="robot@example.org").text == first
    assert rows(visitor.settings, "select count(*) from request where address like 'robot%'") == [(0,)]


def test_what_was_typed_is_kept_beside_what_is_wrong_with_it(visitor: Visitor) -> None:
    answer = ask(visitor, email="no address", reminder="3", frequency="instant")
    assert answer.status_code == 400
    assert 'value="no address"' in answer.text
    assert ("3", " checked") in RADIOS.findall(answer.text)
    assert re.search(r'value="instant" checked', answer.text)
    assert 'role="alert"' in answer.text


def test_odd_choices_mean_no_reminder_and_once_a_day(visitor: Visitor) -> None:
    followed(visitor, reminder="-99999999999999999999", frequency="hourly")
    assert rows(visitor.settings, LIVING) == [("tb-1", None, "daily")]


def test_the_manage_page_lists_what_one_follows_with_pause_and_stop(visitor: Visitor) -> None:
    manage = followed(visitor, reminder="7")
    page = visitor.get(manage).text
    assert re.search(r'You follow: <a href="/opportunities/tb-1">Support service', page)
    assert "remind you 7 days before" in page
    number = profile_number(visitor.settings)
    assert "Paused until Monday 4 January 2027" in managed(
        visitor, manage, do="pause", profile=number, until="2027-01-04"
    )
    assert "Paused" not in managed(visitor, manage, do="resume", profile=number)
    assert rows(visitor.settings, LIVING) == [("tb-1", 7, "daily")]
    assert "no e-mails will come" in managed(visitor, manage, do="end", profile=number)
    assert rows(visitor.settings, LIVING) == []


def test_a_merged_opportunity_is_followed_at_its_present_address_and_an_unknown_one_not_at_all(
    visitor: Visitor,
) -> None:
    with closing(connect(visitor.settings.public_path)) as db, transaction(db):
        db.execute("insert into redirect (id, opportunity) values ('tb-gone', 'tb-1')")
    moved = visitor.get("/follow/tb-gone")
    assert (moved.status_code, moved.headers["location"]) == (301, "/follow/tb-1")
    assert visitor.get("/follow/nothing").status_code == 404
    assert visitor.post("/follow/nothing", {"email": "ann@example.org"}).status_code == 404


@pytest.mark.parametrize("id", ["tb-3", "tb-5", "tb-6", "tb-7", "tb-9", "tb-11"])
def test_every_sort_of_opportunity_has_a_form_that_escapes_its_title(visitor: Visitor, id: str) -> None:
    page = visitor.get(f"/follow/{id}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


def test_opening_pages_changes_nothing(visitor: Visitor) -> None:
    manage = followed(visitor)
    before = dump(visitor.settings)
    for path in ("/follow/tb-1", manage, links_to(visitor.settings, "confirm")[-1]):
        assert visitor.get(path).status_code == 200
    assert dump(visitor.settings) == before


def test_the_form_can_be_read_by_everybody(chromium: Browser, served: str) -> None:
    for scheme in ("light", "dark"):
        page = chromium.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
        page.goto(f"{served}/follow/tb-2")
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.close()
