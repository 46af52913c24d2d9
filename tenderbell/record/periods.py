"""Calendar years of the record, on the UK calendar.

On 1 January the UK keeps UTC, so a UK calendar year is a range of stored stamps (`2026` to `2026~`): what an index
finds without a scan.
"""

import sqlite3
from datetime import datetime

from tenderbell.clock import uk
from tenderbell.errors import TenderbellError
from tenderbell.notice import Record

FIRST = 2010
"""The Code was agreed in 2010: there is nothing to report of the years before."""


class NoSuchYear(TenderbellError):
    """A year of which there can be no report."""


class Year(Record, frozen=True):
    """A calendar year. `so_far` while it is not over."""

    number: int
    so_far: bool

    @property
    def words(self) -> str:
        """Return "2025", or "2026 so far"."""
        return f"{self.number} so far" if self.so_far else str(self.number)

    @property
    def bounds(self) -> tuple[str, str]:
        """The stored stamps from and before which something lies in the year."""
        return bounds(self.number)


def bounds(number: int) -> tuple[str, str]:
    """Return the stored stamps from and before which something lies in a UK calendar year."""
    return str(number), f"{number}~"


def year_of(text: str, now: datetime) -> Year:
    """Return the year that somebody asks for ("2026"). Raises NoSuchYear for what is none, or not yet."""
    present = uk(now).year
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise NoSuchYear(f"{text[:20]!r} is not a year. Ask for one from {FIRST} to {present}, like {present}.")
    number = int(text)
    if number > present:
        raise NoSuchYear(f"{number} has not begun. The newest report is that of {present}.")
    if number < FIRST:
        raise NoSuchYear(f"Reports begin with {FIRST}, the year of the Code. There is none for {text}.")
    return Year(number, number == present)


def years(db: sqlite3.Connection, now: datetime) -> list[Year]:
    """Return the years in which something was published, the newest first; always the present one."""
    present = uk(now).year
    found = [number for number in range(FIRST, present) if _has_any(db, number)]
    return [Year(number, number == present) for number in (present, *reversed(found))]


def _has_any(db: sqlite3.Connection, number: int) -> bool:
    asked = "select 1 from opportunity where published_at >= ? and published_at < ? limit 1"
    return db.execute(asked, bounds(number)).fetchone() is not None
