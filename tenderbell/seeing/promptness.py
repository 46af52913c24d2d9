"""How soon an advert was here: from its publication at the source to its page, over the last 30 days."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

import msgspec

from tenderbell.clock import instant, stamp
from tenderbell.delays import hours_between

LOOKED_BACK = timedelta(days=30)
MOST_EVENTS = 5_000
"""Events that are looked back at: a month of a county is some hundreds."""


class Promptness(msgspec.Struct, frozen=True):
    """The median hours from publication, and of how many adverts it is the median."""

    hours: float
    of: int


def middle(hours: Iterable[float | None]) -> Promptness | None:
    """Return the median of what is known, None when nothing is."""
    known = [one for one in hours if one is not None]
    return Promptness(round(median(known), 1), len(known)) if known else None


def to_page(public: sqlite3.Connection, now: datetime) -> Promptness | None:
    """Return how soon new adverts had a page. Those of a first harvest do not count: they were old when it began."""
    rows = public.execute(
        "select o.published_at, e.noticed_at from (select * from event order by number desc limit ?) e "
        "join opportunity o on o.id = e.opportunity where e.type = 'new' and not e.silent and e.noticed_at > ?",
        (MOST_EVENTS, stamp(now - LOOKED_BACK)),
    )
    return middle(hours_between(instant(published), instant(noticed)) for published, noticed in rows)
