"""Processes that are killed at a chosen point: what `kill -9`, or a power switch, does at the worst moment."""

import os
import signal
import sqlite3
from collections.abc import Callable

_WRITES = ("begin", "insert", "update", "delete", "commit")


def dies(action: Callable[[], object], at: int) -> bool:
    """Run `action` in a process of its own that is killed just before its statement number `at` that writes, begins
    or commits. Return whether it died; False when it came to its end before."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            arm(at)
            action()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0, "the process ended with an error before it could be killed"
    return False


def arm(at: int) -> None:
    """Have this process killed just before its statement number `at` that writes, begins or commits."""
    connect = sqlite3.connect
    seen = 0

    def count(statement: str) -> None:
        nonlocal seen
        seen += statement.lstrip().lower().startswith(_WRITES)
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def armed(*arguments: object, **options: object) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*arguments, **options)  # type: ignore[call-overload]
        db.set_trace_callback(count)
        return db

    sqlite3.connect = armed  # type: ignore[assignment]
