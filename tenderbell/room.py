"""Room on the disk of the data folder: how much is left, from where on what waits, and a reserve for people who leave.

Below `low` the operator is told. Below `least` whatever makes the files grow waits (`troubles`), so that what is left
serves the people who already use the site: their forms, their e-mails. The reserve is a file of nothing: when the disk
is full to the last byte, because something else has filled it, the site gives the reserve up so that somebody can still
leave (`tenderbell.pages.forms`), and the scheduler makes it again when there is room.
"""

import contextlib
import os
import shutil
from pathlib import Path

import msgspec

from tenderbell.errors import DatabaseGone

MOST_LOW, LOW_SHARE = 1024**3, 10
"""One gigabyte is twice what must be left, so there are some days to act; a tenth of a smaller disk."""

MOST_LEAST, LEAST_SHARE = 500 * 1024**2, 20
"""500 MB are a night's harvest and its snapshot of a national edition; a twentieth of a smaller disk."""

MOST_RESERVE, RESERVE_SHARE = 4 * 1024**2, 50
"""A form writes about 50 kB before the write-ahead log is used again, so 4 MB are enough for it to go round."""

HOW_BACK = {
    "archive.db": "Bring it back from a backup (`tenderbell restore`).",
    "public.db": "Run `tenderbell rebuild`, which makes it anew from the archive and tells nobody.",
    "private.db": "Bring it back from a backup (`tenderbell restore`).",
}
"""The databases, and what to do when one is lost: an empty one in its place would hide the loss, or tell people what
they know."""


class Room(msgspec.Struct, frozen=True):
    """Bytes that this program may still write, and bytes of the whole disk."""

    free: int
    total: int

    @property
    def low(self) -> int:
        """Bytes below which the operator is told."""
        return min(MOST_LOW, self.total // LOW_SHARE)

    @property
    def least(self) -> int:
        """Bytes below which what makes the files grow waits."""
        return min(MOST_LEAST, self.total // LEAST_SHARE)

    @property
    def is_low(self) -> bool:
        """Whether the operator should make room."""
        return self.free < self.low

    @property
    def is_short(self) -> bool:
        """Whether what makes the files grow waits."""
        return self.free < self.least


def room_of(folder: Path) -> Room:
    """Return the room where a folder is, or will be."""
    usage = shutil.disk_usage(standing(folder))
    return Room(usage.free, usage.total)


def standing(folder: Path) -> Path:
    """Return the folder, or the nearest above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def reserve_of(data: Path) -> Path:
    """Return the path of the reserve of a data folder. Where one is, a scheduler has worked."""
    return data / "reserve"


def keep_reserve(data: Path) -> None:
    """Make the reserve if there is none, empty while room is short. A disk that takes nothing is no error."""
    path, found = reserve_of(data), room_of(data)
    size = min(MOST_RESERVE, found.total // RESERVE_SHARE)
    if _size(path) == size or (path.exists() and found.free - size < found.least):
        return
    with contextlib.suppress(OSError), path.open("wb") as file:
        if found.free - size >= found.least:
            os.posix_fallocate(file.fileno(), 0, size)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None


def give_up_reserve(data: Path) -> bool:
    """Free the room of the reserve, and return whether there was any. The file stays, empty, as the sign that this
    folder is in use."""
    try:
        size = reserve_of(data).stat().st_size
        os.truncate(reserve_of(data), 0)
    except OSError:
        return False
    return size > 0


def is_reserve_spent(data: Path) -> bool:
    """Return whether the reserve was given up."""
    return _size(reserve_of(data)) == 0


def has_reserve(data: Path) -> bool:
    """Return whether the reserve is there, or was never made; makes it again when it was given up and there is room."""
    if is_reserve_spent(data):
        keep_reserve(data)
    return not is_reserve_spent(data)


def takes_nothing(data: Path) -> bool:
    """Return whether the disk of a data folder can only be read. A disk that the system has stopped writing to after
    an error does not always say so; changing the reserve's time finds out and changes nothing else."""
    if os.statvfs(standing(data)).f_flag & os.ST_RDONLY:
        return True
    try:
        os.utime(reserve_of(data))
    except (FileNotFoundError, PermissionError):
        return False
    except OSError:
        return True
    return False


def refuse_to_make(path: Path) -> None:
    """Raise DatabaseGone for a database that is missing from a folder in use."""
    if path.name in HOW_BACK and not path.exists() and reserve_of(path.parent).exists():
        raise DatabaseGone(
            f"{path} is gone. {HOW_BACK[path.name]} To begin with an empty one, delete {reserve_of(path.parent)} first."
        )
