"""probe and reconcile as somebody would type them; what they ask over the network is tested with the spiders."""

from contextlib import closing
from pathlib import Path

import pytest

from tenderbell.archive import open_archive
from tenderbell.commands.probe import exit_code, lines
from tenderbell.commands.reconcile import reconcile_line
from tenderbell.probed import CHANGED, NOT_ASKED, STILL_TRUE, Probed, changed, record
from tests.cli.shell import Shell


@pytest.mark.parametrize("command", ["probe", "reconcile"])
def test_an_unknown_source_is_wrong_use(command: str, shell: Shell) -> None:
    result = shell.type(command, "nowhere")
    assert result.exit_code == 2
    assert "There is no source 'nowhere'" in result.stderr


def test_a_period_that_ends_before_it_begins_is_wrong_use(shell: Shell) -> None:
    assert shell.type("reconcile", "--since", "2026-08-11", "--until", "2026-08-10").exit_code == 2


def test_each_fact_has_a_line(shell: Shell) -> None:
    found = [
        Probed("portal", "There is a list.", STILL_TRUE),
        Probed("portal", "Rows have links.", CHANGED, "Nothing on the page fits a."),
    ]
    assert lines(found) == [
        "portal: still true: There is a list.", "portal: changed: Rows have links. Nothing on the page fits a.",
    ]  # fmt: skip
    assert lines([]) == ["These sources rest on nothing that can be asked."]


def test_what_could_not_be_asked_leaves_what_was_seen_before(tmp_path: Path, shell: Shell) -> None:
    now = shell.settings.clock()
    with closing(open_archive(tmp_path / "archive.db")) as db:
        for verdict in (NOT_ASKED, CHANGED, NOT_ASKED):
            record(db, [Probed("portal", "Rows have links.", verdict, "Seen.")], now)
        assert changed(db, "portal") == ["No longer true: Rows have links. Seen on 22 November 2026: Seen."]
        record(db, [Probed("portal", "Rows have links.", STILL_TRUE)], now)
        assert changed(db, "portal") == []


def test_a_fact_that_is_no_longer_asked_about_is_forgotten_at_the_next_probe(tmp_path: Path, shell: Shell) -> None:
    now = shell.settings.clock()
    with closing(open_archive(tmp_path / "archive.db")) as db:
        record(db, [Probed(source, "Rows have links.", CHANGED, "None.") for source in ("portal", "other")], now)
        record(db, [Probed("portal", "Every row has a link.", NOT_ASKED, "It answered 503.")], now)
        assert (changed(db, "portal"), len(changed(db, "other"))) == ([], 1)
        record(db, [], now, sources=["other"])
        assert changed(db, "other") == [], "its spider rests on nothing that can be asked any more"


@pytest.mark.parametrize(("verdict", "code"), [(STILL_TRUE, 0), (NOT_ASKED, 0), (CHANGED, 1)])
def test_a_probe_that_ran_exits_1_only_when_a_fact_has_changed(verdict: str, code: int) -> None:
    assert exit_code([Probed("a", "F.", STILL_TRUE), Probed("b", "G.", verdict, "S.")]) == code


class Compared:
    source, compared, missing, fetched, absent = "find-a-tender", 500, 25, 20, 3
    differences = tuple(f"{n:06}-2026" for n in range(25))
    finished, reason = False, "It answered 503."


def test_a_comparison_is_told_in_one_line() -> None:
    line = reconcile_line(Compared)
    assert line.startswith(
        "find-a-tender: 500 notices compared, 25 missing, 20 of them fetched, 3 absent there too, 2 still missing "
        "(000000-2026, "
    )
    assert line.endswith("000019-2026 and 5 more). Not finished: It answered 503.")
