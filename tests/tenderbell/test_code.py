"""Findings against the Code: silence is never a failing, a failing rests on a stated fact, and what does not apply is
not counted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderbell.clock import UK, stamp, uk
from tenderbell.code import findings_of, undertaking, undertakings
from tenderbell.code.calendar import deadline_day, months_later
from tenderbell.code.findings import JUDGES, is_advertised
from tenderbell.code.telling import told
from tenderbell.notice import Lot, Organisation
from tenderbell.opportunity import Change, Finding, Opportunity, Statement
from tenderbell.vocabulary import Kind, Result, Stage

PUBLISHED = datetime(2026, 11, 3, 10, tzinfo=UTC)


def london(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UK).astimezone(UTC)


def advert(**facts: Any) -> Opportunity:
    """An open contract of which nothing is stated but a deadline, changed by `facts`."""
    usual: dict[str, Any] = {
        "id": "tb-1", "number": 1, "title": "Support for young carers", "source": "find-a-tender",
        "kind": Kind.CONTRACT, "stage": Stage.OPEN, "published_at": PUBLISHED,
        "closes_at": london(2026, 12, 15, 17), "notice_days": 42,
    }  # fmt: skip
    return Opportunity(**{**usual, **facts})


def between(published: date, closes_at: datetime, **facts: Any) -> Opportunity:
    """An advert of that day with that deadline, its days counted as the compiler counts them."""
    return advert(closes_at=closes_at, notice_days=max(0, (uk(closes_at).date() - published).days), **facts)


def finding(opportunity: Opportunity, clause: str) -> Finding | None:
    return next((found for found in findings_of(opportunity) if found.clause == clause), None)


def result(opportunity: Opportunity, clause: str) -> Result | None:
    found = finding(opportunity, clause)
    return found.result if found else None


def moved(old: datetime, new: datetime) -> Change:
    return Change("closes_at", stamp(old), stamp(new), PUBLISHED, "000002-2026")


# The data


def test_every_undertaking_that_notices_can_show_has_a_judge_and_the_other_says_why_not() -> None:
    assert [one.clause for one in undertakings() if not one.unreadable] == list(JUDGES)
    unreadable = undertaking("3.4.2")
    assert unreadable is not None
    assert "cannot be read from notices" in (unreadable.unreadable or "")


def test_every_undertaking_has_words_for_people() -> None:
    for one in undertakings():
        assert one.question.endswith("?"), one.clause
        assert one.asks.endswith("."), one.clause
        assert one.shows.endswith("."), one.clause
        assert one.add.endswith(".") or one.unreadable, one.clause
        assert "breach" not in (one.question + one.asks + one.shows + one.add).lower()


def test_an_unknown_clause_is_no_undertaking() -> None:
    assert undertaking("9.9.9") is None


# Three months (3.2.2)


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2026, 1, 31), date(2026, 4, 30)),
        (date(2026, 11, 30), date(2027, 2, 28)),
        (date(2027, 11, 30), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 5, 29)),
        (date(2026, 12, 31), date(2027, 3, 31)),
        (date(2026, 10, 1), date(2027, 1, 1)),
        (date(2026, 9, 15), date(2026, 12, 15)),
    ],
)
def test_three_months_are_calendar_months(day: date, later: date) -> None:
    assert months_later(day, 3) == later


@pytest.mark.parametrize(
    ("published", "closes_at", "expected"),
    [
        (date(2026, 1, 31), london(2026, 4, 30, 23, 59), Result.MET),
        (date(2026, 1, 31), london(2026, 5, 1), Result.MET),  # midnight ends 30 April
        (date(2026, 1, 31), london(2026, 4, 30), Result.NOT_MET),  # midnight ends 29 April
        (date(2026, 1, 31), london(2026, 4, 29, 23, 59), Result.NOT_MET),
        (date(2027, 11, 30), london(2028, 2, 29, 12), Result.MET),
        (date(2027, 11, 30), london(2028, 2, 28, 12), Result.NOT_MET),
        (date(2026, 1, 15), london(2026, 4, 15, 0, 30), Result.MET),  # summer time has begun in between
        (date(2026, 8, 15), london(2026, 11, 15, 9), Result.MET),  # and ended in between
        (date(2026, 8, 15), london(2026, 11, 14, 23, 59), Result.NOT_MET),
        (date(2026, 11, 3), london(2026, 12, 15, 17), Result.NOT_MET),
        (date(2026, 11, 3), london(2026, 11, 3, 23, 59), Result.NOT_MET),
    ],
)
def test_the_last_day_counts_whole(published: date, closes_at: datetime, expected: Result) -> None:
    assert result(between(published, closes_at), "3.2.2") is expected


def test_the_words_give_the_days_and_the_total_warning_beside_them() -> None:
    found = finding(advert(warning_days=286), "3.2.2")
    assert found is not None
    assert found.words == (
        "42 days from advert to deadline, which is less than three months. 286 days from the first early notice."
    )
    assert found.relied_on == "Advertised on 3 November 2026, to be answered by 5pm, Tuesday 15 December 2026"


def test_an_advert_that_came_on_its_last_day_or_later_is_not_given_a_day_that_it_may_not_have() -> None:
    found = finding(advert(notice_days=0), "3.2.2")
    assert found is not None
    assert found.relied_on == "Advertised that day or later, to be answered by 5pm, Tuesday 15 December 2026"


def test_an_early_notice_does_not_make_three_months() -> None:
    assert result(advert(warning_days=400), "3.2.2") is Result.NOT_MET


@pytest.mark.parametrize("missing", ["closes_at", "notice_days"])
def test_notice_that_cannot_be_counted_is_not_stated(missing: str) -> None:
    assert result(advert(**{missing: None}), "3.2.2") is Result.NOT_STATED


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": Kind.GRANT, "rolling": True, "closes_at": None, "notice_days": None},
        {"kind": Kind.DYNAMIC_MARKET},
        {"stage": Stage.AWARDED, "closes_at": None, "notice_days": None},
        {"stage": Stage.PLANNED, "closes_at": None, "notice_days": None},
        {"stage": Stage.ENGAGEMENT, "closes_at": None, "notice_days": None},
    ],
    ids=["rolling grant", "dynamic market", "award seen alone", "plan", "early talks"],
)
def test_where_three_months_do_not_apply_there_is_no_finding(facts: dict[str, Any]) -> None:
    assert result(advert(**facts), "3.2.2") is None


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.integers(0, 400),
    st.integers(0, 23),
    st.integers(0, 59),
)
@settings(max_examples=200, deadline=None)
def test_three_months_are_met_exactly_from_the_day_three_months_later(
    published: date, days: int, hour: int, minute: int
) -> None:
    day = published + timedelta(days=days)
    closes_at = london(day.year, day.month, day.day, hour, minute)
    expected = Result.MET if deadline_day(closes_at) >= months_later(published, 3) else Result.NOT_MET
    assert result(between(published, closes_at), "3.2.2") is expected


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 30))
@settings(max_examples=200, deadline=None)
def test_months_never_run_into_the_month_after(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


# Silence, and what is stated

SILENT = {
    "3.1.2": "the last day for questions",
    "3.1.3": "Not stated",
    "3.2.3": "Not stated",
    "3.2.4": "Not stated",
    "3.3.2": "Not stated",
    "3.3.4": "no day for the decision",
    "3.3.6": "Not stated",
    "3.3.7": "Not stated",
    "3.3.10": "Not stated",
    "3.3.16": "Not stated",
}


@pytest.mark.parametrize(("clause", "words"), SILENT.items())
def test_what_an_advert_leaves_out_is_not_stated(clause: str, words: str) -> None:
    found = finding(advert(), clause)
    assert found is not None
    assert found.result is Result.NOT_STATED
    assert words in found.words


STATED: dict[str, dict[str, Any]] = {
    "3.1.1": {"kind": Kind.GRANT, "kind_evidence": "The title says “grant”."},
    "3.1.2": {
        "enquiries_close_at": london(2026, 12, 1, 12),
        "decision_expected_at": london(2027, 1, 15),
        "starts_at": london(2027, 4, 1),
    },
    "3.1.3": {"vcse_suitable": True},
    "3.2.2": {"notice_days": 120},
    "3.2.3": {"eligibility": "Charities and social enterprises that work in the county."},
    "3.2.4": {"decision_expected_at": london(2027, 1, 15)},
    "3.3.2": {"minimum_requirements": "Public liability insurance of £5 million."},
    "3.3.4": {"decision_expected_at": london(2027, 1, 15)},
    "3.3.6": {"contact": True, "glossary": True},
    "3.3.7": {"quality_percent": 70.0, "cost_percent": 30.0},
    "3.3.10": {"monitoring": "A report every quarter on who was helped."},
    "3.3.11": {"stage": Stage.AWARDED, "feedback": "Assessment summaries sent to bidders: Friday 15 January 2027."},
    "3.3.16": {"tupe": True},
}


@pytest.mark.parametrize(("clause", "facts"), STATED.items())
def test_what_is_stated_is_met_with_the_field_and_the_words_relied_on(clause: str, facts: dict[str, Any]) -> None:
    found = finding(advert(**facts), clause)
    assert found is not None
    assert found.result is Result.MET
    assert found.field
    assert found.relied_on


def test_every_undertaking_can_be_met() -> None:
    assert set(STATED) == set(JUDGES)


@pytest.mark.parametrize(
    ("clause", "facts"),
    [
        ("3.1.3", {"vcse_suitable": False}),
        ("3.2.2", {"notice_days": 42}),
        ("3.3.4", {"changes": (moved(london(2026, 12, 1, 12), london(2026, 12, 15, 17)),)}),
        ("3.3.4", {"stage": Stage.AWARDED, "decision_expected_at": london(2027, 1, 15),
                   "awarded_at": london(2027, 2, 15)}),
        ("3.3.7", {"quality_percent": 0.0, "cost_percent": 100.0}),
        ("3.3.7", {"lots": (Lot("1", quality_percent=60, cost_percent=40), Lot("2", cost_percent=100))}),
    ],
)  # fmt: skip
def test_a_stated_fact_can_show_that_it_is_not_met(clause: str, facts: dict[str, Any]) -> None:
    found = finding(advert(**facts), clause)
    assert found is not None
    assert found.result is Result.NOT_MET
    assert found.relied_on


def test_a_kind_that_is_not_clear_is_not_stated() -> None:
    evidence = "It says “funding”, but not whether the applicant is paid a grant."
    assert result(advert(kind=Kind.UNCLEAR, kind_evidence=evidence), "3.1.1") is Result.NOT_STATED


def test_a_decision_before_the_deadline_cannot_be_meant() -> None:
    assert result(advert(decision_expected_at=london(2026, 11, 20)), "3.2.4") is Result.NOT_STATED


def test_an_award_notice_that_follows_within_a_week_is_not_late() -> None:
    facts = {"stage": Stage.AWARDED, "decision_expected_at": london(2027, 1, 15), "awarded_at": london(2027, 1, 22)}
    assert result(advert(**facts), "3.3.4") is Result.MET


def test_when_sources_give_different_deadlines_a_move_is_not_claimed() -> None:
    facts = {
        "changes": (moved(london(2026, 12, 1, 12), london(2026, 12, 15, 17)),),
        "statements": (Statement("closes_at", "contracts-finder", "x", "2026-12-01T12:00:00Z"),),
    }
    assert result(advert(**facts), "3.3.4") is Result.NOT_STATED


def test_scoring_in_words_without_figures_is_not_explicit_but_quoted() -> None:
    found = finding(advert(scoring="Quality of the plan and value for money."), "3.3.7")
    assert found == Finding(
        "3.3.7", Result.NOT_STATED, "It says what is looked at, but not how much each counts.", "scoring",
        "Quality of the plan and value for money.",
    )  # fmt: skip


def test_shares_that_stand_at_every_lot_are_met_and_at_some_are_not_stated() -> None:
    weighed, silent = Lot("1", quality_percent=60, cost_percent=40), Lot("2")
    assert result(advert(lots=(weighed,)), "3.3.7") is Result.MET
    assert result(advert(lots=(weighed, silent)), "3.3.7") is Result.NOT_STATED


def test_that_no_staff_transfers_is_an_answer_too() -> None:
    assert result(advert(tupe=False), "3.3.16") is Result.MET


@pytest.mark.parametrize(
    ("clause", "facts"),
    [
        ("3.3.2", {"kind": Kind.GRANT}),
        ("3.3.7", {"kind": Kind.GRANT}),
        ("3.3.11", {"stage": Stage.OPEN}),
        ("3.3.11", {"stage": Stage.AWARDED, "method": "Direct award"}),
        ("3.3.16", {"kind": Kind.GRANT}),
        ("3.3.16", {"category": "goods"}),
        ("3.3.4", {"kind": Kind.GRANT, "rolling": True, "closes_at": None}),
        ("3.4.2", {}),
    ],
)
def test_what_does_not_apply_gives_no_finding(clause: str, facts: dict[str, Any]) -> None:
    assert result(advert(**facts), clause) is None


@pytest.mark.parametrize("stage", [Stage.PLANNED, Stage.ENGAGEMENT])
def test_an_early_notice_is_only_asked_what_it_is(stage: Stage) -> None:
    found = findings_of(advert(stage=stage, closes_at=None, notice_days=None))
    assert [one.clause for one in found] == ["3.1.1"]


def test_an_award_seen_alone_is_only_asked_what_it_is_and_whether_bidders_were_told() -> None:
    found = findings_of(advert(stage=Stage.AWARDED, closes_at=None, notice_days=None))
    assert [one.clause for one in found] == ["3.1.1", "3.3.11"]


# For any facts

moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))
percents = st.sampled_from([0.0, 30.0, 50.0, 70.0, 100.0])
texts = st.sampled_from(
    [
        "",
        "N/A",
        "See the tender documents.",
        "As stated in the ITT",
        "Two years’ accounts.",
        "<script>alert(1)</script>",
    ]
)
lots = st.builds(Lot, st.just("1"), quality_percent=st.none() | percents, cost_percent=st.none() | percents)
FACTS: dict[str, st.SearchStrategy[Any]] = {
    "closes_at": moments, "enquiries_close_at": moments, "decision_expected_at": moments, "starts_at": moments,
    "awarded_at": moments, "notice_days": st.integers(0, 400), "warning_days": st.integers(0, 800),
    "rolling": st.booleans(), "vcse_suitable": st.booleans(), "tupe": st.booleans(), "contact": st.booleans(),
    "glossary": st.booleans(), "eligibility": texts, "minimum_requirements": texts, "scoring": texts,
    "monitoring": texts, "feedback": texts, "method": st.sampled_from(["open", "direct", "Direct award"]),
    "category": st.sampled_from(["goods", "services"]), "quality_percent": percents, "cost_percent": percents,
}  # fmt: skip
opportunities = st.builds(
    advert,
    kind=st.sampled_from(list(Kind)),
    stage=st.sampled_from(list(Stage)),
    reserved_vcse=st.booleans(),
    lots=st.lists(lots, max_size=2).map(tuple),
    changes=st.just(()) | st.tuples(st.builds(moved, moments, moments)),
    **{name: st.none() | facts for name, facts in FACTS.items()},
)
BY_DESIGN = {"reserved_vcse"}
"""A reservation to the sector outweighs a box for it that was not ticked."""


@given(opportunities)
@settings(max_examples=200, deadline=None)
def test_findings_are_in_order_once_each_with_words_and_never_speak_of_a_breach(opportunity: Opportunity) -> None:
    found = findings_of(opportunity)
    clauses = [one.clause for one in found]
    assert clauses == [clause for clause in JUDGES if clause in clauses]
    for one in found:
        assert one.words.endswith(".")
        assert "breach" not in one.words.lower()
        assert one.result is not Result.NOT_MET or one.relied_on
        assert len(one.relied_on or "") <= 300


@given(opportunities, st.sampled_from(sorted(FACTS)))
@settings(max_examples=200, deadline=None)
def test_leaving_a_fact_out_never_makes_what_was_met_not_met(opportunity: Opportunity, name: str) -> None:
    less = msgspec.structs.replace(opportunity, **{name: None})
    for before in findings_of(opportunity):
        if before.result is Result.MET and name not in BY_DESIGN:
            assert result(less, before.clause) is not Result.NOT_MET, (before, name)


@given(opportunities)
@settings(max_examples=50, deadline=None)
def test_the_same_opportunity_always_gives_the_same_findings(opportunity: Opportunity) -> None:
    assert findings_of(opportunity) == findings_of(opportunity)
    assert all(msgspec.json.decode(msgspec.json.encode(one), type=Finding) == one for one in findings_of(opportunity))


# What tells something


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        (None, False),
        ("", False),
        ("N/A", False),
        ("As stated in the procurement documents", False),
        ("See the ITT pack.", False),
        ("Full details are available on the portal.", False),
        ("Below threshold procurement", False),
        ("Minimum turnover: not decided.", False),
        ("No monitoring arrangements have been decided.", False),
        ("There are no minimum requirements.", False),
        ("Public liability insurance of £5m, as set out in the ITT.", True),
        ("Two years of accounts. See the tender documents for more.", True),
        ("Experience of work with young carers.", True),
    ],
)
def test_words_that_only_point_elsewhere_tell_nothing(text: str | None, is_told: bool) -> None:
    assert bool(told(text)) is is_told


def test_suppliers_play_no_part_in_findings() -> None:
    assert findings_of(advert(suppliers=(Organisation("Wallbrook Advice", vcse=True),))) == findings_of(advert())


@pytest.mark.parametrize(
    "text",
    ["No minimum requirements apply.", "We will not require monitoring reports.", "There will be no feedback.",
     "We do not give feedback.", "No monitoring is planned.", "There is no glossary."],
)  # fmt: skip
def test_to_deny_is_not_to_tell(text: str) -> None:
    assert told(text) is None
    assert told(f"{text} Bidders must hold a safeguarding policy.") == "Bidders must hold a safeguarding policy."


def test_a_limit_to_what_is_asked_is_told() -> None:
    assert told("We do not require reports more often than every quarter.")


@pytest.mark.parametrize("stage", [Stage.AWARDED, Stage.CANCELLED])
def test_a_rolling_fund_once_over_is_judged_no_more_than_the_report_counts_it(stage: Stage) -> None:
    fund = advert(kind=Kind.GRANT, stage=stage, closes_at=None, rolling=True, notice_days=None)
    assert not is_advertised(fund)
