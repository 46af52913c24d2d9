"""The front page: what is open, what closes soon, what is new and what is coming."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.edition import Edition
from tenderbell.looking import Tally, first, look, tally
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity, load
from tenderbell.pages.cards import Card, card
from tenderbell.pages.results import closing_before, count_words
from tenderbell.pages.sources import FAILING, SourceHealth, honest_words, source_healths, unwatched
from tenderbell.themes import load_themes
from tenderbell.vocabulary import Kind, Reach, Stage

CLOSING_DAYS = 7
NEW_DAYS = 7
NEWEST = 4
CLOSING = 4
EARLY = 3
EARLY_LOOKED_AT = 30


class Door(Record, frozen=True, omit_defaults=True):
    """A link to a search with what stands behind it: how many, with `more` at least so many, None when nobody has
    counted them."""

    words: str
    href: str
    total: int | None
    more: bool = False


class Home(Record, frozen=True, omit_defaults=True):
    """Everything that the front page shows. `is_empty` until the first opportunity has been compiled. `is_week` when
    the newest are those of this week."""

    is_empty: bool
    open: str | None
    doors: tuple[Door, ...]
    themes: tuple[Door, ...]
    newest: tuple[Card, ...]
    is_week: bool
    closing: tuple[Card, ...]
    closing_total: str
    closing_href: str
    early: tuple[Card, ...]
    honest: str
    sources: tuple[SourceHealth, ...]

    @property
    def is_cut_off(self) -> bool:
        """Whether there is nothing to wait for: every source was tried and none could be read."""
        return bool(self.sources) and all(source.state == FAILING for source in self.sources)


def home(db: sqlite3.Connection, area: Area, edition: Edition, now: datetime) -> Home:
    """Return the front page as it stands at `now`."""
    closing_query = closing_before(now, CLOSING_DAYS)
    closing, sources = Criteria.parse(closing_query), source_healths(db, edition)
    seen = look(db, Criteria(stage=("open",)), now, limit=0)
    newest = _nearest(db, Criteria(stage=("open",)), now, NEWEST)
    this_week = [one for one in newest if one.published_at and one.published_at > now - timedelta(days=NEW_DAYS)]
    return Home(
        is_empty=db.execute("select 1 from opportunity limit 1").fetchone() is None,
        open=count_words(seen.tally) if seen.tally.total else None,
        doors=tuple(_doors(db, now)),
        themes=tuple(_themes(seen.facets["theme"])),
        newest=_cards(this_week or newest, area, now),
        is_week=bool(this_week),
        closing=_cards(_nearest(db, closing, now, CLOSING), area, now),
        closing_total=count_words(tally(db, closing, now)),
        closing_href=f"/opportunities?{closing_query}",
        early=_cards(_early(db, now), area, now),
        honest=honest_words(sources, now, len(unwatched(edition))),
        sources=sources,
    )


def _cards(found: Iterable[Opportunity], area: Area, now: datetime) -> tuple[Card, ...]:
    return tuple(card(opportunity, area, now) for opportunity in found)


def _nearest(db: sqlite3.Connection, criteria: Criteria, now: datetime, most: int) -> list[Opportunity]:
    """Return the first of a search, those nearest to the area before those from further away."""
    found: list[int] = []
    for reach in Reach:
        if len(found) < most:
            found += first(db, criteria.having(reach=(str(reach),), sort=criteria.sort), now, most - len(found))
    return load(db, found)


def _early(db: sqlite3.Connection, now: datetime) -> list[Opportunity]:
    """Return plans and early talks whose date lies ahead, the nearest to the area and then the newest first."""
    found: list[Opportunity] = []
    for reach in Reach:
        if len(found) < EARLY:
            numbers = [
                number
                for stage in (Stage.ENGAGEMENT, Stage.PLANNED)
                for number in first(db, Criteria(stage=(stage,), reach=(reach,)), now, EARLY_LOOKED_AT)
            ]
            found += [one for one in load(db, sorted(numbers, reverse=True)) if not has_passed(one, now)]
    return found[:EARLY]


def has_passed(opportunity: Opportunity, now: datetime) -> bool:
    """Return whether an early notice has outlived its date: there is nothing left to prepare for."""
    match opportunity.stage:
        case Stage.ENGAGEMENT:
            date = opportunity.engagement_closes_at
        case Stage.PLANNED:
            date = opportunity.expected_open_at
        case _:
            return False
    return date is not None and date <= now


def _doors(db: sqlite3.Connection, now: datetime) -> Iterable[Door]:
    """Yield the doors to grants, contracts and the rest; together they hold all that is open."""
    others = tuple(sorted(str(kind) for kind in Kind if kind not in (Kind.GRANT, Kind.CONTRACT)))
    for words, kinds in (("Grants", ("grant",)), ("Contracts", ("contract",)), ("Other kinds", others)):
        criteria = Criteria(kind=kinds, stage=("open",))
        found = tally(db, criteria, now)
        if found.total or len(kinds) == 1:
            yield Door(words, f"/opportunities?{criteria.canonical()}", found.total, found.more)


def _themes(found: dict[str, Tally]) -> Iterable[Door]:
    """Yield the themes of what is open; all of them, uncounted, where only some of it was looked at."""
    is_whole = not any(tally.more for tally in found.values())
    for theme in load_themes():
        if theme.id in found or not is_whole:
            href = f"/opportunities?stage=open&theme={theme.id}"
            yield Door(theme.name, href, found[theme.id].total if is_whole else None)
