"""A disk that the system has stopped writing to: the site reads on, forms say that nothing was stored, and `status`
says why; also when the site starts there."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from schedules.service import prepare
from schedules.standby import Standby
from tenderbell import lock, room
from tenderbell.cli import cli
from tenderbell.commands.health import overview
from tenderbell.database import connect
from tenderbell.errors import SchemaTooNew
from tenderbell.settings import Settings
from tenderbell.troubles import troubles
from tests.faults.disks import fail, make_read_only, make_writable, small_disk
from tests.faults.test_full_disk import NOT_STORED, PAGES
from tests.site.conftest import Visitor
from tests.site.test_forms import sign_up, subscribed
from tests.site.world import settings_in

ONLY_READ = "The disk of this site can only be read."


def test_pages_go_on_when_the_disk_fails_under_a_running_site(failing: Settings) -> None:
    visitor = Visitor(failing)
    manage = subscribed(visitor)
    with closing(connect(failing.public_path)) as writer:
        writer.execute("create table is_open (x)")
        fail(failing.data.parent)
        for path in PAGES:
            assert visitor.get(path).status_code == 200, path
        assert visitor.get(manage).status_code == 200
        with pytest.raises(sqlite3.OperationalError):
            writer.execute("insert into is_open values (1)")
    refused = sign_up(visitor, "bob@example.org")
    assert (refused.status_code, NOT_STORED in refused.text, ONLY_READ in refused.text) == (503, True, True)
    assert ONLY_READ in visitor.get("/status").text
    (trouble,) = troubles(failing)
    assert trouble.holds("send")
    assert any(ONLY_READ in need for need in overview(failing)["needs"])


@pytest.fixture
def read_only(filled: Path, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a site whose data lies on a disk that is mounted for reading only, after a clean end."""
    with small_disk(tmp_path / "disk") as folder:
        settings = settings_in(folder / "data")
        shutil.copytree(filled, settings.data)
        room.keep_reserve(settings.data)
        make_read_only(folder)
        yield settings


def test_a_site_that_starts_on_a_read_only_disk_answers(read_only: Settings) -> None:
    visitor = Visitor(read_only)
    for path in PAGES:
        assert visitor.get(path).status_code == 200, path
    assert ONLY_READ in visitor.get("/status").text
    assert NOT_STORED in sign_up(visitor).text


def test_status_says_why_on_a_read_only_disk(read_only: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENDERBELL_DATA", str(read_only.data))
    for options in ((), ("--json",)):
        answer = CliRunner().invoke(cli, ["status", *options])
        assert (answer.exit_code, ONLY_READ in answer.output) == (1, True), answer.output


async def test_the_scheduler_waits_for_a_disk_that_can_be_written_and_begins_by_itself(
    read_only: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    quiet = replace(read_only, edition_name=str(_edition_without_sources(read_only.data.parent.parent)))
    standby = Standby(quiet, lines.append, prepare, pause=0.01)
    with lock.hold(quiet.data / "scheduler.lock", "refused"):
        standby.start()
        await asyncio.sleep(0)
        assert standby.scheduler is None
        assert ONLY_READ in lines[0]
        make_writable(read_only.data.parent)
        async with asyncio.timeout(10):
            while standby.scheduler is None:
                await asyncio.sleep(0.005)
        await standby.stop()


async def test_a_refusal_that_comes_while_it_waits_is_said_once_and_the_scheduler_tries_on(
    read_only: Settings,
) -> None:
    lines: list[str] = []
    answers: list[Exception | None] = [OSError("full"), SchemaTooNew("too new"), SchemaTooNew("too new"), None]

    def unwell(settings: Settings) -> None:
        if answers and (answer := answers.pop(0)):
            raise answer
        prepare(settings)

    make_writable(read_only.data.parent)
    quiet = replace(read_only, edition_name=str(_edition_without_sources(read_only.data.parent.parent)))
    standby = Standby(quiet, lines.append, unwell, pause=0.01)
    standby.start()
    async with asyncio.timeout(10):
        while standby.scheduler is None:
            await asyncio.sleep(0.005)
    await standby.stop()
    assert [line for line in lines if "too new" in line] == ["The scheduler cannot begin and tries on. too new"]


def _edition_without_sources(folder: Path) -> Path:
    path = folder / "edition.toml"
    path.write_text(
        'id = "test"\ntitle = "Test"\nstrapline = "all"\narea = "gloucestershire"\nurl = "http://127.0.0.1:8001"\n'
        '[mail]\nname = "Test"\naddress = "alerts@tenderbell.example"\n'
    )
    return path
