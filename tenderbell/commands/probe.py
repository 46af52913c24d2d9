"""probe: is what the spiders take for granted about the live services still true?"""

from typing import Any

import click

from tenderbell.commands.options import as_json, print_json, progress, room, with_settings
from tenderbell.probed import CHANGED
from tenderbell.settings import Settings


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@as_json
@with_settings
def probe(settings: Settings, sources: tuple[str, ...], as_json: bool) -> None:
    """Ask the live services whether what Tenderbell knows of them is still true.

    A handful of requests to each SOURCE (also one that is switched off), or to every source of the edition, as slowly
    as a harvest asks. Exits 1 when a fact has changed.
    """
    found = room("spiders.probing").probe(settings, sources, progress=None if as_json else progress)
    if as_json:
        print_json(found)
    else:
        for line in lines(found):
            click.echo(line)
    click.get_current_context().exit(exit_code(found))


def exit_code(found: list[Any]) -> int:
    """Return 1 when a fact has changed, for that needs a human. What could not be asked is asked the next time."""
    return int(any(one.verdict == CHANGED for one in found))


def lines(found: list[Any]) -> list[str]:
    """Return one line for each fact."""
    if not found:
        return ["These sources rest on nothing that can be asked."]
    return [f"{one.source}: {one.verdict}: {one.fact}{f' {one.seen}' if one.seen else ''}" for one in found]
