"""A harvest that dies, however and wherever, loses nothing and repeats nothing."""

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from spiders.rehearsal.server import Answer
from tests.spiders.faulty import Faulty
from tests.spiders.place import Place
from tests.spiders.releases import number, tenders

NEWEST = datetime(2026, 8, 11, 7, 30, tzinfo=UTC)
Serve = Callable[..., Faulty]


@pytest.mark.kill
@pytest.mark.parametrize(
    "point",
    [
        ("tenderbell.archive", "start_run", 1),
        ("spiders.fetching.windows", "_enter", 2),
        ("tenderbell.archive", "_insert", 1),
        ("tenderbell.archive", "_insert", 120),
        ("spiders.fetching.windows", "count_page", 2),
        ("spiders.fetching.windows", "finish", 1),
        ("spiders.fetching.windows", "finish", 3),
        ("spiders.fetching.gaps", "enter", 1),
        ("spiders.fetching.gaps", "settle", 1),
        ("tenderbell.archive", "end_run", 1),
    ],
    ids=lambda point: f"{point[0].split('.')[1]}.{point[1]}-{point[2]}",
)
def test_killed_at_any_step_a_second_harvest_completes_the_first(
    place: Place, serve: Serve, point: tuple[str, str, int]
) -> None:
    releases = [release for release in tenders(150, NEWEST, minutes=1) if release["id"] != number(75)]
    server = serve(releases)
    process = place.find_a_tender(server.url, delay=0).start("find-a-tender", die_at=point)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert place.harvest("find-a-tender").report["finished"]
    assert place.keys() == [number(n) for n in range(1, 151) if n != 75]
    assert place.windows("walking") == 0
    assert [tuple(row) for row in place.archive.execute("select key, state from gap")] == [(number(75), "absent")]
    assert {row[0] for row in place.archive.execute("select backfill from notice")} == {1}


@pytest.mark.kill
def test_killed_between_two_pages_a_second_harvest_walks_the_window_again(place: Place, serve: Serve) -> None:
    server = serve(tenders(250, NEWEST, minutes=1))
    process = place.find_a_tender(server.url, delay=0).start("find-a-tender")

    def kill(answer: Answer) -> Answer:
        process.kill()
        return answer

    server.faults = {3: kill}
    process.communicate(timeout=60)
    assert 0 < len(place.keys()) < 250
    assert place.windows("walking") > 0
    assert place.harvest("find-a-tender").report["finished"]
    assert place.keys() == [number(n) for n in range(1, 251)]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_as_unfinished_and_keeps_what_has_arrived(
    place: Place, serve: Serve, ending: signal.Signals
) -> None:
    server = serve(tenders(250, NEWEST, minutes=1))
    process = place.find_a_tender(server.url, delay=0).start("find-a-tender", overrides={"DOWNLOAD_TIMEOUT": 60})

    told: list[float] = []

    def interrupt(answer: Answer) -> Answer:
        process.send_signal(ending)
        told.append(time.monotonic())
        return Answer(429, b"Rate limit", {"Retry-After": "300", "Content-Type": "text/plain"})

    server.faults = {3: interrupt}
    process.communicate(timeout=60)
    assert time.monotonic() - told[0] < 10
    assert process.returncode == 0
    run = place.archive.execute("select complete, finished_at, reason from run").fetchone()
    assert (run["complete"], run["reason"]) == (0, "Stopped before it was finished; the next harvest goes on.")
    assert run["finished_at"]
    assert len(place.keys()) > 0
    assert place.windows("walking") > 0
