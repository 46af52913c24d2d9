"""(g) A nightly run: every source harvested by one command, against the slowest of them harvested alone.

Eighteen sources on seventeen local servers that speak their products' HTTP. Each spider keeps its own pause between two
requests to a host, divided by `FASTER`; hosts are asked side by side, each host by one request at a time. Both sides
are whole processes, from start to exit, into a fresh archive: what one command loses by doing everything at once is
what the sources take from each other. Real pauses are longer, so the real loss is smaller.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from spiders.fetching.settings import SETTINGS
from spiders.registry import spider_class
from spiders.rehearsal.contracts_finder import Item
from spiders.rehearsal.in_tend import InTendServer
from spiders.rehearsal.server import Answer, Asked
from tests.bench.measuring import Figure, Sizes, at_most, in_turn, median, run_child, say, seconds
from tests.journeys.publishers import PUBLISHERS, Publisher, title
from tests.spiders.place import Place

NOW = datetime.fromisoformat("2026-08-11T09:00:00+01:00")
FASTER = 50
"""The pauses are this many times shorter than the spiders' own."""

CANDIDATES = 2
"""How many sources are harvested alone, of those that should take the longest."""

A_WINDOW, A_DAY = 25, 100
"""Notices of Find a Tender in six hours, of Contracts Finder in a day: about what was recorded."""


class Organisations(InTendServer):
    """One host of In-Tend with several organisations."""

    def product(self, asked: Asked) -> Answer:
        """Answer as the organisation that the path begins with."""
        self.organisation = asked.path.split("/")[1]
        return super().product(asked)


@dataclass(frozen=True)
class Site:
    """A publisher with its notices, and the ids and paths of the sources that are on it."""

    publisher: Publisher
    sources: Mapping[str, str]
    since_days: int | None = None

    def rows(self, place: Place) -> None:
        """Add the sources to an edition, each with its spider's own pause, shortened."""
        for id, path in self.sources.items():
            self.publisher.row(place, id)
            row = place.sources[-1]
            row |= {"url": f"{self.publisher.server.url}{path}", "delay": pause(self.publisher.spider)}
            row |= {"since_days": self.since_days} if self.since_days else {}


def pause(spider: str) -> float:
    """Return the seconds between two requests of a spider, shortened."""
    own = (spider_class(spider.replace("-", "_")).custom_settings or {}).get("DOWNLOAD_DELAY")
    return float(str(SETTINGS["DOWNLOAD_DELAY"] if own is None else own)) / FASTER


def sites(days: int) -> list[Site]:
    """Return every site of the night, with as many notices as `days` bring."""
    made = {spider: kind(index) for index, (spider, kind) in enumerate(PUBLISHERS.items(), start=1)}
    _publish_tenders(made["find_a_tender"], days)
    _publish_contracts(made["contracts_finder"], days)
    made["in_tend"].server = Organisations()
    simple = ("find_a_grant", "ukri", "govuk", "national_lottery", "procontract", "jaggaer", "wordpress", "table")
    for spider in simple:
        made[spider].add_many(3 * days)
    for spider in ("atamis", "eu_supply", "in_tend"):
        made[spider].add_many(15 * days)
    made["watched_page"].add_many(5)
    feeds = [PUBLISHERS["feed"](index) for index in (101, 102, 103)]
    for feed in feeds:
        feed.add_many(2 * days)
    return [
        Site(made["find_a_tender"], {"find-a-tender": ""}, days),
        Site(made["contracts_finder"], {"contracts-finder": ""}, days),
        *(Site(made[spider], {made[spider].spider: made[spider].path}) for spider in simple),
        *(Site(made[spider], {made[spider].spider: made[spider].path}) for spider in ("atamis", "eu_supply")),
        Site(made["in_tend"], {"in-tend-first": "/first", "in-tend-second": "/second"}),
        Site(made["watched_page"], {"watched-page": made["watched_page"].path}),
        *(Site(feed, {f"feed-{number}": feed.path}) for number, feed in enumerate(feeds, start=1)),
    ]


def _publish_tenders(publisher: Any, days: int) -> None:
    count = days * 4 * A_WINDOW
    step = timedelta(days=days) / count
    for number in range(count, 0, -1):
        date = (NOW - step * (count - number) - timedelta(minutes=1)).isoformat()
        publisher.server.add_releases([{**publisher.release(number), "date": date}])


def _publish_contracts(publisher: Any, days: int) -> None:
    step = timedelta(days=1) / A_DAY
    for number in range(1, days * A_DAY + 1):
        publisher.server.add(Item(title(number), publisher.buyer, number, published=NOW - step * number))


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (g)."""
    place = Place(folder)
    with ExitStack() as stack:
        for site in sites(sizes.days):
            stack.enter_context(site.publisher.server)
            site.rows(place)
        night = Night(folder, Path(place.environ["TENDERBELL_EDITION"]))
        reports = night.harvest()
        slow = _slowest(place, reports)
        runs: dict[str, Callable[[], float]] = {"all": partial(seconds, night.harvest)}
        runs |= {id: partial(seconds, partial(night.harvest, id)) for id in slow}
        found = {name: median(times) for name, times in in_turn(sizes.rounds, runs).items()}
    return _figures(found, reports)


@dataclass
class Night:
    """Harvests with one edition, each into an archive of its own."""

    folder: Path
    edition: Path
    turns: int = 0

    def harvest(self, *sources: str) -> list[dict[str, Any]]:
        """Harvest once, in a process of its own, and return the reports. Every source must be read whole."""
        self.turns += 1
        told = run_child(
            "tenderbell", "harvest", *sources, "--json", TENDERBELL_EDITION=self.edition,
            TENDERBELL_DATA=self.folder / f"data-{self.turns}", TENDERBELL_NOW=NOW.isoformat(),
        )  # fmt: skip
        reports: list[dict[str, Any]] = json.loads(told)
        if wrong := [report for report in reports if report["reason"] != "Finished." or report["unreadable"]]:
            raise RuntimeError(f"The measurement means nothing: {wrong}")
        return reports


def _slowest(place: Place, reports: list[dict[str, Any]]) -> list[str]:
    """Return the sources whose pauses add up to the most; say how each source did."""
    delays = {row["id"]: row["delay"] for row in place.sources}
    pauses = {report["source"]: report["requests"] * delays[report["source"]] for report in reports}
    for report in reports:
        id = report["source"]
        say(
            f"(g) {id:18} {report['notices']:5,} notices, {report['requests']:3} requests, {delays[id]:.2f} s apart: "
            f"{pauses[id]:5.1f} s of pauses"
        )
    return sorted(pauses, key=pauses.__getitem__, reverse=True)[:CANDIDATES]


def _figures(found: dict[str, float], reports: list[dict[str, Any]]) -> list[Figure]:
    whole = found.pop("all")
    slowest = max(found, key=found.__getitem__)
    notices = sum(report["notices"] for report in reports)
    requests = sum(report["requests"] for report in reports)
    about = f"{notices:,} notices, {requests:,} requests"
    return [
        Figure("g", f"all {len(reports)} sources in one run", whole, "s", note=about),
        Figure("g", "slowest source by itself", found[slowest], "s", note=slowest),
        at_most("g", "all sources / slowest source", whole / found[slowest], 1.1),
    ]
