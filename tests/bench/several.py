"""(l) One, two and four processes of the site (TENDERBELL_WORKERS) under the same load: `tenderbell serve` as it is.

*Kept* is the front page, again and again; *varied* are pages of opportunities that nobody has asked for before, so that
each is made. Whoever asks runs on the same machine and takes its share of the processors: on two cores the second
process of the site has about one core less than a machine of its own would give it.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tenderbell.public import read_public
from tenderbell.settings import PROJECT, Settings
from tests.bench.compiling import settings_in
from tests.bench.loading import client, load, wake
from tests.bench.measuring import Figure, Sizes, environment, in_turn, median, say
from tests.bench.pages import Borne, fill, processor_seconds
from tests.bench.worlds import NOW

COUNTS = (1, 2, 4)
MOST_PATHS = 30_000
"""So many pages are asked for once: more than any round can ask for."""


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (l)."""
    worlds = Path(os.environ.get("BENCH_WORLDS") or folder)
    settings = settings_in(worlds / str(sizes.opportunities), "gloucestershire")
    if not settings.public_path.exists():
        say(f"(l) writing {sizes.opportunities:,} opportunities")
        fill(settings, sizes.opportunities)
    fresh = _fresh_paths(settings)
    runs = {
        (count, kind): lambda count=count, kind=kind: _borne(settings, sizes, folder, count, kind, fresh)
        for count in COUNTS
        for kind in ("kept", "varied")
    }
    found = in_turn(sizes.rounds, {f"{count} {kind}": run for (count, kind), run in runs.items()})
    return _figures(found)


def _fresh_paths(settings: Settings) -> Iterator[str]:
    """Yield pages of opportunities, from the newest; after the oldest it begins again."""
    while True:
        with closing(read_public(settings.public_path)) as db:
            rows = db.execute("select id from opportunity order by number desc limit ?", (MOST_PATHS,))
            ids = [row[0] for row in rows]
        yield from (f"/opportunities/{id}" for id in ids)


def _borne(settings: Settings, sizes: Sizes, folder: Path, count: int, kind: str, fresh: Iterator[str]) -> Borne:
    say(f"(l) {count} processes, {kind}")
    paths = ["/"] if kind == "kept" else [next(fresh) for _ in range(int(2_500 * sizes.seconds) + 10)]
    with _site(settings, count) as (port, pid):
        for _ in range(8 * count):
            wake(port, ["/about"])
        before = processor_seconds(pid) + sum(map(processor_seconds, _children(pid)))
        borne = load(port, paths, sizes.clients, sizes.seconds, folder)
        spent = processor_seconds(pid) + sum(map(processor_seconds, _children(pid))) - before
    return Borne(borne.rate, borne.p50, borne.p95, max(0.001, 1000 * spent / borne.requests))


@contextmanager
def _site(settings: Settings, count: int) -> Iterator[tuple[int, int]]:
    """Run the site with so many processes and give its port and process number."""
    own = environment(
        TENDERBELL_DATA=settings.data, TENDERBELL_EDITION="gloucestershire", TENDERBELL_NOW=NOW.isoformat(),
        TENDERBELL_PORT=0, TENDERBELL_WORKERS=count,
    )  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-m", "tenderbell", "serve"], stdout=subprocess.PIPE, text=True, env=own, cwd=PROJECT
    )
    try:
        assert child.stdout
        port = re.search(r"http://\S+:(\d+)", child.stdout.readline())
        assert port
        wake(int(port[1]), ["/"])
        yield int(port[1]), child.pid
    finally:
        child.terminate()
        child.wait(30)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _figures(found: dict[str, list[Borne]]) -> list[Figure]:
    figures = []
    for name, rounds in found.items():
        count, kind = name.split()
        rate, p50, p95, cpu = (median([getattr(one, field) for one in rounds]) for field in Borne.__struct_fields__)
        note = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, processor {cpu:.2f} ms, {client()}"
        processes = "1 process" if count == "1" else f"{count} processes"
        figures.append(Figure("l", f"{processes}, {kind}", rate, "requests/s", note=note))
    return figures
