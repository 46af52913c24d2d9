"""Steps of the product in processes that are killed at random moments, and run again as a service manager would."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

from alerts.digests import build
from alerts.matching import match
from alerts.sending import send
from tenderbell.clock import stamp
from tenderbell.settings import PROJECT, Settings
from tests.alerts import dying

STEPS: dict[str, Callable[[Settings], object]] = {"match": match, "digest": build, "send": send}

KILLED = 0.3
"""How often a step is killed before it is run to its end."""

BY_COMMAND = 0.1
"""How often that is the real command, killed by the clock; else a child that is killed before one of its writes."""

TOGETHER = 0.3
"""How often two senders run at once, of which one is killed."""


class Steps:
    """Runs steps and counts how often they died."""

    def __init__(self, dice: random.Random, settings: Callable[[], Settings]) -> None:
        self._dice = dice
        self._settings = settings
        self.died: Counter[str] = Counter()

    def run(self, name: str) -> None:
        """Run a step to its end, sometimes after others that were killed. A sender that was killed may also be left for
        the next time."""
        settings = self._settings()
        step = STEPS[name]
        killed = self._dice.random() < KILLED
        if killed:
            self._kill(name, step, settings)
        if name == "send" and self._dice.random() < TOGETHER:
            self._run_beside(step, settings)
        elif not (killed and name == "send" and self._dice.random() < 0.5):
            step(settings)

    def _kill(self, name: str, step: Callable[[Settings], object], settings: Settings) -> None:
        if self._dice.random() < BY_COMMAND:
            self.died[f"tenderbell {name}"] += self._kill_command(name, settings)
        else:
            self.died[name] += dying.dies(lambda: step(settings), self._moment())

    def _moment(self) -> int:
        """Return the number of a write: the first ones as often as the tens, the hundreds and the thousands."""
        return int(10 ** self._dice.uniform(0, 3.7))

    def _kill_command(self, name: str, settings: Settings) -> bool:
        child = subprocess.Popen(
            [sys.executable, "-c", "from tenderbell.cli import main; main()", name],
            cwd=PROJECT, env=_environment(settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(self._dice.uniform(0.5, 3))
        child.kill()
        return child.wait() == -signal.SIGKILL

    def _run_beside(self, step: Callable[[Settings], object], settings: Settings) -> None:
        """Run two senders at once. One is killed, or comes to its end."""
        moment = self._moment()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                asyncio.set_event_loop_policy(None)
                dying.arm(moment)
                step(settings)
                code = 0
            finally:
                os._exit(code)
        step(settings)
        status = os.waitpid(child, 0)[1]
        if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status):
            raise RuntimeError("A sender beside another ended with an error; see its words above.")
        self.died["one of two senders"] += os.WIFSIGNALED(status)


def _environment(settings: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TENDERBELL_")}
    return kept | {
        "TENDERBELL_EDITION": settings.edition_name,
        "TENDERBELL_DATA": str(settings.data),
        "TENDERBELL_MAIL": settings.mail,
        "TENDERBELL_NOW": stamp(settings.clock()),
    }
