"""(b) Compile: archived notices to opportunities, against `json.loads` of the same bytes as received."""

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from spiders.ocds.release import key_of, read_release
from tenderbell import archive
from tenderbell.clock import still_clock
from tenderbell.compiling import compile_archive
from tenderbell.notice import Raw
from tenderbell.settings import Settings
from tests.bench.measuring import Figure, Sizes, at_least, in_turn, median, say, wall_and_cpu
from tests.bench.releases import releases
from tests.bench.worlds import NOW, World

SOURCE = "find-a-tender"
PORTION = 500


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (b)."""
    settings = settings_in(folder / "data")
    say(f"(b) archiving {sizes.notices:,} notices")
    bodies = list(releases(World(2), sizes.notices, NOW - timedelta(days=28), NOW))
    fill(settings, bodies)
    found = in_turn(
        sizes.rounds,
        {"compile": lambda: _compile_once(settings, len(bodies)), "loads": lambda: wall_and_cpu(lambda: _load(bodies))},
    )
    rates = {name: len(bodies) / median([wall for wall, _ in times]) for name, times in found.items()}
    cpu = {name: len(bodies) / median([cpu for _, cpu in times]) for name, times in found.items()}
    notes = {name: f"{rate:,.0f} per second of processor time" for name, rate in cpu.items()}
    return [
        at_least("b", "compile, united-kingdom edition", rates["compile"], 2_000, "notices/s", notes["compile"]),
        Figure("b", "json.loads of the same bytes", rates["loads"], "notices/s", note=notes["loads"]),
        Figure("b", "ratio", rates["compile"] / rates["loads"], ""),
    ]


def settings_in(data: Path, edition: str = "united-kingdom", mail: str = "folder:mail") -> Settings:
    """Return settings of an edition with its databases in `data` and a clock that stands still."""
    return Settings(edition, data, mail, "127.0.0.1", 0, (), still_clock(NOW))


def fill(settings: Settings, bodies: list[bytes]) -> None:
    """Archive releases as a harvest does."""
    with closing(archive.open_archive(settings.archive_path)) as db:
        run = archive.start_run(db, SOURCE, NOW, backfill=False)
        for start in range(0, len(bodies), PORTION):
            raws = [Raw(SOURCE, key_of(body), body) for body in bodies[start : start + PORTION]]
            archive.keep(db, run, raws, read_release, NOW)
        archive.end_run(db, run, NOW, complete=True, reason="Finished.")


def _compile_once(settings: Settings, expected: int) -> tuple[float, float]:
    """Return the seconds, by the clock and of the processor, that compiling all into a new `public.db` takes."""
    for path in settings.data.glob("public.db*"):
        path.unlink()
    counted = []
    spent = wall_and_cpu(lambda: counted.append(compile_archive(settings).notices))
    if counted != [expected]:
        raise RuntimeError(f"{counted[0]:,} of {expected:,} notices were compiled: the measurement means nothing.")
    return spent


def _load(bodies: list[bytes]) -> None:
    for body in bodies:
        json.loads(body)
