"""Bad days."""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tenderbell.public import read_public
from tenderbell.settings import PROJECT
from tests.journeys.moods import BAD_DAYS, FEW
from tests.journeys.publishers import Publisher
from tests.spiders.place import FAST, Place

Case = tuple[str, str | None]
PATIENT = {**FAST, "DOWNLOAD_TIMEOUT": 60, "RETRY_TIMES": 1}
NOT_APPLICABLE: dict[Case, str] = {}
for sp in ("feed", "ocds_file", "watched_page"):
    for d in ("a repeated page", "endless paging"):
        NOT_APPLICABLE[sp, d] = "x"
for sp in ("public_contracts_scotland", "sell2wales"):
    NOT_APPLICABLE[sp, "endless paging"] = "x"
for d in ("dates that do not exist", "a row without a link"):
    NOT_APPLICABLE["watched_page", d] = "x"


class National(Place):
    """A place whose edition takes everything in, wherever it is."""

    @property
    def environ(self) -> dict[str, str]:
        found = super().environ
        path = Path(found["TENDERBELL_EDITION"])
        path.write_text(path.read_text("utf-8").replace('area="gloucestershire"', 'area="united-kingdom"'), "utf-8")
        return found


@dataclass
class World:
    good: dict[Case, dict[str, Any]] = field(default_factory=dict)
    bad: dict[Case, dict[str, Any]] = field(default_factory=dict)
    known: dict[Case, dict[str, tuple[str, str]]] = field(default_factory=dict)
    kept: dict[Case, dict[str, tuple[str, str]]] = field(default_factory=dict)
    states: dict[Case, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def live_through(folder: Path, publishers: Mapping[str, type[Publisher]]) -> World:
    place, world = National(folder), World()
    cases: dict[str, tuple[Case, Publisher]] = {}
    for spider, kind in publishers.items():
        for day in (None, *BAD_DAYS):
            if (spider, day) not in NOT_APPLICABLE:
                index = len(cases) + 1
                cases[f"{kind.spider}-{index}"] = ((spider, day), kind(index))
    with ExitStack() as stack:
        for id, ((_, day), publisher) in cases.items():
            stack.enter_context(publisher.server)
            publisher.row(place, id)
            publisher.add_many(FEW)
        import time

        t = time.time()
        world.good = harvest(place, cases, world)
        print("harvest", time.time() - t)
        world.known, _ = compiled(place, cases)
        print("compiled", time.time() - t)
        for (_, day), publisher in cases.values():
            if day:
                BAD_DAYS[day].begin(publisher)
        world.bad = harvest(place, cases, world)
        print("harvest", time.time() - t)
        world.kept, world.states = compiled(place, cases)
    return world


def harvest(place, cases, world):
    arguments = {"sources": [], "overrides": PATIENT}
    done = subprocess.run(
        [sys.executable, "-m", "tests.journeys.impatient", json.dumps(arguments)],
        cwd=PROJECT,
        env=place.environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    world.said += done.stderr.splitlines()
    assert done.returncode == 0, done.stderr[-3000:]
    return {cases[report["source"]][0]: report for report in json.loads(done.stdout)}


def compiled(place, cases):
    def type_(*words):
        return subprocess.run(
            [sys.executable, "-m", "tenderbell", *words],
            cwd=PROJECT,
            env=place.environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    done = type_("compile")
    assert done.returncode == 0, done.stderr
    sources = json.loads(type_("status", "--json").stdout)["sources"]
    db = read_public(place.folder / "data" / "public.db")
    found = {case: {} for case, _ in cases.values()}
    for source, key, id, stage in db.execute(
        "select n.source, n.key, o.id, o.stage from notice n join opportunity o on o.id = n.opportunity"
    ):
        found[cases[source][0]][key] = (id, stage)
    return found, {cases[one["id"]][0]: one["state"] for one in sources}


def lost(world, spider, day):
    return [k for k, v in world.known[spider, day].items() if world.kept[spider, day].get(k) != v]
