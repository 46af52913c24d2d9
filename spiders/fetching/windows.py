"""Windows of time: what a source that is asked by date still has to be asked, and what has been walked.

A window is half-open. It is entered in the archive as *walking* before the first request and becomes *walked* only
after its last page, so that a harvest that dies leaves its windows behind, to be walked again by the next one.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tenderbell.clock import stamp, uk
from tenderbell.database import transaction

STEP = timedelta(hours=6)
"""Wider windows have lost releases (sources.md section 1.3)."""

OVERLAP = timedelta(hours=2)
"""How far a harvest reaches back over what is walked, for late arrivals and for the repeated hour of autumn."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """From `since` (inclusive) to `until` (exclusive), aware, in UTC."""

    since: datetime
    until: datetime

    @property
    def local(self) -> tuple[str, str]:
        """Both ends as London wall time in 19 characters, as Find a Tender wants them. An end within the hour that
        autumn repeats is moved to the end of that hour, whose wall times belong to the first time round as well."""
        until = self.until
        if uk(until).fold:
            until = until.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return _wall(self.since), _wall(until)


def _wall(moment: datetime) -> str:
    return uk(moment).strftime("%Y-%m-%dT%H:%M:%S")


def plan(
    db: sqlite3.Connection,
    source: str,
    now: datetime,
    *,
    first: timedelta,
    since: datetime | None = None,
    until: datetime | None = None,
    step: timedelta = STEP,
) -> list[Window]:
    """Enter the windows that this harvest has to walk and return them, newest first.

    With `since` it is every window from there to `until` (now). Without it, it is what has never been walked between
    `first` ago and now and the last `OVERLAP` of what has. In both cases what an earlier harvest left unfinished
    comes along. `step` is the length of a window.
    """
    end = min(until or now, now)
    with transaction(db):
        if since is not None:
            wanted = _grid(since, end, step)
        else:
            walked = _rows(db, source, "walked")
            newest = max((window.until for window in walked), default=end)
            grid = _grid(min(end - first, newest - OVERLAP), end, step)
            wanted = [window for window in grid if not _is_covered(window, walked, newest)]
        for window in wanted:
            _enter(db, source, window, now)
    return sorted(_rows(db, source, "walking"), reverse=True)


def _grid(since: datetime, until: datetime, step: timedelta) -> list[Window]:
    """Return the windows from `since` to `until`, on a fixed grid, so that repeated harvests ask for the same ones."""
    start = since - (since - _EPOCH) % step
    found = []
    while start < until:
        found.append(Window(start, min(start + step, until)))
        start += step
    return found


def _is_covered(window: Window, walked: list[Window], newest: datetime) -> bool:
    if window.until > newest - OVERLAP:
        return False
    return any(other.since <= window.since and window.until <= other.until for other in walked)


def _rows(db: sqlite3.Connection, source: str, state: str) -> list[Window]:
    rows = db.execute("select since, until from crawl_window where source = ? and state = ?", (source, state))
    return [Window(datetime.fromisoformat(row[0]), datetime.fromisoformat(row[1])) for row in rows]


def _enter(db: sqlite3.Connection, source: str, window: Window, now: datetime) -> None:
    """Enter a window as walking, in place of shorter ones with the same beginning."""
    since, until = stamp(window.since), stamp(window.until)
    db.execute(
        "delete from crawl_window where source = ? and since = ? and until <= ?",
        (source, since, until),
    )
    db.execute(
        "insert into crawl_window (source, since, until, state, started_at) values (?, ?, ?, 'walking', ?) "
        "on conflict do update set state = 'walking', pages = 0, notices = 0",
        (source, since, until, stamp(now)),
    )


def count_page(db: sqlite3.Connection, source: str, window: Window, notices: int) -> None:
    """Count one page of a window that is being walked."""
    with transaction(db):
        db.execute(
            "update crawl_window set pages = pages + 1, notices = notices + ? "
            "where source = ? and since = ? and until = ?",
            (notices, source, stamp(window.since), stamp(window.until)),
        )


def finish(db: sqlite3.Connection, source: str, window: Window, now: datetime) -> None:
    """Mark a window as walked: its last page is in the archive."""
    with transaction(db):
        db.execute(
            "update crawl_window set state = 'walked', finished_at = ? where source = ? and since = ? and until = ?",
            (stamp(now), source, stamp(window.since), stamp(window.until)),
        )
