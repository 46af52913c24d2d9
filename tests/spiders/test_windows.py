"""Windows and gaps: what is still to be walked, and what should have been met."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from sqlite3 import Connection

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.fetching import gaps, windows
from spiders.fetching.windows import Window
from tenderbell.archive import open_archive
from tenderbell.clock import stamp

NOW = datetime(2026, 8, 11, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    archive = open_archive(tmp_path / "archive.db")
    yield archive
    archive.close()


def walk_all(db: Connection, now: datetime = NOW, **asked: datetime) -> list[Window]:
    found = windows.plan(db, "s", now, first=DAY, **asked)
    for window in found:
        windows.finish(db, "s", window, now)
    return found


def see(db: Connection, *keys: str) -> None:
    db.executemany("insert into sighting values ('s', ?, ?, ?)", [(key, stamp(NOW), stamp(NOW)) for key in keys])


def keys(*numbers: int, year: int = 2026) -> set[str]:
    return {f"{number:06d}-{year}" for number in numbers}


def test_a_first_plan_covers_every_hour_without_overlap_newest_first(db: Connection) -> None:
    found = walk_all(db)
    assert found[0].until == NOW
    assert found[-1].since <= NOW - DAY
    assert all(later.since == earlier.until for later, earlier in pairwise(found))


def test_an_unfinished_window_comes_back_whatever_is_asked(db: Connection) -> None:
    lost = windows.plan(db, "s", NOW, first=DAY)[-1]
    for window in windows.plan(db, "s", NOW, first=DAY)[:-1]:
        windows.finish(db, "s", window, NOW)
    assert lost in windows.plan(db, "s", NOW, first=DAY)
    assert lost in windows.plan(db, "s", NOW, first=DAY, since=NOW - timedelta(hours=1))


def test_after_a_long_silence_everything_since_the_last_walk_is_planned(db: Connection) -> None:
    walk_all(db)
    later = NOW + 60 * DAY
    found = walk_all(db, later)
    assert found[-1].since <= NOW - windows.OVERLAP
    assert sum((window.until - window.since for window in found), timedelta()) >= 60 * DAY


def test_a_short_rewalk_before_the_first_harvest_does_not_shorten_it(db: Connection) -> None:
    walk_all(db, since=NOW - timedelta(hours=7))
    found = walk_all(db)
    assert found[-1].since <= NOW - DAY


@pytest.mark.parametrize("year", [2026, 2027])
@pytest.mark.parametrize("month", [3, 10])
def test_local_windows_leave_no_hour_out_when_the_clocks_change(db: Connection, year: int, month: int) -> None:
    until = datetime(year, month + 1, 2, tzinfo=UTC)
    found = windows.plan(db, "s", until, first=8 * DAY)
    for later, earlier in pairwise(found):
        assert later.local[0] <= earlier.local[1]
    moment = found[-1].since
    while moment < until:
        wall = windows._wall(moment)
        assert any(window.local[0] <= wall < window.local[1] for window in found), wall
        moment += timedelta(minutes=30)


QUARTER = timedelta(minutes=15)
CLOCK_CHANGES = (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))
LATELY = st.integers(0, 4 * 24 * 5)
"""Quarters of an hour before now."""


@given(
    change=st.sampled_from(CLOCK_CHANGES),
    since_change=st.integers(-4 * 12, 4 * 36),
    ends=st.lists(st.tuples(LATELY, LATELY), max_size=6),
    days=st.sampled_from([timedelta(hours=1), DAY, 4 * DAY]),
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_walked_a_plan_covers_two_hours_of_it_and_every_gap(
    db: Connection, change: datetime, since_change: int, ends: list[tuple[int, int]], days: timedelta
) -> None:
    now = change + since_change * QUARTER
    walked = [Window(now - max(pair) * QUARTER, now - min(pair) * QUARTER) for pair in ends if pair[0] != pair[1]]
    db.execute("delete from crawl_window")
    for window in walked:
        windows._enter(db, "s", window, now)
        windows.finish(db, "s", window, now)
    kept = windows._rows(db, "s", "walked")
    found = windows.plan(db, "s", now, first=days)
    again = max((window.until for window in kept), default=now) - windows.OVERLAP
    moment = min(again, now - days)
    while moment < now:
        if moment >= again or not any(window.since <= moment < window.until for window in kept):
            assert any(window.since <= moment < window.until for window in found), moment
            wall = windows._wall(moment)
            assert any(window.local[0] <= wall < window.local[1] for window in found), wall
        moment += QUARTER
    assert all(window.since < window.until <= now for window in found)
    assert found[0].until == now


def test_after_a_silence_a_walk_that_ended_on_the_grid_is_walked_again_for_two_hours(db: Connection) -> None:
    on_grid = NOW.replace(hour=6)
    walk_all(db, on_grid)
    found = walk_all(db, on_grid + 3 * DAY)
    assert found[-1].since <= on_grid - windows.OVERLAP


def test_a_window_that_ends_in_the_repeated_hour_asks_for_all_of_it() -> None:
    window = Window(datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 15, tzinfo=UTC))
    assert window.local == ("2026-10-25T01:00:00", "2026-10-25T02:00:00")


def test_a_number_between_two_met_ones_is_missing(db: Connection) -> None:
    met = keys(10, 11, 13, 14)
    see(db, *met)
    found = gaps.check(db, "s", met)
    assert (set(found.missing), found.span) == (keys(12), 5)


def test_numbers_seen_earlier_or_known_absent_are_not_missing(db: Connection) -> None:
    met = keys(10, 14)
    see(db, *met, *keys(11))
    gaps.enter(db, "s", keys(12), NOW)
    gaps.settle(db, "s", *keys(12), NOW, found=False)
    assert set(gaps.check(db, "s", met).missing) == keys(13)


def test_the_check_reaches_back_to_the_last_number_known_before(db: Connection) -> None:
    see(db, *keys(5, 9))
    assert set(gaps.check(db, "s", keys(9)).missing) == keys(6, 7, 8)


def test_behind_a_window_that_was_left_out_the_check_does_not_reach_back(db: Connection) -> None:
    see(db, *keys(5, 9, 11))
    assert set(gaps.check(db, "s", keys(9, 11), reach_back=False).missing) == keys(10)


def test_a_stray_number_far_away_is_no_gap_of_thousands(db: Connection) -> None:
    met = keys(10, 11, 900_000)
    see(db, *met)
    assert gaps.check(db, "s", met).missing == ()


def test_each_year_has_its_own_counter(db: Connection) -> None:
    met = keys(90_000, 90_001) | keys(1, 2, year=2027)
    see(db, *met)
    assert gaps.check(db, "s", met).missing == ()


def test_an_alarm_needs_more_than_two_per_cent_and_more_than_two_notices() -> None:
    assert not gaps.is_alarming(2, 20)
    assert not gaps.is_alarming(20, 1000)
    assert gaps.is_alarming(21, 1000)
    assert not gaps.is_alarming(0, 0)


def test_a_walk_without_numbers_has_no_gaps(db: Connection) -> None:
    assert gaps.check(db, "s", {"nameless-1"}).missing == ()
    assert gaps.check(db, "s", set()).missing == ()
