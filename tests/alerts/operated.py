"""A world with an operator: what the edition's [mail] says besides, and the e-mails that only the operator gets."""

from dataclasses import replace
from typing import Any

from tests.alerts.world import Mail, World

OPERATOR = "operator@bell.example"


def operated(world: World, *lines: str, **changed: Any) -> World:
    """Give a world's edition an operator and further lines of [mail], and its settings other values."""
    edition = world.folder / "edition.toml"
    written = edition.read_text("utf-8")
    added = [line for line in (f'operator = "{OPERATOR}"', *lines) if line not in written]
    edition.write_text(written.replace("[mail]\n", "\n".join(["[mail]", *added, ""]), 1), "utf-8")
    world.settings = replace(world.settings, **changed)
    return world


def told(world: World) -> list[Mail]:
    """Return the operator's e-mails, oldest first: alarms, and the canary's word."""
    rows = world.rows(
        "select content from body join outbox on outbox.id = body.outbox where sort = 'alarm' order by id"
    )
    return [Mail(bytes(row[0])) for row in rows]
