"""A followed copy into the place where the site reads it: whole, new, and in one step.

`litestream restore -f` writes changed pages straight into its file. Whoever has that file open meanwhile may keep old
pages beside new ones, and a follower that is killed leaves half a change. So nobody reads it. After each change it is
copied, while a lock keeps the follower from writing, to a new file that takes the name of the one before: a file that
is served never changes. Whoever reads the old one reads it to the end. Where the file system can share blocks (XFS,
btrfs) the copy costs nothing; elsewhere a gigabyte takes a second or two, and following takes its pace from that.
"""

import contextlib
import fcntl
import os
from pathlib import Path

from tenderbell.keeping.checking import faults_of
from tenderbell.replicas import states
from tenderbell.settings import Settings

_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""The bytes of a database that whoever reads it locks, and whoever writes to it locks against them (SQLite's file
format). Litestream does."""

_FICLONE = 0x40049409
_PIECE = 64 * 1024 * 1024
_JOURNAL_MODE = 18
"""Where a database says with which journal it is written. A copy that nobody writes to needs none: with this it is
read without any file beside it."""


def shadow_of(settings: Settings) -> Path:
    """Return the file that Litestream writes to on a machine that follows."""
    return states.following_folder(settings) / "public.db"


def txid_of(shadow: Path) -> int:
    """Return the number of the last transaction that a followed file holds, 0 when it holds none yet."""
    try:
        return int(_note_of(shadow).read_text().strip(), 16)
    except (OSError, ValueError):
        return 0


def publish(shadow: Path, public: Path) -> int:
    """Put a copy of the followed file in the place of the one that is served, and return the number of its last
    transaction; 0, with nothing done, when the file is half written at this moment."""
    fresh = public.with_name(f".{public.name}.new")
    with shadow.open("rb") as source:
        fcntl.lockf(source, fcntl.LOCK_SH, _SHARED_SIZE, _SHARED_FIRST)
        try:
            txid = txid_of(shadow)
            if not txid or not is_whole(shadow):
                return 0
            with fresh.open("w+b") as copy:
                _copy(source.fileno(), copy.fileno())
                os.pwrite(copy.fileno(), b"\x01\x01", _JOURNAL_MODE)
        finally:
            fcntl.lockf(source, fcntl.LOCK_UN, _SHARED_SIZE, _SHARED_FIRST)
    for beside in ("-wal", "-shm"):
        public.with_name(public.name + beside).unlink(missing_ok=True)
    fresh.replace(public)
    return txid


def is_whole(shadow: Path) -> bool:
    """Return whether the followed file holds all of its last transaction and nothing of another: the number is written
    after the pages."""
    return shadow.stat().st_mtime_ns <= _note_of(shadow).stat().st_mtime_ns


def forget(shadow: Path) -> None:
    """Remove a followed file with what lies beside it, so that it is brought anew."""
    for path in (shadow, *shadow.parent.glob(f"{shadow.name}-*"), *shadow.parent.glob(f"{shadow.name}.tmp*")):
        path.unlink(missing_ok=True)


def can_serve(settings: Settings) -> bool:
    """Return whether there is a copy that can be served now. One that was written before the machine last started is
    examined first, because it may not all have reached the disk; a damaged one is removed."""
    if not settings.public_path.exists():
        return False
    found = states.following(settings)
    if found and found.boot == states.boot():
        return True
    if faults_of(settings.public_path):
        settings.public_path.unlink()
        return False
    return True


def _note_of(shadow: Path) -> Path:
    return shadow.with_name(f"{shadow.name}-txid")


def _copy(source: int, target: int) -> None:
    """Copy one open file to another: by sharing its blocks, or inside the kernel. To open the source a second time
    would give up the lock when that is closed."""
    with contextlib.suppress(OSError):
        fcntl.ioctl(target, _FICLONE, source)
        return
    while os.sendfile(target, source, None, _PIECE):
        pass
