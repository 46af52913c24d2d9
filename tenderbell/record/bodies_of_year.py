"""A year's adverts body by body."""

import sqlite3
from collections.abc import Mapping

from tenderbell.code import undertakings
from tenderbell.record import queries
from tenderbell.record.figures import Figure, Row, Table, count
from tenderbell.record.tables import Scope, middle_figures, rows_of, three_months_figure
from tenderbell.record.tally import MET, MOVED, YES, Tally

MOST = 60
"""How many bodies a page shows; the CSV has all of them."""

NOBODY = "Commissioner not stated"
Names = Mapping[str, str]


def names(db: sqlite3.Connection, tally: Tally) -> Names:
    """Return the names of the bodies by their ids."""
    wanted = {group.buyer for group in tally.everything} | {group.buyer for group in tally.awards}
    found: dict[str, str] = {}
    for id in filter(None, wanted):
        row = db.execute("select name from buyer where id = ?", (id,)).fetchone()
        found[id] = row[0] if row else id
    return found


def _parts(tally: Tally, names: Names) -> list[tuple[str | None, str, Tally]]:
    """Return the bodies by how much they advertised, then by name, with what was counted of each."""
    apart = tally.apart(lambda group: group.buyer or "")
    found = [(id or None, names.get(id, NOBODY), part) for id, part in apart.items()]
    return sorted(found, key=lambda part: (-part[2].advert_count, part[1].lower()))


def by_body(tally: Tally, names: Names, scope: Scope) -> Table:
    """Return the main figures of each body."""
    rows = [
        Row(name, _line(part, {**scope, "buyer": id or queries.NOWHERE}), link=f"/buyers/{id}" if id else None)
        for id, name, part in _parts(tally, names)
        if part.advert_count or part.awards
    ]
    return Table(
        "bodies",
        "Adverts and awards by commissioner",
        "Those with the most adverts first. A body with few adverts says little about its habits.",
        "Commissioner or funder",
        ("Adverts", "Median days of notice", "Three months or more", "Deadline moved", "Awards to the sector"),
        tuple(rows),
        empty="No advert to count.",
        most=MOST,
    )


def _line(part: Tally, scope: Scope) -> tuple[Figure, ...]:
    of, sectors = part.advert_count, part.sectors()
    _, median, _ = middle_figures(part.middles(), scope)
    return (
        count(of, rows_of(scope)),
        median,
        three_months_figure(part, scope),
        count(part.timetables()[MOVED], rows_of(scope, timetable=MOVED), of=of),
        count(sectors[YES], queries.awards(**scope, sector=YES), of=sectors.total()),
    )


def findings_by_body(tally: Tally, names: Names, scope: Scope) -> Table:
    """Return, for each body and undertaking, in how many adverts the notice shows it."""
    clauses = [one.clause for one in undertakings() if tally.results(one.clause)]
    rows = []
    for id, name, part in _parts(tally, names):
        if not part.findings:
            continue
        asked = {**scope, "buyer": id or queries.NOWHERE, "result": MET}
        figures = [
            count(results[MET], queries.findings(**asked, clause=clause), of=results.total())
            for clause in clauses
            for results in (part.results(clause),)
        ]
        rows.append(Row(name, tuple(figures), link=f"/buyers/{id}" if id else None))
    return Table(
        "findings-by-body",
        "What the adverts state, by commissioner",
        "In how many of the adverts to which each undertaking applies the notice shows it. The numbers at the top are "
        "the clauses of the Code, as in the table above.",
        "Commissioner or funder",
        tuple(clauses),
        tuple(rows),
        empty="No findings yet.",
        most=MOST,
    )
