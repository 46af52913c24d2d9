"""The scheduler on a small disk: what makes the files grow waits for room, what serves people goes on, and everything
goes on by itself. A harvest that the disk stops loses nothing."""

import asyncio
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from schedules.scheduler import Scheduler
from schedules.service import prepare
from spiders.harvest import Wanted, harvest
from tenderbell import room
from tenderbell.archive import open_archive
from tenderbell.compiling import compile_archive
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tests.faults.disks import fill, small_disk
from tests.schedules.editions import environment, job, settings
from tests.schedules.test_scheduler import CHAIN, FUND, Recorder

NOTICES = Path(__file__).parent.parent / "fixtures" / "find_a_tender"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "16m") as folder:
        yield folder


def scheduler(disk: Path, children: Recorder) -> Scheduler:
    line = job("fund", "harvest county-fund", every_minutes=600)
    found = settings(environment(disk, [line], fund="http://127.0.0.1:7/feed.xml"))
    prepare(found)
    return Scheduler(found, children, children.hear, pulse=3600)


async def until(children: Recorder, words: str) -> None:
    async with asyncio.timeout(10):
        while not any(words in line for line in children.lines):
            await asyncio.sleep(0.005)


async def test_harvests_wait_while_the_disk_is_short_of_room_and_begin_by_themselves(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.scheduler.GUARD_SECONDS", 0.01)
    children = Recorder()
    running = scheduler(disk, children)
    other = fill(disk, leave=room.room_of(disk).least // 2)
    running.start()
    await until(children, "The disk of this site is nearly full. Nothing new is collected")
    await children.until(*CHAIN[1:])
    assert children.commands == CHAIN[1:], "neither a harvest nor a compilation has begun"
    other.unlink()
    await until(children, "This is over: The disk of this site is nearly full.")
    await children.until(FUND, *CHAIN)
    await running.stop()


async def test_a_harvest_under_way_is_asked_to_end_when_room_runs_short(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Asked(Recorder):
        def ask_to_end(self, commands: Collection[str]) -> None:
            asked.extend(commands)

    monkeypatch.setattr("schedules.scheduler.GUARD_SECONDS", 0.01)
    children = Asked(held=True)
    running = scheduler(disk, children)
    running.start()
    await children.until(FUND)
    assert asked == []
    fill(disk, leave=room.room_of(disk).least // 2)
    await until(children, "nearly full")
    assert "harvest" in asked
    children.go.set()
    await running.stop()


@pytest.mark.parametrize("leave", [0, 60_000, 200_000])
def test_a_harvest_and_a_compilation_that_the_disk_stopped_lose_nothing(disk: Path, leave: int) -> None:
    found = settings(environment(disk))
    undisturbed = replace(found, data=disk.parent / "elsewhere")
    prepare(found)
    other = fill(disk, leave=leave)
    for _ in range(2):
        with suppress(sqlite3.OperationalError, OSError):
            collect(found)
    other.unlink()
    collect(found)
    collect(undisturbed)
    assert counts(found) == counts(undisturbed)
    assert counts(found)[1] > 0


def collect(found: Settings) -> None:
    harvest(found, ["find-a-tender"], Wanted(saved=NOTICES))
    compile_archive(found)


def counts(found: Settings) -> tuple[int, ...]:
    with closing(open_archive(found.archive_path)) as archive, closing(open_public(found.public_path)) as public:
        return (
            archive.execute("select count(*) from notice").fetchone()[0],
            *(
                public.execute(f"select count(*) from {table}").fetchone()[0]
                for table in ("opportunity", "event", "notice", "opportunity_tag")
            ),
        )
