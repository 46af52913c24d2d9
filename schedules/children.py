"""Commands as child processes. A crawl needs a process of its own, because its engine cannot start twice in one."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from tenderbell.lifeline import VARIABLE
from tenderbell.seeing.events import Said
from tenderbell.settings import SECRETS

PROGRAM = (sys.executable, "-m", "tenderbell")
GRACE_SECONDS = 5.0
"""How long a child may take to end by itself before it is killed; half of what the whole program has."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child ended: its exit code (negative for a signal), what it printed, its last line on standard error."""

    code: int
    output: str
    last_line: str

    @property
    def how(self) -> str:
        """How it ended, in a sentence: its last words, or what is known of a death without any."""
        if self.code == -signal.SIGKILL:
            return "It was killed, probably for want of memory."
        return self.last_line or f"Exit code {self.code}."


READERS = frozenset({"harvest", "reconcile", "probe", "seek", "compile"})
"""Commands that read what strangers write, and send nothing: they get no password to anything."""


def environ_of(command: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a child: without the secrets (`tenderbell.settings.SECRETS`) if it only reads."""
    hidden = {name + ending for name in SECRETS for ending in ("", "_FILE")} if command in READERS else set()
    return {name: value for name, value in environ.items() if name not in hidden}


class Children:
    """The processes that run now. Each inherits `environ` and ends with this process, whatever ends it."""

    def __init__(self, say: Say, environ: Mapping[str, str] | None = None, *, program: Sequence[str] = PROGRAM) -> None:
        self.say, self.program = say, program
        # A child's lines are read here, and become events of this process.
        self.environ = {**(os.environ if environ is None else environ), "TENDERBELL_LOG": "text"}
        self.running: dict[asyncio.subprocess.Process, str] = {}
        self.ending = False

    async def run(self, command: Sequence[str], names: Sequence[str] = ()) -> Outcome:
        """Run `tenderbell COMMAND` and return how it ended. With names, its lines on standard error are passed on, each
        as what it says of the name that it begins with, or else of all of them.

        One that the system cannot start (no memory, too many processes) has failed. Raises CancelledError once `end`
        was called: what was cut short has no outcome.
        """
        self._check()
        held, kept = os.pipe()
        try:
            child = await self._start(command, held)
        except OSError as error:
            os.close(kept)
            return Outcome(os.EX_OSERR, "", f"It could not be started: {error.strerror or error}.")
        finally:
            os.close(held)
        self.running[child] = command[0]
        try:
            if self.ending:
                _signal(child, signal.SIGTERM)
            output, last_line = await asyncio.gather(_read(child.stdout), self._pass_on(child.stderr, names))
            code = await child.wait()
        finally:
            del self.running[child]
            os.close(kept)
        self._check()
        return Outcome(code, output, last_line)

    async def _start(self, command: Sequence[str], held: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.program, *command,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**environ_of(command[0], self.environ), VARIABLE: str(held), "PYTHONUNBUFFERED": "1"},
            pass_fds=(held,), start_new_session=True,
        )  # fmt: skip

    def ask_to_end(self, commands: Collection[str]) -> None:
        """Ask the children that run one of some commands to end. Twice is as once: they do so at once."""
        for child, command in self.running.items():
            if command in commands:
                _signal(child, signal.SIGTERM)

    def _check(self) -> None:
        if self.ending:
            raise asyncio.CancelledError

    async def end(self) -> None:
        """Ask every child to end, and kill those that do not within the grace period."""
        self.ending = True
        children = list(self.running)
        for child in children:
            _signal(child, signal.SIGTERM)
        if children:
            waits = [asyncio.create_task(child.wait()) for child in children]
            _, late = await asyncio.wait(waits, timeout=GRACE_SECONDS)
            if late:
                for child in children:
                    _signal(child, signal.SIGKILL)
                await asyncio.wait(waits)

    async def _pass_on(self, stream: asyncio.StreamReader | None, names: Sequence[str]) -> str:
        last = ""
        async for line in _lines(stream):
            last = line
            if names:
                is_named = line.partition(": ")[0] in names
                who = line.partition(": ")[0] if is_named else ", ".join(names)
                self.say(Said(line if is_named else f"{who}: {line}", "harvest.said", source=who))
        return last


async def _read(stream: asyncio.StreamReader | None) -> str:
    return (await stream.read()).decode("utf-8", "replace") if stream else ""


async def _lines(stream: asyncio.StreamReader | None) -> AsyncIterator[str]:
    """Yield the lines of a stream that say something; a line longer than the buffer is skipped."""
    while stream:
        try:
            line = await stream.readline()
        except ValueError:
            continue
        if not line:
            return
        if text := line.decode("utf-8", "replace").strip():
            yield text


def _signal(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Signal a child and whatever it started: each child leads a process group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)
