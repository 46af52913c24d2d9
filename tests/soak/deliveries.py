"""What the mail server saw, read back from its own notes with the standard library's parser."""

import email
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.policy import compat32
from email.utils import parsedate_to_datetime
from pathlib import Path

KEPT = (None, "slow", "taken, then dropped")
"""The endings of an attempt after which the message lies in the reader's mailbox."""

_MARK = re.compile(r"\bo(\d+)v(\d+)\b")
_MORE = re.compile(r"^\W*And ([\d,]+) more", re.MULTILINE)
_FOOT = re.compile(r"^WHAT WE CHECKED|^WHY YOU GET THIS", re.MULTILINE)


@dataclass(frozen=True)
class Digest:
    """An e-mail as its reader has it: the opportunities that it tells, each in the version that it shows, and how many
    it only counts."""

    to: str
    message_id: str
    written_at: datetime
    told: tuple[tuple[int, int], ...]
    more: int


@dataclass(frozen=True)
class Attempt:
    """One attempt to hand over a message, and how it ended. `digest` is None for what is none."""

    fault: str | None
    to: str | None
    digest: Digest | None
    message_id: str | None


def attempts(folder: Path) -> Iterator[Attempt]:
    """Yield what the server noted, in its order."""
    with (folder / "log").open() as log, (folder / "mail").open("rb") as mail:
        for line in log:
            note = json.loads(line)
            content = mail.read(note["size"])
            message = email.message_from_bytes(content, policy=compat32) if content else None
            digest = _digest(message, note["to"]) if message else None
            yield Attempt(note["fault"], note["to"], digest, str(message["Message-ID"]) if message else None)


def read_digest(content: bytes, to: str) -> Digest | None:
    """Return what a message tells; None when it is no digest."""
    return _digest(email.message_from_bytes(content, policy=compat32), to)


def _digest(message: Message, to: str) -> Digest | None:
    text = _text(message)
    if message["List-Unsubscribe-Post"] is None:
        return None
    foot = _FOOT.search(text)
    told = set(_MARK.findall(text[: foot.start()] if foot else text))
    more = sum(int(count.replace(",", "")) for count in _MORE.findall(text))
    written_at = parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
    marks = sorted((int(id), int(version)) for id, version in told)
    return Digest(to, str(message["Message-ID"]), written_at, tuple(marks), more)


def _text(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content.decode().replace("\r\n", "\n")
    return ""
