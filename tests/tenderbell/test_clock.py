"""Time: stored UTC, shown as UK time, right on the days when the clocks change."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenderbell.clock import instant, moment, stamp, uk_day_end, uk_day_start
from tenderbell.phrases import days_left, deadline_words, left_words, moment_words, money_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-10T11:00:00+01:00", "2026-08-10T10:00:00Z"),
        ("2026-08-10T11:00:00Z", "2026-08-10T11:00:00Z"),
        ("2026-08-10T11:00:00", "2026-08-10T10:00:00Z"),
        ("2026-01-10T11:00", "2026-01-10T11:00:00Z"),
        ("2026-08-10", "2026-08-10T22:59:59Z"),
        ("2026-01-10", "2026-01-10T23:59:59Z"),
        ("2026-02-30", None),
        ("soon", None),
        ("", None),
        (None, None),
        (20260810, None),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01", None),
    ],
)
def test_a_moment_without_a_zone_is_uk_time_and_a_date_alone_its_end(text: object, expected: str | None) -> None:
    found = moment(text)
    assert (stamp(found) if found else None) == expected


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_uk_day_has_23_or_25_hours_when_the_clocks_change(day: date, hours: int) -> None:
    assert (uk_day_end(day) - uk_day_start(day)).total_seconds() == hours * 3600


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))
def test_stamps_sort_like_time_and_come_back(when: datetime) -> None:
    assert instant(stamp(when)) == when.replace(microsecond=0)


def test_a_naive_time_is_never_stored() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        stamp(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("closes", "words"),
    [
        ("2026-04-10T11:00:00+00:00", "12 noon, Friday 10 April 2026"),
        ("2026-04-09T23:00:00+00:00", "11:59pm, Thursday 9 April 2026"),
        ("2026-12-18T00:00:00+00:00", "11:59pm, Thursday 17 December 2026"),
        ("2026-12-18T17:30:00+00:00", "5:30pm, Friday 18 December 2026"),
        ("2026-10-25T00:30:00+00:00", "1:30am, Sunday 25 October 2026"),
    ],
)
def test_a_deadline_is_said_in_uk_time_and_midnight_is_the_day_before(closes: str, words: str) -> None:
    assert deadline_words(datetime.fromisoformat(closes)) == words


def test_days_left_count_uk_nights_and_not_twenty_four_hours() -> None:
    now = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert days_left(datetime(2026, 3, 29, 11, tzinfo=UTC), now) == 1
    assert days_left(datetime(2026, 3, 29, 23, tzinfo=UTC), now) == 1
    assert left_words(datetime(2026, 3, 29, 11, tzinfo=UTC), now) == "tomorrow"
    assert left_words(datetime(2026, 3, 28, 21, tzinfo=UTC), now) == "closed today"
    assert left_words(datetime(2026, 4, 9, 11, tzinfo=UTC), now) == "in 12 days"


@pytest.mark.parametrize(
    ("amount", "words"),
    [(15000, "£15,000"), (3_116_008, "£3.1 million"), (2e9, "£2 billion"), (99.5, "£99.50"), (None, "not stated"),
     (999_999, "£999,999"), (1e6, "£1 million")],
)  # fmt: skip
def test_money_is_said_as_people_say_it(amount: float | None, words: str) -> None:
    assert money_words(amount) == words


def test_other_moments_are_said_as_they_are() -> None:
    assert moment_words(datetime(2026, 1, 1, tzinfo=UTC)) == "12am, Thursday 1 January 2026"
