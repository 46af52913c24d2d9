"""What the documents in docs/ list is what there is: pages, tables, files."""

import importlib.util
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from schedules import ledger
from tenderbell import decisions, replies, sharing, watched
from tenderbell.archive import open_archive
from tenderbell.compiling.joining import choices
from tenderbell.database import migrate
from tenderbell.pages.views import ROUTES
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.seeing import uptime
from tests.docs.test_readme import PROJECT

DOCS = PROJECT / "docs"
ROW = re.compile(r"^\| (`[^|]+`) \|", re.MULTILINE)
OPENED = {"archive": open_archive, "public": open_public, "private": open_private}
OF_THE_ARCHIVE = (choices, decisions, ledger, replies, sharing, uptime, watched)
"""Modules that keep a table of their own in archive.db, made when they first need it."""
PLUGINS = sorted((PROJECT / "site" / "plugins").glob("*_pages.py"))
STANDS_FOR = {"TOKEN": "x", "ID": "x", "YEAR": "2026", "TABLE": "adverts", "NAME": "site.css"}
DOOR = [r"/public\.db", r"/public", r"/static/[^/]+", r"/health", r"/metrics"]
"""What the front door answers by itself."""


def names_in(text: str) -> list[str]:
    return [name for row in ROW.findall(text) for name in re.findall("`([^`]+)`", row)]


def plugin_patterns(path: Path) -> list[str]:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [pattern.strip("^$") for pattern, _ in module.register_routes()]


def listed_addresses() -> list[str]:
    addresses = names_in((DOCS / "pages.md").read_text("utf-8"))
    return [re.sub("|".join(STANDS_FOR), lambda word: STANDS_FOR[word[0]], address) for address in addresses]


PATTERNS = [route.pattern.pattern for route in ROUTES] + [one for path in PLUGINS for one in plugin_patterns(path)]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_page_is_documented(pattern: str) -> None:
    assert [address for address in listed_addresses() if re.fullmatch(pattern, address)], "add it to docs/pages.md"


@pytest.mark.parametrize("address", listed_addresses())
def test_every_documented_page_is_there(address: str) -> None:
    assert [pattern for pattern in [*PATTERNS, *DOOR] if re.fullmatch(pattern, address)]


def tables_of(path: Path, name: str) -> set[str]:
    """Return the tables of a database that every part of the program has worked on."""
    with closing(OPENED[name](path)) as db:
        for module in OF_THE_ARCHIVE if name == "archive" else ():
            migrate(db, module.migrations)
    with closing(sqlite3.connect(path)) as db:
        found = {row[0] for row in db.execute("select name from sqlite_master where type in ('table', 'view')")}
    return {table for table in found if not re.match(r"_?sqlite_|opportunity_fts", table)}


@pytest.mark.parametrize("name", OPENED)
def test_every_table_is_documented_and_no_other(name: str, tmp_path: Path) -> None:
    section = re.search(rf"^## {name}\.db.*?\n(.*?)(?=^## |\Z)", (DOCS / "tables.md").read_text("utf-8"), re.S | re.M)
    assert section
    assert sorted(names_in(section[1])) == sorted(tables_of(tmp_path / f"{name}.db", name))


def paths_named(text: str) -> set[str]:
    return set(re.findall(r"`((?:tenderbell|spiders|alerts|site|schedules|data|tests|packaging|docs)/[\w./-]*)`", text))


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_every_file_and_link_in_a_document_leads_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (path.parent / link).exists()] == []
    made_by_the_reader = {"spiders/noticeboard.py", "tests/fixtures/noticeboard/jobs.json"}
    assert [name for name in paths_named(text) - made_by_the_reader if not (PROJECT / name).exists()] == []


def test_the_way_of_a_notice_names_every_step_of_the_command_line() -> None:
    text = (DOCS / "from-the-wire-to-the-inbox.md").read_text("utf-8")
    for command in ("schedule", "harvest", "compile", "serve", "match", "digest", "send", "bounce", "rebuild"):
        assert f"`{command}`" in text or f"`tenderbell {command}`" in text
