"""Bad days of the servers of generic sources, beyond those of `tests.spiders.faulty`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

import pytest

from spiders.rehearsal.pages import Pages
from spiders.rehearsal.server import Answer, LocalServer
from spiders.rehearsal.wordpress import WordPressSite
from tests.spiders.faulty import Fault, WithFaults

HTML = {"Content-Type": "text/html; charset=utf-8"}
Server = TypeVar("Server", bound=LocalServer)


class FaultyPages(WithFaults, Pages):
    """Pages on a bad day."""


class FaultySite(WithFaults, WordPressSite):
    """A WordPress site on a bad day."""


def error_page(answer: Answer) -> Answer:
    """Say with status 200 that something went wrong."""
    body = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"
    return Answer(200, body, HTML)


def login_page(answer: Answer) -> Answer:
    """Ask for a password instead of showing the page."""
    form = b'<form><input type="password"> Please sign in here</form>'
    body = b"<!DOCTYPE html><html><title>Members</title><main>" + form + b"</main></html>"
    return Answer(200, body, HTML)


def nothing(answer: Answer) -> Answer:
    """Send an empty body."""
    return Answer(200, b"", answer.headers)


def replaced(old: bytes, new: bytes) -> Fault:
    """Change the markup."""
    return lambda answer: Answer(
        answer.status, answer.body.replace(old, new), {"Content-Type": answer.headers["Content-Type"]}
    )


def instead(status: int, body: bytes, content_type: str = "text/plain") -> Fault:
    """Answer something else."""
    return lambda answer: Answer(status, body, {"Content-Type": content_type})


def cut_at(length: int) -> Fault:
    """Send only so many bytes, as if they were all."""
    return lambda answer: Answer(200, answer.body[:length], _type_of(answer))


def _type_of(answer: Answer) -> dict[str, str]:
    return {"Content-Type": answer.headers["Content-Type"]}


Start = Callable[[Server], Server]


@pytest.fixture
def start() -> Iterator[Callable[[Any], Any]]:
    """Starts servers and stops them after the test."""
    with ExitStack() as stack:
        yield stack.enter_context
