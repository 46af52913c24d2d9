"""The image, built and run for real: nobody special, a root file system that takes nothing, and a clean end."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.packaging.engine import IMAGE, Engine
from tests.packaging.test_units import unused_port
from tests.packaging.units import wait_for

pytestmark = pytest.mark.slow

CONFINED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


@pytest.fixture
def container(engine: Engine, tmp_path: Path) -> Iterator[str]:
    """The address of a site that runs from the image, with an empty volume."""
    data, port = tmp_path / "data", unused_port()
    data.mkdir(mode=0o700)
    os.chown(data, 10001, 10001)
    settings = ("-e", "TENDERBELL_HOST=127.0.0.1", "-e", f"TENDERBELL_PORT={port}")
    where = ("--name", "site", "--network", "host", "-v", f"{data}:/data", *settings)
    engine.podman("run", "--detach", *where, *CONFINED, IMAGE)
    yield f"http://127.0.0.1:{port}"
    engine.podman("rm", "--force", "site", check=False)


def is_healthy(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_a_container_is_healthy_runs_as_nobody_special_writes_only_its_volume_and_ends_cleanly(
    engine: Engine, container: str
) -> None:
    wait_for(lambda: is_healthy(container), lambda: engine.podman("logs", "site"))
    assert "Gloucestershire" in httpx.get(container).text
    assert engine.podman("exec", "site", "id", "--user").strip() == "10001"
    assert "Read-only" in engine.podman("exec", "site", "sh", "-c", "touch /opt/x 2>&1; true")
    assert "private.db" in engine.podman("exec", "site", "ls", "/data")
    engine.podman("stop", "--time", "20", "site")
    [state] = json.loads(engine.podman("inspect", "site"))
    assert state["State"]["ExitCode"] == 0
