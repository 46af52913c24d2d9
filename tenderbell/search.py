"""The search: criteria over `public.db`, or over the matcher's in-memory copy of it."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

import msgspec

from tenderbell.clock import stamp
from tenderbell.criteria import Clause, Criteria

PAGE_SIZE = 20
RANKED_HITS = 500
"""How many of the newest hits are ranked by relevance. Ranking all hits of a common word costs 800 times as much as
taking the newest (stack.md 2.4)."""

RANK = "bm25(opportunity_fts, 10, 2, 3, 3, 4, 5)"
"""Weights of title, description, buyer, lots, subjects, references."""

_FACTS = "from opportunity o indexed by opportunity_by_facts"

ORDERS = {
    "closing": "o.stage <> 'open' or o.closes_at is null or o.closes_at <= ?, o.closes_at is null, o.closes_at, "
    "o.number desc",
    "value": "o.value is null, o.value desc, o.number desc",
}


class Hits(msgspec.Struct, frozen=True):
    """One page of a search: `total` matches, and the `numbers` of this page's opportunities in order."""

    total: int
    numbers: tuple[int, ...]


def search(
    db: sqlite3.Connection, criteria: Criteria, now: datetime, *, limit: int | None = PAGE_SIZE, offset: int = 0
) -> Hits:
    """Return the opportunities that match, in the order that the criteria ask for (by default the newest first, or the
    best match first when there are words). `limit=None` returns every match."""
    chosen = _Selection.of(criteria.clauses(now))
    total = _count(db, chosen)
    if offset >= total:
        return Hits(total, ())
    most = total if limit is None else limit
    order = criteria.sort or "best"
    if order == "best":
        numbers = _best(db, chosen, most, offset) if chosen.matches else _newest(db, chosen, most, offset)
    elif order == "newest":
        numbers = _newest(db, chosen, most, offset)
    else:
        numbers = _ordered(db, chosen, ORDERS[order], stamp(now), most, offset)
    return Hits(total, tuple(numbers))


def matching(db: sqlite3.Connection, clause: Clause) -> frozenset[int]:
    """Return the numbers of all opportunities in `db` for which one clause holds: the matcher's unit of work."""
    if clause.match is not None:
        rows = db.execute("select rowid from opportunity_fts where opportunity_fts match ?", (clause.match,))
    else:
        rows = db.execute(f"select o.number from opportunity o where {clause.sql}", clause.params)
    return frozenset(number for (number,) in rows)


class _Selection(msgspec.Struct, frozen=True):
    """The FROM and WHERE of a search, twice. When it `matches` words, the full-text index drives `sql`, newest first:
    taking a page off its end costs the same for a common word as for a rare one. `held` says the same of
    `opportunity o`, for what needs every hit: counting them, and other orders. It reads the narrow index of facts,
    because rows are kilobytes long: a tenth of the time."""

    sql: str
    held: str
    params: tuple[str | float | int, ...]
    matches: bool = False
    words_alone: bool = False

    @classmethod
    def of(cls, clauses: Sequence[Clause]) -> "_Selection":
        matches = [clause.match for clause in clauses if clause.match is not None]
        others = [clause for clause in clauses if clause.match is None]
        params = tuple(param for clause in others for param in clause.params)
        conditions = " and ".join(clause.sql for clause in others)
        if not matches:
            where = f"where {conditions or '1'}"
            return cls(f"from opportunity o {where}", f"{_FACTS} {where}", params)
        params = (" AND ".join(f"({match})" for match in matches), *params)
        held = "o.number in (select rowid from opportunity_fts where opportunity_fts match ?)"
        if not conditions:
            sql = "from opportunity_fts where opportunity_fts match ?"
            return cls(sql, f"{_FACTS} where {held}", params, matches=True, words_alone=True)
        # CROSS: the text index drives. Left to choose, SQLite may look up each row in the index: 40 times slower.
        joined = "from opportunity_fts cross join opportunity o on o.number = opportunity_fts.rowid"
        held = f"{_FACTS} where {held} and {conditions}"
        return cls(f"{joined} where opportunity_fts match ? and {conditions}", held, params, matches=True)

    @property
    def number(self) -> str:
        """The column that the driving table is read in the order of, so that the newest need no sorting."""
        return "opportunity_fts.rowid" if self.matches else "o.number"


def _count(db: sqlite3.Connection, chosen: _Selection) -> int:
    # The index alone counts its hits in a twentieth of the time that it takes to look at their rows.
    counted = chosen.sql if chosen.words_alone else chosen.held
    return int(db.execute(f"select count(*) {counted}", chosen.params).fetchone()[0])


def _newest(db: sqlite3.Connection, chosen: _Selection, limit: int, offset: int) -> list[int]:
    rows = db.execute(
        f"select {chosen.number} {chosen.sql} order by {chosen.number} desc limit ? offset ?",
        (*chosen.params, limit, offset),
    )
    return [row[0] for row in rows]


def _best(db: sqlite3.Connection, chosen: _Selection, limit: int, offset: int) -> list[int]:
    """Rank the newest hits by relevance; older ones follow, newest first."""
    ranked = db.execute(
        f"select number from (select {chosen.number} as number, {RANK} as rank {chosen.sql} "
        f"order by {chosen.number} desc limit {RANKED_HITS}) order by rank, number desc limit ? offset ?",
        (*chosen.params, limit, offset),
    )
    numbers = [row[0] for row in ranked]
    missing = limit - len(numbers)
    return numbers + _newest(db, chosen, missing, max(offset, RANKED_HITS)) if missing else numbers


def _ordered(db: sqlite3.Connection, chosen: _Selection, order: str, now: str, limit: int, offset: int) -> list[int]:
    times = (now,) * order.count("?")
    rows = db.execute(
        f"select o.number {chosen.held} order by {order} limit ? offset ?",
        (*chosen.params, *times, limit, offset),
    )
    return [row[0] for row in rows]
