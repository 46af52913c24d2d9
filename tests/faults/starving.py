"""Run a Tenderbell command in a process that may have only so many megabytes more than it has when it begins.

python -m tests.faults.starving MEGABYTES COMMAND...
"""

import resource
import sys
from pathlib import Path

from tenderbell.cli import main


def address_space() -> int:
    """Return the bytes of address space that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    most = address_space() + int(sys.argv[1]) * 1024**2
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    sys.argv[1:] = sys.argv[2:]
    main()
