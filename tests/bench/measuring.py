"""Measuring: figures, rounds taken in turn, child processes, scratch folders."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tenderbell.settings import PROJECT

LONGEST_CHILD = 900
"""Seconds after which a child process that measures is ended: nothing here runs for ever."""


class Sizes(msgspec.Struct, frozen=True):
    """How much of everything: `FULL` is what the targets are about, `SMALL` proves that it works."""

    rounds: int = 3
    pages: int = 40
    notices: int = 20_000
    new: int = 500
    profiles: tuple[int, ...] = (5_500, 171_000, 1_000_000)
    opportunities: int = 100_000
    seconds: float = 3.0
    clients: int = 8
    addresses: int = 300
    messages: int = 3_000
    processes: int = 250_000
    days: int = 20
    national: int = 3_120
    nightly: int = 1_000


FULL = Sizes()
SMALL = Sizes(
    rounds=1, pages=2, notices=200, new=100, profiles=(150, 300), opportunities=800, seconds=0.2, addresses=30,
    messages=100, processes=3_000, days=2, national=624, nightly=40,
)  # fmt: skip


class Figure(msgspec.Struct, omit_defaults=True):
    """One thing that was measured. `met` says whether the issue's target holds; None where it sets none."""

    part: str
    name: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None
    note: str = ""


def at_least(part: str, name: str, value: float, least: float, unit: str = "", note: str = "") -> Figure:
    """Return a figure with a lower bound as its target."""
    return Figure(part, name, value, unit, f">= {least:,g}", value >= least, note)


def at_most(part: str, name: str, value: float, most: float, unit: str = "", note: str = "") -> Figure:
    """Return a figure with an upper bound as its target."""
    return Figure(part, name, value, unit, f"<= {most:,g}", value <= most, note)


def in_turn(rounds: int, runs: Mapping[str, Callable[[], Any]]) -> dict[str, list[Any]]:
    """Run everything once in each round, side by side, and return the results by name. Every second round goes
    backwards, so that nobody always comes after the same neighbour."""
    found: dict[str, list[Any]] = {name: [] for name in runs}
    for turn in range(rounds):
        for name in list(runs) if turn % 2 == 0 else reversed(list(runs)):
            found[name].append(runs[name]())
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def wall_and_cpu(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long `work` takes, and the processor time of this process in it: on a busy machine the second one
    says more about the work."""
    cpu = time.process_time()
    wall = seconds(work)
    return wall, time.process_time() - cpu


def median(values: Sequence[float]) -> float:
    """Return the middle of the rounds."""
    return statistics.median(values)


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a temporary folder, and remove it whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="tenderbell-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(**settings: object) -> dict[str, str]:
    """Return the environment of a child: no TENDERBELL_* of ours, the project importable, and `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TENDERBELL_")}
    return kept | {"PYTHONPATH": str(PROJECT)} | {name: str(value) for name, value in settings.items()}


def run_child(module: str, *arguments: object, **settings: object) -> str:
    """Run `python -m MODULE` to its end and return what it printed. Raises CalledProcessError, with its last words
    on our standard error, when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        capture_output=True, text=True, cwd=PROJECT, env=environment(**settings), timeout=LONGEST_CHILD, check=False,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-4000:], file=sys.stderr)
        done.check_returncode()
    return done.stdout


def run_child_for_json(module: str, *arguments: object, **settings: object) -> Any:
    """Run a child whose last line is JSON, and return that."""
    return json.loads(run_child(module, *arguments, **settings).strip().splitlines()[-1])


@contextmanager
def serving(module: str, *arguments: object, **settings: object) -> Iterator[dict[str, Any]]:
    """Run a child that prints one line of JSON when it is ready (where it listens) and ends when its input closes."""
    child = subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env=environment(**settings),
    )  # fmt: skip
    assert child.stdin
    assert child.stdout
    try:
        line = child.stdout.readline()
        if not line:
            raise RuntimeError(f"{module} ended with {child.wait(10)} before it was ready; see its words above.")
        yield {**json.loads(line), "pid": child.pid}
    finally:
        child.stdin.close()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()


def peak_megabytes() -> float:
    """Return the most memory that this process has held, in MB (of this program alone: `ru_maxrss` would count what
    the parent held before it)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def say(sentence: str) -> None:
    """Tell whoever watches; the table comes at the end."""
    print(sentence, file=sys.stderr, flush=True)
