"""One year beside the others."""

from collections.abc import Sequence

from tenderbell.code import undertakings
from tenderbell.record import queries
from tenderbell.record.figures import Figure, Row, Table, count
from tenderbell.record.periods import Year
from tenderbell.record.tables import middle_figures, rows_of, three_months_figure
from tenderbell.record.tally import MET, MOVED, YES, Tally

Compared = Sequence[tuple[Year, Tally]]
"""Years with what was counted of each, the oldest first."""

COLUMNS = (
    "Adverts",
    "Grants",
    "Median days of notice",
    "Three months or more",
    "Deadline moved",
    "Awards to the sector",
)


def over_years(compared: Compared) -> Table:
    """Return the figures that tell one year from another."""
    rows = [Row(year.words, _line(year, tally), link=f"/report/{year.number}") for year, tally in compared]
    lead = "Years are alike only as far as the same sources were watched in them."
    return Table("years", "This year and the years before", lead, "Year", COLUMNS, tuple(rows))


def _line(year: Year, tally: Tally) -> tuple[Figure, ...]:
    scope, of, sectors = {"year": year.number, "reach": "local"}, tally.advert_count, tally.sectors()
    _, median, _ = middle_figures(tally.middles(), scope)
    return (
        count(of, rows_of(scope)),
        count(tally.kinds()["grant"], rows_of(scope, kind="grant"), of=of),
        median,
        three_months_figure(tally, scope),
        count(tally.timetables()[MOVED], rows_of(scope, timetable=MOVED), of=of),
        count(sectors[YES], queries.awards(**scope, sector=YES), of=sectors.total()),
    )


def findings_over_years(compared: Compared) -> Table:
    """Return in how many adverts each undertaking was shown, year by year."""
    rows = [
        Row(f"{one.clause} {one.question}", tuple(_shown(one.clause, year, tally) for year, tally in compared))
        for one in undertakings()
        if any(tally.results(one.clause) for _, tally in compared)
    ]
    lead = "In how many of the adverts to which it applies the notice shows it."
    columns = tuple(year.words for year, _ in compared)
    title, empty = "What the adverts state, year by year", "No findings yet."
    return Table("findings-by-year", title, lead, "Undertaking", columns, tuple(rows), empty=empty)


def _shown(clause: str, year: Year, tally: Tally) -> Figure:
    results = tally.results(clause)
    asked = queries.findings(year=year.number, reach="local", clause=clause, result=MET)
    return count(results[MET], asked, of=results.total())
