"""Reading one result of TED's search into a notice: pure, no network, no clock."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import chain

from spiders.formats.lenient import decode
from spiders.formats.reading import Object, Reading
from tenderbell.clock import end_of_date, moment, uk_day_start
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Money, Notice, Organisation, Raw, Subject
from tenderbell.text import clean_line, clean_text, safe_link
from tenderbell.vocabulary import Effect

FIELDS = (
    "publication-number", "publication-date", "notice-type", "form-type", "procedure-type", "notice-title",
    "description-lot", "buyer-name", "buyer-country", "place-of-performance", "classification-cpv", "total-value",
    "total-value-cur", "estimated-value-lot", "estimated-value-cur-lot", "deadline-receipt-tender-date-lot", "links",
)  # fmt: skip
"""What is asked for, by the names that recorded searches have used."""

_EFFECTS = {
    "planning": Effect.PLAN,
    "consultation": Effect.ENGAGE,
    "competition": Effect.OPEN,
    "result": Effect.AWARD,
    "dir-awa-pre": Effect.AWARD,
}
_FORM_NAMES = {
    "planning": "Planning notice",
    "consultation": "Market consultation",
    "competition": "Competition notice",
    "result": "Result notice",
    "dir-awa-pre": "Direct award notice",
    "cont-modif": "Contract modification notice",
    "change": "Change notice",
}
_MARKET_CONSULTATION = "pmc"
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?")


def read_notice(raw: Raw) -> Notice:
    """Return what a result says. Raises UnreadableNotice when it is no object or has no publication number."""
    try:
        result = decode(raw.body)
    except ValueError as error:
        raise UnreadableNotice(f"The notice is no JSON: {str(error)[:200]}") from None
    if not isinstance(result, dict):
        raise UnreadableNotice("The notice is no JSON object.")
    reading = Reading()
    number = reading.word(result, "publication-number", "")
    if not number:
        raise UnreadableNotice("The notice has no publication number.")
    return _notice(reading, raw, result, number)


def _notice(reading: Reading, raw: Raw, result: Object, number: str) -> Notice:
    form = reading.word(result, "form-type", "") or ""
    type = reading.word(result, "notice-type", "")
    closes = _deadline(reading, result)
    effect = Effect.ENGAGE if type == _MARKET_CONSULTATION else _EFFECTS.get(form, Effect.NONE)
    countries = _words(result, "buyer-country")
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=next((clean_line(text) for text in _texts(result, "notice-title")), None),
        description=clean_text("\n\n".join(dict.fromkeys(_texts(result, "description-lot")))),
        order=number,
        form=type or form or None,
        form_name=_FORM_NAMES.get(form),
        update=form == "change",
        effect=effect,
        regime="Law of the European Union",
        published_at=_day(reading, result.get("publication-date"), "publication-date", start=True),
        link=_link(reading, result) or safe_link(f"https://ted.europa.eu/en/notice/-/detail/{number}"),
        buyers=tuple(
            Organisation(name=name, roles=("buyer",), region=countries[0] if len(countries) == 1 else None)
            for text in _texts(result, "buyer-name")
            if (name := clean_line(text))
        ),
        method=reading.word(result, "procedure-type", ""),
        subjects=tuple(Subject(code) for code in _words(result, "classification-cpv")),
        delivery_regions=_words(result, "place-of-performance"),
        closes_at=closes if effect is not Effect.ENGAGE else None,
        closes_evidence="deadline-receipt-tender-date-lot" if closes and effect is not Effect.ENGAGE else None,
        engagement_closes_at=closes if effect is Effect.ENGAGE else None,
        value=_value(reading, result),
        doubts=tuple(reading.doubts),
    )


def _texts(result: Object, name: str) -> list[str]:
    """Return the texts of a field in English, or in the first language that it has."""
    value = result.get(name)
    if not isinstance(value, dict):
        return []
    chosen: object = value.get("eng") or next(iter(value.values()), None)
    texts = chosen if isinstance(chosen, list) else [chosen]
    return [text for text in texts if isinstance(text, str) and text.strip()]


def _words(result: Object, name: str) -> tuple[str, ...]:
    """Return the codes of a list, each once: the service repeats them for each lot."""
    value = result.get(name)
    items = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(word for item in items if (word := clean_line(item))))


def _deadline(reading: Reading, result: Object) -> datetime | None:
    """Return the last of the lots' deadlines."""
    name = "deadline-receipt-tender-date-lot"
    value = result.get(name)
    days = value if isinstance(value, list) else [value]
    found = {day for item in days if (day := _day(reading, item, name, start=False))}
    if len(found) > 1:
        reading.doubt("The lots have different deadlines; the last of them is given.")
    return max(found, default=None)


def _day(reading: Reading, value: object, name: str, *, start: bool) -> datetime | None:
    """Return the beginning of the day in the United Kingdom, or its end where the offset holds (`2026-06-12+02:00`)."""
    if value is None:
        return None
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        day = date.fromisoformat(found[1]) if found else None
    except ValueError:
        day = None
    if found is None or day is None:
        if read := moment(value):
            return read
        reading.wrong(value, name, "a date")
        return None
    if start:
        return uk_day_start(day)
    if found[2] is None:
        return end_of_date(day)
    return (datetime.combine(day, time(), _zone(found[2])) + timedelta(days=1, seconds=-1)).astimezone(UTC)


def _zone(offset: str | None) -> timezone:
    if not offset or offset == "Z":
        return UTC
    sign = -1 if offset[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:])))


def _link(reading: Reading, result: Object) -> str | None:
    pages = reading.object(reading.object(result, "links", ""), "html", "links.")
    return next(filter(None, (safe_link(page) for page in chain((pages.get("ENG"),), pages.values()))), None)


def _value(reading: Reading, result: Object) -> Money | None:
    """Return the total, or the estimate of the only lot."""
    total = reading.money(result, "total-value", "")
    if total is not None:
        return Money(net=total, currency=_first(_words(result, "total-value-cur")))
    estimates = _words(result, "estimated-value-lot")
    amount = _amount(estimates[0]) if len(estimates) == 1 else None
    return Money(net=amount, currency=_first(_words(result, "estimated-value-cur-lot"))) if amount else None


def _first(words: Iterable[str]) -> str | None:
    return next(iter(words), None)


def _amount(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,12}(?:\.\d+)?", text) and float(text) >= 1 else None
