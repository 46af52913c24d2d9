"""(d) Pages at 8 clients on 100,000 opportunities and on 1,000,000.

Beside the site stand Datasette's own pages over the same file, and a bare Starlette handler that runs the very
statements that the site's page runs and fills a small template. *Kept* is one address asked again and again, which
the site answers from its kept pages; *varied* is many addresses with no kept pages at all.

With BENCH_WORLDS the databases are kept in that folder from one time to the next: the larger takes minutes to make.
"""

import json
import os
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import msgspec

from tenderbell.compiling.writing import store
from tenderbell.database import transaction
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tests.bench.asking import PLACES, addresses, statements, stock_addresses
from tests.bench.compiling import settings_in
from tests.bench.loading import client, load, wake
from tests.bench.measuring import FULL, Figure, Sizes, at_least, at_most, in_turn, median, say, serving
from tests.bench.multiplying import multiply
from tests.bench.worlds import NOW, World

TIMES = 10
"""How much larger the larger world is."""

MOST_COST = 1.5
"""What a page may cost in the larger world, in costs of the smaller one."""

SERVERS = {"varied": "varied", "kept": "kept", "bare": "bare handler", "datasette": "Datasette"}

_TICKS = os.sysconf("SC_CLK_TCK")


class Borne(msgspec.Struct, frozen=True):
    """What a server bore, and the processor milliseconds that one answer took it: on a busy machine these say more."""

    rate: float
    p50: float
    p95: float
    cpu: float


FEW = ("home", "rare word", "common word", "check")
"""Pages of each way of being made: enough to prove that the measurement works."""

Loads = dict[str, dict[str, Borne]]


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (d)."""
    worlds = Path(os.environ.get("BENCH_WORLDS") or folder)
    small = settings_in(worlds / str(sizes.opportunities), "gloucestershire")
    large = settings_in(worlds / str(sizes.opportunities * TIMES), "gloucestershire")
    if not small.public_path.exists():
        say(f"(d) writing {sizes.opportunities:,} opportunities")
        fill(small, sizes.opportunities)
    if not large.public_path.exists():
        say(f"(d) multiplying them by {TIMES}")
        multiply(small.public_path, large.public_path, TIMES)
    first = _measured(small, sizes, sizes.opportunities, folder)
    second = _measured(large, sizes, sizes.opportunities * TIMES, folder)
    return [
        *_figures(first, f"{sizes.opportunities:,}"),
        *_word_figures(first),
        *_figures(second, f"{sizes.opportunities * TIMES:,}"),
        *_growth(first, second),
    ]


def fill(settings: Settings, count: int) -> None:
    """Write so many opportunities into `public.db`, oldest first."""
    world = World(6)
    with closing(open_public(settings.public_path)) as db:
        for start in range(0, count, 5_000):
            with transaction(db):
                for place in range(start, min(start + 5_000, count)):
                    store(db, world.opportunity(place, settings.area), settings.area, NOW)
        db.execute("pragma optimize")
        db.execute("pragma wal_checkpoint(truncate)")


def _measured(settings: Settings, sizes: Sizes, count: int, folder: Path) -> Loads:
    """Return the loads that the servers bore over one world, by place and server."""
    paths = addresses(settings, count, sizes.addresses)
    stock = stock_addresses(settings, paths)
    recipes = folder / f"recipes-{count}.json"
    chosen = PLACES if sizes.opportunities >= FULL.opportunities else FEW
    recorded = statements(settings, [path for place in chosen for path in paths[place]])
    recipes.write_text(json.dumps({"file": str(settings.public_path), "statements": recorded}))
    own = {"TENDERBELL_DATA": settings.data, "TENDERBELL_EDITION": "gloucestershire", "TENDERBELL_NOW": NOW.isoformat()}
    with ExitStack() as stack:
        servers = {
            "kept": stack.enter_context(serving("tests.bench.serving_site", "site", **own)),
            "varied": stack.enter_context(serving("tests.bench.serving_site", "uncached", **own)),
            "bare": stack.enter_context(serving("tests.bench.serving_site", "bare", recipes)),
            "datasette": stack.enter_context(serving("tests.bench.serving_site", "datasette", settings.public_path)),
        }
        loads = {}
        for place in chosen:
            say(f"(d) {place}, {count:,}")
            asked = {"kept": paths[place][:1], "varied": paths[place], "datasette": stock.get(place, [])}
            asked["bare"] = [path for path in paths[place] if path in recorded]
            loads[place] = _loads(sizes, servers, {name: asked[name] for name in servers if asked[name]}, folder)
        return loads


def _loads(
    sizes: Sizes, servers: dict[str, dict[str, Any]], asked: dict[str, list[str]], folder: Path
) -> dict[str, Borne]:
    """Return the load that each server bore: the median of its rounds by requests a second."""
    runs = {name: lambda name=name: borne(sizes, servers[name], asked[name], folder) for name in asked}
    for name, paths in asked.items():
        wake(servers[name]["port"], paths[:20])
    found = in_turn(sizes.rounds, runs)
    return {
        name: Borne(*(median([getattr(one, field) for one in rounds]) for field in Borne.__struct_fields__))
        for name, rounds in found.items()
    }


def borne(sizes: Sizes, server: Mapping[str, Any], paths: list[str], folder: Path) -> Borne:
    """Return the load that a server bore for the seconds of a round, with what it cost its processor."""
    before = processor_seconds(server["pid"])
    found = load(server["port"], paths, sizes.clients, sizes.seconds, folder)
    spent = processor_seconds(server["pid"]) - before
    return Borne(found.rate, found.p50, found.p95, max(0.001, 1000 * spent / found.requests))


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _figures(loads: Loads, world: str) -> list[Figure]:
    return [figure for place in loads for figure in _figures_of(place, loads[place], world)]


def _figures_of(place: str, loads: Mapping[str, Borne], world: str) -> list[Figure]:
    figures = []
    for name, words in SERVERS.items():
        if one := loads.get(name):
            note = f"p50 {one.p50:.1f} ms, p95 {one.p95:.1f} ms, processor {one.cpu:.2f} ms, {client()}"
            figures.append(Figure("d", f"{place}, {world}, {words}", one.rate, "requests/s", note=note))
    for name in ("varied", "kept"):
        one, bare = loads[name], loads.get("bare")
        figures.append(at_most("d", f"{place}, {world}, {name}, p95", one.p95, 40, "ms"))
        if bare:
            figures.append(at_least("d", f"{place}, {world}, {name} / bare handler", one.rate / bare.rate, 0.5))
    if stock := loads.get("datasette"):
        figures.append(Figure("d", f"{place}, {world}, varied / Datasette", loads["varied"].rate / stock.rate, ""))
    return figures


def _growth(first: Loads, second: Loads) -> list[Figure]:
    """Return what a page costs in the larger world: processor time, which neighbours on the machine change least."""
    costs = {place: (first[place]["varied"].cpu, second[place]["varied"].cpu) for place in first}
    return [
        at_most(
            "d", f"{place}, cost of {TIMES} times as many", many / few, MOST_COST, note=f"{few:.2f} ms, {many:.2f} ms"
        )
        for place, (few, many) in costs.items()
    ]


def _word_figures(loads: Loads) -> list[Figure]:
    cost = {place: loads[place]["varied"].cpu for place in ("rare word", "common word")}
    return [at_most("d", "a common word costs, in rare words", cost["common word"] / cost["rare word"], 1)]
