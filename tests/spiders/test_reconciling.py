"""Reconciling over real HTTP: what a source lists of its own against the archive."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from spiders.rehearsal.find_a_tender import API
from tenderbell.settings import PROJECT
from tests.spiders import faulty
from tests.spiders.faulty import Faulty
from tests.spiders.place import Place
from tests.spiders.releases import number, tenders

YESTERDAY = datetime(2026, 8, 10, 15, tzinfo=UTC)
"""The place's clock shows the morning of 11 August."""

Serve = Callable[..., Faulty]


def type_(place: Place, *words: str, code: int = 0) -> Any:
    """Type `tenderbell WORDS --json` and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tenderbell", *words, "--json"],
        cwd=PROJECT, env=place.environ, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def lost(place: Place, *positions: int) -> None:
    """Take notices out of the archive, as if they had never come."""
    with place.archive as db:
        for key in map(number, positions):
            db.execute("delete from notice where key = ?", (key,))
            db.execute("delete from sighting where key = ?", (key,))


@pytest.fixture
def collected(place: Place, serve: Serve) -> Faulty:
    """Find a Tender with 60 notices of yesterday, all of which but number 31 exist, harvested before."""
    server = serve([release for release in tenders(60, YESTERDAY, minutes=5) if release["id"] != number(31)])
    place.find_a_tender(server.url, delay=0)
    assert place.harvest("find-a-tender").report["finished"]
    server.requests.clear()
    return server


def test_a_day_without_differences_is_compared_without_asking_for_anything(place: Place, collected: Faulty) -> None:
    (report,) = type_(place, "reconcile", "find-a-tender")
    assert (report["compared"], report["missing"], report["requests"]) == (60, 0, 0)
    assert report["finished"]
    assert collected.requests == []


def test_numbers_that_the_archive_lacks_are_listed_fetched_and_counted(place: Place, collected: Faulty) -> None:
    lost(place, 7, 8, 40)
    (report,) = type_(place, "reconcile", "find-a-tender")
    counts = {name: report[name] for name in ("compared", "missing", "fetched", "absent", "new", "finished")}
    assert counts == {"compared": 60, "missing": 3, "fetched": 3, "absent": 0, "new": 3, "finished": True}
    assert sorted(report["differences"]) == [number(7), number(8), number(40)]
    assert sorted(asked.path for asked in collected.requests) == [f"{API}/{number(n)}" for n in (7, 8, 40)]
    assert {number(7), number(8), number(40)} <= set(place.keys())
    (again,) = type_(place, "reconcile", "find-a-tender")
    assert again["missing"] == 0


def test_a_number_that_exists_nowhere_is_absent_and_is_not_asked_for_every_night(place: Place, serve: Serve) -> None:
    server = serve([release for release in tenders(60, YESTERDAY, minutes=5) if release["id"] != number(31)])
    place.find_a_tender(server.url, delay=0).harvest("find-a-tender")
    with place.archive as db:
        db.execute("delete from gap")
    (first,) = type_(place, "reconcile", "find-a-tender")
    assert (first["missing"], first["fetched"], first["absent"]) == (1, 0, 1)
    server.requests.clear()
    (second,) = type_(place, "reconcile", "find-a-tender")
    assert (second["missing"], server.requests) == (0, [])


def test_more_is_fetched_than_an_ordinary_harvest_asks_for_singly(place: Place, collected: Faulty) -> None:
    lost(place, *range(10, 25), *range(32, 58))
    (report,) = type_(place, "reconcile", "find-a-tender")
    assert (report["missing"], report["fetched"]) == (41, 41)
    assert len(place.keys()) == 59


def test_other_days_can_be_named(place: Place, collected: Faulty) -> None:
    lost(place, 5)
    (today,) = type_(place, "reconcile", "find-a-tender", "--since", "2026-08-11")
    assert (today["compared"], today["missing"]) == (0, 0)
    (before,) = type_(place, "reconcile", "find-a-tender", "--since", "2026-08-09", "--until", "2026-08-11")
    assert (before["missing"], before["fetched"]) == (1, 1)


def test_what_could_not_be_fetched_stays_missing_and_is_tried_again(place: Place, collected: Faulty) -> None:
    lost(place, 7, 8)
    collected.faults = {f"{API}/{number(7)}": faulty.login_form}
    (report,) = type_(place, "reconcile", "find-a-tender")
    assert (report["missing"], report["fetched"], report["absent"]) == (2, 1, 0)
    assert report["finished"]
    assert "1 missing notice could not be fetched (000007-2026): " in report["reason"], "an alarm"
    collected.faults = {}
    (again,) = type_(place, "reconcile", "find-a-tender")
    assert (again["missing"], again["fetched"], again["differences"]) == (1, 1, [number(7)])


@pytest.mark.parametrize("fault", [faulty.login_form, faulty.server_error])
def test_what_is_missing_two_nights_running_needs_a_human(place: Place, collected: Faulty, fault: faulty.Fault) -> None:
    lost(place, 7, 8)
    collected.faults = {f"{API}/{number(7)}": fault}
    need = (
        "find-a-tender: 1 notice was missing at the last two comparisons and could not be fetched "
        f"({number(7)}). Look there, and tell the developers."
    )
    for needs in ([], [need]):
        (report,) = type_(place, "reconcile", "find-a-tender")
        assert number(7) in report["reason"]
        assert type_(place, "status", code=bool(needs))["needs"] == needs
    collected.faults = {}
    type_(place, "reconcile", "find-a-tender")
    assert type_(place, "status")["needs"] == []


def test_a_harvest_that_could_not_fetch_a_missing_number_is_degraded(place: Place, serve: Serve) -> None:
    server = serve([release for release in tenders(60, YESTERDAY, minutes=5) if release["id"] != number(31)])
    server.faults = {f"{API}/{number(31)}": faulty.login_form}
    assert place.find_a_tender(server.url, delay=0).harvest("find-a-tender").report["finished"]
    (source,) = type_(place, "status")["sources"]
    assert source["state"] == "degraded"
    assert number(31) in source["message"]


def test_a_source_that_cannot_be_reached_ends_the_comparison_with_a_reason(place: Place, collected: Faulty) -> None:
    lost(place, 7)
    collected.stop()
    (report,) = type_(place, "reconcile", "find-a-tender", code=1)
    assert not report["finished"]
    assert "connection refused" in report["reason"]
    assert (report["missing"], report["fetched"]) == (1, 0)


def test_the_last_comparison_is_shown_by_status_and_is_no_harvest(place: Place, collected: Faulty) -> None:
    (before,) = type_(place, "status")["sources"]
    lost(place, 7)
    type_(place, "reconcile", "find-a-tender")
    (after,) = type_(place, "status")["sources"]
    assert (after["reconciled_compared"], after["reconciled_missing"], after["reconciled_fetched"]) == (60, 1, 1)
    assert after["reconciled_at"] == "2026-08-11T08:00:00Z"
    same = ("state", "last_run", "last_success", "last_run_requests", "last_run_listed")
    assert [after[name] for name in same] == [before[name] for name in same]


def test_a_comparison_does_not_make_a_first_harvest_an_ordinary_one(place: Place, serve: Serve) -> None:
    server = serve(tenders(5, YESTERDAY))
    place.find_a_tender(server.url, delay=0)
    (report,) = type_(place, "reconcile", "find-a-tender")
    assert (report["compared"], report["finished"]) == (0, True)
    place.harvest("find-a-tender")
    assert [row[0] for row in place.archive.execute("select backfill from notice")] == [1] * 5


def test_a_source_without_a_list_of_its_own_is_wrong_use(place: Place, serve: Serve) -> None:
    place.feed("http://127.0.0.1:9/news.xml")
    done = subprocess.run(
        [sys.executable, "-m", "tenderbell", "reconcile", "news"],
        cwd=PROJECT, env=place.environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "'news' has no list to be compared with" in done.stderr
    assert type_(place, "reconcile") == []
