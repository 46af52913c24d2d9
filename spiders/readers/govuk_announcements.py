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
from spiders.words import amounts, dates
from spiders.words.funding_words import kind_of, state_of
from tenderbell.clock import stamp
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Money, Notice, Organisation, Raw
from tenderbell.text import clean_text, safe_link
from tenderbell.vocabulary import Effect, Kind, Reach

NEWS = "news"
ANNOUNCEMENT = "announcement"
_MONEY = re.compile(r"[^.\n]{0,120}\bgrants? (?:of|worth|between|up to)[^.\n]{0,120}", re.IGNORECASE)
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
    text = clean_text(html)
    words = "\n".join(part for part in (title, summary, text) if part)
    published_at = _published(page, row)
    closing = dates.labelled_deadline(text or summary, published_at)
    effect, reason = state_of(words, closing, is_withdrawn=bool(page.get("withdrawn_notice")))
    path = about.word(page, "base_path", "") or about.word(row, "link", "")
    found = sections.sections(html)
    kind_stated = (kind, "The source says so of everything that it publishes.") if kind else kind_of(title, words)
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=title,
        order=stamp(published_at) if published_at else "",
        form=NEWS if effect is Effect.NONE else ANNOUNCEMENT,
        form_name="Announcement on GOV.UK",
        effect=effect,
        effect_reason=reason,
        published_at=published_at,
        description="\n\n".join(part for part in (summary, text) if part) or None,
        link=f"{base}{path}" if path and path.startswith("/") else safe_link(path),
        buyers=_organisations(page, row),
        kind=kind_stated[0],
        kind_evidence=kind_stated[1],
        reach=reach,
        closes_at=closing[0] if closing else None,
        closes_evidence=f"The announcement says “{closing[1]}”" if closing else None,
        value=_money(words),
        eligibility=sections.about(found, _ELIGIBLE),
        how_to_apply=sections.about(found, _APPLY),
        doubts=tuple(about.doubts),
    )


def _body(details: Object) -> str:
    """Return the HTML of a content item, the parts of a guide under their titles."""
    body = details.get("body")
    parts = details.get("parts")
    pieces = [body] if isinstance(body, str) else []
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, dict) and isinstance(part.get("body"), str):
            pieces.append(f"<h2>{part.get('title', '')}</h2>{part['body']}")
    return "\n".join(pieces)


def _published(page: Object, row: Object) -> datetime | None:
    written = (page.get("first_published_at"), page.get("public_updated_at"), row.get("public_timestamp"))
    return next((date for text in written if (date := dates.published(text))), None)


def _organisations(page: Object, row: Object) -> tuple[Organisation, ...]:
    names: list[Any] = page.get("organisations") or row.get("organisations") or []
    named = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return tuple(Organisation(name, roles=("buyer",)) for name in dict.fromkeys(named))


def _money(words: str) -> Money | None:
    """Return what one applicant can get, when a single sentence says so of grants; sums in the news are mostly whole
    programmes of many years."""
    stated = {money for found in _MONEY.finditer(words) if (money := amounts.money(found[0]))}
    return stated.pop() if len(stated) == 1 else None
