"""The yearly report in the terminal."""

import csv
import json
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.tenderbell.record_world import fill


@pytest.fixture
def recorded(shell: Shell) -> Shell:
    """The command line on an invented county's adverts."""
    fill(shell.settings.public_path)
    return shell


def test_it_prints_the_year_in_sentences_and_tables_with_denominators(recorded: Shell) -> None:
    said = recorded.type("report", "2026")
    assert said.exit_code == 0
    lines = said.stdout.splitlines()
    assert lines[0] == "Tenders and grants for Gloucestershire: the report of 2026 so far"
    assert "1 of 5 gave three months or more." in lines
    assert "  Contract: 4 of 7" in lines
    assert "What it cannot know" in lines


def test_without_a_year_it_is_about_this_year(recorded: Shell) -> None:
    assert recorded.type("report").stdout == recorded.type("report", "2026").stdout


def test_the_json_has_every_figure_with_its_denominator_and_its_rows(recorded: Shell) -> None:
    found = recorded.json("report", "2025")
    assert found["year"] == {"number": 2025, "so_far": False}
    tables = {table["id"]: table for part in found["parts"] for table in part["tables"]}
    figure = tables["kinds"]["rows"][0]["figures"][0]
    assert (figure["value"], figure["of"]) == (2, 2)
    assert figure["rows"].startswith("/public/report_adverts?year=2025")


def test_every_table_becomes_a_csv_file_and_the_paths_go_to_standard_error(recorded: Shell, tmp_path: Path) -> None:
    said = recorded.type("report", "2026", "--csv", str(tmp_path / "out"), "--json")
    json.loads(said.stdout)
    files = sorted((tmp_path / "out").glob("2026-*.csv"))
    assert len(files) >= 14
    assert all(str(path) in said.stderr for path in files)
    for path in files:
        assert len(list(csv.reader(path.open(encoding="utf-8-sig", newline="")))) > 1, path


def test_the_html_file_stands_alone(recorded: Shell, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert recorded.type("report", "2026", "--html", str(path)).exit_code == 0
    page = path.read_text()
    assert "<style>" in page
    assert 'href="/' not in page
    assert f'href="{recorded.settings.url}/public/report_adverts?year=2026' in page
    assert "@page" in page


@pytest.mark.parametrize("asked", ["2027", "0", "99999", "1999", "soon"])
def test_a_year_of_which_there_is_no_report_is_wrong_use(shell: Shell, asked: str) -> None:
    said = shell.type("report", asked)
    assert said.exit_code == 2
    assert "Error: " in said.stderr


def test_a_fresh_install_has_an_empty_report(shell: Shell) -> None:
    said = shell.type("report", "2026")
    assert said.exit_code == 0
    assert "We hold no advert for Gloucestershire that was first published in 2026 so far." in said.stdout
