"""One scheduler for each data folder."""

from contextlib import AbstractContextManager
from pathlib import Path

from tenderbell import lock


def hold(data: Path) -> AbstractContextManager[None]:
    """Hold the lock of a data folder for as long as the block runs. Raises AlreadyRunning when another scheduler
    works on the folder."""
    return lock.hold(
        data / "scheduler.lock",
        f"Another scheduler (process {{process}}) works on {data}. Stop it first, or set TENDERBELL_DATA to another "
        "folder. `tenderbell serve` runs the site alone beside it.",
    )
