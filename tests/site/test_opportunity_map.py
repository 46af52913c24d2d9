"""The process map: every date has its place and its words, and no words stand on others."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderbell.opportunity import Change, Opportunity
from tenderbell.pages.course import steps_of, unsaid_words
from tenderbell.pages.process_map import Mark, ProcessMap, process_map, short_words
from tenderbell.vocabulary import Stage
from tests.site.world import NOW, days, opportunity

DATES = (
    "first_early_at", "published_at", "engagement_closes_at", "expected_open_at", "enquiries_close_at", "closes_at",
    "decision_expected_at", "awarded_at", "starts_at", "ends_at", "extends_to",
)  # fmt: skip

moments = st.datetimes(datetime(1990, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC)) | st.builds(
    lambda hours: NOW + timedelta(hours=hours), st.integers(-900, 900)
)


@st.composite
def processes(draw: st.DrawFn) -> Opportunity:
    """Return an opportunity of any stage with any of its dates, in any order."""
    stage = draw(st.sampled_from(Stage))
    at = draw(moments)
    ended = (Change("stage", "open", str(stage), at, "1-2026"),) if draw(st.booleans()) else ()
    facts: dict[str, Any] = {name: draw(st.none() | moments) for name in DATES}
    return opportunity(1, "A thing", stage=stage, changes=ended, rolling=draw(st.booleans()), **facts)


def drawn(one: Opportunity) -> ProcessMap | None:
    return process_map(steps_of(one, NOW), NOW)


def overlap(one: Mark, other: Mark) -> bool:
    a, b = one.box, other.box
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@given(processes())
@settings(max_examples=120, deadline=None)
def test_no_words_stand_on_others_or_outside_the_drawing(one: Opportunity) -> None:
    found = drawn(one)
    if found is None:
        assert all(getattr(one, name) is None for name in DATES if name != "awarded_at" or one.stage is Stage.AWARDED)
        return
    for marks in (found.wide, found.narrow):
        assert not [(a.label, b.label) for a, b in combinations(marks, 2) if overlap(a, b)]
        assert all(mark.box[0] >= 0 and mark.box[1] >= 0 for mark in marks)
    assert all(mark.box[2] <= found.width and mark.box[3] <= found.height for mark in found.wide)
    assert all(mark.box[2] <= 340 and mark.box[3] <= found.tall for mark in found.narrow)


@given(processes())
@settings(max_examples=60, deadline=None)
def test_dates_stand_in_their_order_with_today_between_what_was_and_what_comes(one: Opportunity) -> None:
    found = drawn(one)
    if found is None:
        return
    assert [mark.x for mark in found.wide] == sorted({mark.x for mark in found.wide})
    assert [mark.y for mark in found.narrow] == sorted({mark.y for mark in found.narrow})
    states = [mark.state for mark in found.wide]
    today = states.index("today")
    assert states.count("today") == 1
    assert "past" not in states[today:]
    assert not {"next", "later", "over"} & set(states[:today])


def test_a_process_of_years_still_shows_the_weeks_that_matter() -> None:
    found = drawn(opportunity(1, "A thing", closes_at=days(14), starts_at=days(60), ends_at=days(3650)))
    assert found is not None
    places = {mark.label: mark.x for mark in found.wide}
    assert places["Closes"] - places["Today"] > 60
    assert places["Ends"] - places["Starts"] > places["Closes"] - places["Today"]


def test_what_no_notice_states_is_dashed_and_said() -> None:
    steps = steps_of(opportunity(1, "A thing"), NOW)
    found = process_map(steps, NOW)
    assert found is not None
    decision = next(mark for mark in found.wide if mark.label == "Decision expected")
    assert (decision.state, decision.when, decision.is_dashed) == ("unknown", "not stated", True)
    assert unsaid_words(steps) == (
        "The notice does not say when the decision will be made, when the work or the money starts or when it ends."
    )


def test_one_missing_date_is_said_alone_and_none_not_at_all() -> None:
    whole = opportunity(1, "A thing", decision_expected_at=days(40), starts_at=days(60), ends_at=days(90))
    assert unsaid_words(steps_of(whole, NOW)) == ""
    undecided = opportunity(1, "A thing", starts_at=days(60), ends_at=days(90))
    assert unsaid_words(steps_of(undecided, NOW)) == "The notice does not say when the decision will be made."


def test_without_any_date_there_is_no_drawing() -> None:
    assert drawn(opportunity(1, "A thing", published_at=None, closes_at=None)) is None


@pytest.mark.parametrize(
    ("closes_at", "words"),
    [(datetime(2026, 11, 30, tzinfo=UTC), "11:59pm, 29 Nov 2026"),
     (datetime(2026, 7, 1, 11, tzinfo=UTC), "noon, 1 Jul 2026"),
     (datetime(2026, 12, 1, 12, 30, tzinfo=UTC), "12:30pm, 1 Dec 2026")],
)  # fmt: skip
def test_the_map_says_hours_where_they_matter(closes_at: datetime, words: str) -> None:
    (step,) = (step for step in steps_of(opportunity(1, "A", closes_at=closes_at), NOW) if step.key == "closes")
    assert short_words(step) == words


def test_what_was_cancelled_shows_when_and_what_will_not_come() -> None:
    ended = (Change("stage", "open", "cancelled", days(-2), "1-2026"),)
    one = opportunity(1, "A", stage=Stage.CANCELLED, changes=ended, starts_at=days(40))
    shown = [(step.label, step.state) for step in steps_of(one, NOW)]
    assert shown == [("Published", "past"), ("Cancelled", "past"), ("Was to close", "over"), ("Was to start", "over")]


def test_what_was_awarded_shows_when_and_asks_for_no_decision() -> None:
    one = opportunity(1, "A", stage=Stage.AWARDED, closes_at=days(-8), awarded_at=days(-5), ends_at=days(400))
    labels = [step.label for step in steps_of(one, NOW)]
    assert labels == ["Published", "Closes", "Awarded", "Starts", "Ends"]


def test_a_rolling_programme_does_not_miss_a_deadline() -> None:
    one = opportunity(1, "A", rolling=True, closes_at=None)
    assert "when it closes" not in unsaid_words(steps_of(one, NOW))
