"""Why this: the words, subjects and places through which an opportunity matches a search, in words."""

import sqlite3
from collections.abc import Iterator
from functools import lru_cache

from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import kind_words, reach_words
from tenderbell.themes import theme_names
from tenderbell.words import Group, parse_words

_PLACES = {
    "title": "in the title",
    "description": "in the description",
    "lots": "in a lot",
    "buyer": "in the commissioner’s name",
    "subjects": "in its subjects",
    "refs": "in its references",
}
MOST_WORDS = 8


class Reasons:
    """The reasons of many searches over one view of `public.db`; where a word stands is looked up once."""

    def __init__(self, public: sqlite3.Connection, area: Area) -> None:
        self._public = public
        self._area = area
        self._place_of: dict[tuple[int, str], str | None] = {}

    def why(self, criteria: Criteria, opportunity: Opportunity) -> str:
        """Return "“carers” in the title; in Stroud": what of the criteria the opportunity has.

        Limits that many meet (dates, amounts, open at all) are no reason and are left out. When nothing else is left,
        the search asked for everything of its sort, and that is what is said.
        """
        found = [*self._words(criteria, opportunity.number), *_subjects(criteria, opportunity, self._area)]
        return "; ".join(found) or "it is among what you asked for"

    def _words(self, criteria: Criteria, number: int) -> Iterator[str]:
        by_place: dict[str, list[str]] = {}
        for group in parsed(criteria.q):
            if found := self._word(group, number):
                word, place = found
                by_place.setdefault(place, []).append(f"“{word}”")
        for place, words in by_place.items():
            yield f"{' and '.join(words)} {place}"

    def _word(self, group: Group, number: int) -> tuple[str, str] | None:
        """Return the first term of a group that the opportunity has, and the best place it stands in."""
        for term in group:
            if not term.excluded and (place := self._place(term.match, number)):
                return term.match.strip('"'), place
        return None

    def _place(self, match: str, number: int) -> str | None:
        """Return where a term stands. The index answers, so that stems and accents count as they do in the search."""
        key = (number, match)
        if key not in self._place_of:
            self._place_of[key] = next((words for column, words in _PLACES.items() if self._has(column, *key)), None)
        return self._place_of[key]

    def _has(self, column: str, number: int, match: str) -> bool:
        found = self._public.execute(
            "select 1 from opportunity_fts where opportunity_fts match ? and rowid = ?",
            (f"{{{column}}} : {match}", number),
        )
        return found.fetchone() is not None


@lru_cache(maxsize=1024)
def parsed(words: str) -> tuple[Group, ...]:
    """Return the first few groups of a search's words."""
    return parse_words(words)[:MOST_WORDS]


def _subjects(criteria: Criteria, opportunity: Opportunity, area: Area) -> Iterator[str]:
    themes = [theme_names().get(theme, theme) for theme in criteria.theme if theme in opportunity.themes]
    if themes:
        yield "about " + " and ".join(name[:1].lower() + name[1:] for name in themes)
    if criteria.cpv:
        yield "under the subject codes you chose"
    if criteria.buyer and opportunity.buyer:
        yield f"from {opportunity.buyer}"
    yield from _places(criteria, opportunity, area)
    if criteria.vcse:
        yield "suitable for voluntary and community organisations"
    if criteria.kind:
        yield f"a {kind_words(opportunity.kind).lower()}" if opportunity.kind != "unclear" else "kind not clear"


def _places(criteria: Criteria, opportunity: Opportunity, area: Area) -> Iterator[str]:
    wanted = [found for name in criteria.district if (found := area.district(name))]
    names = [district.name for district in wanted if district.slug in opportunity.districts]
    if names:
        yield "in " + " and ".join(names)
    elif wanted:
        yield f"covers the whole of {area.name}"
    elif criteria.reach:
        yield reach_words(opportunity.reach).lower()
