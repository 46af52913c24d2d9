"""Reading `public.db` from the site: one connection for each thread, and one number that says when it changed."""

import sqlite3
import threading
from pathlib import Path

from tenderbell.database import BUSY_MILLISECONDS
from tenderbell.frozen import has_thawed, open_to_read
from tenderbell.public import read_public

Version = tuple[int, int]
"""(file, change): equal versions mean that no committed row differs."""


MAPPED_BYTES = 4 * 1024**3
"""How much of the file is read through the page cache of the system, without copying: counts are 3 times as fast."""


class Readers:
    """Read-only connections to one `public.db`. A connection serves the thread that opened it and is opened again
    when the file has been replaced (a restored backup)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.local()
        self._watching = threading.Lock()
        self._watch: sqlite3.Connection | None = None
        self._watched_file = 0

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection. Raises sqlite3.OperationalError when the file is missing."""
        file = self._file()
        found: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if found is None or self._threads.file != file or has_thawed(found, self._path):
            if found is not None:
                found.close()
            found = read_public(self._path)
            found.execute(f"pragma mmap_size={MAPPED_BYTES}")
            # What is sorted stays in memory: a full disk has no room for temporary files.
            found.execute("pragma temp_store=memory")
            self._threads.connection, self._threads.file = found, file
        return found

    def version(self) -> Version:
        """Return what changes whenever a commit of any process changes the file.

        `PRAGMA data_version` compares a connection with its own past, so one connection is kept for this alone.
        """
        with self._watching:
            file = self._file()
            watch = self._watch
            if watch is None or self._watched_file != file or has_thawed(watch, self._path):
                watch = self._open_watch(file)
            return file, int(watch.execute("pragma data_version").fetchone()[0])

    def _open_watch(self, file: int) -> sqlite3.Connection:
        if self._watch is not None:
            self._watch.close()
        self._watch = open_to_read(self._path, check_same_thread=False)
        self._watch.execute(f"pragma busy_timeout={BUSY_MILLISECONDS}")
        self._watched_file = file
        return self._watch

    def _file(self) -> int:
        return self._path.stat().st_ino
