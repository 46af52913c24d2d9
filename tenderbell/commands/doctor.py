"""doctor: is everything as it must be, so that e-mails arrive?"""

from typing import Any

import click

from tenderbell.commands.options import as_json, print_json, room, with_settings
from tenderbell.settings import Settings


@click.command()
@as_json
@with_settings
def doctor(settings: Settings, as_json: bool) -> None:
    """Check address, mail server, DNS records, sources, this machine and its copies, and say what to do. Sends nothing.

    Exits 1 when something is wrong. What cannot be checked here, for example without a network, is said and is no
    fault.
    """
    examination = room("alerts.doctor")
    found: list[Any] = examination.examine(settings, settings.clock())
    if as_json:
        print_json({"wrong": examination.is_wrong(found), "findings": found})
    else:
        for finding in found:
            click.echo(f"{finding.verdict.value:<12} {finding.name}: {finding.seen}")
            if finding.todo:
                click.echo(f"{'':<12} {finding.todo}")
    click.get_current_context().exit(1 if examination.is_wrong(found) else 0)
