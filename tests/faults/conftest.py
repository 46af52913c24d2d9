"""Small disks with the invented county on them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from schedules.service import prepare
from tenderbell import room
from tenderbell.settings import Settings
from tests.faults.disks import failing_disk, small_disk
from tests.site.world import fill, settings_in


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `public.db` holds the invented county. Copied, never written to, by tests."""
    folder = tmp_path_factory.mktemp("world")
    fill(settings_in(folder).public_path)
    prepare(settings_in(folder))
    return folder


@pytest.fixture
def small(filled: Path, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a site whose data lies on a small disk."""
    with small_disk(tmp_path / "small") as folder:
        yield _inhabited(filled, folder)


@pytest.fixture
def failing(filled: Path, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a site whose data lies on a disk that can be made to fail."""
    with failing_disk(tmp_path / "failing") as folder:
        yield _inhabited(filled, folder)


def _inhabited(filled: Path, folder: Path) -> Settings:
    settings = settings_in(folder / "data")
    shutil.copytree(filled, settings.data)
    room.keep_reserve(settings.data)
    return settings
