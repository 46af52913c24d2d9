"""The site as an ASGI application, and the server that listens for it."""

import asyncio
import errno
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import uvicorn
from datasette.app import Datasette

from alerts import tokens
from schedules.errors import AddressInUse
from tenderbell.database import connect
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.settings import PROJECT, Settings, browser_url

SITE = PROJECT / "site"
GRACE_SECONDS = 3
"""How long requests that are being answered when the site ends may still take."""


def build_app(settings: Settings) -> Any:
    """Return the site: Datasette over `public.db` alone, which is created with its schema when it is missing."""
    # On a disk that takes nothing what is there can be read all the same. A followed copy is never written to.
    if settings.writer is None:
        with suppress(sqlite3.DatabaseError, OSError):
            open_public(settings.public_path).close()
    datasette = Datasette(files=[str(settings.public_path)], config_dir=SITE, secret=form_secret(settings))
    datasette.tenderbell_settings = settings
    return datasette.app()


def form_secret(settings: Settings) -> str | None:
    """Return what signs the tokens of forms: the same in every process of this site and after a restart, because a
    form that one process showed may be sent to another. None, for one of this process alone, where `private.db` cannot
    be opened, or where there is none because forms are passed on to the writer."""
    if settings.writer is None:
        # Workers begin at once: each waits here until the file has its schema. A disk may take nothing and be read.
        with suppress(sqlite3.DatabaseError, OSError):
            open_private(settings.private_path).close()
    try:
        with closing(connect(settings.private_path, read_only=True)) as private:
            return tokens.hashed(private, "the tokens of forms")
    except (sqlite3.Error, OSError):
        return None


def listen(settings: Settings) -> socket.socket:
    """Return the socket on which the site listens. Port 0 takes a free one. Raises AddressInUse.

    With several workers it waits a little for a socket in use: those of a parent that was killed are about to let go.
    """
    until = time.monotonic() + (GRACE_SECONDS + 2 if settings.workers > 1 else 0)
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        while True:
            try:
                return socket.create_server((settings.host, settings.port), family=family, backlog=512)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() >= until:
                    raise
            time.sleep(0.1)
    except OSError as error:
        raise AddressInUse(
            f"The site cannot listen on {settings.host}:{settings.port}: {error.strerror or error}. Something else may "
            "be using it; set TENDERBELL_PORT to another port."
        ) from None


def address(listening: socket.socket) -> str:
    """Return the address to open in a browser on this machine."""
    host, port = listening.getsockname()[:2]
    return browser_url(host, port)


class Site(uvicorn.Server):
    """Uvicorn as one task among others: whoever runs it handles the signals. It writes no log of addresses, and leaves
    it to the pages which proxies they believe (`TENDERBELL_PROXIES`)."""

    def __init__(self, app: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="on",
                access_log=False,
                log_level="warning",
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the caller."""
        yield

    async def end(self, task: "asyncio.Task[None]") -> None:
        """Answer what is being asked, then stop."""
        self.should_exit = True
        await task
