import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from schedules.children import Children

PYTHON = (sys.executable, "-c")
STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('up', file=sys.stderr, flush=True)
time.sleep(60)
"""


async def test_a_child_gives_its_code_its_output_and_its_last_words() -> None:
    lines: list[str] = []
    children = Children(lines.append, program=PYTHON)
    outcome = await children.run(
        ("import sys; print('out'); sys.stderr.write('page 1\\nfund: page 2\\n'); sys.exit(3)",), ("fund",)
    )
    assert (outcome.code, outcome.output, outcome.last_line) == (3, "out\n", "fund: page 2")
    assert lines == ["fund: page 1", "fund: page 2"]


async def test_a_child_of_several_names_says_which_of_them_each_line_is_about() -> None:
    lines: list[str] = []
    words = "fund: page 2\\ntrust: page 1\\nfund it: maybe\\nbusy\\n"
    child = (f"import sys; sys.stderr.write('{words}')",)
    await Children(lines.append, program=PYTHON).run(child, ("fund", "trust"))
    assert lines == ["fund: page 2", "trust: page 1", "fund, trust: fund it: maybe", "fund, trust: busy"]


async def test_a_child_without_a_name_keeps_its_words_to_itself() -> None:
    lines: list[str] = []
    await Children(lines.append, program=PYTHON).run(("import sys; sys.stderr.write('quiet')",))
    assert lines == []


async def test_the_command_that_is_run_is_tenderbell() -> None:
    outcome = await Children(print).run(("--version",))
    assert outcome.output.startswith("tenderbell")


async def test_a_child_that_ignores_the_request_to_end_is_killed_within_the_grace_period(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("schedules.children.GRACE_SECONDS", 0.2)
    up = asyncio.Event()
    children = Children(lambda _: up.set(), program=PYTHON)
    running = asyncio.create_task(children.run((STUBBORN,), ("child",)))
    await up.wait()
    began = time.monotonic()
    await children.end()
    assert time.monotonic() - began < 5
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_nothing_starts_once_the_children_were_ended() -> None:
    children = Children(print, program=PYTHON)
    await children.end()
    with pytest.raises(asyncio.CancelledError):
        await children.run(("print('never')",))


LEASHED = """
import os, sys, time
from tenderbell import lifeline
lifeline.hold(os.environ)
print(os.getpid(), file=sys.stderr, flush=True)
time.sleep(60)
"""
PARENT = f"""
import asyncio, sys
from schedules.children import Children
children = Children(lambda line: print(line, flush=True), program=(sys.executable, "-c"))
asyncio.run(children.run(({LEASHED!r},), ("child",)))
"""


@pytest.mark.kill
def test_a_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline().removeprefix("child: "))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 10
    while is_alive(child):
        assert time.monotonic() < deadline, "the child outlived its parent"
        os.sched_yield()


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
