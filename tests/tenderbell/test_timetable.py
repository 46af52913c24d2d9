from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from tenderbell.clock import UK, uk
from tenderbell.edition import SCHEDULES, Job, load_edition
from tenderbell.errors import SettingError
from tenderbell.timetable import RETRY, is_missed, next_harvest, next_run, trigger

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)
NIGHTS = [pytest.param(SPRING, id="spring"), pytest.param(AUTUMN, id="autumn")]


def job(cron: str | None = None, every_minutes: int | None = None) -> Job:
    return Job(id="job", command=("send",), cron=cron, every_minutes=every_minutes)


def runs(job: Job, since: datetime, until: datetime) -> Iterator[datetime]:
    """The instants at which APScheduler would run a job, as it finds them: each from the one before."""
    at = trigger(job).get_next_fire_time(None, since)
    while at < until:
        yield at
        at = trigger(job).get_next_fire_time(at, at.astimezone(UTC) + timedelta(seconds=1))


def around(night: date) -> tuple[datetime, datetime]:
    noon = datetime(night.year, night.month, night.day, 12, tzinfo=UK)
    return noon - timedelta(days=2), noon + timedelta(days=2)


@pytest.mark.parametrize("night", NIGHTS)
def test_a_daily_job_runs_once_a_day_at_the_same_uk_time_through_a_clock_change(night: date) -> None:
    found = [uk(at) for at in runs(job("30 8 * * *"), *around(night))]
    assert [at.strftime("%H:%M") for at in found] == ["08:30"] * 4
    assert len({at.date() for at in found}) == 4


@pytest.mark.parametrize("night", NIGHTS)
def test_an_hourly_job_runs_every_real_hour_through_a_clock_change(night: date) -> None:
    found = [at.astimezone(UTC) for at in runs(job("5 * * * *"), *around(night))]
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=1)}


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("edition", [path.stem for path in SCHEDULES.glob("*.toml")])
def test_no_job_of_a_shipped_edition_is_skipped_or_repeated_by_a_clock_change(edition: str, night: date) -> None:
    since = datetime(night.year, night.month, night.day, tzinfo=UK)
    change, before, after = ((since + timedelta(days=days), since + timedelta(days=days + 1)) for days in (0, -7, 7))
    for line in load_edition(edition).jobs:
        if line.cron:
            walls = [[uk(at).strftime("%H:%M") for at in runs(line, *day)] for day in (change, before, after)]
            assert walls[0] == walls[1] == walls[2], line.id


@pytest.mark.parametrize(
    ("days", "names"),
    [
        ("1", ["Mon"]),
        ("0", ["Sun"]),
        ("7", ["Sun"]),
        ("1-5", ["Mon", "Tue", "Wed", "Thu", "Fri"]),
        ("mon,4", ["Mon", "Thu"]),
    ],
)
def test_days_of_the_week_are_counted_as_cron_counts_them(days: str, names: list[str]) -> None:
    since = datetime(2026, 11, 23, tzinfo=UK)
    found = [f"{at:%a}" for at in runs(job(f"0 9 * * {days}"), since, since + timedelta(days=7))]
    assert sorted(found) == sorted(names)


@pytest.mark.parametrize(
    "line", [job(), job("0 9 * * *", 5), job("30 1 * * *"), job("9 * *"), job("x 9 * * *"), job(every_minutes=0)]
)
def test_a_line_that_cannot_be_used_is_refused_with_the_name_of_the_job(line: Job) -> None:
    with pytest.raises(SettingError, match="'job'"):
        trigger(line)


def test_the_next_run_is_after_the_last_even_when_that_was_on_the_minute() -> None:
    at = datetime(2026, 11, 23, 8, 30, tzinfo=UK)
    assert next_run(job("30 8 * * *"), at) == at + timedelta(days=1)
    assert next_run(job(every_minutes=5), at) == at + timedelta(minutes=5)


NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "last", "missed"),
    [
        (job("30 8 * * *"), None, True),
        (job("30 8 * * *"), NOW - timedelta(minutes=29), False),
        (job("30 8 * * *"), NOW - timedelta(minutes=31), True),
        (job("30 8 * * *"), NOW - timedelta(days=9), True),
        (job(every_minutes=5), NOW - timedelta(minutes=4), False),
        (job(every_minutes=5), NOW - timedelta(minutes=5), True),
    ],
)
def test_a_job_was_missed_exactly_when_its_next_run_has_passed(line: Job, last: datetime | None, missed: bool) -> None:
    assert is_missed(line, last, NOW) is missed


def test_a_source_is_asked_next_by_the_first_of_its_jobs_and_soon_while_it_fails() -> None:
    edition = load_edition("gloucestershire")
    now = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
    planned = next_harvest(edition, "find-a-tender", now, failing=False)
    assert planned is not None
    assert timedelta() < planned - now <= timedelta(hours=1)
    assert next_harvest(edition, "find-a-tender", now, failing=True) == min(planned, now + RETRY)
    assert next_harvest(edition, "nobody", now, failing=True) is None
