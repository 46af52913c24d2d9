"""A few opportunities put straight into a public database, for tests of the search alone."""

import sqlite3

from tenderbell.words import acronyms_in, fold


def put(
    db: sqlite3.Connection, number: int, title: str, description: str = "", refs: str = "", **columns: object
) -> None:
    """Insert one opportunity as the compiler would, with any other column given by name; `tags` are (field, value)."""
    tags = columns.pop("tags", ())
    row: dict[str, object] = {
        "number": number, "id": f"x{number}", "title": title, "kind": "grant", "stage": "open", "reach": "local",
        "source": "s", "first_seen_at": "2026-01-01T00:00:00Z", "compiled_at": "2026-01-01T00:00:00Z", "record": "{}",
    }  # fmt: skip
    row |= columns
    db.execute(
        f"insert into opportunity ({', '.join(row)}) values ({', '.join('?' * len(row))})", [*map(_safe, row.values())]
    )
    texts = (fold(title), fold(description), "", "", "", fold(refs))
    db.execute("insert into opportunity_text values (?, ?, ?, ?, ?, ?, ?)", (number, *texts))
    pairs = {("acronym", acronym) for acronym in acronyms_in(f"{title}\n{description}\n{refs}")} | set(tags)  # type: ignore[call-overload]
    db.executemany("insert into opportunity_tag values (?, ?, ?)", [(*pair, number) for pair in sorted(pairs)])


def _safe(value: object) -> object:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
