"""Bad days of every spider's publisher, over real HTTP: a good run, then a bad one.

All publishers are harvested side by side by one command, each bad day being a source of its own on a server of its own,
and beside them one publisher of each spider that has a good day. So the bad days also show that other sources go on.
"""

import json
import re
import subprocess
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from spiders.registry import spider_names
from tenderbell.archive import open_archive
from tenderbell.health import DEGRADED, FAILING, WORKING
from tenderbell.notice import decode
from tenderbell.public import read_public
from tenderbell.settings import PROJECT
from tests.journeys.moods import BAD_DAYS, FEW
from tests.journeys.publishers import PUBLISHERS
from tests.spiders.place import FAST, Place

pytestmark = pytest.mark.slow

GOOD = "a good day"
# Hundreds of servers share the machine with their one client.
OVERRIDES = {**FAST, "DOWNLOAD_TIMEOUT": 60, "RETRY_TIMES": 1}

ENDS = {
    "an error page with status 200": (FAILING, "error page|a web page, not JSON|not a feed"),
    "an empty listing": (DEGRADED, "empty|no entries|no posts|no releases|found nothing|Nothing is listed"),
    "changed markup": (FAILING, "markup has changed|without releases|without notices|holds neither|has no list"),
    "a repeated page": (DEGRADED, "repeats|round in circles"),
    "endless paging": (DEGRADED, "had no end|was no end|round in circles"),
    "a login page": (FAILING, "login form|a web page, not JSON|not a feed"),
    "a gzip bomb": (FAILING, "sent more than 50 MB, which is refused"),
    "another charset than it says": (FAILING, "ends in the middle|without releases|without notices|JSON"),
    "another charset, readable all the same": (WORKING, "Finished"),
    "broken after a byte": (FAILING, "ends in the middle|not JSON|no whole JSON|not a feed|markup has changed"),
    "broken in the middle": (FAILING, "ends in the middle|not JSON|no whole JSON|not whole"),
    "broken at the very end": (FAILING, "ends in the middle|not JSON|no whole JSON|not whole"),
    # One date that cannot be is a doubt about its notice; most of them are a format that has changed.
    "dates that do not exist": (DEGRADED, "could not be read"),
    "a row without a link": (DEGRADED, "neither a link nor a reference|neither an id nor a link|could not be read"),
}
"""How the source stands after each bad day, and what its sentence says."""

ONE_DOCUMENT = "It is one document: there is no second page."
ONE_TEXT = "It is one text without rows and without dates."
EMPTY_FEED = "A feed without entries is a feed: the list is empty, which is an alarm."
READ_TO_THE_CUT = "The entries before the cut are whole and are read; the cut is an alarm."
NEVER_WALKED = "The window does not count as walked, and the next harvest walks it again."
TOLD_BY_THE_BYTES = "The bytes themselves tell the charset, and all is read."

IMPOSSIBLE: dict[tuple[str, str], str] = {
    **dict.fromkeys(
        product(("feed", "ocds_file", "watched_page"), ("a repeated page", "endless paging")), ONE_DOCUMENT
    ),
    **dict.fromkeys(
        product(("public_contracts_scotland", "sell2wales"), ("endless paging",)),
        "It has no pages: each month and type is asked for once.",
    ),
    **dict.fromkeys(product(("watched_page",), ("dates that do not exist", "a row without a link")), ONE_TEXT),
}
"""Bad days that a publisher cannot have."""

EXCEPTIONS: dict[tuple[str, str], tuple[str, str, str]] = {
    ("find_a_tender", "an empty listing"): (
        WORKING, "Finished", "A few hours of a night are empty as a rule; its history notices two days without any.",
    ),
    **dict.fromkeys(
        product(("find_a_tender", "contracts_finder"), ("a repeated page", "endless paging")),
        (FAILING, "round in circles", NEVER_WALKED),
    ),
    **dict.fromkeys(
        product(("public_contracts_scotland", "sell2wales"), ("changed markup",)),
        (DEGRADED, "No type of notice has any release", "A package without releases is how it says that it has none."),
    ),
    **dict.fromkeys(
        product(("feed", "ukri", "wordpress"), ("changed markup",)),
        (DEGRADED, "list is empty|has no entries|lists no posts", EMPTY_FEED),
    ),
    **dict.fromkeys(
        product(("feed", "ukri", "wordpress"), ("broken in the middle", "broken at the very end")),
        (DEGRADED, "ends in the middle", READ_TO_THE_CUT),
    ),
    **dict.fromkeys(
        product(("feed", "ukri", "wordpress", "find_a_grant"), ("another charset than it says",)),
        (WORKING, "Finished", TOLD_BY_THE_BYTES),
    ),
    ("ukri", "endless paging"): (WORKING, "Finished", "The feed is followed a few pages back and no further."),
    ("watched_page", "an empty listing"): (FAILING, "markup has changed", "Nothing is left that could be watched."),
}  # fmt: skip
"""Other ends, and why they are right."""

SCRAPYS_OWN = "twisted.internet.defer.AlreadyCalledError:"
"""On a very busy machine Scrapy's timer for closing connections (one second) fires together with what it waits for."""

CASES = [case for case in product(PUBLISHERS, BAD_DAYS) if case not in IMPOSSIBLE]
Case = tuple[str, str]
Opportunity = tuple[str, str]


class National(Place):
    """A place whose edition takes everything in, wherever it is."""

    @property
    def environ(self) -> dict[str, str]:
        found = super().environ
        path = Path(found["TENDERBELL_EDITION"])
        path.write_text(path.read_text("utf-8").replace('area="gloucestershire"', 'area="united-kingdom"'), "utf-8")
        return found

    def run(self, module: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a module as a process of its own, to its end."""
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=PROJECT, env=self.environ, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip


@dataclass
class World:
    """What became of every case: the report of its bad run, its state and its sentence, the opportunities by the keys
    of their notices before and after, and the first doubt of each reading that has any. `stderr` is what was said."""

    good: dict[Case, dict[str, Any]] = field(default_factory=dict)
    bad: dict[Case, dict[str, Any]] = field(default_factory=dict)
    before: dict[Case, dict[str, Opportunity]] = field(default_factory=dict)
    after: dict[Case, dict[str, Opportunity]] = field(default_factory=dict)
    standing: dict[Case, tuple[str, str]] = field(default_factory=dict)
    doubts: dict[Case, list[str]] = field(default_factory=dict)
    stderr: str = ""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Live through a good day and then through all the bad ones."""
    place, found = National(tmp_path_factory.mktemp("bad-days")), World()
    cases = [*CASES, *((spider, GOOD) for spider in PUBLISHERS)]
    named = {
        f"{PUBLISHERS[case[0]].spider}-{index}": (case, PUBLISHERS[case[0]](index)) for index, case in enumerate(cases)
    }
    with ExitStack() as stack:
        for id, (_, publisher) in named.items():
            stack.enter_context(publisher.server)
            publisher.add_many(FEW)
            publisher.row(place, id)
        ids = {id: case for id, (case, _) in named.items()}
        found.good = _harvest(place, ids, found)
        found.before = _compile(place, ids)
        for (_, day), publisher in named.values():
            if day != GOOD:
                BAD_DAYS[day].begin(publisher)
        found.bad = _harvest(place, ids, found)
        found.after = _compile(place, ids)
    found.standing, found.doubts = _standings(place, ids), _doubts(place, ids)
    return found


def _harvest(place: National, ids: dict[str, Case], world: World) -> dict[Case, dict[str, Any]]:
    done = place.run("tests.journeys.impatient", json.dumps({"sources": [], "overrides": OVERRIDES}))
    assert done.returncode == 0, done.stderr[-2000:]
    world.stderr += done.stderr
    return {ids[report["source"]]: report for report in json.loads(done.stdout)}


def _compile(place: National, ids: dict[str, Case]) -> dict[Case, dict[str, Opportunity]]:
    done = place.run("tenderbell", "compile")
    assert done.returncode == 0, done.stderr
    found: dict[Case, dict[str, Opportunity]] = {case: {} for case in ids.values()}
    with closing(read_public(place.folder / "data" / "public.db")) as db:
        for source, key, id, stage in db.execute(
            "select n.source, n.key, o.id, o.stage from notice n join opportunity o on o.id = n.opportunity"
        ):
            found[ids[source]][key] = (id, stage)
    return found


def _standings(place: National, ids: dict[str, Case]) -> dict[Case, tuple[str, str]]:
    sources = json.loads(place.run("tenderbell", "status", "--json").stdout)["sources"]
    return {ids[source["id"]]: (source["state"], source["message"]) for source in sources}


def _doubts(place: National, ids: dict[str, Case]) -> dict[Case, list[str]]:
    found: dict[Case, list[str]] = {case: [] for case in ids.values()}
    with closing(open_archive(place.folder / "data" / "archive.db")) as db:
        for source, reading in db.execute("select source, reading from notice where reading is not null"):
            found[ids[source]] += decode(reading).doubts[:1]
    return found


WITHOUT_A_PUBLISHER = {"direct"}
"""What is written on this site is asked of nobody."""


def test_every_spider_has_a_publisher_that_can_have_bad_days() -> None:
    asking = tuple(name for name in spider_names() if name not in WITHOUT_A_PUBLISHER)
    assert tuple(sorted(PUBLISHERS)) == asking, "add the spider's publisher to tests/journeys/publishers.py"
    assert set(ENDS) == set(BAD_DAYS)
    assert set(EXCEPTIONS) <= set(CASES)


def test_every_publisher_is_read_whole_on_a_good_day(world: World) -> None:
    for (spider, _), report in world.good.items():
        assert (report["finished"], report["reason"], report["unreadable"]) == (True, "Finished.", 0), report
        assert report["new"] == (1 if spider == "watched_page" else FEW), report
    published = {spider for (spider, _), known in world.before.items() if len(known) == FEW}
    assert published == set(PUBLISHERS) - {"watched_page"}


@pytest.mark.parametrize("spider", PUBLISHERS)
def test_each_bad_day_ends_with_its_sentence_and_a_source_that_says_so(spider: str, world: World) -> None:
    wrong = []
    for case in [case for case in CASES if case[0] == spider]:
        state, words = EXCEPTIONS.get(case, (*ENDS[case[1]], ""))[:2]
        found, sentence = world.standing[case]
        report = world.bad[case]
        print(f"{case[1]:40} {found:9} {sentence[:110]}")
        is_named = re.search(words, sentence) and world.bad[case]["finished"] == (found != FAILING)
        if found != state or not is_named or "The spider" in report["reason"]:
            wrong.append((case[1], found, sentence, report["reason"]))
    assert wrong == []


@pytest.mark.parametrize("spider", PUBLISHERS)
def test_nothing_that_was_known_is_lost_or_closed_on_a_bad_day(spider: str, world: World) -> None:
    for case in [case for case in CASES if case[0] == spider]:
        kept = {key: world.after[case].get(key) for key in world.before[case]}
        assert kept == world.before[case], case[1]


@pytest.mark.parametrize("spider", PUBLISHERS)
def test_another_source_in_the_same_command_goes_on_and_finishes(spider: str, world: World) -> None:
    report = world.bad[spider, GOOD]
    assert (report["finished"], report["reason"], report["notices"]) == (True, "Finished.", 0)
    assert world.standing[spider, GOOD][0] == WORKING


@pytest.mark.parametrize("spider", [spider for spider in PUBLISHERS if (spider, "dates that do not exist") in CASES])
def test_a_date_that_does_not_exist_is_a_doubt_of_each_notice(spider: str, world: World) -> None:
    assert len(world.doubts[spider, "dates that do not exist"]) == FEW
    assert world.doubts[spider, GOOD] == []


def test_a_harvest_goes_on_while_a_newer_version_is_installed(tmp_path: Path) -> None:
    """Source code that no longer fits what is running cannot be shown; nothing that harvests may want to see it."""
    program = (
        "import inspect, sys\nfrom tests.spiders import child\n"
        "def gone(*_): raise OSError('could not get source code')\n"
        "inspect.getsource = gone\nchild.main(sys.argv[1])"
    )
    publisher, place = PUBLISHERS["feed"](1), National(tmp_path)
    publisher.add_many(FEW)
    with publisher.server:
        publisher.row(place, "feed")
        arguments = json.dumps({"sources": [], "overrides": OVERRIDES})
        done = subprocess.run(
            [sys.executable, "-c", program, arguments],
            cwd=PROJECT, env=place.environ, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    (report,) = json.loads(done.stdout)
    assert (report["reason"], report["new"]) == ("Finished.", FEW)


def test_no_bad_day_ends_in_a_traceback(world: World) -> None:
    raised = re.findall(r"Traceback \(most recent call last\):\n(?:[ ]+.*\n)+(\S.*)", world.stderr)
    assert [error for error in raised if error.strip() != SCRAPYS_OWN] == [], world.stderr[:5_000]
