"""Does a source list much less than it usually does? Judged once, when a run has finished; what is found is an alarm.

Two sorts of source need two rules.

A source that shows its whole *list* at every run is compared with the greatest number that it listed on each of the
last 28 days. It is below its history when

- it lists nothing, and each of the (up to three) last complete runs that listed something listed more than 5; or
- it lists less than a tenth of the most that it listed on one of the last 14 days, and that was more than 20; or
- there are at least three earlier days, their median m is above 5, and it lists fewer than both half of m and
  m - 3 * sqrt(m), which is what chance leaves of a count. Of 12 it takes 1 to be noticed, of 40 it takes 19.

A source that is walked in *windows* of time lists as much as the window is long, and less at night and on Sundays. Its
runs say nothing; the windows that they walked do (`crawl_window`). It is below its history when

- the last seven days brought less than a quarter of the median m of the earlier weeks, and less than m - 3 * sqrt(m),
  with m above 5 (a quarter, because of the weeks around Christmas); or
- the last two days brought nothing, and the same two days of each earlier week brought more than 20.

Only stretches that were walked nearly in full count, at least two earlier ones and at most eight. A list that stays
short becomes the new habit: after two weeks, or four if it is empty. A source that always lists a handful (5 or fewer)
is never alarming. What a publisher takes down for good reason can be: a human looks, nothing is closed.
"""

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import dropwhile
from math import ceil, sqrt
from statistics import median

import msgspec

from tenderbell.clock import stamp, uk

FEW = 5
"""A habit of this many or fewer says nothing."""

MEMORY = timedelta(days=28)
LEAST_DAYS = 3
COLLAPSE_FROM = 20
COLLAPSE_MEMORY = timedelta(days=14)
RUNS_BEFORE_NOTHING = 3

WEEK, TWO_DAYS = timedelta(days=7), timedelta(days=2)
MOST_WEEKS = 8
LEAST_WEEKS = 2
LEAST_WALKED = 0.9
BUSY_TWO_DAYS = 20


class Listing(msgspec.Struct, frozen=True):
    """How many notices a complete run listed, and when it ended."""

    at: datetime
    listed: int


class Stretch(msgspec.Struct, frozen=True):
    """A window that was walked: its ends, and how many notices it held."""

    since: datetime
    until: datetime
    notices: int


def below_history(
    archive: sqlite3.Connection, source: str, listed: int, now: datetime, *, steady: bool = True
) -> str | None:
    """Return a sentence when a run that has just finished at `now` listed much less than the source usually does, None
    otherwise. A list that is not `steady`, because it grows from the first of the month, is judged only when it is
    empty."""
    rows = archive.execute(
        "select since, until, notices from crawl_window where source = ? and state = 'walked' and since >= ?",
        (source, stamp(now - (MOST_WEEKS + 2) * WEEK)),
    ).fetchall()
    if rows:
        return short_week([_stretch(row) for row in rows], now)
    rows = archive.execute(
        "select finished_at, listed from run where source = ? and sort = 'harvest' and complete and finished_at >= ? "
        "order by id desc",
        (source, stamp(now - MEMORY)),
    ).fetchall()
    if listed and not steady:
        return None
    return short_list(listed, [Listing(datetime.fromisoformat(row[0]), row[1]) for row in rows])


def _stretch(row: sqlite3.Row) -> Stretch:
    return Stretch(datetime.fromisoformat(row[0]), datetime.fromisoformat(row[1]), row[2])


def short_list(listed: int, earlier: Sequence[Listing]) -> str | None:
    """Return a sentence when `listed` is much less than what the `earlier` runs listed, newest first."""
    if listed == 0:
        before = list(dropwhile(lambda one: one.listed == 0, earlier))[:RUNS_BEFORE_NOTHING]
        if before and all(one.listed > FEW for one in before):
            return f"Nothing is listed, where there were {before[0].listed:,}."
        return None
    usual = _usual(earlier)
    if usual is not None and listed < min(usual / 2, usual - 3 * sqrt(usual)):
        return f"Only {listed:,} listed, where about {usual:,.0f} are usual."
    most = max((one.listed for one in earlier if earlier[0].at - one.at <= COLLAPSE_MEMORY), default=0)
    if most > COLLAPSE_FROM and listed < most / 10:
        return f"Only {listed:,} listed, where there were {most:,}."
    return None


def _usual(earlier: Sequence[Listing]) -> float | None:
    """Return the median of the days, None when there are too few of them or they list too little to judge by."""
    days: dict[date, int] = {}
    for one in earlier:
        day = uk(one.at).date()
        days[day] = max(days.get(day, 0), one.listed)
    usual = median(days.values()) if len(days) >= LEAST_DAYS else 0
    return usual if usual > FEW else None


def short_week(walked: Sequence[Stretch], now: datetime) -> str | None:
    """Return a sentence when the windows of the last days hold much less than those of the same days in earlier
    weeks."""
    this, earlier = _total(walked, now, WEEK), _earlier(walked, now, WEEK)
    if this is not None and len(earlier) >= LEAST_WEEKS:
        usual = median(earlier)
        if usual > FEW and this < min(usual / 4, usual - 3 * sqrt(usual)):
            return f"Only {this:,} notices in the last seven days, where about {usual:,.0f} are usual."
    this, earlier = _total(walked, now, TWO_DAYS), _earlier(walked, now, TWO_DAYS)
    if this == 0 and len(earlier) >= LEAST_WEEKS and min(earlier) > BUSY_TWO_DAYS:
        return f"No notice in the last two days, where at least {min(earlier):,} are usual."
    return None


def _earlier(walked: Sequence[Stretch], now: datetime, length: timedelta) -> list[int]:
    totals = (_total(walked, now - week * WEEK, length) for week in range(1, MOST_WEEKS + 1))
    return [total for total in totals if total is not None]


def _total(walked: Sequence[Stretch], end: datetime, length: timedelta) -> int | None:
    """Return how many notices a stretch of time holds, windows on its edge in proportion, None unless nearly all of it
    was walked. Windows longer than a day cannot be told apart by days."""
    begin = end - length
    covered, total = timedelta(), 0.0
    for one in walked:
        inside = min(one.until, end) - max(one.since, begin)
        if inside > timedelta() and one.until - one.since <= timedelta(days=1):
            covered += inside
            total += one.notices * (inside / (one.until - one.since))
    return ceil(total) if covered >= LEAST_WALKED * length else None
