"""The words that templates use for facts: `tenderbell.phrases` under short names, and links that are surely links."""

from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from tenderbell import phrases
from tenderbell.clock import uk
from tenderbell.pages.findings import findings_shown
from tenderbell.text import safe_link


def link(text: str | None) -> str:
    """Return an http(s) link; anything else becomes a link to nowhere. The last guard before an `href`."""
    return safe_link(text) or "#"


def segment(text: str) -> str:
    """Return text as one segment of a path."""
    return quote(text, safe="-._")


def day(moment: datetime | date | None) -> str:
    """Return "Friday 10 April 2026" on a UK calendar."""
    if moment is None:
        return phrases.NOT_STATED
    return phrases.day_words(uk(moment).date() if isinstance(moment, datetime) else moment)


def moment(instant: datetime | None) -> str:
    """Return "9:15am, Monday 3 November 2026", or "not yet"."""
    return phrases.moment_words(instant) if instant else "not yet"


def count(number: int) -> str:
    """Return "1,200"."""
    return f"{number:,}"


FILTERS: dict[str, Any] = {
    "link": link,
    "segment": segment,
    "day": day,
    "moment": moment,
    "count": count,
    "findings": findings_shown,
    "kind_words": phrases.kind_words,
    "stage_words": phrases.stage_words,
    "reach_words": phrases.reach_words,
    "money": phrases.money_words,
    "exact_money": phrases.exact_money_words,
    "plural": lambda number, noun, many=None: phrases.plural(number, noun, many),
}
