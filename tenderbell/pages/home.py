"""The front page: what is open, what is new, what closes soon and what is coming."""

import sqlite3
from datetime import datetime

from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.criteria import Criteria
from tenderbell.edition import Edition
from tenderbell.notice import Record
from tenderbell.opportunity import load
from tenderbell.pages.cards import Card, card
from tenderbell.pages.results import closing_before
from tenderbell.pages.sources import SourceHealth, honest_words, source_healths
from tenderbell.search import search
from tenderbell.themes import load_themes

CLOSING_DAYS = 14
NEWEST = 5
CLOSING = 5
EARLY = 4


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


def home(db: sqlite3.Connection, area: Area, edition: Edition, now: datetime) -> Home:
    """Return the front page as it stands at `now`."""
    kinds = _open_by(db, "select kind, count(*) from opportunity o where {open} group by kind", now)
    closing_query = closing_before(now, CLOSING_DAYS)
    closing, closing_total = _cards(db, Criteria.parse(closing_query), area, now, CLOSING)
    early, early_total = _cards(db, Criteria(stage=("engagement", "planned")), area, now, EARLY)
    sources = source_healths(db, edition)
    return Home(
        is_empty=db.execute("select 1 from opportunity limit 1").fetchone() is None,
        open=sum(kinds.values()),
        doors=_doors(kinds),
        themes=_themes(db, now),
        newest=_cards(db, Criteria(stage=("open",), sort="newest"), area, now, NEWEST)[0],
        closing=closing,
        closing_total=closing_total,
        closing_href=f"/opportunities?{closing_query}",
        early=early,
        early_total=early_total,
        honest=honest_words(sources, now),
        sources=sources,
    )


def _cards(
    db: sqlite3.Connection, criteria: Criteria, area: Area, now: datetime, most: int
) -> tuple[tuple[Card, ...], int]:
    hits = search(db, criteria, now, limit=most)
    return tuple(card(opportunity, area, now) for opportunity in load(db, hits.numbers)), hits.total


def _doors(kinds: dict[str, int]) -> tuple[Door, ...]:
    grants, contracts = kinds.get("grant", 0), kinds.get("contract", 0)
    return (
        Door("Grants", "/opportunities?kind=grant&stage=open", grants),
        Door("Contracts", "/opportunities?kind=contract&stage=open", contracts),
    )


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
