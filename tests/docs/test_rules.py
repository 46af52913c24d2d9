"""The promises and rulings that the code names by number stand in docs/rules.md."""

import re
from collections.abc import Iterator
from itertools import pairwise

from tests.docs.test_readme import PROJECT

RULES = (PROJECT / "docs" / "rules.md").read_text("utf-8")
ROOMS = ("tenderbell", "spiders", "alerts", "site", "schedules", "tests", "docs")
NAMED = re.compile(r"\b(promise|ruling)s?\s+((?:\d+(?:-\d+|,\s+|\s+and\s+)?)+)", re.IGNORECASE)


def numbers(headings: str) -> list[int]:
    found = re.findall(rf"^## {headings}[^\n]*\n\n(.*?)(?=^## |\Z)", RULES, re.MULTILINE | re.DOTALL)
    return [int(number) for part in found for number in re.findall(r"^(\d+)\. ", part, re.MULTILINE)]


THERE = {"promise": numbers("Promises"), "ruling": numbers("Rulings")}


def named() -> Iterator[tuple[str, str, int]]:
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.*")):
            if path.suffix in (".py", ".md", ".toml"):
                for kind, said in NAMED.findall(path.read_text("utf-8")):
                    for number in re.findall(r"\d+", said):
                        yield path.name, kind.lower(), int(number)


def test_they_are_counted_without_a_gap() -> None:
    for kind, found in THERE.items():
        assert found[0] == 1, kind
        assert all(two == one + 1 for one, two in pairwise(found)), kind


def test_every_one_that_is_named_stands_there() -> None:
    found = list(named())
    assert len(found) > 90
    assert [one for one in found if one[2] not in THERE[one[1]]] == []


def test_nothing_that_is_named_can_only_be_read_elsewhere() -> None:
    assert not [path.name for room in ROOMS for path in (PROJECT / room).rglob("*.py")
                if re.search(r"design section " r"\d", path.read_text("utf-8"))]  # fmt: skip
