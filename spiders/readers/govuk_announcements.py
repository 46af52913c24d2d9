"""Announcements on GOV.UK: what a search result and the page behind it say, and whether one can apply.

A news item is no open grant. It is one only when its own words say how or until when to apply; one that says that
applications will open is a plan; everything else is kept as news, of which no page is made (decision of
22 November 2026).
"""

import re
from datetime import datetime
from typing import Any

from spiders.formats import sections
from spiders.formats.bundle import unbundle
from spiders.formats.reading import Object, Reading
from spiders.lists.rows import json_part
from spiders.words.funding_words import state_of
from spiders.words.kinds import by_default
from tenderbell.clock import stamp
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Money, Notice, Organisation, Raw
from tenderbell.text import clean_line, clean_text, safe_link
from tenderbell.vocabulary import Effect, Kind, Reach
from tenderbell.wording import amounts, dates

NEWS = "news"
ANNOUNCEMENT = "announcement"
_MONEY = re.compile(r"[^.\n]{0,120}\bgrants? (?:of|worth|between|up to)[^.\n]{0,120}", re.IGNORECASE)
_STAMPS = ("first_published_at", "public_updated_at", "public_timestamp")
_ELIGIBLE = re.compile(r"\bwho can apply\b|\beligib", re.IGNORECASE)
_APPLY = re.compile(r"\bhow to apply\b|\bapplying\b|^apply\b", re.IGNORECASE)


def read_announcement(raw: Raw, base: str, reach: Reach | None, kind: Kind | None) -> Notice:
    """Return what a search result and its page say. Raises UnreadableNotice when neither has a title."""
    parts = unbundle(raw.body)
    row, page, about = json_part(parts, "row"), json_part(parts, "page"), Reading()
    title = about.line(page, "title", "") or about.line(row, "title", "")
    if not title:
        raise UnreadableNotice("The announcement has no title.")
    summary = about.text(page, "description", "") or about.text(row, "description", "")
    html = _body(about.object(page, "details", ""))
    path = about.word(page, "base_path", "") or about.word(row, "link", "")
    published_at = _published(about, page, row)
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=title,
        order=stamp(published_at) if published_at else "",
        form_name="Announcement on GOV.UK",
        published_at=published_at,
        link=safe_link(f"{base}{path}" if path and path.startswith("/") else path),
        buyers=_organisations(page, row),
        reach=reach,
        **_kind(kind),
        **_what(title, summary, html),
        **_state(about, page, published_at, title, summary, clean_text(html)),
        doubts=tuple(about.doubts),
    )


def _published(about: Reading, page: Object, row: Object) -> datetime | None:
    stamps = [written for name in _STAMPS if (written := page.get(name) or row.get(name))]
    found = next((date for written in stamps if (date := dates.published(written))), None)
    if stamps and found is None:
        about.doubt(f"The date of publication {str(stamps[0])[:60]!r} could not be read.")
    return found


def _kind(stated: Kind | None) -> dict[str, Any]:
    """Return the kind as long as the announcement's words do not say more: many are not clear about it."""
    if stated:
        return by_default(stated, "The source says so of everything that it publishes.")
    return by_default(Kind.UNCLEAR, "The announcement speaks of funding, but not clearly of what an applicant gets.")


def _what(title: str, summary: str | None, html: str) -> dict[str, Any]:
    text, found = clean_text(html), sections.sections(html)
    return {
        "description": "\n\n".join(part for part in (summary, text) if part) or None,
        "value": _money(_joined(title, summary, text)),
        "eligibility": sections.about(found, _ELIGIBLE),
        "how_to_apply": sections.about(found, _APPLY),
    }


def _state(
    about: Reading, page: Object, published_at: datetime | None, title: str, summary: str | None, text: str | None
) -> dict[str, Any]:
    """Return whether one can apply, and until when."""
    told = text or summary
    closing = dates.labelled_deadline(told, published_at)
    for doubt in dates.deadline_doubts(told, published_at):
        about.doubt(doubt)
    is_withdrawn = bool(page.get("withdrawn_notice"))
    effect, reason = state_of(_joined(title, summary, text), closing, is_withdrawn=is_withdrawn)
    return {
        "form": NEWS if effect is Effect.NONE else ANNOUNCEMENT,
        "effect": effect,
        "effect_reason": reason,
        "closes_at": closing[0] if closing else None,
        "closes_evidence": f"The announcement says “{closing[1]}”" if closing else None,
    }


def _joined(*texts: str | None) -> str:
    return "\n".join(text for text in texts if text)


def _body(details: Object) -> str:
    """Return the HTML of a content item, the parts of a guide under their titles."""
    body = details.get("body")
    parts = details.get("parts")
    pieces = [body] if isinstance(body, str) else []
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, dict) and isinstance(part.get("body"), str):
            pieces.append(f"<h2>{part.get('title', '')}</h2>{part['body']}")
    return "\n".join(pieces)


def _organisations(page: Object, row: Object) -> tuple[Organisation, ...]:
    names: list[Any] = page.get("organisations") or row.get("organisations") or []
    named = [name for one in names if (name := clean_line(one))] if isinstance(names, list) else []
    return tuple(Organisation(name, roles=("buyer",)) for name in dict.fromkeys(named))


def _money(words: str) -> Money | None:
    """Return what one applicant can get, when a single sentence says so of grants; sums in the news are mostly whole
    programmes of many years."""
    stated = {money for found in _MONEY.finditer(words) if (money := amounts.money(found[0]))}
    return stated.pop() if len(stated) == 1 else None
