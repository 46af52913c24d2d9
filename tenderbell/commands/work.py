"""run, serve, schedule: the long-running work, in one process or in two."""

import click

from tenderbell.commands.options import room, with_settings
from tenderbell.settings import Settings


@click.command()
@with_settings
def run(settings: Settings) -> None:
    """Run the site and the scheduler together: the main job. The first start collects at once.

    Ends on Ctrl-C or SIGTERM, within ten seconds, and loses nothing.
    """
    room("schedules.service").run(settings)


@click.command()
@with_settings
def serve(settings: Settings) -> None:
    """Run the site alone. The scheduler may run as another process."""
    room("schedules.service").serve(settings)


@click.command()
@with_settings
def schedule(settings: Settings) -> None:
    """Run the scheduler alone. There can be one for each data folder."""
    room("schedules.service").schedule(settings)
