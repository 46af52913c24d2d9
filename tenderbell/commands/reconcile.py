"""reconcile: what the sources list of their own against what was collected."""

from datetime import datetime, timedelta
from typing import Any

import click

from tenderbell.commands.options import Instant, as_json, print_json, progress, resolved, room, with_settings
from tenderbell.phrases import plural
from tenderbell.settings import Settings

MOST_LISTED = 20
"""How many differences the text form lists; the JSON form lists all."""


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--since", type=Instant(), metavar="WHEN", help="From when on, as for harvest. By default yesterday.")
@click.option("--until", type=Instant(), metavar="WHEN", help="Up to when.")
@as_json
@with_settings
def reconcile(
    settings: Settings,
    sources: tuple[str, ...],
    since: datetime | timedelta | None,
    until: datetime | timedelta | None,
    as_json: bool,
) -> None:
    """Compare what was collected with what a source itself lists, and fetch what is missing.

    Without SOURCE, every source that can be compared: Find a Tender by its unbroken numbers, others by their lists of a
    day. Exits 1 when a comparison did not finish.
    """
    start, end = resolved(since, settings.clock()), resolved(until, settings.clock())
    if start and end and start >= end:
        raise click.UsageError("--since must be earlier than --until.")
    reports = room("spiders.reconciling").reconcile(settings, sources, since=start, until=end, progress=progress)
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            click.echo(reconcile_line(report))
        if not reports:
            click.echo("No source of this edition has a list to be compared with.")
    click.get_current_context().exit(0 if all(report.finished for report in reports) else 1)


def reconcile_line(report: Any) -> str:
    """Return what a comparison has shown, in one line."""
    rest = report.missing - report.fetched - report.absent
    found = (
        f"{report.source}: {plural(report.compared, 'notice')} compared, {report.missing:,} missing, "
        f"{report.fetched:,} of them fetched, {report.absent:,} absent there too, {rest:,} still missing"
    )
    listed = ", ".join(report.differences[:MOST_LISTED])
    more = f" and {len(report.differences) - MOST_LISTED:,} more" if len(report.differences) > MOST_LISTED else ""
    ending = "" if report.finished else f" Not finished: {report.reason}"
    return f"{found}{f' ({listed}{more})' if listed else ''}.{ending}"
