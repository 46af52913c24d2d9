"""Reading saved responses, and the recorded day through both doors."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spiders.fetching.saved import content_type_of, responses_in
from spiders.formats.lenient import split_package
from spiders.harvest import HarvestReport, Wanted, harvest
from tests.spiders.faulty import Faulty
from tests.spiders.place import Place
from tests.spiders.releases import number, tender, tenders

NEWEST = datetime(2026, 8, 11, 7, 30, tzinfo=UTC)


def read_saved(place: Place, path: Path) -> HarvestReport:
    (report,) = harvest(place.settings, ["find-a-tender"], Wanted(saved=path))
    return report


def test_a_folder_is_read_in_name_order_without_readmes_headers_and_dot_files(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    (folder / "sub").mkdir(parents=True)
    (folder / "b.json").write_text(json.dumps({"releases": tenders(2, NEWEST)}))
    (folder / "sub" / "c.json").write_text(json.dumps({"releases": [tender(2, NEWEST, title="Corrected")]}))
    for name in ("README.md", "b.headers", ".hidden.json"):
        (folder / name).write_text("no response")
    place.find_a_tender("http://127.0.0.1:9")
    report = read_saved(place, folder)
    assert (report.notices, report.new, report.changed, report.requests, report.finished) == (3, 2, 1, 0, True)
    assert [path.name for path in responses_in(folder)] == ["b.json", "c.json"]
    assert place.keys() == [number(1), number(2), number(2)]


def test_a_saved_file_that_is_no_response_is_named_and_the_others_are_read(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "a.json").write_text("Rate limit of 12 exceeded.")
    (folder / "b.json").write_text(json.dumps({"releases": tenders(2, NEWEST)}))
    report = read_saved(place.find_a_tender("http://127.0.0.1:9"), folder)
    assert (report.notices, report.finished) == (2, False)
    assert "a.json: The answer is not JSON" in report.reason


def test_a_file_name_that_is_no_text_is_shown_with_replacements(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / os.fsdecode(b"a\xff.json")).write_text("Rate limit of 12 exceeded.")
    (folder / os.fsdecode(b"b\xff.json")).write_text(json.dumps({"releases": tenders(2, NEWEST)}))
    said: list[str] = []
    place.find_a_tender("http://127.0.0.1:9")
    (report,) = harvest(place.settings, ["find-a-tender"], Wanted(saved=folder), progress=said.append)
    assert report.notices == 2
    assert "a\N{REPLACEMENT CHARACTER}.json: The answer is not JSON" in report.reason
    assert said == ["find-a-tender: 2 notices, b\N{REPLACEMENT CHARACTER}.json"]
    empty = tmp_path / os.fsdecode(b"empty\xff")
    empty.mkdir()
    assert "empty\N{REPLACEMENT CHARACTER} holds no saved responses." in read_saved(place, empty).reason


def test_a_notice_that_cannot_be_read_is_kept_counted_and_stops_nothing(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"releases": [{"id": "000009-2026"}, "odd", *tenders(1, NEWEST)]}))
    report = read_saved(place.find_a_tender("http://127.0.0.1:9"), path)
    assert (report.notices, report.unreadable, report.finished) == (3, 2, True)


def test_headers_beside_a_response_give_its_content_type(tmp_path: Path) -> None:
    (tmp_path / "feed.dat").write_bytes(b"")
    (tmp_path / "feed.headers").write_text("HTTP/1.1 200 OK\nContent-Type: application/rss+xml; charset=iso-8859-1\n")
    assert content_type_of(tmp_path / "feed.dat") == "application/rss+xml; charset=iso-8859-1"


def test_the_first_saved_harvest_tells_nobody_unless_told_otherwise(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"releases": tenders(1, NEWEST)}))
    place.find_a_tender("http://127.0.0.1:9")
    harvest(place.settings, ["find-a-tender"], Wanted(saved=path, backfill=False))
    assert place.archive.execute("select backfill from notice").fetchone()[0] == 0


@pytest.mark.corpus
def test_the_recorded_day_gives_459_notices_once(place: Place, corpus: Path) -> None:
    place.find_a_tender("http://127.0.0.1:9")
    day = corpus / "find_a_tender" / "2026-08-10"
    first = read_saved(place, day)
    before = place.contents("notice")
    again = read_saved(place, day)
    assert (first.notices, first.new, first.unreadable, first.finished) == (459, 459, 0, True)
    assert (again.notices, again.new, again.changed) == (0, 0, 0)
    assert place.contents("notice") == before


@pytest.mark.corpus
def test_the_recorded_day_over_http_is_the_recorded_day_from_files(
    place: Place, corpus: Path, serve: Callable[..., Faulty]
) -> None:
    pages = sorted((corpus / "find_a_tender" / "2026-08-10").glob("*.json"))
    releases = [release for page in pages for release in split_package(page.read_bytes()).releases]
    server = serve(releases)
    report = place.find_a_tender(server.url, delay=0, since_days=2).harvest("find-a-tender").report
    assert (report["notices"], report["finished"]) == (459, True)
    read_saved(place, pages[0].parent)
    assert len(place.keys()) == 459
