"""How the alerts are going out, in numbers, for the status page: nothing of it says who gets them."""

import importlib
import sqlite3
from contextlib import closing
from datetime import datetime

from tenderbell.clock import instant
from tenderbell.database import connect
from tenderbell.notice import Record
from tenderbell.settings import Settings


class Deliveries(Record, frozen=True, omit_defaults=True):
    """What waits, went out and came back; times are aware. `alarms` counts what waits for the operator."""

    due: int
    deferred: int
    failed_week: int
    unknown_week: int
    sent_day: int
    sent_week: int
    bounce_rate: float
    suppressed: int
    alarms: int
    oldest: datetime | None = None
    has_canary: bool = False
    canary_sent: datetime | None = None
    canary_is_well: bool | None = None

    @property
    def bounce_words(self) -> str:
        """The share that came back in a week: "0.4 %", or that too little went to say."""
        return f"{self.bounce_rate:.1%}" if self.sent_week else "nothing was sent"


def deliveries(settings: Settings, public: sqlite3.Connection, now: datetime) -> Deliveries | None:
    """Return how the alerts go out, None while there is no `private.db`, or one that cannot be read (`troubles`
    says why)."""
    if not settings.private_path.exists():
        return None
    try:
        with closing(connect(settings.private_path, read_only=True)) as private:
            found = importlib.import_module("alerts.queue").in_numbers(private, public, settings, now)
    except (sqlite3.DatabaseError, OSError):
        return None
    canary = found["canary"]
    return Deliveries(
        **{name: found[name] for name in _NUMBERS},
        oldest=instant(found["oldest"]),
        has_canary=canary["on"],
        canary_sent=instant(canary["last_sent"]),
        canary_is_well=canary["is_well"],
    )


_NUMBERS = (
    "due", "deferred", "failed_week", "unknown_week", "sent_day", "sent_week", "bounce_rate", "suppressed", "alarms",
)  # fmt: skip
