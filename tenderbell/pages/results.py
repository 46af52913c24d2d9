"""The results of a search: cards, what narrows them, and how to narrow them further."""

import sqlite3
from collections.abc import Collection, Mapping
from datetime import date, datetime
from urllib.parse import urlencode

import msgspec

from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.criteria import Criteria
from tenderbell.notice import Record
from tenderbell.opportunity import buyer as find_buyer
from tenderbell.opportunity import load
from tenderbell.pages.cards import Card, card
from tenderbell.phrases import day_words, exact_money_words, kind_words, plural, reach_words, stage_words
from tenderbell.search import PAGE_SIZE, search
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Kind, Reach, Stage

RESULTS = "/opportunities"
MOST_RELAXED = 4
"""So many filters are tried one by one when nothing matches."""

SORT_WORDS = {"": "Best match", "newest": "Newest", "closing": "Closing soonest", "value": "Largest value"}


class Choice(Record, frozen=True, omit_defaults=True):
    """One tick box or option: its value, its words, and whether it is chosen."""

    value: str
    words: str
    chosen: bool


class Chip(Record, frozen=True, omit_defaults=True):
    """One thing that narrows the list, and the address of the list without it."""

    words: str
    href: str


class Relaxed(Record, frozen=True, omit_defaults=True):
    """What would be found without one filter."""

    words: str
    href: str
    total: int


class Paging(Record, frozen=True, omit_defaults=True):
    """Where in the list this page is; addresses are None at the ends."""

    number: int
    pages: int
    first: int
    last: int
    before: str | None
    after: str | None


class Results(Record, frozen=True, omit_defaults=True):
    """Everything that the results page shows. `past_end` when the page asked for does not exist."""

    criteria: Criteria
    heading: str
    total: int
    cards: tuple[Card, ...]
    chips: tuple[Chip, ...]
    problems: tuple[str, ...]
    paging: Paging
    past_end: bool
    unvalued: int
    unvalued_href: str
    relaxed: tuple[Relaxed, ...]
    filters: dict[str, tuple[Choice, ...]]
    sorts: tuple[Choice, ...]
    query: str
    profile_query: str
    plain_href: str


def address(criteria: Criteria, suffix: str = "") -> str:
    """Return the address of a search, or with `suffix` (".json") of one of its other forms."""
    query = criteria.canonical()
    return f"{RESULTS}{suffix}?{query}" if query else f"{RESULTS}{suffix}"


def results(
    db: sqlite3.Connection,
    criteria: Criteria,
    area: Area,
    now: datetime,
    known: Mapping[str, Collection[str]] | None = None,
) -> Results:
    """Return one page of a search with its filters. `known` is what `Criteria.problems` takes."""
    hits = search(db, criteria, now, offset=(criteria.page - 1) * PAGE_SIZE)
    chips = tuple(_chips(db, criteria, area))
    unvalued = criteria.having(value_min="", value_max="", value="unknown", sort="")
    return Results(
        criteria=criteria,
        heading=heading(criteria, hits.total),
        total=hits.total,
        cards=tuple(card(opportunity, area, now) for opportunity in load(db, hits.numbers)),
        chips=chips,
        problems=tuple(criteria.problems(known)),
        paging=_paging(criteria, hits.total),
        past_end=not hits.numbers and criteria.page > 1,
        unvalued=_count(db, unvalued, now) if criteria.value_min or criteria.value_max else 0,
        unvalued_href=address(unvalued),
        relaxed=_relaxed(db, chips, now) if hits.total == 0 else (),
        filters=_filters(criteria, area),
        sorts=tuple(Choice(sort, words, criteria.sort == sort) for sort, words in _sorts(criteria).items()),
        query=criteria.canonical(),
        profile_query=criteria.canonical(profile=True),
        plain_href=address(criteria.having()),
    )


def heading(criteria: Criteria, total: int) -> str:
    """Return "7 open for “young carers”": how many, at what stage, for which words."""
    stages = [stage_words(stage) for stage in criteria.stage]
    count = f"{total:,} {' or '.join(stages)}" if stages else plural(total, "opportunity", "opportunities")
    if total == 0:
        count = f"Nothing {' or '.join(stages)}".strip() if stages else "Nothing"
    return f"{count} for “{criteria.q}”" if criteria.q else (count if total else f"{count} found")


def _count(db: sqlite3.Connection, criteria: Criteria, now: datetime) -> int:
    return search(db, criteria, now, limit=0).total


def _paging(criteria: Criteria, total: int) -> Paging:
    pages = max(1, -(-total // PAGE_SIZE))
    number = criteria.page
    return Paging(
        number=number,
        pages=pages,
        first=(number - 1) * PAGE_SIZE + 1,
        last=min(number * PAGE_SIZE, total),
        before=address(_on_page(criteria, min(number - 1, pages))) if number > 1 else None,
        after=address(_on_page(criteria, number + 1)) if number < pages else None,
    )


def pages_of(db: sqlite3.Connection, criteria: Criteria, now: datetime) -> int:
    """Return how many pages a search has, not looking beyond the first when that is all that is asked for."""
    return 1 if criteria.page == 1 else -(-_count(db, criteria, now) // PAGE_SIZE)


def _on_page(criteria: Criteria, number: int) -> Criteria:
    return msgspec.structs.replace(criteria, page=number)


def _relaxed(db: sqlite3.Connection, chips: tuple[Chip, ...], now: datetime) -> tuple[Relaxed, ...]:
    found = []
    for chip in chips[:MOST_RELAXED] if len(chips) > 1 else ():
        wider = Criteria.parse(chip.href.partition("?")[2])
        if total := _count(db, wider, now):
            found.append(Relaxed(chip.words, chip.href, total))
    return tuple(sorted(found, key=lambda relaxed: -relaxed.total))


def _chips(db: sqlite3.Connection, criteria: Criteria, area: Area) -> list[Chip]:
    return [
        Chip(_chip_words(db, name, value, area), address(criteria.without(name, value)))
        for name, value in criteria.pairs(profile=True)
    ]


def _chip_words(db: sqlite3.Connection, name: str, value: str, area: Area) -> str:
    match name:
        case "q":
            return f"“{value}”"
        case "kind":
            return kind_words(value)
        case "stage":
            return "open now" if value == Stage.OPEN else stage_words(value)
        case "reach":
            return reach_words(value)
        case "theme":
            return theme_names().get(value, value)
        case "district":
            found = area.district(value)
            return found.name if found else value
        case "buyer":
            buyer = find_buyer(db, value)
            return f"from {buyer.name if buyer else value}"
        case _:
            return _bound_words(name, value)


def _bound_words(name: str, value: str) -> str:
    match name:
        case "value_min" | "value_max":
            amount = exact_money_words(float(value)) if _is_number(value) else value
            return f"{amount} {'or more' if name == 'value_min' else 'or less'}"
        case "value":
            return "value not stated" if value == "unknown" else f"value {value}"
        case "closes_after" | "closes_before":
            return f"closes {'from' if name == 'closes_after' else 'by'} {_day(value)}"
        case "notice_days_min":
            return f"{value} days’ notice or more"
        case "vcse":
            return "suitable for charities and community groups"
        case "cpv":
            return f"CPV {value}"
        case _:
            return f"{name.replace('_', ' ')} {value}"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit() and text.isascii()


def _day(text: str) -> str:
    try:
        return day_words(date.fromisoformat(text))
    except ValueError:
        return text


def _filters(criteria: Criteria, area: Area) -> dict[str, tuple[Choice, ...]]:
    return {
        "kind": tuple(Choice(kind, kind_words(kind), kind in criteria.kind) for kind in Kind),
        "stage": tuple(Choice(stage, stage_words(stage).capitalize(), stage in criteria.stage) for stage in Stage),
        "reach": tuple(Choice(reach, reach_words(reach), reach in criteria.reach) for reach in Reach),
        "theme": tuple(Choice(id, name, id in criteria.theme) for id, name in theme_names().items()),
        "district": tuple(
            Choice(district.slug, district.name, bool({district.slug, district.gss.lower()} & set(criteria.district)))
            for district in area.districts
        ),
    }


def _sorts(criteria: Criteria) -> dict[str, str]:
    """Without words there is nothing to be the best match of: the newest come first."""
    if criteria.q:
        return SORT_WORDS
    return {"": "Newest", "closing": SORT_WORDS["closing"], "value": SORT_WORDS["value"]}


def closing_before(now: datetime, days: int) -> str:
    """Return the query of open opportunities that close within so many days, soonest first."""
    until = date.fromordinal(uk(now).date().toordinal() + days)
    return urlencode({"stage": "open", "closes_before": until.isoformat(), "sort": "closing"})
