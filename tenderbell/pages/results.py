"""The results of a search: cards, what narrows them, and how to narrow them further."""

import sqlite3
from collections.abc import Collection, Mapping
from datetime import date, datetime
from urllib.parse import urlencode

import msgspec

from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.criteria import Criteria
from tenderbell.edition import Edition
from tenderbell.looking import COUNTED, Tally, look, tally
from tenderbell.notice import Record
from tenderbell.opportunity import buyer as find_buyer
from tenderbell.opportunity import load
from tenderbell.pages.cards import Card, card
from tenderbell.pages.facets import Choice as Choice
from tenderbell.pages.facets import Facet, facets, notice_choices, suitable
from tenderbell.pages.nothing import Relaxed, Spelling, relaxed, spelling
from tenderbell.pages.sources import honest_words, source_healths, unwatched
from tenderbell.phrases import day_words, exact_money_words, kind_words, reach_words, stage_words
from tenderbell.search import PAGE_SIZE, search
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Stage

RESULTS = "/opportunities"
LAST_PAGE = COUNTED // PAGE_SIZE
"""As far as one can leaf through a list; its other forms hold all of it."""

SORT_WORDS = {"": "Best match", "newest": "Newest", "closing": "Closing soonest", "value": "Largest value"}


class Chip(Record, frozen=True, omit_defaults=True):
    """One thing that narrows the list, and the address of the list without it."""

    words: str
    href: str


class Paging(Record, frozen=True, omit_defaults=True):
    """Where in the list this page is; addresses are None at the ends. `pages` is None when nobody has counted them."""

    number: int
    pages: int | None
    first: int
    last: int
    before: str | None
    after: str | None


class Nothing(Record, frozen=True, omit_defaults=True):
    """Why there is nothing: which filters shut something out, the most first, what may have been meant, and whether the
    silence can be believed."""

    relaxed: tuple[Relaxed, ...]
    spelling: Spelling | None
    spelling_href: str
    honest: str


class Results(Record, frozen=True, omit_defaults=True):
    """Everything that the results page shows. With `more` there are more than `total`. `past_end` when the page asked
    for does not exist; `nothing` explains an empty list."""

    criteria: Criteria
    heading: str
    total: int
    more: bool
    cards: tuple[Card, ...]
    chips: tuple[Chip, ...]
    problems: tuple[str, ...]
    paging: Paging
    past_end: bool
    unvalued: Tally
    unvalued_href: str
    nothing: Nothing | None
    facets: tuple[Facet, ...]
    suitable: Choice
    notice_choices: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    query: str
    profile_query: str
    plain_href: str

    @property
    def total_words(self) -> str:
        """How many there are: "1,204", or "more than 10,000"."""
        return count_words(Tally(self.total, self.more))


def address(criteria: Criteria, suffix: str = "") -> str:
    """Return the address of a search, or with `suffix` (".json") of one of its other forms."""
    query = criteria.canonical()
    return f"{RESULTS}{suffix}?{query}" if query else f"{RESULTS}{suffix}"


def results(
    db: sqlite3.Connection,
    criteria: Criteria,
    area: Area,
    edition: Edition,
    now: datetime,
    known: Mapping[str, Collection[str]] | None = None,
) -> Results:
    """Return one page of a search with its filters. `known` is what `Criteria.problems` takes."""
    seen = look(db, criteria, now, offset=(criteria.page - 1) * PAGE_SIZE)
    chips = tuple(_chips(db, criteria, area))
    unvalued = criteria.having(value_min="", value_max="", value="unknown", sort="")
    is_empty = not seen.numbers and criteria.page == 1
    return Results(
        criteria=criteria,
        heading=heading(criteria, seen.tally.total, more=seen.tally.more),
        total=seen.tally.total,
        more=seen.tally.more,
        cards=tuple(card(opportunity, area, now) for opportunity in load(db, seen.numbers)),
        chips=chips,
        problems=tuple(criteria.problems(known)),
        paging=_paging(criteria, seen.tally, len(seen.numbers)),
        past_end=not seen.numbers and criteria.page > 1,
        unvalued=tally(db, unvalued, now) if criteria.value_min or criteria.value_max else Tally(0),
        unvalued_href=address(unvalued),
        nothing=_nothing(db, criteria, chips, edition, now) if is_empty else None,
        facets=facets(db, criteria, area, seen),
        suitable=suitable(criteria, seen),
        notice_choices=notice_choices(criteria),
        sorts=tuple(Choice(sort, words, criteria.sort == sort) for sort, words in _sorts(criteria).items()),
        query=criteria.canonical(),
        profile_query=criteria.canonical(profile=True),
        plain_href=address(criteria.having()),
    )


def count_words(found: Tally) -> str:
    """Return "1,204", or "more than 10,000"."""
    return f"more than {found.total:,}" if found.more else f"{found.total:,}"


def _without_a_word(criteria: Criteria) -> list[tuple[str, str]]:
    """Return each plain word of several, and the address of the search without it."""
    words = criteria.q.split()
    if len(words) < 2 or "OR" in words or not all(map(str.isalpha, words)):
        return []
    return [
        (f"“{word}”", address(criteria.having(q=" ".join(words[:place] + words[place + 1 :]))))
        for place, word in enumerate(words)
    ]


def heading(criteria: Criteria, total: int, *, more: bool = False) -> str:
    """Return "7 open for “young carers”": how many, at what stage, for which words."""
    stages = " or ".join(stage_words(stage) for stage in criteria.stage)
    if total or more:
        noun = stages or ("opportunity" if total == 1 and not more else "opportunities")
        count = f"{count_words(Tally(total, more)).capitalize()} {noun}"
    else:
        count = f"Nothing {stages}".strip() if stages or criteria.q else "Nothing"
        count += "" if criteria.q else " found"
    return f"{count} for “{criteria.q}”" if criteria.q else count


def _nothing(
    db: sqlite3.Connection, criteria: Criteria, chips: tuple[Chip, ...], edition: Edition, now: datetime
) -> Nothing:
    meant = spelling(db, criteria, now) if criteria.q else None
    return Nothing(
        relaxed=relaxed(db, [*((chip.words, chip.href) for chip in chips), *_without_a_word(criteria)], now),
        spelling=meant,
        spelling_href=address(meant.criteria) if meant else "",
        honest=honest_words(source_healths(db, edition), now, len(unwatched(edition))),
    )


def _count(db: sqlite3.Connection, criteria: Criteria, now: datetime) -> int:
    return search(db, criteria, now, limit=0).total


def _paging(criteria: Criteria, total: Tally, shown: int) -> Paging:
    number, first = criteria.page, (criteria.page - 1) * PAGE_SIZE + 1
    pages = None if total.more else max(1, -(-total.total // PAGE_SIZE))
    is_last = number >= LAST_PAGE or (number >= pages if pages else shown < PAGE_SIZE)
    return Paging(
        number=number,
        pages=pages,
        first=first,
        last=first + shown - 1,
        before=address(_on_page(criteria, min(number - 1, pages or number - 1))) if number > 1 else None,
        after=None if is_last else address(_on_page(criteria, number + 1)),
    )


def pages_of(db: sqlite3.Connection, criteria: Criteria, now: datetime) -> int:
    """Return how many pages a search has, not looking beyond the first when that is all that is asked for."""
    return 1 if criteria.page == 1 else -(-_count(db, criteria, now) // PAGE_SIZE)


def _on_page(criteria: Criteria, number: int) -> Criteria:
    return msgspec.structs.replace(criteria, page=number)


def _chips(db: sqlite3.Connection, criteria: Criteria, area: Area) -> list[Chip]:
    return [
        Chip(chip_words(db, name, value, area), address(criteria.without(name, value)))
        for name, value in criteria.pairs(profile=True)
    ]


def chip_words(db: sqlite3.Connection, name: str, value: str, area: Area) -> str:
    """Return one value of one field as a chip says it ("from Stroud District Council")."""
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


def _sorts(criteria: Criteria) -> dict[str, str]:
    """Without words there is nothing to be the best match of: the newest come first."""
    if criteria.q:
        return SORT_WORDS
    return {"": "Newest", "closing": SORT_WORDS["closing"], "value": SORT_WORDS["value"]}


def closing_before(now: datetime, days: int) -> str:
    """Return the query of open opportunities that close within so many days, soonest first."""
    until = date.fromordinal(uk(now).date().toordinal() + days)
    return urlencode({"stage": "open", "closes_before": until.isoformat(), "sort": "closing"})
