"""Dates as people and feeds write them. Without a zone they are UK time (ruling 7)."""

import re
from datetime import UTC, datetime, time
from email.utils import mktime_tz, parsedate_tz

from dateutil import parser

from tenderbell.clock import UK, end_of_date, moment, uk_day_start

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
_DAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?(?:the\s+)?"
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTHS}),?\s+(?P<year>20\d\d)"
    r"|(?P<day2>\d{1,2})/(?P<month2>\d{1,2})/(?P<year2>20\d\d)"
)
_HOUR = (
    r"(?P<noon>(?:12(?:[.:]00)?\s*)?(?:noon|midday))|(?P<midnight>(?:12\s*)?midnight)"
    r"|(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s*(?P<half>[ap])\.?m\b\.?|(?P<hour2>\d{1,2}):(?P<minute2>\d\d)"
)
_LABEL = (
    r"\b(?:closing (?:date|time)|deadline|(?:applications?|bids?|tenders?|expressions of interest|fund)\s+closes?)\b"
    r"(?:\s+(?:date|time))?(?:\s+for\s+(?:[a-z]+\s?){1,5}?)?\s*(?:is|are|on|by|:|-|–)?\s*(?:on|by|at)?\s*"
)
_CLOSING = re.compile(
    rf"{_LABEL}(?:(?:{_HOUR})\s*,?\s*(?:on\s+)?)?(?:{_DAY})\b",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"[\s,(]*(?:at|by|until)?\s*(?:{_HOUR})", re.IGNORECASE)
_ZONE = re.compile(r"(?:[+-]\d{4}|\b(?:GMT|UTC?|Z|[ECMP][SD]T))$")
_WRITTEN_OUT = re.compile(r"\b(?:19|20)\d\d\b")


def published(text: object) -> datetime | None:
    """Return the instant of a publication date from a feed: RFC 822, ISO 8601, or written out; None for anything
    else. A date alone is the beginning of that UK day."""
    if not isinstance(text, str) or not 8 <= len(text.strip()) <= 60:
        return None
    text = text.strip()
    if len(text) == 10 and (day := moment(text)):
        return uk_day_start(day.astimezone(UK).date())
    return moment(text) or _rfc822(text) or _written(text)


def _rfc822(text: str) -> datetime | None:
    """Read `Mon, 05 Jan 2026 10:00:00 BST`; a zone that is no zone of RFC 822, or none, is UK time."""
    try:
        parts = parsedate_tz(text)
        if parts is None or parts[0] < 1990:
            return None
        if not _ZONE.search(text):
            return datetime(*parts[:6], tzinfo=UK).astimezone(UTC)
        return datetime.fromtimestamp(mktime_tz(parts), UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _written(text: str) -> datetime | None:
    if not _WRITTEN_OUT.search(text):
        return None
    try:
        read = parser.parse(text, dayfirst=True, default=datetime(2000, 1, 1), ignoretz=False)
        return (read if read.tzinfo else read.replace(tzinfo=UK)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError, TypeError):
        return None


def labelled_deadline(text: str | None) -> tuple[datetime, str] | None:
    """Return (instant, the words that say so) of a clearly labelled closing date: "Closing date: 5 January 2027 at
    noon". None when there is none, or when the text labels different ones."""
    if not text:
        return None
    found: dict[datetime, str] = {}
    for match in _CLOSING.finditer(text[:20_000]):
        after = _AFTER.match(text, match.end())
        if deadline := _deadline(match, after):
            words = text[match.start() : after.end() if after else match.end()]
            found.setdefault(deadline, " ".join(words.split())[:120])
    return found.popitem() if len(found) == 1 else None


def _deadline(match: re.Match[str], after: re.Match[str] | None) -> datetime | None:
    try:
        day = datetime(*_year_month_day(match)).date()
        hour = _hour(match) or _hour(after)
        return datetime.combine(day, hour, UK).astimezone(UTC) if hour else end_of_date(day)
    except ValueError:
        return None


def _year_month_day(match: re.Match[str]) -> tuple[int, int, int]:
    if match["day2"]:
        return int(match["year2"]), int(match["month2"]), int(match["day2"])
    names = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    return int(match["year"]), names.index(match["month"][:3].lower()) + 1, int(match["day"])


def _hour(match: re.Match[str] | None) -> time | None:
    """Return the time of day; midnight is the end of the day, which no time says, so it is None."""
    if match is None or match["midnight"]:
        return None
    if match["noon"]:
        return time(12)
    if match["hour2"]:
        return time(int(match["hour2"]), int(match["minute2"]))
    if match["hour"]:
        afternoon = 12 if match["half"].lower() == "p" else 0
        return time(int(match["hour"]) % 12 + afternoon, int(match["minute"] or 0))
    return None
