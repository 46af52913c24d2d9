"""A world that makes a backup, loses its disk and is restored."""

import re
import shutil
from collections import Counter
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from alerts import digests, matching, restored, sending
from tenderbell.keeping.backing_up import back_up
from tenderbell.keeping.restoring import Restored, restore
from tests.alerts.world import World


def backed_up(world: World) -> Path:
    """Make a backup and return where it is."""
    return back_up(world.settings, world.folder / "backups").folder


def lost_and_restored(world: World, *, nothing_lost: bool = False) -> Restored:
    """Destroy the data folder and restore the newest backup."""
    shutil.rmtree(world.settings.data)
    return restore(world.settings, world.folder / "backups", restored.note if nothing_lost else restored.settle)


def run(world: World) -> None:
    """Do what the scheduler does after a harvest."""
    matching.match(world.settings)
    digests.build(world.settings)
    sending.send(world.settings)


def told(world: World) -> Counter[tuple[str, str]]:
    """Return how often each person was told of each opportunity, in all e-mails that ever left."""
    found: Counter[tuple[str, str]] = Counter()
    for content in world.delivered():
        message = message_from_bytes(content, policy=default)
        text = message.get_body(("plain",))
        assert text is not None
        for name in set(re.findall(r"Grants for (\w+)", str(text.get_content()))):
            found[str(message["to"]).partition("@")[0], name] += 1
    return found
