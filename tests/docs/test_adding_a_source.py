"""docs/adding-a-source.md is followed word by word in a temporary copy of the project."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".venv", ".git", "live", "*_cache", "__pycache__", ".hypothesis", "*.egg-info", "build"
)
BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?: (?P<path>\S+))?\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE
)


def section(title: str) -> str:
    page = (PROJECT / "docs" / "adding-a-source.md").read_text("utf-8")
    found = re.search(rf"^## {title}\n(.*?)(?=^##+ )", page, re.DOTALL | re.MULTILINE)
    assert found, f"docs/adding-a-source.md has no section {title!r}"
    return found[1]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project in another folder, with the Python environment of these tests as its own."""
    folder = tmp_path / "tenderbell"
    shutil.copytree(PROJECT, folder, ignore=LEFT_OUT)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def run(command: str, folder: Path) -> str:
    """Type one command in the copy; its own modules are the ones that are imported."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TENDERBELL_")}
    environ |= {
        "PYTHONPATH": str(folder),
        "TENDERBELL_NOW": "2027-01-11T09:00:00+00:00",
        "PYTEST_ADDOPTS": "-p no:cacheprovider",
    }
    done = subprocess.run(command, shell=True, cwd=folder, env=environ, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def follow(text: str, folder: Path) -> str:
    """Do what the blocks say: a file is written, a row is appended to the edition, a command is typed."""
    said = []
    for block in BLOCK.finditer(text):
        body = textwrap.dedent(block["text"])
        if block["language"] == "sh":
            said += [run(line, folder) for line in body.splitlines()]
        elif block["language"] == "toml":
            with (folder / block["path"]).open("a", encoding="utf-8") as edition:
                edition.write(f"\n{body}")
        else:
            path = folder / block["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, "utf-8")
    return "\n".join(said)


def test_a_spider_is_added_as_the_page_says_and_what_it_reads_becomes_a_page(copy: Path) -> None:
    said = follow(section("Add a source with a spider"), copy)
    assert (copy / "tests/fixtures/noticeboard/jobs.json.expected.json").exists()
    assert "Six benches for the playing field" in said
    assert "| `noticeboard` | Noticeboard: small jobs" in (copy / "docs/sources.md").read_text("utf-8")
    found = run(".venv/bin/tenderbell search benches --json", copy)
    assert '"closes_at": "2027-03-03T12:00:00Z"' in found
    assert '"value": 6500' in found
    run(f"{sys.executable} -m mypy --strict spiders/noticeboard.py", copy)
    run(f"{sys.executable} -m ruff check spiders/noticeboard.py", copy)


def test_rows_are_added_as_the_page_says_and_the_edition_accepts_them(copy: Path) -> None:
    follow(section("Add a source with a row"), copy)
    said = run(".venv/bin/tenderbell status", copy)
    for name in ("county-fund", "vale-tenders", "forum", "mill-trust-page"):
        assert f"{name}: never run" in said
