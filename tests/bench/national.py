"""(k) A country: 250,000 notices a year for three years, 171,000 profiles, and its nights and pages.

The world takes most of an hour to build (`tests.bench.national_world`), so it is kept in `national` under BENCH_WORLDS;
without that it is built small. Each night brings 1,000 notices that nobody has seen, and changes the world for good:
the next measurement begins with the next night. Steps are processes of their own, as the scheduler runs them.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tenderbell.clock import instant
from tenderbell.database import connect
from tenderbell.settings import Settings
from tests.bench.asking import addresses
from tests.bench.loading import client, wake
from tests.bench.measuring import Figure, Sizes, median, run_child_for_json, say, serving
from tests.bench.national_world import EDITION, build, settings_at
from tests.bench.pages import borne
from tests.bench.worlds import NOW

PLACES = ("home", "list", "rare word", "common word", "five filters", "opportunity")
NIGHTS = 3
BEFORE_DAWN = timedelta(hours=18)
"""From a morning at eight, when NOW is, to two at night."""

MORNING = timedelta(hours=5, minutes=35)
"""From two at night to when digests are due, 08:30 on a summer's clock in the UK."""

Step = dict[str, Any]


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (k)."""
    kept = os.environ.get("BENCH_WORLDS")
    world = Path(kept) / "national" if kept else folder / "national"
    if not (world / "public.db").exists():
        say(f"(k) building a country with {sizes.national:,} notices")
        build(world, sizes.national)
    if not (world / "private.db").exists():
        say(f"(k) {sizes.profiles[-2]:,} profiles")
        _step("subscribe", world, NOW, sizes.profiles[-2])
    nights = [_night(world, sizes) for _ in range(min(NIGHTS, sizes.rounds))]
    return [*_night_figures(nights, sizes), *_sizes(world), *_pages(world, sizes, folder)]


def _step(name: str, world: Path, now: datetime, count: int = 0) -> Step:
    say(f"(k) {name}, {now:%a %d %B %H:%M}")
    found: Step = run_child_for_json("tests.bench.national_once", name, world, now.isoformat(), count)
    return found


def _night(world: Path, sizes: Sizes) -> dict[str, Step]:
    """Live the next night, from the harvest to the digests of the morning."""
    night = _last_night(world) + timedelta(days=1)
    steps = {"archive": _step("archive", world, night, sizes.nightly)}
    for name in ("compile", "match"):
        steps[name] = _step(name, world, night + timedelta(minutes=30))
    morning = night + MORNING
    steps["weekly digest" if morning.weekday() == 0 else "digest"] = _step("digest", world, morning)
    return steps


def _last_night(world: Path) -> datetime:
    with closing(connect(world / "archive.db", read_only=True)) as db:
        newest = instant(db.execute("select max(started_at) from run").fetchone()[0]) or NOW
    return newest - timedelta(hours=6) if newest <= NOW else newest


def _night_figures(nights: Sequence[dict[str, Step]], sizes: Sizes) -> list[Figure]:
    figures = []
    for name in ("archive", "compile", "match", "digest", "weekly digest"):
        if steps := [night[name] for night in nights if name in night]:
            spent, cpu = (median([step[field] for step in steps]) for field in ("seconds", "cpu"))
            note = f"{cpu:.1f} s of processor time, {_did(name, steps[-1], sizes)}, median of {len(steps)}"
            figures.append(Figure("k", f"a night's {name}", spent, "s", note=note))
            figures.append(Figure("k", f"{name}, peak memory", max(step["peak"] for step in steps), "MB"))
    return figures


def _did(name: str, step: Step, sizes: Sizes) -> str:
    if name == "archive":
        return f"{sizes.nightly:,} notices read and kept"
    return ", ".join(f"{count:,} {what}" for what, count in step["did"].items() if what != "cursor")


def _sizes(world: Path) -> list[Figure]:
    counts = {
        "archive": ("select max(number) from notice", "notices"),
        "public": ("select count(*) from opportunity", "opportunities"),
        "private": ("select count(*) from profile", "profiles"),
    }
    figures = []
    for name, (sql, what) in counts.items():
        path = world / f"{name}.db"
        with closing(sqlite3.connect(path)) as db:
            db.execute("pragma wal_checkpoint(truncate)")
            count = int(db.execute(sql).fetchone()[0])
        size = path.stat().st_size
        note = f"{count:,} {what}, {size / max(1, count):,.0f} bytes each"
        figures.append(Figure("k", f"{name}.db", size / 1e6, "MB", note=note))
    return figures


def _pages(world: Path, sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the times of pages that were not kept, and of kept ones."""
    settings = settings_at(world, _morning(world))
    paths = addresses(settings, sizes.opportunities, sizes.addresses)
    figures = []
    for kind, words in (("uncached", "varied"), ("site", "kept")):
        with serving("tests.bench.serving_site", kind, **_own(settings)) as server:
            for place in PLACES:
                say(f"(k) {place}, {words}")
                asked = paths[place] if words == "varied" else paths[place][:1]
                wake(server["port"], asked[:20])
                found = borne(sizes, server, asked, folder)
                note = f"p50 {found.p50:.1f} ms, processor {found.cpu:.2f} ms, {found.rate:,.0f} requests/s, {client()}"
                figures.append(Figure("k", f"{place}, {words}, p95", found.p95, "ms", note=note))
    return figures


def _morning(world: Path) -> datetime:
    return _last_night(world) + MORNING


def _own(settings: Settings) -> dict[str, object]:
    now = settings.clock().isoformat()
    return {"TENDERBELL_DATA": settings.data, "TENDERBELL_EDITION": EDITION, "TENDERBELL_NOW": now}
