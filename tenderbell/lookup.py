"""Is this advert here? An opportunity found by whatever a commissioner has at hand: a link, a notice number in either
spelling, an OCID, a portal's reference, or the title.

Each way is a look into an index, so that the cost does not grow with the table, whatever is typed.
"""

import re
import sqlite3
from collections.abc import Sequence
from urllib.parse import unquote

import msgspec

from tenderbell.opportunity import Opportunity, find, find_all, load, redirected
from tenderbell.references import notice_numbers, ocids, page_name, portal_references
from tenderbell.text import impersonal_link
from tenderbell.words import fold

LONGEST = 2_000
"""What of a reference is read: no link is longer (`tenderbell.text.safe_link`)."""

LONGEST_TITLE = 300
LONGEST_NAME = 300
MOST_CANDIDATES = 50
MOST_OFFERED = 10
MOST_WORDS = 12
MOST_OF_A_HOST = 5_000
"""Pages of one host that are compared without regard to capitals: more than any portal has open."""

_OUR_PAGE = re.compile(r"/opportunities/(?P<id>[A-Za-z0-9-]+?)(?:\.\w+)?/?$")
_BARE_ADDRESS = re.compile(r"[\w-]+(?:\.[\w-]+)+/\S*")
_SOURCES = (
    "with recursive known (id) as (select min(source) from notice union all "
    "select (select min(source) from notice where source > id) from known where id is not null) "
)
"""The sources in `notice`, each found by one look into its key, not by reading the table."""


class Looked(msgspec.Struct, frozen=True):
    """What looking came to: the one that is meant, or else those of which one may be meant, newest first."""

    found: Opportunity | None = None
    candidates: tuple[Opportunity, ...] = ()


def look_up(public: sqlite3.Connection, reference: str) -> Opportunity | None:
    """Return the opportunity that `reference` means, None when there is none; the newest of several."""
    text = readable(reference)
    return (_by_name(public, text) or _newest(_of_title(public, text), text)) if text else None


def look_for(public: sqlite3.Connection, reference: str) -> Looked:
    """Return the opportunity that `reference` means; where several have the title or part of it, all of them."""
    text = readable(reference)
    if not text or (found := _by_name(public, text)):
        return Looked(found if text else None)
    titled = _of_title(public, text)
    same = [item for item in titled if _letters(item.title) == _letters(text)]
    chosen = same or titled
    if len(chosen) == 1:
        return Looked(chosen[0])
    return Looked(None, tuple((chosen or _of_words(public, text))[:MOST_OFFERED]))


def readable(reference: str) -> str:
    """Return what is read of a reference as it was typed: one line, without control characters, not endless."""
    printable = "".join(char if char.isprintable() else " " for char in reference[: 2 * LONGEST])
    return " ".join(printable.split())[:LONGEST]


def names_of(text: str) -> list[str]:
    """Return the names that a reference may be, as `join_key` spells them."""
    numbers = [f"notice:{number}" for number in notice_numbers(unquote(text))[:1]]
    processes = [f"ocid:{ocid}" for spelling in (text, text.lower()) for ocid in ocids(spelling)]
    portals = [f"portal:{name}" for name in portal_references(text.upper())] if "://" not in text else []
    page = _page_of(text)
    return list(dict.fromkeys([*numbers, *processes, *([f"page:{page[:LONGEST_NAME]}"] if page else []), *portals]))


def processes_named(public: sqlite3.Connection, text: str) -> list[str]:
    """Return the processes that a reference names, whether or not they have a page here."""
    names = names_of(text)
    if not names:
        return []
    marks = ", ".join("?" * len(names))
    rows = public.execute(f"select distinct process from join_key where key in ({marks}) limit ?", (*names, 50))
    return [row[0] for row in rows] or _processes_of_page(public, text)


def _by_name(public: sqlite3.Connection, text: str) -> Opportunity | None:
    for way in (_by_id, _by_number, _by_process, _by_join_key, _by_portal_reference):
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
    sql = f"{_SOURCES} select opportunity from known cross join notice on source = known.id and key in ({marks})"
    return _one(public, f"{sql} order by +published_at desc limit 1", *keys)


def _by_process(public: sqlite3.Connection, text: str) -> Opportunity | None:
    found = _one(public, "select opportunity from process where key in (?, ?)", text, text.lower())
    if found or not text.lower().startswith("ocds-"):
        return found
    numbers = _matching(public, "refs", text)
    return next((item for item in load(public, numbers) if text.lower() in map(str.lower, item.ocids)), None)


def _by_join_key(public: sqlite3.Connection, text: str) -> Opportunity | None:
    """Find it by a name that joining knows: above all by its link, however that was copied."""
    processes = processes_named(public, text)
    if not processes:
        return None
    marks = ", ".join("?" * len(processes))
    rows = public.execute(f"select distinct opportunity from process where key in ({marks})", processes)
    held = find_all(public, [row[0] for row in rows])
    return max(held, key=lambda item: item.number, default=None)


def _page_of(text: str) -> str | None:
    name = page_name(impersonal_link(text)) or (page_name(f"https://{text}") if _BARE_ADDRESS.fullmatch(text) else None)
    return None if name in notice_numbers(name) else name


def _processes_of_page(public: sqlite3.Connection, text: str) -> list[str]:
    """Return the processes whose page differs from a link in capitals or in how letters are encoded only."""
    page = _page_of(text)
    if page is None or "/" not in page:
        return []
    start = f"page:{page.partition('/')[0]}/"
    rows = public.execute(
        "select key, process from join_key where key >= ? and key < ? limit ?",
        (start, f"{start[:-1]}0", MOST_OF_A_HOST),
    )
    wanted = _plain(f"page:{page[:LONGEST_NAME]}")
    return [row["process"] for row in rows if _plain(row["key"]) == wanted]


def _plain(name: str) -> str:
    return unquote(name).casefold()


def _by_portal_reference(public: sqlite3.Connection, text: str) -> Opportunity | None:
    wanted = {text.lower(), *(found.lower() for found in portal_references(text.upper()))}
    if len(text) > LONGEST_TITLE:
        return None
    for name in sorted(wanted, key=len, reverse=True):
        for item in load(public, _matching(public, "refs", name)):
            if wanted & _all_references(item):
                return item
    return None


def _all_references(opportunity: Opportunity) -> set[str]:
    stated = opportunity.references
    return {name.lower() for reference in stated for name in (reference, *portal_references(reference))}


def _newest(titled: Sequence[Opportunity], text: str) -> Opportunity | None:
    same = [item for item in titled if _letters(item.title) == _letters(text)]
    chosen = same or (titled if len(titled) == 1 else [])
    return chosen[0] if chosen else None


def _of_title(public: sqlite3.Connection, text: str) -> list[Opportunity]:
    """Return the newest opportunities whose title holds this text."""
    return load(public, _matching(public, "title", text)) if len(text) <= LONGEST_TITLE else []


def _of_words(public: sqlite3.Connection, text: str) -> list[Opportunity]:
    """Return the newest opportunities whose title has all of these words, in any order."""
    words = list(dict.fromkeys(re.findall(r"\w+", fold(text[:LONGEST_TITLE]))))
    if "://" in text or not 1 < len(words) <= MOST_WORDS or max(map(len, words)) < 4:
        return []
    together = " AND ".join(f'"{word}"' for word in words)
    return load(public, _rows(public, f"title : ({together})", MOST_OFFERED))


def _matching(public: sqlite3.Connection, column: str, text: str) -> list[int]:
    phrase = fold(text).replace('"', " ")
    return _rows(public, f'{column} : "{phrase}"', MOST_CANDIDATES)


def _rows(public: sqlite3.Connection, query: str, most: int) -> list[int]:
    rows = public.execute(
        "select rowid from opportunity_fts where opportunity_fts match ? order by rowid desc limit ?", (query, most)
    )
    return [row[0] for row in rows]


def _one(public: sqlite3.Connection, sql: str, *params: str | None) -> Opportunity | None:
    row = public.execute(sql, params).fetchone()
    return find(public, row[0]) if row else None


def _letters(title: str) -> str:
    return " ".join(re.findall(r"\w+", fold(title).casefold()))
