"""Fixtures of the spiders' tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.spiders.faulty import Faulty
from tests.spiders.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An edition without sources and an empty data folder."""
    return Place(tmp_path)


@pytest.fixture
def serve() -> Iterator[Callable[..., Faulty]]:
    """Starts rehearsal servers, with faults if wanted, and stops them after the test."""
    servers: list[Faulty] = []

    def start(*args: Any, **kwargs: Any) -> Faulty:
        server = Faulty(*args, **kwargs)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()
