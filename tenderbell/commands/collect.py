"""harvest, compile, rebuild: from the sources to opportunities."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from tenderbell.commands.options import Instant, as_json, print_json, progress, resolved, room, with_settings
from tenderbell.compiling import CompileReport, compile_archive
from tenderbell.compiling import rebuild as rebuild_archive
from tenderbell.keeping.folding import fold_large
from tenderbell.phrases import plural
from tenderbell.settings import Settings


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option(
    "--since", type=Instant(), metavar="WHEN", help="From when on: 2026-08-10, 2026-08-10T09:00, 48h or 14d ago."
)
@click.option("--until", type=Instant(), metavar="WHEN", help="Up to when, in the same forms.")
@click.option(
    "--from",
    "saved",
    type=click.Path(exists=True, path_type=Path),
    help="Read saved responses of one SOURCE (a file, or a folder with everything in it) instead of the network.",
)
@click.option(
    "--backfill/--no-backfill",
    default=None,
    help="Tell nobody, or alert as usual. By default the first complete harvest of a source tells nobody.",
)
@as_json
@with_settings
def harvest(
    settings: Settings,
    sources: tuple[str, ...],
    since: datetime | timedelta | None,
    until: datetime | timedelta | None,
    saved: Path | None,
    backfill: bool | None,
    as_json: bool,
) -> None:
    """Collect now from SOURCE..., or from every source of the edition.

    Exits 1 when a run did not finish. Notices that could not be read are kept and counted, and are no failure.
    """
    if saved is not None and len(sources) != 1:
        raise click.UsageError("--from needs exactly one SOURCE, the one whose responses these are.")
    start, end = resolved(since, settings.clock()), resolved(until, settings.clock())
    if start and end and start >= end:
        raise click.UsageError("--since must be earlier than --until.")
    for source in sources:
        settings.edition.source(source)
    harvesting = room("spiders.harvest")
    wanted = harvesting.Wanted(since=start, until=end, saved=saved, backfill=backfill)
    reports = harvesting.harvest(settings, list(sources), wanted, progress=progress)
    fold_large(settings, settings.archive_path)
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            click.echo(harvest_line(report))
    click.get_current_context().exit(0 if all(report.finished for report in reports) else 1)


def harvest_line(report: Any) -> str:
    """Return what a run did in one line."""
    done = (
        f"{plural(report.notices, 'notice')} ({report.new:,} new, {report.changed:,} changed, "
        f"{report.unreadable:,} unreadable)"
    )
    ending = "" if report.finished else f" Not finished: {report.reason}"
    return f"{report.source}: {done} in {plural(report.requests, 'request')}.{ending}"


@click.command("compile")
@as_json
@with_settings
def compile_(settings: Settings, as_json: bool) -> None:
    """Turn the notices that have arrived since the last time into opportunities."""
    report = compile_archive(settings, progress=progress)
    fold_large(settings, settings.public_path)
    _print_compiled(report, as_json)


@click.command()
@as_json
@with_settings
def rebuild(settings: Settings, as_json: bool) -> None:
    """Read and compile the whole archive again, after the program has learnt better.

    Every opportunity keeps its id and its page, and nobody is alerted. A public.db that is lost is made anew.
    """
    reader_of = room("spiders.registry").reader_of
    report = rebuild_archive(settings, lambda source: reader_of(source, settings.area), progress=progress)
    _print_compiled(report, as_json)


def _print_compiled(report: CompileReport, as_json: bool) -> None:
    if as_json:
        print_json(report)
    else:
        click.echo(
            f"{plural(report.notices, 'notice')} compiled: "
            f"{plural(report.opportunities, 'opportunity', 'opportunities')} changed, {plural(report.events, 'event')}."
        )
