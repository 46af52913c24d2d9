"""Want of memory, for real: a child that is killed or gets none takes nothing with it, is told of, and is tried again
with a pause; the site goes on, and its own memory is bounded."""

import asyncio
import json
import random
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from schedules.children import Children, Outcome
from schedules.scheduler import Scheduler
from schedules.service import prepare
from tenderbell.archive import open_archive
from tenderbell.commands.health import overview
from tenderbell.settings import Settings
from tests.faults.groups import starved
from tests.killing import PROJECT
from tests.schedules.editions import environment, job, settings
from tests.schedules.programs import finished, running
from tests.schedules.test_scheduler import Recorder
from tests.site.conftest import Visitor
from tests.site.world import fill

RELEASES = 50


def found_in(folder: Path) -> Settings:
    found = settings(environment(folder))
    prepare(found)
    return found


async def test_a_step_that_the_system_kills_is_told_of_and_left_alone_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.scheduler.GUARD_SECONDS", 0.02)
    found = found_in(tmp_path)
    lines: list[str] = []
    with starved(12) as program:
        children = Children(lines.append, environment(tmp_path), program=program)
        begun = Scheduler(found, children, lines.append, pulse=0.02)
        begun.start()
        async with asyncio.timeout(20):
            while not any("A step of the work (compile) was killed" in line for line in lines):
                await asyncio.sleep(0.01)
        said = [line for line in lines if line.startswith("tenderbell compile --json did not work")]
        begun.follow(whole=True)
        await asyncio.sleep(0.2)
        assert [line for line in lines if line.startswith("tenderbell compile --json")] == said, "it is left alone"
        assert 30 < begun.faults.rests("compile") <= 60
        assert Visitor(found).get("/").status_code == 200
        assert "(compile) was killed, probably for want of memory" in Visitor(found).get("/status").text
        assert any("Give the machine more memory" in one["todo"] for one in overview(found)["troubles"])
        begun.children = Children(lines.append, environment(tmp_path))
        begun.faults._rests.clear()  # an hour later, and with memory
        begun.follow()
        async with asyncio.timeout(20):
            while not any(line.startswith("This is over: A step of the work (compile)") for line in lines):
                await asyncio.sleep(0.01)
        await begun.stop()
    assert not [one for one in overview(found)["troubles"] if "memory" in one["todo"]]


async def test_a_job_that_is_left_alone_is_planned_for_afterwards(tmp_path: Path) -> None:
    found = settings(environment(tmp_path, [job("tidy", "tidy", every_minutes=600)]))
    prepare(found)
    children = Recorder()
    begun = Scheduler(found, children, children.hear)
    begun.faults.ended("tidy", Outcome(-9, "", ""))
    begun.launch(begun.jobs[0])
    assert not begun.busy
    assert begun.clock.get_job("tidy again")
    begun.faults.ended("tidy", Outcome(0, "", ""))
    begun.launch(begun.jobs[0])
    await children.until(("tidy",))
    await begun.stop()


def test_a_command_that_gets_no_memory_says_so_in_a_sentence_and_loses_nothing(tmp_path: Path) -> None:
    found = found_in(tmp_path)
    saved = tmp_path / "large.json"
    release: dict[str, Any] = {
        "ocid": "ocds-h6vhtk-000001",
        "id": "000001-2026",
        "tag": ["tender"],
        "tender": {"title": "Carers"},
    }
    release["tender"]["description"] = "care " * 100_000
    saved.write_text(json.dumps({"releases": [release] * RELEASES}))
    harvest = ("harvest", "find-a-tender", "--from", str(saved))
    starving = subprocess.run(
        [sys.executable, "-m", "tests.faults.starving", "48", *harvest],
        cwd=PROJECT,
        env={**environment(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert starving.returncode == 1
    assert starving.stderr.splitlines() == [
        "There was not enough memory. Nothing is lost: what was not finished is done again."
    ]
    assert finished(("tenderbell", *harvest), environment(tmp_path)).returncode == 0
    with closing(open_archive(found.archive_path)) as archive:
        assert archive.execute("select count(*) from notice").fetchone()[0] == 1


@pytest.mark.slow
def test_the_memory_of_the_site_is_bounded_under_searches_that_all_differ(tmp_path: Path) -> None:
    found = found_in(tmp_path)
    fill(found.public_path)
    words = ["youth", "carers", "village", "hall", "grant", "care", "health", "repair", "school", "river"]
    choose = random.Random(7)
    with running(("tenderbell", "serve"), {**environment(tmp_path), "TENDERBELL_PORT": "0"}) as program:
        address = program.address
        with httpx.Client(base_url=address, timeout=30) as client:
            sizes = []
            for number in range(3000):
                query = {"q": " OR ".join(choose.sample(words, 4)) + f" -x{number}", "page": "1"}
                assert client.get("/opportunities", params=query).status_code == 200
                if number in (500, 2999):
                    sizes.append(_resident(program.process.pid))
    assert sizes[1] < 300 * 1024**2
    assert sizes[1] - sizes[0] < 100 * 1024**2, "the kept pages are 64 MB at most"


def _resident(process: int) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the process has gone")
