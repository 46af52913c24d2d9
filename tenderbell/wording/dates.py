"""Dates and times of day as people, portals and feeds write them. Without a zone they are UK time (ruling 7)."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from tenderbell.clock import UK, end_of_date, moment, uk_day_start

WholeDay = Callable[[date], datetime]
"""Turns a day without a time of day into an instant."""

LONGEST = 200
"""Characters of a field that is to hold a date; what is longer is a text, in which only labels count."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\b\.?"
)
"""The name of a month, as part of a pattern."""

_YEAR = r"(?:19|20)\d\d(?!\d)|['’]?[2-4]\d(?!\d|\s*[:.]\d|\s*(?:[ap]\.?m|noon|midday|midnight|h)\b)"
"""A year of four digits, or of two that are no time of day ("10 April 23:59", "10 April 24 hours")."""

_DATE = re.compile(
    r"(?:\b(?P<weekday>mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs?|ur)?(?:day)?\b[\s,.]*(?:the\s+)?)?(?<![\d£.:/])(?:"
    r"(?P<year1>(?:19|20)\d\d)(?P<sep1>[-/.])(?P<month1>\d\d?)(?P=sep1)(?P<day1>\d\d?)(?!\d)"
    r"|(?P<day2>\d\d?)(?P<sep2>[-/.])(?P<month2>\d\d?)(?P=sep2)(?P<year2>\d{4}|\d\d)(?!\d|[-/.]\d)"
    rf"|(?P<day3>\d\d?)(?:st|nd|rd|th)?[\s-]*(?:(?:day\s+)?of\s+)?(?P<month3>{MONTH})(?:[\s,-]*(?P<year3>{_YEAR}))?"
    rf"|\b(?P<month4>{MONTH})\s*(?:the\s+)?(?P<day4>\d\d?)(?:st|nd|rd|th)?(?![\d:.]\d)(?:[\s,]+(?P<year4>{_YEAR}))?)",
    re.IGNORECASE,
)
_CLOCK = r"o\s?['’`]?\s?clock\b"
_HALF = (
    r"(?:(?P<half>[ap])\.?\s?m\b\.?|(?:in\s+the|at)\s+"
    r"(?:(?P<morning>morning\b)|(?:after\s?noon|evening|night)\b))"
)
"""Before or after noon: "pm", "in the afternoon"."""

_TIME = re.compile(
    rf"(?<![\d.:£/+])(?:(?P<noon>(?:12(?:[.:]00)?\s*(?:pm|{_CLOCK})?\s*)?(?<![A-Za-z])(?:noon|midday|mid-day)\b)"
    rf"|(?P<midnight>(?:(?:12|24|00?)(?:[.:]00)?\s*(?:am|{_CLOCK})?\s*)?(?:at\s+)?midnight\b|24[:.]00(?:[:.]00)?)"
    r"|(?P<hour1>1[0-2]|0?\d)(?:[:.](?P<minute1>[0-5]\d))?(?:[:.](?P<second1>[0-5]\d))?"
    rf"\s*(?:{_CLOCK}[\s,]*)?{_HALF}"
    r"|(?P<hour2>[01]?\d|2[0-3])[:.](?P<minute2>[0-5]\d)(?:[:.](?P<second2>[0-5]\d)(?:\.\d+)?)?(?!\d|[:./]\d)(?:\s*pm\b)?"
    r"|(?P<hour3>[01]\d|2[0-3])(?P<minute3>[0-5]\d)\s*h(?:ou)?rs?\b)"
    r"(?:\s*\(?(?P<zone>[A-Z]{2,4}\b|Z\b)?\s?(?P<offset>[+-]\d\d:?\d\d\b)?)?",
    re.IGNORECASE,
)
_UNREAD_TIME = re.compile(
    rf"\b(?:\w+\s*)?{_CLOCK}|\b(?:half|quarter|\d\d?)(?:\s+minutes?)?\s+(?:past|to)\s+\w+|"
    r"\b(?:\d\d?\s*|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s+)[ap]\.?\s?m\b|"
    r"(?<![\d.£])\d\d?[:.]\d\d\b(?!\.\d)|"
    r"\b(?:at|by|before|until|than)\s+(?:1?\d|2[0-4])(?=\s*(?:$|[,;.(]|(?:on|this|in)\b|\s\s))|"
    r"\b(?:in the|this|at) (?:morning|after\s?noon|evening|night)\b|"
    r"\b(?:close|end) of (?:the )?(?:business|play|office hours|working (?:day|hours))\b|\bCOB\b",
    re.IGNORECASE,
)
"""What looks like a time of day; counts where `_TIME` has left it over."""

_THING = (
    r"(?:applications?|bids?|tenders?|proposals?|quotes?|quotations?|submissions?|responses?|expressions? of interest|"
    r"eois?|grants?|funds?|rounds?|calls?|programmes?|schemes?|opportunity|entries|forms?|window)"
)
_LABEL = re.compile(
    r"\b(?:closing (?:date|time)s?|(?:submission |application |tender |final |funding )?deadline|"
    rf"last date|date of closing|end date for {_THING}|"
    rf"{_THING}\s+(?:(?:round\s+)?\d+\s+)?(?:will\s+|now\s+)?(?:closes?|deadline)|clos(?:es|ing)(?=\s*(?:on|at|:|\d|\w+day))|"
    rf"{_THING}\s+(?:\d+\s+)?(?:(?:must|should|need to|are to|have to|will have to)\s+(?:be|reach|arrive)|"
    r"(?:are\s+)?due|(?:are\s+|is\s+|remains?\s+)?open until)|"
    r"(?:submitted|received|returned|lodged|apply|respond|applying)(?=(?:\s+\w+){0,3}\s+(?:by|before|until|than)\b))\b",
    re.IGNORECASE,
)
_OTHER_THING = re.compile(
    r"\s*(?:for|of)\s+(?:\w+\s+){0,3}?(?:clarifications?|questions?|quer(?:y|ies)|enquir(?:y|ies)|reports?|reporting|"
    r"spend(?:ing)?|complet\w+|payments?|comments?|objections?|bookings?|feedback|delivery|works?)\b",
    re.IGNORECASE,
)
_OTHER_SUBJECT = re.compile(
    r"\b(?:roads?|offices?|shops?|schools?|librar(?:y|ies)|museums?|exhibitions?|centres?|stations?|bridges?|lanes?|streets?|"
    r"sites?|consultations?|surveys?|polls?|doors|votes?|petitions?|auctions?)(?:\s+(?:also|now|then|which|that|it))?\s*$",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"(?:\s+(?:for|to)(?:\s+(?!(?:is|are|on|by|at|was|opens?|instead|from)\b)[\w’'-]+){1,8}?(?=\s*[:–-]|\s+(?:is|are|on|by|at)\b|"
    r"\s+\d))?(?:[\s:,;()–—-]|\b(?:date|time|day|is|are|be|will|now|has been|extended|to|on|by|at|before|until|of|the|"
    r"no later than|not later than|later than|received|submitted|returned|lodged|made|in|us|with|strictly|dated?|and|"
    r"online|via|e-?mail|post|hand|portal|your|applications?|forms?)\b)*+",
    re.IGNORECASE,
)
_JOINT = re.compile(r"[\s,;:(–—-]*(?:\b(?:on|at|by|until|before|of|the|is)\b[\s,(]*)*+", re.IGNORECASE)
_STEMS = (
    "clos",
    "deadline",
    "last date",
    "end date",
    "must ",
    "should ",
    "need to",
    "due",
    "open until",
    "by ",
    "than ",
)
_NUMBER = re.compile(r"\d+")
LONGEST_LABEL = 200
"""Characters from the beginning of a label to the first number of its date or time, at most."""

_ASP = re.compile(r"\\?/Date\((-?\d{1,16})(?:[+-]\d{4})?\)\\?/")
_LONE_YEAR = re.compile(r"(?<![\d.:/-])(?:19|20)\d\d(?![\d:/-])")
_UK_PLACE = re.compile(r"\b(?:london|edinburgh|uk (?:local )?time|local time)\b", re.IGNORECASE)
_ZONES = {
    "z": 0, "utc": 0, "ut": 0, "gmt": 0, "wet": 0, "bst": 1, "west": 1, "cet": 1, "cest": 2, "est": -5, "edt": -4,
    "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
"""Hours ahead of UTC. Any other word behind a time is no zone, and the time is UK time."""


def deadline(text: object, near: datetime | None = None) -> datetime | None:
    """Return the instant of a deadline from a field or cell: "noon on 3rd March 2026", "10/04/2026 12:00",
    "/Date(1770000000000)/", ISO 8601. UTC.

    A date alone, or with "midnight", is the last second of that UK day. Without a year it is the next such date from
    `near` on, usually the publication; without `near` it is None. None too for a day that does not exist, for several
    different dates or times, for a time of day that cannot be read ("4 o'clock"), and for anything else.
    """
    return _read(text, near, end_of_date, needs_time=True)


def published(text: object, near: datetime | None = None) -> datetime | None:
    """Return the instant of a publication date in any of the forms of `deadline`, and of RFC 822. A date alone is the
    beginning of that UK day."""
    return _read(text, near, uk_day_start)


def _read(text: object, near: datetime | None, whole: WholeDay, *, needs_time: bool = False) -> datetime | None:
    if not isinstance(text, str) or not 5 <= len(text) <= LONGEST:
        return None
    text = text.strip()
    if found := _ASP.search(text):
        return _from_milliseconds(int(found[1]))
    if text[:4].isdigit() and text[4:5] == "-" and (iso := moment(text)):
        return whole(iso.astimezone(UK).date()) if len(text) == 10 else iso
    return _written(text, near, whole, needs_time)


def _from_milliseconds(count: int) -> datetime | None:
    """Return the instant of ASP.NET's `/Date(ms)/`; an offset behind it says only where it was written."""
    try:
        instant = datetime.fromtimestamp(count // 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return instant if 1990 <= instant.year < 2100 else None


def _written(text: str, near: datetime | None, whole: WholeDay, needs_time: bool) -> datetime | None:
    """Read a text that holds one date, and perhaps one time of day, among other words. With `needs_time` a time of day
    that cannot be read makes the whole unreadable: the end of the day would be hours too late."""
    dates = list(_DATE.finditer(text))
    if not dates:
        return None
    rest = _DATE.sub(" ", text)
    times = list(_TIME.finditer(rest))
    lone = _LONE_YEAR.search(_TIME.sub(" ", rest))
    days = {_day(found, near, int(lone[0]) if lone else None) for found in dates}
    clocks = {_clock(found, text) for found in times}
    if len(days) != 1 or len(clocks) > 1 or (needs_time and not times and _UNREAD_TIME.search(rest)):
        return None
    day = days.pop()
    return None if day is None else _instant(day, clocks.pop() if clocks else None, whole)


def _day(found: re.Match[str], near: datetime | None, year: int | None = None) -> date | None:
    """Return the day that a match of `_DATE` names; None when there is none such."""
    number = next(n for n in "1234" if found[f"day{n}"])
    month, day = _month(found[f"month{number}"]), int(found[f"day{number}"])
    written = found[f"year{number}"]
    if written is None and year is None:
        return _next(month, day, found["weekday"], near)
    stated = int(written.lstrip("'’")) if written else year or 0
    return _existing(stated if stated > 99 else 2000 + stated, month, day)


def _month(written: str) -> int:
    return int(written) if written.isdigit() else _MONTHS.index(written[:3].lower()) + 1


def _existing(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1990 <= year < 2100 else None
    except ValueError:
        return None


def _next(month: int, day: int, weekday: str | None, near: datetime | None) -> date | None:
    """Return the next such day from `near` on, within a year; where the weekday rules it out, the one nearby that it
    fits (a notice may speak of a day that has just passed)."""
    if near is None:
        return None
    today = near.astimezone(UK).date()
    around = [found for years in (0, 1, -1) if (found := _existing(today.year + years, month, day))]
    coming = [found for found in around if today <= found <= today + timedelta(days=366)]
    if weekday is None:
        return coming[0] if coming else None
    fitting = [found for found in around if _WEEKDAYS[found.weekday()] == weekday[:3].lower()]
    return next((found for found in (*coming, *around) if found in fitting), None)


Clock = tuple[time | None, tzinfo]
"""A time of day with its zone; None is midnight at the end of the day."""


def _clock(found: re.Match[str], text: str) -> Clock:
    zone = _zone(found, text)
    if found["noon"]:
        return time(12), zone
    if found["midnight"]:
        return None, zone
    if found["hour1"]:
        is_morning = (found["half"] or "").lower() == "a" or bool(found["morning"])
        hour = int(found["hour1"]) % 12 + (0 if is_morning else 12)
        return time(hour, int(found["minute1"] or 0), int(found["second1"] or 0)), zone
    if found["hour2"]:
        return time(int(found["hour2"]), int(found["minute2"]), int(found["second2"] or 0)), zone
    return time(int(found["hour3"]), int(found["minute3"])), zone


def _zone(found: re.Match[str], text: str) -> tzinfo:
    """Return the zone stated behind a time. Product menus call London's "(UTC+00:00) London" in summer too."""
    if _UK_PLACE.search(text):
        return UK
    if offset := found["offset"]:
        sign = -1 if offset[0] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:])))
    hours = _ZONES.get((found["zone"] or "").lower())
    return UK if hours is None else timezone(timedelta(hours=hours))


def _instant(day: date, clock: Clock | None, whole: WholeDay) -> datetime | None:
    hour, zone = clock or (None, UK)
    if hour is None:
        return whole(day)
    try:
        return datetime.combine(day, hour, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def labelled_deadline(text: str | None, near: datetime | None = None) -> tuple[datetime, str] | None:
    """Return (instant, the words that say so) of a clearly labelled closing date in running text: "Closing date:
    5 January 2027 at noon", "applications must be received by 5pm on 1/12/26". None when there is none, when the text
    labels different ones, and for the deadline of something else (questions, reports)."""
    if not text:
        return None
    found: dict[datetime, str] = {}
    for instant, words in _labelled(text, near):
        if instant is None:
            return None
        found.setdefault(instant, words)
    return found.popitem() if len(found) == 1 else None


def unread_deadline(text: str | None, near: datetime | None = None) -> str | None:
    """Return the words of a labelled closing date in running text whose time of day cannot be read ("closes on 3 March
    2027 at 4 o'clock"): `labelled_deadline` then gives none, and the notice is to say why. None when there is none."""
    return next((words for instant, words in _labelled(text or "", near) if instant is None), None)


def deadline_doubts(text: str | None, near: datetime | None = None) -> tuple[str, ...]:
    """Return the doubt of a notice whose text states a deadline that cannot be read; empty otherwise."""
    words = unread_deadline(text, near)
    return (f"The deadline “{words}” could not be read.",) if words else ()


def _labelled(text: str, near: datetime | None) -> Iterator[tuple[datetime | None, str]]:
    """Yield (instant, words) of each labelled closing date; None for one whose time of day cannot be read."""
    text = text[:20_000]
    for label in _labels(text):
        if said := _stated_behind(text, label, near):
            yield said[0], " ".join(text[label.start() : said[1]].split())[:120]


def _labels(text: str) -> list[re.Match[str]]:
    """Return the labels in a text. Only where a number follows is there anything to look for."""
    lowered = text.lower()
    if not any(stem in lowered for stem in _STEMS):
        return []
    found = [label for start, end in _before_numbers(text) for label in _LABEL.finditer(text, start, end)]
    return [label for label in found if _is_about_applying(text, label)]


def _before_numbers(text: str) -> list[tuple[int, int]]:
    """Return the stretches of a text that end in a number, those that overlap as one."""
    stretches: list[tuple[int, int]] = []
    for number in _NUMBER.finditer(text):
        start = max(0, number.start() - LONGEST_LABEL)
        if stretches and start <= stretches[-1][1]:
            start = stretches.pop()[0]
        stretches.append((start, number.end()))
    return stretches


def _is_about_applying(text: str, label: re.Match[str]) -> bool:
    """Return whether a label is not one of a road, a consultation, or questions about the documents."""
    before = text[max(0, label.start() - 40) : label.start()]
    return not _OTHER_THING.match(text, label.end()) and not _OTHER_SUBJECT.search(before)


def _stated_behind(text: str, label: re.Match[str], near: datetime | None) -> tuple[datetime | None, int] | None:
    """Return (instant, where it ends) of the date that stands right behind a label, with its time on either side. The
    instant is None when a time is there and cannot be read."""
    position = _end(_PATH.match(text, label.end()))
    before = _TIME.match(text, position)
    odd = None if before else _UNREAD_TIME.match(text, position)
    early = before or odd
    found = _DATE.match(text, _end(_JOINT.match(text, early.end())) if early else position)
    if found is None or (day := _day(found, near)) is None:
        return None
    after = _TIME.match(text, _end(_JOINT.match(text, found.end())))
    clock = before or after
    if clock is None and (late := odd or _unread_behind(text, found.end())):
        return None, max(found.end(), late.end())
    end = after.end() if after else found.end()
    instant = _instant(day, _clock(clock, text[label.start() : end + 20]) if clock else None, end_of_date)
    return (instant, end) if instant else None


def _unread_behind(text: str, position: int) -> re.Match[str] | None:
    """Return what looks like a time of day right behind a date ("at 4", "(close of business)")."""
    behind = len(text) - len(text[position:].lstrip(" \t,;:(–—-"))
    return _UNREAD_TIME.match(text, behind) or _UNREAD_TIME.match(text, _end(_JOINT.match(text, position)))


def _end(found: re.Match[str] | None) -> int:
    assert found is not None  # noqa: S101 (both patterns match nothing as well)
    return found.end()
