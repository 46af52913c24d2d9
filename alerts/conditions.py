"""Conditions: which of a few opportunities each of very many searches matches, every condition evaluated once.

An answer is a Python integer with one bit for each opportunity, so that *and* is one machine operation for all of
them. A search is the *and* of its fields and `Criteria.clauses` makes each field's conditions from that field alone,
so the answers are kept by field, as written in the canonical query string, and below that by clause.
"""

import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from tenderbell.criteria import Clause, Criteria
from tenderbell.search import matching

_PLAIN_WORDS = re.compile(r"q=[a-z]+(?:\+[a-z]+){1,40}")
"""Words that mean the same alone as beside one another: no capitals, quotes, signs, OR, and fewer than the parser
reads. Parsing each word once, and not each combination of words, is most of the speed."""


class Conditions:
    """The answers over the opportunities of one database, at one instant."""

    def __init__(self, db: sqlite3.Connection, now: datetime) -> None:
        self._db = db
        self._now = now
        self._numbers = [row[0] for row in db.execute("select number from opportunity order by number")]
        self._bits = {number: 1 << place for place, number in enumerate(self._numbers)}
        self._everything = (1 << len(self._numbers)) - 1
        self._by_field: dict[str, int] = {}
        self._by_clause: dict[Clause, int] = {}

    def mask(self, canonical: str) -> int:
        """Return the opportunities that a canonical query string matches, as bits."""
        found = self._everything
        known = self._by_field
        for field in _fields(canonical):
            if field not in known:
                known[field] = self._field_mask(field)
            found &= known[field]
            if not found:
                break
        return found

    def numbers(self, mask: int) -> Iterator[int]:
        """Return the numbers of the opportunities whose bits are set, in ascending order."""
        while mask:
            lowest = mask & -mask
            yield self._numbers[lowest.bit_length() - 1]
            mask ^= lowest

    def _field_mask(self, field: str) -> int:
        found = self._everything
        for clause in Criteria.parse(field).clauses(self._now):
            found &= self._clause_mask(clause)
        return found

    def _clause_mask(self, clause: Clause) -> int:
        if clause.excludes is not None:
            return self._everything ^ self._clause_mask(clause.excludes)
        if clause not in self._by_clause:
            self._by_clause[clause] = sum(map(self._bits.__getitem__, matching(self._db, clause)))
        return self._by_clause[clause]


def _fields(canonical: str) -> list[str]:
    """Return the parts of a query string, one for each field with all of its values; plain words one by one."""
    pairs = canonical.split("&") if canonical else []
    names = [pair.partition("=")[0] for pair in pairs]
    if len(set(names)) < len(names):
        pairs = ["&".join(group) for _, group in groupby(pairs, lambda pair: pair.partition("=")[0])]
    if pairs and _PLAIN_WORDS.fullmatch(pairs[0]):
        pairs[:1] = [f"q={word}" for word in pairs[0][2:].split("+")]
    return pairs
