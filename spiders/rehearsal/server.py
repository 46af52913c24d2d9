"""What every rehearsal server shares: real HTTP on this machine, answering what a product would answer."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived: `path` without the query string, header names in lower case, `body` of a POST."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    method: str = "GET"
    body: bytes = b""
    pairs: tuple[tuple[str, str], ...] = ()

    def values(self, name: str) -> list[str]:
        """Return every value of a parameter that may be repeated."""
        return [value for key, value in self.pairs if key == name]

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that came with it."""
        pairs = (pair.strip().partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def plain(status: int, text: str) -> Answer:
    """Return an answer of plain text."""
    return Answer(status, text.encode(), {"Content-Type": "text/plain"})


class LocalServer:
    """A server on loopback, in a thread of its own. A product overrides `answer`. `requests` lists what was asked,
    robots.txt apart; `robots` is served as robots.txt, which is absent (404) while it is None. Port 0 takes any."""

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1", robots: str | None = None) -> None:
        self.requests: list[Asked] = []
        self.robots = robots
        self._lock = threading.Lock()
        self._server = _Server((host, port), _Handler)
        self._server.local = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The address of the server, without a final slash."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def answer(self, asked: Asked) -> Answer:
        """Return what the server says to one request. Products override it; tests add faults."""
        del asked
        return plain(404, "Not found")

    def respond(self, asked: Asked) -> Answer:
        """Return robots.txt, or what the product answers."""
        if asked.path != "/robots.txt":
            self.requests.append(asked)
            return self.answer(asked)
        return plain(404, "Not found") if self.robots is None else plain(200, self.robots)

    def send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        """Write an answer to the connection. Tests override it to send it slowly, in part, or not at all."""
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body)


class _Server(ThreadingHTTPServer):
    local: LocalServer
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what tests of crashes do; it is no event."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer one request."""
        server = self.server
        assert isinstance(server, _Server)  # noqa: S101
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0") or 0))
        pairs = tuple(parse_qsl(parts.query, keep_blank_values=True))
        answer = server.local.respond(Asked(parts.path, dict(pairs), headers, self.command, body, pairs))
        server.local.send(self, answer)

    do_POST = do_GET  # noqa: N815 (the name that http.server looks for)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet: the spiders report."""
