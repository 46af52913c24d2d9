"""Days and months of the Code, counted on the UK calendar."""

import calendar
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from tenderbell.clock import uk
from tenderbell.opportunity import Change, Opportunity
from tenderbell.phrases import deadline_moment

NOTICE_MONTHS = 3
"""The Code, 3.2.2."""


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later; the last day of the month where it has no such day (31 January and
    three months is 30 April)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def deadline_day(closes_at: datetime) -> date:
    """Return the UK day on which a deadline falls; midnight belongs to the day that it ends (ruling 13)."""
    return deadline_moment(closes_at).date()


def day_of(field: str, moment: datetime) -> date:
    """Return the UK day that a field means: what is due by midnight is due on the day before, what happens from
    midnight on happens on that day."""
    return deadline_day(moment) if field in ("closes_at", "enquiries_close_at") else uk(moment).date()


def advertised_on(opportunity: Opportunity) -> date | None:
    """Return the UK day on which it was first advertised as open, None when that or the deadline is not known."""
    if opportunity.notice_days is None or opportunity.closes_at is None:
        return None
    return uk(opportunity.closes_at).date() - timedelta(days=opportunity.notice_days)


def deadline_moves(changes: Iterable[Change]) -> list[Change]:
    """Return the changes by which a known deadline became another one, oldest first."""
    return [change for change in changes if change.field == "closes_at" and change.old and change.new]


def times_words(count: int) -> str:
    """Return "once", "twice", "3 times"."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def date_words(day: date) -> str:
    """Return "3 November 2026"."""
    return f"{day.day} {day:%B %Y}"
