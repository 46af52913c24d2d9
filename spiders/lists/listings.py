"""A portal's list: its pages, their rows, and the raw notices that they become."""

import sqlite3
from dataclasses import dataclass

from spiders.formats.bundle import CONTENT_TYPE, bundle
from tenderbell.edition import Source
from tenderbell.errors import ChangedMarkup
from tenderbell.notice import Raw

MANY = 5
"""A list that had more adverts than this does not become empty in a night."""

LATELY = 7
"""How many finished runs are looked at for that."""


@dataclass(frozen=True)
class Row:
    """One advert in a list: `text` is its row in canonical form, `page` the address of its own page if it is worth
    fetching, `spare` another number of the portal's, for when two adverts share their key."""

    key: str
    text: str
    list: str = ""
    page: str | None = None
    spare: str | None = None

    @property
    def parts(self) -> dict[str, str]:
        """The row as parts of a bundle."""
        return {"row": self.text} | ({"list": self.list} if self.list else {})


@dataclass(frozen=True)
class Listing:
    """One page of a list: `pages` is how many there are, if it says so; `unknown` counts the rows that have neither a
    link nor a reference; `form` is what its own paging form would send."""

    rows: list[Row]
    pages: int | None = None
    unknown: int = 0
    form: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Place:
    """A page of a list: the list's name and the number of the page, from 1."""

    list: str
    number: int = 1


def listing_of(found: list[Row | None], pages: int | None = None, form: tuple[tuple[str, str], ...] = ()) -> Listing:
    """Return a page of a list from its rows, None standing for one with neither a link nor a reference. Raises
    ChangedMarkup when that is all of them."""
    rows = [row for row in found if row is not None]
    if found and not rows:
        raise ChangedMarkup(
            f"None of the {len(found)} rows of the list has a link or a reference: its markup has changed, and the "
            "spider needs to."
        )
    return Listing(rows, pages, len(found) - len(rows), form)


def raw_of(source: Source, row: Row, page: str | None = None, *, stale: bool = False) -> Raw:
    """Return an advert as a raw notice."""
    parts = row.parts | ({"page": page} if page else {}) | ({"stale": "page"} if stale else {})
    return Raw(source.id, row.key, bundle(parts), CONTENT_TYPE, row.page)


def page_alone(source: Source, key: str, page: str) -> Raw:
    """Return an advert of which only its own page is there."""
    return Raw(source.id, key, bundle({"page": page}), CONTENT_TYPE)


def was_fuller(db: sqlite3.Connection, source: str) -> bool:
    """Return whether a run of the source that finished lately listed many adverts."""
    rows = db.execute(
        "select listed from run where source = ? and complete order by id desc limit ?", (source, LATELY)
    ).fetchall()
    return any(row[0] > MANY for row in rows)
