"""The results of a search: how many, what narrows them, and why there are none."""

import html
import re
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tenderbell import looking
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.pages import results as pages
from tenderbell.public import open_public
from tests.site.conftest import Visitor
from tests.site.world import NOW, fill, many, opportunity, settings_in, write_source

Ask = Callable[[str], str]


@pytest.fixture
def ask(visitor: Visitor) -> Ask:
    return lambda path: words(visitor.get(path).text)


def words(page: str) -> str:
    text = re.sub(r"<[^>]+>", " ", page.replace('<span class="away">, </span>', ", "))
    return " ".join(html.unescape(text).split()).replace(" ,", ",")


def test_every_choice_says_how_many_of_the_present_search_there_would_be(ask: Ask) -> None:
    page = ask("/opportunities?q=carers&kind=grant")
    assert "1 opportunity for “carers”" in page
    assert "Contract, 1" in page
    assert "Grant, 1" in page
    assert "Loan, 0" in page
    assert "Stroud, 1" in page


def test_a_count_is_what_the_page_with_that_choice_alone_shows(visitor: Visitor) -> None:
    page = visitor.get("/opportunities?q=services OR care OR carers OR talks&stage=open").text
    found = re.findall(r'name="(kind|reach|district|theme|buyer)" value="([^"]+)"[^>]*> <span>[^<]*<span '
                       r'class="away">, </span><span class="count">(\d+)', page)  # fmt: skip
    assert len(found) > 10
    assert any(field == "buyer" for field, _, _ in found)
    for field, value, count in found:
        asked = Criteria.parse("q=services OR care OR carers OR talks&stage=open").having(**{field: (value,)})
        total = visitor.get(f"/opportunities.json?{asked.canonical()}").json()["total"]
        assert total == int(count), (field, value)


def test_buyers_can_be_chosen_the_most_frequent_first_and_the_chosen_stays(visitor: Visitor) -> None:
    pattern = (
        r'name="buyer" value="([^"]+)"( checked)?[^>]*> <span>[^<]*<span class="away">, </span>'
        r'<span class="count">(\d+)'
    )
    offered = re.findall(pattern, visitor.get("/opportunities").text)
    assert len(offered) > 1
    assert [int(count) for _, _, count in offered] == sorted((int(count) for _, _, count in offered), reverse=True)
    last = offered[-1][0]
    chosen = re.findall(pattern, visitor.get(f"/opportunities?buyer={last}").text)
    assert chosen[0] == (last, " checked", offered[-1][2])
    assert {id for id, _, _ in chosen} == {id for id, _, _ in offered}, "the others can be chosen as well"


def test_every_criterion_that_is_set_can_be_seen_and_taken_away_on_the_page(visitor: Visitor) -> None:
    query = ("q=carers&kind=contract&stage=open&theme=carers&cpv=85312000"
             "&buyer=gloucestershire-county-council&reach=local&district=stroud&value_min=1&value_max=9000000&closes_after=2026-11-22&closes_before=2027-01-31"
             "&notice_days_min=40&vcse=1&source=find-a-tender")  # fmt: skip
    page = visitor.get(f"/opportunities?{query}").text
    form = page[page.index('<form class="narrow"') : page.index("</form>", page.index('<form class="narrow"'))]
    assert 'type="hidden"' not in form
    for name, value in Criteria.parse(query).pairs():
        assert re.search(rf'name="{name}"[^>]*value="{re.escape(value)}"', form) or (
            f'<option value="{value}" selected>' in form
        ), (name, value)
    assert page.count("Remove: ") == len(Criteria.parse(query).pairs())
    assert "Support service for young carers" in page


def test_a_card_says_how_long_is_left_and_how_much_notice_the_code_works_towards(ask: Ask) -> None:
    page = ask("/opportunities?q=%22young adult carers%22")
    assert "Closes in 24 days, 5pm, Tue 15 December" in page
    assert "Notice given 42 days the Code works towards three months" in page
    assert "Gloucestershire County Council · Suitable for charities and community groups · 2 lots" in page


def test_a_misspelt_word_is_answered_with_the_word_that_notices_have(visitor: Visitor) -> None:
    page = visitor.get("/opportunities?q=yuong+carrers").text
    assert 'href="/opportunities?q=young+carers">young carers</a>?' in page
    assert "Did you mean" in words(visitor.get("/opportunities?q=carrers&kind=loan").text)
    assert "Did you mean" not in visitor.get("/opportunities?q=zzzzzzzz").text


def test_nothing_found_says_what_hides_most_first_and_which_source_is_down(visitor: Visitor, ask: Ask) -> None:
    with closing(open_public(visitor.settings.public_path)) as db, transaction(db):
        write_source(db, "find-a-tender", "Find a Tender", last_success=NOW - timedelta(days=4))
    page = ask("/opportunities?q=carers&stage=closed")
    assert page.index("Without closed: 2 this one hides most") < page.index("Without “carers”: 1")
    assert "Find a Tender has not answered since Tuesday" in page.partition("Nothing fits all of that")[2]


def test_beyond_what_is_counted_a_list_says_more_than_and_ends_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("LOOKED_AT", 40), ("GLANCED_AT", 30), ("TALLIED", 20), ("COUNTED", 60)):
        monkeypatch.setattr(looking, name, most)
    monkeypatch.setattr(pages, "LAST_PAGE", 3)
    settings = settings_in(tmp_path)
    fill(settings.public_path, many(90), settings)
    visitor = Visitor(settings)
    page = words(visitor.get("/opportunities").text)
    assert page.startswith("More than 60 opportunities")
    assert "1 to 20 of more than 60" in page
    assert visitor.get("/opportunities.json").json()["total"] == 90
    last = visitor.get("/opportunities?page=3").text
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last
    beyond = visitor.get("/opportunities?page=4")
    assert beyond.status_code == 404
    assert "One cannot leaf further than this" in beyond.text


def test_the_filters_are_one_form_that_asks_by_get_and_needs_no_script(visitor: Visitor) -> None:
    page = visitor.get("/opportunities?stage=open").text
    assert page.count('<form class="narrow" action="/opportunities" method="get"') == 1
    assert page.index("<h1>") < page.index('class="narrow"') < page.index("<article")


def test_sources_can_be_chosen_by_their_names(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    found = [
        opportunity(1, "One", sources=("find-a-tender",)),
        opportunity(2, "Two", sources=("find-a-tender", "ukri")),
    ]
    fill(settings.public_path, found, settings)
    page = words(Visitor(settings).get("/opportunities?source=find-a-tender").text)
    assert "Where it was published 1 chosen" in page
    assert "Find a Tender, 2" in page
