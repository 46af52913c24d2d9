"""Pauses: until when a profile sends nothing."""

import sqlite3
from datetime import date, datetime

from tenderbell.clock import instant, uk_day_start


def pause_end(profile: sqlite3.Row) -> datetime | None:
    """Return when a profile's latest pause ends or ended: when its owner resumed it, else the beginning of the UK day
    that they chose. None when it was never paused."""
    if not profile["paused_until"]:
        return None
    return instant(profile["resumed_at"]) or uk_day_start(date.fromisoformat(profile["paused_until"]))


def is_paused(profile: sqlite3.Row, now: datetime) -> bool:
    """Return whether a profile sends nothing at this moment."""
    end = pause_end(profile)
    return end is not None and now < end
