"""A larger world out of a smaller one: every opportunity of a `public.db` several times over, a minute apart.

Writing a million opportunities one by one takes twenty minutes. Copies of a hundred thousand are as good to measure
on: every index, the full-text index too, holds as many entries as it would.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from tenderbell.database import transaction
from tenderbell.public import open_public

PORTION = 5_000
"""Opportunities of the smaller world that are copied in one transaction."""

APART = 60_000
"""What lies between the numbers of two copies: a minute. Those of the smaller world are ten minutes apart."""


def multiply(small: Path, large: Path, times: int) -> None:
    """Make `large`, a `public.db` with each opportunity of `small` so many times (at most 10), oldest first, under ids
    of its own. Buyers and sources are the same."""
    with closing(open_public(large)) as db:
        db.execute("attach ? as small", (str(small),))
        db.execute("create temp table copy (k integer primary key)")
        db.executemany("insert into copy values (?)", [(k,) for k in range(times)])
        for table in ("buyer", "source"):
            names = ", ".join(_columns(db, table))
            db.execute(f"insert into {table} ({names}) select {names} from small.{table}")
        numbers = [row[0] for row in db.execute("select number from small.opportunity order by number")]
        for start in range(0, len(numbers), PORTION):
            portion = numbers[start : start + PORTION]
            with transaction(db):
                for statement in _statements(db):
                    db.execute(statement, (portion[0], portion[-1]))
        db.execute("pragma optimize")
        db.execute("pragma wal_checkpoint(truncate)")


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns that are written (a generated one has `hidden` set)."""
    return [row["name"] for row in db.execute(f"pragma table_xinfo({table})") if not row["hidden"]]


def _statements(db: sqlite3.Connection) -> list[str]:
    other_id = "substr(o.id, 1, 7) || k || substr(o.id, 8)"
    number = f"o.number + k * {APART}"
    written = {
        "number": number,
        "id": other_id,
        "record": f"replace(replace(o.record, '\"' || o.id || '\"', '\"' || {other_id} || '\"'), "
        f"'\"number\":' || o.number, '\"number\":' || ({number}))",
    }
    rows = "from small.{table} o cross join copy where o.number between ? and ? order by o.number, k"
    found = []
    for table in ("opportunity", "opportunity_text", "opportunity_tag"):
        names = _columns(db, table)
        values = ", ".join(written.get(name, f"o.{name}") for name in names)
        found.append(f"insert into {table} ({', '.join(names)}) select {values} {rows.format(table=table)}")
    return found
