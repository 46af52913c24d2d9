"""The command line. Each command is a thin layer over functions that tests and other programs can call."""

import os
import sqlite3
from contextlib import closing
from typing import Any

import click

from tenderbell import lifeline
from tenderbell.archive import open_archive
from tenderbell.commands import (
    bounce,
    collect,
    decide,
    doctor,
    health,
    keeping,
    new_edition,
    people,
    preview,
    probe,
    reconcile,
    replicas,
    report,
    seek,
    show,
    snapshot,
    tell,
    work,
)
from tenderbell.commands.options import checked, open_to_read
from tenderbell.compiling.health import health_of
from tenderbell.errors import SettingError, TenderbellError, UnknownSource
from tenderbell.health import FAILING
from tenderbell.public import read_public
from tenderbell.settings import Settings

WRONG_USE = (SettingError, UnknownSource)
"""Errors of the person who called, not of the work: exit code 2."""

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
DATABASE_TROUBLE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY,
}  # fmt: skip
"""Result codes that tell of the disk or of another process. Any other is a mistake in the program."""


class Bell(click.Group):
    """The command group: commands in the order in which they were added, errors in a line without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order of the work, not of the alphabet."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. A known error becomes one line on standard error and exit code 1, or 2 for wrong use; of
        several mistakes in an edition, each becomes a line."""
        try:
            return super().invoke(ctx)
        except TenderbellError as error:
            click.echo(str(error), err=True)
            ctx.exit(2 if isinstance(error, WRONG_USE) else 1)
        except BrokenPipeError:
            raise
        except OSError as error:
            click.echo(f"{error.filename or 'The system'}: {error.strerror or error}.", err=True)
            ctx.exit(1)
        except MemoryError:
            click.echo("There was not enough memory. Nothing is lost: what was not finished is done again.", err=True)
            ctx.exit(1)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in DATABASE_TROUBLE:
                raise
            click.echo(f"The databases in {Settings.read().data} cannot be used: {error}.", err=True)
            ctx.exit(1)


@click.group(cls=Bell, invoke_without_command=True, context_settings=CONTEXT)
@click.version_option(package_name="tenderbell")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Every tender and grant of an area in one place, and an e-mail when one fits."""
    lifeline.hold(os.environ)
    if ctx.invoked_subcommand is None:
        click.echo(guidance(checked()))


for command in (
    work.run, collect.harvest, collect.compile_, collect.rebuild, tell.match, tell.digest, tell.letters, tell.send,
    bounce.bounce, work.serve, work.schedule, show.search, show.check, health.status, probe.probe, reconcile.reconcile,
    people.subscriber, decide.review, seek.seek, report.report, tell.tidy, snapshot.snapshot,
    preview.preview, doctor.doctor, new_edition.new_edition, keeping.backup, keeping.restore, keeping.upkeep,
    replicas.replicate, replicas.follow, replicas.recover,
):  # fmt: skip
    cli.add_command(command)


def guidance(settings: Settings) -> str:
    """Return what to do next, for somebody who typed the command alone."""
    held = count(settings)
    if held is None:
        failures = "".join(f"  {line}\n" for line in why_nothing(settings))
        reason = ", because no source could be read:\n" if failures else ".\n"
        return (
            f"Nothing has been collected in {settings.data} yet{reason}{failures}"
            "  tenderbell run      starts the site and collects what the edition's sources publish\n"
            "  make demo           shows the site with sample notices, without a network\n"
            "  tenderbell --help   lists every command"
        )
    return (
        f"{settings.data} holds {held:,} opportunities for {settings.area.name}.\n"
        f"  tenderbell run              starts the site on http://{settings.host}:{settings.port} and keeps it fresh\n"
        "  tenderbell search WORDS     searches in this terminal\n"
        "  tenderbell status           says what is healthy and what needs you\n"
        "  tenderbell --help           lists every command"
    )


def count(settings: Settings) -> int | None:
    """Return how many opportunities `public.db` holds, None when nothing has been compiled yet."""
    try:
        with closing(read_public(settings.public_path)) as public:
            return int(public.execute("select count(*) from opportunity").fetchone()[0]) or None
    except sqlite3.OperationalError:
        return None


def why_nothing(settings: Settings) -> list[str]:
    """Return what went wrong with each source when every one of them is failing; nothing otherwise."""
    if not settings.archive_path.exists():
        return []
    sources = [source.id for source in settings.edition.sources if source.enabled]
    with open_to_read(open_archive, settings.archive_path) as archive:
        found = {source: health_of(archive, source, settings.clock()) for source in sources}
    if any(health.state != FAILING for health in found.values()):
        return []
    return [f"{source}: {health.message}" for source, health in found.items()]


def main() -> None:
    """Run the command line: the entry point of the `tenderbell` script."""
    cli(prog_name="tenderbell")
