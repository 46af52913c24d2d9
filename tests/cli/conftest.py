from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """The command line on an empty data folder of its own."""
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The command line on the sample notices' first portion, harvested from saved responses; tests only read it."""
    return Shell(tmp_path_factory.mktemp("stocked")).stock()
