"""Opportunities like one: what is live and shares its themes, codes, words of its title or buyer, and what its buyer
awarded before. The cost does not grow with the table: of each thing shared only the newest are looked at."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.opportunity import Opportunity, load
from tenderbell.pages.alike import title_words

MOST_SIMILAR = 5
MOST_PAST = 3
NEWEST = 60
"""So many of each thing shared are looked at, newest first."""

RECENT = 10_000
"""Titles are searched in so many of the newest: a word that is common in texts and rare in titles would be looked for
in all of them."""

_THEMES, _CODES, _WORDS = 3, 3, 4
_WEIGHT_THEME, _WEIGHT_CODE, _WEIGHT_WORD, _WEIGHT_BUYER, _WEIGHT_KIND = 4, 5, 3, 1, 1

_TAGGED = (
    "select * from (select number, ? as weight from opportunity_tag where field = ? and value = ? "
    "order by number desc limit ?)"
)
_WORDED = (
    "select * from (select rowid, ? as weight from opportunity_fts where opportunity_fts match ? "
    f"and rowid > (select max(number) - {RECENT} from opportunity_fact) order by rowid desc limit ?)"
)
_LIVE = "(f.stage in ('planned', 'engagement') or (f.stage = 'open' and (f.closes_at is null or f.closes_at > ?)))"

_PAST = (
    "select f.number from (select number from opportunity indexed by opportunity_by_buyer where buyer_id = ? "
    "and number != ? order by number desc limit ?) as own cross join opportunity_fact f on f.number = own.number "
    "where f.stage = 'awarded' order by f.kind = ? desc, f.number desc"
)


def similar_to(db: sqlite3.Connection, opportunity: Opportunity, area: Area, now: datetime) -> list[Opportunity]:
    """Return up to five others that are live, those first that share most. Never itself. The buyer alone makes
    nothing alike: it only puts one before another."""
    sql, values = similar_query(opportunity, area, now)
    return load(db, [row[0] for row in db.execute(sql, values)]) if sql else []


def similar_query(opportunity: Opportunity, area: Area, now: datetime) -> tuple[str, list[object]]:
    """Return the query for the numbers of those like it; an empty one when nothing of it can be looked up."""
    shared = list(_shared(opportunity, area))
    if not shared:
        return "", []
    near = " union all ".join(sql for sql, _ in shared)
    values = [value for _, given in shared for value in given]
    sql = (
        f"with near (number, weight) as materialized ({near}) select f.number from near "
        "cross join opportunity_fact f on f.number = near.number "
        f"where near.number != ? and {_LIVE} group by f.number "
        f"having sum(near.weight) > {_WEIGHT_BUYER} "
        f"order by sum(near.weight) + {_WEIGHT_KIND} * (f.kind = ?) desc, f.number desc limit ?"
    )
    return sql, [*values, opportunity.number, stamp(now), str(opportunity.kind), MOST_SIMILAR]


def _shared(opportunity: Opportunity, area: Area) -> Iterator[tuple[str, list[object]]]:
    """Yield a bounded query, with its values, for each thing that others may share with it."""
    codes = dict.fromkeys(subject.code[:8] for subject in opportunity.subjects if subject.scheme == "CPV")
    for theme in opportunity.themes[:_THEMES]:
        yield _TAGGED, [_WEIGHT_THEME, "theme", theme, NEWEST]
    for code in list(codes)[:_CODES]:
        yield _TAGGED, [_WEIGHT_CODE, "cpv", code, NEWEST]
    for word in title_words(opportunity.title, area, _WORDS):
        yield _WORDED, [_WEIGHT_WORD, f'title : "{word}"', NEWEST]
    if opportunity.buyer_id:
        yield _TAGGED, [_WEIGHT_BUYER, "buyer", opportunity.buyer_id, NEWEST]


def past_of(db: sqlite3.Connection, opportunity: Opportunity) -> list[Opportunity]:
    """Return up to three that the same buyer has awarded and that share a theme or a code, newest of its kind first."""
    if not opportunity.buyer_id:
        return []
    rows = db.execute(_PAST, (opportunity.buyer_id, opportunity.number, NEWEST, str(opportunity.kind)))
    themes, codes = set(opportunity.themes), _codes_of(opportunity)
    found = load(db, [row[0] for row in rows][: 4 * MOST_PAST])
    return [one for one in found if themes & set(one.themes) or codes & _codes_of(one)][:MOST_PAST]


def _codes_of(opportunity: Opportunity) -> set[str]:
    return {subject.code[:5] for subject in opportunity.subjects if subject.scheme == "CPV"}
