"""A restore is whole or can be finished, overwrites nothing, and refuses what it does not know."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from schedules.lock import hold
from tenderbell.archive import open_archive
from tenderbell.clock import stamp
from tenderbell.private import open_private
from tests.cli.shell import Shell
from tests.keeping.test_backup import dies


@pytest.fixture
def kept(shell: Shell) -> Shell:
    """A data folder with a subscriber, backed up and destroyed."""
    shell.type("status")
    with closing(open_private(shell.settings.private_path)) as db:
        at = stamp(shell.settings.clock())
        db.execute(
            "insert into subscriber (email, address, created_at) values ('a@x.example', 'a@x.example', ?)", (at,)
        )
    assert shell.type("backup", str(shell.folder / "backups")).exit_code == 0
    shutil.rmtree(shell.settings.data)
    return shell


def subscribers(shell: Shell) -> int:
    with closing(open_private(shell.settings.private_path)) as db:
        return int(db.execute("select count(*) from subscriber").fetchone()[0])


def backups(shell: Shell) -> str:
    return str(shell.folder / "backups")


def the_backup(shell: Shell) -> Path:
    return next(path for path in (shell.folder / "backups").iterdir() if path.is_dir())


def test_an_empty_folder_gets_back_what_was_copied_and_the_operator_is_warned(kept: Shell) -> None:
    result = kept.type("restore", backups(kept))
    assert result.exit_code == 0
    assert "as of 9am, Sunday 22 November 2026" in result.stdout
    assert "IMPORTANT: whoever left" in result.stdout
    assert subscribers(kept) == 1
    assert kept.settings.private_path.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in kept.settings.data.iterdir() if path.is_file()} == {
        "archive.db", "public.db", "private.db", "scheduler.lock",
    }  # fmt: skip
    assert kept.type("status").exit_code == 0
    assert "Restored  " in kept.type("status").stdout


def test_one_backup_can_be_named_and_restored_elsewhere(kept: Shell) -> None:
    elsewhere = kept.folder / "elsewhere"
    assert kept.type("restore", str(the_backup(kept)), "--into", str(elsewhere)).exit_code == 0
    assert (elsewhere / "private.db").exists()
    assert not kept.settings.private_path.exists()


@pytest.mark.parametrize("name", ["private.db", "public.db-wal", "archive.db"])
def test_nothing_that_is_there_is_overwritten(kept: Shell, name: str) -> None:
    kept.settings.data.mkdir()
    there = kept.settings.data / name
    there.write_text("something")
    result = kept.type("restore", backups(kept))
    assert result.exit_code == 1
    assert str(there) in result.stderr
    assert there.read_text() == "something"
    assert [path.name for path in kept.settings.data.glob("*.db*")] == [name]


def test_one_file_alone_can_be_restored_beside_the_others(kept: Shell) -> None:
    kept.type("restore", backups(kept))
    for path in kept.settings.data.glob("archive.db*"):
        path.unlink()
    assert kept.type("restore", backups(kept), "--only", "archive.db").exit_code == 0
    assert kept.type("status").exit_code == 0
    assert subscribers(kept) == 1


def test_it_refuses_while_a_scheduler_works_on_the_folder(kept: Shell) -> None:
    with hold(kept.settings.data):
        result = kept.type("restore", backups(kept))
    assert result.exit_code == 1
    assert "Stop it first" in result.stderr


def spoil_a_file(folder: Path) -> None:
    with (folder / "public.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"spoilt")


def lose_a_file(folder: Path) -> None:
    (folder / "archive.db").unlink()


def spoil_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def belong_to_another(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"gloucestershire"', '"somerset"'))


def come_from_the_future(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_a_file, "is not what the manifest says"),
        (lose_a_file, "is missing"),
        (spoil_the_manifest, "cannot be read"),
        (belong_to_another, "a backup of the edition 'somerset'"),
        (come_from_the_future, "made by a newer Tenderbell"),
    ],
)
def test_a_backup_that_is_not_what_it_was_is_refused(kept: Shell, spoil: Callable[[Path], None], said: str) -> None:
    spoil(the_backup(kept))
    result = kept.type("restore", str(the_backup(kept)))
    assert result.exit_code == 1
    assert said in result.stderr
    assert not kept.settings.private_path.exists()


def test_a_newer_schema_is_refused_and_nothing_is_put_in_place(shell: Shell) -> None:
    shell.type("status")
    with closing(open_archive(shell.settings.archive_path)) as db:
        db.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('archive', 'm999_future', '')"
        )
    from tenderbell.keeping.backing_up import back_up

    back_up(shell.settings, shell.folder / "backups")
    shutil.rmtree(shell.settings.data)
    result = shell.type("restore", backups(shell))
    assert result.exit_code == 1
    assert "m999_future" in result.stderr
    assert not list(shell.settings.data.glob("*.db"))


def test_a_folder_without_a_backup_is_said(shell: Shell) -> None:
    result = shell.type("restore", str(shell.folder))
    assert result.exit_code == 1
    assert "holds no whole backup of 'gloucestershire'" in result.stderr
    assert shell.type("restore").exit_code == 2


@pytest.mark.kill
@pytest.mark.parametrize(
    ("name", "nth"),
    [
        ("_write_mark", 1),
        *(pytest.param(name, nth, marks=pytest.mark.slow) for name, nth in (("_stage", 2), ("jump_counters", 3))),
    ],
)
def test_a_restore_that_is_killed_before_all_is_ready_has_put_nothing_in_place(
    kept: Shell, name: str, nth: int
) -> None:
    assert dies(kept.environ, "restoring", name, "restore", kept.folder / "backups", nth)
    assert not list(kept.settings.data.glob("*.db"))
    assert kept.type("restore", backups(kept)).exit_code == 0
    assert subscribers(kept) == 1
    assert not list(kept.settings.data.glob("*.restoring*"))


@pytest.mark.kill
@pytest.mark.parametrize("nth", [2, *(pytest.param(nth, marks=pytest.mark.slow) for nth in (1, 3))])
def test_a_restore_that_is_killed_between_two_files_is_finished_before_anything_else(kept: Shell, nth: int) -> None:
    assert dies(kept.environ, "restoring", "_put", "restore", kept.folder / "backups", nth)
    assert len(list(kept.settings.data.glob("*.db"))) == nth - 1
    refused = kept.type("compile")
    assert refused.exit_code == 1
    assert "Finish it first" in refused.stderr
    assert len(list(kept.settings.data.glob("*.db"))) == nth - 1
    assert kept.type("restore", backups(kept)).exit_code == 0
    assert subscribers(kept) == 1
    assert kept.type("status").exit_code == 0
    assert not (kept.settings.data / "restoring.json").exists()


def test_numbers_go_on_above_all_that_were_ever_given_out(kept: Shell) -> None:
    kept.type("restore", backups(kept))
    with closing(open_private(kept.settings.private_path)) as db:
        numbers = dict(db.execute("select name, seq from sqlite_sequence").fetchall())
    assert {"subscriber", "outbox", "profile", "match", "matter"} <= set(numbers)
    assert min(numbers.values()) >= int(kept.settings.clock().timestamp()) * 1000


def test_the_log_of_another_file_is_in_the_way(kept: Shell) -> None:
    kept.settings.data.mkdir()
    (kept.settings.data / "private.db-wal").write_bytes(b"\x37\x7f\x06\x82")
    assert kept.type("restore", backups(kept)).exit_code == 1


def test_what_was_restored_is_the_very_rows(kept: Shell) -> None:
    copy = sqlite3.connect(the_backup(kept) / "private.db")
    before = copy.execute("select * from subscriber").fetchall()
    copy.close()
    kept.type("restore", backups(kept))
    with closing(open_private(kept.settings.private_path)) as db:
        assert [tuple(row) for row in db.execute("select * from subscriber")] == before
