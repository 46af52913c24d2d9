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

TOO_MANY = 429
"""The status with which the writer asks to come again later: a wish that it has not taken is kept."""

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
        if len(path) > LONGEST or count(settings) >= MOST:
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
        return sum(1 for _ in folder_of(settings).iterdir())
    except OSError:
        return 0


async def hand_on(settings: Settings) -> int:
    """Hand on all that wait, and return how many the writer took. It goes on the next time where it was cut short: the
    same one twice is as once."""
    if not settings.writer or not count(settings):
        return 0
    forwarding, done = Forwarding(settings.writer), 0
    for kept in sorted(folder_of(settings).glob("*")):
        if kept.suffix:
            continue
        path = await asyncio.to_thread(kept.read_text, "ascii")
        try:
            answer = await forwarding.pass_on("POST", path, "", _FORM, ONE_CLICK, visitor="127.0.0.1", scheme="http")
        except WriterSilent:
            break
        if answer.status == TOO_MANY or answer.status >= 500:
            break
        kept.unlink(missing_ok=True)
        done += 1
    await forwarding.close()
    return done
