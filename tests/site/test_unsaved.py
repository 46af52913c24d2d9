"""Which faults are the machine's, and which are a mistake of the program's that its developers must see."""

import errno
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tenderbell import frozen
from tenderbell.errors import DatabaseGone
from tenderbell.pages.unsaved import is_of_machine


def raised_by(statement: str, *, before: str = "select 1") -> sqlite3.Error:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(before)
        with pytest.raises(sqlite3.Error) as fault:
            db.execute(statement)
    return fault.value


@pytest.mark.parametrize(
    ("statement", "is_machine"),
    [
        ("select missing from sqlite_master", False),
        ("selec 1", False),
        ("select * from opportunity", True),
        ("select no_such_function()", False),
        ("insert into one values (1)", True),
    ],
)
def test_a_mistake_in_a_query_is_not_the_machine_s(statement: str, is_machine: bool) -> None:
    assert is_of_machine(raised_by(statement, before="pragma query_only=on")) is is_machine


@pytest.mark.parametrize(
    ("fault", "is_machine"),
    [
        (OSError(errno.ENOSPC, "full"), True),
        (OSError(errno.ECONNRESET, "reset"), False),
        (FileNotFoundError(errno.ENOENT, "gone"), True),
        (DatabaseGone("gone"), True),
        (ValueError("wrong"), False),
    ],
)
def test_what_the_disk_says_is_the_machine_s(fault: Exception, is_machine: bool) -> None:
    assert is_of_machine(fault) is is_machine


def test_a_damaged_file_is_the_machine_s(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    with closing(sqlite3.connect(tmp_path / "x.db")) as db, pytest.raises(sqlite3.DatabaseError) as fault:
        db.execute("select * from sqlite_master")
    assert is_of_machine(fault.value)


def test_a_file_that_somebody_holds_is_waited_for_and_not_taken_for_one_that_nobody_writes_to(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as db:
        db.execute("pragma journal_mode=wal")
        db.execute("create table one (number)")
        db.execute("pragma wal_checkpoint(truncate)")
        db.execute("pragma locking_mode=exclusive")
        db.execute("insert into one values (1)")
        threading.Timer(1.0, db.close).start()
        with closing(frozen.open_to_read(path)) as reader:
            assert not isinstance(reader, frozen.Frozen)
            assert reader.execute("select count(*) from one").fetchone() == (1,)
