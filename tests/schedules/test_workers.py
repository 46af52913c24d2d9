import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from schedules.workers import Workers
from tests.schedules.editions import environment
from tests.schedules.programs import PATIENCE_SECONDS, Program, page, running

RUN, SERVE = ["tenderbell", "run"], ["tenderbell", "serve"]
ADDRESS = "somebody@example.org"


def several(folder: Path, count: int = 2, **extra: str) -> dict[str, str]:
    return {**environment(folder), "TENDERBELL_PORT": "0", "TENDERBELL_WORKERS": str(count), **extra}


def workers(program: Program) -> list[int]:
    """The processes of the site: those children of the program that were told to serve."""
    children = Path(f"/proc/{program.process.pid}/task/{program.process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"serve" in command(int(pid))]


def command(pid: int) -> bytes:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def is_gone(pid: int) -> bool:
    return not command(pid)


def wait_for(truth: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not truth():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def ready(program: Program, count: int = 2) -> tuple[str, list[int]]:
    """The address, and the workers once each of them waits for connections."""
    address = program.address
    wait_for(lambda: len(workers(program)) == count, "the workers never began")
    assert page(address).status_code == 200
    pids = workers(program)
    wait_for(lambda: all(accepts(pid, program.process.pid) for pid in pids), "a worker never began to accept")
    return address, pids


def accepts(pid: int, parent: int) -> bool:
    """Whether a process waits for connections: its event loop watches the socket that it shares with its parent."""
    with suppress(FileNotFoundError, ProcessLookupError):
        shared = set(descriptors(parent).values())
        own = descriptors(pid)
        sockets = {fd for fd, link in own.items() if link.startswith("socket:") and link in shared}
        loops = [Path(f"/proc/{pid}/fdinfo/{fd}").read_text() for fd, link in own.items() if "eventpoll" in link]
        return any(re.search(rf"tfd:\s*{fd}\b", text) for fd in sockets for text in loops)
    return False


def descriptors(pid: int) -> dict[str, str]:
    return {entry.name: str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}


def test_a_worker_that_is_killed_costs_no_other_request_and_another_takes_its_place(tmp_path: Path) -> None:
    with running(SERVE, several(tmp_path)) as program:
        address, pids = ready(program)
        os.kill(pids[0], signal.SIGKILL)
        answers = [httpx.get(address, timeout=PATIENCE_SECONDS).status_code for _ in range(50)]
        assert answers == [200] * 50
        assert program.line(r"A process of the site ended \(signal 9\); another takes its place")
        wait_for(lambda: len(set(workers(program)) - set(pids)) == 1, "no other worker took the place")
        assert program.end() < 10
        assert program.process.returncode == 0


@pytest.mark.slow
def test_while_all_workers_are_dead_visitors_wait_and_are_answered(tmp_path: Path) -> None:
    with running(SERVE, several(tmp_path)) as program:
        address, pids = ready(program)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        assert httpx.get(address, timeout=PATIENCE_SECONDS).status_code == 200


def test_sigterm_ends_every_worker_and_the_scheduler_within_ten_seconds(tmp_path: Path) -> None:
    with running(RUN, several(tmp_path)) as program:
        _, pids = ready(program)
        assert program.end() < 10
        assert program.process.returncode == 0
        assert all(is_gone(pid) for pid in pids)
    assert not [line for line in program.lines if "Traceback" in line or "ended (" in line], program.lines


def test_a_parent_that_is_killed_takes_its_workers_along_and_the_next_one_gets_the_port(tmp_path: Path) -> None:
    environ = several(tmp_path)
    with running(SERVE, environ) as first:
        address, pids = ready(first)
        first.process.kill()
        first.process.wait()
        environ["TENDERBELL_PORT"] = address.rpartition(":")[2]
        with running(SERVE, environ) as second:
            assert second.address == address
            assert page(address).status_code == 200
            wait_for(lambda: all(is_gone(pid) for pid in pids), "the workers outlived their parent")


@pytest.mark.slow
def test_one_worker_is_the_process_itself(tmp_path: Path) -> None:
    with running(SERVE, several(tmp_path, 1)) as program:
        assert page(program.address).status_code == 200
        assert workers(program) == []


def test_forms_of_one_worker_are_taken_by_the_others_and_the_limit_counts_what_all_of_them_took(tmp_path: Path) -> None:
    with running(SERVE, several(tmp_path)) as program:
        address, _ = ready(program)
        jar: dict[str, str] = {}
        cookies: set[str] = set()
        tokens: set[str] = set()
        for _ in range(24):  # a connection each, so that they come to different workers
            answer = httpx.get(f"{address}/alerts/new?q=carers", cookies=jar, timeout=60)
            jar.update(answer.cookies)
            cookies.update(jar.values())
            tokens.update(re.findall(r'name="csrftoken" value="([^"]+)"', answer.text))
        assert tokens == cookies, "a worker did not know the token of another"
        assert len(tokens) == 1
        form = {"search": "q=carers", "frequency": "weekly", "email": ADDRESS, "csrftoken": tokens.pop()}
        posts = [httpx.post(f"{address}/alerts/new", data=form, cookies=jar, timeout=60) for _ in range(23)]
    assert [post.status_code for post in posts] == [200] * 20 + [429] * 3


def test_a_worker_that_dies_young_is_not_started_again_and_again(tmp_path: Path) -> None:
    broken = {"TENDERBELL_DATA": str(tmp_path / "data")}
    script = (
        "import asyncio, socket, sys\n"
        "from schedules.workers import Workers\n"
        "async def main():\n"
        "    said = []\n"
        "    dying = Workers(1, said.append, program=(sys.executable, '-c', 'raise SystemExit(3)'))\n"
        "    with socket.create_server(('127.0.0.1', 0)) as listening:\n"
        "        task = asyncio.create_task(dying.serve([listening]))\n"
        "        await asyncio.sleep(2)\n"
        "        await dying.end(task)\n"
        "    print(*said, sep='\\n')\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, **broken}, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert 1 <= len(lines) <= 3, done.stdout + done.stderr
    assert lines[0] == "A process of the site ended (exit code 3); another takes its place in 0.5 seconds."


async def test_a_worker_that_cannot_be_started_is_tried_again_later() -> None:
    said: list[str] = []
    workers = Workers(1, said.append, program=("/nowhere/tenderbell",))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        before = len([*Path("/proc/self/fd").iterdir()])
        task = asyncio.create_task(workers.serve([listening]))
        async with asyncio.timeout(20):
            while len(said) < 2:
                await asyncio.sleep(0.02)
        assert len([*Path("/proc/self/fd").iterdir()]) == before, "a pipe was left open"
        await workers.end(task)
    assert "it could not be started: No such file or directory" in said[0]
    assert "in 1.0 seconds" in said[1]


def test_the_metrics_of_all_workers_are_added_up_also_of_one_that_was_killed(tmp_path: Path) -> None:
    with running(SERVE, several(tmp_path)) as program:
        address, pids = ready(program)
        before = glossaries(address)
        for _ in range(30):
            assert httpx.get(f"{address}/glossary", timeout=PATIENCE_SECONDS).status_code == 200
        os.kill(pids[0], signal.SIGKILL)
        wait_for(lambda: len(set(workers(program)) - set(pids)) == 1, "no other worker took the place")
        assert glossaries(address) == before + 30


def glossaries(address: str) -> float:
    """How many answers of one page the metrics count."""
    text = httpx.get(f"{address}/metrics", timeout=PATIENCE_SECONDS).text
    counted = re.findall(r'^tenderbell_http_requests_total\{route="/glossary",status="2xx"\} ([0-9.]+)$', text, re.M)
    return sum(map(float, counted))
