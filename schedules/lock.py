"""One scheduler for each data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenderbell.errors import AlreadyRunning


@contextmanager
def hold(data: Path) -> Iterator[None]:
    """Hold the lock of a data folder for as long as the block runs.

    The system releases it when the process ends, however it ends, so a lock file that was left behind means nothing.
    Raises AlreadyRunning when another scheduler works on the folder.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / "scheduler.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyRunning(
                f"Another scheduler (process {file.read().strip() or 'unknown'}) works on {data}. Stop it first, or "
                "set TENDERBELL_DATA to another folder. `tenderbell serve` runs the site alone beside it."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
