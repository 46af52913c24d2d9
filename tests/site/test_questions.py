"""Six plain questions, the form for a search with its backtest, and the wishes that go with it to the profile."""

import re
from urllib.parse import urlencode

import pytest

from tenderbell.area import load_area
from tenderbell.criteria import Criteria
from tenderbell.pages.questions import address_of, answers_of, pounds_of, search_of
from tenderbell.settings import Settings
from tests.site.conftest import Visitor
from tests.site.test_forms import dump, fill_in, links_to, rows, sign_up

AREA = load_area("gloucestershire")
WISHES = "select capacity, awards, still_here, reminder_days from"


def test_the_six_questions_stand_on_one_page_without_a_cookie(visitor: Visitor) -> None:
    page = visitor.get("/alerts/start")
    assert page.status_code == 200
    assert len(re.findall(r'class="step">\d<', page.text)) == 6
    assert "set-cookie" not in page.headers
    assert 'href="/alerts/start"' in visitor.get("/").text
    assert 'href="/alerts/start"' in visitor.get("/opportunities?stage=open").text


def test_the_answers_lead_to_the_form_with_their_search_and_change_nothing(visitor: Visitor) -> None:
    visitor.get("/alerts/new")
    before = dump(visitor.settings)
    answers = [("answered", "1"), ("theme", "carers"), ("q", "young"), ("district", "stroud"), ("size", "100000"),
               ("capacity", ""), ("want", "grants"), ("early", "1"), ("frequency", "daily")]  # fmt: skip
    answer = visitor.get(f"/alerts/start?{urlencode(answers)}")
    assert answer.status_code in (302, 303)
    page = visitor.get(answer.headers["location"])
    assert "“young”" in page.text
    assert 'value="daily" checked' in page.text
    assert 'value="100000"' in page.text
    assert dump(visitor.settings) == before


def test_an_answer_that_is_no_amount_is_said_and_the_others_are_kept(visitor: Visitor) -> None:
    page = visitor.get("/alerts/start?answered=1&theme=carers&want=grants&capacity=lots")
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert re.search(r'value="carers" checked', page.text)


@pytest.mark.parametrize("typed", ["0", "-1", "lots", "1e9", "£", "9" * 30, "1;2", "5\nBcc: x"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="amount in pounds"):
        pounds_of(typed)


def test_amounts_are_read_as_people_type_them() -> None:
    assert [pounds_of(text) for text in ("", "£25,000", "25k", "1m", " 500 ", "10.50")] == [
        None, 25_000, 25_000, 1_000_000, 500, 10,
    ]  # fmt: skip


def test_hostile_answers_make_a_plain_search() -> None:
    answers = answers_of(
        [("q", "'; drop table x --\r\nBcc: a@b.org"), ("theme", "<script>"), ("district", "x"), ("want", "all"),
         ("frequency", "hourly"), ("size", "1 or 1"), ("answered", "1")], AREA)  # fmt: skip
    search = search_of(answers)
    assert (search.theme, search.district, search.kind, answers.size) == ((), (), (), "")
    assert "\n" not in address_of(answers)
    assert Criteria.parse(search.canonical()) == search


def test_the_form_says_what_would_have_been_sent_at_each_frequency(visitor: Visitor) -> None:
    page = visitor.get("/alerts/new?q=carers&stage=open").text
    assert "In the last 90 days this would have sent" in page
    assert page.count("in 90 days") >= 3
    assert "Young Carers Respite Fund 2027" in page
    assert "by the days on which notices were published" in page


def test_the_form_advises_what_to_take_away(visitor: Visitor) -> None:
    page = visitor.get("/alerts/new?q=young+zzz&district=stroud").text
    assert re.search(r'href="/alerts/new\?[^"]*">Without “zzz”</a> <span class="note">\d+ today', page)


def test_wishes_travel_from_the_form_to_the_profile(visitor: Visitor) -> None:
    sign_up(visitor, capacity="£25k", remind="1", reminder_days="14", awards="1", still_here="1")
    assert rows(visitor.settings, f"{WISHES} request") == [(25_000, 1, 1, 14)]
    fill_in(visitor, links_to(visitor.settings, "confirm")[-1])
    assert rows(visitor.settings, f"{WISHES} profile") == [(25_000, 1, 1, 14)]


@pytest.mark.parametrize(("days", "kept"), [("", 7), ("99", 7), ("3", 3), ("x", 7)])
def test_a_reminder_comes_a_week_before_unless_another_day_is_chosen(visitor: Visitor, days: str, kept: int) -> None:
    sign_up(visitor, remind="1", reminder_days=days)
    assert rows(visitor.settings, f"{WISHES} request") == [(None, 0, 0, kept)]


def test_without_a_tick_nothing_is_wished_for(visitor: Visitor) -> None:
    sign_up(visitor, reminder_days="7", awards="yes")
    assert rows(visitor.settings, f"{WISHES} request") == [(None, 0, 0, None)]


def test_an_amount_that_is_none_keeps_the_rest_of_the_form(visitor: Visitor, settings: Settings) -> None:
    answer = sign_up(visitor, capacity="a lot<script>", awards="1")
    assert answer.status_code == 400
    assert "amount in pounds" in answer.text
    assert "<script>" not in answer.text
    assert re.search(r'name="awards" value="1" checked', answer.text)
    assert rows(settings, "select * from request") == []


@pytest.mark.parametrize(
    "hostile",
    ["q='; drop table profile; --", 'q="', "q=NEAR(a b)*", "q=<img src=x onerror=alert(1)>",
     "q=a%0d%0aBcc: x@example.org",
     "theme=<script>&district=' or 1=1", "value_min=1e999&closes_after=2026-02-31"],
)  # fmt: skip
def test_a_hostile_search_is_a_search_like_any_other(visitor: Visitor, hostile: str) -> None:
    page = visitor.get(f"/alerts/new?{hostile.replace(' ', '+')}")
    assert page.status_code == 200
    assert "<img src=x" not in page.text
    sign_up(visitor, search=hostile.replace(" ", "+"))
    assert rows(visitor.settings, "select count(*) from profile") == [(0,)]
    mails = links_to(visitor.settings, "confirm")
    assert len(mails) == 1
