"""What `replicate` and `follow` last knew: one small file each, written whole, for `status` and the pages.

Files and not tables: a machine that only reads has no database to write to.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from tenderbell.clock import instant, stamp
from tenderbell.settings import Settings

PATIENCE = timedelta(minutes=15)
"""How long copying or following may fail before a human should look."""


class Copying(msgspec.Struct, frozen=True, kw_only=True):
    """What `replicate` last knew: when it looked (stamps), when everything was last at the target, and what went wrong
    since when."""

    at: str
    copied_at: str | None = None
    failing_since: str | None = None
    words: str = ""


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """What `follow` last knew: when it looked; until when the copy is known to hold everything that is at the target;
    when the newest change in it came to the target; its number; what went wrong since when; in which life of the
    machine it was written; and since when the writer has not answered."""

    at: str
    true_at: str | None = None
    newest_at: str | None = None
    txid: int = 0
    failing_since: str | None = None
    words: str = ""
    boot: str = ""
    writer_silent_since: str | None = None

    def age(self, now: datetime) -> timedelta | None:
        """Return for how long the copy may lack something, None when that is not known."""
        true = instant(self.true_at)
        return max(timedelta(), now - true) if true else None


State = TypeVar("State", Copying, Following)


def copying_folder(settings: Settings) -> Path:
    """Return where `replicate` keeps what is its own."""
    return settings.data / "replicating"


def following_folder(settings: Settings) -> Path:
    """Return where `follow` keeps what is its own."""
    return settings.data / "following"


def write(folder: Path, state: Copying | Following) -> None:
    """Write a state in one step."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / "state.new"
    fresh.write_bytes(msgspec.json.encode(state))
    fresh.replace(folder / "state.json")


def copying(settings: Settings) -> Copying | None:
    """Return what `replicate` last knew, None when it never ran."""
    return _read(copying_folder(settings), Copying)


def following(settings: Settings) -> Following | None:
    """Return what `follow` last knew, None when it never ran."""
    return _read(following_folder(settings), Following)


def _read(folder: Path, kind: type[State]) -> State | None:
    try:
        return msgspec.json.decode((folder / "state.json").read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None


def boot() -> str:
    """Return what names the present life of the machine, "" where nothing does."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def now_stamp(settings: Settings) -> str:
    """Return the present as it is stored."""
    return stamp(settings.clock())
