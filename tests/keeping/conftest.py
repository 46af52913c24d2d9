"""What the tests of keeping share."""

from pathlib import Path

import pytest

from tests.alerts.world import World
from tests.cli.shell import Shell


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty world of alerts, Wednesday 4 November 2026, 9 in the morning."""
    return World(tmp_path)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """The command line on an empty data folder of its own."""
    return Shell(tmp_path)
