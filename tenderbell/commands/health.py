"""status: what is healthy, and what needs a human."""

import sqlite3
from datetime import datetime
from typing import Any

import click

from tenderbell import probed
from tenderbell.archive import open_archive
from tenderbell.clock import instant
from tenderbell.commands.options import as_json, open_to_read, print_json, room, with_settings
from tenderbell.compiling.health import health_of
from tenderbell.compiling.silences import silences
from tenderbell.edition import Source
from tenderbell.health import DEGRADED, FAILING, PATIENCE, Standing, is_silence_believed, needs_human, silence_words
from tenderbell.phrases import plural
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.settings import Settings

MOST_UNREADABLE = 20
"""How many unreadable notices the text form lists; the JSON form lists all."""


@click.command()
@as_json
@with_settings
def status(settings: Settings, as_json: bool) -> None:
    """Say what every source, queue and database is doing. Exits 1 when a human must act."""
    found = overview(settings)
    if as_json:
        print_json(found)
    else:
        _print_overview(found)
    click.get_current_context().exit(1 if found["needs"] else 0)


def overview(settings: Settings) -> dict[str, Any]:
    """Return the state of everything; `believed` says in one sentence whether silence can be believed, `needs` lists in
    sentences what a human must do, empty when all is well."""
    now = settings.clock()
    with (
        open_to_read(open_archive, settings.archive_path) as archive,
        open_to_read(open_public, settings.public_path) as public,
    ):
        found: dict[str, Any] = {
            "archive": {**_counts(archive, "notice"), "unreadable": _unreadable_count(archive)},
            "public": {**_counts(public, "opportunity"), **_counts(public, "event")},
            "private": _private(settings),
            "sources": [_source(archive, source, now) for source in settings.edition.sources if source.enabled],
            "not_watched": [
                {"id": source.id, "title": source.title, "home": source.home or source.url}
                for source in settings.edition.sources
                if not source.enabled
            ],
            "silent_buyers": silences(public, now),
            "unreadable_notices": _unreadable(archive),
            "set_aside": [dict(row) for row in public.execute("select process, reason, at from set_aside order by at")],
        }
    standings = [_standing(source) for source in found["sources"]]
    return {
        "believed": silence_words(standings, now),
        "is_believed": is_silence_believed(standings, now),
        **found,
        "needs": _needs(found, now),
    }


def _counts(db: sqlite3.Connection, table: str) -> dict[str, int]:
    plural = "opportunities" if table == "opportunity" else f"{table}s"
    return {plural: int(db.execute(f"select count(*) from {table}").fetchone()[0])}


def _unreadable_count(archive: sqlite3.Connection) -> int:
    return int(archive.execute("select count(*) from notice where unreadable is not null").fetchone()[0])


def _unreadable(archive: sqlite3.Connection) -> list[dict[str, str]]:
    rows = archive.execute(
        "select source, key, fetched_at, unreadable as reason from notice where unreadable is not null "
        "order by number desc"
    )
    return [dict(row) for row in rows]


def _private(settings: Settings) -> dict[str, Any]:
    with open_to_read(open_private, settings.private_path) as private:
        state: dict[str, Any] = room("alerts.queue").status(private)
    return state


def _source(archive: sqlite3.Connection, source: Source, now: datetime) -> dict[str, Any]:
    return {
        "id": source.id,
        "title": source.title,
        **health_of(archive, source.id, now).columns(),
        "facts_changed": probed.changed(archive, source.id),
    }


def _standing(source: dict[str, Any]) -> Standing:
    return Standing(source["title"], source["state"], instant(source["last_run"]), instant(source["last_success"]))


def _needs(found: dict[str, Any], now: datetime) -> list[str]:
    needs = [
        f"{source['id']} has been failing since {source['since']}: {source['message']}"
        for source in found["sources"]
        if source["state"] == FAILING and needs_human(instant(source["last_success"]), now)
    ]
    needs += [
        f"{source['id']} has been degraded since {source['since']}: {source['message']}"
        for source in found["sources"]
        if source["state"] == DEGRADED and now - (instant(source["since"]) or now) > PATIENCE
    ]
    needs += [f"{source['id']}: {fact}" for source in found["sources"] for fact in source["facts_changed"]]
    needs += [
        f"{item['process']} could not be compiled ({item['reason']}). Tell the developers; the rest goes on."
        for item in found["set_aside"]
    ]
    if failed := found["private"]["outbox"]["failed"]:
        needs.append(f"{failed:,} e-mails could not be sent. Check TENDERBELL_MAIL and the mail server's log.")
    return needs


def _print_overview(found: dict[str, Any]) -> None:
    click.echo(found["believed"])
    click.echo("Archive   {notices:,} notices, {unreadable:,} of them unreadable".format(**found["archive"]))
    click.echo("Public    {opportunities:,} opportunities, {events:,} events".format(**found["public"]))
    private = found["private"]
    click.echo("Private   {subscribers:,} subscribers, {profiles:,} profiles, {matches:,} matches".format(**private))
    click.echo("Outbox    {pending:,} pending, {sent:,} sent, {failed:,} failed, {unknown:,} unknown".format(
        **private["outbox"]))  # fmt: skip
    for source in found["sources"]:
        click.echo(f"Source    {_source_line(source)}")
    if found["not_watched"]:
        click.echo(f"Not watched  {', '.join(source['id'] for source in found['not_watched'])}")
    for silence in found["silent_buyers"]:
        click.echo(
            f"Silent    {silence.name}: nothing for {plural(silence.days, 'day')}, "
            f"where {plural(silence.usual_days, 'day')} are usual"
        )
    for item in found["unreadable_notices"][:MOST_UNREADABLE]:
        click.echo(f"Unreadable  {item['source']} {item['key']}: {item['reason']}")
    for need in found["needs"]:
        click.echo(f"Needs you: {need}")


def _source_line(source: dict[str, Any]) -> str:
    """Return a source's state, what its last run did, and what its last comparison showed."""
    last = f", last complete {source['last_success']}" if source["last_success"] else ""
    line = f"{source['id']}: {source['state']}{last}"
    if source["last_run_requests"] is not None:
        line += (
            f"; {plural(source['last_run_requests'], 'request')}, {source['last_run_bytes']:,} bytes, "
            f"{source['last_run_listed']:,} listed, {source['last_run_new']:,} new, "
            f"{source['last_run_changed']:,} changed, {source['last_run_unreadable']:,} unreadable"
        )
    if source["reconciled_at"]:
        line += (
            f"; compared {source['reconciled_at']}: {source['reconciled_missing']:,} of "
            f"{source['reconciled_compared']:,} missing, {source['reconciled_fetched']:,} fetched, "
            f"{source['reconciled_absent']:,} absent"
        )
    return f"{line}. {source['message']}" if source["state"] in (DEGRADED, FAILING) else line
