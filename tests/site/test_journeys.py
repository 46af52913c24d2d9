"""The five journeys for which the site is made: a real browser, phone width, the keyboard alone, no scripts."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, expect

from tenderbell.database import connect
from tenderbell.settings import Settings
from tests.site.conftest import serving
from tests.site.keyboard import Keyboard
from tests.site.test_forms import links_to, living
from tests.site.world import settings_in

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


@contextmanager
def somebody(chromium: Browser, settings: Settings) -> Iterator[Keyboard]:
    """Somebody at the front page of the site, with a phone's width, a keyboard and no scripts."""
    with serving(settings) as address:
        context = chromium.new_context(
            viewport=PHONE,  # type: ignore[arg-type]
            base_url=address,
            java_script_enabled=False,
            accept_downloads=True,
        )
        page = context.new_page()
        page.set_default_timeout(8_000)
        page.goto("/")
        yield Keyboard(page)
        context.close()


@pytest.fixture
def keyboard(chromium: Browser, settings: Settings) -> Iterator[Keyboard]:
    """Somebody at the front page today."""
    with somebody(chromium, settings) as found:
        yield found


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


def test_a_two_person_charity_sees_whether_it_may_apply_and_takes_the_dates_away(keyboard: Keyboard) -> None:
    page = keyboard.page
    keyboard.follow("Calendar")
    keyboard.follow("Support service for young carers and young adult carers")
    first_screen = page.locator("main").inner_text()
    for words in ("in 24 days", "5pm, Tue 15 December", "£3.1 million", "Suitable for charities and community groups"):
        assert words in first_screen
    assert "run a service for children for at least two years" in first_screen
    assert "not stated" in page.get_by_text("What everybody must show").locator("..").inner_text().lower()
    with page.expect_download() as downloading:
        keyboard.reach(page.get_by_role("link", name="Add dates to calendar"))
        page.keyboard.press("Enter")
    events = Calendar.from_ical(downloading.value.path().read_bytes()).walk("VEVENT")
    closes = [event for event in events if "Closes" in str(event["summary"])]
    assert [event.decoded("dtend").astimezone(UTC) for event in closes] == [datetime(2026, 12, 15, 17, 0, tzinfo=UTC)]


def test_a_commissioner_checks_an_advert_reports_what_is_wrong_and_what_is_missing_and_asks_for_receipts(
    keyboard: Keyboard, settings: Settings
) -> None:
    page = keyboard.page
    keyboard.follow("For commissioners")
    keyboard.follow("Check")
    keyboard.type("Link, notice number", "2026/S 000-000001")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert heading(keyboard) == "It is here"
    assert "less than an hour after" in page.locator("main").inner_text()
    keyboard.follow("Something is wrong? Report it")
    keyboard.type("What should it say", "The value is for five years, not for one.")
    keyboard.type("Your e-mail address", "jo@gloucestershire.gov.uk")
    keyboard.press("Report it")
    assert page.get_by_role("heading", level=1).inner_text().startswith("Thank you")
    keyboard.follow("For commissioners")
    keyboard.follow("Check")
    keyboard.follow("Report a missing advert")
    keyboard.type("Link of the advert", "https://portal.example/advert/77")
    keyboard.press("Report it")
    assert page.get_by_role("heading", level=1).inner_text().startswith("Thank you")
    keyboard.follow("For commissioners")
    keyboard.follow("receipts")
    keyboard.type("Your e-mail address at work", "jo@gloucestershire.gov.uk")
    keyboard.press("Send me the link to confirm")
    assert heading(keyboard) == "Now look in your e-mail"
    page.goto(links_to(settings, "receipts")[-1])
    keyboard.reach(page.locator("main").get_by_role("button").first)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    with closing(connect(settings.private_path, read_only=True)) as private:
        assert private.execute("select sort from report order by id").fetchall()[0][0] == "mistake"
        assert private.execute("select count(*) from report").fetchone()[0] == 2
        assert private.execute("select count(*) from receipt_wish where ended_at is null").fetchone()[0] == 1


def test_the_compact_group_prints_last_years_report_and_follows_a_figure_to_its_rows(
    chromium: Browser, settings: Settings, tmp_path: Path
) -> None:
    after_new_year = settings_in(settings.data, now=datetime(2027, 2, 1, 9, 0, tzinfo=UTC))
    with somebody(chromium, after_new_year) as keyboard:
        page = keyboard.page
        keyboard.follow("The yearly report")
        keyboard.follow("2026")
        assert "the report of 2026" in heading(keyboard)
        printed = page.pdf(format="A4")
        assert printed.startswith(b"%PDF")
        figure = page.locator("table.figures td a[href*='report_adverts']").first
        told = int(figure.inner_text().replace(",", ""))
        keyboard.reach(figure)
        page.keyboard.press("Enter")
        page.wait_for_url("**/public/report_adverts*")
        assert told > 0
        assert page.locator("table tbody tr").count() == told


def test_an_analyst_downloads_the_grants_over_10_000_pounds_that_close_next_month(
    keyboard: Keyboard, settings: Settings
) -> None:
    page = keyboard.page
    keyboard.follow("Grants")
    keyboard.open("narrow this list")
    keyboard.open("Money, dates and codes")
    keyboard.type("At least £", "10000")
    for label, day in (("Closes from", date(2026, 12, 1)), ("Closes by", date(2026, 12, 31))):
        keyboard.reach(page.get_by_label(label))
        page.keyboard.type(f"{day:%m%d%Y}")  # Chromium on the test machine asks for the month first
    keyboard.press("Show")
    expect(page).to_have_url(re.compile("value_min=10000&closes_after=2026-12-01&closes_before=2026-12-31"))
    with page.expect_download() as downloading:
        keyboard.reach(page.get_by_role("link", name="CSV"))
        page.keyboard.press("Enter")
    rows = list(csv.DictReader(io.StringIO(downloading.value.path().read_text("utf-8-sig"))))
    assert [row["title"] for row in rows] == ["National Lottery-style heritage fund"]
    assert all(row["kind"] == "grant" and float(row["value"]) >= 10_000 for row in rows)
    assert all(row["closes_at"].startswith("2026-12") for row in rows)
