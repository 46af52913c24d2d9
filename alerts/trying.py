"""Trying: what a search would do, shown to its owner before it is saved. Nothing is written."""

import sqlite3
from datetime import datetime

from alerts.backtest import Basis, backtest
from alerts.profiles import Profile
from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.pages.manage import Trial, cards_of, fits_today


def try_search(public: sqlite3.Connection, profile: Profile, criteria: Criteria, area: Area, now: datetime) -> Trial:
    """Return what a profile would find and would have sent with these criteria, at its own frequency."""
    past = backtest(public, criteria, now, awards=profile.awards)
    return Trial(
        today=fits_today(public, criteria, now),
        days=past.days,
        emails=past.emails[profile.frequency],
        opportunities=len(past.told),
        latest=cards_of(public, [one.opportunity for one in past.latest], area, now),
        is_young=past.basis is Basis.PUBLICATION,
    )
