"""A list as the walk sees it: its pages, their rows, the pages that rows lead to, and the notices that they become."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spiders.formats.bundle import CONTENT_TYPE, bundle
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup, UnreadableNotice
from tenderbell.notice import Raw
from tenderbell.text import clean_line

NAMELESS = "nameless-"
"""The beginning of the key of a row that has neither a link nor a reference."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: the key of its notice, what is kept of it, the address of its own page (None: it needs none),
    the name of its list, and another number of the source's, for when two rows share their key."""

    key: str
    text: str
    page: str | None = None
    list: str = ""
    spare: str | None = None

    @property
    def parts(self) -> dict[str, str]:
        """The row as parts of a bundle."""
        return {"row": self.text} | ({"list": self.list} if self.list else {})


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: the rows that are wanted, and the keys of the `others`. `pages` is how many there are and
    `total` how many rows, if it says so; `unknown` counts rows that have neither a link nor a reference; `links` are
    what its own pager leads to and `form` what its own paging form would send; `is_cut` is whether it lacks its end."""

    rows: Sequence[Row] = ()
    others: tuple[str, ...] = ()
    pages: int | None = None
    total: int | None = None
    unknown: int = 0
    links: tuple[str, ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    is_cut: bool = False

    @property
    def keys(self) -> list[str]:
        """The keys of all rows, wanted or not."""
        return [*(row.key for row in self.rows), *self.others]


@dataclass(frozen=True, slots=True)
class Page:
    """What is kept of a row's own page; `key` is the notice that it says it is about, if it does."""

    text: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a list: the list's name and the number of the page, from 1."""

    list: str = ""
    number: int = 1

    @property
    def name(self) -> str:
        """The list as a sentence names it."""
        return f"the list {self.list}".rstrip()


def listing_of(found: list[Row | None], pages: int | None = None, form: tuple[tuple[str, str], ...] = ()) -> Listing:
    """Return a page of a list from its rows, None standing for one with neither a link nor a reference. Raises
    ChangedMarkup when that is all of them."""
    rows = [row for row in found if row is not None]
    if found and not rows:
        raise ChangedMarkup(
            f"None of the {len(found)} rows of the list has a link or a reference: its markup has changed, and the "
            "spider needs to."
        )
    return Listing(rows, pages=pages, unknown=len(found) - len(rows), form=form)


def raw_of(source: Source, row: Row, page: str | None = None, *, stale: bool = False) -> Raw:
    """Return a row, with its page if there is one, as a raw notice; `stale` marks a page older than the row."""
    parts = row.parts | ({"page": page} if page else {}) | ({"stale": "page"} if stale else {})
    return Raw(source.id, _name(row.key, row.text), bundle(parts), CONTENT_TYPE, row.page)


def page_alone(source: Source, page: Page, url: str | None = None) -> Raw:
    """Return a raw notice of which only its own page is there. Raises BrokenResponse when nobody knows whose it is."""
    if page.key is None:
        raise BrokenResponse("The page does not say which notice it is about.")
    return Raw(source.id, _name(page.key, page.text), bundle({"page": page.text}), CONTENT_TYPE, url)


def _name(key: str, text: str) -> str:
    """Return the key as it may be printed and stored, another when nothing of it can be."""
    return key if key.isprintable() else clean_line(key) or nameless(text)


def canonical_json(value: object) -> str:
    """Return a JSON value as text: the same tomorrow if it says the same."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def nameless(text: str) -> str:
    """Return a key for a row that has neither a link nor a reference."""
    return f"{NAMELESS}{hashlib.blake2b(text.encode('utf-8', 'replace'), digest_size=12).hexdigest()}"


def json_part(parts: dict[str, str], name: str) -> dict[str, Any]:
    """Return a part of a bundle that is a JSON object, empty when it is absent. Raises UnreadableNotice when it is
    none."""
    try:
        value = json.loads(parts.get(name, "{}"))
    except (ValueError, RecursionError) as error:
        raise UnreadableNotice(f"The {name} is no JSON: {error}.") from None
    if not isinstance(value, dict):
        raise UnreadableNotice(f"The {name} is no JSON object.")
    return value
