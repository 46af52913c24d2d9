"""The real program as a process, for the tests that start and end it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import httpx

PATIENCE_SECONDS = 60
"""How long a busy machine may take before a wait counts as lost."""


class Program:
    """A running `python -m ...` in a process group of its own, and the lines that it has printed."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **environ},
            start_new_session=True,
        )
        self.lines: list[str] = []

    def line(self, pattern: str) -> re.Match[str]:
        """Read on until a line holds `pattern`, and return the match."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"the program ended without {pattern!r}: {self.lines}")

    @property
    def address(self) -> str:
        """Where the site listens, as the program says."""
        return self.line(r"on (http://\S+)")[1]

    def end(self) -> float:
        """Ask it to end as a service manager would, and return the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.lines += output.splitlines()
        return time.monotonic() - began


@contextmanager
def running(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[Program]:
    """Run a program for as long as the block runs."""
    program = Program(command, environ)
    try:
        yield program
    finally:
        with suppress(ProcessLookupError):
            os.killpg(program.process.pid, signal.SIGKILL)
        program.process.communicate()


def finished(command: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS * 3,
    )


def page(address: str, *, holding: str = "") -> httpx.Response:
    """Return a page once it is there and holds a text."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with suppress(httpx.TransportError):
            answer = httpx.get(address, timeout=PATIENCE_SECONDS)
            if holding in answer.text:
                return answer
        assert time.monotonic() < deadline, f"{address} never held {holding!r}"
