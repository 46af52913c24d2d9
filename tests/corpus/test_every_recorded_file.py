"""Every recorded response through the right spider by the real command line: `tenderbell harvest SOURCE --from`.

What is expected is counted here without Tenderbell: by the json module, and by looking for tags. A release that a
folder holds twice, byte for byte, is one notice (ruling 4).
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tenderbell.settings import PROJECT
from tests.spiders.place import Place

pytestmark = pytest.mark.corpus

BUSY = "20-window-noZ-429.txt"
"""The plain text of a 429: no package, so a fault of the run."""


@dataclass(frozen=True)
class Folder:
    """A folder (or file) of responses: the source that reads it, how many notices are in it, and how the run ends."""

    path: str
    source: str
    notices: int
    reason: str = "Finished."


FOLDERS = (
    Folder("find_a_tender/2026-08-10", "find-a-tender", 459),
    Folder("find_a_tender/stray-pages", "find-a-tender", 99),
    Folder("find_a_tender/notices", "find-a-tender", 4),
    Folder("find_a_tender/responses", "find-a-tender", 20, f"{BUSY}: The answer is not JSON."),
    Folder("contracts_finder/page-2024-11-05", "contracts-finder", 100),
    Folder("contracts_finder/notices-2025", "contracts-finder", 100),
    Folder("html", "contracts-finder", 20),
    Folder("devolved/public_contracts_scotland", "public-contracts-scotland", 30),
    Folder("devolved/sell2wales", "sell2wales", 30),
    Folder("devolved/ted_search_2026-05-30.json", "ted", 10),
    Folder("feeds/saved", "feed", 420),
)


class Saved(Place):
    """A place whose sources are read from files, each with the real command."""

    def type(self, *words: str) -> tuple[int, Any]:
        """Type `tenderbell WORDS --json`; return its exit code and what it printed. Nothing may crash."""
        done = subprocess.run(
            [sys.executable, "-m", "tenderbell", *words, "--json"],
            cwd=PROJECT, env=self.environ, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr[-2000:]
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, json.loads(done.stdout)

    def collect(self, source: str, path: Path) -> tuple[int, dict[str, Any]]:
        """Harvest a folder, and return the exit code and the report."""
        code, (report,) = self.type("harvest", source, "--from", str(path))
        return code, report

    def unreadable(self) -> list[dict[str, str]]:
        """Return the unreadable notices that `status` lists."""
        listed: list[dict[str, str]] = self.type("status")[1]["unreadable_notices"]
        return listed


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """An edition of its own with the sources that the recorded responses belong to."""
    found = Saved(tmp_path_factory.mktemp("recorded"))
    for source in dict.fromkeys(folder.source for folder in FOLDERS):
        found.source(source, "http://127.0.0.1:9", title=source)
    return found


def files(path: Path) -> list[Path]:
    """Return the responses of a folder, or the one."""
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [file for file in found if file.is_file() and file.suffix != ".headers" and "README" not in file.name]


def counted(folder: Folder, corpus: Path) -> int:
    """Return how many notices a folder holds, without any of Tenderbell's code."""
    kept = [file for file in files(corpus / folder.path) if file.name != BUSY]
    if folder.source == "feed":
        return len({entry for file in kept for entry in entries(file)})
    if folder.path == "html":
        return sum(len(re.findall(rb'class="search-result"', file.read_bytes())) for file in kept)
    return len({json.dumps(release, sort_keys=True) for file in kept for release in releases(file)})


def releases(file: Path) -> list[Any]:
    """Return the releases or notices of a JSON document."""
    found = json.loads(file.read_bytes())
    return next((found[name] for name in ("releases", "notices") if name in found), [found])


def entries(file: Path) -> list[str]:
    """Return the entries of a feed as text."""
    body = file.read_bytes()
    if file.suffix == ".json":
        return [json.dumps(item, sort_keys=True) for item in json.loads(body)["items"]]
    text = body.decode("utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1")
    return re.findall(r"<(?:\w+:)?(?:item|entry)[\s>].*?</(?:\w+:)?(?:item|entry)>", text, re.DOTALL)


def test_every_recorded_response_has_a_spider(corpus: Path) -> None:
    read = {file for folder in FOLDERS for file in files(corpus / folder.path)}
    rooms = ("find_a_tender", "contracts_finder", "devolved", "feeds", "html")
    assert {file for room in rooms for file in files(corpus / room)} == read
    assert len(read) > 190


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.path)
def test_a_recorded_folder_is_read_whole_by_the_command(folder: Folder, place: Saved, corpus: Path) -> None:
    code, report = place.collect(folder.source, corpus / folder.path)
    listed = [one for one in place.unreadable() if one["source"] == folder.source]
    print(f"{folder.path}: {report['notices']} notices, {report['unreadable']} of them unreadable; {report['reason']}")
    for one in listed:
        print(f"  {one['key']}: {one['reason']}")
    assert report["notices"] == folder.notices == counted(folder, corpus)
    assert (report["reason"], code) == (folder.reason, 0 if folder.reason == "Finished." else 1)
    assert len(listed) == report["unreadable"] == 0


def test_all_recorded_notices_are_compiled(place: Saved, corpus: Path) -> None:
    code, _ = place.type("compile")
    _, status = place.type("status")
    kept = status["archive"]["notices"]
    print(f"{kept:,} notices, {status['public']['opportunities']:,} opportunities")
    assert code == 0
    assert kept == sum(folder.notices for folder in FOLDERS)
    assert status["set_aside"] == []


def test_a_notice_that_cannot_be_read_is_listed_with_its_reason(tmp_path: Path, corpus: Path) -> None:
    place = Saved(tmp_path / "place")
    place.folder.mkdir()
    place.find_a_tender("http://127.0.0.1:9")
    page = json.loads((corpus / "find_a_tender" / "2026-08-10" / "page-005.json").read_bytes())
    page["releases"][7].pop("ocid")
    page["releases"][9]["tender"] = "gone"
    (tmp_path / "page.json").write_text(json.dumps(page), "utf-8")
    code, report = place.collect("find-a-tender", tmp_path / "page.json")
    listed = place.unreadable()
    assert (code, report["notices"], report["unreadable"]) == (0, 59, len(listed))
    assert page["releases"][7]["id"] in {one["key"] for one in listed}
    assert all(one["source"] == "find-a-tender" and len(one["reason"]) > 10 for one in listed)
