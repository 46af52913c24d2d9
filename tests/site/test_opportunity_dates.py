"""/opportunities/ID.ics and .json: the dates for a calendar, and everything for programs."""

import json
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Component

from tenderbell.clock import uk
from tenderbell.database import transaction
from tenderbell.opportunity import Change, Opportunity
from tenderbell.pages.dates_file import dates_file
from tenderbell.public import open_public
from tenderbell.vocabulary import Stage
from tests.site.conftest import Visitor
from tests.site.world import HOSTILE, NOW, days, fill, opportunity

SITE = "http://tenderbell.test"


def events_of(one: Opportunity, now: datetime = NOW) -> dict[str, Component]:
    """Return the file's events by the name of their date."""
    body = dates_file(one, SITE, now)
    assert body is not None
    found = Calendar.from_ical(body).walk("VEVENT")
    return {str(event["uid"]).partition("@")[0].removeprefix(f"{one.id}-"): event for event in found}


def test_every_known_date_is_an_event(visitor: Visitor) -> None:
    answer = visitor.get("/opportunities/tb-1.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="tb-1.ics"'
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [str(event["summary"]).partition(":")[0] for event in found] == [
        "Early talks until", "Published", "Questions until", "Closes", "Decision expected", "Starts", "Ends",
    ]  # fmt: skip
    assert len({event["uid"] for event in found}) == len(found)


@pytest.mark.parametrize(
    ("closes_at", "ends"),
    [
        (datetime(2026, 12, 15, 17, tzinfo=UTC), "2026-12-15T17:00:00+00:00"),
        (datetime(2027, 7, 1, 11, tzinfo=UTC), "2027-07-01T12:00:00+01:00"),
        (datetime(2026, 12, 1, tzinfo=UTC), "2026-11-30T23:59:00+00:00"),
        (datetime(2027, 6, 30, 23, tzinfo=UTC), "2027-06-30T23:59:00+01:00"),
        (datetime(2027, 3, 28, 1, 10, tzinfo=UTC), "2027-03-28T02:10:00+01:00"),
        (datetime(2027, 10, 31, 1, 10, tzinfo=UTC), "2027-10-31T01:10:00+00:00"),
    ],
)
def test_a_deadline_ends_at_its_uk_time_also_where_the_clocks_change(closes_at: datetime, ends: str) -> None:
    event = events_of(opportunity(1, "A thing", closes_at=closes_at))["closes"]
    assert uk(event.decoded("dtend")).isoformat() == ends
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=30)
    assert "(UK time)" in str(event["description"])


def test_a_date_without_an_hour_is_the_whole_uk_day() -> None:
    event = events_of(opportunity(1, "A thing", starts_at=datetime(2027, 6, 30, 23, tzinfo=UTC)))["starts"]
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2027, 7, 1), date(2027, 7, 2))


def test_a_week_before_it_closes_the_calendar_rings() -> None:
    (alarm,) = events_of(opportunity(1, "A thing"))["closes"].walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(days=-7)
    assert not events_of(opportunity(1, "A thing", closes_at=days(-1)))["closes"].walk("VALARM")


def test_a_date_that_moved_keeps_its_name_and_counts_up() -> None:
    before = events_of(opportunity(1, "A thing", closes_at=days(10)))["closes"]
    moved = Change("closes_at", "2026-12-01T12:00:00Z", "2026-12-08T12:00:00Z", days(-1), "2-2026")
    after = events_of(opportunity(1, "A thing", closes_at=days(17), changes=(moved,), updated_at=days(-1)))["closes"]
    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after.decoded("dtstamp") > before.decoded("dtstamp")


def test_what_was_cancelled_takes_its_dates_out_of_the_calendar() -> None:
    found = events_of(opportunity(1, "A thing", stage=Stage.CANCELLED, starts_at=days(50)))
    assert {name: str(event["status"]) for name, event in found.items()} == {
        "published": "CONFIRMED", "closes": "CANCELLED", "starts": "CANCELLED",
    }  # fmt: skip
    assert not found["closes"].walk("VALARM")


texts = st.text(min_size=1, max_size=80) | st.sampled_from(
    [HOSTILE, "a\r\nATTACH:http://evil.test", "END:VEVENT\nBEGIN:VEVENT", "x;y,z\\n\x00\x0b\u2028\u0085", "é" * 200]
)


@given(texts, texts)
@settings(max_examples=60, deadline=None)
def test_no_text_can_add_a_line_of_its_own_to_the_file(title: str, buyer: str) -> None:
    body = dates_file(opportunity(1, title, buyer=buyer, link="javascript:alert(1)"), SITE, NOW)
    assert body is not None
    assert body.count(b"\r\nBEGIN:VEVENT") == body.count(b"\r\nEND:VEVENT") == 2
    assert b"\r\nATTACH" not in body
    assert b"javascript" not in body or "javascript" in title + buyer
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert len(Calendar.from_ical(body).walk("VEVENT")) == 2


def test_without_a_date_there_is_no_file_and_no_button(visitor: Visitor) -> None:
    put(visitor, published_at=None, closes_at=None, updated_at=None)
    assert visitor.get("/opportunities/tb-500.ics").status_code == 404
    assert "/opportunities/tb-500.ics" not in visitor.get("/opportunities/tb-500").text


def put(visitor: Visitor, **facts: Any) -> None:
    fill(visitor.settings.public_path, [opportunity(500, "A single thing", **facts)], visitor.settings)


@pytest.mark.parametrize("form", [".ics", ".json"])
def test_a_merged_one_leads_to_the_same_form_of_the_other(visitor: Visitor, form: str) -> None:
    with closing(open_public(visitor.settings.public_path)) as db, transaction(db):
        db.execute("insert or replace into redirect (id, opportunity) values ('tb-merged', 'tb-1')")
    answer = visitor.get(f"/opportunities/tb-merged{form}")
    assert (answer.status_code, answer.headers["location"]) == (301, f"/opportunities/tb-1{form}")
    assert visitor.get(f"/opportunities/tb-nowhere{form}").status_code == 404


def test_everything_is_there_as_json(visitor: Visitor) -> None:
    answer = visitor.get("/opportunities/tb-1.json")
    assert answer.headers["content-type"].startswith("application/json")
    found = json.loads(answer.content)
    assert (found["id"], found["url"], found["quality_percent"]) == ("tb-1", f"{SITE}/opportunities/tb-1", 70.0)
    assert len(found["changes"]) == 3
    assert json.loads(visitor.get("/opportunities/tb-3.json").content)["title"] == HOSTILE
