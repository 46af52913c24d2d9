"""Early notices in plain words: what is planned and what is being talked about, by theme and district. The time to
prepare is before the tender (the Code, 2.2.5)."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.looking import look
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity, load
from tenderbell.pages.cards import Card, card
from tenderbell.pages.home import Door, has_passed
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Stage

EARLY = "/early"
MOST = 300
"""So many of the newest early notices are looked at: older ones have been overtaken."""

MOST_SHOWN = 60


class Early(Record, frozen=True):
    """What the page shows: where they listen now, what is planned, and what should have opened by now. `themes` and
    `districts` lead to a part of it; `chosen` are the words for that part, "" for all; `mail` asks for e-mails."""

    listening: tuple[Card, ...]
    planned: tuple[Card, ...]
    overdue: tuple[Card, ...]
    themes: tuple[Door, ...]
    districts: tuple[Door, ...]
    chosen: str
    mail: str
    search: str


def early(db: sqlite3.Connection, criteria: Criteria, area: Area, now: datetime) -> Early:
    """Return the early notices of a theme and a district, or of all."""
    narrowed = narrowing(criteria)
    asked = narrowed.having(stage=(str(Stage.ENGAGEMENT), str(Stage.PLANNED)), sort="newest")
    found = load(db, look(db, asked, now, limit=MOST).numbers)
    ahead = [one for one in found if not has_passed(one, now)]
    overdue = [one for one in found if has_passed(one, now)]
    query = asked.canonical(profile=True)
    return Early(
        listening=_cards([one for one in ahead if one.stage is Stage.ENGAGEMENT], "engagement_closes_at", area, now),
        planned=_cards([one for one in ahead if one.stage is Stage.PLANNED], "expected_open_at", area, now),
        overdue=tuple(card(one, area, now) for one in overdue[: MOST_SHOWN // 3]),
        themes=_themes(found, narrowed),
        districts=_districts(found, narrowed, area),
        chosen=_chosen(narrowed, area),
        mail=f"/alerts/new?{query}",
        search=f"/opportunities?{query}",
    )


def narrowing(criteria: Criteria) -> Criteria:
    """Return what of a search narrows this page: themes and districts."""
    return Criteria(theme=criteria.theme, district=criteria.district)


def matters(query: str) -> str:
    """Return what of a query string makes one such page differ from another."""
    return narrowing(Criteria.parse(query)).canonical()


def _cards(found: Sequence[Opportunity], date: str, area: Area, now: datetime) -> tuple[Card, ...]:
    """Return cards, those with a date first, soonest first."""
    dated = sorted((one for one in found if getattr(one, date)), key=lambda one: getattr(one, date))
    undated = [one for one in found if not getattr(one, date)]
    return tuple(card(one, area, now) for one in (*dated, *undated)[:MOST_SHOWN])


def _themes(found: Sequence[Opportunity], narrowed: Criteria) -> tuple[Door, ...]:
    totals = Counter(theme for one in found for theme in one.themes)
    names = theme_names()
    return tuple(
        Door(names[id], _address(theme=(id,), district=narrowed.district), total)
        for id, total in sorted(totals.items(), key=lambda pair: names.get(pair[0], ""))
        if id in names
    )


def _districts(found: Sequence[Opportunity], narrowed: Criteria, area: Area) -> tuple[Door, ...]:
    """Return the districts, each with what is for it; what is for the whole area is for each."""
    return tuple(
        Door(
            district.name,
            _address(theme=narrowed.theme, district=(district.slug,)),
            sum(not one.districts or district.slug in one.districts for one in found),
        )
        for district in area.districts
    )


def _address(**chosen: tuple[str, ...]) -> str:
    pairs = [(name, value) for name, values in chosen.items() for value in values]
    return f"{EARLY}?{urlencode(pairs)}" if pairs else EARLY


def _chosen(narrowed: Criteria, area: Area) -> str:
    names = [theme_names().get(id, id) for id in narrowed.theme]
    places = [found.name if (found := area.district(slug)) else slug for slug in narrowed.district]
    return " in ".join(part for part in (", ".join(names), ", ".join(places)) if part)
