"""replicate, follow, recover: more than one machine, and back from the copy."""

from contextlib import closing

import click

from tenderbell.clock import instant
from tenderbell.commands.options import room, with_settings
from tenderbell.keeping import notes
from tenderbell.phrases import moment_words, plural
from tenderbell.private import open_private
from tenderbell.replicas import recovering
from tenderbell.replicas.target import shown
from tenderbell.settings import Settings


@click.command()
@with_settings
def replicate(settings: Settings) -> None:
    """Copy every change of the databases to TENDERBELL_REPLICA, within seconds, for as long as it runs.

    Runs beside `run`, as a process of its own, with the same settings. Ends on Ctrl-C or SIGTERM.
    """
    room("schedules.replicating").replicate(settings)


@click.command()
@with_settings
def follow(settings: Settings) -> None:
    """Keep a copy of the writer's public.db here, seconds old. `serve` on such a machine does so by itself.

    Needs TENDERBELL_REPLICA, from which it is brought, and TENDERBELL_WRITER. Ends on Ctrl-C or SIGTERM.
    """
    room("schedules.following").follow(settings)


@click.command()
@click.option("--nothing-lost", is_flag=True, help="Nothing was sent after the last copy: all that waits is told.")
@with_settings
def recover(settings: Settings, nothing_lost: bool) -> None:
    """Bring the databases back from TENDERBELL_REPLICA, into a data folder that has none.

    Nothing is overwritten. What may have been e-mailed between the last copy and now counts as told and is not sent
    again; `tenderbell restore --release` sends it after all.
    """
    restored = room("alerts.restored")
    found = recovering.recover(settings, restored.note if nothing_lost else restored.settle)
    as_of = instant(found.manifest.made_at) or settings.clock()
    words = f"{', '.join(found.files)} as of {moment_words(as_of)}, from {shown(settings.replica or '')}."
    notes.note(settings, notes.RESTORE, words, ok=True)
    click.echo(f"Recovered {words}")
    for doubt in recovering.doubts(found.manifest):
        click.echo(doubt)
    with closing(open_private(settings.private_path)) as db:
        held = restored.held(db)
    if held.matches or held.messages:
        click.echo(
            f"Held back, because it may have been told meanwhile: {plural(held.matches, 'match', 'matches')} and "
            f"{plural(held.messages, 'e-mail')} of the outbox. `tenderbell restore --release` sends it after all."
        )
    click.echo("Start `tenderbell run` and `tenderbell replicate`; machines that follow go on by themselves.")
