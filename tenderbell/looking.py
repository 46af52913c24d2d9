"""Looking: one page of a search, how many there are, and how many each further choice would leave, at a cost that does
not grow with the table.

`tenderbell.search` is exact and is what other programs get. Pages look: they let one index lead, that of the words or
of the rarest other condition, and ask everything else of the rows that it names. Up to `LOOKED_AT` of them all are
asked and every number is exact. Of more only the newest are asked, and numbers are "more than". The clauses are those
of the search and of the matcher (promise 4).
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from operator import itemgetter

import msgspec

from tenderbell.clock import stamp
from tenderbell.criteria import SUITABLE, Clause, Criteria
from tenderbell.search import ORDERS, PAGE_SIZE, RANK, RANKED_HITS
from tenderbell.vocabulary import Stage

LOOKED_AT = 5_000
"""So many rows are looked at when they are all that there are: some milliseconds."""

GLANCED_AT = 1_500
"""So many of the newest are looked at when there are more."""

COUNTED = 10_000
"""As far as a list without further conditions is counted, and as far as its pages go."""

TALLIED = 2_000
"""So many matches are counted by what they are, a quarter of them when there are surely more."""

FEW = 100
"""Of so few rows the full-text index is asked one by one."""

FACETS = ("kind", "stage", "reach", "vcse", "theme", "district", "source")
"""Fields whose values are counted, in the order of the columns that are read for them."""

BUYER = "buyer"
"""The field that is counted besides, from the tags: there are as many values as there are bodies."""

_EVERYTHING = "select number from opportunity_fact"
_STAGE = "case when o.stage = 'open' and o.closes_at <= ? then 'closed' else o.stage end"
_COLUMNS = {
    "kind": "o.kind",
    "stage": _STAGE,
    "reach": "o.reach",
    "vcse": f"coalesce({SUITABLE}, 0)",
    "theme": "o.themes",
    "district": "o.districts",
    "source": "o.sources",
}
_WALKS: dict[str, tuple[tuple[str, str, str, int], ...]] = {
    "closing": (
        ("opportunity_fact o indexed by opportunity_fact_closing", "o.stage = 'open' and o.closes_at > ?",
         "o.closes_at, o.number desc", 1),
        ("opportunity_fact o indexed by opportunity_fact_closing",
         "o.closes_at is not null and (o.stage <> 'open' or o.closes_at <= ?)", "o.closes_at, o.number desc", 1),
        ("opportunity_fact o", "o.closes_at is null", "o.number desc", 0),
    ),
    "value": (
        ("opportunity v indexed by opportunity_by_value cross join opportunity_fact o on o.number = v.number",
         "v.value is not null", "v.value desc, v.number desc", 0),
        ("opportunity_fact o", "o.value is null", "o.number desc", 0),
    ),
}  # fmt: skip
"""The orders of `search.ORDERS` as walks along an index, one after the other: from, where, order, and how often the
present instant is a parameter."""


class Tally(msgspec.Struct, frozen=True):
    """How many there are; with `more`, at least so many."""

    total: int
    more: bool = False


class Look(msgspec.Struct, frozen=True):
    """One page of a search: `numbers` in order, how many match in all, and for each of `FACETS` and for `BUYER` how
    many would match if that field asked for one value only, by value."""

    tally: Tally
    numbers: tuple[int, ...]
    facets: dict[str, dict[str, Tally]]


def look(db: sqlite3.Connection, criteria: Criteria, now: datetime, *, limit: int = PAGE_SIZE, offset: int = 0) -> Look:
    """Return one page of a search in the order that `search` has, its total and its facets."""
    plan = _Plan(db, criteria, now)
    sight = plan.sight()
    tally = plan.tally(sight)
    numbers: Sequence[int] = ()
    if offset < tally.total or (tally.more and offset < COUNTED):
        order = criteria.sort or "best"
        numbers = plan.page(sight, limit, offset) if order in ("best", "newest") else ()
        if order == "best" and plan.words:
            numbers = plan.best(sight, limit, offset)
        elif order in ORDERS:
            numbers = plan.sorted(order, limit, offset)
    return Look(tally, tuple(numbers), plan.facets(sight) | {BUYER: _buyers(db, criteria, now, plan, sight)})


def _buyers(
    db: sqlite3.Connection, criteria: Criteria, now: datetime, plan: "_Plan", sight: "_Sight"
) -> dict[str, Tally]:
    """Return how many of the rows looked at each buyer has, whichever buyers are asked for."""
    if criteria.buyer:
        plan = _Plan(db, criteria.having(buyer=()), now)
        sight = plan.sight()
    return plan.buyers(sight)


def first(db: sqlite3.Connection, criteria: Criteria, now: datetime, limit: int) -> tuple[int, ...]:
    """Return the first numbers of a search without words in its order, counting nothing."""
    plan = _Plan(db, criteria, now)
    if criteria.sort in ORDERS:
        return tuple(plan.walk_along(criteria.sort, limit))
    return tuple(plan.walk(limit, 0))


def tally(db: sqlite3.Connection, criteria: Criteria, now: datetime) -> Tally:
    """Return how many match, exactly or at least."""
    return _Plan(db, criteria, now).tally(None)


def every(db: sqlite3.Connection, criteria: Criteria, now: datetime) -> list[int] | None:
    """Return all numbers of a search, newest first, when an index names at most `LOOKED_AT`; None when none does."""
    plan = _Plan(db, criteria, now)
    return plan.walk(LOOKED_AT, 0) if plan.is_whole else None


class _Posting(msgspec.Struct, frozen=True):
    """Numbers in an index: `sql` selects them, `stands_for` are the places of the clauses that they fulfil."""

    sql: str
    params: tuple[str | float | int, ...] = ()
    stands_for: frozenset[int] = frozenset()
    in_order: bool = True

    def newest(self, most: int) -> str:
        """Return the SQL of the newest numbers, newest first."""
        if self.in_order:
            return f"({self.sql} order by 1 desc limit {most})"
        # The sign keeps SQLite from following the table in this order, to save the sorting of a few rows.
        return f"(select number from ({self.sql}) order by +number desc limit {most})"


class _Sight(msgspec.Struct, frozen=True):
    """The rows that match, newest first, and those that one facet alone keeps out: number, facets, and a bit for each
    clause of `soft` that fails. `all_rows` when they are all of those looked at, `whole` when there are no others."""

    rows: list[tuple[int, ...]]
    soft: tuple[str, ...]
    all_rows: bool
    whole: bool

    @property
    def numbers(self) -> list[int]:
        """The numbers of those that match, newest first."""
        return [row[0] for row in self.rows if row[-1] == 0]


class _Plan:
    """How one search is looked at: which index leads, and what is asked of each row."""

    def __init__(self, db: sqlite3.Connection, criteria: Criteria, now: datetime) -> None:
        self._db, self._clauses, self._now = db.cursor(), criteria.clauses(now), stamp(now)
        self._db.row_factory = None
        self.words = [clause.match for clause in self._clauses if clause.match is not None]
        self._postings = [*_postings(self._clauses), *_open_of_a_kind(criteria, self._clauses, self._now)]
        self._sizes: dict[_Posting, int] = {}

    @cached_property
    def _lead(self) -> _Posting:
        return self._leading(self._postings)

    @property
    def _size(self) -> int:
        return self._size_of(self._lead)

    @property
    def is_whole(self) -> bool:
        """Whether all that the leading index names is looked at."""
        return self._size <= LOOKED_AT

    def sight(self) -> _Sight:
        """Look at the rows."""
        others = self._others(self._lead)
        soft = [clause for clause in others if clause.field in FACETS]
        hard = [clause for clause in others if clause.field not in FACETS]
        passes = [f"coalesce(({self._asked(clause)}), 0) as pass_{at}" for at, clause in enumerate(soft)]
        columns = ", ".join(["o.number", *_COLUMNS.values(), *passes])
        failed = " + ".join(f"(1 - pass_{at}) * {1 << at}" for at in range(len(soft))) or "0"
        enough = " + ".join(f"pass_{at}" for at in range(len(soft))) or "0"
        most = TALLIED if self.is_whole else TALLIED // 4
        # The limit keeps SQLite from folding the two selects into one, which would ask every condition twice.
        sql = (
            f"select *, {failed} from (select {columns} from {self._joined()} where {self._all(hard)} limit -1) "
            f"where {enough} >= {max(0, len(soft) - 1)} limit {most + 1}"
        )
        params = (self._now, *_params(soft), *self._lead.params, *_params(hard))
        rows = self._db.execute(sql, params).fetchall()
        return _Sight(rows[:most], tuple(c.field for c in soft), len(rows) <= most, self.is_whole and len(rows) <= most)

    def tally(self, sight: _Sight | None) -> Tally:
        """Return how many match."""
        others = self._others(self._lead)
        for posting in self._postings:
            if len(posting.stands_for) == len(self._clauses):
                size = self._counted(posting, COUNTED)
                return Tally(min(size, COUNTED), size > COUNTED)
        if sight and sight.all_rows:
            return Tally(len(sight.numbers), not self.is_whole)
        sql = f"select count(*) from {self._joined()} where {self._all(others)}"
        found = self._db.execute(sql, (*self._lead.params, *_params(others))).fetchone()
        return Tally(int(found[0]), not self.is_whole)

    def page(self, sight: _Sight, limit: int, offset: int) -> list[int]:
        """Return numbers, newest first: those that were seen, and beyond them what the index goes on with."""
        return self._on_from(sight.numbers, sight, limit, offset)

    def best(self, sight: _Sight, limit: int, offset: int) -> list[int]:
        """Return numbers, the best match first among the newest, older ones after them, newest first."""
        numbers = sight.numbers
        ranked = self._ranked(numbers[:RANKED_HITS]) if offset < RANKED_HITS else numbers[:RANKED_HITS]
        return self._on_from(ranked + numbers[RANKED_HITS:], sight, limit, offset)

    def sorted(self, order: str, limit: int, offset: int) -> list[int]:
        """Return numbers in another order: all that match sorted when they are few, else along an index."""
        if not self.is_whole:
            return list(self.walk_along(order, limit + offset))[offset:]
        by = ORDERS[order]
        others = self._others(self._lead)
        sql = f"select o.number from {self._joined()} where {self._all(others)} order by {by} limit ? offset ?"
        times = (self._now,) * by.count("?")
        found = self._db.execute(sql, (*self._lead.params, *_params(others), *times, limit, offset))
        return [row[0] for row in found]

    def walk(self, limit: int, offset: int) -> list[int]:
        """Return numbers, newest first, however far the index has to be followed for them."""
        others = self._others(self._lead)
        sql = (
            f"select d.number from ({self._lead.sql}) d cross join opportunity_fact o on o.number = d.number "
            f"where {self._all(others)} order by d.number desc limit ? offset ?"
        )
        found = self._db.execute(sql, (*self._lead.params, *_params(others), limit, offset))
        return [row[0] for row in found]

    def facets(self, sight: _Sight) -> dict[str, dict[str, Tally]]:
        """Return how many would match if a field asked for one value, by field and value."""
        found = {}
        asked = {self._clauses[place].field for place in self._lead.stands_for}
        for place, field in enumerate(FACETS):
            bit = 1 << sight.soft.index(field) if field in sight.soft else 0
            if field in asked:
                found[field] = self._without(field)
                continue
            values = Counter(map(itemgetter(place + 1), [row for row in sight.rows if row[-1] in (0, bit)]))
            found[field] = _tallies(values, more=not sight.whole)
        return found

    def buyers(self, sight: _Sight) -> dict[str, Tally]:
        """Return how many of the rows that match each buyer has, by its id."""
        found = self._db.execute(
            "select t.value, count(*) from json_each(?) j cross join opportunity_tag t on t.number = j.value "
            "and t.field = 'buyer' group by 1",
            (str(sight.numbers),),
        )
        return {id: Tally(count, not sight.whole) for id, count in found}

    def _without(self, field: str) -> dict[str, Tally]:
        """Count a field's values among what matches all other fields, led by another index."""
        gone = {place for place, clause in enumerate(self._clauses) if clause.field == field}
        lead = self._leading([posting for posting in self._postings if not posting.stands_for & gone])
        size = self._size_of(lead)
        asked = [c for place, c in enumerate(self._clauses) if place not in gone | lead.stands_for]
        most = LOOKED_AT if size <= LOOKED_AT else GLANCED_AT
        sql = (
            f"select {_COLUMNS[field]}, count(*) from {lead.newest(most)} d cross join opportunity_fact o "
            f"on o.number = d.number where {self._all(asked)} group by 1"
        )
        times = (self._now,) if field == "stage" else ()
        found = self._db.execute(sql, (*times, *lead.params, *_params(asked))).fetchall()
        return _tallies(dict(found), more=size > LOOKED_AT)

    def _on_from(self, numbers: list[int], sight: _Sight, limit: int, offset: int) -> list[int]:
        found = numbers[offset : offset + limit]
        missing = limit - len(found)
        if missing and not sight.whole:
            found += self.walk(missing, max(offset, len(numbers)))
        return found

    def _ranked(self, numbers: list[int]) -> list[int]:
        """Return the newest hits by relevance. For that SQLite reads every hit of every word; where there are too many,
        those come first that have the words in their title."""
        if not numbers:
            return []
        held = [self._counted(_Posting(_WORDS, (match,)), LOOKED_AT) for match in self.words]
        match = " AND ".join(f"({one})" for one in self.words)
        if max(held) > LOOKED_AT:
            titled = self._db.execute(f"{_WORDS} and rowid >= ?", (f"{{title}} : ({match})", numbers[-1])).fetchall()
            in_title = {row[0] for row in titled}
            return sorted(numbers, key=lambda number: number not in in_title)
        sql = f"select rowid, {RANK} from opportunity_fts where opportunity_fts match ? and rowid >= ?"
        rank = dict(self._db.execute(sql, (match, numbers[-1])).fetchall())
        return sorted(numbers, key=lambda number: (rank[number], -number))

    def walk_along(self, order: str, most: int) -> Iterator[int]:
        """Yield numbers in another order, from the indexes that have it."""
        for source, where, by, times in _WALKS[order]:
            sql = f"select o.number from {source} where {where} and {self._all(self._clauses)} order by {by} limit ?"
            params = ((self._now,) * times, _params(self._clauses))
            found = self._db.execute(sql, (*params[0], *params[1], most)).fetchall()
            yield from (row[0] for row in found)
            most -= len(found)
            if not most:
                return

    def _joined(self) -> str:
        most = LOOKED_AT if self.is_whole else GLANCED_AT
        return f"{self._lead.newest(most)} d cross join opportunity_fact o on o.number = d.number"

    def _others(self, lead: _Posting) -> list[Clause]:
        return [clause for place, clause in enumerate(self._clauses) if place not in lead.stands_for]

    def _leading(self, postings: Iterable[_Posting]) -> _Posting:
        """Return the posting that leads: one of a few rows, else the words, else the shortest. One that is not in order
        must be short enough to be sorted."""
        fit = []
        for posting in postings:
            size = self._size_of(posting)
            if size <= FEW:
                return posting
            if posting.in_order or size <= LOOKED_AT:
                fit.append(posting)
        return min(fit, key=lambda posting: (posting.sql != _WORDS, self._size_of(posting)))

    def _size_of(self, posting: _Posting) -> int:
        if posting not in self._sizes:
            self._sizes[posting] = self._counted(posting, LOOKED_AT)
        return self._sizes[posting]

    def _counted(self, posting: _Posting, most: int) -> int:
        """Return how many numbers a posting has, `most` + 1 when there are more."""
        sql = f"select count(*) from (select 1 from ({posting.sql}) limit {most + 1})"
        return int(self._db.execute(sql, posting.params).fetchone()[0])

    def _asked(self, clause: Clause) -> str:
        """Return a clause as it is asked of each row."""
        if clause.match is not None and self._size <= FEW:
            return f"exists (select 1 from opportunity_fts where {_MATCH} and rowid = o.number)"
        return clause.row_by_row

    def _all(self, clauses: Collection[Clause]) -> str:
        return " and ".join(map(self._asked, clauses)) or "1"


_MATCH = "opportunity_fts match ?"
_WORDS = f"select rowid as number from opportunity_fts where {_MATCH}"


def _postings(clauses: Sequence[Clause]) -> Iterator[_Posting]:
    """Yield what may lead: the words together, each clause that an index holds in order, and everything."""
    held = {place: clause.match for place, clause in enumerate(clauses) if clause.match is not None}
    if held:
        shut_out = {
            place: clause.excludes.match
            for place, clause in enumerate(clauses)
            if clause.excludes is not None and clause.excludes.match is not None
        }
        match = " AND ".join(f"({one})" for one in held.values())
        match = f"({match})" + "".join(f" NOT ({one})" for one in shut_out.values())
        yield _Posting(_WORDS, (match,), frozenset(held) | frozenset(shut_out))
    for place, clause in enumerate(clauses):
        if clause.posting is not None:
            yield _Posting(clause.posting, clause.params, frozenset({place}), clause.in_order)
    yield _Posting(_EVERYTHING)


def _open_of_a_kind(criteria: Criteria, clauses: Sequence[Clause], now: str) -> Iterator[_Posting]:
    """Yield what is open of the kinds asked for: the doors of the front page, and what most people look for."""
    if not criteria.kind or criteria.stage != (Stage.OPEN,):
        return
    marks = ", ".join("?" * len(criteria.kind))
    sql = (
        "select number from opportunity_fact indexed by opportunity_fact_open_kind "
        f"where stage = 'open' and kind in ({marks}) and closes_at"
    )
    places = frozenset(place for place, clause in enumerate(clauses) if clause.field in ("kind", "stage"))
    params = (*criteria.kind, now, *criteria.kind)
    yield _Posting(f"{sql} > ? union all {sql} is null", params, places, in_order=False)


def _params(clauses: Iterable[Clause]) -> tuple[str | float | int, ...]:
    return tuple(param for clause in clauses for param in clause.params)


def _tallies(values: Mapping[object, int], *, more: bool) -> dict[str, Tally]:
    """Count words that stand together ("carers rural") each by itself."""
    found: Counter[str] = Counter()
    for words, count in values.items():
        for word in str(words).split(" "):
            found[word] += count
    return {word: Tally(count, more) for word, count in found.items() if word}
