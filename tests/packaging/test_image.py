"""The image, built and run for real: nobody special, a root file system that takes nothing, healthy, and a clean end.

Needs root, Debian's podman, buildah and runc, and in TEST_BASE_IMAGE a base image as a tar file that podman can import:
`debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm root` makes its content.
"""

import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tenderbell.settings import PROJECT
from tests.packaging.test_units import unused_port
from tests.packaging.units import wait_for

pytestmark = pytest.mark.slow

BASE, IMAGE = "localhost/base:test", "localhost/tenderbell:test"
CONFINED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096")
SHARED = [path for path in ("/etc/pip.conf", "/etc/ssl/certs") if Path(path).exists()]
"""Where this machine says how packages are to be had."""


class Engine:
    """Podman with a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.stores = ("--root", str(folder / "store"), "--runroot", str(folder / "run"))
        self.environ = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}

    def podman(self, *words: str, check: bool = True) -> str:
        """Run podman and return what it printed."""
        engine = ("podman", *self.stores, "--cgroup-manager=cgroupfs", "--runtime=/usr/sbin/runc")
        return self._run(engine, words, check)

    def build(self) -> None:
        """Build the image of this checkout."""
        mounts = [word for path in SHARED for word in ("-v", f"{path}:{path}:ro")]
        asked = ("bud", "--network", "host", "--build-arg", f"BASE={BASE}", *mounts, "-t", IMAGE, str(PROJECT))
        self._run(("buildah", *self.stores), asked, check=True)

    def _run(self, engine: tuple[str, ...], words: tuple[str, ...], check: bool) -> str:
        done = subprocess.run([*engine, *words], env=self.environ, capture_output=True, text=True, timeout=900)
        assert not check or done.returncode == 0, done.stderr[-2000:]
        return done.stdout


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    base = os.environ.get("TEST_BASE_IMAGE")
    missing = [name for name in ("podman", "buildah", "/usr/sbin/runc") if shutil.which(name) is None]
    if base is None or missing or os.geteuid() != 0:
        reason = f"needs root, a base image in TEST_BASE_IMAGE, and {', '.join(missing) or 'nothing else'}"
        warnings.warn(f"The container image is not built: it {reason}.", stacklevel=1)
        pytest.skip(reason)
    engine = Engine(tmp_path_factory.mktemp("engine"))
    engine.podman("import", base, BASE)
    engine.build()
    yield engine
    engine.podman("rm", "--all", "--force")


@pytest.fixture
def container(engine: Engine, tmp_path: Path) -> Iterator[str]:
    """The address of a site that runs from the image, with an empty volume."""
    data, port = tmp_path / "data", unused_port()
    data.mkdir(mode=0o700)
    os.chown(data, 10001, 10001)
    settings = ("-e", "TENDERBELL_HOST=127.0.0.1", "-e", f"TENDERBELL_PORT={port}")
    where = ("--name", "site", "--network", "host", "-v", f"{data}:/data", *settings)
    engine.podman("run", "--detach", *where, *CONFINED, *LIMITS, IMAGE)
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
