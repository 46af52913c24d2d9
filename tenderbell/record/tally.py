"""Counting: one pass over the adverts of a year (or of a body), one over their findings, one over the awards.

Each pass groups by everything that a table asks for, so that every table adds up the same groups. All three read only
indexes: rows of `opportunity` are kilobytes long. A plus sign keeps SQLite from an index that would lead to them.
Groups are made here and not by SQLite, which would sort all rows to make them and take four times as long.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from tenderbell.record.middles import Middles, middles
from tenderbell.record.periods import bounds

Key = TypeVar("Key")

ADVERT, EARLY, NO_ADVERT = "advert", "early", "no advert seen"
STATED, OPEN_ENDED, UNKNOWN = "stated", "open-ended", "unknown"
KEPT, MOVED = "kept", "moved"
MET, NOT_MET, NOT_STATED = "met", "not met", "not stated"
YES, NO = "yes", "no"

FORM = """case when o.stage in ('planned', 'engagement') then 'early'
    when o.stage in ('open', 'closed') or o.closes_at is not null then 'advert' else 'no advert seen' end"""
"""An early notice invites nobody yet; of an award (or a cancellation) without a known deadline no advert was seen."""

NOTICE = """case when o.closes_at is null or o.kind = 'dynamic-market' then 'open-ended'
    when o.notice_days is null then 'unknown' else 'stated' end"""
TIMETABLE = "case when o.closes_at is null then 'unknown' when o.deadline_moves > 0 then 'moved' else 'kept' end"


class Advert(NamedTuple):
    """So many (`size`) opportunities that are alike in all of these; `days` of notice only where they are stated."""

    year: int
    kind: str
    buyer: str | None
    form: str
    notice: str
    timetable: str
    days: int | None
    size: int


class Judged(NamedTuple):
    """So many findings of one result about one clause."""

    year: int
    kind: str
    buyer: str | None
    clause: str
    result: str
    size: int


class Award(NamedTuple):
    """So many awards, by whether one of the suppliers is stated to be of the sector."""

    year: int
    buyer: str | None
    sector: str
    size: int


LEAD = "o.buyer_id"
"""The body of an opportunity: the first that is named."""

NO_LEAD = "null"
"""In its place where bodies are not told apart: fewer groups, so less to count."""


def adverts_of_year(db: sqlite3.Connection, year: int, buyer: str = LEAD) -> list[Advert]:
    """Return what was first published in a year for the area; without its bodies with `NO_LEAD`."""
    return _adverts(db, buyer, "o.published_at >= ? and o.published_at < ? and +o.reach = 'local'", bounds(year))


def adverts_of_buyer(db: sqlite3.Connection, buyer: str) -> list[Advert]:
    """Return everything of which a body is the first that is named."""
    return _adverts(db, LEAD, "o.buyer_id = ?", (buyer,))


def _adverts(db: sqlite3.Connection, buyer: str, where: str, values: tuple[object, ...]) -> list[Advert]:
    found = _groups(
        db,
        f"select cast(substr(o.published_at, 1, 4) as integer), o.kind, {buyer}, {FORM}, {NOTICE}, {TIMETABLE}, "
        f"o.notice_days from opportunity o where {where}",
        values,
    )
    return [Advert._make((*group, size)) for group, size in found.items()]


def _groups(db: sqlite3.Connection, asked: str, values: tuple[object, ...]) -> Counter[tuple[Any, ...]]:
    """Return how many rows are alike in everything that is selected."""
    cursor = db.cursor()
    cursor.row_factory = None
    return Counter(cursor.execute(asked, values))


def findings_of_year(db: sqlite3.Connection, year: int, buyer: str = LEAD) -> list[Judged]:
    """Return the findings about what was first published in a year for the area; without its bodies with `NO_LEAD`."""
    return _findings(db, buyer, "o.published_at >= ? and o.published_at < ? and +o.reach = 'local'", bounds(year))


def findings_of_buyer(db: sqlite3.Connection, buyer: str) -> list[Judged]:
    """Return the findings about everything of which a body is the first that is named."""
    return _findings(db, LEAD, "o.buyer_id = ?", (buyer,))


def _findings(db: sqlite3.Connection, buyer: str, where: str, values: tuple[object, ...]) -> list[Judged]:
    found = _groups(
        db,
        f"select cast(substr(o.published_at, 1, 4) as integer), o.kind, {buyer}, f.clause, f.result "
        f"from opportunity o cross join finding f on f.opportunity = o.id where {where}",
        values,
    )
    return [Judged._make((*group, size)) for group, size in found.items()]


SECTOR = "case o.awarded_vcse when 1 then 'yes' when 0 then 'no' else 'unknown' end"


def awards_of_year(db: sqlite3.Connection, year: int) -> list[Award]:
    """Return the awards of a year for the area, by the date of the award."""
    return _awards(db, "o.awarded_at >= ? and o.awarded_at < ? and +o.reach = 'local'", bounds(year))


def awards_of_buyer(db: sqlite3.Connection, buyer: str) -> list[Award]:
    """Return the awards of a body."""
    return _awards(db, "o.buyer_id = ? and o.awarded_at is not null", (buyer,))


def _awards(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[Award]:
    found = _groups(
        db,
        f"select cast(substr(o.awarded_at, 1, 4) as integer), o.buyer_id, {SECTOR} "
        f"from opportunity o where +o.stage = 'awarded' and {where}",
        values,
    )
    return [Award._make((*group, size)) for group, size in found.items()]


class Tally:
    """Groups of adverts, findings and awards, to be added up in any direction."""

    def __init__(self, adverts: Iterable[Advert], findings: Iterable[Judged], awards: Iterable[Award]) -> None:
        self.everything = tuple(adverts)
        self.adverts = tuple(group for group in self.everything if group.form == ADVERT)
        self.findings = tuple(findings)
        self.awards = tuple(awards)

    def only(self, year: int | None = None, kind: str | None = None, buyer: str | None = None) -> "Tally":
        """Return the part of it that is of one year, kind or body. Awards have no kind here."""

        def fits(group: Advert | Judged | Award) -> bool:
            same_kind = kind is None or isinstance(group, Award) or group.kind == kind
            return same_kind and year in (None, group.year) and buyer in (None, group.buyer)

        return Tally(filter(fits, self.everything), filter(fits, self.findings), filter(fits, self.awards))

    def apart(self, by: Callable[[Advert | Judged | Award], str]) -> "dict[str, Tally]":
        """Return its parts by a word that each group has, in one pass."""
        parts: dict[str, tuple[list[Advert], list[Judged], list[Award]]] = {}
        for place, groups in enumerate((self.everything, self.findings, self.awards)):
            for group in groups:
                parts.setdefault(by(group), ([], [], []))[place].append(group)  # type: ignore[arg-type]
        return {word: Tally(*found) for word, found in parts.items()}

    @property
    def total(self) -> int:
        """How many opportunities there are, adverts or not."""
        return sum(group.size for group in self.everything)

    @property
    def advert_count(self) -> int:
        """How many of them are adverts."""
        return sum(group.size for group in self.adverts)

    def forms(self) -> Counter[str]:
        """Return how many there are of each form."""
        return _counter((group.form, group.size) for group in self.everything)

    def kinds(self) -> Counter[str]:
        """Return how many adverts there are of each kind."""
        return _counter((group.kind, group.size) for group in self.adverts)

    def buyers(self) -> Counter[str | None]:
        """Return how many adverts each body has."""
        return _counter((group.buyer, group.size) for group in self.adverts)

    def notices(self) -> Counter[str]:
        """Return of how many adverts the notice is stated, open-ended, unknown."""
        return _counter((group.notice, group.size) for group in self.adverts)

    def timetables(self) -> Counter[str]:
        """Return how many deadlines were kept, moved, unknown."""
        return _counter((group.timetable, group.size) for group in self.adverts)

    def days(self) -> Counter[int]:
        """Return how often each number of days of notice was given; what is open-ended is left out."""
        return _counter(
            (group.days, group.size) for group in self.adverts if group.notice == STATED and group.days is not None
        )

    def middles(self) -> Middles | None:
        """Return the quartiles of the days of notice."""
        return middles(self.days())

    def results(self, clause: str) -> Counter[str]:
        """Return how many findings about a clause have each result."""
        return self._results.get(clause, Counter())

    @cached_property
    def _results(self) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for group in self.findings:
            found.setdefault(group.clause, Counter())[group.result] += group.size
        return found

    def sectors(self) -> Counter[str]:
        """Return how many awards went to the sector (yes), to others (no), to unnamed suppliers (unknown)."""
        return _counter((group.sector, group.size) for group in self.awards)


def _counter(pairs: Iterable[tuple[Key, int]]) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for key, count in pairs:
        found[key] += count
    return found
