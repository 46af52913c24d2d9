"""Every row of the threat model names tests that there are and that the gate runs."""

import ast
from pathlib import Path

import pytest

from tenderbell.settings import PROJECT

ROWS = [
    [cell.strip() for cell in line.strip("|\n ").split("|")]
    for line in (PROJECT / "docs" / "threat-model.md").read_text("utf-8").splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| who |"))
]
LEFT_OUT = ("slow", "corpus", "skip", "skipif", "xfail", "postfix")
"""Marks of tests that do not run everywhere. Browser tests do: without a browser the gate fails."""


def marks(node: ast.AST) -> set[str]:
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def problem(name: str) -> str:
    """Return what is wrong with a named test, "" when nothing is."""
    path, _, test = name.partition("::")
    if not (PROJECT / path).is_file():
        return f"{path} is not there"
    tree = ast.parse((PROJECT / path).read_text("utf-8"))
    found = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == test
    ]
    if not found:
        return f"{path} has no {test}"
    whole = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and "pytestmark" in ast.dump(node.targets[0])
    ]
    marked = {mark for part in [*found[0].decorator_list, *whole] for mark in marks(part)}
    return f"{name} is left out: {sorted(marked & set(LEFT_OUT))}" if marked & set(LEFT_OUT) else ""


def test_there_are_rows() -> None:
    assert len(ROWS) > 15


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_row_says_who_what_and_how_and_names_tests_that_run(row: list[str]) -> None:
    assert len(row) == 4
    assert all(row)
    assert [said for name in row[3].split(", ") if (said := problem(name))] == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    here = str(Path(__file__).relative_to(PROJECT))
    assert problem(f"{here}::test_there_are_rows") == ""
    assert problem(f"{here}::test_nothing")
    assert problem("tests/nowhere.py::test_x")
