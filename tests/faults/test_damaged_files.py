"""Databases that are damaged or gone while the site runs: everything else goes on, in clear words, and nothing empty
takes the place of what was lost."""

import asyncio
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from schedules.scheduler import Scheduler
from schedules.service import prepare
from tenderbell import room
from tenderbell.cli import cli
from tenderbell.database import connect
from tenderbell.errors import DatabaseGone
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.troubles import troubles
from tests.faults.test_full_disk import NOT_STORED, PAGES
from tests.schedules.editions import environment, job, settings
from tests.schedules.test_scheduler import CHAIN, Recorder
from tests.site.conftest import Visitor
from tests.site.world import settings_in


@pytest.fixture
def site(filled: Path, tmp_path: Path) -> Settings:
    """Settings of a site of this test's own, in use."""
    shutil.copytree(filled, tmp_path / "data")
    found = settings_in(tmp_path / "data")
    room.keep_reserve(found.data)
    return found


def overwrite(path: Path, begin: int = 0, length: int | None = None) -> None:
    """Damage a database that nobody has open: overwrite what it holds from a byte on, by default to its end."""
    with closing(connect(path)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(b"\xa5" * (length or size - begin))


def remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


@pytest.mark.parametrize("fault", ["damaged", "gone"])
def test_a_lost_private_file_takes_nothing_from_the_pages(site: Settings, fault: str) -> None:
    visitor = Visitor(site)
    assert visitor.get("/").status_code == 200
    overwrite(site.private_path) if fault == "damaged" else remove(site.private_path)
    for path in PAGES:
        assert visitor.get(path).status_code == 200, path
    assert f"private.db is {fault}. Forms do not work and no e-mail is written" in visitor.get("/status").text
    refused = visitor.post("/alerts/new", {"email": "ann@example.org", "search": "q=youth"})
    assert (refused.status_code, NOT_STORED in refused.text) == (503, True)
    assert Visitor(site).get("/opportunities").status_code == 200, "also after a restart"
    assert site.private_path.exists() == (fault == "damaged")


@pytest.mark.parametrize("fault", ["damaged", "gone"])
def test_a_lost_public_file_is_said_on_every_page_and_forms_say_it_too(site: Settings, fault: str) -> None:
    visitor = Visitor(site)
    assert visitor.get("/").status_code == 200
    visitor = Visitor(site)  # a process of which no connection has the file open
    overwrite(site.public_path) if fault == "damaged" else remove(site.public_path)
    for path in ("/", "/status", "/opportunities", "/about"):
        answer = visitor.get(path)
        assert (answer.status_code, f"public.db is {fault}" in answer.text) == (503, True), answer.text


def test_a_table_that_is_damaged_costs_only_the_pages_that_need_it(site: Settings) -> None:
    with closing(connect(site.public_path)) as db:
        root = db.execute("select rootpage from sqlite_master where name = 'buyer'").fetchone()[0]
        size = db.execute("pragma page_size").fetchone()[0]
    overwrite(site.public_path, begin=(root - 1) * size, length=size)
    visitor = Visitor(site)
    answers = {path: visitor.get(path) for path in ("/about", "/calendar", "/buyers", "/alerts/new")}
    assert {path: answer.status_code for path, answer in answers.items() if path != "/buyers"} == {
        "/about": 200,
        "/calendar": 200,
        "/alerts/new": 200,
    }
    assert (answers["/buyers"].status_code, "Traceback" in answers["/buyers"].text) == (503, False)


def test_what_was_lost_is_never_made_anew_by_accident(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    remove(site.private_path)
    with pytest.raises(DatabaseGone, match="Bring it back from a backup"):
        open_private(site.private_path)
    monkeypatch.setenv("TENDERBELL_DATA", str(site.data))
    for command in ("status", "match", "digest", "send"):
        answer = CliRunner().invoke(cli, [command])
        assert (answer.exit_code, "private.db is gone" in answer.output) == (1, True), answer.output
    assert not site.private_path.exists()
    room.reserve_of(site.data).unlink()
    open_private(site.private_path).close()


def test_a_damaged_file_is_said_by_status_and_what_needs_it_waits(site: Settings) -> None:
    overwrite(site.archive_path)
    (trouble,) = troubles(site)
    assert trouble.what == "archive.db is damaged."
    assert "tenderbell restore DIR --only archive.db" in trouble.todo
    assert trouble.holds("harvest")
    assert not trouble.holds("send")


async def test_the_scheduler_goes_on_with_what_needs_no_lost_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.scheduler.GUARD_SECONDS", 0.01)
    found = settings(environment(tmp_path, [job("fund", "harvest county-fund", every_minutes=600)]))
    prepare(found)
    children = Recorder()
    running = Scheduler(found, children, children.hear, pulse=3600)
    running.start()
    await children.until(*CHAIN)
    remove(found.private_path)
    running.follow(whole=True)
    async with asyncio.timeout(10):
        while not any(line.startswith("private.db is gone") for line in children.lines):
            await asyncio.sleep(0.005)
    before = len(children.commands)
    running.follow(whole=True)
    await children.until(*[("compile", "--json")] * 3)
    assert {command[0] for command in children.commands[before:]} <= {"compile", "harvest"}
    await running.stop()
