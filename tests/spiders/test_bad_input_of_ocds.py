"""What servers send on bad days, for each source that answers OCDS or JSON: a named error on that run, nothing known is
lost or closed, and other sources go on."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product
from typing import Any

import pytest

from spiders.harvest import Wanted, harvest
from spiders.rehearsal import contracts_finder, proactis, ted
from spiders.rehearsal.find_a_tender import Feed, Rehearsal
from spiders.rehearsal.server import Answer
from tests.spiders import faulty
from tests.spiders.faulty import Fault, WithFaults
from tests.spiders.ocds_servers import FaultyContractsFinder, FaultyDocuments, FaultyProactis, FaultyTed
from tests.spiders.place import Place

NEWS = Feed(b'<rss version="2.0"><channel><item><guid>a</guid><title>One</title></item></channel></rss>')
ITEM = contracts_finder.Item("Lunch club")
PACKAGE = json.dumps({"version": "1.1", "releases": [contracts_finder.release_of(ITEM)]}).encode()
RELEASES = json.dumps({"releases": [proactis.release_of(proactis.Item("Ferry"))]}).encode()
RESULTS = json.dumps({"notices": [ted.notice_of(ted.Item("Boats"))]}).encode()

Serve = Callable[[dict[int | str, Fault]], WithFaults]
SOURCES: dict[str, tuple[Serve, str, str, dict[str, Any], bytes]] = {
    "contracts-finder": (
        lambda faults: FaultyContractsFinder([ITEM], faults=faults),
        contracts_finder.SEARCH, "", {"since_days": 1}, PACKAGE,
    ),
    "public-contracts-scotland": (
        lambda faults: FaultyProactis([proactis.Item("Ferry")], faults=faults),
        proactis.NOTICES, "", {"options": {"types": [2]}, "since_days": 1}, RELEASES,
    ),
    "ted": (lambda faults: FaultyTed([ted.Item("Boats")], faults=faults), ted.SEARCH, "", {}, RESULTS),
    "ocds-file": (
        lambda faults: FaultyDocuments({"/all.json": PACKAGE}, faults=faults), "/all.json", "/all.json", {}, PACKAGE,
    ),
}  # fmt: skip
"""By spider: its server, the path that is spoilt, the end of the source's address, its row, one saved response."""


Reports = dict[str, dict[str, Any]]


def id_of(spider: str, fault: str) -> str:
    """Return the id of the source of a spider that has this bad day."""
    return f"{spider}-{list(FAULTS).index(fault)}"


def empty(answer: Answer) -> Answer:
    return Answer(200, b"", answer.headers)


def json_error(answer: Answer) -> Answer:
    return Answer(200, b'{"error": "Something went wrong.", "code": 7}', answer.headers)


FAULTS: dict[str, tuple[Fault, str]] = {
    "a web page with status 200": (faulty.login_form, "web page"),
    "an empty body": (empty, "empty"),
    "an error in JSON with status 200": (json_error, "JSON without"),
    "half a document": (faulty.truncate, "ends in the middle"),
    "a gzip bomb": (faulty.bomb, "more than 50 MB"),
    "an error of the server": (faulty.server_error, "500"),
    "no answer": (faulty.drop, "dropped the connection"),
}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Reports, Place, list[Any]]]:
    """The reports of a source for each spider and fault, each with one notice from a saved file in the archive, and of
    a feed that has a good day; the place; and what the archive held before."""
    folder = tmp_path_factory.mktemp("days")
    place = Place(folder)
    with ExitStack() as stack:
        news = stack.enter_context(Rehearsal(feeds={"/feed.xml": NEWS}))
        for spider, fault in product(SOURCES, FAULTS):
            serve, path, suffix, row, _ = SOURCES[spider]
            server = stack.enter_context(serve({path: FAULTS[fault][0]}))
            place.source(spider, server.url + suffix, id_of(spider, fault), **row)
        place.feed(f"{news.url}/feed.xml")
        for spider, fault in product(SOURCES, FAULTS):
            file = folder / f"{spider}.json"
            file.write_bytes(SOURCES[spider][-1])
            (seeded,) = harvest(place.settings, [id_of(spider, fault)], Wanted(saved=file))
            assert (seeded.notices, seeded.unreadable) == (1, 0)
        before = place.contents("notice")["notice"]
        yield {report["source"]: report for report in place.harvest().reports}, place, before


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("spider", SOURCES)
def test_a_bad_day_is_a_named_error(spider: str, fault: str, days: tuple[Reports, Place, list[Any]]) -> None:
    report = days[0][id_of(spider, fault)]
    assert not report["finished"]
    assert FAULTS[fault][1] in report["reason"]
    assert report["notices"] == 0


def test_bad_days_lose_nothing_and_stop_nobody_else(days: tuple[Reports, Place, list[Any]]) -> None:
    reports, place, before = days
    assert place.contents("notice")["notice"][: len(before)] == before
    assert (reports["news"]["finished"], reports["news"]["new"]) == (True, 1)


@pytest.mark.parametrize("spider", SOURCES)
def test_a_fault_that_passes_is_asked_again(spider: str, place: Place) -> None:
    serve, _, suffix, row, _ = SOURCES[spider]
    with serve({1: faulty.truncate}) as server:
        report = place.source(spider, server.url + suffix, **row).harvest(spider).report
    assert report["finished"], report["reason"]
    assert report["new"] == 1
