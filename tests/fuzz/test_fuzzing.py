"""What was found stays mended, and every reader of strangers' words is tried for a moment."""

import tomllib
from pathlib import Path

import pytest

from tests.fuzz import coverage
from tests.fuzz.promises import Broken, promise
from tests.fuzz.running import run, smaller
from tests.fuzz.targets import Target, by_name, targets

CORPUS = Path(__file__).parent.parent / "regressions"
REASONS = "why.toml"
SEED = 20261123

TARGETS = {one.name: one for one in targets()}


def reasons(folder: Path) -> dict[str, str]:
    return dict(tomllib.loads((folder / REASONS).read_text("utf-8")))


@pytest.mark.parametrize(
    "folder", sorted(path for path in CORPUS.iterdir() if path.is_dir()), ids=lambda path: path.name
)
def test_what_was_found_once_breaks_no_promise_again(folder: Path) -> None:
    inputs = sorted(path for path in folder.iterdir() if path.name != REASONS)
    assert [path.name for path in inputs] == sorted(reasons(folder)), "each input has a line in why.toml"
    with TARGETS[folder.name].ready() as check:
        for path in inputs:
            check(path.read_bytes())


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_no_input_of_a_moment_breaks_a_promise(target: Target) -> None:
    done = run(target, 0.25, SEED, traced=False)
    assert done.inputs >= 1
    assert [(finding.fault, finding.data[:300]) for finding in done.findings] == []


def test_a_broken_promise_is_found_and_made_small() -> None:
    def check(data: bytes) -> None:
        promise(b"<script" not in data, "No script")

    found = smaller(check, b"many words <b>and</b> <script>alert(1)</script> more", _fault(check, b"<script"))
    assert found == b"<script"
    with pytest.raises(Broken):
        check(found)


def test_an_input_that_reaches_new_lines_is_known() -> None:
    seen, target = coverage.Coverage(), by_name("markup")[0]
    with target.ready() as check:
        assert seen.of(lambda: check(b"plain"))
        assert not seen.of(lambda: check(b"plain"))
        assert seen.of(lambda: check(b"<b>bold</b> &amp; ann.smith@example.org"))


def _fault(check: object, data: bytes) -> str:
    from tests.fuzz.running import fault_of

    return fault_of(check, data) or ""  # type: ignore[arg-type]
