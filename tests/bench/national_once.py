"""One step of a night in a process of its own: `python -m tests.bench.national_once STEP FOLDER NOW [COUNT]` prints
what it took, its peak memory and what it did."""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from alerts.digests import build
from alerts.matching import match
from tenderbell.archive import newest_number
from tenderbell.compiling import compile_archive
from tenderbell.database import connect
from tenderbell.settings import Settings
from tests.bench.matching import subscribe
from tests.bench.measuring import peak_megabytes, wall_and_cpu
from tests.bench.national_world import keep, settings_at
from tests.bench.releases import releases
from tests.bench.worlds import World


def main() -> None:
    """Do one step."""
    step, folder, now = sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    settings = settings_at(folder, now)
    work = _prepared(step, settings, count)
    done: list[Any] = []
    spent, cpu = wall_and_cpu(lambda: done.append(work()))
    found = {"seconds": spent, "cpu": cpu, "peak": peak_megabytes(), "did": msgspec.to_builtins(done[0])}
    print(json.dumps(found))


def _prepared(step: str, settings: Settings, count: int) -> Callable[[], Any]:
    """Return the work of a step; what has to be invented for it is invented already."""
    if step == "archive":
        bodies = _bodies(settings, count)
        return lambda: keep(settings, bodies, settings.clock(), backfill=False)
    if step == "subscribe":
        match(settings)  # what came before is told to nobody
        return lambda: subscribe(settings, count)
    return {
        "compile": lambda: compile_archive(settings),
        "match": lambda: match(settings),
        "digest": lambda: build(settings),
    }[step]


def _bodies(settings: Settings, count: int) -> list[bytes]:
    """Return a night's notices, which nobody has seen."""
    with closing(connect(settings.archive_path, read_only=True)) as db:
        first = newest_number(db) + 1
    now = settings.clock()
    return list(releases(World(first), count, now - timedelta(hours=20), now, first))


if __name__ == "__main__":
    main()
