"""The Nu checker, which web standards people keep, reads every page. It needs Java and `make tools`."""

import json
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.site.conftest import Visitor
from tests.site.test_public_pages import PAGES

CHECKER = PROJECT / ".tools" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def complaints(pages: dict[Path, str]) -> list[str]:
    """Return what the checker finds in these files, each with the address of its page."""
    done = subprocess.run(
        ["java", "-jar", str(CHECKER), "--format", "json", "--stdout", *map(str, pages)],
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    return [
        f"{pages[Path(found['url'].removeprefix('file:'))]}: {found['message']} {found.get('extract', '')[:120]!r}"
        for found in json.loads(done.stdout)["messages"]
    ]


@pytest.fixture(scope="module")
def checker() -> None:
    """Skipped, loudly, without Java or the checker."""
    if shutil.which("java") is None or not CHECKER.exists():
        warnings.warn("The Nu checker is not here: it needs Java and `make tools`.", stacklevel=1)
        pytest.skip("needs Java and `make tools`")


@pytest.mark.usefixtures("checker")
def test_the_checker_finds_what_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "wrong.html"
    page.write_text("<!DOCTYPE html><html lang=en><title>x</title><p id=a><p id=a>")
    assert complaints({page: "/wrong"})


@pytest.mark.usefixtures("checker")
def test_every_page_is_valid_html(visitor: Visitor, tmp_path: Path) -> None:
    pages = {}
    for place, path in enumerate(PAGES):
        file = tmp_path / f"{place}.html"
        file.write_bytes(visitor.get(path).content)
        pages[file] = path
    assert complaints(pages) == []
