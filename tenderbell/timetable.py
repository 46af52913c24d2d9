"""When: the jobs of an edition as triggers, and whether one was missed."""

import re
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from tenderbell.clock import UK
from tenderbell.edition import Edition, Job
from tenderbell.errors import SettingError

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHANGING_HOUR = 1
"""The hour of the UK day that the spring clock change skips and the autumn one repeats."""

RETRY = timedelta(minutes=15)
"""How long a job that failed waits before it is tried again, unless the timetable runs it sooner."""


def trigger(job: Job) -> BaseTrigger:
    """Return the APScheduler trigger of a job, in UK time. Raises SettingError when its line cannot be used."""
    if (job.cron is None) == (job.every_minutes is None):
        raise SettingError(f"The job {job.id!r} needs either cron or every_minutes.")
    if job.every_minutes is not None:
        if job.every_minutes < 1:
            raise SettingError(f"The job {job.id!r} cannot run every {job.every_minutes} minutes; give at least 1.")
        return IntervalTrigger(minutes=job.every_minutes, timezone=UK)
    return _cron(job.id, job.cron or "")


def _cron(id: str, line: str) -> CronTrigger:
    fields = line.split()
    if len(fields) == 5 and _names_changing_hour(fields[1]):
        raise SettingError(
            f"The job {id!r} is set between 01:00 and 01:59, which a clock change skips or repeats. "
            "Choose another hour."
        )
    try:
        return CronTrigger.from_crontab(" ".join([*fields[:4], *map(_named_days, fields[4:])]), timezone=UK)
    except ValueError as error:
        raise SettingError(f"The job {id!r} has a cron line that cannot be used, {line!r}: {error}.") from error


def _names_changing_hour(field: str) -> bool:
    """Return whether the changing hour is named by itself. A range that runs through it is meant for every hour."""
    return any(part.isdecimal() and int(part) == _CHANGING_HOUR for part in field.split(","))


def _named_days(field: str) -> str:
    """Name the days of the week: cron counts from Sunday, APScheduler 3 from Monday."""
    return re.sub(r"(?<![/\w])[0-7](?!\w)", lambda found: _DAYS[int(found[0])], field)


def next_run(job: Job, after: datetime) -> datetime:
    """Return the first instant after `after` at which the timetable runs a job (for an interval, counted from it)."""
    if job.every_minutes is not None:
        return after + timedelta(minutes=job.every_minutes)
    found: datetime = trigger(job).get_next_fire_time(None, after.astimezone(UTC) + timedelta(seconds=1))
    return found


def is_missed(job: Job, last: datetime | None, now: datetime) -> bool:
    """Return whether a job that last finished at `last` (None: never) should have run again by `now`."""
    return last is None or next_run(job, last) <= now


def next_harvest(edition: Edition, source: str, now: datetime, *, failing: bool) -> datetime | None:
    """Return when a source is asked next, None when the timetable never does: soon again while it is failing."""
    times = [next_run(job, now) for job in edition.jobs if _harvests(job, source)]
    if times and failing:
        times.append(now + RETRY)
    return min(times, default=None)


def _harvests(job: Job, source: str) -> bool:
    command, *arguments = job.command
    named = [argument for argument in arguments if not argument.startswith("-")]
    return command == "harvest" and (source in named or not arguments)
