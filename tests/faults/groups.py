"""A group of processes that may use only so much memory, after which the system really kills one of them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.disks import skip

ROOT = Path("/sys/fs/cgroup")


@contextmanager
def starved(megabytes: int) -> Iterator[tuple[str, ...]]:
    """Give the beginning of a command line that runs what follows with so much memory."""
    old = (ROOT / "memory").is_dir()
    group = (ROOT / "memory" if old else ROOT) / f"tenderbell-test-{os.getpid()}"
    try:
        group.mkdir()
        limits = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes") if old else ("memory.max", "memory.swap.max")
        (group / limits[0]).write_text(str(megabytes * 1024**2))
        with suppress(OSError):  # without swap there is nothing to limit
            (group / limits[1]).write_text(str(megabytes * 1024**2) if old else "0")
    except OSError:
        with suppress(OSError):
            group.rmdir()
        skip("processes cannot be starved of memory here")
    join = f'echo $$ > {group}/cgroup.procs && exec "$@"'
    try:
        yield ("sh", "-c", join, "sh", sys.executable, "-m", "tenderbell")
    finally:
        group.rmdir()
