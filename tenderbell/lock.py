"""Locks between processes: one scheduler for each data folder, one harvest of a source at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenderbell.errors import AlreadyRunning


@contextmanager
def hold(path: Path, refusal: str) -> Iterator[None]:
    """Hold the lock file `path` for as long as the block runs.

    The system releases it when the process ends, however it ends, so a lock file that was left behind means nothing.
    Raises AlreadyRunning with `refusal`, in which `{process}` is the number of the process that holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyRunning(refusal.replace("{process}", file.read().strip() or "unknown")) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
