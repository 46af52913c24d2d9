"""The real program under a supervisor that starts it again at once, and a hand that kills parts of it."""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tenderbell.settings import PROJECT

STEPS = ("harvest", "compile", "match", "digest", "letters", "send", "tidy", "snapshot")
"""Commands that the scheduler runs as children."""

HUNT_SECONDS = 25.0
"""How long the hand waits for a child of a certain command to come by."""


@dataclass(frozen=True)
class Kill:
    """What was killed, and when, by the monotonic clock: `until` is when the site answered again, or for a worker and
    for a child just after the kill."""

    what: str
    pid: int
    at: float
    until: float


class Running:
    """`tenderbell run`, started again whenever it has ended, as a service manager would."""

    def __init__(self, environ: Mapping[str, str], address: str, log: Path) -> None:
        self.environ = {**os.environ, **environ, "PYTHONUNBUFFERED": "1"}
        self.address = address
        self.log = log
        self.starts = 0
        self.process: asyncio.subprocess.Process | None = None
        self._ending = False

    async def keep(self) -> None:
        """Run the program again and again until `end`."""
        with self.log.open("ab") as log:
            while not self._ending:
                self.starts += 1
                self.process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "tenderbell", "run",
                    stdout=log, stderr=log, env=self.environ, cwd=PROJECT, start_new_session=True,
                )  # fmt: skip
                await self.process.wait()

    async def end(self) -> float:
        """Ask it to end and return the seconds that it took."""
        self._ending = True
        began = time.monotonic()
        if self.process and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()
        return time.monotonic() - began

    async def answers(self) -> None:
        """Return when the site answers."""
        async with httpx.AsyncClient(timeout=60) as visitor:
            while True:
                with suppress(httpx.TransportError):
                    if (await visitor.get(f"{self.address}/about")).status_code == 200:
                        return
                await asyncio.sleep(0.1)

    def children(self) -> dict[int, str]:
        """Return the running children by process number: `worker`, or the name of their command."""
        found: dict[int, str] = {}
        if self.process is None or self.process.returncode is not None:
            return found
        pid = self.process.pid
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                if what := _command(int(child)):
                    found[int(child)] = what
        return found


def _command(pid: int) -> str | None:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    if "serve" in words:
        return "worker"
    return next((word for word in words if word in STEPS), None)


class Hand:
    """Kills something at random, again and again, and writes down what and when."""

    def __init__(self, running: Running, dice: random.Random, say: Callable[[str], None]) -> None:
        self.running, self.dice, self.say = running, dice, say
        self.kills: list[Kill] = []
        self.found_none: Counter[str] = Counter()

    @property
    def died(self) -> Counter[str]:
        """How often each kind of process was killed."""
        return Counter(kill.what for kill in self.kills)

    async def kill(self) -> None:
        """Kill a worker, the parent, or a child of a command drawn by lot."""
        what = self.dice.choice(("worker", "parent", "child", "child", "child"))
        if what == "child":
            what = self.dice.choice(STEPS[:6])
        pid = await self._hunt(what)
        if pid is None:
            self.found_none[what] += 1
            what, pid = "worker", await self._hunt("worker")
        if pid is not None:
            await self._strike(what, pid)

    async def _strike(self, what: str, pid: int) -> None:
        at = time.monotonic()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            if what == "parent":
                await asyncio.sleep(0.2)  # its workers still answer what they are being asked
                await self.running.answers()
            self.kills.append(Kill(what, pid, at, time.monotonic()))
            self.say(f"killed {what} {pid}, {time.monotonic() - at:.1f} s")

    async def _hunt(self, what: str) -> int | None:
        if what == "parent":
            return self.running.process.pid if self.running.process else None
        until = time.monotonic() + HUNT_SECONDS
        while time.monotonic() < until:
            if found := [pid for pid, name in self.running.children().items() if name == what]:
                if what in STEPS:
                    await asyncio.sleep(self.dice.uniform(0, 1.5))
                    found = [pid for pid in found if pid in self.running.children()]
                if found:
                    return self.dice.choice(found)
            await asyncio.sleep(0.02)
        return None
