"""Why a search finds nothing: which of its filters shuts most out, and which word may be misspelt."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from tenderbell.criteria import Criteria
from tenderbell.looking import tally
from tenderbell.notice import Record
from tenderbell.themes import theme_names
from tenderbell.words import fold

MOST_RELAXED = 8
"""So many filters are tried one by one."""

TITLES_READ = 2_000
"""So many of the newest titles are read for words that somebody may have meant."""

NEAR = 0.75
"""How alike two words must be, from 0 to 1: one letter in four may differ."""

_WORD = re.compile(r"(?<![\w-])[^\W\d_]{4,}")


class Relaxed(Record, frozen=True, omit_defaults=True):
    """What would be found without one filter."""

    words: str
    href: str
    total: int
    more: bool = False


class Spelling(Record, frozen=True, omit_defaults=True):
    """The same search with a word spelt as notices have it."""

    words: str
    criteria: Criteria
    total: int
    more: bool = False


def relaxed(db: sqlite3.Connection, filters: Sequence[tuple[str, str]], now: datetime) -> tuple[Relaxed, ...]:
    """Return what each filter shuts out, the one that shuts out most first. `filters` are the words of each and the
    address of the search without it."""
    found = []
    for words, href in filters[:MOST_RELAXED] if len(filters) > 1 else ():
        without = tally(db, Criteria.parse(href.partition("?")[2]), now)
        if without.total:
            found.append(Relaxed(words, href, without.total, without.more))
    return tuple(sorted(found, key=lambda one: -one.total))


def spelling(db: sqlite3.Connection, criteria: Criteria, now: datetime) -> Spelling | None:
    """Return the search with its unknown words replaced by the nearest ones of titles and themes, without its filters
    when those leave nothing; None when the words find nothing either."""
    unknown = [word for word in _WORD.findall(criteria.q) if not tally(db, Criteria(q=word.lower()), now).total]
    if not unknown:
        return None
    known, words = _words(db), criteria.q
    for word in unknown:
        near = process.extractOne(
            word.lower(), known, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=NEAR
        )
        if near is None:
            return None
        words = words.replace(word, str(near[0]))
    for meant in (criteria.having(q=words), Criteria(q=words)):
        found = tally(db, meant, now)
        if found.total:
            return Spelling(words, meant, found.total, found.more)
    return None


def _words(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("select title from opportunity order by number desc limit ?", (TITLES_READ,))
    texts = [*theme_names().values(), *(row[0] for row in rows)]
    return list(dict.fromkeys(word for text in texts for word in _spoken(text)))


def _spoken(text: str) -> Iterator[str]:
    yield from (word.lower() for word in _WORD.findall(fold(text)))
