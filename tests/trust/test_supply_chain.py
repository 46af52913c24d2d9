"""Nothing runs here that is not pinned; an advisory is told; an audit that nobody answered is no clean one."""

import ast
import importlib.util
import re
import sys
from importlib.metadata import packages_distributions
from types import ModuleType

import pytest

from tenderbell.settings import PROJECT

OURS = {"tenderbell", "spiders", "alerts", "schedules", "tests"}
BY_HAND = {"setuptools", "pip"}
LATER = {"compression"}
"""Modules of the standard library of a later Python, asked for where they are."""


def pinned(name: str) -> dict[str, str]:
    """Return each pinned package with its lines, by its normalised name."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (PROJECT / name).read_text("utf-8").strip())
    found = {}
    for block in blocks:
        if match := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", block):
            found[re.sub(r"[-_.]+", "-", match[1]).lower()] = block
    return found


def imported(folders: tuple[str, ...]) -> dict[str, str]:
    """Return the top-level modules that are imported, each with a file that does."""
    found: dict[str, str] = {}
    for folder in folders:
        for path in (PROJECT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                found |= {name.partition(".")[0]: str(path.relative_to(PROJECT)) for name in names}
    return found


@pytest.fixture(scope="module")
def supply_chain() -> ModuleType:
    spec = importlib.util.spec_from_file_location("supply_chain", PROJECT / ".ci" / "supply_chain.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pinned_version_has_hashes(name: str) -> None:
    found = pinned(name)
    assert len(found) > 20
    assert [package for package, lines in found.items() if "--hash=sha256:" not in lines] == []


def test_nothing_outside_the_lock_is_imported() -> None:
    allowed = set(pinned("requirements.txt"))
    homes = packages_distributions()
    foreign = {}
    for name, path in imported(("tenderbell", "spiders", "alerts", "schedules", "site")).items():
        packages = {re.sub(r"[-_.]+", "-", one).lower() for one in homes.get(name, [])}
        if name not in sys.stdlib_module_names | OURS | LATER and not packages & (allowed | BY_HAND):
            foreign[name] = path
    assert foreign == {}


def test_rich_stays_out_of_the_lock() -> None:
    assert "rich" not in pinned("requirements.txt") | pinned("requirements-dev.txt")


def test_a_known_vulnerability_is_told_unless_it_is_ignored(supply_chain: ModuleType) -> None:
    answers = [
        {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2"]}]},
        {"name": "b", "version": "1", "vulns": []},
        {"name": "c", "skip_reason": "not found"},
    ]
    assert supply_chain.vulnerable(answers, {}) == ["a 1: PYSEC-1 (mended in 2)"]
    assert supply_chain.vulnerable(answers, {"CVE-1": "not reached, 2026-11-23"}) == []


def test_an_audit_that_nobody_answered_is_said_loudly(
    supply_chain: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert supply_chain.unasked(["no answer"]) == 0
    assert "COULD NOT BE ASKED" in capsys.readouterr().err


def test_every_ignored_advisory_has_its_reason(supply_chain: ModuleType) -> None:
    assert all(len(reason) > 10 for reason in supply_chain.ignored().values())
