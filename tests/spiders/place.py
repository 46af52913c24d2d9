"""A place to harvest into: an edition, a data folder, and a process that harvests."""

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tenderbell.settings import PROJECT, Settings

NOW = "2026-08-11T09:00:00+01:00"
FAST = {"PATIENCE_DEFAULT": 0.2, "DOWNLOAD_TIMEOUT": 2, "DOWNLOAD_DELAY": 0, "RETRY_TIMES": 2}


def toml(value: Any) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(name)} = {toml(item)}" for name, item in value.items()) + " }"
    return json.dumps(value)


@dataclass
class Outcome:
    """What a harvest said: its reports, its progress sentences and whatever else stood on stderr."""

    reports: list[dict[str, Any]]
    said: list[str]

    @property
    def report(self) -> dict[str, Any]:
        (report,) = self.reports
        return report


@dataclass
class Place:
    """An edition in `folder` with sources that are given as tables of TOML."""

    folder: Path
    sources: list[dict[str, Any]] = field(default_factory=list)
    now: str = NOW

    def find_a_tender(self, url: str, **more: Any) -> "Place":
        self.sources.append({"id": "find-a-tender", "title": "Find a Tender", "url": url, "since_days": 1, **more})
        return self

    def feed(self, url: str, id: str = "news", **more: Any) -> "Place":
        self.sources.append({"id": id, "title": "News", "spider": "feed", "url": url, **more})
        return self

    def source(self, spider: str, url: str, id: str = "", **more: Any) -> "Place":
        """Add a source of any spider; `options` is a dict."""
        row = {"id": id or spider, "title": "A source", "spider": spider, "url": url, **more}
        self.sources.append(row)
        return self

    @property
    def environ(self) -> dict[str, str]:
        head = 'id="t"\ntitle="T"\nstrapline="S"\narea="gloucestershire"\nurl="https://t.example"\n'
        head += '[mail]\nname="T"\naddress="t@t.example"\n'
        rows = [
            "[[source]]\n" + "".join(f"{name} = {toml(value)}\n" for name, value in row.items()) for row in self.sources
        ]
        path = self.folder / "edition.toml"
        path.write_text(head + "".join(rows), "utf-8")
        return {
            **os.environ,
            "TENDERBELL_EDITION": str(path),
            "TENDERBELL_DATA": str(self.folder / "data"),
            "TENDERBELL_NOW": self.now,
        }

    @property
    def settings(self) -> Settings:
        return Settings.read(self.environ)

    def start(self, *sources: str, overrides: dict[str, Any] | None = None, **asked: Any) -> "subprocess.Popen[str]":
        arguments = {"sources": sources, "overrides": {**FAST, **(overrides or {})}, **asked}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.spiders.child", json.dumps(arguments)],
            cwd=PROJECT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def harvest(self, *sources: str, **asked: Any) -> Outcome:
        process = self.start(*sources, **asked)
        out, said = process.communicate(timeout=90)
        assert process.returncode == 0, said
        return Outcome(json.loads(out), said.splitlines())

    @property
    def archive(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.folder / "data" / "archive.db")
        db.row_factory = sqlite3.Row
        return db

    def keys(self) -> list[str]:
        """Return the key of every archived version, in order."""
        return [row[0] for row in self.archive.execute("select key from notice order by key, number")]

    def windows(self, state: str) -> int:
        """Return how many windows are in a state."""
        return int(self.archive.execute("select count(*) from crawl_window where state = ?", (state,)).fetchone()[0])

    def contents(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of the tables."""
        return {table: [tuple(row) for row in self.archive.execute(f"select * from {table}")] for table in tables}
