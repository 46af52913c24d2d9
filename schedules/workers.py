"""Several processes that answer visitors (TENDERBELL_WORKERS), all on one listening socket.

The parent makes the socket and never accepts from it. Each worker inherits it, so what is asked while one dies waits in
the socket's queue for another: a worker that is killed costs only the requests that it was answering.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Mapping, MutableMapping, Sequence

from schedules.children import PROGRAM, Say
from schedules.website import GRACE_SECONDS
from tenderbell.lifeline import VARIABLE as LIFELINE
from tenderbell.seeing.events import Said

VARIABLE = "TENDERBELL_SOCKET"
"""The environment variable that names the inherited socket. Set by the parent, never by people."""

PATIENCE_SECONDS = GRACE_SECONDS + 2.0
"""How long a worker may take to end by itself before it is killed."""

STEADY_SECONDS = 5.0
"""A worker that lived this long began well: when it dies, the next one comes at once."""

LONGEST_PAUSE_SECONDS = 30.0
"""How long the place of workers that keep dying young stays empty at most."""


def handed_down(environ: MutableMapping[str, str]) -> socket.socket | None:
    """Return the listening socket that the parent has left to this process, None when it is nobody's worker."""
    number = environ.pop(VARIABLE, None)
    return socket.socket(fileno=int(number)) if number is not None else None


class Workers:
    """Keeps `count` processes at the socket until `end`. `say` receives a line for each that ended by itself."""

    def __init__(
        self, count: int, say: Say, environ: Mapping[str, str] | None = None, *, program: Sequence[str] = PROGRAM
    ) -> None:
        self.count, self.say, self.program = count, say, (*program, "serve")
        self.environ = dict(os.environ if environ is None else environ)
        self.running: set[asyncio.subprocess.Process] = set()
        self.ended = asyncio.Event()

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Run the workers at the first of `sockets` until `end` is called."""
        await asyncio.gather(*(self._keep(sockets[0]) for _ in range(self.count)))

    async def end(self, task: "asyncio.Task[None]") -> None:
        """Let every worker answer what it is being asked, and kill those that take too long."""
        self.ended.set()
        self._signal(signal.SIGTERM)
        done, _ = await asyncio.wait([task], timeout=PATIENCE_SECONDS)
        if not done:
            self._signal(signal.SIGKILL)
        await task

    async def _keep(self, listening: socket.socket) -> None:
        """Keep one place taken: whenever its worker has ended, begin another; later, when it died young."""
        pause = 0.0
        while not self.ended.is_set():
            began = asyncio.get_running_loop().time()
            how = await self._run(listening)
            if self.ended.is_set():
                return
            young = asyncio.get_running_loop().time() - began < STEADY_SECONDS
            pause = min(LONGEST_PAUSE_SECONDS, max(0.5, 2 * pause)) if young else 0.0
            again = f" in {pause:.1f} seconds" if pause else ""
            words = f"A process of the site ended ({how}); another takes its place{again}."
            self.say(Said(words, "worker.ended", how=how))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), pause)

    async def _run(self, listening: socket.socket) -> str:
        """Run one worker to its end and return how it ended. A machine that cannot start one at this moment (no memory,
        no process left) may be able to later."""
        try:
            held, kept = os.pipe()
        except OSError as fault:
            return f"it could not be started: {fault.strerror}"
        try:
            return _how(await self._work(listening.fileno(), held))
        except OSError as fault:
            return f"it could not be started: {fault.strerror}"
        finally:
            os.close(kept)

    async def _work(self, number: int, held: int) -> int:
        """Run one worker, which ends when the other end of the pipe `held` is closed, and return its exit code,
        negative for a signal."""
        try:
            worker = await asyncio.create_subprocess_exec(
                *self.program, stdin=asyncio.subprocess.DEVNULL, pass_fds=(held, number), start_new_session=True,
                env={**self.environ, LIFELINE: str(held), VARIABLE: str(number)},
            )  # fmt: skip
        finally:
            os.close(held)
        self.running.add(worker)
        try:
            if self.ended.is_set():
                worker.terminate()
            return await worker.wait()
        finally:
            self.running.discard(worker)

    def _signal(self, number: signal.Signals) -> None:
        for worker in self.running:
            with contextlib.suppress(ProcessLookupError):
                worker.send_signal(number)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
