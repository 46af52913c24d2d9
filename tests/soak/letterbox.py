"""What the mail server took, as it comes in: each message with its moment, the links that readers follow, digests."""

import email
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from email.policy import compat32
from pathlib import Path
from urllib.parse import urlsplit

from tests.soak.deliveries import Digest, read_digest

_LINK = re.compile(rb"https?://[^\s<>\"]+/(confirm|unsubscribe)/[\w.~-]+")


@dataclass(frozen=True)
class Arrived:
    """A message in a mailbox: when the look at the server's notes found it, and its digest if it is one."""

    at: datetime
    to: str
    message_id: str
    digest: Digest | None


class Letterbox:
    """Reads on in the notes of `tests.soak.mail_server` at each `look`."""

    def __init__(self, folder: Path) -> None:
        self._log, self._mail = (folder / "log"), (folder / "mail")
        self._log_at = self._mail_at = 0
        self.arrived: list[Arrived] = []
        self._links: dict[tuple[str, str], list[str]] = defaultdict(list)

    def link(self, address: str, kind: str) -> str | None:
        """Return the newest link of a kind that an address was sent, as a path."""
        found = self._links.get((address, kind))
        return found[-1] if found else None

    def look(self) -> None:
        """Take in what has come since the last look."""
        if not self._log.exists():
            return
        with self._log.open("rb") as log, self._mail.open("rb") as mail:
            log.seek(self._log_at)
            mail.seek(self._mail_at)
            for line in log:
                if not line.endswith(b"\n"):
                    return
                note = json.loads(line)
                content = mail.read(note["size"])
                self._log_at += len(line)
                self._mail_at += note["size"]
                if note["to"] and content and note["fault"] is None:
                    self._take(note["to"], content)

    def _take(self, to: str, content: bytes) -> None:
        message = email.message_from_bytes(content, policy=compat32)
        self.arrived.append(Arrived(datetime.now(UTC), to, str(message["Message-ID"]), read_digest(content, to)))
        if header := message["List-Unsubscribe"]:
            self._note(to, str(header).encode())
        for part in message.walk():
            if part.get_content_type() == "text/plain":
                body = part.get_payload(decode=True)
                if isinstance(body, bytes):
                    self._note(to, body, kind="confirm")

    def _note(self, to: str, text: bytes, kind: str = "unsubscribe") -> None:
        for found in _LINK.finditer(text):
            if found[1].decode() == kind:
                self._links[to, kind].append(urlsplit(found[0].decode()).path)
