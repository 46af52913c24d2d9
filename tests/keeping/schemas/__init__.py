"""Small databases of every schema that there ever was, as SQL: what an old program left behind.

    python -m tests.keeping.schemas     writes those that are missing, from the migrations as they are now

A file that is there is never written again: it is what an older program made, and a migration that is edited afterwards
no longer leads from it to the present schema, which the tests see.
"""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlite_utils import Database, Migrations

from schedules import ledger
from tenderbell import archive_schema, decisions, private, public, replies, sharing, watched
from tenderbell.compiling.joining import choices
from tenderbell.seeing import uptime

FOLDER = Path(__file__).parent
SETS: dict[str, Migrations] = {
    "archive": archive_schema.migrations,
    "public": public.migrations,
    "private": private.migrations,
    "schedules": ledger.migrations,
    "watched": watched.migrations,
    "choices": choices.migrations,
    "decisions": decisions.migrations,
    "replies": replies.migrations,
    "sharing": sharing.migrations,
    "uptime": uptime.migrations,
}
ROWS = 3
"""Rows of each table."""

_NO_TABLE = re.compile(r"_?sqlite_|opportunity_fts_")


def steps(name: str) -> list[str]:
    """Return the names of a set's migrations, in order."""
    return [migration.name for migration in SETS[name].pending(Database(memory=True))]


def files(name: str) -> list[Path]:
    """Return the old databases of a set, the oldest first."""
    return sorted(FOLDER.glob(f"{name}-*.sql"))


def path_of(name: str, step: str) -> Path:
    """Return where the database after a step is."""
    return FOLDER / f"{name}-{step}.sql"


def made(name: str, step: str) -> sqlite3.Connection:
    """Return a database in memory as the migrations up to `step` make it, with rows in every table."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    SETS[name].apply(Database(db, execute_plugins=False), stop_before=_after(name, step))
    for table in tables(db):
        _fill(db, table)
    db.execute("update _sqlite_migrations set applied_at = '2026-11-23T00:00:00'")
    if name == "public":  # its first migration begins to count at the present
        db.execute("update sqlite_sequence set seq = 1795392000003 where name = 'event'")
    assert db.execute("pragma foreign_key_check").fetchall() == []
    return db


def _after(name: str, step: str) -> str | None:
    names = steps(name)
    place = names.index(step) + 1
    return names[place] if place < len(names) else None


def tables(db: sqlite3.Connection) -> list[str]:
    """Return the tables that hold rows of ours, in the order in which they were made."""
    rows = db.execute(
        "select name from sqlite_master where type = 'table' and sql not like 'create virtual%' order by rowid"
    )
    return [row[0] for row in rows if not _NO_TABLE.match(row[0])]


def _fill(db: sqlite3.Connection, table: str) -> None:
    """Insert rows that were valid then: whatever is checked is looked up in the table's own SQL."""
    sql = db.execute("select sql from sqlite_master where name = ?", (table,)).fetchone()[0]
    columns = db.execute(f"pragma table_info([{table}])").fetchall()
    names = ", ".join(column[1] for column in columns)
    marks = ", ".join("?" * len(columns))
    for number in range(1, ROWS + 1):
        row = [_value(sql, column[1], column[2], number) for column in columns]
        db.execute(f"insert or ignore into [{table}] ({names}) values ({marks})", row)
    if table == "secret":
        db.execute("update secret set value = zeroblob(32)")
    if table == "archive":
        db.execute("delete from archive where number > 3")


def _value(sql: str, column: str, kind: str, number: int) -> object:
    if allowed := re.search(rf"\b{column}\b[^,]*?check \({column} in \(([^)]*)\)", sql, re.S):
        values = re.findall(r"'([^']*)'", allowed[1])
        return values[(number - 1) % len(values)]
    if column in ("opportunity", "email", "address"):
        return f"{column}-{number}@x.example"
    match kind.lower():
        case "integer" | "real":
            return number
        case "blob":
            return bytes([number]) * 16
    return f"{column} {number}"


def dump(db: sqlite3.Connection) -> Iterator[str]:
    """Yield a database as SQL: tables, rows, then what must not run while rows are inserted."""
    objects = db.execute(
        "select type, name, tbl_name, sql from sqlite_master where sql is not null order by rowid"
    ).fetchall()
    kept = [row for row in objects if not row[1].startswith(("sqlite_", "opportunity_fts_"))]
    for type_, *_, sql in kept:
        if type_ == "table":
            yield f"{sql};"
    for type_, name, _, sql in [*kept, ("table", "sqlite_sequence", "", "")]:
        if type_ == "table" and not sql.lower().startswith("create virtual") and _has(db, name):
            yield from _inserts(db, name)
    for type_, *_, sql in kept:
        if type_ != "table":
            yield f"{sql};"
    if any(name == "opportunity_fts" for _, name, *_ in kept):
        yield "insert into opportunity_fts (opportunity_fts) values ('rebuild');"


def _has(db: sqlite3.Connection, name: str) -> bool:
    return db.execute("select 1 from sqlite_master where name = ?", (name,)).fetchone() is not None


def _inserts(db: sqlite3.Connection, name: str) -> Iterator[str]:
    columns = [row[1] for row in db.execute(f"pragma table_info([{name}])")]
    if name == "sqlite_sequence":
        yield "delete from sqlite_sequence;"
    quoted = " || ', ' || ".join(f"quote([{column}])" for column in columns)
    for row in db.execute(f"select {quoted} from [{name}]"):
        yield f"insert into [{name}] ({', '.join(columns)}) values ({row[0]});"


def load(path: Path, into: Path) -> None:
    """Make the database file `into` from an old one."""
    db = sqlite3.connect(into, isolation_level=None)
    db.executescript(path.read_text("utf-8"))
    db.close()


def write_missing() -> list[Path]:
    """Write the databases that are missing, and return them."""
    written = []
    for name in SETS:
        for step in steps(name):
            path = path_of(name, step)
            if not path.exists():
                path.write_text("\n".join(dump(made(name, step))) + "\n", "utf-8")
                written.append(path)
    return written
