"""Imports point one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = {
    "tenderbell": set(),
    "spiders": {"tenderbell"},
    "alerts": {"tenderbell"},
    "site": {"tenderbell", "alerts"},
    "schedules": {"tenderbell", "spiders", "alerts"},
}
"""Which rooms each room may import."""

FILES = [path for room in ROOMS for path in sorted((PROJECT / room).rglob("*.py"))]


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "relative" if node.level else str(node.module).partition(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_module_imports_only_the_rooms_below_its_own(path: Path) -> None:
    room = path.relative_to(PROJECT).parts[0]
    modules = set(imported(ast.parse(path.read_text("utf-8"))))
    assert modules & set(ROOMS) <= {room} | ROOMS[room]
    assert not modules & {"relative", "rich", "tests", "site"}


def test_every_room_has_modules_so_that_the_test_above_holds_something() -> None:
    assert {path.relative_to(PROJECT).parts[0] for path in FILES} == set(ROOMS)


def test_site_is_a_folder_of_files_and_no_package() -> None:
    assert not list((PROJECT / "site").rglob("__init__.py"))


def test_only_code_and_no_data_is_packaged_and_every_package_is_named() -> None:
    import tomllib

    named = set(tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {
        str(path.parent.relative_to(PROJECT)).replace("/", ".")
        for room in ROOMS
        for path in (PROJECT / room).rglob("__init__.py")
    }
    assert named == found


def test_data_holds_no_code() -> None:
    assert not list((PROJECT / "data").rglob("*.py"))


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_the_locks_hold_hashes_name_no_host_and_never_rich(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    pinned = [line.partition("==")[0] for line in text.splitlines() if "==" in line.split("#")[0].split(";")[0]]
    assert pinned
    assert not {"rich", "typer"} & set(pinned)
    assert "http" not in text.replace("httptools", "").replace("httpx", "").replace("httpcore", "").replace(
        "aiohttp", ""
    )
    assert text.count("--hash=sha256:") >= len(pinned)
