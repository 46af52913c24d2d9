"""The site in-process, the site under a real server, and Debian's Chromium."""

import asyncio
import os
import shutil
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn
from datasette.app import Datasette
from playwright.sync_api import Browser, sync_playwright

from tenderbell.settings import PROJECT, Settings
from tests.site.world import fill, settings_in

CHROMIUM = "chromium"
T = TypeVar("T")


def datasette_of(settings: Settings) -> Any:
    """Return the site over these settings' databases, as `schedules.website` builds it."""
    datasette = Datasette(files=[str(settings.public_path)], config_dir=PROJECT / "site")
    datasette.tenderbell_settings = settings
    return datasette


def apart(work: Callable[[], T]) -> T:
    """Do something in a thread of its own: Playwright keeps an event loop running in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


class Visitor:
    """A browser without a screen: keeps cookies, follows no redirect, speaks to the site in-process."""

    def __init__(self, settings: Settings, **transport: Any) -> None:
        self.settings = settings
        self.site = datasette_of(settings)
        self._app = self.site.app()
        self._transport = {"client": ("127.0.0.1", 50000), "raise_app_exceptions": True, **transport}
        self.cookies = httpx.Cookies()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> httpx.Response:
        return self.ask("POST", path, data=data, **options)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return apart(lambda: asyncio.run(self._ask(method, path, options)))

    async def _ask(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app, **self._transport)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8001", cookies=self.cookies
        ) as client:
            answer = await client.request(method, path, **options)
            self.cookies = client.cookies
            return answer


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `public.db` holds the invented county. Copied, never written to, by tests."""
    folder = tmp_path_factory.mktemp("world")
    fill(settings_in(folder).public_path)
    return folder


@pytest.fixture
def settings(filled: Path, tmp_path: Path) -> Settings:
    """Settings of a site of this test's own, with the invented county."""
    folder = tmp_path / "data"
    shutil.copytree(filled, folder)
    return settings_in(folder)


@pytest.fixture
def visitor(settings: Settings) -> Visitor:
    """A visitor of a site of this test's own."""
    return Visitor(settings)


@pytest.fixture
def served(settings: Settings) -> Iterator[str]:
    """The address of the site under a real server on a free port."""
    with serving(settings) as address:
        yield address


class serving:  # noqa: N801 - used as a function
    """Run the site under uvicorn in a thread for a `with` block; gives its address."""

    def __init__(self, settings: Settings) -> None:
        app = datasette_of(settings).app()
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        deadline = threading.Event()
        while not self._server.started:
            assert self._thread.is_alive(), "the server ended before it had started"
            deadline.wait(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Skipped, loudly, where there is none; with CI=true that is a failure."""
    path = shutil.which(CHROMIUM)
    if path is None:
        message = "These tests need a browser: apt-get install chromium."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()
