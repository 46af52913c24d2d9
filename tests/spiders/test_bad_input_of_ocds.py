"""What servers send on bad days, for each source that answers OCDS or JSON: a named error on that run, nothing known is
lost or closed, and other sources go on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spiders.harvest import harvest
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


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("spider", SOURCES)
def test_a_bad_day_is_a_named_error_that_loses_nothing_and_stops_nobody_else(
    spider: str, fault: str, place: Place, tmp_path: Path
) -> None:
    serve, path, suffix, row, saved = SOURCES[spider]
    spoil, words = FAULTS[fault]
    file = tmp_path / "saved.json"
    file.write_bytes(saved)
    with serve({path: spoil}) as server, Rehearsal(feeds={"/feed.xml": NEWS}) as news:
        place.source(spider, server.url + suffix, **row).feed(f"{news.url}/feed.xml")
        (seeded,) = harvest(place.settings, [spider], saved=file)
        before = place.contents("notice")["notice"]
        reports = {report["source"]: report for report in place.harvest(spider, "news").reports}
    assert (seeded.notices, seeded.unreadable) == (1, 0)
    assert not reports[spider]["finished"]
    assert words in reports[spider]["reason"]
    assert place.contents("notice")["notice"][: len(before)] == before
    assert reports[spider]["notices"] == 0
    assert (reports["news"]["finished"], reports["news"]["new"]) == (True, 1)


@pytest.mark.parametrize("spider", SOURCES)
def test_a_fault_that_passes_is_asked_again(spider: str, place: Place) -> None:
    serve, _, suffix, row, _ = SOURCES[spider]
    with serve({1: faulty.truncate}) as server:
        report = place.source(spider, server.url + suffix, **row).harvest(spider).report
    assert report["finished"], report["reason"]
    assert report["new"] == 1
