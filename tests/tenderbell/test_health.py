"""What the runs of a source say about it, and the sentence that a volunteer reads."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderbell import archive, reconciliations
from tenderbell.archive import Sort
from tenderbell.clock import stamp
from tenderbell.compiling.health import health_of
from tenderbell.database import transaction
from tenderbell.errors import UnreadableNotice
from tenderbell.health import Standing, is_silence_believed, silence_words, unwatched_words
from tenderbell.history import Listing, Stretch, below_history, short_list, short_week
from tenderbell.notice import Notice, Raw

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
"""A Sunday."""

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SOURCE = "portal"


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    return archive.open_archive(tmp_path / "archive.db")


def ran(
    db: sqlite3.Connection, at: datetime, *, complete: bool = True, sort: Sort = Sort.HARVEST, reads: int = 0,
    unreadable: int = 0, reason: str = "Finished.", **facts: Any,
) -> int:  # fmt: skip
    """Enter a run that ended at `at` and brought so many notices, and return its number."""
    run = archive.start_run(db, SOURCE, at - timedelta(minutes=1), sort=sort)
    bad = [Raw(SOURCE, f"bad-{run}-{n}", b"?") for n in range(unreadable)]
    good = [Raw(SOURCE, f"good-{run}-{n}", b"!") for n in range(reads)]
    archive.keep(db, run, [*bad, *good], read, at)
    archive.end_run(db, run, at, complete=complete, reason=reason, requests=facts.pop("requests", 3), **facts)
    return run


def read(raw: Raw) -> Notice:
    if raw.body == b"?":
        raise UnreadableNotice("It has no title.")
    return Notice(source=raw.source, key=raw.key, process=raw.key, title="T", order="", form="f", form_name="f")


# States


def test_a_source_without_a_run_was_never_run(db: sqlite3.Connection) -> None:
    found = health_of(db, SOURCE, NOW)
    assert (found.state, found.since, found.last_run, found.last_success, found.run) == ("never run", *[None] * 4)


def test_saved_responses_do_not_make_a_source_live(db: sqlite3.Connection) -> None:
    ran(db, NOW, sort=Sort.SAVED, reads=5, requests=0)
    found = health_of(db, SOURCE, NOW)
    assert (found.state, found.last_success, found.notices) == ("never run", None, 5)
    ran(db, NOW, listed=5)
    assert health_of(db, SOURCE, NOW).state == "working"


def test_a_reconciliation_is_no_harvest_but_is_shown(db: sqlite3.Connection) -> None:
    run = ran(db, NOW, sort=Sort.RECONCILIATION, reads=1)
    found = reconciliations.Reconciliation(stamp(NOW), 100, 3, 1, 1)
    reconciliations.record(db, run, SOURCE, found, ["a", "b", "c"])
    health = health_of(db, SOURCE, NOW)
    assert (health.state, health.reconciled) == ("never run", found)
    assert health.columns()["reconciled_missing"] == 3
    assert reconciliations.of_run(db, run) == (found, ["a", "b", "c"])


def test_a_first_harvest_that_is_under_way_is_a_first_run_until_it_must_have_been_cut_off(
    db: sqlite3.Connection,
) -> None:
    archive.start_run(db, SOURCE, NOW - 11 * HOUR)
    assert health_of(db, SOURCE, NOW).state == "first run"
    assert health_of(db, SOURCE, NOW + 2 * HOUR).state == "failing"


def cut_off(db: sqlite3.Connection, at: datetime, *, sort: Sort = Sort.HARVEST) -> None:
    """Enter a run that began at `at` and never ended."""
    archive.start_run(db, SOURCE, at, sort=sort)


def test_a_harvest_that_was_cut_off_is_failing_once_another_has_begun(db: sqlite3.Connection) -> None:
    ran(db, NOW - 5 * HOUR)
    cut_off(db, NOW - 2 * HOUR)
    assert health_of(db, SOURCE, NOW).state == "working", "it may still be going"
    cut_off(db, NOW - HOUR)
    found = health_of(db, SOURCE, NOW)
    assert (found.state, found.since, found.last_run) == ("failing", stamp(NOW - 2 * HOUR), stamp(NOW - 2 * HOUR))
    assert (found.last_success, found.message) == (stamp(NOW - 5 * HOUR), "The harvest was cut off.")


def test_a_harvest_that_never_ended_is_failing_after_twelve_hours(db: sqlite3.Connection) -> None:
    ran(db, NOW - DAY)
    cut_off(db, NOW - 13 * HOUR)
    found = health_of(db, SOURCE, NOW)
    assert (found.state, found.since, found.run) == ("failing", stamp(NOW - 13 * HOUR), None)


def test_a_reconciliation_that_begins_shows_that_the_harvest_before_it_has_died(db: sqlite3.Connection) -> None:
    ran(db, NOW - 5 * HOUR)
    cut_off(db, NOW - 2 * HOUR)
    cut_off(db, NOW - HOUR, sort=Sort.SAVED)
    assert health_of(db, SOURCE, NOW).state == "working", "saved responses can be read beside a harvest"
    cut_off(db, NOW - HOUR, sort=Sort.RECONCILIATION)
    assert health_of(db, SOURCE, NOW).state == "failing"


def test_a_harvest_that_ends_after_one_that_was_cut_off_is_working_again(db: sqlite3.Connection) -> None:
    ran(db, NOW - 5 * HOUR)
    cut_off(db, NOW - 4 * HOUR)
    ran(db, NOW - HOUR)
    found = health_of(db, SOURCE, NOW)
    assert (found.state, found.since) == ("working", stamp(NOW - HOUR))


def test_harvests_that_are_cut_off_again_and_again_are_failing_since_the_first_of_them(db: sqlite3.Connection) -> None:
    ran(db, NOW - 9 * HOUR)
    for ago in (8, 6, 4):
        cut_off(db, NOW - ago * HOUR)
    ran(db, NOW - 2 * HOUR, complete=False, reason="It answered 503.")
    found = health_of(db, SOURCE, NOW)
    assert (found.since, found.message) == (stamp(NOW - 8 * HOUR), "It answered 503.")


def test_a_first_harvest_that_is_begun_again_is_a_first_run(db: sqlite3.Connection) -> None:
    cut_off(db, NOW - 2 * HOUR)
    cut_off(db, NOW - HOUR)
    assert health_of(db, SOURCE, NOW).state == "first run"
    found = health_of(db, SOURCE, NOW + DAY)
    assert (found.state, found.since) == ("failing", stamp(NOW - 2 * HOUR))


def test_what_is_missing_at_two_comparisons_running_is_named(db: sqlite3.Connection) -> None:
    def compare(*keys: str) -> None:
        run = ran(db, NOW, sort=Sort.RECONCILIATION)
        reconciliations.record(db, run, SOURCE, reconciliations.Reconciliation(stamp(NOW), 9, len(keys), 0, 0), keys)

    with transaction(db):
        db.executemany(
            "insert into gap (source, key, state, noticed_at) values (?, ?, ?, '')",
            [(SOURCE, "a", "missing"), (SOURCE, "b", "missing"), (SOURCE, "c", "fetched"), (SOURCE, "d", "absent")],
        )
    compare("a", "c", "d")
    assert reconciliations.still_missing(db, SOURCE) == [], "once may be a bad night"
    compare("a", "b", "c", "d")
    assert reconciliations.still_missing(db, SOURCE) == ["a"]
    compare("b")
    assert reconciliations.still_missing(db, SOURCE) == ["b"]
    assert reconciliations.still_missing(db, "another") == []


def test_a_run_says_what_it_did(db: sqlite3.Connection) -> None:
    ran(db, NOW, reads=60, unreadable=1, listed=80, requests=7, received=12_345, alarm="Two rows have no link.")
    flat = health_of(db, SOURCE, NOW).columns()
    wanted = {"requests": 7, "bytes": 12_345, "listed": 80, "new": 61, "changed": 0, "unreadable": 1}
    assert {name: flat[f"last_run_{name}"] for name in wanted} == wanted
    assert (flat["last_run_reason"], flat["last_run_alarm"]) == ("Finished.", "Two rows have no link.")


@pytest.mark.parametrize(
    ("verdicts", "state", "hours"),
    [
        ("w", "working", 1), ("www", "working", 3), ("f", "failing", 1), ("wff", "failing", 2), ("d", "degraded", 1),
        ("wwddd", "degraded", 3), ("ddw", "working", 1), ("dfd", "degraded", 1), ("wdf", "failing", 1),
        ("fw", "working", 1), ("wfwd", "degraded", 1), ("ffww", "working", 2),
    ],
)  # fmt: skip
def test_the_state_is_that_of_the_last_run_since_the_first_one_like_it(
    verdicts: str, state: str, hours: int, db: sqlite3.Connection
) -> None:
    for ago, verdict in zip(range(len(verdicts), 0, -1), verdicts, strict=True):
        alarm = "The page came twice." if verdict == "d" else None
        ran(db, NOW - ago * HOUR, complete=verdict != "f", alarm=alarm, reason="It answered 503.")
    found = health_of(db, SOURCE, NOW)
    assert (found.state, found.since) == (state, stamp(NOW - hours * HOUR))
    assert found.message == {"degraded": "The page came twice."}.get(state, "It answered 503.")


def test_a_run_that_is_still_going_does_not_hide_the_last_one(db: sqlite3.Connection) -> None:
    ran(db, NOW - HOUR, alarm="The page came twice.")
    archive.start_run(db, SOURCE, NOW)
    assert health_of(db, SOURCE, NOW).state == "degraded"


@pytest.mark.parametrize(("reads", "unreadable", "state"), [
    (49, 1, "working"), (48, 1, "degraded"), (0, 1, "degraded"), (1000, 20, "working"), (900, 20, "degraded"),
])  # fmt: skip
def test_more_than_two_in_a_hundred_unreadable_degrade_a_source(
    reads: int, unreadable: int, state: str, db: sqlite3.Connection
) -> None:
    ran(db, NOW - DAY, reads=reads, unreadable=unreadable)
    ran(db, NOW)
    found = health_of(db, SOURCE, NOW)
    assert found.state == state
    if state == "degraded":
        assert found.since == stamp(NOW - DAY)
        assert f"{unreadable} of the last {reads + unreadable:,} notice" in str(found.message)


def test_unreadable_notices_that_better_code_has_read_count_no_more(db: sqlite3.Connection) -> None:
    ran(db, NOW, reads=10, unreadable=1)
    with transaction(db):
        db.execute("update notice set unreadable = null")
    assert health_of(db, SOURCE, NOW).state == "working"


def test_unreadable_notices_that_were_put_right_count_no_more(db: sqlite3.Connection) -> None:
    run = ran(db, NOW - HOUR, reads=10, unreadable=1)
    again = archive.start_run(db, SOURCE, NOW)
    archive.keep(db, again, [Raw(SOURCE, f"bad-{run}-0", b"now it has one")], read, NOW)
    archive.end_run(db, again, NOW, complete=True, reason="Finished.", requests=1)
    assert health_of(db, SOURCE, NOW).state == "working"


def test_unreadable_notices_of_long_ago_are_forgiven(db: sqlite3.Connection) -> None:
    ran(db, NOW - 30 * DAY, unreadable=5)
    for day in range(20):
        ran(db, NOW - day * HOUR, reads=1)
    assert health_of(db, SOURCE, NOW).state == "working"


def test_an_alarm_and_unreadable_notices_are_both_told(db: sqlite3.Connection) -> None:
    ran(db, NOW, unreadable=1, alarm="The page came twice.")
    message = health_of(db, SOURCE, NOW).message
    assert message == "The page came twice. 1 of the last 1 notice could not be read (100%)."


# Below its own history: lists


def days(*listed: int, runs: int = 1) -> list[Listing]:
    """Return listings of the days before NOW, the newest first, `runs` a day."""
    return [Listing(NOW - (ago + 1) * DAY + run * HOUR, n) for ago, n in enumerate(listed) for run in range(runs)]


@pytest.mark.parametrize(("listed", "earlier", "words"), [
    (0, [], None),
    (0, days(8), "Nothing is listed, where there were 8."),
    (0, days(6, 6, 6), "Nothing is listed, where there were 6."),
    (0, days(5, 5, 5), None),
    (0, days(0, 0, 9), "Nothing is listed, where there were 9."),
    (0, days(7, 3, 8), None),
    (0, days(40, 40, 40, 2), "Nothing is listed, where there were 40."),
    (3, days(40, 40), "Only 3 listed, where there were 40."),
    (5, days(40, 40), None),
    (3, days(40, 40, 40), "Only 3 listed, where about 40 are usual."),
    (19, days(40, 40, 40), "Only 19 listed, where about 40 are usual."),
    (20, days(40, 40, 40), None),
    (1, days(12, 12, 12), "Only 1 listed, where about 12 are usual."),
    (2, days(12, 12, 12), None),
    (1, days(6, 6, 6), None),
    (499, days(1000, 1000, 1000), "Only 499 listed, where about 1,000 are usual."),
    (3, days(*[3] * 15, *[40] * 13), None),
    (3, days(*[3] * 13, *[40] * 15), "Only 3 listed, where about 40 are usual."),
    (3, days(40, runs=14), "Only 3 listed, where there were 40."),
    (3, days(3, 40, 40, 40, runs=14), "Only 3 listed, where about 40 are usual."),
    (100, days(40, 40, 40), None),
])  # fmt: skip
def test_a_list_is_compared_with_its_own_days(listed: int, earlier: list[Listing], words: str | None) -> None:
    assert short_list(listed, earlier) == words


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(0, 5))
def test_a_source_that_always_lists_a_handful_is_never_below_its_history(earlier: list[int], listed: int) -> None:
    assert short_list(listed, days(*earlier)) is None


@given(st.lists(st.integers(0, 10_000), max_size=40), st.integers(0, 10_000), st.integers(0, 10_000))
def test_listing_more_is_never_worse(earlier: list[int], listed: int, more: int) -> None:
    if short_list(listed, days(*earlier)) is None and listed:
        assert short_list(listed + more, days(*earlier)) is None


@given(st.integers(6, 5000), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_what_chance_does_to_a_count_is_no_alarm(usual: int, random: Any) -> None:
    """Within two standard deviations of a count, the list is as long as ever."""
    spread = usual**0.5
    earlier = [max(0, round(usual + random.uniform(-spread, spread))) for _ in range(28)]
    assert short_list(max(1, round(usual - 2 * spread)), days(*earlier)) is None


def test_a_run_is_compared_with_complete_live_runs_of_the_last_weeks_only(db: sqlite3.Connection) -> None:
    for ago in range(1, 6):
        ran(db, NOW - ago * DAY, complete=False, listed=40)
        ran(db, NOW - ago * DAY, sort=Sort.SAVED, listed=40)
        ran(db, NOW - ago * DAY - 40 * DAY, listed=40)
    assert below_history(db, SOURCE, 0, NOW) is None
    ran(db, NOW - HOUR, listed=40)
    assert below_history(db, SOURCE, 0, NOW) == "Nothing is listed, where there were 40."
    assert below_history(db, "another", 0, NOW) is None


def test_a_list_that_begins_with_the_month_is_judged_only_when_it_is_empty(db: sqlite3.Connection) -> None:
    for ago in range(1, 6):
        ran(db, NOW - ago * DAY, listed=400)
    assert below_history(db, SOURCE, 40, NOW) is not None
    assert below_history(db, SOURCE, 40, NOW, steady=False) is None
    assert below_history(db, SOURCE, 0, NOW, steady=False) == "Nothing is listed, where there were 400."


# Below its own history: windows of time


def walked(days: int, count: Callable[[datetime], int], *, step: int = 6) -> list[Stretch]:
    """Return windows of `step` hours up to NOW with the number of notices that `count` gives for their beginning."""
    starts = [NOW - hours * HOUR for hours in range(days * 24, 0, -step)]
    return [Stretch(start, start + step * HOUR, count(start)) for start in starts]


def working_hours(start: datetime) -> int:
    """A national service: busy by day, next to nothing at night and at weekends."""
    return 1 if start.weekday() >= 5 or not 8 <= start.hour < 18 else 120


@pytest.mark.parametrize("hours", range(0, 24 * 7, 5))
def test_nights_and_weekends_are_no_alarm(hours: int) -> None:
    windows = walked(42, working_hours)
    now = NOW - hours * HOUR
    assert short_week([window for window in windows if window.until <= now], now) is None


def test_a_week_with_less_than_a_quarter_is_an_alarm() -> None:
    thin = walked(42, lambda start: 20 if start >= NOW - 7 * DAY else 100)
    assert short_week(thin, NOW) == "Only 560 notices in the last seven days, where about 2,800 are usual."
    assert short_week(walked(42, lambda start: 30 if start >= NOW - 7 * DAY else 100), NOW) is None


def test_two_days_without_a_single_notice_are_an_alarm_where_there_are_always_many() -> None:
    silent = walked(42, lambda start: 0 if start >= NOW - 2 * DAY else 10)
    assert short_week(silent, NOW) == "No notice in the last two days, where at least 80 are usual."
    quiet = walked(42, lambda start: 0 if start >= NOW - 2 * DAY else 2)
    assert short_week(quiet, NOW) is None


@pytest.mark.parametrize("hours", range(0, 48, 5))
def test_windows_of_whole_days_are_judged_at_any_hour(hours: int) -> None:
    midnight = NOW.replace(hour=0)
    starts = [midnight - ago * DAY for ago in range(42)]
    now = midnight + hours * HOUR
    for thin in (False, True):
        windows = [Stretch(at, at + DAY, 2 if thin and at > now - 8 * DAY else 50) for at in starts]
        found = short_week([*windows, *([Stretch(midnight + DAY, now, 0)] if hours > 24 else [])], now)
        assert (found is not None) is thin


@pytest.mark.parametrize("usual", [0, 1, 2])
def test_a_quiet_region_is_no_alarm_when_it_is_silent(usual: int) -> None:
    windows = walked(42, lambda start: 0 if start >= NOW - 7 * DAY else int(start.weekday() < usual and start.hour < 6))
    assert short_week(windows, NOW) is None


def test_what_was_not_walked_says_nothing() -> None:
    def count(start: datetime) -> int:
        return 100

    assert short_week(walked(14, count), NOW) is None, "one earlier week is no history"
    holed = [window for window in walked(42, lambda s: 0 if s > NOW - 7 * DAY else 100) if window.since.hour != 9]
    assert short_week(holed, NOW) is None
    assert short_week([], NOW) is None
    assert short_week([Stretch(NOW - 30 * DAY, NOW, 10), Stretch(NOW - 60 * DAY, NOW - 30 * DAY, 900)], NOW) is None


def test_a_source_that_walks_windows_is_judged_by_them_and_not_by_its_runs(db: sqlite3.Connection) -> None:
    with transaction(db):
        db.executemany(
            "insert into crawl_window (source, since, until, state, notices, started_at) values (?, ?, ?, ?, ?, '')",
            [(SOURCE, stamp(one.since), stamp(one.until), "walked", one.notices) for one in walked(40, working_hours)],
        )
    for ago in range(1, 6):
        ran(db, NOW - ago * DAY, listed=400)
    assert below_history(db, SOURCE, 0, NOW) is None


# The sentence


def standing(title: str, state: str = "working", hours: float | None = 1, run: bool = True) -> Standing:
    success = None if hours is None else NOW - hours * HOUR
    return Standing(title, state, NOW if run else None, success)


A, B = standing("Find a Tender"), standing("UKRI")
LATE = standing("Contracts Finder", "failing", 24 * 5)
PART = standing("Find a Grant", "degraded")
NEW = standing("In-Tend", "never run", None, run=False)
TRIED = standing("Atamis", "failing", None)


@pytest.mark.parametrize(("sources", "words"), [
    ([], "No source is set up yet, so nothing can be found here."),
    ([NEW, NEW], "No source has been checked yet: if nothing is listed here, that says nothing."),
    ([A], "The one source answered in the last day: if nothing is listed here, nothing was published there."),
    ([A, B], "Both sources answered in the last day: if nothing is listed here, nothing was published there."),
    ([A] * 9, "All 9 sources answered in the last day: if nothing is listed here, nothing was published there."),
    ([A, standing("X", hours=30)],
     "Both sources answered in the last day and a half: if nothing is listed here, nothing was published there."),
    ([A, standing("X", "failing", 3)], "X has not answered since 6am today: look there yourself."),
    ([A, standing("X", "failing", 3), standing("Y", "failing", 2)],
     "X and Y have not answered since earlier today: look there yourself."),
    ([A, standing("X", "failing", 30)], "X has not answered since Saturday: look there yourself."),
    ([A, LATE, PART],
     "Contracts Finder has not answered since Tuesday, and Find a Grant may be missing some: look there yourself."),
    ([A, PART], "Find a Grant may be missing some: look there yourself."),
    ([A, NEW, TRIED], "Atamis has not answered yet, and In-Tend has not been checked yet: look there yourself."),
    ([A, standing("X", "degraded", 40)], "X has not answered since Friday: look there yourself."),
    ([standing("X", hours=24 * 40)], "X has not answered since 13 October: look there yourself."),
    ([standing("X", hours=24 * 400)], "X has not answered since 18 October 2025: look there yourself."),
    ([A, NEW, NEW], "In-Tend and In-Tend have not been checked yet: look there yourself."),
    ([A] + [NEW] * 5, "In-Tend, In-Tend, In-Tend and 2 more sources have not been checked yet: look there yourself."),
    ([A] + [PART] * 4,
     "Find a Grant, Find a Grant, Find a Grant and 1 more source may be missing some: look there yourself."),
])  # fmt: skip
def test_one_sentence_says_whether_silence_can_be_believed(sources: list[Standing], words: str) -> None:
    assert silence_words(sources, NOW) == words
    assert is_silence_believed(sources, NOW) is ("nothing was published there" in words)


standings = st.builds(
    standing,
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from(["never run", "first run", "working", "degraded", "failing"]),
    st.none() | st.floats(0, 2000),
    st.booleans(),
)


@given(st.lists(standings, max_size=12))
@settings(max_examples=200)
def test_it_is_always_one_sentence_and_reassures_only_when_each_source_answered_in_full(
    sources: list[Standing],
) -> None:
    words = silence_words(sources, NOW)
    assert words.count(".") == 1
    assert words.endswith(".")
    answered = bool(sources) and all(
        one.last_success and NOW - one.last_success <= timedelta(hours=36) and one.state not in ("degraded", "failing")
        for one in sources
    )
    assert is_silence_believed(sources, NOW) is answered
    assert ("nothing was published there" in words) is answered


@pytest.mark.parametrize(("sources", "unwatched", "words"), [
    ([A], 0, ""),
    ([A], 1, "1 more place is not watched."),
    ([A, LATE], 12, "12 more places are not watched."),
    ([], 2, "2 places are not watched."),
])  # fmt: skip
def test_the_sentence_is_followed_by_how_many_places_nobody_watches(
    sources: list[Standing], unwatched: int, words: str
) -> None:
    assert unwatched_words(sources, unwatched) == words
    assert silence_words(sources, NOW, unwatched) == f"{silence_words(sources, NOW)} {words}".rstrip()


def test_a_list_that_collapses_on_its_second_day_is_noticed_and_stays_noticed_for_two_weeks() -> None:
    first = datetime(2026, 7, 5, 9, tzinfo=UTC)
    runs = [Listing(first, 100)]
    for day in range(1, 14):
        assert short_list(1, runs) is not None, f"day {day}"
        runs.insert(0, Listing(first + timedelta(days=day), 1))
    assert short_list(12, [Listing(first, 100)]) is None, "a tenth and more may be a holiday"
    assert short_list(1, [Listing(first, 15)]) is None, "a small list proves nothing in a day"
