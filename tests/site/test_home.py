"""The front page."""

import html
import re
from pathlib import Path
from typing import Any

import pytest

from tenderbell import looking
from tenderbell.opportunity import Opportunity
from tenderbell.vocabulary import Kind, Reach, Stage
from tests.site.conftest import Visitor
from tests.site.world import days, fill, many, opportunity, settings_in


def front(folder: Path, found: list[Opportunity]) -> str:
    settings = settings_in(folder)
    fill(settings.public_path, found, settings)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", Visitor(settings).get("/").text)).split())


def grant(number: int, **facts: Any) -> Opportunity:
    return opportunity(number, f"Fund number {number}", kind=Kind.GRANT, **facts)


def test_grants_and_contracts_are_equal_doors_that_count_what_is_open(tmp_path: Path) -> None:
    page = front(tmp_path, [grant(1), grant(2, closes_at=days(-1)), opportunity(3, "Work", kind=Kind.CONTRACT)])
    assert "2 open today" in page
    assert "Grants 1 open Contracts 1 open" in page
    assert "Other kinds" not in page


def test_a_door_is_there_even_when_nothing_is_behind_it(tmp_path: Path) -> None:
    assert "Grants 0 open" in front(tmp_path, [opportunity(1, "Work")])


def test_closing_this_week_is_what_closes_within_seven_days_soonest_first(tmp_path: Path) -> None:
    found = [grant(1, closes_at=days(6)), grant(2, closes_at=days(2)), grant(3, closes_at=days(9))]
    week = front(tmp_path, found).partition("Closing this week")[2].partition("New this week")[0]
    week = week.partition("The newest")[0]
    assert week.index("Fund number 2") < week.index("Fund number 1")
    assert "Fund number 3" not in week


def test_new_this_week_is_what_was_published_within_seven_days(tmp_path: Path) -> None:
    found = [grant(1, published_at=days(-9)), grant(2, published_at=days(-2))]
    new = front(tmp_path, found).partition("New this week")[2]
    assert "Fund number 2" in new
    assert "Fund number 1" not in new


def test_in_a_week_without_anything_new_the_newest_are_shown(tmp_path: Path) -> None:
    page = front(tmp_path, [grant(1, published_at=days(-9))])
    assert "The newest Fund number 1" in page
    assert "New this week" not in page


def test_early_notices_are_shown_near_before_far_and_lead_to_their_page(tmp_path: Path) -> None:
    early = {"stage": Stage.ENGAGEMENT, "closes_at": None, "engagement_closes_at": days(12)}
    settings = settings_in(tmp_path)
    fill(settings.public_path, [grant(1, **early), grant(2, reach=Reach.NATIONAL, **early)], settings)
    page = Visitor(settings).get("/").text
    assert page.index("Fund number 1") < page.index("Fund number 2")
    assert '<a href="/early">' in page


def test_themes_are_counted_only_when_all_of_the_open_were_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(settings_in(tmp_path).public_path, many(90), settings_in(tmp_path))
    visitor = Visitor(settings_in(tmp_path))
    exact = re.findall(r'theme=carers">([^<]+)<span class="away">, </span> <span class="count">(\d+)',
                       visitor.get("/").text)  # fmt: skip
    total = visitor.get("/opportunities.json?theme=carers&stage=open").json()["total"]
    assert exact == [("Carers", str(total))]
    for name, most in (("LOOKED_AT", 20), ("GLANCED_AT", 20), ("TALLIED", 20), ("COUNTED", 30)):
        monkeypatch.setattr(looking, name, most)
    page = Visitor(settings_in(tmp_path)).get("/").text
    assert "more than 30 open today" in page
    assert 'theme=carers">Carers</a>' in page


def test_one_line_says_whether_silence_can_be_believed(tmp_path: Path) -> None:
    assert "See every source" in front(tmp_path, [grant(1)])
