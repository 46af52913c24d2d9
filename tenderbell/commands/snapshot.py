"""snapshot: the copy of the record that anybody may download."""

import click

from tenderbell.commands.options import as_json, print_json, with_settings
from tenderbell.settings import Settings
from tenderbell.snapshot import take_snapshot


@click.command()
@as_json
@with_settings
def snapshot(settings: Settings, as_json: bool) -> None:
    """Copy public.db for download at /public.db. The scheduler does so every night."""
    taken = take_snapshot(settings)
    if as_json:
        print_json({"path": str(taken.path), "size": taken.size})
    else:
        click.echo(f"{taken.path}: {taken.size / 1e6:,.1f} MB.")
