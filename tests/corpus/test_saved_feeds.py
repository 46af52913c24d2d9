"""Feeds that others saved: four encodings, RSS, Atom, RDF, JSON, malformed ones. All are harvested with `--from`."""

import json
from collections import Counter
from pathlib import Path

import pytest

from spiders.feeds.elements import fields_of_element
from spiders.feeds.entries import XML, fields_of, split_feed
from spiders.fetching.saved import content_type_of
from tests.spiders.place import Place

pytestmark = pytest.mark.corpus
URL = "https://feeds.example/"


@pytest.fixture
def saved(corpus: Path) -> list[Path]:
    return sorted(path for path in (corpus / "feeds" / "saved").iterdir() if path.is_file())


def test_every_saved_feed_is_harvested_whole(tmp_path: Path, saved: list[Path]) -> None:
    place = Place(tmp_path).feed(URL)
    report = place.harvest("news", saved=str(saved[0].parent)).report
    assert (report["finished"], report["unreadable"]) == (True, 0), report["reason"]
    entries = sum(len(split_feed(path.read_bytes(), content_type_of(path), URL)) for path in saved)
    assert 400 <= report["notices"] <= entries
    readings = [json.loads(row[0]) for row in place.archive.execute("select reading from notice")]
    assert sum(bool(reading.get("title")) for reading in readings) >= 0.95 * len(readings)
    assert sum("published_at" in reading for reading in readings) >= 0.8 * len(readings)
    assert sum("link" in reading for reading in readings) >= 0.95 * len(readings)


def test_the_json_feed_is_a_feed_like_the_others(saved: list[Path]) -> None:
    (path,) = [path for path in saved if path.suffix == ".json"]
    found = split_feed(path.read_bytes(), content_type_of(path), URL)
    assert len(found) == 2
    assert all(fields["title"] and fields["id"] and fields["published"] for fields, _, _ in found)


def test_the_direct_reading_of_an_entry_is_that_of_feedparser(saved: list[Path]) -> None:
    """`split_feed` keeps an entry as its element only if both say the same; nearly all must be read directly."""
    ways: Counter[str] = Counter()
    for path in saved:
        for fields, body, kind in split_feed(path.read_bytes(), content_type_of(path), URL):
            assert fields_of(body, kind, URL) == fields, path.name
            ways["direct" if kind == XML and fields_of_element(body) else "feedparser"] += 1
    assert ways["direct"] >= 0.8 * ways.total(), ways
