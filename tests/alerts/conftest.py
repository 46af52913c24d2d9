"""What the tests of alerts share."""

from pathlib import Path

import pytest

from tests.alerts.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty world: no opportunity, no subscriber, Wednesday 4 November 2026, 9 in the morning."""
    return World(tmp_path)
