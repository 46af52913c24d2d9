"""Is this advert here? An opportunity found by whatever a commissioner has at hand: a link, a notice number in either
spelling, an OCID, a portal's reference, or the title."""

import re
import sqlite3
from urllib.parse import unquote

from tenderbell.opportunity import Opportunity, find, find_all, load, redirected
from tenderbell.references import notice_numbers, page_name, portal_references
from tenderbell.words import fold

_OUR_PAGE = re.compile(r"/opportunities/(?P<id>[A-Za-z0-9-]+?)(?:\.\w+)?/?$")
_BARE_ADDRESS = re.compile(r"[\w-]+(?:\.[\w-]+)+/\S*")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9_-]+")
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
    keys = [text, *notice_numbers(unquote(text))[:1]]
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
    """A link is found however it was copied; one that differs in capitals only, if no other fits better."""
    wanted = page_name(text) or (page_name(f"https://{text}") if _BARE_ADDRESS.fullmatch(text) else None)
    if wanted is None:
        return None
    rows = public.execute(
        "select opportunity, link from notice where link like ? escape '!' order by published_at desc",
        (f"%{_distinctive(wanted).replace('_', '!_')}%",),
    )
    named = [(page_name(row["link"]) or "", row["opportunity"]) for row in rows]
    same = [id for name, id in named if name == wanted] or [
        id for name, id in named if name.casefold() == wanted.casefold()
    ]
    return next(iter(find_all(public, same)), None)


def _distinctive(name: str) -> str:
    """Return the part of a page's name that few other links have and that no two people encode differently: a number or
    an identifier if there is one."""
    parts = _ENCODED.split(name.partition("/")[2] or name)
    return max(parts, key=lambda part: (any(map(str.isdigit, part)), len(part)))


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


def _letters(title: str) -> str:
    return " ".join(re.findall(r"\w+", fold(title).casefold()))
