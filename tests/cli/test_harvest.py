from datetime import UTC, datetime

import pytest

from tests.cli.shell import Shell

FIELDS = {"source", "run", "notices", "new", "changed", "unreadable", "requests", "finished", "reason"}


def test_saved_responses_become_opportunities_and_again_change_nothing(shell: Shell) -> None:
    saved = str(shell.saved())
    first = shell.json("harvest", "find-a-tender", "--from", saved)
    assert [set(report) >= FIELDS for report in first] == [True]
    assert first[0]["finished"]
    assert first[0]["new"] > 30
    compiled = shell.json("compile")
    assert compiled["opportunities"] > 20
    assert shell.json("harvest", "find-a-tender", "--from", saved)[0]["notices"] == 0
    assert shell.json("compile") == {"notices": 0, "opportunities": 0, "events": 0}


def test_rebuild_keeps_every_id_and_makes_no_event(shell: Shell) -> None:
    shell.stock()
    before = shell.json("search", "--all", "--full")
    events = shell.json("status")["public"]["events"]
    shell.json("rebuild")
    assert shell.json("search", "--all", "--full") == before
    assert shell.json("status")["public"]["events"] == events


def test_a_harvest_without_json_says_what_it_did_in_a_line(shell: Shell) -> None:
    result = shell.type("harvest", "find-a-tender", "--from", str(shell.saved()))
    assert result.stdout.startswith("find-a-tender: ")
    assert "notices" in result.stdout
    assert result.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-08-10", datetime(2026, 8, 9, 23, tzinfo=UTC)),
        ("2026-08-10T09:00", datetime(2026, 8, 10, 8, tzinfo=UTC)),
        ("2026-08-10T09:00:00Z", datetime(2026, 8, 10, 9, tzinfo=UTC)),
        ("48h", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("14d", datetime(2026, 11, 8, 9, tzinfo=UTC)),
    ],
)
def test_since_understands_uk_dates_instants_and_times_ago(text: str, meant: datetime, shell: Shell) -> None:
    from tenderbell.commands.options import Instant, resolved

    assert resolved(Instant().convert(text, None, None), shell.settings.clock()) == meant
