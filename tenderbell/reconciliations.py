"""What comparing a source with a list of its own has shown: kept beside the runs in `archive.db`."""

import sqlite3
from collections.abc import Sequence

import msgspec

from tenderbell.database import transaction
from tenderbell.phrases import plural


class Reconciliation(msgspec.Struct, frozen=True):
    """One comparison: how many notices were `compared`, how many of them were `missing` here, and what became of those:
    `fetched`, or `absent` at the source too. The rest is still missing. `at` is a stamp."""

    at: str
    compared: int
    missing: int
    fetched: int
    absent: int

    @property
    def words(self) -> str:
        """What it has shown: "500 notices compared, 4 missing: 2 fetched, 1 withdrawn or never published, 1 still
        missing"."""
        compared = f"{plural(self.compared, 'notice')} compared"
        if not self.missing:
            return f"{compared}, none missing"
        return (
            f"{compared}, {self.missing:,} missing: {self.fetched:,} fetched, "
            f"{self.absent:,} withdrawn or never published, {self.missing - self.fetched - self.absent:,} still missing"
        )


_COLUMNS = ", ".join(Reconciliation.__struct_fields__)


def record(
    db: sqlite3.Connection, run: int, source: str, found: Reconciliation, differences: Sequence[str] = ()
) -> None:
    """Keep what a run of reconciling has shown, and the keys that were missing."""
    with transaction(db):
        db.execute(
            f"insert into reconciliation (run, source, differences, {_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?)",
            (run, source, msgspec.json.encode(differences).decode(), *msgspec.structs.astuple(found)),
        )


def last(db: sqlite3.Connection, source: str) -> Reconciliation | None:
    """Return what the newest reconciliation of a source has shown, None when there was none."""
    row = db.execute(
        f"select {_COLUMNS} from reconciliation where source = ? order by run desc limit 1", (source,)
    ).fetchone()
    return Reconciliation(*row) if row else None


def of_run(db: sqlite3.Connection, run: int) -> tuple[Reconciliation, list[str]]:
    """Return what a run has shown and the keys that were missing; nothing was compared by a run that never began."""
    row = db.execute(f"select {_COLUMNS}, differences from reconciliation where run = ?", (run,)).fetchone()
    if row is None:
        return Reconciliation("", 0, 0, 0, 0), []
    *counts, differences = row
    return Reconciliation(*counts), msgspec.json.decode(differences, type=list[str])


def still_missing(db: sqlite3.Connection, source: str) -> list[str]:
    """Return the keys that both of the last two reconciliations of a source missed, and that have neither been fetched
    since nor turned out not to exist, in order."""
    rows = db.execute(
        "select differences from reconciliation where source = ? order by run desc limit 2", (source,)
    ).fetchall()
    if len(rows) < 2:
        return []
    newest, before = (set(msgspec.json.decode(row["differences"], type=list[str])) for row in rows)
    missing = db.execute("select key from gap where source = ? and state = 'missing'", (source,))
    return sorted(newest & before & {row["key"] for row in missing})
