"""Trying: what a search would have sent, as pages show it before anything is saved. Nothing is written."""

import sqlite3
from datetime import datetime

from alerts.backtest import Backtest, Basis, backtest
from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.criteria import Criteria
from tenderbell.notice import Record
from tenderbell.opportunity import find_all
from tenderbell.pages.cards import Card, card
from tenderbell.phrases import day_words
from tenderbell.vocabulary import Frequency

YOUNG = "We have watched for less than 90 days, so this goes by the days on which notices were published."


class Trial(Record, frozen=True):
    """What a search would have sent in `span` (words that begin a sentence), which is so many `days`: e-mails by
    frequency, with so many opportunities, the latest of them. `notes` say what limits the counting."""

    span: str
    days: int
    emails: dict[Frequency, int]
    opportunities: int
    latest: tuple[Card, ...]
    notes: tuple[str, ...]


def try_search(
    public: sqlite3.Connection, criteria: Criteria, area: Area, now: datetime, *, awards: bool = False
) -> tuple[Trial, Backtest]:
    """Return what a search would have sent, for a page, and the backtest that it comes from."""
    past = backtest(public, criteria, now, awards=awards)
    since = day_words(uk(past.since).date())
    notes = [] if past.whole else [f"There is too much to count further back than {since}."]
    notes += [YOUNG] if past.basis is Basis.PUBLICATION else []
    trial = Trial(
        span=f"In the last {past.days} days" if past.whole else f"Since {since} alone",
        days=past.days,
        emails=past.emails,
        opportunities=len(past.told),
        latest=tuple(card(one, area, now) for one in find_all(public, [told.opportunity for told in past.latest])),
        notes=tuple(notes),
    )
    return trial, past
