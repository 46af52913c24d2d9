"""(i) Lighthouse on the five main pages, as a phone sees them: every category at least 98 of 100.

Needs node and Chromium. `npx` fetches Lighthouse itself when it is not installed; LIGHTHOUSE names one that is.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.bench.asking import addresses
from tests.bench.compiling import settings_in
from tests.bench.measuring import Figure, Sizes, at_least, say, serving
from tests.bench.pages import fill
from tests.bench.worlds import NOW

PAGES = {"home": "home", "results": "list", "opportunity": "opportunity", "check": "check", "report": "report"}
"""Each main page, and the sort of address that stands for it."""

LEAST = 98
OPPORTUNITIES = 800
LONGEST = 180
ATTEMPTS = 3


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (i); none where node or Chromium is absent, which is said."""
    program, browser = _program(), shutil.which("chromium") or shutil.which("google-chrome")
    if program is None or browser is None:
        say("(i) Lighthouse was not run: it needs node and Chromium on this machine.")
        return []
    settings = settings_in(folder / "data", "gloucestershire")
    fill(settings, min(OPPORTUNITIES, sizes.opportunities))
    paths = addresses(settings, OPPORTUNITIES, 20)
    own = {"TENDERBELL_DATA": settings.data, "TENDERBELL_EDITION": "gloucestershire", "TENDERBELL_NOW": NOW.isoformat()}
    figures = []
    with serving("tests.bench.serving_site", "site", **own) as server:
        for page, place in PAGES.items():
            say(f"(i) {page}")
            address = f"http://127.0.0.1:{server['port']}{paths[place][0]}"
            figures += _figures(page, _report([*program, address], browser, folder / f"{page}.json"))
    return figures


def _program() -> list[str] | None:
    if named := os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse"):
        return [named]
    return [npx, "--yes", "lighthouse"] if (npx := shutil.which("npx")) else None


def _report(command: list[str], browser: str, path: Path) -> dict[str, Any]:
    """Return Lighthouse's report, empty when it could not be run (npx without a network). Now and then Chromium hands
    it no trace of the page (NO_NAVSTART, seen once in three runs of /check on 2026-11-23); then it is run again."""
    return next(filter(None, (_run(command, browser, path) for _ in range(ATTEMPTS))), {})


def _run(command: list[str], browser: str, path: Path) -> dict[str, Any]:
    flags = ["--quiet", "--output=json", f"--output-path={path}", "--chrome-flags=--headless=new --no-sandbox"]
    done = subprocess.run(
        [*command, *flags], env={**os.environ, "CHROME_PATH": browser}, capture_output=True, text=True,
        timeout=LONGEST, check=False,
    )  # fmt: skip
    if done.returncode or not path.exists():
        say(f"(i) Lighthouse could not be run: {done.stderr.strip()[-300:]}")
        return {}
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def _figures(page: str, report: dict[str, Any]) -> list[Figure]:
    return [
        at_least("i", f"{page}, {category['title'].lower()}", 100 * (category["score"] or 0), LEAST, "of 100",
                 ", ".join(_lost(report, category)))
        for category in report.get("categories", {}).values()
    ]  # fmt: skip


def _lost(report: dict[str, Any], category: dict[str, Any]) -> list[str]:
    """Return the audits that cost points."""
    weighty = [one["id"] for one in category["auditRefs"] if one["weight"]]
    scores = {id: report["audits"][id]["score"] for id in weighty}
    return [id for id, score in scores.items() if score is not None and score < 0.9]
