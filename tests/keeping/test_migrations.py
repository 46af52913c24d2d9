"""An upgrade from any schema that there ever was brings the rows along and ends at the present schema."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from sqlite_utils import Database

from tenderbell.archive import open_archive
from tenderbell.database import connect, migrate
from tenderbell.keeping.checking import faults_in
from tenderbell.private import open_private
from tenderbell.public import open_public
from tests.cli.shell import Shell
from tests.keeping import schemas
from tests.schedules.programs import finished

OPENERS = {"archive": open_archive, "public": open_public, "private": open_private}
OLD = [(name, path) for name in schemas.SETS for path in schemas.files(name)]
old = pytest.mark.parametrize(("name", "path"), OLD, ids=[path.stem for _, path in OLD])


def schema(db: sqlite3.Connection) -> set[tuple[str, ...]]:
    rows = db.execute("select type, name, tbl_name, sql from sqlite_master where name not like '%sqlite_%'")
    return {tuple(str(value) for value in row) for row in rows}


def rows(db: sqlite3.Connection) -> dict[str, list[dict[str, object]]]:
    found = {}
    for table in schemas.tables(db):
        names = [row[1] for row in db.execute(f"pragma table_info([{table}])")]
        found[table] = [dict(zip(names, tuple(row), strict=True)) for row in db.execute(f"select * from [{table}]")]
    return found


def test_there_is_a_database_of_every_schema_that_there_ever_was() -> None:
    wanted = [schemas.path_of(name, step) for name in schemas.SETS for step in schemas.steps(name)]
    assert {path for path in wanted if not path.exists()} == set(), "run python -m tests.keeping.schemas"
    assert {path for _, path in OLD} == set(wanted), "a migration that was shipped is gone or renamed"


@old
def test_rows_of_an_old_database_come_along_to_the_present_schema(name: str, path: Path, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.db"
    schemas.load(path, file)
    with closing(connect(file, read_only=True)) as db:
        before = rows(db)
    assert all(before.values()), "a table of the old database is empty"
    with closing(connect(file)) as db:
        migrate(db, schemas.SETS[name])
        after = rows(db)
        assert schema(db) == present(name)
        assert faults_in(db) == []
    for table, held in before.items():
        survived = [{column: row[column] for column in held[0]} for row in after[table]]
        changed_on_purpose = {"sort"} if name == "archive" and table == "run" else set()
        for row in held:
            assert without(row, changed_on_purpose) in [without(other, changed_on_purpose) for other in survived]


@cache
def present(name: str) -> set[tuple[str, ...]]:
    """Return the schema of a database that is made today."""
    with closing(schemas.made(name, schemas.steps(name)[-1])) as fresh:
        return schema(fresh)


def without(row: dict[str, object], columns: set[str]) -> dict[str, object]:
    return {column: value for column, value in row.items() if column not in columns}


@pytest.mark.parametrize("path", schemas.files("public"), ids=lambda path: path.stem)
def test_an_old_public_database_is_searched_and_filtered_afterwards(path: Path, tmp_path: Path) -> None:
    schemas.load(path, tmp_path / "public.db")
    with closing(open_public(tmp_path / "public.db")) as db:
        assert db.execute("select count(*) from opportunity_fts where opportunity_fts match 'title'").fetchone()[0] == 3
        facts = db.execute("select number, kind, stage from opportunity_fact order by number").fetchall()
        held = db.execute("select number, kind, stage from opportunity order by number").fetchall()
        assert [tuple(row) for row in facts] == [tuple(row) for row in held]


@pytest.mark.parametrize("name", OPENERS)
def test_the_first_schema_still_opens_with_the_program_itself(name: str, tmp_path: Path) -> None:
    schemas.load(schemas.files(name)[0], tmp_path / f"{name}.db")
    with closing(OPENERS[name](tmp_path / f"{name}.db")) as db:
        assert faults_in(db) == []


@pytest.mark.kill
@pytest.mark.parametrize(
    "name", ["private", *(pytest.param(name, marks=pytest.mark.slow) for name in ("archive", "public"))]
)
def test_an_upgrade_that_is_killed_anywhere_has_done_nothing_and_is_done_again(name: str, tmp_path: Path) -> None:
    """At five points of the way: every point would be a hundred processes."""
    first = schemas.files(name)[0]
    for at in (1, 2, 5, 20, 60):
        file = tmp_path / f"{at}.db"
        schemas.load(first, file)
        with closing(connect(file)) as db:
            before = (schema(db), rows(db))
        child = os.fork()
        if child == 0:
            upgrade_and_die(name, file, at)
        _, status = os.waitpid(child, 0)
        with closing(connect(file)) as db:
            if os.WIFSIGNALED(status):
                assert os.WTERMSIG(status) == signal.SIGKILL
                assert (schema(db), rows(db)) == before
        with closing(OPENERS[name](file)) as db:
            assert faults_in(db) == []


def upgrade_and_die(name: str, file: Path, at: int) -> None:
    """Die at the `at`th statement of the upgrade: in a child, which never returns."""
    held = Database.execute
    seen = 0

    def counted(self: Database, *given: object, **named: object) -> sqlite3.Cursor:
        nonlocal seen
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return held(self, *given, **named)  # type: ignore[arg-type]

    Database.execute = counted  # type: ignore[method-assign]
    try:
        OPENERS[name](file)
    finally:
        os._exit(0)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPENERS)
def test_two_programs_that_upgrade_at_once_do_it_once(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.db"
    schemas.load(schemas.files(name)[0], file)
    work = (
        "import sys; from pathlib import Path; from tests.keeping.test_migrations import OPENERS; "
        "OPENERS[sys.argv[1]](Path(sys.argv[2]))"
    )
    both = [subprocess.Popen([sys.executable, "-c", work, name, str(file)], stderr=subprocess.PIPE) for _ in "12"]
    assert [program.communicate()[1] for program in both] == [b"", b""]
    with closing(connect(file)) as db:
        applied = [row[0] for row in db.execute("select name from _sqlite_migrations where migration_set = ?", (name,))]
        assert applied == schemas.steps(name)


def newer(shell: Shell, name: str) -> Path:
    """Leave in a database what a newer program would have."""
    shell.type("status")
    path = shell.settings.data / f"{name}.db"
    with closing(connect(path)) as db:
        values = (name, "m999_future", "")
        db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values (?, ?, ?)", values)
        db.execute("pragma wal_checkpoint(truncate)")
    return path


@pytest.mark.parametrize(("name", "command"), [("archive", "compile"), ("public", "compile"), ("private", "status")])
def test_a_newer_database_is_refused_in_one_line_and_left_as_it_is(shell: Shell, name: str, command: str) -> None:
    path = newer(shell, name)
    before = path.read_bytes()
    result = shell.type(command)
    assert result.exit_code == 1
    said = result.stdout + result.stderr
    assert "written by a newer Tenderbell (m999_future). Upgrade this program" in said
    assert said.count("\n") == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", ["schedule", pytest.param("serve", marks=pytest.mark.slow)])
def test_neither_site_nor_scheduler_start_on_a_newer_database(shell: Shell, command: str) -> None:
    newer(shell, "public")
    ended = finished(["tenderbell", command], {**shell.environ, "TENDERBELL_PORT": "0"})
    assert ended.returncode == 1
    assert "written by a newer Tenderbell" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_of_the_right_schema_is_only_read(tmp_path: Path) -> None:
    open_public(tmp_path / "public.db").close()
    with closing(connect(tmp_path / "public.db", read_only=True)) as db:
        migrate(db, schemas.SETS["public"])


def test_an_old_database_on_a_disk_that_takes_nothing_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    schemas.load(schemas.files("public")[0], tmp_path / "public.db")
    with closing(connect(tmp_path / "public.db", read_only=True)) as db:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            migrate(db, schemas.SETS["public"])
        assert db.execute("select count(*) from opportunity").fetchone()[0] == schemas.ROWS


def test_a_site_of_the_program_before_goes_on_while_the_file_is_upgraded(tmp_path: Path) -> None:
    """What it asks for by name is still there: migrations add, and take nothing away that pages read."""
    file = tmp_path / "public.db"
    schemas.load(schemas.files("public")[0], file)
    with closing(connect(file)) as db:
        db.execute("pragma journal_mode=wal")
    with closing(connect(file, read_only=True)) as site:
        asked = "select number, title, stage, closes_at from opportunity order by number"
        before = [tuple(row) for row in site.execute(asked)]
        open_public(file).close()
        assert [tuple(row) for row in site.execute(asked)] == before
