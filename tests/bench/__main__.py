"""`python -m tests.bench`: measure, print a plain table, write JSON."""

import argparse
import importlib
import json
import os
import platform
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.bench.measuring import FULL, SMALL, Figure, Sizes, say, scratch

PARTS = {
    "a": "harvest",
    "b": "compiling",
    "c": "matching",
    "d": "pages",
    "e": "mailing",
    "f": "joining",
    "g": "nightly",
    "h": "feeds",
    "i": "lighthouse",
    "j": "backtesting",
    "k": "national",
    "l": "several",
    "r": "replicas",
}


def measure(letters: list[str], sizes: Sizes) -> list[Figure]:
    """Return the figures of the parts named, in their order."""
    figures: list[Figure] = []
    for letter in letters:
        start = time.perf_counter()
        with scratch() as folder:
            figures += importlib.import_module(f"tests.bench.{PARTS[letter]}").measure(sizes, folder)
        say(f"({letter}) done in {time.perf_counter() - start:.0f} s")
    return figures


def table(figures: list[Figure]) -> str:
    """Return the figures as plain lines."""
    width = max((len(figure.name) for figure in figures), default=0)
    lines = []
    for figure in figures:
        verdict = "" if figure.met is None else "met" if figure.met else "MISSED"
        parts = (f"{figure.target:>10} {verdict:<6}", figure.note)
        value = f"{figure.value:,.0f}" if figure.value >= 100 else f"{figure.value:,.2f}"
        lines.append(f"({figure.part}) {figure.name:<{width}} {value:>9} {figure.unit:<11} {' '.join(parts)}".rstrip())
    return "\n".join(lines)


def machine() -> dict[str, object]:
    """Return what the figures were taken on, and how busy it was."""
    return {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure what the command line asks for; 0 whether targets are met or not, for they depend on the machine."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="parts to measure, like a,c (default: all)")
    parser.add_argument("--small", action="store_true", help="small sizes: proves that it works, measures nothing")
    parser.add_argument("--json", type=Path, default=Path("bench-RESULTS.json"), help="where the JSON goes")
    asked = parser.parse_args(arguments)
    letters = [letter.strip() for letter in asked.only.split(",") if letter.strip()]
    if not set(letters) <= PARTS.keys():
        parser.error(f"--only takes some of {', '.join(PARTS)}")
    sizes, about = SMALL if asked.small else FULL, machine()
    figures = measure(letters, sizes)
    found = {"machine": about, "sizes": msgspec.to_builtins(sizes), "figures": msgspec.to_builtins(figures)}
    asked.json.write_text(json.dumps(found, indent=2) + "\n")
    print(table(figures))
    print(f"Medians of {sizes.rounds} interleaved rounds, load average {about['load_before']:.1f} before; {asked.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
