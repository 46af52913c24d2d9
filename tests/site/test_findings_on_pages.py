"""Findings on pages: a mark never without words, every clause led to what the Code asks, for every area."""

import html
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser

from tenderbell.area import load_area
from tenderbell.code import findings_of
from tenderbell.opportunity import Opportunity
from tenderbell.pages.findings import findings_shown
from tenderbell.vocabulary import Stage
from tests.site.conftest import Visitor, serving
from tests.site.test_in_a_browser import PHONE, complaints
from tests.site.world import HOSTILE, fill, opportunity, settings_in

COUNTY, COUNTRY = load_area("gloucestershire"), load_area("united-kingdom")


def told(number: int = 1, **facts: Any) -> Opportunity:
    """An opportunity with the findings that its facts give."""
    plain = opportunity(number, "Support for young carers", **facts)
    return msgspec.structs.replace(plain, findings=findings_of(plain))


def page_of(tmp_path: Path, one: Opportunity) -> str:
    settings = settings_in(tmp_path)
    fill(settings.public_path, [one], settings)
    answer = Visitor(settings).get(f"/opportunities/{one.id}")
    assert answer.status_code == 200
    return answer.text


def test_a_page_says_what_the_advert_tells_with_the_result_in_a_word(tmp_path: Path) -> None:
    page = page_of(tmp_path, told(quality_percent=70.0, cost_percent=30.0, notice_days=42, warning_days=286))
    plain = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    assert "Read against the Compact Commissioning Code for Gloucestershire." in plain
    assert "How are bids scored? Met: Quality 70 %, price 30 %." in plain
    assert "Three months’ notice? Not met: 42 days from advert to deadline" in plain
    assert "286 days from the first early notice." in plain
    assert "When is the decision? Not stated: Not stated in the notice." in plain


def test_every_clause_leads_to_what_the_code_asks_and_why_one_cannot_be_read(tmp_path: Path) -> None:
    page = page_of(tmp_path, told())
    anchors = re.findall(r'href="#(code-[\d-]+)"', page)
    assert len(anchors) == len(set(anchors)) > 8
    assert all(f'id="{anchor}"' in page for anchor in [*anchors, "code-3-4-2"])
    assert "It cannot be read from notices" in page


def test_hostile_words_in_a_finding_are_text(tmp_path: Path) -> None:
    page = page_of(tmp_path, told(eligibility=HOSTILE, monitoring=HOSTILE, scoring=HOSTILE, kind_evidence=HOSTILE))
    assert "<script>alert" not in page
    assert "<img" not in page


def test_an_opportunity_without_findings_has_no_such_section(tmp_path: Path) -> None:
    assert "What the advert tells you" not in page_of(tmp_path, opportunity(1, "Support for young carers"))


def test_an_area_without_a_code_of_its_own_reads_against_the_county_s_as_a_yardstick() -> None:
    own, borrowed = findings_shown(told(), COUNTY), findings_shown(told(), COUNTRY)
    assert (own.own, borrowed.own) == (True, False)
    assert own.code == borrowed.code
    assert own.rows == borrowed.rows


@pytest.mark.parametrize("stage", list(Stage))
def test_every_mark_has_a_word_beside_it(stage: Stage) -> None:
    shown = findings_shown(told(stage=stage, vcse_suitable=False, notice_days=10), COUNTY)
    assert {(row.mark, row.tone, row.result) for row in shown.rows} <= {
        ("✓", "met", "Met"), ("–", "not", "Not met"), ("?", "silent", "Not stated")
    }  # fmt: skip
    assert all(row.words and row.question and row.asks and row.shows for row in shown.rows)


@pytest.mark.browser
def test_a_commissioner_tries_a_draft_by_keyboard_alone_and_axe_finds_nothing(
    chromium: Browser, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path)
    fill(settings.public_path, [told()], settings)
    with serving(settings) as address:
        context = chromium.new_context(viewport=PHONE, base_url=address, bypass_csp=True, color_scheme="dark")  # type: ignore[arg-type]
        page = context.new_page()
        page.goto("/preflight")
        assert complaints(page) == []
        page.locator("#draft").focus()
        page.keyboard.type("Carers fund. This is a grant. Charities may apply.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("#read")
        assert "Told that they may apply" in page.inner_text("main")
        assert complaints(page) == []
        page.locator("a.clause").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("#code-3-1-1").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        context.close()
