"""The values that a search may name and that depend on the edition: themes, districts, sources and commissioners."""

import sqlite3

from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.edition import Edition
from tenderbell.themes import theme_names


def known_values(db: sqlite3.Connection, criteria: Criteria, area: Area, edition: Edition) -> dict[str, frozenset[str]]:
    """Return, for `Criteria.problems`, the values that exist for each of these fields; of commissioners only those
    that the search names, because there are thousands."""
    districts = {name for district in area.districts for name in (district.slug, district.gss.lower())}
    return {
        "theme": frozenset(theme_names()),
        "district": frozenset(districts | {area.id, area.gss.lower()}),
        "source": frozenset({source.id for source in edition.sources} | _sources_held(db, criteria.source)),
        "buyer": frozenset(buyer for buyer in criteria.buyer if _is_buyer(db, area, buyer)),
    }


def _sources_held(db: sqlite3.Connection, ids: tuple[str, ...]) -> set[str]:
    return {id for id in ids if _is_tag(db, "source", id)}


def _is_buyer(db: sqlite3.Connection, area: Area, id: str) -> bool:
    is_held = db.execute("select 1 from buyer where id = ?", (id,)).fetchone() is not None
    return is_held or id in area.body_by_slug or _is_tag(db, "buyer", id)


def _is_tag(db: sqlite3.Connection, field: str, value: str) -> bool:
    sql = "select 1 from opportunity_tag where field = ? and value = ? limit 1"
    return db.execute(sql, (field, value)).fetchone() is not None
