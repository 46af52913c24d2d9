"""The pages of commissioners and funders: a body's record with its newest opportunities and its drawings."""

import sqlite3
from datetime import datetime

from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.notice import Record
from tenderbell.opportunity import load
from tenderbell.pages.cards import Card, card
from tenderbell.pages.charts import Histogram, Strips, histogram, strips
from tenderbell.record.bodies import BodyRecord
from tenderbell.record.report import FEW
from tenderbell.search import search

SHOWN = 4
"""How many of a body's opportunities each list shows; a link leads to all of them."""

GROUPS = (
    ("open", "Open now", ("open",)),
    ("planned", "Planned, and early talks", ("planned", "engagement")),
    ("closed", "Closed", ("closed",)),
    ("awarded", "Awarded", ("awarded",)),
    ("cancelled", "Cancelled", ("cancelled",)),
)


class Group(Record, frozen=True):
    """A body's opportunities at one stage: the newest few, how many there are, and where all of them are."""

    id: str
    title: str
    total: int
    cards: tuple[Card, ...]
    href: str


class BodyPage(Record, frozen=True):
    """Everything that the page of a body shows. `is_few` when its adverts are too few to tell of its habits."""

    record: BodyRecord
    groups: tuple[Group, ...]
    histogram: Histogram | None
    strips: Strips | None
    is_few: bool


def body_page(db: sqlite3.Connection, record: BodyRecord, area: Area, now: datetime) -> BodyPage:
    """Return the page of a body."""
    groups = [_group(db, record.id, area, now, *group) for group in GROUPS]
    return BodyPage(
        record=record,
        groups=tuple(group for group in groups if group.total or group.id == "open"),
        histogram=histogram(record.steps, record.middles),
        strips=strips(record.strips) if len(record.strips) > 1 else None,
        is_few=0 < record.adverts < FEW,
    )


def _group(
    db: sqlite3.Connection, buyer: str, area: Area, now: datetime, id: str, title: str, stages: tuple[str, ...]
) -> Group:
    wanted = Criteria(buyer=(buyer,), stage=stages)
    hits = search(db, wanted, now, limit=SHOWN)
    cards = tuple(card(one, area, now) for one in load(db, hits.numbers))
    return Group(id, title, hits.total, cards, f"/opportunities?{wanted.canonical()}")
