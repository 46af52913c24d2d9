"""review: what waits for the operator's decision."""

import sqlite3

import click

from tenderbell.archive import open_archive
from tenderbell.commands.options import as_json, open_to_read, print_json, with_settings
from tenderbell.decisions import Verdict, decide, prepare, verdict
from tenderbell.errors import TenderbellError
from tenderbell.public import open_public
from tenderbell.settings import Settings


class NothingToDecide(TenderbellError):
    """A decision was given about something that does not wait for one."""


@click.group()
def review() -> None:
    """Decide about opportunities that only their text connects with the area."""


@review.command("list")
@as_json
@with_settings
def list_(settings: Settings, as_json: bool) -> None:
    """List what waits for a decision. Exits 0, also when something waits."""
    waiting = undecided(settings)
    if as_json:
        print_json([dict(row) for row in waiting])
        return
    for row in waiting:
        click.echo(
            f"{row['id']}  {row['title']}\n    {row['buyer'] or 'buyer not stated'}: “{row['reach_value'] or ''}”"
        )
    click.echo(f"{len(waiting)} waiting. Decide with: tenderbell review accept ID, or reject ID." if waiting else
               "Nothing waits for a decision.")  # fmt: skip


@review.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_settings
def accept(settings: Settings, ids: tuple[str, ...]) -> None:
    """Say that these opportunities do concern the area. They become local at the next compile."""
    _decide(settings, ids, Verdict.ACCEPT)


@review.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_settings
def reject(settings: Settings, ids: tuple[str, ...]) -> None:
    """Say that these opportunities do not concern the area. They are no longer listed for review."""
    _decide(settings, ids, Verdict.REJECT)


def undecided(settings: Settings) -> list[sqlite3.Row]:
    """Return (id, title, buyer, reach_rule, reach_value, link) of what waits, newest first."""
    archive = open_archive(settings.archive_path)
    prepare(archive)
    with open_to_read(open_public, settings.public_path) as public:
        rows = public.execute(
            "select id, title, buyer, reach_rule, reach_value, link from opportunity where unconfirmed "
            "order by number desc"
        ).fetchall()
    return [row for row in rows if verdict(archive, row["id"]) is None]


def _decide(settings: Settings, ids: tuple[str, ...], verdict: Verdict) -> None:
    waiting = {row["id"] for row in undecided(settings)}
    if strangers := [id for id in ids if id not in waiting]:
        raise NothingToDecide(
            f"{', '.join(strangers)}: no decision is waited for. `tenderbell review list` shows what waits."
        )
    archive = open_archive(settings.archive_path)
    for id in ids:
        decide(archive, id, verdict, settings.clock())
        click.echo(f"{id}: {verdict}. The page changes at the next compile.")
