"""A real day of Find a Tender, from saved pages to the county's list: exactly what a reader of the day found."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tenderbell.cli import cli
from tenderbell.public import read_public

pytestmark = pytest.mark.corpus

DAY = "2026-08-10"
KEPT = ("opportunity", "opportunity_text", "opportunity_tag", "event", "notice", "buyer", "process")


@pytest.fixture
def day(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the day's pages, with a data folder and a clock on the morning after."""
    monkeypatch.setenv("TENDERBELL_DATA", str(tmp_path))
    monkeypatch.setenv("TENDERBELL_NOW", "2026-08-11T09:00:00+01:00")
    return corpus / "find_a_tender" / DAY


def tenderbell(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def collect(day: Path) -> None:
    tenderbell("harvest", "find-a-tender", "--from", str(day))
    tenderbell("compile")


def rows(folder: Path) -> list[str]:
    db = read_public(folder / "public.db")
    return sorted(f"{table} {tuple(row)}" for table in KEPT for row in db.execute(f"select * from {table}"))


def expected(corpus: Path, kind: str) -> set[str]:
    with (corpus / "gloucestershire" / "expected_places.csv").open(newline="", encoding="utf-8") as file:
        return {
            row["ocid"].removeprefix("ocds-")
            for row in csv.DictReader(file)
            if row["class"] == kind and row["date"].startswith(DAY)
        }


def test_the_countys_notices_are_exactly_those_that_a_reader_found(day: Path, corpus: Path, tmp_path: Path) -> None:
    collect(day)
    db = read_public(tmp_path / "public.db")
    local = {row[0] for row in db.execute("select id from opportunity where reach = 'local'")}
    shown = {row[0] for row in db.execute("select id from opportunity")}
    assert local == expected(corpus, "local")
    assert len(local) == 2
    unconfirmed = {row[0] for row in db.execute("select id from opportunity where unconfirmed")}
    assert unconfirmed <= expected(corpus, "text")
    wrong = {
        id
        for id in expected(corpus, "supplier_only") & shown
        if db.execute("select reach from opportunity where id = ?", (id,)).fetchone()[0] in ("local", "regional")
    }
    assert wrong == set()


def test_collecting_the_day_again_changes_nothing(day: Path, tmp_path: Path) -> None:
    collect(day)
    before = rows(tmp_path)
    collect(day)
    assert rows(tmp_path) == before
