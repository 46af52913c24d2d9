import json
import re
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tenderbell.archive import end_run, keep, open_archive, start_run
from tenderbell.database import transaction
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Notice, Raw
from tenderbell.private import open_private
from tenderbell.public import open_public
from tests.cli.shell import Shell


def refuse(raw: Raw) -> Notice:
    raise UnreadableNotice(f"{raw.key} has no title.")


def ran(
    shell: Shell, *, complete: bool, hours_ago: int, source: str = "ukri", alarm: str | None = None, listed: int = 0
) -> None:
    now = shell.settings.clock() - timedelta(hours=hours_ago)
    with closing(open_archive(shell.settings.archive_path)) as archive:
        run = start_run(archive, source, now)
        end_run(
            archive, run, now, complete=complete, reason="Could not reach it.", alarm=alarm, requests=2, received=900,
            listed=listed,
        )  # fmt: skip


def edition(shell: Shell, *rows: str) -> dict[str, str]:
    """Write an edition with these sources and return the environment that names it."""
    path = shell.folder / "edition.toml"
    head = 'id="t"\ntitle="T"\nstrapline="S"\narea="gloucestershire"\nurl="https://t.example"\n'
    path.write_text(
        f'{head}[mail]\nname="T"\naddress="t@t.example"\n' + "".join(f"[[source]]\n{row}\n" for row in rows)
    )
    return {"TENDERBELL_EDITION": str(path)}


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
    with closing(open_private(shell.settings.private_path)) as private:
        private.execute(
            "insert into outbox (sort, email, address, subject, message_id, state, not_before, created_at, "
            "done_at) values ('link', 'a@b.example', 'a@b.example', 's', '<1@x>', 'failed', '', '', "
            "'2026-11-22T08:00:00Z')"
        )
    result = shell.type("status")
    assert result.exit_code == 1
    assert "1 e-mail could not be sent" in result.stdout


@pytest.mark.parametrize(("hours", "code"), [(1, 0), (23, 0), (25, 1)])
def test_a_source_that_is_degraded_for_more_than_a_day_needs_a_human(hours: int, code: int, shell: Shell) -> None:
    ran(shell, complete=True, hours_ago=hours, alarm="Nothing is listed, where there were 40.")
    ran(shell, complete=True, hours_ago=0, alarm="Nothing is listed, where there were 40.")
    result = shell.type("status")
    assert result.exit_code == code
    assert "ukri: degraded" in result.stdout
    assert ("Needs you: ukri has been degraded since" in result.stdout) is bool(code)
    (source,) = [source for source in shell.json("status", code=code)["sources"] if source["id"] == "ukri"]
    assert source["message"] == "Nothing is listed, where there were 40."


def test_the_first_line_says_whether_silence_can_be_believed(shell: Shell) -> None:
    rows = ('id="news"\ntitle="The news"\nspider="feed"\nurl="https://n.example"',)
    environ = edition(shell, *rows, 'id="ukri"\ntitle="UKRI"\nspider="feed"\nurl="https://u.example"')
    ran(shell, complete=True, hours_ago=1, source="news")
    assert shell.type("status", **environ).stdout.startswith("UKRI has not been checked yet: look there yourself.\n")
    ran(shell, complete=True, hours_ago=1)
    found = json.loads(shell.type("status", "--json", **environ).stdout)
    assert found["believed"].startswith("Both sources answered in the last day: ")
    assert found["is_believed"] is True


def test_what_the_last_run_did_is_shown(shell: Shell) -> None:
    ran(shell, complete=True, hours_ago=1, listed=12)
    (source,) = [source for source in shell.json("status")["sources"] if source["id"] == "ukri"]
    assert (source["last_run_requests"], source["last_run_bytes"], source["last_run_listed"]) == (2, 900, 12)
    assert source["last_run_reason"] == "Could not reach it."
    assert "Source    ukri: working, checked at 8am, Sunday 22 November 2026\n" in shell.type("status").stdout


def test_a_source_that_does_not_work_says_what_its_last_run_did(shell: Shell) -> None:
    ran(shell, complete=True, hours_ago=50, listed=12)
    ran(shell, complete=False, hours_ago=26, listed=3)
    assert (
        "Source    ukri: failing since Saturday. Could not reach it. "
        "Last checked in full at 7am, Friday 20 November 2026; last try: 3 listed, 0 new, in 2 requests and 1 kB.\n"
    ) in shell.type("status").stdout


def test_no_stamp_is_shown_to_people(shell: Shell) -> None:
    ran(shell, complete=True, hours_ago=50, source="find-a-tender", alarm="The page came twice.")
    ran(shell, complete=True, hours_ago=50)
    ran(shell, complete=False, hours_ago=49)
    said = shell.type("status").stdout
    assert len(re.findall("Needs you: .* since Friday", said)) == 2
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d", said)


def test_what_needs_somebody_stands_directly_below_the_sentence_and_unreadable_notices_come_last(shell: Shell) -> None:
    ran(shell, complete=False, hours_ago=1)
    with closing(open_archive(shell.settings.archive_path)) as archive:
        run = start_run(archive, "find-a-tender", shell.settings.clock())
        keep(archive, run, [Raw("find-a-tender", "strange", b"?")], refuse, shell.settings.clock())
    said = shell.type("status").stdout.splitlines()
    assert said[1] == "Needs you: ukri has been failing since Sunday: Could not reach it."
    assert said[-1] == "Unreadable  find-a-tender strange: strange has no title."


def test_it_says_how_many_decisions_wait(shell: Shell, stocked: Shell) -> None:
    waiting = len(stocked.json("review", "list"))
    assert waiting, "the sample notices have doubtful ones"
    assert stocked.json("status")["waiting"] == waiting
    assert f"Review    {waiting} decision" in stocked.type("status").stdout
    assert "Review    " not in shell.type("status").stdout


def test_it_never_waits_for_the_process_that_writes(shell: Shell) -> None:
    shell.type("status")
    with closing(open_archive(shell.settings.archive_path)) as archive, transaction(archive):
        began = time.monotonic()
        assert shell.type("status").exit_code == 0
    assert time.monotonic() - began < 10, "writers wait for one another for thirty seconds"


def test_a_source_that_is_switched_off_is_listed_as_not_watched(shell: Shell) -> None:
    environ = edition(
        shell,
        'id="off"\ntitle="A portal"\nspider="feed"\nurl="https://p.example/f"\nhome="https://p.example"\nenabled=false',
    )
    found = json.loads(shell.type("status", "--json", **environ).stdout)
    assert found["not_watched"] == [{"id": "off", "title": "A portal", "home": "https://p.example"}]
    assert found["sources"] == []
    assert found["believed"].endswith("1 place is not watched.")
    said = shell.type("status", **environ).stdout
    assert said.splitlines()[0] == found["believed"]
    assert "Not watched  off" in said


def test_saved_responses_do_not_make_a_source_live(stocked: Shell) -> None:
    (source,) = [source for source in stocked.json("status")["sources"] if source["id"] == "find-a-tender"]
    assert (source["state"], source["last_success"]) == ("never run", None)
    assert source["notices"] > 20


def test_a_silent_buyer_is_listed_and_is_no_alarm(shell: Shell) -> None:
    with closing(open_public(shell.settings.public_path)) as public:
        public.execute(
            "insert into buyer_silence "
            "values ('stroud', 'Stroud District Council', '2026-09-01T09:00:00Z', 30, 9, 30, null)"
        )
    (silent,) = shell.json("status")["silent_buyers"]
    assert (silent["id"], silent["days"], silent["usual_days"]) == ("stroud", 82, 9)
    result = shell.type("status")
    assert "Silent    Stroud District Council: nothing for 82 days, where 9 days are usual" in result.stdout
    assert result.exit_code == 0


def test_the_figures_of_sending_and_what_is_wrong_are_in_the_json(stocked: Shell) -> None:
    found = stocked.json("status")
    assert found["alarms"] == []
    assert found["private"]["canary"] == {"on": False, "last_sent": None, "is_well": None}
    assert set(found["private"]["outbox"]) >= {
        *("pending", "sent", "failed", "unknown", "due", "deferred", "oldest"),
        *("sent_day", "sent_week", "bounce_rate", "suppressed"),
    }


def test_a_message_that_waits_for_hours_needs_a_human(shell: Shell) -> None:
    with closing(open_private(shell.settings.private_path)) as private:
        private.execute(
            "insert into outbox (sort, email, address, subject, message_id, not_before, created_at) values "
            "('link', 'a@b.example', 'a@b.example', 's', '<1@x>', '2026-11-22T05:00:00Z', '2026-11-22T05:00:00Z')"
        )
    (alarm,) = shell.json("status", code=1)["alarms"]
    assert alarm["subject"] == "waiting"
    result = shell.type("status")
    assert f"Needs you: {alarm['words']}" in result.stdout
    assert "1 due, 0 deferred; the oldest has waited since 5am" in result.stdout
    assert "b.example" not in result.output


def test_a_database_of_no_bytes_is_named_with_what_to_do(shell: Shell) -> None:
    shell.stock()
    for suffix in ("-wal", "-shm"):
        Path(f"{shell.settings.public_path}{suffix}").unlink(missing_ok=True)
    shell.settings.public_path.write_bytes(b"")
    result = shell.type("status")
    assert result.exit_code == 1
    assert "public.db is empty (0 bytes)" in result.stderr
    shell.settings.public_path.unlink()
    assert shell.type("rebuild").exit_code == 0
    assert shell.json("status")["public"]["opportunities"] > 0
