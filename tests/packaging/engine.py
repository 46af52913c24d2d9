"""Podman with a store of its own, and the images that it needs, made here: no registry is asked.

Needs root, Debian's podman, buildah and runc, and in TEST_BASE_IMAGE a base image as a tar file that podman can import:
`debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm root` makes its content.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tenderbell.settings import PROJECT

BASE, IMAGE, PROXY = "localhost/base:test", "localhost/tenderbell:latest", "docker.io/library/caddy:2"
NEEDED = ("podman", "buildah", "/usr/sbin/runc")
SHARED = [path for path in ("/etc/pip.conf", "/etc/ssl/certs") if Path(path).exists()]
"""Where this machine says how packages are to be had."""

CONTAINERS = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
[engine.runtimes]
runc = ["/usr/sbin/runc"]
"""
STORAGE = """
[storage]
driver = "vfs"
graphroot = "{folder}/store"
runroot = "{folder}/run"
"""
CADDY = """
FROM {base}
COPY caddy /usr/bin/caddy
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
"""
"""What the image `caddy:2` does, as far as compose.yaml needs it."""


def missing(*more: str) -> str | None:
    """Return why no engine can be had here, None when it can."""
    lacking = [name for name in (*NEEDED, *more) if shutil.which(name) is None]
    if os.environ.get("TEST_BASE_IMAGE") and os.geteuid() == 0 and not lacking:
        return None
    return f"needs root, a base image in TEST_BASE_IMAGE, and {', '.join(lacking) or 'nothing else'}"


class Engine:
    """Podman and buildah with a store in `folder`. What else is run with `environ` finds the same store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "containers.conf").write_text(CONTAINERS, "utf-8")
        (folder / "storage.conf").write_text(STORAGE.format(folder=folder), "utf-8")
        self.environ: dict[str, str] = {
            **os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs",
            "CONTAINERS_CONF": str(folder / "containers.conf"), "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }  # fmt: skip
        self.podman("import", os.environ["TEST_BASE_IMAGE"], BASE)

    def podman(self, *words: str, check: bool = True) -> str:
        """Run podman and return what it printed."""
        return self.run(("podman", *words), check=check)

    def build(self) -> None:
        """Build the image of this checkout."""
        mounts = [word for path in SHARED for word in ("-v", f"{path}:{path}:ro")]
        asked = ("--network", "host", "--build-arg", f"BASE={BASE}", *mounts, "-t", IMAGE)
        self.run(("buildah", "bud", *asked, str(PROJECT)))

    def build_proxy(self) -> None:
        """Make an image of this machine's Caddy under the name that compose.yaml asks for."""
        context = self.folder / "caddy"
        context.mkdir()
        shutil.copy(str(shutil.which("caddy")), context / "caddy")
        (context / "Dockerfile").write_text(CADDY.format(base=BASE), "utf-8")
        self.run(("buildah", "bud", "-t", PROXY, str(context)))

    def run(self, words: Sequence[str], *, check: bool = True, environ: Mapping[str, str] | None = None) -> str:
        """Run a program on the store, in the project, and return what it printed, faults behind it."""
        done = subprocess.run(
            words, env={**self.environ, **(environ or {})}, cwd=PROJECT, capture_output=True, text=True, timeout=900
        )
        assert not check or done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout + done.stderr

    def end(self) -> None:
        """Remove every container and image, which hold the store's folders."""
        self.podman("rm", "--all", "--force", check=False)
