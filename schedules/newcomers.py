"""What has come into the archive by another way than a harvest: an advert written on the site, an operator's decision,
a reply. Asking costs one look at the file's version, and the numbers only when that has changed."""

import sqlite3
from pathlib import Path

from tenderbell.database import connect

_HARVESTED = "run"
"""The numbered table whose growth brings nothing to compile: that runs begin."""


class Newcomers:
    """Watches the newest numbers of `archive.db`. Everything that is compiled stands there in a table that counts up
    (`autoincrement`), so a new table needs no change here."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._file = 0
        self._version = -1
        self._numbers: dict[str, int] = {}

    def have_come(self) -> bool:
        """Return whether something new stands in the archive since the last call, the first call included."""
        db = self._connection()
        version = int(db.execute("pragma data_version").fetchone()[0])
        if version == self._version:
            return False
        self._version = version
        rows = db.execute("select name, seq from sqlite_sequence where name <> ?", (_HARVESTED,))
        before, self._numbers = self._numbers, {row["name"]: int(row["seq"]) for row in rows}
        return self._numbers != before

    def _connection(self) -> sqlite3.Connection:
        """Return the one connection: `data_version` compares a connection with its own past. A file that was replaced
        (a restored backup) is opened anew."""
        file = self._path.stat().st_ino
        if self._db is None or file != self._file:
            if self._db is not None:
                self._db.close()
            self._db, self._file, self._version = connect(self._path, read_only=True), file, -1
        return self._db
