"""Programmes of the National Lottery Community Fund: what a card of the finder and a programme's page say."""

import re
from datetime import datetime
from typing import Any

from lxml import html  # type: ignore[import-untyped]

from spiders.formats import fragments, sections
from spiders.formats.bundle import unbundle
from spiders.formats.fragments import Element
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Notice, Organisation, Raw
from tenderbell.text import safe_link
from tenderbell.vocabulary import Effect, Kind, Reach
from tenderbell.wording import amounts, dates

TITLES = ("h2", "h3", "h4", ".card-title", "a")
HEADING = "h1"
LOCATION, AMOUNT, STATUS, CLOSING = "Project location", "Amount", "Programme status", "Closing date"
LABELS = (LOCATION, AMOUNT, STATUS, CLOSING, "A decision in", "Decision in")
FUNDER = "The National Lottery Community Fund"
UK_WIDE = "UK-wide"
NATIONS = ("England", "Scotland", "Wales", "Northern Ireland")
EVERYWHERE = re.compile(r"\b(?:uk|united kingdom)\b", re.IGNORECASE)
_LABELLED = re.compile(rf"\b({'|'.join(LABELS)})\s*:\s*(.*?)\s*(?=(?:\b(?:{'|'.join(LABELS)})\s*:)|\n|\Z)", re.DOTALL)
_CLOSED = re.compile(r"\b(?:closed|archived|ended|paused|on hold)\b", re.IGNORECASE)
_COMING = re.compile(r"\bcoming soon\b|\bopening\b|\bopens\b|\bupcoming\b|\bnot yet open\b", re.IGNORECASE)
_OPEN = re.compile(r"\bopen\b|\baccepting\b|\brolling\b|\bongoing\b", re.IGNORECASE)
_CLOSES = re.compile(r"\bclos(?:ing|es)\b", re.IGNORECASE)
_WHEN = rf"(?:\d|noon\b|midday\b|midnight\b|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|{dates.MONTH})"
_DEADLINE = re.compile(
    r"\bdeadlines?\b|\bclosing (?:date|time|day)s?\b|\b(?:closes|closing|will close)\b|"
    rf"\b(?:by|until|before|no later than)\b[^.\n]{{0,30}}?\b{_WHEN}",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:no|not have an?|n['’]t have an?|without an?|n['’]t an?|not an?)\s+(?:\w+\s+){0,2}?"
    r"(?:deadlines?|closing (?:date|time|day)s?)\b",
    re.IGNORECASE,
)
_ELIGIBLE = re.compile(r"\bwho can apply\b|\beligib|\bcriteria\b", re.IGNORECASE)
_APPLY = re.compile(r"\bhow (?:to|do you) apply\b|\bapplying\b", re.IGNORECASE)
_VOLUNTARY = re.compile(
    r"\bvoluntary (?:and|or) community\b|\b(?:registered |unregistered )?charit(?:y|ies)\b|\bnot[- ]for[- ]profit\b|"
    r"\bcommunity (?:groups?|organisations?|interest compan(?:y|ies))\b",
    re.IGNORECASE,
)


def stated_in(card: Element) -> dict[str, str]:
    """Return what a card says, by label."""
    return {label: " ".join(value.split()) for label, value in _LABELLED.findall(fragments.text(card) or "")}


def title_of(card: Element) -> str | None:
    """Return the name of a card's programme."""
    found = (fragments.line(fragments.first(card, selector)) for selector in TITLES)
    return next((title for title in found if title), None)


def effect_of(status: str | None) -> tuple[Effect, bool]:
    """Return (what a status means, whether it says so clearly)."""
    words = status or ""
    if _CLOSED.search(words):
        return Effect.CLOSE, True
    if _COMING.search(words):
        return Effect.PLAN, True
    return Effect.OPEN, bool(_OPEN.search(words) or _CLOSES.search(words))


def regions_of(location: str | None) -> tuple[str, ...]:
    """Return where a programme is for, by the names that the fund uses; all four nations are the whole country."""
    words = location or ""
    named = tuple(nation for nation in NATIONS if re.search(rf"\b{nation}\b", words, re.IGNORECASE))
    if EVERYWHERE.search(words) or len(named) == len(NATIONS):
        return (UK_WIDE,)
    return named or ((words,) if words else ())


def read_programme(raw: Raw, base: str, reach: Reach | None) -> Notice:
    """Return what a programme's card and page say. Raises UnreadableNotice when neither names it."""
    parts = unbundle(raw.body)
    card = fragments.fragment(parts.get("row") or "<div></div>")
    page = fragments.fragment(parts.get("page") or "<div></div>")
    title = title_of(card) or fragments.line(fragments.first(page, HEADING))
    if not title:
        raise UnreadableNotice("Neither the card nor the page of the programme names it.")
    stated = stated_in(card) or stated_in(page)
    effect, _ = effect_of(stated.get(STATUS))
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=title,
        form="programme",
        form_name="Programme of The National Lottery Community Fund",
        effect=effect,
        link=_link(card, base)
        or (safe_link(f"{base}/funding/funding-programmes/{raw.key}") if parts.get("page") else None),
        buyers=(Organisation(FUNDER, roles=("buyer",)),),
        kind=Kind.GRANT,
        kind_evidence="The fund's programmes award grants.",
        reach=reach,
        delivery_regions=regions_of(stated.get(LOCATION)),
        delivery_text=stated.get(LOCATION),
        value=amounts.money(stated.get(AMOUNT)),
        **_what(card, sections.sections(_content(page))),
        **_when(stated, effect, fragments.text(card), fragments.text(page)),
    )


def _what(card: Element, text: list[tuple[str, str]]) -> dict[str, Any]:
    eligibility = sections.about(text, _ELIGIBLE)
    return {
        "description": _description(card, text),
        "vcse_suitable": True if _VOLUNTARY.search(eligibility or "") else None,
        "eligibility": eligibility,
        "how_to_apply": sections.about(text, _APPLY),
    }


def _when(stated: dict[str, str], effect: Effect, card: str | None, page: str | None) -> dict[str, Any]:
    """Return the deadline, or that there is none by design, or neither; and all doubts. Silence is no statement: only a
    page that was read, of a programme that says that it is open, can show that nothing closes it."""
    closes_at, evidence = _closing(stated, card, page)
    _, is_clear = effect_of(stated.get(STATUS))
    wording = _DEADLINE.search(_DENIED.sub(" ", f"{card or ''}\n{page or ''}"))
    is_open = effect is Effect.OPEN and is_clear
    is_rolling = is_open and page is not None and wording is None and evidence is None
    unknown = None
    if is_open and evidence is None and not is_rolling:
        why = f"it speaks of a deadline (“{_around(wording)}”)" if wording else "its page has not been read"
        unknown = f"Whether the programme has a deadline is not known: {why}."
    return {
        "closes_at": closes_at,
        "closes_evidence": _no_deadline(stated) if is_rolling else evidence,
        "rolling": is_rolling or None,
        "doubts": _doubts(stated, closes_at, unknown),
    }


def _closing(stated: dict[str, str], card: str | None, page: str | None) -> tuple[datetime | None, str | None]:
    """Return (the deadline, where it stands): under its label, else clearly labelled in the card or the page."""
    written = stated.get(CLOSING)
    if written:
        return dates.deadline(written), f"The card says “{CLOSING}: {written}”"
    for place, text in (("card", card), ("page", page)):
        if labelled := dates.labelled_deadline(text):
            return labelled[0], f"The programme's {place} says “{labelled[1]}”"
    return None, None


def _around(found: re.Match[str]) -> str:
    """Return the words about a match, within its line."""
    before, after = found.string[: found.start()], found.string[found.start() :]
    return " ".join(f"{before.rpartition(chr(10))[2][-40:]}{after.partition(chr(10))[0][:60]}".split())


def _no_deadline(stated: dict[str, str]) -> str:
    return f"The programme has no deadline: its status is “{stated[STATUS]}”. Its page states no closing date"


def _doubts(stated: dict[str, str], closes_at: datetime | None, unknown: str | None) -> tuple[str, ...]:
    status, amount, closing = stated.get(STATUS), stated.get(AMOUNT), stated.get(CLOSING)
    is_unclear = not effect_of(status)[1]
    unclear = f"The status of the programme is {f'“{status}”' if status else 'not stated'}." if is_unclear else None
    unread = f"The amount “{amount}” could not be read." if amount and amounts.money(amount) is None else None
    undated = f"The closing date “{closing}” could not be read." if closing and closes_at is None else None
    return tuple(doubt for doubt in (unclear, unread, undated, unknown) if doubt)


def _link(card: Element, base: str) -> str | None:
    links = (fragments.stable_link(link.get("href"), base) for link in card.iter("a"))
    return next((link for link in links if link), None)


def _content(page: Element) -> str:
    """Return the HTML of a kept page without its heading and its labelled rows: the piece that was kept last."""
    return str(html.tostring(page[-1], encoding="unicode")) if len(page) else ""


def _description(card: Element, text: list[tuple[str, str]]) -> str | None:
    """Return the card's own words, without title and labels, and the page's sections."""
    summary = _LABELLED.sub("", fragments.text(card) or "").replace(title_of(card) or "", "", 1)
    lines = [line.strip() for line in summary.split("\n") if line.strip()]
    body = sections.besides(text, _ELIGIBLE, _APPLY)
    words = "\n".join(lines)
    return "\n\n".join(part for part in (words if words not in (body or "") else None, body) if part) or None
