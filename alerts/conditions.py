"""Conditions: which of a few opportunities each of very many searches matches, every condition evaluated once.

An answer is a Python integer with one bit for each opportunity, so that *and* is one machine operation for all of
them. A search is the *and* of its fields and `Criteria.clauses` makes each field's conditions from that field alone,
so the answers are kept by field, as written in the canonical query string, and below that by clause. Words, which
nearly everybody chooses differently, are taken apart further: each word and each phrase is looked up once, and *or*
and *not* are then one machine operation as well.
"""

import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from tenderbell.criteria import Clause, Criteria
from tenderbell.search import matching
from tenderbell.words import MOST_WORDS

_ATOM = r"-?(?:[a-z]+|%22[a-z]+(?:\+[a-z]+)*%22)"
_EITHER = rf"{_ATOM}(?:\+OR\+{_ATOM})*"
_GROUPS = re.compile(_EITHER)
_PLAIN = re.compile(rf"q={_EITHER}(?:\+{_EITHER})*")
"""Words and phrases without capitals, figures or signs: they mean the same alone as beside one another."""


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
        words, _, others = canonical.partition("&")
        if words.startswith("q="):
            found = self._words_mask(words)
        else:
            others = canonical
        for field in _fields(others) if found else ():
            found &= self._field_mask(field)
        return found

    def numbers(self, mask: int) -> Iterator[int]:
        """Return the numbers of the opportunities whose bits are set, in ascending order."""
        while mask:
            lowest = mask & -mask
            yield self._numbers[lowest.bit_length() - 1]
            mask ^= lowest

    def _words_mask(self, field: str) -> int:
        """Return the answer for words: groups of which one member must hold, and all groups. What is not plain is left
        to the parser as it stands; so are more words than it reads."""
        if field.count("+") >= MOST_WORDS or not _PLAIN.fullmatch(field):
            return self._field_mask(field)
        found = self._everything
        for group in _GROUPS.findall(field, len("q=")):
            either = 0
            for atom in group.split("+OR+"):
                either |= self._atom_mask(atom)
            found &= either
        return found

    def _atom_mask(self, atom: str) -> int:
        """Return the answer for a word or a phrase. A phrase can only stand where each of its words does."""
        if atom.startswith("-"):
            return self._everything ^ self._atom_mask(atom[1:])
        field = f"q={atom}"
        if field not in self._by_field and atom.startswith("%22"):
            words = atom.removeprefix("%22").removesuffix("%22")
            if not self._words_mask(f"q={words}"):
                self._by_field[field] = 0
        return self._field_mask(field)

    def _field_mask(self, field: str) -> int:
        if field not in self._by_field:
            found = self._everything
            for clause in Criteria.parse(field).clauses(self._now):
                found &= self._clause_mask(clause)
            self._by_field[field] = found
        return self._by_field[field]

    def _clause_mask(self, clause: Clause) -> int:
        if clause.excludes is not None:
            return self._everything ^ self._clause_mask(clause.excludes)
        if clause not in self._by_clause:
            self._by_clause[clause] = sum(map(self._bits.__getitem__, matching(self._db, clause)))
        return self._by_clause[clause]


def _fields(canonical: str) -> list[str]:
    """Return the parts of a query string, one for each field with all of its values."""
    pairs = canonical.split("&") if canonical else []
    names = {pair.partition("=")[0] for pair in pairs}
    if len(names) < len(pairs):
        return ["&".join(group) for _, group in groupby(pairs, lambda pair: pair.partition("=")[0])]
    return pairs
