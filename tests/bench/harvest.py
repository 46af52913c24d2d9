"""(a) Harvest: the real spider into the archive, against plain Scrapy that writes the same pages to files.

Both are whole processes against one local server that speaks the Find a Tender API. *Whole* is from start to exit;
*crawl only* from the first request for a page to exit, without the start of Python and its imports.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from spiders.fetching.windows import STEP, Window
from spiders.formats.lenient import split_package
from spiders.rehearsal.find_a_tender import API, Rehearsal
from spiders.rehearsal.server import Answer, Asked
from tenderbell.settings import PROJECT
from tests.bench.measuring import Figure, Sizes, at_least, in_turn, median, run_child, say
from tests.bench.releases import releases
from tests.bench.worlds import World

START = datetime(2026, 8, 10, tzinfo=UTC)
RECORDED = PROJECT.parent / "shared" / "corpus" / "find_a_tender" / "2026-08-10"
_EDITION = """
id = "bench"
title = "Bench"
strapline = "for measuring"
area = "united-kingdom"
url = "http://127.0.0.1"
[mail]
name = "Bench"
address = "bench@tenderbell.example"
[[source]]
id = "find-a-tender"
title = "Find a Tender"
url = "{url}"
delay = 0
"""


class Shelf(Rehearsal):
    """The rehearsal server with its answers ready on a shelf, so that it costs both sides next to nothing."""

    ready: dict[str, Answer]
    first_asked = 0.0

    def answer(self, asked: Asked) -> Answer:
        """Return a page, made on the first time of asking."""
        if not asked.path.startswith(API):
            return super().answer(asked)
        self.first_asked = self.first_asked or time.perf_counter()
        key = f"{asked.path}?{urlencode(asked.query)}"
        if key not in self.ready:
            self.ready[key] = super().answer(asked)
        return self.ready[key]


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (a)."""
    end = START + timedelta(days=1)
    count = sizes.pages * 100
    say(f"(a) making {count:,} releases")
    bodies = list(releases(World(1), count, START, end))
    figures = _against(sizes, folder / "made", bodies, START, end, f"{sizes.pages} made pages")
    if RECORDED.is_dir():
        figures += _against(sizes, folder / "recorded", *_recorded_day(), "recorded day, 5 pages", is_target=False)
    return figures


def _recorded_day() -> tuple[list[bytes], datetime, datetime]:
    """Return the releases of the recorded day, byte for byte, and the day's ends (summer time)."""
    pages = [split_package(page.read_bytes()) for page in sorted(RECORDED.glob("page-*.json"))]
    bodies = [release for page in pages for release in page.releases]
    return bodies, START - timedelta(hours=1), START + timedelta(hours=23)


def _against(
    sizes: Sizes,
    folder: Path,
    bodies: list[bytes],
    start: datetime,
    end: datetime,
    what: str,
    *,
    is_target: bool = True,
) -> list[Figure]:
    folder.mkdir()
    server = Shelf(bodies)
    server.ready = {}
    with server:
        (folder / "bench.toml").write_text(_EDITION.format(url=server.url))
        windows = _windows(server.url, start, end)
        runs = {"plain": _timed(server, lambda n: _plain(folder, n, windows)),
                "ours": _timed(server, lambda n: _ours(folder, n, start, end, len(set(bodies))))}  # fmt: skip
        runs["plain"]()  # fills the server's shelf and the disk cache
        found = in_turn(sizes.rounds, runs)
    rates = {
        name: [len(bodies) / median(column) for column in zip(*times, strict=True)] for name, times in found.items()
    }
    make = at_least if is_target else _without_target
    return [
        Figure("a", f"harvest, whole process, {what}", rates["ours"][0], "releases/s"),
        Figure("a", f"plain Scrapy, whole process, {what}", rates["plain"][0], "releases/s"),
        make("a", f"ratio, whole process, {what}", rates["ours"][0] / rates["plain"][0], 0.7),
        Figure("a", f"harvest, crawl only, {what}", rates["ours"][1], "releases/s"),
        Figure("a", f"plain Scrapy, crawl only, {what}", rates["plain"][1], "releases/s"),
        make("a", f"ratio, crawl only, {what}", rates["ours"][1] / rates["plain"][1], 0.7),
    ]


def _without_target(part: str, name: str, value: float, least: float) -> Figure:
    return Figure(part, name, value, "", note="start-up dominates five pages")


def _windows(url: str, start: datetime, end: datetime) -> list[str]:
    """Return the first pages of the windows that the spider walks, newest first."""
    found = []
    while end > start:
        since, until = Window(max(start, end - STEP), end).local
        found.append(f"{url}{API}?{urlencode({'updatedFrom': since, 'updatedTo': until, 'limit': 100}, safe=':')}")
        end -= STEP
    return found


def _timed(server: Shelf, run: Callable[[int], None]) -> Callable[[], tuple[float, float]]:
    """Return a run that gives (seconds of the whole process, seconds from its first request for a page on)."""
    turns = 0

    def timed() -> tuple[float, float]:
        nonlocal turns
        turns += 1
        server.first_asked = 0.0
        start = time.perf_counter()
        run(turns)
        end = time.perf_counter()
        return end - start, end - server.first_asked

    return timed


def _plain(folder: Path, turn: int, urls: Sequence[str]) -> None:
    target = folder / f"plain-{turn}"
    target.mkdir()
    run_child("tests.bench.plain_crawl", target, *urls)


def _ours(folder: Path, turn: int, start: datetime, end: datetime, expected: int) -> None:
    data = folder / f"ours-{turn}"
    since, until = Window(start, end).local
    run_child(
        "tenderbell", "harvest", "find-a-tender", "--since", since, "--until", until,
        TENDERBELL_EDITION=folder / "bench.toml", TENDERBELL_DATA=data,
    )  # fmt: skip
    with closing(sqlite3.connect(data / "archive.db")) as db:
        kept = db.execute("select count(*) from notice where unreadable is null").fetchone()[0]
    if kept != expected:
        raise RuntimeError(f"The harvest kept {kept:,} of {expected:,} releases: the measurement means nothing.")
