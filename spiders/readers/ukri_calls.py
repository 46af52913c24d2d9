"""Calls of UK Research and Innovation: what an entry of the feed and the page of a call say."""

import re
from datetime import datetime
from typing import Any

from lxml import html  # type: ignore[import-untyped]

from spiders.feeds.entries import DATES, JSON, XML, Fields, fields_of
from spiders.formats import fragments, sections
from spiders.formats.bundle import unbundle
from spiders.formats.fragments import Element
from spiders.words.kinds import by_default
from tenderbell.clock import stamp
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Money, Notice, Organisation, Raw
from tenderbell.text import clean_line, clean_text, safe_link
from tenderbell.vocabulary import Effect, Kind, Reach
from tenderbell.wording import amounts, dates

TITLE = "h1"
STATUS, CLOSING = "opportunity status", "closing date"
_TITLE_PREFIX = re.compile(r"^(?:funding\s+)?opportunity\s*:\s*", re.IGNORECASE)
_ROLLING = re.compile(
    r"\bno (?:fixed )?(?:closing date|deadline)\b|\brolling\b|\bat any time\b|\bongoing\b", re.IGNORECASE
)
_ELIGIBLE = re.compile(r"\bwho can apply\b|\beligib", re.IGNORECASE)
_APPLY = re.compile(r"\bhow to apply\b|\bapplying\b", re.IGNORECASE)
_ASSESSED = re.compile(r"\bhow we will assess\b|\bassessment (?:process|criteria)\b", re.IGNORECASE)
_CONTACT = re.compile(r"\bcontact\b", re.IGNORECASE)
_KINDS = {"loan": Kind.LOAN, "procurement": Kind.CONTRACT, "contract": Kind.CONTRACT, "tender": Kind.CONTRACT}


def label_of(dt: Element) -> str:
    """Return the label of a fact, in lower case."""
    return (fragments.line(dt) or "").rstrip(": ").lower()


def _facts(root: Element) -> dict[str, Element]:
    """Return what the table of facts says, by label."""
    found: dict[str, Element] = {}
    for dt in root.iter("dt"):
        value = next(dt.itersiblings("dd"), None)
        if value is not None:
            found.setdefault(label_of(dt), value)
    return found


def read_call(raw: Raw, base: str, reach: Reach | None) -> Notice:
    """Return what a call's entry and page say. Raises UnreadableNotice when it has neither."""
    parts = unbundle(raw.body)
    if not parts.get("row") and not parts.get("page"):
        raise UnreadableNotice("The call has neither an entry nor a page.")
    row = _entry(parts.get("row"), raw.url or base)
    page = fragments.fragment(parts.get("page") or "<div></div>")
    facts = {label: fragments.line(value) or "" for label, value in _facts(page).items()}
    published_at = _first_date([facts.get("publication date"), *(row.get(name) for name in DATES)])
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=clean_line(row.get("title")) or _title(page),
        order=stamp(published_at) if published_at else "",
        form="opportunity",
        form_name="Opportunity on UKRI's funding finder",
        effect=_effect(facts.get(STATUS)),
        published_at=published_at,
        link=safe_link(row.get("link")) or (safe_link(f"{base}/opportunity/{raw.key}/") if parts.get("page") else None),
        buyers=_funders(_facts(page).get("funders")),
        reach=reach or Reach.NATIONAL,
        value=_money(facts),
        **_kind(facts.get("funding type")),
        **_what(row, sections.sections(_content(page))),
        **_when(facts, published_at),
    )


def _what(row: Fields, text: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "description": _description(row, text),
        "eligibility": sections.about(text, _ELIGIBLE),
        "how_to_apply": sections.about(text, _APPLY),
        "scoring": sections.about(text, _ASSESSED),
        "contact": True if sections.about(text, _CONTACT) else None,
    }


def _when(facts: dict[str, str], published_at: datetime | None) -> dict[str, Any]:
    closes, closes_at = facts.get(CLOSING), dates.deadline(facts.get(CLOSING), published_at)
    rolling = bool(closes and closes_at is None and _ROLLING.search(closes)) or None
    is_unread = closes and closes_at is None and not rolling
    return {
        "closes_at": closes_at,
        "closes_evidence": f"The call's page says “{closes}”" if closes and (closes_at or rolling) else None,
        "rolling": rolling,
        "expected_open_at": dates.published(facts.get("opening date"), published_at),
        "doubts": (f"The closing date “{closes}” could not be read.",) if is_unread else (),
    }


def _entry(text: str | None, url: str) -> Fields:
    if not text:
        return {}
    return fields_of(text.encode("utf-8", "replace"), JSON if text.lstrip().startswith("{") else XML, url)


def _first_date(written: list[object]) -> datetime | None:
    return next((date for text in written if (date := dates.published(text))), None)


def _effect(status: str | None) -> Effect:
    """Return what a call's status means; a call whose page we could not read is open, or it would not be listed."""
    words = (status or "").lower()
    if words.startswith("closed"):
        return Effect.CLOSE
    return Effect.PLAN if words.startswith("upcoming") else Effect.OPEN


def _kind(sort: str | None) -> dict[str, Any]:
    """Return what the applicant gets (ruling 12), where the page names the type of funding; else a grant, unless the
    words say otherwise."""
    if not sort:
        return by_default(Kind.GRANT, "UKRI's calls award grants.")
    kind = next((kind for word, kind in _KINDS.items() if word in sort.lower()), Kind.GRANT)
    return {"kind": kind, "kind_evidence": f"The call's page says “Funding type: {sort}”."}


def _money(facts: dict[str, str]) -> Money | None:
    """Return the least and most that one applicant can get, and the whole fund."""
    award = amounts.money(facts.get("award range")) or Money()
    least, most, fund = (_amount(facts.get(name)) for name in ("minimum award", "maximum award", "total fund"))
    low, high = least or award.low, most or award.high
    return Money(low=low, high=high, fund=fund, currency="GBP") if low or high or fund else None


def _amount(text: str | None) -> float | None:
    found = amounts.money(text)
    return None if found is None else found.high or found.fund or found.gross or found.net or found.low


def _funders(value: Element | None) -> tuple[Organisation, ...]:
    names = [] if value is None else [fragments.line(link) for link in value.iter("a")] or [fragments.line(value)]
    named = dict.fromkeys(name for name in names if name)
    return tuple(Organisation(name, roles=("buyer",)) for name in named or ("UK Research and Innovation",))


def _title(page: Element) -> str | None:
    title = _TITLE_PREFIX.sub("", fragments.line(fragments.first(page, TITLE)) or "")
    return title or None


def _content(page: Element) -> str:
    """Return the HTML of a kept page without its title and its table of facts."""
    return "".join(str(html.tostring(child, encoding="unicode")) for child in list(page)[2:])


def _description(row: Fields, text: list[tuple[str, str]]) -> str | None:
    summary = clean_text(row.get("content")) or clean_text(row.get("summary"))
    body = sections.besides(text, _ELIGIBLE, _APPLY)
    return "\n\n".join(part for part in (summary, body) if part) or None
