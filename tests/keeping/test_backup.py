"""A backup is whole or not there, of one state, private, and says what it holds."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tenderbell.archive import open_archive
from tenderbell.clock import still_clock
from tenderbell.database import connect, transaction
from tenderbell.keeping import backing_up, manifest
from tenderbell.keeping.backing_up import back_up, backups_in
from tenderbell.keeping.errors import DamagedCopy, NoRoom, NothingToCopy
from tenderbell.settings import Settings
from tests.alerts.world import World
from tests.cli.shell import Shell


def stocked(world: World) -> Settings:
    world.publish("one")
    world.subscribe("", address="ann@example.org")
    open_archive(world.settings.archive_path).close()
    return world.settings


def test_a_backup_holds_the_three_files_and_a_manifest_and_nothing_else(world: World) -> None:
    made = back_up(stocked(world), world.folder / "backups")
    assert sorted(path.name for path in made.folder.iterdir()) == [
        "archive.db", "manifest.json", "private.db", "public.db",
    ]  # fmt: skip
    read = manifest.read(made.folder)
    assert read == made.manifest
    private = read.file("private.db")
    assert private
    assert private.rows["subscriber"] == 1
    assert private.schema["private"][0] == "m001_private"
    assert private.sha256 == manifest.hash_of(made.folder / "private.db")
    assert read.edition == "testing"
    assert "DKIM" in read.note


def test_nobody_else_on_the_machine_can_read_it(world: World) -> None:
    before = os.umask(0)
    try:
        made = back_up(stocked(world), world.folder / "backups")
    finally:
        os.umask(before)
    assert made.folder.stat().st_mode & 0o777 == 0o700
    for name in ("archive.db", "public.db", "private.db"):
        assert (made.folder / name).stat().st_mode & 0o777 == 0o600


def test_what_was_deleted_is_not_in_the_copy(world: World) -> None:
    settings = stocked(world)
    with world.private() as db:
        db.execute("pragma secure_delete=off")
        db.execute("create table scrap (words text)")
        db.executemany("insert into scrap values (?)", [("unmistakable",)] * 1000)
        db.execute("drop table scrap")
        db.execute("pragma wal_checkpoint(truncate)")
    assert b"unmistakable" in settings.private_path.read_bytes()
    made = back_up(settings, world.folder / "backups")
    assert b"unmistakable" not in (made.folder / "private.db").read_bytes()


def test_a_writer_that_never_stops_neither_waits_nor_starves_the_copy(world: World) -> None:
    settings = stocked(world)
    stop, written = threading.Event(), [0]

    def write() -> None:
        with closing(open_archive(settings.archive_path)) as db:
            while not stop.is_set():
                with transaction(db):
                    db.execute("insert into run (source, started_at, backfill) values ('x', 'y', 0)")
                    db.execute("insert into run (source, started_at, backfill) values ('x', 'z', 0)")
                written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while written[0] < 10:
            pass
        before = written[0]
        made = back_up(settings, world.folder / "backups")
        during = written[0] - before
    finally:
        stop.set()
        writer.join()
    copied = made.manifest.file("archive.db")
    assert copied
    assert copied.rows["run"] >= 2 * before
    assert copied.rows["run"] % 2 == 0, "half of a transaction was copied"
    assert during > 0


def test_no_copy_is_ahead_of_what_it_was_made_from(world: World) -> None:
    """The order of the copies is what holds this: private, public, archive."""
    order = [path.name for path in backing_up._in_order(stocked(world))]
    assert order == ["private.db", "public.db", "archive.db"]
    with world.private() as db:
        db.execute("insert or replace into step values ('match', 9000000000000000, 'x')")
    with pytest.raises(DamagedCopy, match="do not belong together"):
        back_up(world.settings, world.folder / "backups")
    assert backups_in(world.folder / "backups") == []


def test_old_backups_go_and_those_of_another_edition_stay(world: World) -> None:
    settings, into = stocked(world), world.folder / "backups"
    names = []
    for _ in range(4):
        made = back_up(settings, into, keep=2)
        names.append(made.folder.name)
        world.wait(days=1)
    assert [path.name for path in backups_in(into)] == names[-2:]
    other = into / "other"
    (into / names[-1]).rename(other)
    text = (other / "manifest.json").read_text().replace('"testing"', '"another"')
    (other / "manifest.json").write_text(text)
    back_up(settings, into, keep=1)
    assert len(backups_in(into, "another")) == 1
    assert len(backups_in(into, "testing")) == 1


def test_a_backup_of_a_clock_that_was_wrong_goes_before_every_good_one(world: World) -> None:
    settings, into = stocked(world), world.folder / "backups"
    world.wait(days=3650)
    wrong = back_up(settings, into, keep=3).folder
    world.wait(days=-3650)
    good = []
    for _ in range(3):
        world.wait(days=1)
        good.append(back_up(settings, into, keep=3).folder)
    assert not wrong.exists()
    assert backups_in(into) == good


def test_two_backups_of_one_second_have_two_names(world: World) -> None:
    settings = replace(stocked(world), clock=still_clock(world.now))
    assert back_up(settings, world.folder / "b").folder != back_up(settings, world.folder / "b").folder


def test_nothing_to_copy_and_no_room_are_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingToCopy):
        back_up(world.settings, world.folder / "backups")
    stocked(world)
    monkeypatch.setattr(backing_up, "SPARE", 10**18)
    with pytest.raises(NoRoom, match="Make room there"):
        back_up(world.settings, world.folder / "backups")


def test_a_damaged_database_makes_no_backup_and_takes_none_away(world: World) -> None:
    settings, into = stocked(world), world.folder / "backups"
    good = back_up(settings, into).folder
    damage(settings.public_path)
    world.wait(days=1)
    with pytest.raises((DamagedCopy, sqlite3.DatabaseError)):
        back_up(settings, into, keep=1)
    assert backups_in(into) == [good]
    assert [path.name for path in into.iterdir() if path.name.startswith(".")] == []


def damage(path: Path) -> None:
    """Overwrite a page in the middle of a file, as a dying disk does."""
    with closing(connect(path)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
        pages = db.execute("pragma page_count").fetchone()[0]
    with path.open("r+b") as file:
        for page in range(2, pages):
            file.seek(4096 * page)
            file.write(b"\xff" * 64)


DIES = """
import os, signal, sys
from pathlib import Path
from tenderbell.keeping import backing_up, manifest, restoring
from tenderbell.settings import Settings
from alerts import restored
rooms = {"manifest": manifest, "backing_up": backing_up, "restoring": restoring}
room, name, action = rooms[sys.argv[1]], sys.argv[2], sys.argv[3]
held, nth = getattr(room, name), int(sys.argv[5])
def dies(*given, **named):
    global nth
    nth -= 1
    if nth == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return held(*given, **named)
setattr(room, name, dies)
if action == "backup":
    backing_up.back_up(Settings.read(), Path(sys.argv[4]), keep=1)
else:
    restoring.restore(Settings.read(), Path(sys.argv[4]), restored.settle)
"""


def dies(environ: dict[str, str], room: str, name: str, action: str, folder: Path, nth: int = 1) -> bool:
    """Run a backup or a restore in a process that is killed when it calls a function for the nth time; return whether
    it died."""
    child = subprocess.run(
        [sys.executable, "-c", DIES, room, name, action, str(folder), str(nth)],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode in (0, -signal.SIGKILL), child.stderr
    return child.returncode != 0


@pytest.mark.kill
@pytest.mark.parametrize(
    ("room", "name", "nth"),
    [
        ("manifest", "write", 1),
        pytest.param("backing_up", "copy_database", 2, marks=pytest.mark.slow),
        pytest.param("backing_up", "sync", 3, marks=pytest.mark.slow),
    ],
)
def test_a_backup_that_is_killed_is_not_there_and_the_next_one_clears_it_away(
    shell: Shell, room: str, name: str, nth: int
) -> None:
    shell.type("status")
    into = shell.folder / "backups"
    assert dies(shell.environ, room, name, "backup", into, nth)
    whole = backups_in(into)
    assert len(whole) == (1 if name == "sync" else 0), "only after the renaming is it there"
    assert all(manifest.read(path) for path in whole)
    assert shell.type("backup", str(into)).exit_code == 0
    assert [path.name for path in into.iterdir() if path.name.startswith(".unfinished")] == []
    assert len(backups_in(into)) == len(whole) + 1


def test_the_command_says_what_it_made_and_status_says_when(shell: Shell) -> None:
    shell.type("status")
    into = shell.folder / "backups"
    found = shell.json("backup", str(into), "--keep", "1")
    assert Path(found["folder"]).parent == into
    assert {file["name"] for file in found["manifest"]["files"]} == {"archive.db", "public.db", "private.db"}
    again = shell.type("backup", str(into), "--keep", "1")
    assert "Removed 1 older backup" in again.stdout
    assert "Not in it" in again.stdout
    status = shell.json("status")
    assert status["keeping"]["backup"]["succeeded_at"] == "2026-11-22T09:00:00Z"
    assert "Backup    made at 9am, Sunday 22 November 2026" in shell.type("status").stdout


def test_a_backup_that_failed_is_an_alarm_until_one_works(shell: Shell) -> None:
    shell.type("status")
    (shell.folder / "file").write_text("in the way")
    assert shell.type("backup", str(shell.folder / "file" / "x")).exit_code == 1
    status = shell.json("status", code=1)
    assert [alarm["subject"] for alarm in status["alarms"]] == ["backup"]
    assert "did not work" in status["needs"][0]
    assert shell.type("backup", str(shell.folder / "backups")).exit_code == 0
    assert shell.json("status")["alarms"] == []


def test_a_planned_backup_that_does_not_come_is_an_alarm(shell: Shell) -> None:
    edition = shell.folder / "edition.toml"
    text = Path("schedules/gloucestershire.toml").read_text("utf-8")
    edition.write_text(
        text + '\n[[job]]\nid = "backup"\ncommand = ["backup", "/x", "--keep", "7"]\ncron = "0 3 * * *"\n'
    )
    own = {"TENDERBELL_EDITION": str(edition)}
    shell.type("status", **own)
    assert shell.type("backup", str(shell.folder / "backups"), **own).exit_code == 0
    later = {**own, "TENDERBELL_NOW": "2026-11-23T09:00:00+00:00"}
    assert json.loads(shell.type("status", "--json", **later).stdout)["alarms"] == []
    latest = {**own, "TENDERBELL_NOW": "2026-11-25T09:00:00+00:00"}
    found = json.loads(shell.type("status", "--json", **latest).stdout)["alarms"]
    assert [alarm["subject"] for alarm in found] == ["backup"]
    assert "No backup has been made since 9am, Sunday 22 November 2026" in found[0]["words"]
