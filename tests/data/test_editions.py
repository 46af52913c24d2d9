"""The editions that the project ships."""

import re
from urllib.parse import urlsplit

import pytest

from tenderbell.area import load_area
from tenderbell.edition import SCHEDULES, Edition, load_edition

NAMES = sorted(path.stem for path in SCHEDULES.glob("*.toml"))
LIVE = [name for name in NAMES if name != "demo"]


@pytest.fixture(params=NAMES)
def edition(request: pytest.FixtureRequest) -> Edition:
    return load_edition(request.param)


def test_every_edition_is_named_after_its_file_and_has_an_area(edition: Edition) -> None:
    assert {"demo", "gloucestershire", "herefordshire", "united-kingdom"} <= set(NAMES)
    assert edition.id in NAMES
    assert load_area(edition.area).id == edition.area


def test_sources_and_jobs_have_ids_of_their_own(edition: Edition) -> None:
    for ids in ([source.id for source in edition.sources], [job.id for job in edition.jobs]):
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[a-z0-9-]+", id) for id in ids)


def test_feeds_say_what_their_entries_are(edition: Edition) -> None:
    bodies = load_area(edition.area).body_by_slug
    for source in edition.sources:
        if source.spider == "feed":
            assert source.url
            assert source.kind
            assert source.reach
        assert source.buyer is None or source.buyer in bodies or " " in source.buyer


def test_no_job_runs_in_the_hour_that_a_clock_change_repeats(edition: Edition) -> None:
    for job in edition.jobs:
        assert (job.cron is None) != (job.every_minutes is None)
        if job.cron:
            assert re.fullmatch(r"[0-9*,/-]+ [0-9*,/-]+ [0-9*,/-]+ [0-9*,/-]+ [0-9a-z*,/-]+", job.cron), job
            assert not re.match(r"\S+ (?:\*|0?1\b|0-)", job.cron), job


def test_jobs_name_sources_of_their_edition(edition: Edition) -> None:
    known = {source.id for source in edition.sources}
    for job in edition.jobs:
        if job.command[0] == "harvest":
            named = [word for word in job.command[1:] if not word.startswith("-") and not word[0].isdigit()]
            assert named
            assert set(named) <= known


@pytest.mark.parametrize("name", LIVE)
def test_live_editions_harvest_every_source_and_walk_again(name: str) -> None:
    edition = load_edition(name)
    commands = [job.command for job in edition.jobs]
    for source in edition.sources:
        assert any(command[0] == "harvest" and source.id in command for command in commands), source.id
    assert ("harvest", "find-a-tender", "--since", "48h") in commands
    assert ("harvest", "find-a-tender", "--since", "14d") in commands
    assert {"digest", "send", "tidy"} <= {command[0] for command in commands}
    assert not edition.sample


@pytest.mark.parametrize("name", LIVE)
def test_live_sources_are_fetched_securely_and_never_where_robots_may_not_go(name: str) -> None:
    for source in load_edition(name).sources:
        if source.url:
            assert urlsplit(source.url).scheme == "https"
            assert not urlsplit(source.url).path.startswith("/search/all")


def test_the_demonstration_is_marked_as_sample_and_reaches_nobody() -> None:
    edition = load_edition("demo")
    assert edition.sample
    for source in edition.sources:
        assert (urlsplit(source.url or "").hostname or "").endswith("sample.example")
        assert source.delay == 0
