"""What comes back to a small world: hand-written reports, with the seals and tokens of a message of that world."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alerts import returns, tokens, verp
from alerts.digests import build
from alerts.matching import match
from alerts.returns import Handled
from alerts.sending import send
from alerts.subjects import show
from alerts.tokens import Scope
from tests.alerts.world import World

FIXTURES = Path(__file__).parent.parent / "fixtures" / "bounces"
READER = "ann@example.org"


def subscribed(world: World) -> World:
    """One reader, and one e-mail that was sent to them."""
    world.subscribe("", address=READER)
    return sent(world, "a")


def sent(world: World, id: str) -> World:
    """Send the reader one more e-mail, about the opportunity `id`."""
    world.publish(id)
    match(world.settings)
    build(world.settings)
    world.wait(minutes=15)
    build(world.settings)
    assert send(world.settings).sent == 1
    return world


def last_message(world: World) -> sqlite3.Row:
    return world.rows("select * from outbox order by id desc limit 1")[0]


def report(world: World, name: str, *, message: sqlite3.Row | None = None, address: str = READER) -> bytes:
    """Return a fixture as it comes back for a message, by default the last that was sent."""
    row = message or last_message(world)
    with world.private() as db:
        words = {
            "@VERP@": verp.make(db, world.settings, row["id"]),
            "@TOKEN@": tokens.make(db, Scope.END_ALL, row["subscriber"] or 1),
        }
    words |= {"@NUMBER@": str(row["id"]), "@MESSAGE_ID@": row["message_id"], "@ADDRESS@": address}
    content = (FIXTURES / f"{name}.eml").read_bytes()
    for word, value in words.items():
        content = content.replace(word.encode(), value.encode())
    return content


def handle(world: World, content: bytes, recipient: str | None = None) -> Handled:
    with world.private() as db:
        return returns.handle(db, content, world.now, recipient=recipient)


def state(world: World, address: str = READER) -> tuple[str, str | None]:
    """Return (address_state, reason) as `subscriber show` has them."""
    with world.private() as db:
        shown = show(db, address)
    assert shown is not None
    return shown["address_state"], shown["reason"]


def bounces(world: World) -> list[tuple[str, str | None]]:
    """Return (kind, status) of what was noted, in order."""
    return [(row["kind"], row["status"]) for row in world.rows("select kind, status from bounce order by id")]


@contextmanager
def nothing_changes(world: World) -> Iterator[None]:
    """Hold that the block leaves everything kept in `private.db` as it was."""
    before = _all(world)
    yield
    assert _all(world) == before


def _all(world: World) -> list[str]:
    with world.private() as db:
        return list(db.iterdump())
