"""How soon an advert was seen: the time from its publication to our first look at it."""

from collections.abc import Sequence
from datetime import datetime

from tenderbell.opportunity import Sighting
from tenderbell.phrases import plural

SECONDS_AN_HOUR = 3600


def hours_after_publication(seen: Sequence[Sighting]) -> float | None:
    """Return the hours from the first publication to the first sighting of that notice, to a tenth; None when either is
    not known. A date of publication that lies ahead counts as none at all: 0."""
    dated = [one for one in seen if one.published_at and one.first_seen]
    first = min(dated, key=lambda one: one.published_at or datetime.max, default=None)
    return hours_between(first.published_at, first.first_seen) if first else None


def hours_between(published_at: datetime | None, first_seen: datetime | None) -> float | None:
    """Return the hours from a publication to the first sighting of it, to a tenth; None when either is not known."""
    if published_at is None or first_seen is None:
        return None
    return round(max(0.0, (first_seen - published_at).total_seconds() / SECONDS_AN_HOUR), 1)


def hours_words(hours: float) -> str:
    """Return "less than an hour after", "3 hours after" or "2 days after", to stand before "it was published"."""
    if hours < 1:
        return "less than an hour after"
    if hours < 48:
        return f"{plural(round(hours), 'hour')} after"
    return f"{plural(round(hours / 24), 'day')} after"
