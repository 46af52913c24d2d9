"""replicate: copies the three databases to TENDERBELL_REPLICA for as long as it runs, through Litestream.

It is a process of its own: the site needs none to run, and Litestream may be stopped and started beside it at any time.
Every few seconds it has Litestream confirm that all that is committed has arrived, and notes that for `status`.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from schedules.service import ending, in_loop
from tenderbell import lock
from tenderbell.errors import AlreadyRunning
from tenderbell.phrases import plural
from tenderbell.replicas import litestream, states
from tenderbell.replicas.errors import IsReplica, Unreachable
from tenderbell.replicas.states import Copying
from tenderbell.replicas.target import shown, without_secrets
from tenderbell.seeing.events import Said
from tenderbell.seeing.log import configure, say
from tenderbell.settings import Settings

LOOK_SECONDS = 5.0
CONFIRM_SECONDS = 30
END_SECONDS = 8.0
TICK_SECONDS = 0.1
PAUSES = (1.0, 5.0, 30.0)
"""How long to wait before Litestream is started again when it has ended by itself."""

STEADY_SECONDS = 60.0
"""A Litestream that ran this long began well: when it ends, the next one comes soon."""


def replicate(settings: Settings) -> None:
    """Copy until SIGTERM or Ctrl-C. Raises NoTarget, IsReplica, NoLitestream, or AlreadyRunning."""
    target = litestream.target_of(settings)
    if settings.writer:
        raise IsReplica("This machine follows another (TENDERBELL_WRITER); only that one copies its databases.")
    litestream.program()
    configure(settings.log)
    with ExitStack() as stack:
        stack.enter_context(
            lock.hold(settings.data / "replicate.lock", "Process {process} copies these databases already.")
        )
        databases = {"public.db": settings.public_path, "private.db": settings.private_path}
        if not _takes_archive(settings, stack, databases):
            say(Said(f"{settings.archive_path} is copied by another edition that shares it.", "replica.said"))
        say(
            Said(
                f"Copying {plural(len(databases), 'database')} of {settings.data} to {shown(target)} "
                "(stop it with Ctrl-C)",
                "replica.said",
            )
        )
        in_loop(Replicating(settings, databases, lambda: _takes_archive(settings, stack, databases)).run())


def _takes_archive(settings: Settings, stack: ExitStack, databases: dict[str, Path]) -> bool:
    """Hold the archive for copying beside `databases`, and return whether that went: two programs that copy one file
    hinder each other."""
    path = settings.archive_path
    try:
        stack.enter_context(lock.hold(path.with_name(f"{path.name}.replicate.lock"), "Process {process} copies it."))
    except AlreadyRunning:
        return False
    databases["archive.db"] = path
    return True


class Replicating:
    """Litestream, kept running, and what is known of it. `takes_archive` adds an archive to `databases` once the other
    edition that copied it has ended."""

    def __init__(self, settings: Settings, databases: dict[str, Path], takes_archive: Callable[[], bool]) -> None:
        self.settings, self.databases, self.takes_archive = settings, databases, takes_archive
        self.folder = states.copying_folder(settings)
        before = states.copying(settings)
        self.state = before or Copying(at=states.now_stamp(settings))
        self.complaint = ""
        self.ask_to_end: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Run until asked to end; what is committed by then still goes to the target."""
        ended = ending()
        with tempfile.TemporaryDirectory(prefix="tenderbell-") as private:
            # The path of a socket has 107 characters, and that of a data folder may have more.
            socket = Path(private) / "litestream"
            keeping = asyncio.create_task(self._keep(socket))
            looking = asyncio.create_task(self._look(socket))
            await asyncio.wait([asyncio.create_task(ended.wait()), keeping, looking],
                               return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
            for task in (looking, keeping):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _keep(self, socket: Path) -> None:
        """Start Litestream, and again whenever it ends by itself."""
        died = 0
        while True:
            configured = litestream.write_configuration(
                self.folder / "litestream.json",
                litestream.configuration(litestream.target_of(self.settings), self.databases, socket=socket),
            )
            began = time.monotonic()
            child = await litestream.start(["replicate", "-config", str(configured), "-no-expand-env"])
            self.ask_to_end = child.terminate
            try:
                async for line in lines_of(child):
                    if litestream.is_complaint(line):
                        self.complaint = self._words(line)
                code = await child.wait()
            finally:
                await litestream.end(child, END_SECONDS)
            say(Said(f"Litestream ended ({code}). {self.complaint} It is started again.", "replica.said"))
            died = 0 if time.monotonic() - began > STEADY_SECONDS else died
            await asyncio.sleep(PAUSES[min(died, len(PAUSES) - 1)])
            died += 1

    async def _look(self, socket: Path) -> None:
        """Ask again and again whether everything has arrived, and whether the archive has become free."""
        while True:
            try:
                await _appearing(socket)
                for path in self.databases.values():
                    if path.exists():
                        await litestream.ask(
                            ["sync", "-wait", "-timeout", str(CONFIRM_SECONDS), "-socket", str(socket), str(path)],
                            CONFIRM_SECONDS + 10.0,
                        )
                self._note(None)
            except Unreachable as fault:
                self._note(self.complaint or self._words(str(fault)))
            if "archive.db" not in self.databases and self.takes_archive():
                say(Said(f"{self.settings.archive_path} is copied here from now on.", "replica.said"))
                self.ask_to_end()
            await asyncio.sleep(LOOK_SECONDS)

    def _note(self, fault: str | None) -> None:
        """Keep what is known now, and say it when it is news."""
        now, before = states.now_stamp(self.settings), self.state
        if fault is None:
            self.state = Copying(at=now, copied_at=now)
            self.complaint = ""
        else:
            since = before.failing_since or now
            self.state = msgspec.structs.replace(before, at=now, failing_since=since, words=fault)
        if bool(fault) != bool(before.failing_since):
            say(Said(f"Copies do not arrive; trying on. {fault}" if fault else "Copies arrive again.", "replica.said"))
        with contextlib.suppress(OSError):
            states.write(self.folder, self.state)

    def _words(self, line: str) -> str:
        return without_secrets(litestream.words_of(line), litestream.target_of(self.settings))


async def _appearing(socket: Path) -> None:
    """Wait until Litestream can be asked. Raises Unreachable when it does not begin."""
    for _ in range(round(CONFIRM_SECONDS / TICK_SECONDS)):
        if socket.exists():
            return
        await asyncio.sleep(TICK_SECONDS)
    raise Unreachable("Litestream has not begun.")


async def lines_of(child: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """Yield the lines that Litestream writes; one that is longer than the buffer is skipped."""
    while child.stderr:
        try:
            line = await child.stderr.readline()
        except ValueError:
            continue
        if not line:
            return
        yield line.decode("utf-8", "replace").strip()
