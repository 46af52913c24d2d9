"""Gaps in a counter without gaps: notice numbers `nnnnnn-yyyy` that a walk should have met and did not.

Find a Tender numbers its notices densely through the year (1,492 numbers, 4 gaps, in August 2026: sources.md section
1.3), so a missing number tells of a page that was lost. Numbers that turn out not to exist are remembered as absent.
"""

import re
import sqlite3
from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from tenderbell.clock import stamp, uk
from tenderbell.database import transaction
from tenderbell.notice import decode

FARTHEST_NEIGHBOUR = 2_000
"""A larger jump between two numbers is no gap but another stretch of the counter."""

ALARMING_SHARE = 0.02
LEAST_ALARMING = 2

_KEY = re.compile(r"(\d{6})-(20\d\d)")


@dataclass(frozen=True, slots=True)
class GapCheck:
    """What a walk missed: `missing` notice numbers, newest first, out of `span` that it should have met."""

    missing: tuple[str, ...]
    span: int


def is_alarming(missing: int, span: int) -> bool:
    """Return whether more is missing than a publisher withdraws."""
    return missing > LEAST_ALARMING and missing / span > ALARMING_SHARE


def check(db: sqlite3.Connection, source: str, walked: Collection[str], *, reach_back: bool = True) -> GapCheck:
    """Return what the keys met in windows that follow one another lack of the counter; nothing is entered. With
    `reach_back` the counter starts at the newest key known before them: only if no window was left out between."""
    known = {*walked, *_known_near(db, source, walked)}
    expected = [
        key
        for year, numbers in _by_year(walked).items()
        for key in _expected(numbers, year, _newest_before(db, source, year, numbers[0]) if reach_back else None)
    ]
    missing = tuple(key for key in reversed(expected) if key not in known)
    return GapCheck(missing, len(expected))


def _by_year(keys: Iterable[str]) -> dict[str, list[int]]:
    years: dict[str, list[int]] = {}
    for key in keys:
        if found := _KEY.fullmatch(key):
            years.setdefault(found[2], []).append(int(found[1]))
    return {year: sorted(set(numbers)) for year, numbers in sorted(years.items())}


def _newest_before(db: sqlite3.Connection, source: str, year: str, number: int) -> int | None:
    """Return the newest number known before `number`, None when none is near."""
    key = db.execute(
        "select max(key) from sighting where source = ? and key < ? and key >= ? and key like ?",
        (source, _key(number, year), _key(max(0, number - FARTHEST_NEIGHBOUR), year), f"______-{year}"),
    ).fetchone()[0]
    return int(key[:6]) if key else None


def _expected(numbers: list[int], year: str, before: int | None) -> list[str]:
    """Return every key that the counter gave out after `before`, or from the first number met, to the last one met."""
    line = numbers if before is None else [before, *numbers]
    found = [_key(numbers[0], year)] if before is None else []
    for low, high in pairwise(line):
        start = low + 1 if high - low <= FARTHEST_NEIGHBOUR else high
        found.extend(_key(number, year) for number in range(start, high + 1))
    return found


def _key(number: int, year: str) -> str:
    return f"{number:06d}-{year}"


def _known_near(db: sqlite3.Connection, source: str, walked: Collection[str]) -> set[str]:
    """Return the keys between the smallest and the greatest of `walked` that were met before or are known absent."""
    if not walked:
        return set()
    ends = (source, min(walked)[:6], max(walked))
    seen = db.execute("select key from sighting where source = ? and key >= ? and key <= ?", ends)
    absent = db.execute("select key from gap where source = ? and key >= ? and key <= ? and state = 'absent'", ends)
    return {row[0] for row in (*seen, *absent)}


def enter(db: sqlite3.Connection, source: str, keys: Iterable[str], now: datetime) -> None:
    """Enter keys as missing, unless something is known of them."""
    with transaction(db):
        db.executemany(
            "insert into gap (source, key, state, noticed_at) values (?, ?, 'missing', ?) on conflict do nothing",
            [(source, key, stamp(now)) for key in keys],
        )


def is_absent(db: sqlite3.Connection, source: str, key: str) -> bool:
    """Return whether it is known that there is no such notice."""
    row = db.execute("select 1 from gap where source = ? and key = ? and state = 'absent'", (source, key)).fetchone()
    return row is not None


def published_between(db: sqlite3.Connection, source: str, since: datetime, until: datetime) -> set[str]:
    """Return the known keys from the first to the last that was published from `since` (inclusive) to `until`: the
    counter grows with the time of publication, so both ends are found by halving."""
    found: set[str] = set()
    for year in range(uk(since).year, uk(until).year + 1):
        rows = db.execute("select key from sighting where source = ? and key like ?", (source, f"______-{year}"))
        keys = sorted(row[0] for row in rows if _KEY.fullmatch(row[0]))
        low, high = (bisect_left(keys, end, key=lambda key: _published(db, source, key)) for end in (since, until))
        found.update(keys[low:high])
    return found


def _published(db: sqlite3.Connection, source: str, key: str) -> datetime:
    """Return when a notice was published; one that does not say so, or is unreadable, when it was first seen."""
    row = db.execute(
        "select reading, first_seen from notice join sighting using (source, key) where source = ? and key = ? "
        "order by number limit 1",
        (source, key),
    ).fetchone()
    published = decode(row["reading"]).published_at if row["reading"] else None
    return published or datetime.fromisoformat(row["first_seen"])


def waiting(db: sqlite3.Connection, source: str, limit: int) -> list[str]:
    """Return the keys that are missing and shall be asked for, those noticed last first."""
    rows = db.execute(
        "select key from gap where source = ? and state = 'missing' order by noticed_at desc, key desc limit ?",
        (source, limit),
    )
    return [row[0] for row in rows]


def settle(db: sqlite3.Connection, source: str, key: str, now: datetime, *, found: bool) -> None:
    """Enter what came of asking for a missing key: it was fetched, or there is no such notice."""
    with transaction(db):
        db.execute(
            "update gap set state = ?, asked_at = ? where source = ? and key = ?",
            ("fetched" if found else "absent", stamp(now), source, key),
        )


def outcome(db: sqlite3.Connection, source: str, key: str, now: datetime) -> str:
    """Return what has become of a missing key: fetched (which is entered, once it is in the archive), absent or
    missing."""
    if db.execute("select 1 from sighting where source = ? and key = ?", (source, key)).fetchone():
        settle(db, source, key, now, found=True)
    row = db.execute("select state from gap where source = ? and key = ?", (source, key)).fetchone()
    return str(row["state"])


def forget_met(db: sqlite3.Connection, source: str) -> None:
    """Settle missing keys that a later walk has met after all."""
    with transaction(db):
        db.execute(
            "update gap set state = 'fetched' where source = ?1 and state = 'missing' "
            "and exists (select 1 from sighting where source = ?1 and key = gap.key)",
            (source,),
        )
