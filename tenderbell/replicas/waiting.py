"""One-click unsubscriptions that came while the writer did not answer, kept until it does.

A mail program that is told "later" may never ask again (RFC 8058 says nothing of it), and whoever left must not be
written to. So this machine takes note, answers yes, as the writer does for any token, and hands it on. The note holds
one token, which can do nothing but end e-mails, in a file that only its owner may read.
"""

import asyncio
import os
from hashlib import sha256
from pathlib import Path

from tenderbell.replicas.errors import WriterSilent
from tenderbell.replicas.forwarding import Forwarding
from tenderbell.settings import Settings

AGAIN_SECONDS = 5.0
MOST = 10_000
"""So many are kept at most; after that the answer is "later" after all."""

FAILURES = 3
"""After so many in a row that the writer has not taken, the rest waits for the next time."""

LONGEST = 600
ONE_CLICK = b"List-Unsubscribe=One-Click"
_FORM = {"content-type": "application/x-www-form-urlencoded", "user-agent": "Tenderbell"}


def folder_of(settings: Settings) -> Path:
    """Return where they wait."""
    return settings.data / "waiting"


def keep(settings: Settings, path: str) -> bool:
    """Keep the address of a one-click unsubscription, and return whether that could be done. The same one is kept
    once."""
    folder = folder_of(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if len(path) > LONGEST or not path.isascii() or count(settings) >= MOST:
            return False
        kept = folder / sha256(path.encode()).hexdigest()
        fresh = kept.with_suffix(".new")
        fresh.touch(mode=0o600)
        with fresh.open("w", encoding="ascii") as file:
            file.write(path)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(kept)
    except OSError:
        return False
    return True


def count(settings: Settings) -> int:
    """Return how many wait."""
    try:
        return len(_kept(settings))
    except OSError:
        return 0


def _kept(settings: Settings) -> list[Path]:
    """Return those that wait: first the one that was tried, or came, the longest ago."""
    found = [path for path in folder_of(settings).iterdir() if not path.suffix]
    return sorted(found, key=lambda path: path.stat().st_mtime_ns)


async def hand_on(settings: Settings) -> int:
    """Hand on all that wait, and return how many the writer took. One that it does not take, for whatever reason, is
    kept and stands behind the others: a wish to leave is never given up. The same one twice is as once."""
    if not settings.writer or not count(settings):
        return 0
    forwarding, done, failures = Forwarding(settings.writer), 0, 0
    for kept in _kept(settings):
        if await _is_taken(forwarding, kept):
            kept.unlink(missing_ok=True)
            done, failures = done + 1, 0
        else:
            os.utime(kept)
            failures += 1
        if failures == FAILURES:
            break
    await forwarding.close()
    return done


async def _is_taken(forwarding: Forwarding, kept: Path) -> bool:
    path = await asyncio.to_thread(kept.read_text, "ascii")
    try:
        answer = await forwarding.pass_on("POST", path, "", _FORM, ONE_CLICK, visitor="127.0.0.1", scheme="http")
    except WriterSilent:
        return False
    return answer.status < 400
