"""Locks between processes: one scheduler for each data folder, one harvest of a source at a time."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from tenderbell.errors import AlreadyRunning


@contextmanager
def hold(path: Path, refusal: str) -> Iterator[None]:
    """Hold the lock file `path` for as long as the block runs.

    The system releases it when the process ends, however it ends, so a lock file that was left behind means nothing.
    On a disk that takes nothing a file that is there can still be locked; without one there is nothing to guard.
    Raises AlreadyRunning with `refusal`, in which `{process}` is the number of the process that holds it.
    """
    with _opened(path) as file:
        if file is not None:
            _lock(file, refusal)
            _sign(path)
        yield


def _opened(path: Path) -> AbstractContextManager[IO[str] | None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+")
    except OSError as fault:
        if fault.errno not in (errno.EROFS, errno.ENOSPC, errno.EDQUOT):
            raise
        return path.open() if path.exists() else nullcontext()


def _lock(file: IO[str], refusal: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise AlreadyRunning(refusal.replace("{process}", file.read().strip() or "unknown")) from None


def _sign(path: Path) -> None:
    """Write in the file who holds it, for whoever finds it held."""
    with suppress(OSError):
        path.write_text(str(os.getpid()))


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock file `path` now."""
    if not path.exists():
        return False
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
