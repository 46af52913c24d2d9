"""Adverts by what they are about: kind, theme, district."""

import sqlite3
from collections import Counter

from tenderbell.area import Area
from tenderbell.phrases import kind_words
from tenderbell.record import queries
from tenderbell.record.figures import Row, Table, count
from tenderbell.record.periods import Year
from tenderbell.record.tables import rows_of
from tenderbell.record.tally import FORM, Tally
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Kind

_IN_YEAR = (
    f"from opportunity o cross join opportunity_tag t on t.number = o.number and t.field = ? "
    f"where o.published_at >= ? and o.published_at < ? and +o.reach = 'local' and {FORM} = 'advert'"
)


def by_subject(db: sqlite3.Connection, area: Area, tally: Tally, year: Year) -> tuple[Table, ...]:
    """Return the tables by kind, theme and, where the area has them, district."""
    found = [by_kind(tally, year), by_theme(db, tally, year)]
    return (*found, by_district(db, area, tally, year)) if area.districts else tuple(found)


def by_kind(tally: Tally, year: Year) -> Table:
    """Return the adverts by kind."""
    kinds, scope = tally.kinds(), {"year": year.number, "reach": "local"}
    rows = [
        Row(kind_words(kind), (count(kinds[kind], rows_of(scope, kind=str(kind)), of=tally.advert_count),))
        for kind in Kind
        if kinds[kind]
    ]
    lead = "What the applicant gets. Where a notice leaves open whether it is a grant or a contract, that is said."
    return Table("kinds", "Adverts by kind", lead, "Kind", ("Adverts",), tuple(rows), empty="No advert to count.")


def by_theme(db: sqlite3.Connection, tally: Tally, year: Year) -> Table:
    """Return the adverts by theme, and those of none."""
    found = Counter(dict(db.execute(f"select t.value, count(*) {_IN_YEAR} group by 1", ("theme", *year.bounds))))
    themed = db.execute(f"select count(distinct o.number) {_IN_YEAR}", ("theme", *year.bounds)).fetchone()[0]
    scope, of = {"year": year.number, "reach": "local"}, tally.advert_count
    named = [(name, id, found[id]) for id, name in theme_names().items() if found[id]]
    lines = [*named, ("None of our themes", queries.NOWHERE, of - themed)] if of else []
    rows = [Row(_capital(name), (count(number, rows_of(scope, theme=id), of=of),)) for name, id, number in lines]
    lead = "Subjects in which voluntary organisations work. An advert may have several."
    return Table("themes", "Adverts by theme", lead, "Theme", ("Adverts",), tuple(rows), empty="No advert to count.")


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def by_district(db: sqlite3.Connection, area: Area, tally: Tally, year: Year) -> Table:
    """Return the adverts by district; those of the whole area apart."""
    whole = dict(db.execute(f"select t.value, count(*) {_IN_YEAR} group by 1", ("district", *year.bounds)))
    tagged = db.execute(f"select count(distinct o.number) {_IN_YEAR}", ("district", *year.bounds)).fetchone()[0]
    of, scope = tally.advert_count, {"year": year.number, "reach": "local"}
    everywhere = whole.get(area.id, 0)
    rows = [Row(f"The whole of {area.name}", (count(everywhere, rows_of(scope, district=area.id), of=of),))]
    for district in area.districts:
        number = whole.get(district.slug, 0) - everywhere
        asked = rows_of(scope, district=district.slug, outside=area.id)
        rows.append(Row(district.name, (count(number, asked, of=of),)))
    if of > tagged:
        rows.append(Row("Place not stated", (count(of - tagged, rows_of(scope, district="-"), of=of),)))
    lead = "An advert that names several districts counts in each."
    empty = "No advert to count."
    shown = tuple(rows) if of else ()
    return Table("districts", "Adverts by district", lead, "District", ("Adverts",), shown, empty=empty)
