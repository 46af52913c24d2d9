"""Rows of a list, its pages and the pages that rows lead to, as catalogues keep them."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from tenderbell.errors import UnreadableNotice


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: the key of its notice, what is kept of it, and the path of its page (None: it needs none)."""

    key: str
    text: str
    page: str | None = None

    @property
    def parts(self) -> dict[str, str]:
        """The row as parts of a bundle."""
        return {"row": self.text}


@dataclass(frozen=True, slots=True)
class Listing:
    """One answer of a list. `keys` are those of all its rows, `rows` those that are wanted; `total` is how many the
    whole list has, if it says so; `unknown` counts rows that were not understood; `following` is the path of the next
    answer, if this one names it."""

    keys: tuple[str, ...]
    rows: tuple[Row, ...]
    total: int | None = None
    unknown: int = 0
    following: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What is kept of a row's page; `key` is the notice that it says it is about, if it does."""

    text: str
    key: str | None = None


def canonical_json(value: object) -> str:
    """Return a JSON value as text: the same tomorrow if it says the same."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def nameless(text: str) -> str:
    """Return a key for a row that has neither a link nor a reference."""
    return f"nameless-{hashlib.blake2b(text.encode('utf-8', 'replace'), digest_size=12).hexdigest()}"


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
