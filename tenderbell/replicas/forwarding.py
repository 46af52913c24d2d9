"""Forms of a machine that only reads, passed on to the writer, which alone has `private.db`.

Nothing goes through as it came: the request is made anew from the headers that a form needs, and the response from
those that a page needs. The front door has checked the address, the size, the sender's page and the form's token
before (`tenderbell.pages.front`); the writer checks the token again, and counts the visitor's network, because this
machine says whose it is and stands in the writer's TENDERBELL_PROXIES. Links with tokens are never logged.
"""

import logging
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from tenderbell.pages.cache import Header, StoredPage
from tenderbell.pages.visitors import token_cookie
from tenderbell.replicas.errors import WriterSilent

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 30.0
LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of the largest page: what is kept about one person, to take away."""

MARK = "x-tenderbell-passed-on"
"""Says that a request was passed on, so that it is not passed on again in a circle."""

_ASKED = ("accept", "accept-language", "content-type", "user-agent", "referer")
_ANSWERED = ("content-type", "content-disposition", "location", "retry-after", "set-cookie", "allow")

# httpx logs every address that it asks for, and some of these are links with tokens.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


class Forwarding:
    """The way to the writer at an address. Connections are kept open between requests."""

    def __init__(self, writer: str) -> None:
        self._writer = writer
        self._client: httpx.AsyncClient | None = None

    async def pass_on(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, *, visitor: str, scheme: str
    ) -> StoredPage:
        """Ask the writer for a page on behalf of the visitor at an address, and return it. Raises WriterSilent when
        the writer cannot be reached, takes too long, or answers with more than any page holds."""
        url = f"{self._writer}{path}{f'?{query}' if query else ''}"
        asked = _asked(headers, visitor, scheme)
        try:
            async with self._open().stream(method, url, headers=asked, content=body) as answer:
                content = await _content(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise WriterSilent(f"{urlsplit(self._writer).hostname} does not answer ({type(fault).__name__}).") from None
        return StoredPage(answer.status_code, _answered(answer.headers, self._writer), content)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
                limits=httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=4.0),
                follow_redirects=False,
                trust_env=False,
            )
        return self._client


async def answers(writer: str) -> bool:
    """Return whether the writer at an address can be reached and shows pages."""
    way = Forwarding(writer)
    try:
        found = await way.pass_on("GET", "/health", "", {}, b"", visitor="127.0.0.1", scheme="http")
    except WriterSilent:
        return False
    finally:
        await way.close()
    return found.status == 200


def _asked(headers: Mapping[str, str], visitor: str, scheme: str) -> dict[str, str]:
    """Return the headers for the writer. Its own pages' Origin was checked here, against the host asked."""
    asked = {name: headers[name] for name in _ASKED if name in headers}
    if token := token_cookie(headers.get("cookie", "")):
        asked["cookie"] = f"ds_csrftoken={token}"
    said = {"x-forwarded-for": visitor, "x-forwarded-host": headers.get("host", ""), "x-forwarded-proto": scheme}
    return {**asked, **said, "accept-encoding": "identity", MARK: "1"}


def _answered(headers: httpx.Headers, writer: str) -> list[Header]:
    kept = [(name.lower(), value) for name, value in headers.multi_items() if name.lower() in _ANSWERED]
    return [
        (name.encode("ascii"), (value.removeprefix(writer) or "/" if name == "location" else value).encode("latin-1"))
        for name, value in kept
    ]


async def _content(answer: httpx.Response) -> bytes:
    """Return the whole body of an answer. Raises WriterSilent for one that is too large."""
    pieces, length = [], 0
    async for piece in answer.aiter_bytes():
        length += len(piece)
        if length > LARGEST_ANSWER:
            raise WriterSilent("The writer's answer is larger than any page.")
        pieces.append(piece)
    return b"".join(pieces)
