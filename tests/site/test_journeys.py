"""The five journeys for which the site is made, in a real browser, at phone width, by keyboard alone, without scripts."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, expect

from alerts.sending import send
from tenderbell.settings import Settings
from tests.site.keyboard import Keyboard
from tests.site.conftest import apart, serving
from tests.site.test_forms import links_to, living
from tests.site.world import settings_in

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def keyboard(chromium: Browser, settings: Settings) -> Iterator[Keyboard]:
    """Somebody at the front page of the site, with a phone's width and a keyboard."""
    with serving(settings) as address:
        context = chromium.new_context(
            viewport=PHONE,  # type: ignore[arg-type]
            base_url=address,
            java_script_enabled=False,
            accept_downloads=True,
        )
        page = context.new_page()
        page.goto("/")
        yield Keyboard(page)
        context.close()


def heading(keyboard: Keyboard) -> str:
    return keyboard.page.get_by_role("heading", level=1).inner_text()


def test_a_volunteer_finds_a_grant_for_young_carers_in_stroud_and_signs_up_for_the_like(
    keyboard: Keyboard, settings: Settings
) -> None:
    page = keyboard.page
    keyboard.reach(page.get_by_role("searchbox"))
    page.keyboard.type("young carers")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("young carers")
    keyboard.open("narrow this list")
    keyboard.tick("Grant")
    keyboard.open("District")
    keyboard.tick("Stroud")
    keyboard.press("Show")
    expect(page).to_have_url(re.compile(r"\?q=young\+carers&kind=grant&stage=open&district=stroud$"))
    keyboard.follow("Young Carers Respite Fund 2027")
    assert heading(keyboard) == "Young Carers Respite Fund 2027"
    page.go_back()
    keyboard.follow("E-mail me these")
    keyboard.type("Your e-mail address", "ann@example.org")
    keyboard.tick("Once a day")
    keyboard.press("Send me the link to confirm")
    assert heading(keyboard) == "Now look in your e-mail"
    page.goto(links_to(settings, "confirm")[-1])
    keyboard.press("Start these e-mails")
    assert heading(keyboard) == "Your alert has begun"
    assert living(settings) == 1


def test_an_analyst_downloads_the_grants_over_10_000_pounds_that_close_next_month(
    keyboard: Keyboard, settings: Settings
) -> None:
    page = keyboard.page
    keyboard.follow("Grants")
    keyboard.open("narrow this list")
    keyboard.open("Money and dates")
    keyboard.type("At least £", "10000")
    for label, day in (("Closes from", date(2026, 12, 1)), ("Closes by", date(2026, 12, 31))):
        keyboard.reach(page.get_by_label(label))
        page.keyboard.type(f"{day:%d%m%Y}")
    keyboard.press("Show")
    expect(page).to_have_url(re.compile("value_min=10000&closes_after=2026-12-01&closes_before=2026-12-31"))
    with page.expect_download() as downloading:
        keyboard.reach(page.get_by_role("link", name="CSV"))
        page.keyboard.press("Enter")
    rows = list(csv.DictReader(io.StringIO(downloading.value.path().read_text("utf-8-sig"))))
    assert [row["title"] for row in rows] == ["National Lottery-style heritage fund"]
    assert all(row["kind"] == "grant" and float(row["value"]) >= 10_000 for row in rows)
    assert all(row["closes_at"].startswith("2026-12") for row in rows)
