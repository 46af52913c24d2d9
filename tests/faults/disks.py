"""Disks that are really small, really full, or really read-only. Root alone may mount them; others skip, loudly."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PIECE = 4096


def skip(why: str) -> None:
    """Skip a test, and say so where it is read."""
    warnings.warn(f"{why}: a fault is not caused.", stacklevel=2)
    pytest.skip(why)


@contextmanager
def small_disk(folder: Path, size: str = "24m") -> Iterator[Path]:
    """Mount a small disk on a new folder for the time of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield folder


@contextmanager
def failing_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of which the system can be told that it has failed (`fail`)."""
    image = folder.with_suffix(".img")
    folder.mkdir(parents=True, exist_ok=True)
    with image.open("wb") as file:
        file.truncate(24 * 1024**2)
    if _run("mkfs.ext4", "-q", "-m", "0", "-F", str(image)).returncode:
        skip("no file system can be made")
    with _mounted(folder, "-o", "loop,errors=remount-ro", str(image)):
        yield folder
    image.unlink()


def fail(folder: Path) -> None:
    """Make the system believe that the disk has failed: it writes to it no more, whoever has files open there."""
    device = _run("findmnt", "-no", "SOURCE", str(folder)).stdout.strip().rpartition("/")[2]
    try:
        Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("1")
    except OSError:
        skip("this system's disks cannot be made to fail")


def make_read_only(folder: Path) -> None:
    """Mount a disk that nobody writes to for reading only."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True, capture_output=True)


def make_writable(folder: Path) -> None:
    """Mount a disk for writing again."""
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True, capture_output=True)


def fill(folder: Path, *, leave: int = 0) -> Path:
    """Fill a disk, but for `leave` bytes, and return the file that does so."""
    path = folder / "something-else"
    with path.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * PIECE)
        except OSError:
            pass
        if leave:
            os.truncate(path, max(0, path.stat().st_size - leave))
    return path


def room(folder: Path) -> int:
    """Return how many bytes are free."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


@contextmanager
def _mounted(folder: Path, *what: str) -> Iterator[None]:
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        skip("only root may mount a disk")
    if _run("mount", *what, str(folder)).returncode:
        skip("no disk can be mounted here")
    try:
        yield
    finally:
        if _run("umount", str(folder)).returncode:
            _run("umount", "-l", str(folder))


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", "")
