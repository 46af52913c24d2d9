"""Amounts of money as people and portals write them: "£10k-£50k", "up to £5,000", "£2.5 million a year"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tenderbell.notice import Money

LONGEST = 600
"""Characters of a field that is to hold an amount; in longer texts amounts mean all sorts of things."""

MOST = 1e12
"""What no public body spends: larger numbers are slips."""

_NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|"
    r"\d{1,3}(?:\.\d{3})+(?:,\d\d)?(?![\d.])|\d{1,13}(?:\.\d{1,4})?)(?!\d|,\d{3}|\.\d|e[+-]?\d)"
)
_TIMES = r"k|thousand|m|mn|mil|mill?ions?|bn|billions?"
_SIGN = r"£|€|(?:US)?\$|GBP|EUR|USD"
_CODE = r"GBP|EUR|USD|pounds?(?:\s+sterling)?|euros?|dollars?"
_RANGE = re.compile(
    rf"(?P<sign>{_SIGN})?\s*(?<![\d.,/-])(?P<low>{_NUMBER})(?:\s*(?P<low_times>{_TIMES})\b)?(?:\s*(?P<code>{_CODE})\b)?"
    rf"(?:\s*(?P<joint>[-‐-―]|\bto\b|\band\b|\bup to\b)\s*(?P<sign2>{_SIGN})?\s*"
    rf"(?P<high>{_NUMBER})(?:\s*(?P<high_times>{_TIMES})\b)?(?:\s*(?P<code2>{_CODE})\b)?)?",
    re.IGNORECASE,
)
_FACTORS = {"k": 1e3, "t": 1e3, "m": 1e6, "b": 1e9}
_CURRENCIES = {"£": "GBP", "g": "GBP", "p": "GBP", "€": "EUR", "e": "EUR", "$": "USD", "u": "USD", "d": "USD"}
_MOST = re.compile(
    r"\b(?:up to|max(?:imum|\.)?|no more than|not more than|not (?:to )?exceed(?:ing)?|(?<!no )(?<!not )less than|"
    r"under|below|at most|capped at|ceiling|limit|upper)\b[^£€$\d;|\n]{0,25}$",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"\b(?:from|min(?:imum|\.)?|at least|more than|over|above|starting at|in excess of|(?:no|not) less than|lower)\b"
    r"[^£€$\d;|\n]{0,25}$",
    re.IGNORECASE,
)
_MOST_BEHIND = re.compile(r"\s*(?:\(?max(?:imum)?\b|or (?:less|under|below)\b)", re.IGNORECASE)
_LEAST_BEHIND = re.compile(
    r"\s*(?:\+(?!\s*VAT)|\(?min(?:imum)?\b|or (?:more|over|above)\b|and (?:over|above)\b)", re.IGNORECASE
)
_FUND = re.compile(
    r"(?:\b(?P<total>total (?:fund|pot|budget|programme|grant (?:fund|pot|budget)|available)|whole fund)|"
    r"\bfund(?:ing)? (?:size|pot|value|available|envelope|budget)\b|\bfund\b|\bpot\b|\bprogramme budget\b)"
    r"[^£€$\d;|\n.]{0,30}$",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"\b(?:grants?(?! (?:fund|pot|budget|programme|scheme))|awards?|each|individual|"
    r"per (?:project|applicant|organisation))\b[^£€$\d;|\n.]{0,25}$",
    re.IGNORECASE,
)
_FUND_BEHIND = re.compile(
    r"\s*(?:(?!(?:from|of|in|by|the|to|for|towards?|per|and|or)\b)[\w’'-]+\s){0,3}?(?:fund|funding pot|pot|programme|"
    r"scheme|in total|in all(?!\s+[a-z])|altogether|overall(?! (?:contract|budget|cost|value))|total|"
    r"(?:is |are )?available|to (?:distribute|share|give))\b"
    r"(?!\s+(?:per|for (?:each|every)|to (?:each|every)))",
    re.IGNORECASE,
)
_OUT_OF = re.compile(
    r"\b(?:from|out of) (?:an?|the|our|this) (?:[\w-]+ ){0,2}(?:fund|pot|budget|programme)(?: of| worth)?\s*$",
    re.IGNORECASE,
)
"""What stands behind these is the fund, whoever gets how much of it."""

_YEARLY = re.compile(
    r"\b(?:per|each|every|a)[\s-](?:annum|year)\b|/\s*(?:yr|year|annum)\b|\bp\.\s?a\.|(?<=[\dkm]\s)pa\b|\bp/a\b|\bannually\b|"
    r"\b(?:annual|yearly) (?:value|budget|amount|funding|grant|award|contract value|spend)|\byearly\b",
    re.IGNORECASE,
)
_NET = re.compile(
    r"\b(?:ex(?:cl(?:uding|usive)?)?\b\.?(?: of)?|without|net of|before|plus)\s*VAT\b|\+\s*VAT\b", re.IGNORECASE
)
_GROSS = re.compile(r"\b(?:inc(?:l(?:uding|usive)?)?\b\.?(?: of)?|with|gross of)\s*VAT\b", re.IGNORECASE)
_SUM = r"[£€$]\s?[\d.,]*\d(?:\s?(?:k|m|million)\b)?"
_OTHERS_MONEY = re.compile(
    rf"\b(?:income|turnover)s?(?: (?:of|is|are|must be|under|below|over|above|less than|more than|no more than|up to|"
    rf"between|from|at))* {_SUM}(?:\s*(?:-|–|to|and|or)(?: over| under)? ?{_SUM})?(?: (?:a|per) year)?|"
    rf"(?:less than|under|over|below|up to) {_SUM} (?:annual |yearly )?(?:income|turnover)\b|"
    rf"\b\d{{1,3}}(?:\.\d+)?\s?(?:%|per ?cent) of (?:the (?:fund|total|pot)(?: of)? )?{_SUM}",
    re.IGNORECASE,
)
"""What the applicant earns, and a share of something: amounts that nobody is offered."""

_IN_ALL = re.compile(r"\b(?:for|over) (?:\d+|two|three|four|five) years\b|\btotal\b", re.IGNORECASE)
"""Words by which one of several amounts is the whole, beside what it is a year."""

_OTHER_DOLLARS = re.compile(r"\b(?!US\$)[A-Z]{1,3}\$", re.IGNORECASE)
"""Dollars of other countries, whose worth nobody here knows."""

_NO_MONEY = re.compile(r"\s*(?:0\d[\d ]*|\d{1,4}(?:\s*[-–/]\s*\d{1,4})?|[£€$]\s?\d+,\d{1,2})\s*")
"""A year, a few digits without a currency, a telephone number, "£10,00": nobody can tell what is meant."""


@dataclass(frozen=True, slots=True)
class _Amount:
    """One amount or range of a text: which field of Money each number is for."""

    currency: str | None
    named: tuple[tuple[str, float], ...]


def money(text: object) -> Money | None:
    """Return what a field or cell says about money, as stated and in its own currency; None when it says nothing.

    A single amount is both ends of its range, "up to" gives only the upper one; a pot, budget or total is `fund`;
    "ex VAT" and "inc VAT" give `net` and `gross`. A zero is nothing stated. Meant for fields: in running text only the
    sentence about the money should be given.
    """
    if not isinstance(text, str) or len(text) > LONGEST or _NO_MONEY.fullmatch(text) or _OTHER_DOLLARS.search(text):
        return None
    text = _OTHERS_MONEY.sub(" ", text)
    found = [amount for amount in _amounts(text) if amount.named]
    if not found:
        return None
    currencies = {amount.currency for amount in found if amount.currency}
    if len(currencies) > 1:
        found = [amount for amount in found if amount.currency == found[0].currency]
    named = [pair for amount in found for pair in amount.named]
    low, high = min((value for name, value in named if name == "low"), default=None), _largest(named, "high")
    if low is not None and high is not None and low > high:
        return None  # "less than £5,000 or more than £10,000"
    return Money(
        net=_largest(named, "net"),
        gross=_largest(named, "gross"),
        low=low,
        high=high,
        fund=_largest(named, "fund"),
        currency=found[0].currency or next(iter(currencies), "EUR" if "€" in text else None),
        yearly=bool(_YEARLY.search(text)) and not (len(found) > 1 and _IN_ALL.search(text)),
    )


def _largest(named: Iterable[tuple[str, float]], wanted: str) -> float | None:
    return max((value for name, value in named if name == wanted), default=None)


def _amounts(text: str) -> list[_Amount]:
    """Return the amounts of a text, each understood by the words between its neighbours."""
    matches = list(_RANGE.finditer(text))
    ends = [0, *(found.end() for found in matches)]
    starts = [*(found.start() for found in matches[1:]), len(text)]
    amounts = []
    for found, last, following in zip(matches, ends, starts, strict=False):
        if _is_money(found, text):
            before, behind = text[max(last, found.start() - 60) : found.start()], text[found.end() : following]
            amounts.append(_Amount(_currency(found), _named(found, before, behind)))
    return amounts


def _is_money(found: re.Match[str], text: str) -> bool:
    """Return whether a number is an amount: it has a currency, or it is all that the text says."""
    if any(found[name] for name in ("sign", "code", "sign2", "code2")):
        return True
    return not re.search(r"[\w%]", text[: found.start()] + text[found.end() :])


def _currency(found: re.Match[str]) -> str | None:
    sign = next((found[name] for name in ("sign", "code", "sign2", "code2") if found[name]), None)
    return _CURRENCIES[sign[0].lower()] if sign else None


def _named(found: re.Match[str], before: str, behind: str) -> tuple[tuple[str, float], ...]:
    """Return which field of Money each number of a match is for; zeros and slips are left out."""
    low, high = _ends(found)
    if low is not None and high is not None:
        pairs = [("low", min(low, high)), ("high", max(low, high))]
    else:
        amount = high if low is None else low
        pairs = [(name, amount or 0.0) for name in _names(before, behind)]
    return tuple((name, value) for name, value in pairs if 0 < value <= MOST)


def _names(before: str, behind: str) -> tuple[str, ...]:
    """Return the fields that a single amount is for, by the words around it."""
    if name := _fund(before, behind) or _with_or_without_vat(before, behind):
        return (name,)
    if _MOST.search(before) or _MOST_BEHIND.match(behind):
        return ("high",)
    if _LEAST.search(before) or _LEAST_BEHIND.match(behind):
        return ("low",)
    return ("low", "high")


def _fund(before: str, behind: str) -> str | None:
    if _FUND_BEHIND.match(behind) or _OUT_OF.search(before):
        return "fund"
    said = _FUND.search(before)
    if said is None or _EACH.search(before, said.end("total") if said["total"] else 0):
        return None
    return "fund" if said["total"] or not _MOST.search(before) else None


def _with_or_without_vat(before: str, behind: str) -> str | None:
    for words in (behind[:40], before[-40:]):
        net, gross = _NET.search(words), _GROSS.search(words)
        if net or gross:
            return "net" if net and not (gross and gross.start() < net.start()) else "gross"
    return None


def _ends(found: re.Match[str]) -> tuple[float | None, float | None]:
    """Return the ends of a range, or one of them and None for a single amount."""
    low = _number(found["low"], found["low_times"])
    if found["high"] is None:
        return low, None
    high = _number(found["high"], found["high_times"])
    if found["sign2"] and not found["sign"] and not found["code"]:
        return None, high  # "round 2 - £500": the first number is no amount
    if found["high_times"] and not found["low_times"] and _number(found["low"], None) < _number(found["high"], None):
        low = _number(found["low"], found["high_times"])
    if "," in found["high"] and not found["sign2"] and low < 100 <= low * 1000 <= high:
        low *= 1000  # "£10-15,000"
    is_amount = found["sign2"] or found["code2"] or (high >= low and found["joint"].lower() != "and")
    return (low, high) if is_amount or found["high_times"] else (low, None)


def _number(written: str, times: str | None) -> float:
    """Return a number written with commas, spaces, or (where no multiplier follows) points between its thousands."""
    plain = re.sub(r"[\s,]", "", written)
    if times is None and re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d\d)?", written):
        plain = written.replace(".", "").replace(",", ".")
    factor = _FACTORS[times[0].lower()] if times else 1.0
    return round(float(plain) * factor, 2)
