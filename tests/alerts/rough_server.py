"""A server on this machine that speaks SMTP by hand, badly: aiosmtpd is too polite to be slow, or to lie."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

Talk = Callable[["Session"], Awaitable[None]]


class Session:
    """One connection, with verbs for what a server does. `heard` is everything that the client said."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: list[bytes]) -> None:
        self.reader, self.writer, self.heard = reader, writer, heard

    async def say(self, *lines: bytes) -> None:
        self.writer.write(b"".join(line + b"\r\n" for line in lines))
        await self.writer.drain()

    async def hear(self) -> bytes:
        """Return the next line; raises when the client has gone."""
        line = await self.reader.readuntil(b"\r\n")
        self.heard.append(line.rstrip())
        return line.rstrip()

    async def greet(self, *extensions: bytes) -> None:
        """Greet and answer EHLO."""
        await self.say(b"220 rough")
        await self.hear()
        lines = [b"rough", *extensions]
        await self.say(*(b"250-" + line for line in lines[:-1]), b"250 " + lines[-1])

    async def until(self, word: bytes) -> None:
        """Say yes to every command before the one that begins with `word`."""
        while not (await self.hear()).upper().startswith(word):
            await self.say(b"250 yes")

    async def content(self) -> bytes:
        """Ask for the content and return it."""
        await self.say(b"354 go on")
        return await self.reader.readuntil(b"\r\n.\r\n")

    def hang_up(self) -> None:
        self.writer.transport.abort()

    async def hang(self) -> None:
        """Say nothing more until the client goes."""
        while await self.reader.read(65536):
            pass


class RoughServer:
    """Talks to one connection after another as `talks` says, to all later ones as the last does."""

    def __init__(self, *talks: Talk, context: ssl.SSLContext | None = None) -> None:
        self.talks = list(talks)
        self.context = context
        self.heard: list[bytes] = []
        self.sessions = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = self.talks[min(self.sessions, len(self.talks) - 1)]
        self.sessions += 1
        try:
            await talk(Session(reader, writer, self.heard))
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["RoughServer"]:
        """Serve on a free port for the block, in this event loop."""
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0, ssl=self.context, limit=2**24)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()


@contextmanager
def serving(server: RoughServer) -> Iterator[RoughServer]:
    """Serve for the block, in a thread of its own."""
    ready, done = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with server.serving():
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loops[0].call_soon_threadsafe(done.set)
        thread.join(10)
