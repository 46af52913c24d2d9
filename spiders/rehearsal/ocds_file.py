"""A small local server of documents, with ETags: what a publisher of OCDS files has."""

import hashlib
from collections.abc import Mapping

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain


class Documents(LocalServer):
    """The server. `documents` are bodies by path; an unchanged one is answered with 304 when it is asked for so."""

    def __init__(
        self, documents: Mapping[str, bytes] | None = None, port: int = 0, *, robots: str | None = None
    ) -> None:
        super().__init__(port, robots=robots)
        self.documents = dict(documents or {})

    def answer(self, asked: Asked) -> Answer:
        """Return what the server says to one request."""
        body = self.documents.get(asked.path)
        if body is None:
            return plain(404, "Not found")
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        if asked.headers.get("if-none-match") == etag:
            return Answer(304, b"", {"ETag": etag})
        kind = "application/gzip" if body[:2] == b"\x1f\x8b" else "application/json"
        return Answer(200, body, {"Content-Type": kind, "ETag": etag})
