"""Is this advert here? An opportunity found by whatever a commissioner has at hand: a link, a notice number in either
spelling, an OCID, a portal's reference, or the title."""

import re
import sqlite3
from urllib.parse import urlsplit

from tenderbell.opportunity import Opportunity, find, find_all, load, redirected
from tenderbell.references import notice_numbers, portal_references
from tenderbell.words import fold

_OUR_PAGE = re.compile(r"/opportunities/(?P<id>[A-Za-z0-9-]+?)(?:\.\w+)?/?$")
MOST_CANDIDATES = 50


def look_up(public: sqlite3.Connection, reference: str) -> Opportunity | None:
    """Return the opportunity that `reference` means, None when there is none; the newest of several."""
    text = " ".join(reference.split())
    if not text:
        return None
    for way in (_by_id, _by_number, _by_process, _by_link, _by_portal_reference, _by_title):
        if found := way(public, text):
            return found
    return None


def _by_id(public: sqlite3.Connection, text: str) -> Opportunity | None:
    page = _OUR_PAGE.search(text)
    id = page["id"] if page else text
    return find(public, redirected(public, id) or id)


def _by_number(public: sqlite3.Connection, text: str) -> Opportunity | None:
    keys = [text, *notice_numbers(text)[:1]]
    marks = ", ".join("?" * len(keys))
    return _one(
        public, f"select opportunity from notice where key in ({marks}) order by published_at desc limit 1", *keys
    )


def _by_process(public: sqlite3.Connection, text: str) -> Opportunity | None:
    found = _one(public, "select opportunity from process where key in (?, ?)", text, text.lower())
    if found or not text.lower().startswith("ocds-"):
        return found
    numbers = _matching(public, "refs", text)
    return next((item for item in load(public, numbers) if text.lower() in map(str.lower, item.ocids)), None)


def _by_link(public: sqlite3.Connection, text: str) -> Opportunity | None:
    wanted = _bare(text)
    if wanted is None:
        return None
    rows = public.execute(
        "select opportunity, link from notice where link like ? order by published_at desc",
        (f"%{wanted[1] or wanted[0]}%",),
    )
    return next((found for id, link in rows if _bare(link) == wanted for found in find_all(public, [id])), None)


def _by_portal_reference(public: sqlite3.Connection, text: str) -> Opportunity | None:
    wanted = {text.lower(), *(found.lower() for found in portal_references(text.upper()))}
    for name in sorted(wanted, key=len, reverse=True):
        for item in load(public, _matching(public, "refs", name)):
            if wanted & _all_references(item):
                return item
    return None


def _all_references(opportunity: Opportunity) -> set[str]:
    stated = opportunity.references
    return {name.lower() for reference in stated for name in (reference, *portal_references(reference))}


def _by_title(public: sqlite3.Connection, text: str) -> Opportunity | None:
    candidates = load(public, _matching(public, "title", text))
    same = [item for item in candidates if _letters(item.title) == _letters(text)]
    chosen = same or (candidates if len(candidates) == 1 else [])
    return chosen[0] if chosen else None


def _matching(public: sqlite3.Connection, column: str, text: str) -> list[int]:
    phrase = fold(text).replace('"', " ")
    rows = public.execute(
        "select rowid from opportunity_fts where opportunity_fts match ? order by rowid desc limit ?",
        (f'{column} : "{phrase}"', MOST_CANDIDATES),
    )
    return [row[0] for row in rows]


def _one(public: sqlite3.Connection, sql: str, *params: str | None) -> Opportunity | None:
    row = public.execute(sql, params).fetchone()
    return find(public, row[0]) if row else None


def _bare(link: str | None) -> tuple[str, str, str] | None:
    """Return host, path and query of a link without what two people would write differently."""
    try:
        parts = urlsplit(link or "")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return host, parts.path.rstrip("/"), parts.query


def _letters(title: str) -> str:
    return " ".join(re.findall(r"\w+", fold(title).casefold()))
