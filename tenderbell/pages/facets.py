"""What narrows a search: every choice, with how many there would be if it were the only one of its sort."""

import sqlite3
from collections.abc import Iterable, Mapping

from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.looking import BUYER, Look, Tally
from tenderbell.notice import Record
from tenderbell.opportunity import buyer as find_buyer
from tenderbell.phrases import kind_words, reach_words, stage_words
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Kind, Reach, Stage

NOTICE_DAYS = {"": "Any", "28": "4 weeks or more", "56": "8 weeks or more", "92": "3 months or more"}

MOST_BUYERS = 12
"""So many of the most frequent buyers can be chosen from."""


class Choice(Record, frozen=True, omit_defaults=True):
    """One tick box or option: its value, its words, whether it is chosen, and how many there are: `more` means at least
    so many, None that nobody has counted."""

    value: str
    words: str
    chosen: bool
    count: int | None = None
    more: bool = False


class Facet(Record, frozen=True, omit_defaults=True):
    """The choices of one field. `shown` when they should not be folded away."""

    name: str
    legend: str
    choices: tuple[Choice, ...]
    shown: bool = True


def facets(db: sqlite3.Connection, criteria: Criteria, area: Area, seen: Look) -> tuple[Facet, ...]:
    """Return the fields to choose from, in the order of the page. Those for which there is nothing to choose are left
    out, and so are themes and sources that none of the search has."""
    found = [
        _facet("stage", "Stage", criteria.stage, {s: stage_words(s).capitalize() for s in Stage}, seen),
        _facet("kind", "What kind", criteria.kind, {kind: kind_words(kind) for kind in Kind}, seen),
        _facet("reach", "How far it reaches", criteria.reach, {reach: reach_words(reach) for reach in Reach}, seen),
        _facet("district", "District", _slugs(criteria, area), {d.slug: d.name for d in area.districts}, seen),
        _facet("theme", "Theme", criteria.theme, theme_names(), seen, held_only=True),
        _facet("source", "Where it was published", criteria.source, _sources(db), seen, held_only=True),
        Facet("buyer", "Commissioner or funder", _buyers(db, criteria, seen), shown=bool(criteria.buyer)),
    ]
    return tuple(facet for facet in found if len(facet.choices) > 1 or any(choice.chosen for choice in facet.choices))


def suitable(criteria: Criteria, seen: Look) -> Choice:
    """Return the tick box of what suits voluntary and community organisations."""
    found = _counted(seen.facets["vcse"], "1", seen.tally)
    return Choice("1", "Suitable for, or only for, charities and community groups", criteria.vcse == "1", *found)


def notice_choices(criteria: Criteria) -> tuple[Choice, ...]:
    """Return how much notice one can ask for, with what is asked for now."""
    words = dict(NOTICE_DAYS)
    words.setdefault(criteria.notice_days_min, f"{criteria.notice_days_min} days or more")
    return tuple(Choice(days, text, criteria.notice_days_min == days) for days, text in words.items())


def _facet(
    name: str, legend: str, asked: Iterable[str], words: Mapping[str, str], seen: Look, *, held_only: bool = False
) -> Facet:
    chosen, counts = set(asked), seen.facets[name]
    choices = [
        Choice(str(value), text, value in chosen, *_counted(counts, str(value), seen.tally))
        for value, text in words.items()
        if value in chosen or value in counts or not held_only
    ]
    folded = name in ("district", "theme", "source")
    return Facet(name, legend, tuple(choices), shown=not folded or bool(chosen))


def _counted(counts: Mapping[str, Tally], value: str, whole: Tally) -> tuple[int | None, bool]:
    """Return how many and whether there may be more. Where only some were looked at, what was not among them is not
    known to be nothing."""
    if found := counts.get(value):
        return found.total, found.more
    is_unknown = whole.more or any(tally.more for tally in counts.values())
    return (None, False) if is_unknown else (0, False)


def _slugs(criteria: Criteria, area: Area) -> set[str]:
    asked = set(criteria.district)
    return {district.slug for district in area.districts if {district.slug, district.gss.lower()} & asked}


def _sources(db: sqlite3.Connection) -> dict[str, str]:
    return {row[0]: row[1] for row in db.execute("select id, title from source order by title")}


def _buyers(db: sqlite3.Connection, criteria: Criteria, seen: Look) -> tuple[Choice, ...]:
    """Return the buyers that are chosen and those with most of the rows looked at."""
    counts = seen.facets[BUYER]
    frequent = sorted(counts, key=lambda buyer: (-counts[buyer].total, buyer))[:MOST_BUYERS]
    return tuple(
        Choice(id, found.name if found else id, id in criteria.buyer, *_counted(counts, id, seen.tally))
        for id in dict.fromkeys((*criteria.buyer, *frequent))
        for found in (find_buyer(db, id),)
    )
