"""Rows of any page: found by selectors, kept alone in a form that can be read again by the same selectors."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

import msgspec
from cssselect import SelectorError

from spiders.formats.fragments import (
    Element,
    canonical,
    first,
    fragment,
    instead_of,
    line,
    stable_link,
    whole_document,
    words_of,
)
from tenderbell.errors import SettingError, UnreadableNotice
from tenderbell.references import looks_like_a_reference, page_name
from tenderbell.text import safe_link

CONTENT_TYPE = "application/json; profile=row"
LONGEST_KEY = 200
NAMELESS = "nameless-"
SHARED = re.compile(r"#[0-9a-f]{12}$")
"""The end of a key made of a link that does not name its row alone."""

FACTS = ("title", "link", "closes", "published", "value", "buyer", "reference", "description")


class Columns(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Where things stand. `rows` is a CSS selector of the page, the others CSS selectors inside a row, or the words at
    the head of a column. Without `title` it is the words of the link; without `link`, the row's first link. `next` is a
    selector of the link to the next page. `empty` are the words by which the page says that it lists nothing."""

    rows: str
    title: str | None = None
    link: str | None = None
    closes: str | None = None
    published: str | None = None
    value: str | None = None
    buyer: str | None = None
    reference: str | None = None
    description: str | None = None
    next: str | None = None
    empty: str | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A row as it is kept: its key, and its bytes."""

    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page, the address of the next one, and the names of columns that no row has anything for."""

    rows: list[Cut]
    next: str | None = None
    missing: list[str] = field(default_factory=list)


def cut_page(body: bytes, content_type: str, url: str, columns: Columns) -> Page:
    """Return the rows of a page. Raises ChangedMarkup when there are none, BrokenResponse when it is another page, and
    SettingError for a selector that is none."""
    root = whole_document(body, content_type)
    rows = [row for row in _select(root, columns.rows) if not _is_heading(row)]
    if not rows:
        if columns.empty and columns.empty.lower() in words_of(root).lower():
            return Page([])
        raise instead_of(root, columns.rows)
    heads = {id(row): _headings(row) for row in rows}
    kept = [_bytes(row, heads[id(row)], url) for row in rows]
    facts = [facts_of(body, columns) for body in kept]
    links = [one.get("link") for one in facts]
    cuts = [Cut(_key(one, links), body) for one, body in zip(facts, kept, strict=True)]
    missing = [name for name in FACTS if getattr(columns, name) and not any(one.get(name) for one in facts)]
    return Page(cuts, _next(root, columns, url), missing)


class _Kept(msgspec.Struct):
    row: str
    columns: list[str]


_decode = msgspec.json.Decoder(_Kept).decode


def _kept(body: bytes) -> _Kept:
    try:
        kept = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableNotice(f"The row could not be read: {error}.") from None
    if not kept.row.startswith("<"):
        raise UnreadableNotice("The row is no element.")
    return kept


def facts_of(body: bytes, columns: Columns) -> dict[str, str]:
    """Return what a kept row says, by the names of `FACTS`. Raises UnreadableNotice when it is none."""
    kept = _kept(body)
    row, heads = fragment(kept.row), kept.columns
    found = {name: _cell(row, heads, getattr(columns, name)) for name in FACTS}
    link = _link(found["link"] if columns.link else first(row, "a[href]"))
    title = line(found["title"]) if columns.title else line(first(row, "a[href]")) or line(first(row, "td, h2, h3, h4"))
    facts = {name: line(cell) for name, cell in found.items() if name not in ("title", "link")}
    return {name: said for name, said in {**facts, "title": title, "link": link}.items() if said}


def _select(root: Element, selector: str) -> list[Element]:
    try:
        return list(root.cssselect(selector))
    except SelectorError as error:
        raise SettingError(f"{selector!r} is no CSS selector: {error}.") from None


def _is_heading(row: Element) -> bool:
    """Return whether a table row is only headings, or has no words at all."""
    cells = [cell.tag for cell in row.iterchildren("th", "td")]
    return (row.tag == "tr" and bool(cells) and "td" not in cells) or not (row.text_content() or "").strip()


def _headings(row: Element) -> list[str]:
    """Return the words at the heads of the columns of the table that a row stands in; empty outside tables."""
    table = next(row.iterancestors("table"), None) if row.tag == "tr" else None
    head = None if table is None else next((tr for tr in table.iter("tr") if tr.find("th") is not None), None)
    return [] if head is None else [line(cell) or "" for cell in head.iterchildren("th", "td")]


def _bytes(row: Element, heads: list[str], url: str) -> bytes:
    """Return a row as it is kept, with the heads of its columns."""
    kept = {"columns": heads, "row": canonical(row, _base(row, url))}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def _base(row: Element, url: str) -> str:
    """Return what the links of a page are relative to."""
    base = next(row.getroottree().iter("base"), None)
    return stable_link(base.get("href"), url) or url if base is not None else url


def _cell(row: Element, heads: list[str], where: str | None) -> Element | None:
    """Return the cell below a heading, else what a selector finds in the row."""
    if where is None:
        return None
    wanted = " ".join(where.lower().split())
    names = [" ".join(head.lower().split()).rstrip(":* ") for head in heads]
    if wanted in names:
        cells = list(row.iterchildren("th", "td"))
        return cells[names.index(wanted)] if names.index(wanted) < len(cells) else None
    labelled = [cell for cell in row.iter("td", "th", "div", "span", "li") if _label(cell) == wanted]
    return labelled[0] if labelled else _first_selected(row, where)


def _label(cell: Element) -> str:
    return " ".join((cell.get("data-label") or "").lower().split())


def _first_selected(row: Element, where: str) -> Element | None:
    try:
        return first(row, where)
    except SelectorError:
        # Words at the head of a column that this table does not have: the run says that nothing was found.
        return None


def _link(found: Element | None) -> str | None:
    """Return the address of a link, or of the first one inside an element."""
    if found is None:
        return None
    link = found if found.get("href") else first(found, "a[href]")
    return safe_link(link.get("href")) if link is not None else None


def _key(facts: dict[str, str], links: list[str | None]) -> str:
    """Return what names a row: its reference if it looks like one (TBC does not), else its link, with its title where
    several rows share the link or it leads to a home page; a name of its own when it has neither."""
    link, title = facts.get("link"), facts.get("title") or ""
    if (reference := facts.get("reference")) and looks_like_a_reference(reference):
        return reference[:LONGEST_KEY]
    if link is None:
        return f"{NAMELESS}{_digest(str(sorted(facts.items())))}"
    key = link if len(link) <= LONGEST_KEY else f"{link[:LONGEST_KEY]}…{_digest(link)}"
    shared = links.count(link) > 1 or page_name(link) is None
    return f"{key}#{_digest(re.sub(r'[^a-z0-9]', '', title.lower()))}" if shared else key


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _next(root: Element, columns: Columns, url: str) -> str | None:
    """Return the address of the next page."""
    if columns.next is None:
        return None
    found = _select(root, columns.next)
    link = found[0] if found and found[0].get("href") else first(found[0], "a[href]") if found else None
    href = link.get("href") if link is not None else None
    return _absolute(href, _base(root, url))


def _absolute(href: str | None, base: str) -> str | None:
    if not href or href.strip().startswith("#"):
        return None
    try:
        return safe_link(urljoin(base, href.strip()))
    except ValueError:
        return None
