"""The front page: what is open, what is new, what closes soon and what is coming."""

import sqlite3
from datetime import datetime
from itertools import islice

from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.criteria import Criteria
from tenderbell.edition import Edition
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity, load
from tenderbell.pages.cards import Card, card
from tenderbell.pages.results import closing_before
from tenderbell.pages.sources import FAILING, SourceHealth, honest_words, source_healths, unwatched
from tenderbell.search import search
from tenderbell.themes import load_themes
from tenderbell.vocabulary import Kind, Reach, Stage

CLOSING_DAYS = 14
NEWEST = 5
CLOSING = 5
EARLY = 4
EARLY_LOOKED_AT = 60


class Door(Record, frozen=True, omit_defaults=True):
    """A link to a search with what stands behind it. `total` is how many are open."""

    words: str
    href: str
    total: int


class Home(Record, frozen=True, omit_defaults=True):
    """Everything that the front page shows. `is_empty` until the first opportunity has been compiled."""

    is_empty: bool
    open: int
    doors: tuple[Door, ...]
    themes: tuple[Door, ...]
    newest: tuple[Card, ...]
    closing: tuple[Card, ...]
    closing_total: int
    closing_href: str
    early: tuple[Card, ...]
    early_total: int
    honest: str
    sources: tuple[SourceHealth, ...]

    @property
    def is_cut_off(self) -> bool:
        """Whether there is nothing to wait for: every source was tried and none could be read."""
        return bool(self.sources) and all(source.state == FAILING for source in self.sources)


def home(db: sqlite3.Connection, area: Area, edition: Edition, now: datetime) -> Home:
    """Return the front page as it stands at `now`."""
    kinds = _open_by(db, "select kind, count(*) from opportunity o where {open} group by kind", now)
    closing_query = closing_before(now, CLOSING_DAYS)
    closing, early = Criteria.parse(closing_query), Criteria(stage=("engagement", "planned"))
    sources = source_healths(db, edition)
    return Home(
        is_empty=db.execute("select 1 from opportunity limit 1").fetchone() is None,
        open=sum(kinds.values()),
        doors=_doors(kinds),
        themes=_themes(db, now),
        newest=_nearest(db, Criteria(stage=("open",), sort="newest"), area, now, NEWEST),
        closing=_nearest(db, closing, area, now, CLOSING),
        closing_total=search(db, closing, now, limit=0).total,
        closing_href=f"/opportunities?{closing_query}",
        early=_nearest(db, early, area, now, EARLY, EARLY_LOOKED_AT),
        early_total=search(db, early, now, limit=0).total,
        honest=honest_words(sources, now, len(unwatched(edition))),
        sources=sources,
    )


def _nearest(
    db: sqlite3.Connection, criteria: Criteria, area: Area, now: datetime, most: int, looked_at: int = 0
) -> tuple[Card, ...]:
    """Return the first cards of a search, those nearest to the area before those from further away. At least
    `looked_at` are looked at to find some whose date lies ahead."""
    found: list[Opportunity] = []
    for reach in Reach:
        if len(found) < most:
            hits = search(db, criteria.having(reach=(str(reach),)), now, limit=max(most, looked_at))
            ahead = (one for one in load(db, hits.numbers) if not _has_passed(one, now))
            found += islice(ahead, most - len(found))
    return tuple(card(opportunity, area, now) for opportunity in found)


def _has_passed(opportunity: Opportunity, now: datetime) -> bool:
    """Return whether an early notice has outlived its date: there is nothing left to prepare for."""
    match opportunity.stage:
        case Stage.ENGAGEMENT:
            date = opportunity.engagement_closes_at
        case Stage.PLANNED:
            date = opportunity.expected_open_at
        case _:
            return False
    return date is not None and date <= now


def _doors(kinds: dict[str, int]) -> tuple[Door, ...]:
    """Return the doors to grants, contracts and the rest; together they hold all that is open."""
    others = [str(kind) for kind in Kind if kind not in (Kind.GRANT, Kind.CONTRACT)]
    rest = sum(kinds.get(kind, 0) for kind in others)
    doors = [
        Door("Grants", "/opportunities?kind=grant&stage=open", kinds.get("grant", 0)),
        Door("Contracts", "/opportunities?kind=contract&stage=open", kinds.get("contract", 0)),
    ]
    if rest:
        criteria = Criteria(kind=tuple(sorted(others)), stage=("open",))
        doors.append(Door("Other kinds", f"/opportunities?{criteria.canonical()}", rest))
    return tuple(doors)


def _themes(db: sqlite3.Connection, now: datetime) -> tuple[Door, ...]:
    totals = _open_by(
        db,
        "select value, count(*) from opportunity_tag where field = 'theme' and number in "
        "(select o.number from opportunity o where {open}) group by value",
        now,
    )
    return tuple(
        Door(theme.name, f"/opportunities?stage=open&theme={theme.id}", totals[theme.id])
        for theme in load_themes()
        if theme.id in totals
    )


def _open_by(db: sqlite3.Connection, sql: str, now: datetime) -> dict[str, int]:
    is_open = "o.stage = 'open' and (o.closes_at is null or o.closes_at > ?)"
    return dict(db.execute(sql.format(open=is_open), (stamp(now),)).fetchall())
