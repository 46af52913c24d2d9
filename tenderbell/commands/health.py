"""status: what is healthy, and what needs a human."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from typing import Any

import click
import msgspec

from tenderbell import probed, reconciliations, review
from tenderbell.archive import open_archive
from tenderbell.clock import instant, stamp
from tenderbell.commands.options import as_json, open_to_read, print_json, room, with_settings
from tenderbell.compiling.health import health_of
from tenderbell.edition import Source
from tenderbell.errors import TenderbellError
from tenderbell.health import DEGRADED, FAILING, PATIENCE, Standing, is_silence_believed, needs_human, silence_words
from tenderbell.keeping import facts
from tenderbell.phrases import moment_words, plural, since_words
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.replicas.standing import standing
from tenderbell.runs import unfolded
from tenderbell.settings import Settings
from tenderbell.silences import silences
from tenderbell.troubles import troubles

MOST_UNREADABLE = 20
"""How many unreadable notices the text form lists; the JSON form lists all."""

MOST_MISSING = 5
"""How many notices that are missing a sentence names."""


@click.command()
@as_json
@with_settings
def status(settings: Settings, as_json: bool) -> None:
    """Say what every source, queue and database is doing. Exits 1 when a human must act."""
    if settings.writer is not None:
        _say_how_it_follows(settings, as_json=as_json)
        return
    try:
        found = overview(settings)
    except (sqlite3.DatabaseError, OSError, TenderbellError):
        if not _say_what_is_left(settings, as_json=as_json):
            raise
        return
    if as_json:
        print_json(found)
    else:
        for line in _lines(found, settings.clock()):
            click.echo(line)
    click.get_current_context().exit(1 if found["needs"] else 0)


def _say_how_it_follows(settings: Settings, *, as_json: bool) -> None:
    """Say how old the copy is on a machine that follows a writer, and exit with 1 when a human must act."""
    found, needs = standing(settings, settings.clock()), [one.words for one in troubles(settings)]
    if as_json:
        age = found.age.total_seconds() if found and found.age is not None else None
        silent = stamp(found.writer_silent_since) if found and found.writer_silent_since else None
        copy = {"writer": settings.writer, "age_seconds": age, "writer_silent_since": silent}
        print_json({"copy": copy, "needs": needs})
    else:
        for line in [*(f"Needs you: {need}" for need in needs), found.words if found else ""]:
            click.echo(line)
    click.get_current_context().exit(1 if needs else 0)


def _say_what_is_left(settings: Settings, *, as_json: bool) -> bool:
    """Say what stands in the way when the databases themselves cannot be read, and exit with 1. Return whether it is
    known."""
    found = troubles(settings)
    needs = [one.words for one in found]
    if not any(one.waits for one in found):
        return False
    if as_json:
        print_json({"troubles": found, "needs": needs})
    else:
        for need in needs:
            click.echo(f"Needs you: {need}")
    click.get_current_context().exit(1)
    return True


def overview(settings: Settings) -> dict[str, Any]:
    """Return the state of everything; `believed` says in one sentence whether silence can be believed (and how many
    places are not watched), `needs` lists in sentences what a human must do, empty when all is well, and `waiting`
    counts what `review list` lists."""
    now = settings.clock()
    with (
        open_to_read(open_archive, settings.archive_path) as archive,
        open_to_read(open_public, settings.public_path) as public,
    ):
        found: dict[str, Any] = {
            "archive": {**_counts(archive, "notice"), "unreadable": _unreadable_count(archive)},
            "public": {**_counts(public, "opportunity"), **_counts(public, "event")},
            **_private(settings, public, now),
            "sources": [_source(archive, source, now) for source in settings.edition.sources if source.enabled],
            "not_watched": [
                {"id": source.id, "title": source.title, "home": source.home or source.url}
                for source in settings.edition.sources
                if not source.enabled
            ],
            "silent_buyers": silences(public, now),
            "unreadable_notices": _unreadable(archive),
            "set_aside": [dict(row) for row in public.execute("select process, reason, at from set_aside order by at")],
            "waiting": _waiting(settings, public),
            "troubles": [msgspec.structs.asdict(one) for one in troubles(settings)],
            "keeping": facts.keeping(settings).columns(),
        }
    standings = [_standing(source) for source in found["sources"]]
    return {
        "believed": silence_words(standings, now, len(found["not_watched"])),
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


def _private(settings: Settings, public: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    """Return the state of `private.db` and the `alarms` that are on now. The file is brought up to date before, where
    the disk can be written."""
    with suppress(sqlite3.OperationalError, OSError):
        open_private(settings.private_path).close()
    queue = room("alerts.queue")
    with open_to_read(open_private, settings.private_path) as private:
        return {
            "private": {**queue.status(private, now), "canary": queue.canary_status(private, settings, now)},
            "alarms": queue.alarms(private, public, settings, now),
        }


def _source(archive: sqlite3.Connection, source: Source, now: datetime) -> dict[str, Any]:
    return {
        "id": source.id,
        "title": source.title,
        **health_of(archive, source.id, now).columns(),
        "facts_changed": probed.changed(archive, source.id),
        "still_missing": reconciliations.still_missing(archive, source.id),
    }


def _waiting(settings: Settings, public: sqlite3.Connection) -> int:
    """Return how many decisions wait. The first to ask makes the tables of decisions, so this is no read-only
    connection; after that it writes nothing. On a disk that takes nothing there is more to do than to decide."""
    try:
        with closing(open_archive(settings.archive_path)) as archive:
            return len(review.waiting(archive, public, settings.edition))
    except (sqlite3.OperationalError, OSError):
        return 0


def _standing(source: dict[str, Any]) -> Standing:
    return Standing(source["title"], source["state"], instant(source["last_run"]), instant(source["last_success"]))


def _needs(found: dict[str, Any], now: datetime) -> list[str]:
    wrong = {state: _wrong(found["sources"], state, now) for state in (FAILING, DEGRADED)}
    needs = [
        f"{source['id']} has been {state} since {_since(source, now)}: {source['message']}"
        for state, sources in wrong.items()
        for source in sources
    ]
    needs += [f"{source['id']}: {fact}" for source in found["sources"] for fact in source["facts_changed"]]
    needs += [_missing_words(source) for source in found["sources"] if source["still_missing"]]
    needs += [
        f"{item['process']} could not be compiled ({item['reason']}). Tell the developers; the rest goes on."
        for item in found["set_aside"]
    ]
    if failed := found["private"]["outbox"]["failed_week"]:
        needs.append(
            f"{plural(failed, 'e-mail')} could not be sent in the last seven days. Check TENDERBELL_MAIL and the mail "
            "server's log."
        )
    said = {f"source {source['id']}" for sources in wrong.values() for source in sources}
    return needs + [alarm["words"] for alarm in found["alarms"] if alarm["subject"] not in said]


def _wrong(sources: list[dict[str, Any]], state: str, now: datetime) -> list[dict[str, Any]]:
    """Return the sources that have been in a bad state for so long that a human should look."""
    if state == FAILING:
        return [one for one in sources if one["state"] == FAILING and needs_human(instant(one["last_success"]), now)]
    return [one for one in sources if one["state"] == state and now - (instant(one["since"]) or now) > PATIENCE]


def _since(source: dict[str, Any], now: datetime) -> str:
    since = instant(source["since"])
    return since_words(since, now) if since else "some time"


def _missing_words(source: dict[str, Any]) -> str:
    keys = source["still_missing"]
    named = ", ".join(keys[:MOST_MISSING])
    more = f" and {len(keys) - MOST_MISSING:,} more" if len(keys) > MOST_MISSING else ""
    were = "was" if len(keys) == 1 else "were"
    return (
        f"{source['id']}: {plural(len(keys), 'notice')} {were} missing at the last two comparisons and could not be "
        f"fetched ({named}{more}). Look there, and tell the developers."
    )


def _lines(found: dict[str, Any], now: datetime) -> Iterator[str]:
    """Yield the text form: the sentence, what needs somebody, the counts, the sources, and the longest lists last."""
    yield found["believed"]
    for need in found["needs"]:
        yield f"Needs you: {need}"
    for trouble in found["troubles"]:
        if not any(need.startswith(trouble["what"]) for need in found["needs"]):
            yield f"Trouble   {trouble['what']} {trouble['means']}"
    yield from _counts_lines(found)
    yield from facts.lines(msgspec.convert(found["keeping"], facts.Keeping))
    for source in found["sources"]:
        yield f"Source    {_source_line(source, now)}"
    if found["not_watched"]:
        yield f"Not watched  {', '.join(source['id'] for source in found['not_watched'])}"
    for silence in found["silent_buyers"]:
        yield (
            f"Silent    {silence.name}: nothing for {plural(silence.days, 'day')}, "
            f"where {plural(silence.usual_days, 'day')} are usual"
        )
    for item in found["unreadable_notices"][:MOST_UNREADABLE]:
        yield f"Unreadable  {item['source']} {item['key']}: {item['reason']}"


def _counts_lines(found: dict[str, Any]) -> Iterator[str]:
    private = found["private"]
    yield "Archive   {notices:,} notices, {unreadable:,} of them unreadable".format(**found["archive"])
    yield "Public    {opportunities:,} opportunities, {events:,} events".format(**found["public"])
    yield "Private   {subscribers:,} subscribers, {profiles:,} profiles, {matches:,} matches".format(**private)
    yield "Outbox    {pending:,} pending, {sent:,} sent, {failed:,} failed, {unknown:,} unknown".format(
        **private["outbox"]
    )
    yield from _sending_lines(private["outbox"])
    if (canary := private["canary"])["on"]:
        sent = instant(canary["last_sent"])
        yield f"Canary    {f'last sent at {moment_words(sent)}' if sent else 'nothing sent yet'}"
    if waiting := found["waiting"]:
        yield f"Review    {plural(waiting, 'decision')} {'waits' if waiting == 1 else 'wait'}: `tenderbell review list`"


def _sending_lines(outbox: dict[str, Any]) -> Iterator[str]:
    """Yield how sending goes, and since when the oldest message waits."""
    oldest = instant(outbox["oldest"])
    waits = f"; the oldest has waited since {moment_words(oldest)}" if oldest else ""
    yield (
        f"Sending   {outbox['due']:,} due, {outbox['deferred']:,} deferred{waits}; {outbox['sent_day']:,} sent in 24 "
        f"hours, {outbox['sent_week']:,} in seven days"
    )
    yield f"Bounces   {outbox['bounce_rate']:.1%} in seven days; {outbox['suppressed']:,} addresses not written to"


def _source_line(source: dict[str, Any], now: datetime) -> str:
    """Return a source's state and since when; when something is wrong, also why, and what its last run and its last
    comparison did."""
    success = instant(source["last_success"])
    if source["state"] not in (DEGRADED, FAILING):
        return f"{source['id']}: {source['state']}{f', checked at {moment_words(success)}' if success else ''}"
    done = unfolded(source)
    details = [f"last checked in full at {moment_words(success)}" if success else "never checked in full"]
    details += [f"last try: {done.run.words}"] if done.run else []
    details += [f"compared: {done.reconciled.words}"] if done.reconciled else []
    told = "; ".join(details)
    return (
        f"{source['id']}: {source['state']} since {_since(source, now)}. {source['message']} "
        f"{told[0].upper()}{told[1:]}."
    )
