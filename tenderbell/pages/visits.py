"""A request as the front door sees it, and which of the site's rooms it asks for."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tenderbell.pages.visitors import token_cookie

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

FORMS = re.compile(
    r"/(?:alerts/(?:new|start)|item/[^/]+|told/[^/]+|confirm/[^/]+|manage(?:/[^/]+){0,2}|unsubscribe/[^/]+|follow/[^/]+|mistake/[^/]+|check|missing|preflight"
    r"|receipts(?:/[^/]+)?|adverts/(?:new|[^/]+)|buyers/[^/]+/reply(?:/[^/]+)?|decide/[^/]+)"
)
"""Pages that take forms, or that open `private.db`: never kept."""

_SECRET = re.compile(
    r"^/(confirm|manage|unsubscribe|receipts|adverts|decide|item|told|buyers/[^/]+/reply)/(?!new$)[^/]+"
)

ONE_CLICK = re.compile(r"/unsubscribe/[^/]+")
OUTBOX = re.compile(r"/outbox(?:/[^/]+)?")
LETTER = re.compile(r"/outbox/[^/]+\.html")
ANALYSTS = re.compile(r"/public(?:\.json|/[^/]+(?:/[^/]+)?)?")
"""Datasette's own pages."""

HEALTH = "/health"
"""Whether this process can show pages (`tenderbell.pages.pulse`)."""

SNAPSHOT = "/public.db"
"""The whole record as one file (`tenderbell.snapshot`)."""

METRICS = "/metrics"
"""For a monitoring program on this machine, or with the password."""

STATIC = re.compile(r"/static/([A-Za-z0-9_.-]+)")


@dataclass
class Visit:
    """One HTTP request as the door sees it."""

    scope: Scope
    method: str
    path: str
    query: str
    headers: dict[str, str]

    @classmethod
    def of(cls, scope: Scope) -> "Visit":
        """Read a request's scope."""
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        path = quote(raw.partition(b"?")[0], safe="/%~:@!$&'()*+,;=-._")
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        return cls(scope, scope["method"], path, scope.get("query_string", b"").decode("latin-1"), headers)

    @property
    def is_reading(self) -> bool:
        """Whether it only asks to see something."""
        return self.method in ("GET", "HEAD")

    def forwarded(self) -> Scope:
        """Return the scope that Datasette gets: a GET or POST, with no credentials but the form token."""
        dropped = (b"cookie", b"authorization", b"x-csrftoken", b"if-none-match", b"if-modified-since")
        headers = [(key, value) for key, value in self.scope["headers"] if key.lower() not in dropped]
        if token := token_cookie(self.headers.get("cookie", "")):
            headers.append((b"cookie", f"ds_csrftoken={token}".encode()))
        method = "GET" if self.method == "HEAD" else self.method
        return {**self.scope, "method": method, "headers": headers, "raw_path": self.path.encode("ascii")}


def has_blanks(query: str) -> bool:
    """Return whether a query string has empty fields, as a browser's form sends them."""
    return any(not part.partition("=")[2] for part in query.split("&")) if query else False


def loggable(path: str) -> str:
    """Return a path as it may stand in a log: whoever reads the token of a link could act in its owner's name."""
    return _SECRET.sub(r"/\1/TOKEN", path)
