"""The systemd units, as far as a test can run them: their command, user's environment and signals, with the paths of a
test in the place of the machine's."""

import configparser
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tenderbell.settings import PROJECT

PACKAGING = PROJECT / "packaging"
PATIENCE = 60.0


def unit(name: str) -> configparser.ConfigParser:
    """Return a unit's settings. What stands in several lines is not needed here: the last counts."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(PACKAGING / "systemd" / name, "utf-8")
    return parser


def environment(name: str, etc: Path, data: Path) -> dict[str, str]:
    """Return what systemd would give the unit's command: its EnvironmentFile, and of this machine only the path."""
    written = unit(name)["Service"]["EnvironmentFile"].replace("/etc/tenderbell", str(etc))
    lines = (line.strip() for line in Path(written).read_text("utf-8").splitlines())
    found = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {"PATH": os.environ["PATH"], **found, "TENDERBELL_DATA": str(data)}


def command(name: str) -> list[str]:
    """Return the unit's command as this checkout has it."""
    words = unit(name)["Service"]["ExecStart"].split()
    assert words[0] == "/opt/tenderbell/.venv/bin/tenderbell"
    return [sys.executable, "-m", "tenderbell", *words[1:]]


@contextmanager
def running(name: str, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a unit's command, and end it as systemd does; it must end by itself, and well."""
    process = subprocess.Popen(
        command(name), cwd=PROJECT, env=dict(environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
        assert process.returncode == 0, output


def wait_for(what: object, say: object = "") -> None:
    """Wait until calling `what` is true. Fails with what `say` gives when that takes too long."""
    assert callable(what)
    pause, end = threading.Event(), time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, say() if callable(say) else say
        pause.wait(0.1)
