"""Once a week the files are examined; unused space and logs go back, and nobody waits for that."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from schedules.ledger import Ledger
from schedules.planned import UPKEEP, planned
from tenderbell.database import connect, transaction
from tenderbell.keeping import folding, notes
from tenderbell.keeping.facts import keeping
from tenderbell.keeping.folding import fold, room_of, shrink
from tenderbell.timetable import is_missed
from tests.cli.shell import Shell
from tests.keeping.test_backup import damage

MEGABYTE = 1024**2


def bloat(shell: Shell, megabytes: int = 40) -> None:
    """Fill the archive with what is deleted again."""
    with closing(connect(shell.settings.archive_path)) as db:
        db.execute("create table scrap (words blob)")
        with transaction(db):
            db.executemany("insert into scrap values (?)", [(os.urandom(MEGABYTE),) for _ in range(megabytes)])
        db.execute("drop table scrap")
        db.execute("pragma wal_checkpoint(truncate)")


def test_whole_files_are_said_and_noted(shell: Shell) -> None:
    shell.type("status")
    result = shell.type("upkeep")
    assert result.exit_code == 0
    assert "archive.db: no damage" in result.stdout
    found = shell.json("status")["keeping"]
    assert found["upkeep"]["at"] == "2026-11-22T09:00:00Z"
    assert {size["name"] for size in found["files"]} == {"archive.db", "public.db", "private.db"}
    assert "3 databases examined, no damage" in shell.type("status").stdout


@pytest.mark.parametrize("name", ["archive", "public", "private"])
def test_damage_is_found_told_with_what_to_do_and_an_alarm_until_it_is_gone(shell: Shell, name: str) -> None:
    shell.type("status")
    path = shell.settings.data / f"{name}.db"
    whole = path.read_bytes()
    damage(path)
    result = shell.type("upkeep")
    assert result.exit_code == 1
    assert f"{name}.db is damaged (" in result.stderr
    assert "Stop `tenderbell run`, move" in result.stderr
    for left in shell.settings.data.glob(f"{name}.db-*"):
        left.unlink()
    path.write_bytes(whole)
    alarms = shell.json("status", code=1)["alarms"]
    assert [alarm["subject"] for alarm in alarms] == [f"damage {name}.db"]
    assert shell.type("upkeep").exit_code == 0
    assert shell.json("status")["alarms"] == []


def test_a_file_with_much_unused_space_is_made_smaller(shell: Shell) -> None:
    shell.type("status")
    bloat(shell)
    before = shell.settings.archive_path.stat().st_size
    assert before > 40 * MEGABYTE
    assert "given back" in shell.type("upkeep").stdout
    assert shell.settings.archive_path.stat().st_size < MEGABYTE
    room = room_of(shell.settings.archive_path)
    assert room
    assert room.log == 0
    assert "given back" not in shell.type("upkeep").stdout


def test_readers_go_on_while_a_file_is_made_smaller_and_a_writer_is_not_stopped(shell: Shell) -> None:
    shell.type("status")
    bloat(shell, 20)
    path = shell.settings.archive_path
    with closing(connect(path, read_only=True)) as reader:
        reader.execute("begin")
        before = reader.execute("select count(*) from sqlite_master").fetchone()[0]
        shrink(shell.settings, path)
        assert reader.execute("select count(*) from sqlite_master").fetchone()[0] == before
        reader.execute("rollback")
    bloat(shell, 20)
    with closing(connect(path)) as writer, transaction(writer):
        began = time.monotonic()
        assert shrink(shell.settings, path) == 0
        assert time.monotonic() - began < 10
        writer.execute("insert into run (source, started_at, backfill) values ('x', 'y', 0)")


def test_a_large_file_is_made_smaller_only_by_hand(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.type("status")
    bloat(shell, 20)
    monkeypatch.setattr(folding, "MOST_BYTES", 1000)
    assert "given back" not in shell.type("upkeep").stdout
    assert "of it free" in shell.type("status").stdout
    assert "given back" in shell.type("upkeep", "--vacuum").stdout


def test_a_log_that_is_read_stays_and_the_next_run_folds_it(shell: Shell) -> None:
    shell.type("status")
    path, settings = shell.settings.archive_path, shell.settings
    with closing(connect(path, read_only=True)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from run").fetchone()
        with closing(connect(path)) as db:
            db.execute("insert into run (source, started_at, backfill) values ('x', 'y', 0)")
        assert "was left as it is" in shell.type("tidy").stdout
        assert reader.execute("select count(*) from run").fetchone()[0] == 0
        reader.execute("rollback")
    assert fold(settings, path)
    found = notes.read(settings, notes.TIDY)
    assert found is not None
    assert not found.ok
    assert shell.type("tidy").stdout == "Tidied.\n"


def test_a_log_that_a_long_step_left_is_folded_behind_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "LARGE_LOG", 1)
    shell.type("status")
    log = shell.settings.data / "public.db-wal"
    with closing(connect(shell.settings.public_path)) as db:  # so that the last to close is not who folds
        assert db.execute("select count(*) from opportunity").fetchone()[0] == 0
        shell.stock()
        assert log.stat().st_size == 0


def test_the_log_is_left_to_litestream_where_it_copies(shell: Shell) -> None:
    shell.type("status")
    settings = replace(shell.settings, replica="file:///nowhere")
    with closing(connect(settings.archive_path)) as db:
        db.execute("insert into run (source, started_at, backfill) values ('x', 'y', 0)")
        assert not fold(settings, settings.archive_path)
        room = room_of(settings.archive_path)
        assert room
        assert room.log > 0


def test_every_edition_that_somebody_keeps_has_its_upkeep(shell: Shell) -> None:
    for name in ("gloucestershire", "united-kingdom"):
        settings = replace(shell.settings, edition_name=name)
        assert [job for job in planned(settings) if job.command[0] == "upkeep"] == [UPKEEP]
    assert UPKEEP not in planned(replace(shell.settings, edition_name="demo"))


def test_the_first_upkeep_waits_for_its_saturday_and_a_missed_one_is_made_up_for(shell: Shell) -> None:
    ledger, sunday = Ledger(shell.settings.archive_path), shell.settings.clock()
    assert not is_missed(UPKEEP, ledger.last(UPKEEP, sunday), sunday)
    monday_week = sunday + timedelta(days=8)
    assert is_missed(UPKEEP, ledger.last(UPKEEP, monday_week), monday_week)
    ledger.finish(UPKEEP, monday_week)
    assert not is_missed(UPKEEP, ledger.last(UPKEEP, monday_week), monday_week)


DIES = """
import os, signal, sys, threading, time
from tenderbell.keeping.upkeep import keep_up
from tenderbell.settings import Settings
def die():
    time.sleep(float(sys.argv[1]))
    os.kill(os.getpid(), signal.SIGKILL)
threading.Thread(target=die, daemon=True).start()
while True:
    keep_up(Settings.read())
"""


@pytest.mark.slow
@pytest.mark.kill
def test_upkeep_that_is_killed_has_harmed_nothing(shell: Shell) -> None:
    shell.type("status")
    for after in ("0.03", "0.1"):
        bloat(shell, 20)
        child = subprocess.run([sys.executable, "-c", DIES, after], env={**os.environ, **shell.environ}, check=False)
        assert child.returncode == -signal.SIGKILL
        with closing(connect(shell.settings.archive_path)) as db:
            assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
    result = shell.type("upkeep")
    assert result.exit_code == 0
    room = room_of(shell.settings.archive_path)
    assert room
    assert room.free < MEGABYTE


def test_a_folder_without_databases_has_nothing_to_say(shell: Shell) -> None:
    found = keeping(shell.settings)
    assert (found.backup, found.upkeep, found.files) == (None, None, ())
    assert shell.type("upkeep").exit_code == 0


def test_a_note_that_is_torn_counts_as_none(shell: Shell) -> None:
    shell.type("upkeep")
    (shell.settings.data / "keeping" / "upkeep.json").write_text("{")
    assert notes.read(shell.settings, notes.UPKEEP) is None
    with pytest.raises(sqlite3.OperationalError):
        connect(shell.settings.data / "nothing.db", read_only=True)
