"""A container engine for the tests that need one."""

import warnings
from collections.abc import Iterator

import pytest

from tests.packaging.engine import Engine, missing


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that has the image of this checkout. Skips, with a warning, where there can be none."""
    if reason := missing():
        warnings.warn(f"The container image is not built: it {reason}.", stacklevel=1)
        pytest.skip(reason)
    engine = Engine(tmp_path_factory.mktemp("engine"))
    engine.build()
    yield engine
    engine.end()
