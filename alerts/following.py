"""Following one opportunity without another confirmation: by a link that stands only in the person's own e-mails."""

import sqlite3
from datetime import datetime

from alerts import follows, profiles
from tenderbell.database import transaction
from tenderbell.opportunity import Opportunity
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency


def follow(
    db: sqlite3.Connection,
    settings: Settings,
    subscriber: int,
    opportunity: Opportunity,
    frequency: Frequency,
    reminder_days: int | None,
    now: datetime,
) -> bool:
    """Follow an opportunity, and hear of it again if it was hidden; twice is the same as once. Returns False for who
    has as many alerts already as one address can have, and for who has left: an old e-mail, perhaps in other hands,
    brings nobody back without a confirmation."""
    name = profiles.clean_name(opportunity.title)
    with transaction(db):
        if not 0 < len(profiles.current(db, subscriber, now)) < profiles.MOST_PROFILES:
            return False
        follows.start(db, settings, subscriber, opportunity.id, name, frequency, reminder_days, now)
    return True
