"""follow: keeps a copy of the writer's `public.db` on a machine that only reads, and hands on what waits for it.

Litestream brings each change into a file that nobody reads; a copy of that takes the place of the one that is served
(`tenderbell.replicas.publishing`). When Litestream ends, falls behind what the target still has, or holds what the
target does not know (another one was set up), the file is brought anew, and the site goes on with the one it has.
"""

import asyncio
import contextlib
import time
from pathlib import Path

import msgspec

from schedules.replicating import END_SECONDS, PAUSES, STEADY_SECONDS, lines_of
from schedules.service import ending, in_loop
from tenderbell import lock
from tenderbell.clock import stamp
from tenderbell.replicas import forwarding, litestream, publishing, states, waiting
from tenderbell.replicas.errors import IsReplica, NoWriter, Unreachable
from tenderbell.replicas.litestream import Newest
from tenderbell.replicas.target import shown, without_secrets
from tenderbell.seeing.events import Said
from tenderbell.seeing.log import configure, say
from tenderbell.settings import Settings

FOLLOW_INTERVAL = "1s"
TICK_SECONDS = 0.1
COMPARE_SECONDS = 10.0
STUCK_SECONDS = 60.0
"""How long the target may have more than the copy before the copy is brought anew."""

SHARE = 2
"""Making a copy may take one of so many parts of the time: half, for a large file that changes without a pause."""


def follow(settings: Settings) -> None:
    """Follow until SIGTERM or Ctrl-C. Raises NoTarget, NoWriter, IsReplica, NoLitestream, or AlreadyRunning."""
    configure(settings.log)
    with hold(settings):
        say(
            Said(
                f"Following {shown(litestream.target_of(settings))} into {settings.data} (stop it with Ctrl-C)",
                "replica.said",
            )
        )
        in_loop(_until_ended(settings))


async def _until_ended(settings: Settings) -> None:
    ended, following = ending(), Following(settings)
    await following.begin(ended)
    await asyncio.wait([asyncio.create_task(ended.wait()), *following.tasks], return_when=asyncio.FIRST_COMPLETED)
    await following.end()


class Following:
    """A follower as one task among others."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tasks: list[asyncio.Task[None]] = []

    async def begin(self, ended: asyncio.Event) -> None:
        """Begin, and return once there is a copy that can be served, or `ended` is set."""
        there = await asyncio.to_thread(publishing.can_serve, self.settings)
        self.tasks.append(asyncio.create_task(Follower(self.settings).run()))
        if not there:
            say(Said("Bringing the first copy; the site answers once it is here.", "replica.said"))
        while not (there or ended.is_set() or self.tasks[0].done()):
            await asyncio.sleep(TICK_SECONDS)
            there = self.settings.public_path.exists()

    async def end(self) -> None:
        """End it, and raise what it ended with if it did so by itself."""
        for task in self.tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def hold(settings: Settings) -> contextlib.AbstractContextManager[None]:
    """Hold the right to follow into a data folder. Raises AlreadyRunning, and IsReplica for a folder that holds the
    databases of a writer: following would replace one of them."""
    litestream.target_of(settings)
    litestream.program()
    if not settings.writer:
        raise NoWriter("Nothing says which site keeps the databases: set TENDERBELL_WRITER to its address.")
    for path in (settings.private_path, settings.data / "archive.db"):
        if path.exists():
            raise IsReplica(
                f"{path} is there: this is the data folder of a writer, and following would replace its public.db. Set "
                "TENDERBELL_DATA to an empty folder, or unset TENDERBELL_WRITER."
            )
    states.following_folder(settings).mkdir(parents=True, exist_ok=True, mode=0o700)
    return lock.hold(settings.data / "follow.lock", "Process {process} follows into this folder already.")


class Follower:
    """Follows into the data folder of `settings` until it is cancelled."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder, self.shadow = states.following_folder(settings), publishing.shadow_of(settings)
        self.state = states.following(settings) or states.Following(at=states.now_stamp(settings))
        self.served = 0
        self.anew = asyncio.Event()
        self.complaint = ""

    async def run(self) -> None:
        """Follow. Whatever goes wrong is said, noted and tried again."""
        configured = litestream.write_configuration(
            self.folder / "litestream.json",
            litestream.configuration(litestream.target_of(self.settings), {"public.db": self.shadow}),
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(configured))
            group.create_task(self._publish())
            group.create_task(self._compare(configured))
            group.create_task(self._hand_on())

    async def _keep(self, configured: Path) -> None:
        """Have Litestream follow, and begin anew whenever that ends."""
        died = 0
        while True:
            began = time.monotonic()
            self.anew.clear()
            child = await litestream.start(
                ["restore", "-config", str(configured), "-no-expand-env", "-f", "-follow-interval", FOLLOW_INTERVAL,
                 str(self.shadow)]
            )  # fmt: skip
            reading = asyncio.create_task(self._read(child))
            try:
                await asyncio.wait([reading, asyncio.create_task(self.anew.wait())],
                                   return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
            finally:
                await litestream.end(child, END_SECONDS)
                reading.cancel()
            if self.anew.is_set():
                say(
                    Said(
                        "The copy cannot be continued and is brought anew; the one that is here is shown meanwhile.",
                        "replica.said",
                    )
                )
            else:
                self._fail(self.complaint or "Litestream ended.")
                died = 0 if time.monotonic() - began > STEADY_SECONDS else died
                await asyncio.sleep(PAUSES[min(died, len(PAUSES) - 1)])
            died += 1
            publishing.forget(self.shadow)

    async def _read(self, child: asyncio.subprocess.Process) -> None:
        async for line in lines_of(child):
            if litestream.is_complaint(line):
                replica = litestream.target_of(self.settings)
                self.complaint = without_secrets(litestream.words_of(line), replica)

    async def _publish(self) -> None:
        """Put every change in its place, as often as copying allows."""
        while True:
            began = time.monotonic()
            if publishing.txid_of(self.shadow) not in (0, self.served):
                with contextlib.suppress(FileNotFoundError):
                    txid = await asyncio.to_thread(publishing.publish, self.shadow, self.settings.public_path)
                    if txid:
                        self._published(txid)
            await asyncio.sleep(max(TICK_SECONDS, (SHARE - 1) * (time.monotonic() - began)))

    def _published(self, txid: int) -> None:
        now = states.now_stamp(self.settings)
        if not self.served:
            say(Said("The copy is here and is followed.", "replica.said"))
        self.served = txid
        self._note(
            states.Following(
                at=now, true_at=now, newest_at=now, txid=txid, boot=states.boot(),
                writer_silent_since=self.state.writer_silent_since,
            )
        )  # fmt: skip

    async def _compare(self, configured: Path) -> None:
        """See again and again whether the target has more than the copy, or less."""
        behind_since: float | None = None
        while True:
            await asyncio.sleep(COMPARE_SECONDS if self.served else 1.0)
            held = publishing.txid_of(self.shadow)
            if not held:
                continue
            try:
                newest = await self._newest(configured)
            except Unreachable as fault:
                self._fail(without_secrets(str(fault), litestream.target_of(self.settings)))
                continue
            now = publishing.txid_of(self.shadow)
            if newest is None:
                self._fail(f"{shown(litestream.target_of(self.settings))} holds no copy of public.db any more.")
            elif newest.txid == now or (now > held and newest.txid > now):
                behind_since = None
                self._agrees(newest)
            else:
                behind_since = behind_since or time.monotonic()
                if newest.txid < held or time.monotonic() - behind_since > STUCK_SECONDS:
                    behind_since = None
                    self.anew.set()

    async def _newest(self, configured: Path) -> Newest | None:
        """Return the newest transaction at the target. After a quiet time the latest changes were cleared away, and
        everything is looked at. Raises Unreachable."""
        latest = await litestream.newest_at(configured, self.shadow)
        return latest or await litestream.newest_at(configured, self.shadow, everything=True)

    def _agrees(self, newest: Newest) -> None:
        """Note that the copy has all that the target has."""
        now = states.now_stamp(self.settings)
        when = stamp(newest.at) if newest.at else self.state.newest_at
        self._note(
            msgspec.structs.replace(
                self.state, at=now, true_at=now, newest_at=when, failing_since=None, words="", boot=states.boot()
            )
        )

    def _fail(self, words: str) -> None:
        now = states.now_stamp(self.settings)
        self._note(
            msgspec.structs.replace(
                self.state, at=now, failing_since=self.state.failing_since or now, words=words, boot=states.boot()
            )
        )

    def _note(self, state: states.Following) -> None:
        if bool(state.failing_since) != bool(self.state.failing_since):
            say(
                Said(
                    f"The copy is not followed; trying on. {state.words}"
                    if state.failing_since
                    else "Following again.",
                    "replica.said",
                )
            )
        self.state = state
        with contextlib.suppress(OSError):
            states.write(self.folder, state)

    async def _hand_on(self) -> None:
        """See whether the writer answers, and hand on what people asked for while it did not."""
        while True:
            now, before = states.now_stamp(self.settings), self.state.writer_silent_since
            silent = None if await forwarding.answers(self.settings.writer or "") else before or now
            if silent != before:
                self._note(msgspec.structs.replace(self.state, writer_silent_since=silent))
                say(
                    Said(
                        "The writer does not answer: forms do not work here."
                        if silent
                        else "The writer answers again.",
                        "replica.said",
                    )
                )
            if silent is None:
                await waiting.hand_on(self.settings)
            await asyncio.sleep(waiting.AGAIN_SECONDS)
