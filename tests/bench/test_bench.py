"""The benchmarks work: every figure that the issue asks for is measured. No time is asserted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tenderbell.area import load_area
from tenderbell.criteria import Criteria
from tenderbell.settings import PROJECT
from tests.bench.loading import Load, load
from tests.bench.measuring import Figure, environment, in_turn, run_child, serving
from tests.bench.worlds import World, searches

WANTED = {
    "a": ["harvest, whole process", "plain Scrapy, whole process", "ratio, whole process", "ratio, crawl only"],
    "b": ["compile, united-kingdom edition", "json.loads of the same bytes", "ratio"],
    "c": ["match 100 x 150", "match 100 x 300", "peak memory of the process", "profiles that differ from the search",
          "match 100 x 300 of one word"],
    "d": [
        *(f"{place}, {world}, {server}" for place in ("home", "rare word", "common word")
          for world in ("800", "8,000")
          for server in ("varied", "varied, p95", "kept", "bare handler", "Datasette", "varied / bare handler")),
        *(f"{place}, cost of 10 times as many" for place in ("home", "check")),
        "a common word costs, in rare words",
    ],
    "e": ["digests built", "5,500 digests built and queued", "digests sent", "bare loop, 1 connection",
          "bare loop, 4 connections", "sent / best"],
    "f": ["3,000 processes joined", "last tenth / first tenth", "duplicates joined", "groups of different things"],
    "g": ["all 18 sources in one run", "slowest source by itself", "all sources / slowest source"],
    "k": ["a night's archive", "a night's compile", "a night's match", "a night's digest", "compile, peak memory",
          "archive.db", "public.db", "private.db", "home, varied, p95", "opportunity, kept, p95"],
    "l": ["1 process, kept", "1 process, varied", "2 processes, kept", "4 processes, varied"],
    "j": ["backtest of 90 days, median", "backtest of 90 days, slowest", "backtest of 90 days, everything"],
    "h": ["feed entries read", "bare feedparser", "bare feedparser, its sanitiser off", "feed entries / bare"],
}  # fmt: skip


MUST_BE_NONE = ("profiles that differ", "groups of different things")
"""Figures that count mistakes."""


@pytest.mark.parametrize(
    "part", [part if part == "c" else pytest.param(part, marks=pytest.mark.slow) for part in WANTED]
)
def test_every_figure_of_a_part_is_measured_and_written_as_json(part: str, tmp_path: Path) -> None:
    results = tmp_path / "bench-RESULTS.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--small", "--only", part, "--json", str(results)],
        capture_output=True, text=True, cwd=PROJECT, env=environment(TMPDIR=tmp_path), timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    figures = json.loads(results.read_text())["figures"]
    names = [figure["name"] for figure in figures]
    assert [wanted for wanted in WANTED[part] if not any(name.startswith(wanted) for name in names)] == []
    assert all(f"({part}) {name}" in done.stdout for name in names)
    assert all(figure["value"] > 0 for figure in figures if not figure["name"].startswith(MUST_BE_NONE))
    assert all(figure["value"] == 0 for figure in figures if figure["name"].startswith(MUST_BE_NONE))
    assert list(tmp_path.iterdir()) == [results], "the scratch folder is left behind"


def test_an_unknown_part_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        run_child("tests.bench", "--only", "x", "--json", tmp_path / "none.json")
    assert refused.value.returncode == 2
    assert "a, b, c, d, e" in refused.value.stderr


def test_rounds_are_taken_in_turn_and_every_second_one_backwards() -> None:
    order: list[str] = []
    found = in_turn(2, {"one": lambda: order.append("one"), "two": lambda: order.append("two")})
    assert order == ["one", "two", "two", "one"]
    assert found == {"one": [None, None], "two": [None, None]}


def test_the_same_seed_gives_the_same_world_and_another_seed_another_one() -> None:
    area = load_area("gloucestershire")
    first, again, other = (World(seed).opportunity(3, area) for seed in (1, 1, 2))
    assert first == again != other


def test_invented_searches_are_canonical_and_some_are_shared() -> None:
    found = list(searches(World(1), load_area("gloucestershire"), 500))
    assert all(Criteria.parse(query).canonical(profile=True) == query for query in found)
    assert 250 < len(set(found)) < 500


def test_words_are_as_common_as_their_rank_says() -> None:
    world = World(1)
    words = world.vocabulary.some(world.dice, 200_000)
    first, tenth, late = (words.count(world.vocabulary.words[rank]) for rank in (0, 10, 1_000))
    assert first > 2 * tenth > 0
    assert tenth > 10 * late


def test_the_small_client_counts_answers_when_wrk_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.loading.shutil.which", lambda name: None)
    recipes = tmp_path / "recipes.json"
    recipes.write_text(json.dumps({"file": ":memory:", "statements": {"/": []}}))
    with serving("tests.bench.serving_site", "bare", recipes) as server:
        found = load(server["port"], ["/"], 2, 0.2, tmp_path)
        assert isinstance(found, Load)
        assert found.rate > 0
        assert found.p95 >= found.p50 > 0
        with pytest.raises(RuntimeError, match="requests failed"):
            load(server["port"], ["/nothing"], 1, 0.1, tmp_path)


def test_a_figure_without_a_target_has_no_verdict() -> None:
    assert Figure("a", "name", 1.0, "").met is None
