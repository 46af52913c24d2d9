"""Can a source be believed when it is silent? One answer for pages, e-mails and the command line."""

from datetime import datetime, timedelta

FRESH = timedelta(hours=36)
"""A source whose last success is older than this cannot be believed when it is silent."""

PATIENCE = timedelta(hours=24)
"""How long a source that once worked may fail before a human should look: earlier than nobody believes it any more."""


def is_believed(last_success: datetime | None, now: datetime) -> bool:
    """Return whether a source answered lately enough for its silence to mean that there was nothing. One that has
    never been walked to its end, because it never ran or is in its first run, is not believed."""
    return last_success is not None and now - last_success <= FRESH


def needs_human(last_success: datetime | None, now: datetime) -> bool:
    """Return whether a source that is failing needs a human: one that never worked needs one at once."""
    return last_success is None or now - last_success > PATIENCE
