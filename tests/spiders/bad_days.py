"""Bad days of the servers of generic sources, beyond those of `tests.spiders.faulty`, and how sources live through
them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from spiders.rehearsal.pages import Pages
from spiders.rehearsal.server import Answer, LocalServer
from spiders.rehearsal.wordpress import WordPressSite
from tests.spiders.faulty import Fault, WithFaults
from tests.spiders.place import Place

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


@dataclass(frozen=True)
class Lived:
    """What a source did on its bad day and on the next good one: its reports, and the keys of all its archived versions
    before the bad day, after it, and at the end."""

    source: str
    bad: dict[str, Any]
    good: dict[str, Any]
    before: list[str]
    after: list[str]
    end: list[str]


def live_through(
    place: Place,
    begin: Mapping[str, Callable[[str], Any]],
    spoil: Callable[[str, Any], None],
    **overrides: Any,
) -> dict[str, Lived]:
    """Harvest a source for each bad day, side by side and three times: `begin` starts the server of a day, enters it in
    the edition under the id that it is given, and returns it; `spoil` makes the day a bad one."""
    ids = {name: f"day-{number}" for number, name in enumerate(begin, 1)}
    servers = {name: begin[name](id) for name, id in ids.items()}
    place.harvest()
    before = keys_by_source(place)
    for name, server in servers.items():
        spoil(name, server)
    bad = {report["source"]: report for report in place.harvest(overrides=overrides).reports}
    after = keys_by_source(place)
    for server in servers.values():
        server.faults = {}
    good = {report["source"]: report for report in place.harvest().reports}
    end = keys_by_source(place)
    return {
        name: Lived(id, bad[id], good[id], before.get(id, []), after.get(id, []), end.get(id, []))
        for name, id in ids.items()
    }


def keys_by_source(place: Place) -> dict[str, list[str]]:
    """Return the keys of all archived versions of each source, in order."""
    found: dict[str, list[str]] = {}
    for source, key in place.archive.execute("select source, key from notice order by key, number"):
        found.setdefault(source, []).append(key)
    return found
