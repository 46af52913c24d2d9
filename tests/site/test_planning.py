"""The calendar, early notices and what ends soon: what they show, what narrows them, and their bounds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from tenderbell.notice import Organisation, Subject
from tenderbell.opportunity import Opportunity
from tenderbell.settings import Settings
from tenderbell.vocabulary import Kind, Stage
from tests.site.conftest import Visitor
from tests.site.world import HOSTILE, NOW, days, fill, opportunity, settings_in

CARE = (Subject("85312000", "Social work services"),)


def site_with(folder: Path, *found: Opportunity, now: datetime = NOW) -> Visitor:
    settings = settings_in(folder, now=now)
    fill(settings.public_path, list(found))
    return Visitor(settings)


def closing(number: int, moment: datetime | None, title: str = "", **facts: Any) -> Opportunity:
    return opportunity(number, title or f"Number {number}", closes_at=moment, **facts)


def section(page: str, heading: str) -> str:
    return page.partition(f"{heading} <span")[2].partition("</section>")[0]


# The calendar


def test_deadlines_stand_in_the_week_in_which_they_fall(tmp_path: Path) -> None:
    page = (
        site_with(
            tmp_path, closing(1, days(1), "Sunday"), closing(2, days(2), "Monday"), closing(3, days(9), "A week later")
        )
        .get("/calendar")
        .text
    )
    assert "Sunday" in section(page, "This week")
    assert "Monday" in section(page, "Next week")
    assert "A week later" in section(page, "Week of Monday 30 November 2026")
    assert "No deadline" in section(page, "Week of Monday 7 December 2026")


def test_a_deadline_at_midnight_belongs_to_the_week_that_it_ends(tmp_path: Path) -> None:
    midnight = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    page = site_with(tmp_path, closing(1, midnight, "Ends on Sunday night")).get("/calendar").text
    assert "Ends on Sunday night" in section(page, "This week")


def test_what_is_over_or_not_open_is_no_deadline(tmp_path: Path) -> None:
    page = (
        site_with(tmp_path, closing(1, days(-1), "Past"), closing(2, days(3), "Cancelled one", stage=Stage.CANCELLED))
        .get("/calendar")
        .text
    )
    assert "Past" not in page
    assert "Cancelled one" not in page


def test_the_calendar_is_narrowed_like_a_search_and_each_narrowing_can_be_removed(tmp_path: Path) -> None:
    visitor = site_with(tmp_path, closing(1, days(3), "A grant", kind=Kind.GRANT), closing(2, days(3), "A contract"))
    page = visitor.get("/calendar?kind=grant&q=&theme=").text
    assert "A grant" in page
    assert "A contract" not in page
    assert '<a href="/calendar"><span class="away">Remove: </span>Grant' in page


def test_eight_weeks_are_shown_and_links_lead_on_and_back(tmp_path: Path) -> None:
    visitor = site_with(tmp_path, closing(1, days(3), "Soon"), closing(2, days(80), "In February"))
    first = visitor.get("/calendar").text
    assert "In February" not in first
    later = first.partition('rel="next" href="')[2].partition('"')[0]
    second = visitor.get(later).text
    assert "In February" in second
    assert "Soon" not in second
    assert 'rel="next"' not in second
    assert visitor.get(second.partition('rel="prev" href="')[2].partition('"')[0]).text.count("Soon") == 1


@pytest.mark.parametrize(
    "query",
    ["closes_after=9999-12-31", "closes_after=0001-01-01", "closes_after=x", "kind=%00", "q=%22", "page=7",
     "stage=awarded", "closes_after=2026-11-31", "q=" + "x" * 3000, "sort=value", "closes_before=2020-01-01"],
)  # fmt: skip
def test_any_query_string_gives_a_calendar(visitor: Visitor, query: str) -> None:
    assert visitor.get(f"/calendar?{query}").status_code == 200
    assert visitor.get(f"/calendar.ics?{query}").status_code == 200


def test_the_feed_holds_the_same_deadlines_for_a_calendar_program(visitor: Visitor) -> None:
    found = visitor.get("/calendar.ics?kind=grant")
    assert found.headers["content-type"].startswith("text/calendar")
    feed = Calendar.from_ical(found.content)
    assert feed["refresh-interval"].dt == timedelta(hours=6)
    events = feed.walk("VEVENT")
    assert ["Young Carers Respite Fund 2027" in str(event["summary"]) for event in events] == [True, False]


def test_what_is_open_all_the_time_stands_apart(tmp_path: Path) -> None:
    visitor = site_with(tmp_path, closing(1, None, "Small grants", rolling=True), closing(2, None, "Forgot the date"))
    page = visitor.get("/calendar").text
    assert "Small grants" in page.partition('id="rolling"')[2]
    assert "Forgot the date" not in page


def test_queries_that_mean_the_same_are_one_page_in_memory(visitor: Visitor) -> None:
    from tenderbell.pages.calendar import feed_matters, matters

    same = ("", "junk=1", "sort=value", "stage=open", "closes_before=2030-01-01", "closes_after=zz1", "page=3")
    assert len({matters(query) for query in same}) == 1
    assert matters("closes_after=2027-01-04") == matters("closes_after=2027-01-09")
    assert {feed_matters(query) for query in (*same, "closes_after=2027-01-04")} == {""}


# Early notices


def early_world(tmp_path: Path) -> Visitor:
    return site_with(
        tmp_path,
        closing(1, None, "Talks about care", stage=Stage.ENGAGEMENT, engagement_closes_at=days(9), themes=("carers",)),
        closing(2, None, "Talks about halls", stage=Stage.ENGAGEMENT, engagement_closes_at=days(3),
                districts=("stroud",)),
        closing(3, None, "A plan", stage=Stage.PLANNED, expected_open_at=days(40), themes=("carers",)),
        closing(4, None, "A late plan", stage=Stage.PLANNED, expected_open_at=days(-40)),
        closing(5, days(9), "Open already"),
    )  # fmt: skip


def part(page: str, id: str) -> str:
    return page.partition(f'id="{id}"')[2].partition("</section>")[0]


def test_early_notices_say_who_listens_what_is_planned_and_what_is_overdue(tmp_path: Path) -> None:
    page = early_world(tmp_path).get("/early").text
    assert part(page, "listening").index("Talks about halls") < part(page, "listening").index("Talks about care")
    assert "A plan" in part(page, "planned")
    assert "A late plan" in part(page, "overdue")
    assert "Open already" not in page


def test_early_notices_of_a_theme_and_of_a_district(tmp_path: Path) -> None:
    visitor = early_world(tmp_path)
    assert "Talks about halls" not in visitor.get("/early?theme=carers").text
    stroud = visitor.get("/early?district=stroud").text
    assert "Talks about halls" in stroud
    assert "Talks about care" in stroud, "what is for the whole county is for Stroud too"
    assert "Early notices: Stroud" in stroud
    assert "district=stroud" in part(stroud, "told")


@pytest.mark.parametrize(
    "query", ["theme=none", "district=%3Cscript%3E", "theme=" + "a" * 2000, "q=x", "theme=carers&theme=food"]
)
def test_any_query_string_gives_early_notices(visitor: Visitor, query: str) -> None:
    page = visitor.get(f"/early?{query}")
    assert page.status_code == 200
    assert "<script" not in page.text


# Ending soon


def ending_one(number: int, end: datetime | None, title: str, **facts: Any) -> Opportunity:
    usual: dict[str, Any] = {"stage": Stage.AWARDED, "ends_at": end, "closes_at": None, "subjects": CARE,
                             "suppliers": (Organisation("Wallbrook Advice Ltd"),)}  # fmt: skip
    return opportunity(number, title, **{**usual, **facts})


def test_what_ends_is_shown_soonest_first_with_its_holder_and_what_follows(tmp_path: Path) -> None:
    visitor = site_with(
        tmp_path,
        ending_one(1, days(300), "Debt advice"),
        ending_one(2, days(100), "Healthwatch", extends_to=days(800)),
        opportunity(3, "Healthwatch: early talks", stage=Stage.ENGAGEMENT, closes_at=None, subjects=CARE),
        ending_one(4, days(500), "Far away"),
        ending_one(5, None, "Nobody knows"),
    )
    page = visitor.get("/ending").text
    assert page.index("Healthwatch") < page.index("Debt advice")
    assert "Far away" not in page
    assert "held by Wallbrook Advice Ltd" in page
    assert "may be extended to" in page
    assert page.count("not seen yet") == 1
    assert 'href="/opportunities/tb-3">Healthwatch: early talks' in page
    assert "1 more award without a stated end is not here" in page
    assert "Far away" in visitor.get("/ending?months=24").text


@pytest.mark.parametrize("query", ["months=7", "months=", "months=999", "months=6&months=12", "x=1", "months=%00"])
def test_any_query_string_gives_what_ends(visitor: Visitor, query: str) -> None:
    assert visitor.get(f"/ending?{query}").status_code == 200


def test_more_than_a_hundred_are_counted_and_not_shown(tmp_path: Path) -> None:
    found = [ending_one(number, days(10) + timedelta(hours=number), f"Thing {number}") for number in range(1, 103)]
    page = site_with(tmp_path, *found).get("/ending").text
    assert page.count('<article class="card">') == 100
    assert "There are more" in page


# All of them


@pytest.mark.parametrize("path", ["/calendar", "/early", "/ending", "/glossary"])
def test_hostile_titles_stay_text(tmp_path: Path, path: str) -> None:
    visitor = site_with(
        tmp_path, closing(1, days(3), HOSTILE), ending_one(2, days(90), HOSTILE, buyer=HOSTILE),
        closing(3, None, HOSTILE, stage=Stage.PLANNED), closing(4, None, HOSTILE, rolling=True),
    )  # fmt: skip
    page = visitor.get(path)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "onerror=alert(1)>" not in page.text


@pytest.mark.parametrize("path", ["/calendar", "/early", "/ending"])
def test_an_empty_site_says_so(tmp_path: Path, path: str) -> None:
    page = site_with(tmp_path).get(path)
    assert page.status_code == 200
    assert "None" not in page.text


def test_the_glossary_explains_what_other_pages_lead_to(visitor: Visitor, settings: Settings) -> None:
    page = visitor.get("/glossary").text
    assert 'id="tupe"' in page
    assert "keep their pay and terms" in page
