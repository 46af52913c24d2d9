"""Does a source write its dates in another way, so that they are lost without a word? Judged when a run has finished.

A portal that turns "12/03/2026" into a form that no spider knows goes on listing everything, and every deadline
vanishes. Each such notice says in its doubts that a date could not be read; one of them is a misprint, most of them
are a change. So of the notices that the run brought (of the last ten, when it brought fewer) those count that state a
date: they have it, or it is absent and they doubt a date. It is an alarm when at least five of these, and more than
half, lack it, and when at least five earlier notices of the source had it. Only the newest version of a notice counts.
The alarm comes again after every run until better code has read the notices (`rebuild`) or enough newer ones are right.
"""

import re
import sqlite3
from collections.abc import Sequence

from tenderbell.notice import Notice, decode

LEAST = 5
LAST = 10
MOST = 500

DATES = {"closes_at": "deadline", "engagement_closes_at": "last day to respond", "published_at": "date of publication"}

_OF_A_DATE = re.compile(r"\bdates?\b", re.IGNORECASE)


def lost_dates(archive: sqlite3.Connection, source: str, run: int) -> str | None:
    """Return a sentence when most of the notices that a run brought state a date that could not be read, None
    otherwise."""
    found = _newest(archive, source, "and run = ?2", (run,), MOST)
    if len(found) < LAST:
        found = _newest(archive, source, "", (), LAST)
    notices = [decode(reading) for _, reading in found]
    for field, name in DATES.items():
        lost, stating = _counts(notices, field)
        if lost >= LEAST and lost > stating / 2 and _had(archive, source, field, min(number for number, _ in found)):
            return f"The {name} of {lost:,} of the last {stating:,} notices that state one could not be read."
    return None


def _newest(
    archive: sqlite3.Connection, source: str, which: str, values: Sequence[int], most: int
) -> list[tuple[int, bytes]]:
    rows = archive.execute(
        f"select number, reading from notice where source = ?1 and reading is not null {which} and not exists ("
        "select 1 from notice as later where later.source = ?1 and later.key = notice.key "
        f"and later.number > notice.number) order by number desc limit {most}",
        (source, *values),
    )
    return [(row["number"], row["reading"]) for row in rows]


def _counts(notices: Sequence[Notice], field: str) -> tuple[int, int]:
    """Return how many notices lack a date that they state, and how many state one."""
    has = sum(getattr(notice, field) is not None for notice in notices)
    lost = sum(
        getattr(notice, field) is None and any(_OF_A_DATE.search(doubt) for doubt in notice.doubts)
        for notice in notices
    )
    return lost, has + lost


def _had(archive: sqlite3.Connection, source: str, field: str, before: int) -> bool:
    """Return whether enough notices that came earlier had the date: a reading leaves out what is not known."""
    row = archive.execute(
        "select count(*) from (select 1 from notice where source = ? and number < ? "
        "and cast(reading as text) like ? limit ?)",
        (source, before, f'%"{field}":%', LEAST),
    ).fetchone()
    return int(row[0]) >= LEAST
