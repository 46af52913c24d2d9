"""The annual monitoring report: what a year's adverts for the area show, beside the years before it."""

import sqlite3
from datetime import datetime

from tenderbell.area import Area
from tenderbell.edition import Edition
from tenderbell.notice import Record
from tenderbell.phrases import plural
from tenderbell.record import bodies_of_year, coverage, subjects, tables
from tenderbell.record.comparing import findings_over_years, over_years
from tenderbell.record.figures import Table
from tenderbell.record.method import METHOD, unknowns
from tenderbell.record.middles import Middles, Step, steps
from tenderbell.record.periods import Year, years
from tenderbell.record.tally import LEAD, NO_LEAD, Tally, adverts_of_year, awards_of_year, findings_of_year

MOST_YEARS = 5
"""How many years a report compares."""


class Report(Record, frozen=True):
    """A year's report: `summary` in sentences, `parts` of tables under headings, and how it was counted."""

    year: Year
    area: str
    made_at: datetime
    summary: tuple[str, ...]
    parts: tuple["Part", ...]
    middles: Middles | None
    steps: tuple[Step, ...]
    not_watched: tuple[str, ...]
    method: tuple[str, ...]
    unknowns: tuple[str, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, in order."""
        return tuple(table for part in self.parts for table in part.tables)

    def table(self, id: str) -> Table | None:
        """Return the table of that id, None when there is none."""
        return next((table for table in self.tables if table.id == id), None)


class Part(Record, frozen=True):
    """Tables under one heading."""

    id: str
    title: str
    tables: tuple[Table, ...]


def tally_of_year(db: sqlite3.Connection, year: int, buyer: str = LEAD) -> Tally:
    """Return everything that is counted of a year, for the area; without its bodies with `NO_LEAD`."""
    return Tally(adverts_of_year(db, year, buyer), findings_of_year(db, year, buyer), awards_of_year(db, year))


def report(db: sqlite3.Connection, area: Area, edition: Edition, year: Year, now: datetime) -> Report:
    """Return the report of a year."""
    tally = tally_of_year(db, year.number)
    scope = {"year": year.number, "reach": "local"}
    others = [one for one in years(db, now) if one.number < year.number][: MOST_YEARS - 1]
    compared = [(one, tally_of_year(db, one.number, NO_LEAD)) for one in reversed(others)] + [(year, tally)]
    notice = (tables.counted(tally, scope), tables.notice_by_kind(tally, scope), tables.spread(tally, scope))
    names = bodies_of_year.names(db, tally)
    parts = (
        Part("coverage", "What was watched", (coverage.by_source(db, edition, year), coverage.by_form(db, year))),
        Part("adverts", "What was advertised", subjects.by_subject(db, area, tally, year)),
        Part("notice", "Notice given", notice),
        Part("timetable", "The timetable", (tables.timetable(tally, scope),)),
        Part("findings", "The Code, undertaking by undertaking",
             (tables.by_undertaking(tally, scope), findings_over_years(compared))),
        Part("bodies", "Commissioner by commissioner",
             (bodies_of_year.by_body(tally, names, scope), bodies_of_year.findings_by_body(tally, names, scope))),
        Part("awards", "Awards", (tables.to_the_sector(tally, scope),)),
        Part("years", "Year by year", (over_years(compared),)),
    )  # fmt: skip
    return Report(
        year,
        area.name,
        now,
        summary(tally, area.name, year),
        parts,
        tally.middles(),
        steps(tally.days()),
        coverage.not_watched(edition),
        METHOD,
        unknowns(),
    )


def summary(tally: Tally, area: str, year: Year) -> tuple[str, ...]:
    """Return the year in a few sentences, each number with its denominator."""
    if not tally.advert_count:
        return (f"We hold no advert for {area} that was first published in {year.words}.",)
    found, results = tally.middles(), tally.results(tables.THREE_MONTHS_CLAUSE)
    moved, sectors = tally.timetables()["moved"], tally.sectors()
    lines = [f"{plural(tally.advert_count, 'advert')} for {area} first published in {year.words}."]
    if tally.advert_count < FEW:
        lines.append(f"Only {plural(tally.advert_count, 'advert')}: too few to draw much from.")
    if found:
        lines.append(f"Half of the {found.of:,} whose days can be counted gave {found.median:g} days' notice or less.")
    if decided := results["met"] + results["not met"]:
        lines.append(f"{results['met']:,} of {decided:,} gave three months or more.")
    lines.append(f"The deadline of {moved:,} of {tally.advert_count:,} moved.")
    if sectors.total():
        lines.append(
            f"{sectors['yes']:,} of {plural(sectors.total(), 'award')} went to a supplier that is stated to be a "
            "voluntary organisation or social enterprise."
        )
    return tuple(lines)


FEW = 5
"""Fewer adverts than this, and a page says so."""
