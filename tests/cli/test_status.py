import json
from contextlib import closing
from datetime import timedelta

import pytest

from tenderbell.archive import end_run, keep, open_archive, start_run
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Notice, Raw
from tests.cli.shell import Shell


def refuse(raw: Raw) -> Notice:
    raise UnreadableNotice(f"{raw.key} has no title.")


def ran(shell: Shell, *, complete: bool, hours_ago: int, source: str = "ukri") -> None:
    now = shell.settings.clock() - timedelta(hours=hours_ago)
    with closing(open_archive(shell.settings.archive_path)) as archive:
        run = start_run(archive, source, now)
        end_run(archive, run, now, complete=complete, reason="Could not reach it.")


def test_a_fresh_install_is_healthy_and_its_sources_have_never_run(shell: Shell) -> None:
    found = shell.json("status")
    assert found["archive"] == {"notices": 0, "unreadable": 0}
    assert found["public"] == {"opportunities": 0, "events": 0}
    assert found["private"].keys() >= {"subscribers", "profiles", "matches", "outbox"}
    assert found["private"]["outbox"].keys() >= {"pending", "sent", "failed", "unknown"}
    for source in found["sources"]:
        assert source.keys() >= {"id", "state", "since", "last_run", "last_success"}
        assert source["state"] == "never run"


def test_status_counts_what_there_is(stocked: Shell) -> None:
    found = stocked.json("status")
    assert found["archive"]["notices"] > found["public"]["opportunities"] > 20


def test_an_unreadable_notice_is_counted_and_listed_with_its_reason(shell: Shell) -> None:
    with closing(open_archive(shell.settings.archive_path)) as archive:
        run = start_run(archive, "ukri", shell.settings.clock())
        keep(archive, run, [Raw("ukri", "strange", b"?")], refuse, shell.settings.clock())
    assert shell.json("status")["archive"] == {"notices": 1, "unreadable": 1}
    assert "ukri strange: strange has no title." in shell.type("status").stdout


@pytest.mark.parametrize(
    ("worked_hours_ago", "code"), [(None, 1), (30, 1), (20, 0)], ids=["never worked", "long ago", "today"]
)
def test_a_failing_source_needs_a_human_unless_it_worked_within_a_day(
    worked_hours_ago: int | None, code: int, shell: Shell
) -> None:
    if worked_hours_ago is not None:
        ran(shell, complete=True, hours_ago=worked_hours_ago)
    ran(shell, complete=False, hours_ago=1)
    result = shell.type("status", "--json")
    assert result.exit_code == code
    assert bool(json.loads(result.stdout)["needs"]) is bool(code)
    assert ("Needs you: ukri has been failing" in shell.type("status").stdout) is bool(code)


def test_a_message_that_could_not_be_sent_needs_a_human(shell: Shell) -> None:
    from tenderbell.private import open_private

    with closing(open_private(shell.settings.private_path)) as private:
        private.execute(
            "insert into outbox (sort, email, address, subject, message_id, state, not_before, created_at) "
            "values ('link', 'a@b.example', 'a@b.example', 's', '<1@x>', 'failed', '', '')"
        )
    result = shell.type("status")
    assert result.exit_code == 1
    assert "1 e-mails could not be sent" in result.stdout
