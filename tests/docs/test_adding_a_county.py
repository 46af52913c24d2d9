"""docs/adding-a-county.md is followed word by word in a temporary copy of the project, up to a page of the county."""

import re
from pathlib import Path

import httpx
import pytest

from tests.docs.test_adding_a_source import BLOCK, LEFT_OUT, PROJECT, copy, follow, run
from tests.schedules.programs import running

__all__ = ["LEFT_OUT", "copy"]

PAGE = PROJECT / "docs" / "adding-a-county.md"
EDITION = "worcestershire"


def test_the_page_is_one_page() -> None:
    assert len(PAGE.read_text("utf-8").split()) < 750


def test_a_county_is_added_as_the_page_says_and_has_pages(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text("utf-8")
    assert [block["language"] for block in BLOCK.finditer(text)] == ["sh", "toml", "sh"]
    said = follow(text, copy)
    assert "What a human must still fill in" in said
    assert "find-a-tender: never run" in said
    area = (copy / "data" / "areas" / f"{EDITION}.toml").read_text("utf-8")
    assert "WHAT A HUMAN MUST STILL FILL IN" in area
    assert "Wychavon Leisure Trust" in area
    environ = {"PYTHONPATH": str(copy), "TENDERBELL_EDITION": EDITION, "TENDERBELL_PORT": "0"}
    environ["TENDERBELL_DATA"] = str(copy / "data" / "live")
    monkeypatch.chdir(copy)  # `python -m` imports from there
    with running(["tenderbell", "serve"], environ) as program:
        page = httpx.get(f"{program.address}/about", timeout=60).text
    assert "Worcestershire Opportunities" in page
    assert "what concerns Worcestershire in one list" in page
    assert "Compact" not in page, "the county has no agreement of its own yet"


def test_a_mistake_in_what_was_filled_in_is_named(copy: Path) -> None:
    run(f".venv/bin/tenderbell new-edition {EDITION} --gss E10000034", copy)
    with (copy / "data" / "areas" / f"{EDITION}.toml").open("a", encoding="utf-8") as area:
        area.write('\n[[bodies]]\nid = "x"\nname = "X"\ndistrict = "E07000999"\n')
    with pytest.raises(AssertionError, match="which is no district of the area; it has"):
        run(f"TENDERBELL_EDITION={EDITION} .venv/bin/tenderbell status", copy)


def test_every_setting_and_file_that_the_page_names_is_there() -> None:
    text = PAGE.read_text("utf-8")
    for name in re.findall(r"\]\(([\w-]+\.md)\)", text):
        assert (PAGE.parent / name).exists() or name == "first-run.md", name
    assert set(re.findall(r"TENDERBELL_[A-Z]+", text)) == {
        "TENDERBELL_EDITION", "TENDERBELL_DATA", "TENDERBELL_ARCHIVE", "TENDERBELL_PORT",
    }  # fmt: skip
