"""The rehearsal server with faults: what real servers do on a bad day."""

import gzip
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec

from spiders.rehearsal.find_a_tender import API, Rehearsal
from spiders.rehearsal.server import Answer, Asked, LocalServer

Fault = Callable[[Answer], Answer]


class WithFaults(LocalServer):
    """Put before a rehearsal server (`class FaultyInTend(WithFaults, InTend)`): `faults` maps the position of a request
    (from 1; robots.txt is not counted), or a path, to what happens to its answer."""

    def __init__(self, *args: Any, faults: dict[int | str, Fault] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.faults = faults or {}
        self.position = 0

    def counts(self, asked: Asked) -> bool:
        """Return whether a request has a position."""
        return True

    def answer(self, asked: Asked) -> Answer:
        fault = self.faults.get(asked.path)
        if self.counts(asked):
            self.position += 1
            fault = self.faults.get(self.position, fault)
        answer = super().answer(asked)
        return fault(answer) if fault else answer

    def send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        match answer.headers.get("X-Fault"):
            case "drop":
                handler.close_connection = True
            case "break-off":
                handler.send_response(200)
                handler.send_header("Content-Type", "application/json")
                handler.send_header("Content-Length", str(len(answer.body)))
                handler.end_headers()
                handler.wfile.write(answer.body[: len(answer.body) // 2])
                handler.close_connection = True
            case "slow":
                handler.send_response(200)
                handler.send_header("Content-Length", str(len(answer.body)))
                handler.end_headers()
                handler.wfile.write(answer.body[:10])
                handler.wfile.flush()
                time.sleep(4)
                handler.close_connection = True
            case _:
                super().send(handler, answer)


class Faulty(WithFaults, Rehearsal):
    """Find a Tender and feeds on a bad day; only requests to the API have a position."""

    def counts(self, asked: Asked) -> bool:
        return asked.path.startswith(API)


def drop(answer: Answer) -> Answer:
    """Close the connection without an answer."""
    return Answer(answer.status, answer.body, {"X-Fault": "drop"})


def break_off(answer: Answer) -> Answer:
    """Promise the whole body and send half of it."""
    return Answer(answer.status, answer.body, {"X-Fault": "break-off"})


def slow(answer: Answer) -> Answer:
    """Send ten bytes and then nothing for seconds."""
    return Answer(answer.status, answer.body, {"X-Fault": "slow"})


def truncate(answer: Answer) -> Answer:
    """Send half a document as if it were whole."""
    return Answer(200, answer.body[: len(answer.body) // 2], answer.headers)


def login_form(answer: Answer) -> Answer:
    """Send a web page with status 200."""
    return Answer(200, b"<!DOCTYPE html><title>Sign in</title><form></form>", {"Content-Type": "text/html"})


def without_links(answer: Answer) -> Answer:
    """Send a page that should name the next one and does not."""
    page = msgspec.json.decode(answer.body)
    page.pop("links", None)
    return Answer(200, msgspec.json.encode(page), answer.headers)


def bomb(answer: Answer) -> Answer:
    """Send 60 MB of spaces in 60 kB."""
    packed = gzip.compress(answer.body + b" " * 60_000_000)
    return Answer(200, packed, {"Content-Type": "application/json", "Content-Encoding": "gzip"})


def huge(answer: Answer) -> Answer:
    """Send 51 MB."""
    return Answer(200, answer.body + b" " * (51 * 1024 * 1024), answer.headers)


def busy(retry_after: str | None, status: int = 429) -> Fault:
    """Refuse in plain text, with a Retry-After."""
    headers = {"Content-Type": "text/plain"} | ({"Retry-After": retry_after} if retry_after else {})
    return lambda answer: Answer(status, b"Rate limit of 12 exceeded. Please retry after 1 seconds.", headers)


def server_error(answer: Answer) -> Answer:
    """Fail with 500."""
    return Answer(500, b"Internal error", {"Content-Type": "text/plain"})
