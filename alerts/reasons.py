"""Why this: the words, subjects and places through which an opportunity matches a search, in words."""

import sqlite3
from collections.abc import Iterator

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


def reasons(public: sqlite3.Connection, criteria: Criteria, opportunity: Opportunity, area: Area) -> str:
    """Return "“carers” in the title; in Stroud": what of the criteria the opportunity has.

    Limits that many meet (dates, amounts, open at all) are no reason and are left out. When nothing else is left, the
    search asked for everything of its sort, and that is what is said.
    """
    found = [*_words(public, criteria, opportunity), *_subjects(criteria, opportunity, area)]
    return "; ".join(found) or "it is among what you asked for"


def _words(public: sqlite3.Connection, criteria: Criteria, opportunity: Opportunity) -> Iterator[str]:
    by_place: dict[str, list[str]] = {}
    for group in parse_words(criteria.q)[:MOST_WORDS]:
        if found := _word(public, group, opportunity.number):
            word, place = found
            by_place.setdefault(place, []).append(f"“{word}”")
    for place, words in by_place.items():
        yield f"{' and '.join(words)} {place}"


def _word(public: sqlite3.Connection, group: Group, number: int) -> tuple[str, str] | None:
    """Return the first term of a group that the index finds, and the best place it stands in. The index answers, so
    that stems and accents are treated as the search treats them."""
    for term in (term for term in group if not term.excluded):
        for column, place in _PLACES.items():
            found = public.execute(
                "select 1 from opportunity_fts where opportunity_fts match ? and rowid = ?",
                (f"{{{column}}} : {term.match}", number),
            ).fetchone()
            if found:
                return term.match.strip('"'), place
    return None


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
