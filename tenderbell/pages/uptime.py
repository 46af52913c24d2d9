"""Whether the site was there and how fresh it is: the last 90 days as bars and in words, and every source's age."""

import importlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import msgspec

from tenderbell.clock import UK, instant, uk
from tenderbell.database import connect
from tenderbell.notice import Record
from tenderbell.pages.sources import source_healths
from tenderbell.phrases import day_words, moment_words, plural
from tenderbell.seeing.promptness import Promptness, to_page
from tenderbell.seeing.uptime import BUCKETS, DOWN
from tenderbell.settings import Settings
from tenderbell.timetable import next_harvest

DAYS = 90
STEP = 4
"""Width of a day in the drawing; 90 of them make the view box."""

HEIGHT = 60
LEAST_SHARE = 0.08

SLACK = timedelta(hours=1)
"""How much later than planned a source may have been walked before it counts as late: it is tried again in between."""

MOST_INCIDENTS = 20


class Day(Record, frozen=True):
    """One UK day. `minutes` have passed of it since the counting began; in `asked` of them the site was asked, and
    `answered` so many. `slowest` and `p95` are seconds."""

    day: date
    minutes: int
    asked: int
    answered: int
    slowest: float | None = None
    p95: float | None = None

    @property
    def failed(self) -> int:
        """Minutes in which it did not answer."""
        return self.asked - self.answered

    @property
    def unknown(self) -> int:
        """Minutes in which nobody asked."""
        return max(0, self.minutes - self.asked)

    @property
    def is_known(self) -> bool:
        """Whether nearly all of it is known: of a busy machine some minutes are asked a little late."""
        return self.minutes > 0 and self.unknown <= max(2, self.minutes // 100)

    @property
    def words(self) -> str:
        """The day in words."""
        day = day_words(self.day)
        if not self.asked:
            return f"{day}: not known"
        parts = [f"{plural(self.failed, 'minute')} without an answer"] if self.failed else ["answered"]
        parts += [] if self.is_known else [f"{plural(self.unknown, 'minute')} not known"]
        return f"{day}: {', '.join(parts)}"


class Part(Record, frozen=True):
    """A part of a day's bar, in the units of the drawing: what of it was up, unknown or down, from the floor up."""

    sort: str
    x: int
    y: float
    height: float


class Incident(Record, frozen=True):
    """A time in which the site did not answer, or nobody asked."""

    is_down: bool
    began_at: datetime
    ended_at: datetime | None
    words: str


class Fresh(Record, frozen=True):
    """How old is what is shown of a source: hours since it was last walked to its end, and whether that is late."""

    id: str
    title: str
    hours: float | None
    is_late: bool
    words: str


class Uptime(Record, frozen=True):
    """Everything on the page. `share` is of the minutes that are known; None when none is."""

    since: date | None
    days: tuple[Day, ...]
    incidents: tuple[Incident, ...]
    sources: tuple[Fresh, ...]
    minutes: int
    asked: int
    answered: int
    share: float | None
    slowest: float | None
    p95: float | None
    as_of: datetime | None
    to_page: Promptness | None
    to_mail: Promptness | None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The drawing: days before the counting began are empty."""
        return tuple(part for place, day in enumerate(self.days) for part in _parts(place, day))

    @property
    def told(self) -> tuple[Day, ...]:
        """The days about which there is something to say, the newest first."""
        return tuple(day for day in reversed(self.days) if day.minutes and (day.failed or not day.is_known))

    @property
    def unknown(self) -> int:
        """Minutes since the counting began in which nobody asked."""
        return max(0, self.minutes - self.asked)


def uptime(db: sqlite3.Connection, settings: Settings, now: datetime) -> Uptime:
    """Return what the last compilation wrote of the last 90 days, and how fresh everything is now."""
    rows = {row["day"]: row for row in db.execute("select * from uptime_day")}
    as_of = max((instant(row["last_at"]) or now for row in rows.values()), default=None)
    days = tuple(_days(rows, as_of, now))
    asked, answered = sum(day.asked for day in days), sum(day.answered for day in days)
    return Uptime(
        since=min((date.fromisoformat(day) for day in rows), default=None),
        days=days,
        incidents=tuple(_incidents(db, now)),
        sources=tuple(_sources(db, settings, now)),
        minutes=sum(day.minutes for day in days),
        asked=asked,
        answered=answered,
        share=answered / asked if asked else None,
        slowest=max((day.slowest for day in days if day.slowest is not None), default=None),
        p95=_p95([sum(column) for column in zip(*map(_within, rows.values()), strict=True)]),
        as_of=as_of,
        to_page=to_page(db, now),
        to_mail=_to_mail(settings, db, now),
    )


def _days(rows: Mapping[str, sqlite3.Row], as_of: datetime | None, now: datetime) -> Iterator[Day]:
    today, first = uk(now).date(), min(rows, default=None)
    for back in range(DAYS - 1, -1, -1):
        day = today - timedelta(days=back)
        counts = first is not None and day.isoformat() >= first
        minutes = _minutes(day, as_of) if counts and as_of else 0
        row = rows.get(day.isoformat())
        if row is None:
            yield Day(day, minutes, 0, 0)
            continue
        # What was asked of the first day is all that could be.
        most = row["asked"] if day.isoformat() == first else max(minutes, row["asked"])
        yield Day(day, most, row["asked"], row["answered"], row["slowest"], _p95(_within(row)))


def _minutes(day: date, until: datetime) -> int:
    """Return how many minutes of a UK day have passed at an instant: 1,380 or 1,500 when the clocks change."""
    begins, ends = (datetime(one.year, one.month, one.day, tzinfo=UK) for one in (day, day + timedelta(days=1)))
    passed = min(ends.astimezone(UTC), until) - begins.astimezone(UTC)
    return max(0, int(passed.total_seconds() // 60))


def _within(row: sqlite3.Row) -> list[int]:
    found: list[int] = msgspec.json.decode(row["within"], type=list[int])
    return found


def _p95(within: list[int]) -> float | None:
    """Return the seconds within which 95 in 100 answers began and ended, as far as the steps tell; None for none."""
    total, seen = sum(within), 0
    for count, bound in zip(within, BUCKETS, strict=False):
        seen += count
        if total and seen >= 0.95 * total:
            return bound
    return None


def _parts(place: int, day: Day) -> Iterator[Part]:
    """Yield the parts of a day's bar. What was not up is drawn so that it can be seen, however short it was."""
    whole = day.minutes or 1
    down = max(day.failed / whole, LEAST_SHARE) if day.failed else 0.0
    unknown = 0.0 if day.is_known or not day.minutes else max(day.unknown / whole, LEAST_SHARE)
    shares = (("up", max(0.0, 1.0 - down - unknown) if day.asked else 0.0), ("unknown", unknown), ("down", down))
    floor = float(HEIGHT)
    for sort, share in shares:
        if height := round(share * HEIGHT, 1):
            floor = round(floor - height, 1)
            yield Part(sort, place * STEP, floor, height)


def _incidents(db: sqlite3.Connection, now: datetime) -> Iterator[Incident]:
    rows = db.execute("select * from uptime_incident order by began_at desc limit ?", (MOST_INCIDENTS,)).fetchall()
    for row in rows:
        began, ended = instant(row["began_at"]) or now, instant(row["ended_at"])
        is_down = row["sort"] == DOWN
        yield Incident(is_down, began, ended, _incident_words(began, ended, is_down=is_down))


def _incident_words(began: datetime, ended: datetime | None, *, is_down: bool) -> str:
    what = "The site did not answer" if is_down else "Nobody asked, so it is not known whether the site was there"
    if ended is None:
        return f"{what} since {moment_words(began)}."
    return f"{what} for {_length(ended - began)}, from {moment_words(began)}."


def _length(span: timedelta) -> str:
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes < 120:
        return plural(minutes, "minute")
    return plural(round(minutes / 60), "hour") if minutes < 2880 else plural(round(minutes / 1440), "day")


def _sources(db: sqlite3.Connection, settings: Settings, now: datetime) -> Iterator[Fresh]:
    for source in source_healths(db, settings.edition):
        if source.last_success is None:
            yield Fresh(source.id, source.title, None, is_late=False, words="not checked in full yet")
            continue
        age = max(timedelta(), now - source.last_success)
        planned = next_harvest(settings.edition, source.id, source.last_success, failing=False)
        is_late = planned is not None and now > planned + SLACK
        due = f", to be checked again after {_length(planned - source.last_success)}" if planned else ""
        late = ": late" if is_late else ""
        yield Fresh(
            source.id, source.title, round(age.total_seconds() / 3600, 1), is_late, f"{_length(age)} old{due}{late}"
        )


def _to_mail(settings: Settings, public: sqlite3.Connection, now: datetime) -> Promptness | None:
    """Return how soon adverts were told of; None where there is no `private.db` to see it from."""
    if not settings.private_path.exists():
        return None
    try:
        with closing(connect(settings.private_path, read_only=True)) as private:
            found: Promptness | None = importlib.import_module("alerts.promptness").to_mail(private, public, now)
            return found
    except (sqlite3.DatabaseError, OSError):
        return None
