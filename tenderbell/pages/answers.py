"""The way back to the visitor: whole pages, kept or not, and the headers that every response carries."""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from time import perf_counter

from tenderbell.pages.cache import Header, StoredPage
from tenderbell.pages.cells import Defuser
from tenderbell.pages.visits import Message, Send, Visit

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
OUTBOX_POLICY = f"{POLICY}; frame-src 'self'"
LETTER_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'"
)

_OURS = frozenset(
    {b"content-security-policy", b"x-content-type-options", b"referrer-policy", b"permissions-policy", b"vary",
     b"cross-origin-opener-policy", b"cross-origin-resource-policy", b"x-frame-options", b"content-length",
     b"strict-transport-security", b"link", b"server"}
)  # fmt: skip
_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), browsing-topics=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
REVALIDATE: Header = (b"cache-control", b"public, no-cache")
PRIVATE: Header = (b"cache-control", b"private, no-store")
SECURE_ONLY: Header = (b"strict-transport-security", b"max-age=31536000")
"""To whoever came by HTTPS, so that nobody between can bring them back to plain HTTP. Not for other hosts of the
domain: they are somebody else's."""

PIECE = 256 * 1024
FOR_EVER: Header = (b"cache-control", b"public, max-age=31536000, immutable")


@dataclass
class Collected:
    """A response as it comes from Datasette, put together."""

    status: int = 500
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""

    async def __call__(self, message: Message) -> None:
        """Take one message of the response."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(bytes(key), bytes(value)) for key, value in message.get("headers", [])]
        else:
            self.body += message.get("body", b"")

    def page(self) -> StoredPage:
        """Return the whole response."""
        return StoredPage(self.status, self.headers, self.body)


@dataclass(frozen=True)
class Download:
    """A file to send, with the name that it gets and when it was last changed (aware)."""

    path: Path
    name: str
    content_type: str
    changed_at: datetime

    @property
    def etag(self) -> bytes:
        """What differs when the file is another."""
        return f'"{self.changed_at.timestamp():.6f}"'.encode()


class Answer:
    """The way back to the visitor. Every response leaves through here and carries the same headers. `status` is its
    status, and `seconds` how long it took until it began, once it has."""

    def __init__(self, send: Send, visit: Visit) -> None:
        self._send = send
        self._visit = visit
        self.started = False
        self.status = 0
        self._began = perf_counter()
        self.seconds = 0.0

    async def page(self, page: StoredPage, cache: Header | None = None, *, policy: str = POLICY) -> None:
        """Send a whole page: only its headers for HEAD, nothing again when the visitor has it already."""
        headers = [header for header in page.headers if header[0].lower() != b"cache-control" or cache is None]
        headers += [cache] if cache else []
        is_public = cache in (REVALIDATE, FOR_EVER)
        if is_public:
            headers.append((b"etag", page.etag))
            if page.etag.decode() in self._visit.headers.get("if-none-match", ""):
                kept = [header for header in headers if header[0].lower() not in (b"content-type", b"content-length")]
                await self.start(304, kept, policy, vary=True)
                await self._send({"type": "http.response.body", "body": b""})
                return
        body = page.body
        if is_public and "gzip" in self._visit.headers.get("accept-encoding", "") and (packed := page.gzipped()):
            body = packed
            headers.append((b"content-encoding", b"gzip"))
        await self.start(page.status, headers, policy, length=len(body), vary=is_public)
        await self._send({"type": "http.response.body", "body": b"" if self._visit.method == "HEAD" else body})

    async def file(self, file: Download) -> None:
        """Send a file as it lies on the disk, a piece at a time: it may be larger than the memory."""
        headers: list[Header] = [
            (b"content-type", file.content_type.encode()),
            (b"content-disposition", f'attachment; filename="{file.name}"'.encode()),
            (b"last-modified", format_datetime(file.changed_at, usegmt=True).encode()),
            (b"etag", file.etag),
            REVALIDATE,
        ]
        if file.etag.decode() in self._visit.headers.get("if-none-match", ""):
            await self.start(304, headers[2:], POLICY)
            await self._send({"type": "http.response.body", "body": b""})
            return
        with file.path.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            await self.start(200, headers, POLICY, length=size)
            while self._visit.method != "HEAD" and (piece := await asyncio.to_thread(opened.read, PIECE)):
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def start(
        self, status: int, headers: list[Header], policy: str, *, length: int | None = None, vary: bool = False
    ) -> None:
        """Send the head of a response, our headers in place of any that it had."""
        sent = [(key, self._secured(key, value)) for key, value in headers if key.lower() not in _OURS]
        sent += _HEADERS
        sent.append((b"content-security-policy", policy.encode()))
        if self._visit.scope.get("scheme") == "https":
            sent.append(SECURE_ONLY)
        if vary:
            sent.append((b"vary", b"Accept-Encoding"))
        if length is not None:
            sent.append((b"content-length", str(length).encode()))
        self.started, self.status, self.seconds = True, status, perf_counter() - self._began
        await self._send({"type": "http.response.start", "status": status, "headers": sent})

    async def body(self, message: Message) -> None:
        """Send a part of a body that is not kept; nothing for HEAD."""
        await self._send({**message, "body": b""} if self._visit.method == "HEAD" else message)

    def _secured(self, key: bytes, value: bytes) -> bytes:
        """Keep the cookie from scripts, and from plain HTTP where the visitor came by HTTPS."""
        if key.lower() != b"set-cookie":
            return value
        return value + b"; HttpOnly" + (b"; Secure" if self._visit.scope.get("scheme") == "https" else b"")


class Passing:
    """A response of Datasette's own pages on its way to the visitor, as it is written (CSV may be long). Datasette
    sends nothing but CSV as text that is no page; its cells are made harmless on the way."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._cells: Defuser | None = None

    async def __call__(self, message: Message) -> None:
        """Take one message of the response."""
        if message["type"] == "http.response.start":
            headers = [(bytes(key), bytes(value)) for key, value in message.get("headers", [])]
            if dict(headers).get(b"content-type", b"").startswith((b"text/csv", b"text/plain")):
                self._cells = Defuser()
            await self._answer.start(message["status"], headers, POLICY)
        elif self._cells:
            is_last = not message.get("more_body", False)
            body = self._cells.take(message.get("body", b""), is_last=is_last)
            await self._answer.body({**message, "body": body})
        else:
            await self._answer.body(message)
