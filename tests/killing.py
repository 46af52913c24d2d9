"""Run a Tenderbell command in a process that kills itself, with SIGKILL, at its nth database commit.

    python -m tests.killing NTH before|after COMMAND...

The commit is where a step becomes real, so *just before* and *just after* each one are all the boundaries there are.
The program under test knows nothing of this: only `sqlite3.connect` of this process returns a mortal connection.
"""

import functools
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


class _Fate:
    """Counts the commits of this process and ends it at the chosen one."""

    nth = 0
    moment = "after"
    commits = 0


class _Mortal(sqlite3.Connection):
    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:  # type: ignore[override]
        if sql.strip().lower() != "commit":
            return super().execute(sql, *parameters)  # type: ignore[arg-type]
        _Fate.commits += 1
        self._die_if("before")
        cursor = super().execute(sql)
        self._die_if("after")
        return cursor

    def _die_if(self, moment: str) -> None:
        if (_Fate.commits, _Fate.moment) == (_Fate.nth, moment):
            os.kill(os.getpid(), signal.SIGKILL)


def run(command: Sequence[str], environ: Mapping[str, str], nth: int = 0, moment: str = "after") -> int:
    """Run `tenderbell COMMAND` in a child that dies at its nth commit (never with 0) and return its exit code:
    -9 when it died."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.killing", str(nth), moment, *command],
        cwd=PROJECT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if child.returncode not in (0, -signal.SIGKILL):
        raise AssertionError(f"tenderbell {' '.join(command)} ended with {child.returncode}:\n{child.stderr}")
    return child.returncode


def main(arguments: Sequence[str]) -> None:
    """Do what the module says."""
    _Fate.nth, _Fate.moment = int(arguments[0]), arguments[1]
    sqlite3.connect = functools.partial(sqlite3.connect, factory=_Mortal)  # type: ignore[assignment]
    sys.argv[1:] = arguments[2:]
    from tenderbell.cli import main as tenderbell

    tenderbell()


if __name__ == "__main__":
    main(sys.argv[1:])
