"""The site as an ASGI application, and the server that listens for it."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from datasette.app import Datasette

from schedules.errors import AddressInUse
from tenderbell.public import open_public
from tenderbell.settings import PROJECT, Settings, browser_url

SITE = PROJECT / "site"
GRACE_SECONDS = 3
"""How long requests that are being answered when the site ends may still take."""


def build_app(settings: Settings) -> Any:
    """Return the site: Datasette over `public.db` alone, which is created with its schema when it is missing."""
    open_public(settings.public_path).close()
    datasette = Datasette(files=[str(settings.public_path)], config_dir=SITE)
    datasette.tenderbell_settings = settings
    return datasette.app()


def listen(settings: Settings) -> socket.socket:
    """Return the socket on which the site listens. Port 0 takes a free one. Raises AddressInUse."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((settings.host, settings.port), family=family, backlog=512)
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
