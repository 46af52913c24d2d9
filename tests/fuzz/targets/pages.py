"""The routes of the site, asked as no browser would."""

# ruff: noqa: E501 - an example stands on one line

import asyncio
import logging
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from schedules.website import build_app
from tenderbell.private import open_private
from tests.fuzz.promises import promise
from tests.fuzz.targets.target import Check, Target
from tests.site.test_public_pages import PAGES
from tests.site.world import fill, settings_in

ALWAYS = {
    b"content-security-policy", b"x-content-type-options", b"referrer-policy", b"permissions-policy",
    b"cross-origin-opener-policy", b"cross-origin-resource-policy",
}  # fmt: skip

POSTS = (
    b"POST /alerts/new HTTP\ncontent-type: application/x-www-form-urlencoded\n\nsearch=q%3Dcarers&email=ann%40example.org",
    b"POST /preflight HTTP\ncontent-type: application/x-www-form-urlencoded\n\ntext=A+grant+of+%C2%A35%2C000",
    b"POST /missing HTTP\ncontent-type: application/x-www-form-urlencoded\n\nreference=http%3A%2F%2Fx&words=a",
    b"POST /unsubscribe/x HTTP\ncontent-type: multipart/form-data; boundary=x\n\nList-Unsubscribe=One-Click",
    b"POST /manage HTTP\ncontent-type: application/x-www-form-urlencoded\ncookie: ds_csrftoken=a\n\nemail=a&csrftoken=a",
    b"POST /adverts/new HTTP\norigin: http://tenderbell.test\ncontent-type: application/x-www-form-urlencoded\n\nemail=x",
    b"POST /receipts HTTP\nx-forwarded-for: 1.2.3.4, ::1\ncontent-type: application/x-www-form-urlencoded\n\nemail=a%40b.uk",
    b"POST /mistake/tb-1 HTTP\ncontent-type: application/x-www-form-urlencoded; charset=x\n\nabout=deadline&words=%ff",
)
ASKED = (
    "/opportunities.json?q=a", "/opportunities.csv?kind=grant", "/opportunities.atom?q=hall", "/opportunities.ics",
    "/opportunities/tb-1.json", "/opportunities/tb-1.ics", "/static/site.css", "/static/../x", "/public/opportunity.json?_size=1",
    "/public/opportunity.csv?_stream=1", "/public/opportunity?_search=a&_sort=title&_facet=kind&title__contains=b&_where=1",
    "/public/short_notice.json?year=2026&days=x", "/public?sql=select+1", "/public.db", "/sitemap.xml", "/robots.txt",
    "/opportunities/tb-1?as_of=2026-01-01", "/report/2026.csv", "/-/metadata", "//evil.example/", "/%2e%2e/", "/metrics",
)  # fmt: skip


def targets() -> Iterator[Target]:
    """Yield the target of the routes."""
    said = "never a 500, never a write on GET, our headers on every answer, no redirect to elsewhere"
    yield Target("routes", said, seeds, ready)


def seeds() -> Iterator[bytes]:
    """Yield requests: a line with method and target, headers, an empty line, the body."""
    yield from (f"GET {path} HTTP\n\n".encode() for path in (*PAGES, *ASKED))
    yield b"HEAD /opportunities HTTP\nif-none-match: *\naccept-encoding: gzip\n\n"
    yield from POSTS


@contextmanager
def ready() -> Iterator[Check]:
    """Give what asks a site of its own."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        settings = settings_in(Path(folder))
        fill(settings.public_path)
        app = build_app(settings)
        open_private(settings.private_path).close()
        logging.getLogger("tenderbell.site").disabled = True
        with (
            closing(sqlite3.connect(settings.private_path)) as private,
            closing(sqlite3.connect(settings.public_path)) as public,
        ):

            def version() -> tuple[int, int]:
                return tuple(db.execute("pragma data_version").fetchone()[0] for db in (private, public))  # type: ignore[return-value]

            def check(data: bytes) -> None:
                method, scope, body = request_of(data)
                before = version()
                status, headers = runner.run(asked(app, scope, body))
                promise(status < 500 or status == 503, f"{status} for {method} {scope['path'][:200]!r}")
                promise(set(headers) >= ALWAYS, f"Headers are missing: {ALWAYS - set(headers)}")
                promise(method == "POST" or version() == before, f"{method} {scope['path'][:200]!r} changed something")
                location = headers.get(b"location", b"/")
                leads_away = b"://" in location.removeprefix(b"http://tenderbell.test/")
                leads_away = leads_away or location.startswith((b"//", b"/\\"))
                promise(not leads_away, f"It leads away: {location[:200]!r}")

            yield check
        logging.getLogger("tenderbell.site").disabled = False


def request_of(data: bytes) -> tuple[str, dict[str, Any], bytes]:
    """Return method, ASGI scope and body of an input, as a server would hand on the most hostile that it lets pass."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.removesuffix(b" HTTP").partition(b" ")
    # A server refuses a request line with blanks and control characters.
    target = bytes(byte for byte in target if 32 < byte != 127) or b"/"
    raw, _, query = target.partition(b"?")
    raw = raw if raw.startswith(b"/") else b"/" + raw
    headers = [
        (name.strip().lower(), value.strip())
        for name, _, value in (line.partition(b":") for line in lines)
        if name.strip()
    ]
    name = method.decode("ascii", "ignore").strip().upper()[:20] or "GET"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": name, "scheme": "http",
        "path": unquote_to_bytes(raw).decode("utf-8", "replace"), "raw_path": raw, "query_string": query, "root_path": "",
        "headers": [(b"host", b"tenderbell.test"), *headers], "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8001),
    }  # fmt: skip
    return name, scope, body


async def asked(app: Any, scope: dict[str, Any], body: bytes) -> tuple[int, dict[bytes, bytes]]:
    """Return status and headers of the answer to one request."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    promise(start["type"] == "http.response.start" and not sent[-1].get("more_body"), "An answer begins and ends")
    for name, value in start["headers"]:
        promise(not set(bytes(value)) & set(b"\r\n\x00"), f"A header is more than a line: {name!r} {value!r}")
    return start["status"], {bytes(name).lower(): bytes(value) for name, value in start["headers"]}
