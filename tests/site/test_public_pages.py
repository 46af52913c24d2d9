"""What the pages say, and that they say it whatever is asked."""

import gzip
import html
import re
from contextlib import closing
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tenderbell.criteria import FIELDS, Criteria
from tenderbell.database import transaction
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import Reach, Stage
from tests.site.conftest import Visitor
from tests.site.world import HOSTILE, NOW, days, everything, fill, many, opportunity, settings_in, write_source

PAGES = [
    "/", "/opportunities", "/opportunities?q=young+carers", "/opportunities?kind=grant&stage=open&value_min=1",
    "/opportunities?q=zzz&kind=loan", "/opportunities?page=9", "/opportunities/tb-1", "/opportunities/tb-3",
    "/opportunities/tb-6", "/opportunities/tb-7", "/opportunities/tb-11", "/status", "/uptime", "/about", "/privacy",
    "/accessibility", "/alerts/new?q=carers", "/manage", "/confirm/none", "/unsubscribe/none", "/manage/none",
    "/alerts/start", "/outbox", "/nowhere", "/public", "/public/opportunity", "/public/opportunity/1",
    "/public/by_kind_and_stage", "/public/short_notice?year=2026&days=40", "/public/opportunity_text",
    "/calendar", "/calendar?kind=grant", "/early",
    "/early?theme=mental-health", "/ending", "/glossary", "/data", "/buyers", "/buyers/gloucestershire-county-council",
    "/buyers/none", "/report", "/report/2026", "/report/1999", "/commissioners", "/check", "/check?q=000001-2026",
    "/check?q=a+thing+that+nobody+knows", "/missing", "/mistake/tb-1", "/preflight", "/receipts", "/receipts/none",
    "/adverts/new", "/adverts/none", "/follow/tb-1", "/follow/none", "/decide/none",
    "/buyers/gloucestershire-county-council/reply",
]  # fmt: skip


class Outline(HTMLParser):
    """Collects what the tests look for in a page: tags, attributes, ids, headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name))]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_one_heading_unique_ids_and_nothing_inline(visitor: Visitor, path: str) -> None:
    page = visitor.get(path)
    outline = Outline(page.text)
    names = [tag for tag, _ in outline.tags]
    assert names.count("h1") == 1
    assert names.count("main") == 1
    ids = outline.attributes("id")
    assert len(ids) == len(set(ids)), [id for id in ids if ids.count(id) > 1]
    assert "script" not in names
    assert "style" not in names
    assert outline.attributes("style") == []
    assert [name for _, found in outline.tags for name in found if name.startswith("on")] == []
    assert [link for link in outline.attributes("href") if link.lower().startswith("javascript:")] == []
    assert page.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", PAGES)
def test_the_same_page_with_its_style_weighs_less_than_60_kb(visitor: Visitor, path: str) -> None:
    page, style = visitor.get(path), visitor.get("/static/site.css")
    assert len(gzip.compress(page.content)) + len(gzip.compress(style.content)) < 60_000


def test_links_of_our_pages_lead_somewhere(visitor: Visitor) -> None:
    seen, waiting = set[str](), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith("/public/") or len(seen) > 250:
            continue
        seen.add(path)
        page = visitor.get(path)
        assert page.status_code in (200, 302), path
        if page.headers["content-type"].startswith("text/html"):
            hrefs = Outline(page.text).attributes("href")
            waiting += [href.partition("#")[0] for href in hrefs if href.startswith("/")]
    assert {"/about", "/manage", "/status", "/opportunities/tb-1", "/opportunities.csv?stage=open"} <= seen


def test_hostile_text_is_shown_as_text_and_never_as_markup(visitor: Visitor) -> None:
    for path in ("/", "/opportunities", "/opportunities/tb-3", "/public/opportunity/3"):
        page = visitor.get(path).text
        assert "<script>" not in page, path
        assert "<img src=x" not in page, path
        assert "{{ 7*7 }}" in page, path
        assert "&lt;script&gt;" in page, path


def test_the_page_of_an_opportunity_answers_what_when_how_much_and_whether_we_can_apply(visitor: Visitor) -> None:
    page = _words(visitor.get("/opportunities/tb-1").text)
    for said in (
        "Support service for young carers", "in 24 days, 5pm, Tue 15 December", "£3.1 million",
        "£3,116,008 with VAT", "Suitable for charities and community groups",
        "The deadline moved twice, 14 days later in all.",
        "12 noon, Tuesday 1 December 2026", "Quality 70%, cost 30%", "Why it is called a contract",
        "published 12 noon, Tuesday 3 November 2026; first seen 12:40pm", "Open Government Licence v3.0",
        "How to apply not stated",
    ):  # fmt: skip
        assert said in page, said


def test_a_value_or_date_that_no_notice_states_is_said_to_be_not_stated(visitor: Visitor) -> None:
    page = _words(visitor.get("/opportunities/tb-9").text)
    assert "Closes no closing date given" in page
    assert "Worth not stated" in page
    assert "£0" not in page


@pytest.mark.parametrize(
    ("id", "said"),
    [("tb-6", "This has been cancelled. The reason given: The budget was withdrawn."), ("tb-8", "This has closed."),
     ("tb-7", "This has been awarded to Wallbrook Advice Ltd.")],
)  # fmt: skip
def test_an_opportunity_that_is_over_says_so_first(visitor: Visitor, id: str, said: str) -> None:
    assert said in _words(visitor.get(f"/opportunities/{id}").text)


def test_a_merged_opportunity_answers_301_to_the_one_it_went_into(visitor: Visitor) -> None:
    answer = visitor.get("/opportunities/tb-99")
    assert (answer.status_code, answer.headers["location"]) == (301, "/opportunities/tb-1")


def test_an_unknown_opportunity_is_404_with_a_search_box(visitor: Visitor) -> None:
    answer = visitor.get("/opportunities/tb-12345")
    assert answer.status_code == 404
    assert 'name="q"' in answer.text


def test_a_page_past_the_end_is_404_with_a_way_back(visitor: Visitor) -> None:
    answer = visitor.get("/opportunities?stage=open&page=9")
    assert answer.status_code == 404
    assert 'href="/opportunities?stage=open"' in answer.text


def test_a_value_bound_leaves_the_unknown_out_and_counts_them(visitor: Visitor) -> None:
    page = _words(visitor.get("/opportunities?value_min=1000&stage=open").text)
    assert "4 more state no value" in page


def test_a_value_that_is_not_understood_is_said(visitor: Visitor) -> None:
    page = visitor.get("/opportunities?kind=present").text
    assert "We do not know “present” as a kind" in page


def test_nothing_found_says_which_filter_hides_most(visitor: Visitor) -> None:
    page = _words(visitor.get("/opportunities?q=carers&kind=loan").text)
    assert "Nothing for “carers”" in page
    assert "Without Loan: 2" in page


def test_empty_fields_of_a_form_are_dropped_from_the_address(visitor: Visitor) -> None:
    answer = visitor.get("/opportunities?q=carers&value_min=&kind=grant&sort=")
    assert (answer.status_code, answer.headers["location"]) == (302, "/opportunities?q=carers&kind=grant")


def test_a_chip_leads_to_the_list_without_it(visitor: Visitor) -> None:
    page = visitor.get("/opportunities?q=carers&kind=grant").text
    assert 'href="/opportunities?kind=grant"' in page
    assert 'href="/opportunities?q=carers"' in page


def test_the_home_page_counts_only_what_is_still_open(visitor: Visitor) -> None:
    page = _words(visitor.get("/").text)
    assert "8 open today" in page
    assert "Grass cutting" not in page.partition("Not open yet")[0]


def test_a_site_that_has_nothing_yet_explains_itself_and_looks_again(tmp_path: Any) -> None:
    visitor = Visitor(settings_in(tmp_path))
    open_public(visitor.settings.public_path).close()
    answer = visitor.get("/")
    page = answer.text
    assert answer.headers["refresh"] == "10"
    assert "refresh" not in visitor.get("/opportunities").headers
    assert "make demo" in page
    assert "Find a Tender</strong>: never run" in page


def test_the_sample_edition_says_so_on_every_page(tmp_path: Any) -> None:
    settings = settings_in(tmp_path, edition="demo")
    fill(settings.public_path, many(3), settings)
    for path in ("/", "/opportunities", "/opportunities/tb-1", "/status", "/manage", "/nowhere", "/public"):
        assert "Sample notices." in Visitor(settings).get(path).text, path


def test_the_status_page_names_the_source_that_cannot_be_believed(visitor: Visitor) -> None:
    with closing(open_public(visitor.settings.public_path)) as db, transaction(db):
        write_source(db, "find-a-tender", "Find a Tender", last_success=NOW - timedelta(days=4))
    page = _words(visitor.get("/status").text)
    assert "Find a Tender has not answered since Tuesday, and " in page
    assert "Failing" in page
    assert "The portal shows a login form." in page


def test_a_deadline_of_midnight_is_shown_as_the_evening_before(visitor: Visitor) -> None:
    with closing(open_public(visitor.settings.public_path)) as db, transaction(db):
        db.execute("delete from opportunity")
    fill_one(visitor.settings, closes_at=days(10, hour=0))
    assert "11:59pm, Mon 30 November" in visitor.get("/opportunities/tb-500").text


def fill_one(settings: Settings, **facts: Any) -> None:
    fill(settings.public_path, [opportunity(500, "A single thing", **facts)], settings)


@hypothesis_settings(max_examples=120)
@given(st.lists(st.tuples(st.sampled_from([*FIELDS, "full", "_context", "x"]), st.text(max_size=40)), max_size=6))
def test_any_query_string_gives_a_page(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in pairs)
    for path in ("/opportunities", "/opportunities.json", "/alerts/new"):
        answer = _shared().get(f"{path}?{query}")
        assert answer.status_code in (200, 302, 404)
        assert "Traceback" not in answer.text


@hypothesis_settings(max_examples=80)
@given(st.text(max_size=60))
def test_any_address_gives_a_page(text: str) -> None:
    for prefix in ("/", "/opportunities/", "/confirm/", "/manage/", "/unsubscribe/", "/public/", "/static/"):
        answer = _shared().get(prefix + quote(text, safe="", errors="replace"))
        assert answer.status_code in (200, 301, 302, 400, 403, 404), answer.text
        assert "Traceback" not in answer.text


_kept: list[Visitor] = []


def _shared() -> Visitor:
    return _kept[0]


@pytest.fixture(autouse=True)
def _keep_a_visitor(filled: Any) -> None:
    """One site for all examples of the property tests, which only read."""
    if not _kept:
        _kept.append(Visitor(settings_in(filled)))


def test_every_sort_of_opportunity_has_a_page_and_a_card(visitor: Visitor) -> None:
    listed = visitor.get("/opportunities").text
    for one in everything():
        assert visitor.get(f"/opportunities/{one.id}").status_code == 200
        assert f'href="/opportunities/{one.id}"' in listed


def test_paging_shows_every_match_once(tmp_path: Any) -> None:
    settings = settings_in(tmp_path)
    fill(settings.public_path, many(45), settings)
    visitor = Visitor(settings)
    found = [id for page in (1, 2, 3) for id in re.findall(r'<h2><a href="/opportunities/(tb-\d+)"',
             visitor.get(f"/opportunities?page={page}").text)]  # fmt: skip
    assert len(found) == len(set(found)) == 45


def test_a_search_is_what_its_address_says(visitor: Visitor) -> None:
    criteria = Criteria.parse("q=carers&kind=grant&stage=open")
    page = visitor.get(f"/opportunities?{criteria.canonical()}").text
    assert (
        f'<link rel="canonical" href="http://tenderbell.test/opportunities?{criteria.canonical()}"'.replace(
            "&", "&amp;"
        )
        in page
    )


def test_the_title_that_is_hostile_stays_whole(visitor: Visitor) -> None:
    assert HOSTILE in html.unescape(visitor.get("/opportunities/tb-3").text)


def _words(page: str) -> str:
    """Return a page's text on one line, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split()).replace(" ,", ",").replace(" .", ".")


@pytest.mark.parametrize("query", ["theme=penguins", "district=paris", "source=nowhere", "buyer=nobody"])
def test_a_value_that_this_edition_does_not_have_is_said(visitor: Visitor, query: str) -> None:
    value = query.partition("=")[2]
    assert f"We do not know “{value}” as a" in visitor.get(f"/opportunities?{query}").text
    assert visitor.get(f"/opportunities.json?{query}").json()["problems"]


def test_values_that_exist_are_no_problem(visitor: Visitor) -> None:
    query = "theme=carers&district=stroud&district=e10000013&source=find-a-tender&buyer=stroud-district-council"
    assert visitor.get(f"/opportunities.json?{query}").json()["problems"] == []


def test_only_where_a_code_holds_do_pages_speak_of_it(visitor: Visitor, tmp_path: Any) -> None:
    settings = settings_in(tmp_path, edition="united-kingdom")
    fill(settings.public_path, [opportunity(1, "A thing")], settings)
    elsewhere = Visitor(settings)
    assert "Commissioning Code for Gloucestershire" in visitor.get("/about").text
    for path in ("/about", "/opportunities/tb-1"):
        assert "Compact" not in elsewhere.get(path).text
        assert "hree months is good practice" in elsewhere.get(path).text


def test_the_front_page_shows_what_is_near_first_and_no_plan_that_has_passed(tmp_path: Any) -> None:
    settings = settings_in(tmp_path)
    found = [
        opportunity(1, "Near thing", closes_at=days(5)),
        opportunity(2, "Far thing", reach=Reach.NATIONAL, closes_at=days(2)),
        opportunity(3, "Passed plan", stage=Stage.PLANNED, closes_at=None, expected_open_at=days(-3)),
        opportunity(4, "Coming plan", stage=Stage.PLANNED, closes_at=None, expected_open_at=days(30)),
    ]
    fill(settings.public_path, found, settings)
    page = _words(Visitor(settings).get("/").text)
    assert page.index("Near thing") < page.index("Far thing")
    assert "Coming plan" in page
    assert "Passed plan" not in page
