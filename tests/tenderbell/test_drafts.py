"""Drafts are read like notices: what is said is understood, what is not said is not made up."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderbell.area import load_area
from tenderbell.clock import UK
from tenderbell.drafts import opportunity_of, read_draft
from tenderbell.notice import Money, Notice
from tenderbell.pages.preflight import look_over
from tenderbell.vocabulary import Kind, Result, Stage

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
AREA = load_area("gloucestershire")

GRANT = """Young Carers Respite Fund 2027

Funder: Stroud District Council

This is a grant. Grants of £500 to £15,000 are available from a fund of £120,000 for respite breaks.

Who can apply: charities and community groups with an income under £100,000 a year can apply.

Closing date: 5 March 2027 at noon. Questions must reach us by 12 February 2027.
We will tell you our decision by 2 April 2027. Projects should start on 1 May 2027.

You must have a safeguarding policy and public liability insurance of £5 million.
Each group reports to us every quarter on who was helped.
Contact: grants@stroud.example, or ring 01453 000000.
"""
TENDER = """Title: Support for young carers

The council wants to procure a service for carers. The contract is worth £300,000 over three years.
Tenders must be received by 12 noon on 15 December. Clarification questions by 1 December 2026.
The decision will be made by 15 January 2027.
The contract starts on 1 April 2027 and the contract ends on 31 March 2030.
Scoring: quality 70%, price 30%.
TUPE may apply. A glossary is attached. For further information contact the procurement team.
"""


def london(year: int, month: int, day: int, *time_of_day: int) -> datetime:
    return datetime(year, month, day, *time_of_day, tzinfo=UK).astimezone(UTC)


def facts(notice: Notice, *names: str) -> dict[str, Any]:
    return {name: getattr(notice, name) for name in names}


def test_a_grant_is_understood_field_by_field() -> None:
    notice = read_draft(GRANT, NOW)
    assert notice.title == "Young Carers Respite Fund 2027"
    assert notice.buyers[0].name == "Stroud District Council"
    assert notice.closes_at == london(2027, 3, 5, 12)
    assert notice.enquiries_close_at == london(2027, 2, 12, 23, 59, 59)
    assert notice.decision_expected_at == london(2027, 4, 2)
    assert notice.starts_at == london(2027, 5, 1)
    assert notice.value == Money(low=500, high=15_000, fund=120_000, currency="GBP")
    assert (notice.kind, notice.kind_evidence) == (Kind.GRANT, "The draft says “This is a grant”.")
    assert facts(notice, "vcse_suitable", "contact", "glossary", "tupe") == {
        "vcse_suitable": True, "contact": True, "glossary": None, "tupe": None
    }  # fmt: skip
    assert notice.monitoring == "Each group reports to us every quarter on who was helped."
    assert "safeguarding policy" in (notice.minimum_requirements or "")
    assert "charities and community groups" in (notice.eligibility or "")


def test_a_tender_is_understood_field_by_field() -> None:
    notice = read_draft(TENDER, NOW)
    assert notice.title == "Support for young carers"
    assert notice.closes_at == london(2026, 12, 15, 12)
    assert notice.enquiries_close_at == london(2026, 12, 1, 23, 59, 59)
    assert notice.decision_expected_at == london(2027, 1, 15)
    assert (notice.starts_at, notice.ends_at) == (london(2027, 4, 1), london(2030, 3, 31, 23, 59, 59))
    assert (notice.quality_percent, notice.cost_percent) == (70, 30)
    assert facts(notice, "kind", "tupe", "glossary", "contact") == {
        "kind": Kind.CONTRACT, "tupe": True, "glossary": True, "contact": True
    }  # fmt: skip


def test_a_draft_that_says_next_to_nothing_is_understood_as_that() -> None:
    notice = read_draft("We need a lunch club.", NOW)
    assert notice.kind is Kind.UNCLEAR
    for name in ("closes_at", "value", "eligibility", "scoring", "monitoring", "contact", "vcse_suitable", "tupe"):
        assert getattr(notice, name) is None


@pytest.mark.parametrize(
    ("text", "rolling"),
    [
        ("A grant. There is no deadline.", True),
        ("A grant. You can apply at any time.", True),
        ("A grant. Closing date: 5 March 2027.", None),
        ("A grant.", None),
    ],
)
def test_what_is_open_all_the_time_says_so(text: str, rolling: bool | None) -> None:
    notice = read_draft(text, NOW)
    assert notice.rolling is rolling
    opportunity = opportunity_of(notice, AREA, NOW)
    assert opportunity is not None
    assert (rolling is True) == all(finding.clause != "3.2.2" for finding in opportunity.findings)


@pytest.mark.parametrize(
    ("text", "welcome"),
    [
        ("Charities may bid.", True),
        ("We welcome bids from social enterprises.", True),
        ("Charities cannot bid.", None),
        ("The work is in a charity shop.", None),
    ],
)
def test_only_a_plain_welcome_counts_as_one(text: str, welcome: bool | None) -> None:
    assert read_draft(text, NOW).vcse_suitable is welcome


def test_insurance_is_no_value() -> None:
    assert read_draft("Public liability insurance of up to £5 million.", NOW).value is None


def test_two_dates_for_one_thing_are_none() -> None:
    assert read_draft("The contract starts on 1 May 2027.\nThe service begins on 1 June 2027.", NOW).starts_at is None


def test_a_draft_has_the_findings_that_it_would_have_once_published() -> None:
    opportunity = opportunity_of(read_draft(TENDER, NOW), AREA, NOW)
    assert opportunity is not None
    results = {finding.clause: finding.result for finding in opportunity.findings}
    assert opportunity.stage is Stage.OPEN
    assert opportunity.notice_days == 22
    assert results["3.2.2"] is Result.NOT_MET
    assert {clause for clause, result in results.items() if result is Result.NOT_STATED} == {
        "3.1.3", "3.2.3", "3.3.2", "3.3.10"
    }  # fmt: skip


def test_a_deadline_that_has_passed_is_said_and_the_words_speak_of_a_draft() -> None:
    found = look_over("A grant. Closing date: 5 March 2026.", AREA, NOW)
    assert found is not None
    assert found.doubts == ("The deadline that it gives has passed.",)
    assert not any("notice" in row.words for row in found.findings.rows)


def test_no_words_are_no_draft() -> None:
    assert look_over(" \n\t ", AREA, NOW) is None


def test_what_is_shown_of_a_draft_names_what_to_add() -> None:
    found = look_over(GRANT, AREA, NOW)
    assert found is not None
    assert found.summary == "8 of the 9 things that we look for are there, 1 is not stated."
    assert [row.add for row in found.findings.to_add] == [
        "Say whom to ask, and by when. Explain the special words, or link to a page that does."
    ]
    assert not found.was_cut


@given(st.text(max_size=600))
@settings(max_examples=100, deadline=None)
def test_any_text_can_be_looked_over(text: str) -> None:
    found = look_over(text, AREA, NOW)
    assert (found is None) == (not text.strip())


@pytest.mark.parametrize(
    "piece",
    ["a", "£1 ", "1 January ", "questions by 1 ", "deadline 5 ", "charities ", "((", "12:", "title: ", "quality 10% "],
)
def test_long_hostile_drafts_are_read_in_a_moment(piece: str) -> None:
    started = time.perf_counter()
    look_over(piece * (500_000 // len(piece)), AREA, NOW)
    assert time.perf_counter() - started < 1.5
