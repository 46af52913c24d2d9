"""Time: aware everywhere, stored as UTC, shown as UK time.

Instants are stored as text in one fixed width (`2026-04-10T11:00:00Z`), so that text order is time order.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UK = ZoneInfo("Europe/London")

Clock = Callable[[], datetime]
"""Returns the present instant, aware, in UTC. Passed as an argument wherever the present matters."""


def wall_clock() -> datetime:
    """Return the present instant in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def still_clock(instant: datetime) -> Clock:
    """Return a clock that always shows `instant` (for `TENDERBELL_NOW` and for tests)."""
    fixed = instant.astimezone(UTC)
    return lambda: fixed


def stamp(instant: datetime) -> str:
    """Return the stored form of an aware instant: UTC, seconds, `Z`. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone; give it one before it is stored")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str | None) -> datetime | None:
    """Return the aware UTC instant of a stored stamp, None for None."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def uk(moment: datetime) -> datetime:
    """Return the same instant on a UK clock."""
    return moment.astimezone(UK)


def uk_day_start(day: date) -> datetime:
    """Return the instant at which a UK day begins, in UTC."""
    return datetime.combine(day, time(), UK).astimezone(UTC)


def uk_day_end(day: date) -> datetime:
    """Return the instant at which the next UK day begins, in UTC: the exclusive end of `day`."""
    return uk_day_start(day + timedelta(days=1))


def end_of_date(day: date) -> datetime:
    """Return the instant meant by a deadline that is only a date: the last second of that UK day, in UTC.

    Source: sources.md section 11, trap 2.
    """
    return uk_day_end(day) - timedelta(seconds=1)


def moment(text: object) -> datetime | None:
    """Read an ISO 8601 date or date-time from outside; None when it is neither, or no real date.

    Without an offset it is UK time; a date alone is the end of that UK day (rulings 7 and 13). UTC, to the second.
    Years outside 1900 to 2199 are slips of the pen.
    """
    if not isinstance(text, str) or len(text) < 10:
        return None
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return end_of_date(day) if _is_likely(day.year) else None
        read = datetime.fromisoformat(text.strip())
        aware = read if read.tzinfo else read.replace(tzinfo=UK)
        return aware.astimezone(UTC).replace(microsecond=0) if _is_likely(read.year) else None
    except (ValueError, OverflowError):
        return None


def _is_likely(year: int) -> bool:
    return 1900 <= year < 2200
