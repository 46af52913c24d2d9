import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cogapp import Cog

from spiders.registry import FACTS, facts, spider_names
from tenderbell.cli import cli
from tenderbell.settings import SETTINGS

PROJECT = Path(__file__).resolve().parent.parent.parent
README = (PROJECT / "README.md").read_text("utf-8")
COMMANDS, SETTINGS_PAGE, SOURCES = (
    (PROJECT / "docs" / name).read_text("utf-8") for name in ("commands.md", "settings.md", "sources.md")
)
SET_BY_ITSELF = {"TENDERBELL_LIFELINE", "TENDERBELL_SOCKET"}
"""Variables that the program sets for its own children."""
WRITTEN = ["README.md", *(str(path.relative_to(PROJECT)) for path in sorted((PROJECT / "docs").glob("*.md")))]
CODE = [
    path for room in ("tenderbell", "spiders", "alerts", "schedules", "site") for path in (PROJECT / room).rglob("*.py")
]


def command_paths(group: click.Group, path: str = "tenderbell") -> Iterator[str]:
    for name, command in group.commands.items():
        yield f"{path} {name}"
        if isinstance(command, click.Group):
            yield from command_paths(command, f"{path} {name}")


@pytest.mark.parametrize("path", list(command_paths(cli)))
def test_every_command_is_documented_with_its_help(path: str) -> None:
    assert f"Usage: {path} " in COMMANDS


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `{name}` |" in SETTINGS_PAGE


def test_every_variable_that_the_code_reads_is_a_setting_with_a_description() -> None:
    read = {name for path in CODE for name in re.findall(r'"(TENDERBELL_[A-Z]+)"', path.read_text("utf-8"))}
    assert read - SET_BY_ITSELF == set(SETTINGS)


@pytest.mark.parametrize("name", spider_names())
def test_every_spider_is_documented_and_states_its_facts(name: str) -> None:
    assert f"| `{name}` |" in SOURCES
    assert [fact for fact in FACTS if fact not in facts(name)] == []


def test_what_is_generated_in_the_documentation_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    assert Cog().main(["cog", "--check", "-P", "-I", ".", *WRITTEN]) == 0, "run `make docs`"


def test_the_words_of_the_house_are_explained() -> None:
    words = """source notice process opportunity buyer stage kind area reach theme criteria profile event match digest
    outbox"""
    assert [word for word in words.split() if f"**{word}**" not in README] == []


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!http)([^)#]+)\)", README))))
def test_links_lead_somewhere(target: str) -> None:
    assert (PROJECT / target).exists()


@pytest.mark.parametrize("rule", ["install", "run", "demo", "test", "lint", "bench", "lock", "docs"])
def test_the_makefile_has_the_promised_rules_and_says_what_each_does(rule: str) -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    assert re.search(rf"^{rule}:", makefile, re.MULTILINE)
    assert f"make {rule} " in makefile
