"""Hints: what to change in a search that would send too much or too little, each measured by what it would find today.

Measured as the page of results measures why it found nothing (`tenderbell.pages.nothing`): the same search without one
word or one filter. Words that belong together are those of the themes.
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from itertools import islice

import msgspec

from alerts.backtest import SPAN, Backtest
from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.looking import Tally, look, tally
from tenderbell.pages.nothing import MOST_RELAXED
from tenderbell.pages.results import chip_words
from tenderbell.themes import load_themes, theme_names, themes_of

A_WEEK = 20
"""So many opportunities a week are more than anybody reads: as many as one section of an e-mail shows."""

FEWEST = 3
"""Fewer opportunities than this in 90 days are so few that something may be missed."""

MOST = 4
"""Hints of one sort that are shown."""

_NARROWING = ("theme", "district", "kind", "reach")
_LISTS = ("kind", "stage", "theme", "cpv", "buyer", "reach", "district", "source")
_FEW_WORDS = 3


class Fit(StrEnum):
    """Whether a search would send about right."""

    WIDE = "wide"
    RIGHT = "right"
    NARROW = "narrow"


class Hint(msgspec.Struct, frozen=True):
    """One change: in words, the search with it, and how many that finds today."""

    words: str
    criteria: Criteria
    found: Tally


class Hints(msgspec.Struct, frozen=True):
    """What may be changed: `without` a word or a filter, only one thing of what was asked for (`only`), `related` words
    and themes. `found` is what the search itself finds today."""

    fit: Fit
    found: Tally = Tally(0)
    without: tuple[Hint, ...] = ()
    only: tuple[Hint, ...] = ()
    related: tuple[Hint, ...] = ()


def hints(public: sqlite3.Connection, criteria: Criteria, trial: Backtest, area: Area, now: datetime) -> Hints:
    """Return what to change, nothing when the search is about right."""
    fit = fit_of(trial)
    if fit is Fit.RIGHT:
        return Hints(fit)
    found = tally(public, criteria, now)
    if fit is Fit.WIDE:
        narrower = [*_of_several(public, criteria, area), *_narrower(public, criteria, area, now)]
        measured = [_measured(public, words, asked, now) for words, asked in narrower[: 2 * MOST_RELAXED]]
        less = sorted((one for one in measured if one.found.total > 0), key=_size, reverse=True)
        return Hints(fit, found, only=tuple(one for one in less if _size(one) < (found.more, found.total))[:MOST])
    wider = [_measured(public, *one, now) for one in list(_without(public, criteria, area))[:MOST_RELAXED]]
    related = [_measured(public, *one, now) for one in islice(_related(criteria), MOST_RELAXED)]
    return Hints(fit, found, _more(wider, found), related=_more(related, found))


def fit_of(trial: Backtest) -> Fit:
    """Return whether that many are about right."""
    weeks = max(trial.days / 7, 1 / 7)
    if not trial.whole or len(trial.told) / weeks > A_WEEK:
        return Fit.WIDE
    return Fit.NARROW if len(trial.told) < FEWEST and trial.days >= SPAN.days else Fit.RIGHT


def _measured(public: sqlite3.Connection, words: str, criteria: Criteria, now: datetime) -> Hint:
    return Hint(words, criteria, tally(public, criteria, now))


def _size(hint: Hint) -> tuple[bool, int]:
    return (hint.found.more, hint.found.total)


def _more(measured: list[Hint], found: Tally) -> tuple[Hint, ...]:
    """Return the hints that find more than the search does, the one that finds most first."""
    useful = [hint for hint in measured if _size(hint) > (found.more, found.total)]
    return tuple(sorted(useful, key=_size, reverse=True)[:MOST])


def _without(public: sqlite3.Connection, criteria: Criteria, area: Area) -> Iterator[tuple[str, Criteria]]:
    """Yield the search without each filter, and without each word of several."""
    for name in dict.fromkeys(name for name, _ in criteria.pairs(profile=True)):
        values = [value for field, value in criteria.pairs(profile=True) if field == name]
        rest = Criteria.parse(pair for pair in criteria.pairs(profile=True) if pair[0] != name)
        if rest.canonical(profile=True):
            yield " or ".join(chip_words(public, name, value, area) for value in values), rest
    for word, rest in _word_by_word(criteria):
        yield f"“{word}”", rest


def _word_by_word(criteria: Criteria) -> Iterator[tuple[str, Criteria]]:
    words = criteria.q.split()
    if len(words) < 2 or "OR" in words or '"' in criteria.q:
        return
    for place, word in enumerate(words):
        yield word, criteria.having(q=" ".join(words[:place] + words[place + 1 :]))


def _of_several(public: sqlite3.Connection, criteria: Criteria, area: Area) -> Iterator[tuple[str, Criteria]]:
    """Yield the search with one only of several words joined by OR, or of several values of a filter."""
    words = criteria.q.split(" OR ")
    if len(words) > 1:
        for word in words:
            yield f"“{word}”", criteria.having(q=word)
    for name in _LISTS:
        values = getattr(criteria, name)
        for value in values if len(values) > 1 else ():
            yield chip_words(public, name, value, area), criteria.having(**{name: (value,)})


def _narrower(
    public: sqlite3.Connection, criteria: Criteria, area: Area, now: datetime
) -> Iterator[tuple[str, Criteria]]:
    """Yield the search with one filter more, of those that hold most of what it finds."""
    facets = look(public, criteria, now).facets
    for name in _NARROWING:
        if getattr(criteria, name):
            continue
        held = sorted(facets.get(name, {}).items(), key=lambda one: -one[1].total)
        for value, _ in held[:MOST]:
            yield chip_words(public, name, value, area), criteria.having(**{name: (value,)})
    if not criteria.vcse:
        yield chip_words(public, "vcse", "1", area), criteria.having(vcse="1")


def _related(criteria: Criteria) -> Iterator[tuple[str, Criteria]]:
    """Yield the search for a theme in place of its words, and for words that belong to the same theme."""
    shown = themes_of((), criteria.q) if criteria.q else {}
    for id in shown:
        yield f"the theme {theme_names()[id]}", criteria.having(q="", theme=tuple(sorted({*criteria.theme, id})))
    for theme in load_themes():
        if theme.id in shown or theme.id in criteria.theme:
            for word in related_words(theme.words, criteria.q):
                yield f"“{word}”", criteria.having(q=word, theme=())


def related_words(words: tuple[str, ...], asked: str) -> list[str]:
    """Return the first plain words of a theme that were not asked for."""
    plain = [word for word in words if word.replace(" ", "").isalpha() and word.lower() not in asked.lower()]
    return plain[:_FEW_WORDS]
