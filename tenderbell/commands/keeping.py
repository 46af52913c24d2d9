"""backup, restore, upkeep: so that nothing is lost with a disk."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from tenderbell.checks import check
from tenderbell.clock import instant
from tenderbell.commands.options import as_json, print_json, room, with_settings
from tenderbell.errors import TenderbellError
from tenderbell.keeping import backing_up, notes, restoring
from tenderbell.keeping import upkeep as work
from tenderbell.keeping.manifest import Manifest
from tenderbell.keeping.notes import BACKUP, RESTORE
from tenderbell.phrases import moment_words, plural
from tenderbell.private import open_private
from tenderbell.runs import size_words
from tenderbell.settings import Settings

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Remove all but the newest N backups in DIR.")
@as_json
@with_settings
def backup(settings: Settings, folder: Path, keep: int | None, as_json: bool) -> None:
    """Copy the three databases into a new dated folder inside DIR, while everything runs.

    Each copy is of one moment, checked after writing, and readable by its owner only: private.db is among them. Put DIR
    on another disk or machine. Settings, the edition, certificates and the DKIM key are not in it.
    """
    try:
        made = backing_up.back_up(settings, folder.absolute(), keep=keep)
    except (TenderbellError, OSError, sqlite3.Error) as error:
        notes.note(settings, BACKUP, str(error), ok=False)
        raise
    words = f"{made.folder}: {_files(made.manifest)}."
    notes.note(settings, BACKUP, words, ok=True)
    if as_json:
        print_json({"folder": str(made.folder), "removed": made.removed, "manifest": made.manifest})
        return
    click.echo(words)
    if made.removed:
        click.echo(f"Removed {plural(len(made.removed), 'older backup')}: {', '.join(made.removed)}.")
    click.echo(made.manifest.note)


@click.command()
@click.argument("folder", metavar="[DIR]", type=FOLDER, required=False)
@click.option("--into", type=FOLDER, metavar="DATA", help="Restore into this data folder instead of TENDERBELL_DATA.")
@click.option("--only", type=click.Choice(list(restoring.OPENERS)), multiple=True, help="Restore only this file.")
@click.option("--nothing-lost", is_flag=True, help="Nothing was sent after the backup: everything that waits is told.")
@click.option("--release", is_flag=True, help="Tell after all what an earlier restore holds back. Takes no DIR.")
def restore(folder: Path | None, into: Path | None, only: Sequence[str], nothing_lost: bool, release: bool) -> None:
    """Bring back the newest backup in DIR, or DIR itself if it is one, into a data folder that has no databases.

    Nothing is overwritten, and nothing may run meanwhile. What may have been e-mailed between the backup and the loss
    counts as told and is not sent again; --release sends it after all.
    """
    settings = Settings.read()
    settings = replace(settings, data=into.absolute(), archive=None) if into else settings
    check(settings)
    if release:
        _release(settings)
    elif folder is None:
        raise click.UsageError("Name the folder of the backups.")
    else:
        _restore(settings, folder.absolute(), only, nothing_lost=nothing_lost)


def _restore(settings: Settings, folder: Path, only: Sequence[str], *, nothing_lost: bool) -> None:
    restored = room("alerts.restored")

    settle = restored.note if nothing_lost else restored.settle
    found = restoring.restore(settings, folder, settle, only=only)
    as_of = instant(found.manifest.made_at) or settings.clock()
    words = f"{', '.join(found.files)} as of {moment_words(as_of)}, from {found.folder}."
    notes.note(settings, RESTORE, words, ok=True)
    click.echo(f"Restored {words}")
    if "private.db" in found.files:
        click.echo(_warning(as_of))
        click.echo(_held_words(settings))
    click.echo("Start `tenderbell run`: it collects what has been published since.")


def _warning(as_of: datetime) -> str:
    return (
        f"IMPORTANT: whoever left or changed an alert between {moment_words(as_of)} and the loss is written to again, "
        "as before; whoever signed up in that time is not known here. If you know who left, run `tenderbell "
        "subscriber erase EMAIL` before you start the site. Bounces and complaints of that time are forgotten too."
    )


def _held_words(settings: Settings) -> str:
    with closing(open_private(settings.private_path)) as db:
        held = room("alerts.restored").held(db)
    if not (held.matches or held.messages):
        return "Nothing that waits can have been told meanwhile."
    return (
        f"Held back, because it may have been told meanwhile: {plural(held.matches, 'match', 'matches')} of "
        f"{plural(held.people, 'person', 'people')} and {plural(held.messages, 'e-mail')} of the outbox. It counts as "
        "told; `tenderbell restore --release` sends it after all."
    )


def _release(settings: Settings) -> None:
    restoring.refuse_half_restored(settings)
    with closing(open_private(settings.private_path)) as db:
        released = room("alerts.restored").release(db, settings.clock())
    click.echo(f"{plural(released.matches, 'match', 'matches')} and {plural(released.messages, 'e-mail')} wait again.")


@click.command()
@click.option("--vacuum", is_flag=True, help="Make large files smaller too. Whoever writes waits for it.")
@as_json
@with_settings
def upkeep(settings: Settings, vacuum: bool, as_json: bool) -> None:
    """Examine the three databases for damage, and give back to the system what they do not use.

    Exits 1 when one is damaged, and says what to do. Nothing is changed in a damaged file.
    """
    report = work.keep_up(settings, vacuum=vacuum)
    if as_json:
        print_json(report)
    else:
        for line in work.lines(report):
            click.echo(line)
        for need in report.needs:
            click.echo(need, err=True)
    click.get_current_context().exit(0 if report.is_well else 1)


def _files(made: Manifest) -> str:
    return ", ".join(f"{file.name} {size_words(file.bytes)}" for file in made.files)
