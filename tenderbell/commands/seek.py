"""seek: look for adverts that somebody has reported as missing."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import click

from tenderbell.archive import open_archive
from tenderbell.clock import instant
from tenderbell.commands.options import as_json, open_to_read, print_json, progress, room, with_settings
from tenderbell.compiling import compile_archive
from tenderbell.lookup import look_up
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tenderbell.unlisted import Reason, unlisted

GIVEN_UP = timedelta(days=1)
"""How long a source is asked again that could not be asked, before the operator is."""

NOT_WATCHED = "It is on no source that is watched here, or the link does not say which advert is meant."
NOT_ASKED = "Its source could not be asked for a day: {reason}"
NOT_LISTED = "Its source was asked only for its newest notices, and this is not among them; it may be an older one."
NOT_READ = "Its source has it, but this program could not read it."


@click.command()
@click.argument("reports", nargs=-1, type=int, metavar="[REPORT]...")
@as_json
@with_settings
def seek(settings: Settings, reports: tuple[int, ...], as_json: bool) -> None:
    """Look for adverts that were reported as missing: for REPORT..., or for all that wait.

    A known source is asked now; anything else waits for the operator. Exits 1 when a source could not be asked.
    """
    waiting = [one for one in _due(settings) if not reports or one.id in reports]
    answers = _search(settings, waiting)
    if as_json:
        print_json(answers)
    else:
        for answer in answers:
            click.echo(f"report {answer['report']}: {answer['outcome']}")
    left = any(answer["outcome"] == "waiting" for answer in answers)
    click.get_current_context().exit(1 if left else 0)


def _due(settings: Settings) -> list[Any]:
    with open_to_read(open_private, settings.private_path) as private:
        found: list[Any] = room("alerts.reports").due(private)
    return found


def _search(settings: Settings, waiting: list[Any]) -> list[dict[str, Any]]:
    """Answer what needs no asking, ask the sources of the others, compile, and look again."""
    seeking = room("spiders.seeking")
    places = {report.id: seeking.place_of(settings.edition, report.link) for report in waiting}
    answers = {report.id: _known(settings, report) for report in waiting}
    asked = [report for report in waiting if answers[report.id] is None and places[report.id]]
    if asked:
        sought = seeking.seek(settings, [places[report.id] for report in asked], progress=progress)
        compile_archive(settings, progress=progress)
        for report in asked:
            answers[report.id] = _after(settings, report, sought[places[report.id].source.id])
    for report in waiting:
        if answers[report.id] is None:
            answers[report.id] = _queue(settings, report, NOT_WATCHED)
    return [
        {"report": id, "outcome": answer, "source": places[id].source.id if places[id] else None}
        for id, answer in answers.items()
    ]


def _known(settings: Settings, report: Any) -> str | None:
    """Settle a report of what is here, or known not to be ours, and return the outcome; None when it is neither."""
    with (
        open_to_read(open_public, settings.public_path) as public,
        open_to_read(open_archive, settings.archive_path) as held,
    ):
        if found := look_up(public, report.link):
            return _settle(settings, report, "found", found.id)
        return _archived(settings, public, held, report)


def _archived(settings: Settings, public: sqlite3.Connection, held: sqlite3.Connection, report: Any) -> str | None:
    found = unlisted(settings, public, held, report.link)
    if found is None or found.reason is Reason.NEW:
        return None
    if found.reason is Reason.UNREADABLE:
        return _queue(settings, report, NOT_READ)
    return _settle(settings, report, str(found.reason))


def _after(settings: Settings, report: Any, sought: Any) -> str:
    """Return the outcome of a report whose source was asked."""
    if outcome := _known(settings, report):
        return outcome
    if sought.silence_tells:
        return _settle(settings, report, "absent")
    if sought.clean:
        return _queue(settings, report, NOT_LISTED)
    asked = instant(report.asked_at)
    if asked and asked + GIVEN_UP <= settings.clock():
        return _queue(settings, report, NOT_ASKED.format(reason=sought.reason))
    return "waiting"


def _settle(settings: Settings, report: Any, outcome: str, opportunity: str | None = None) -> str:
    with closing(open_private(settings.private_path)) as private:
        room("alerts.reports").settle(private, report.id, outcome, settings.clock(), opportunity=opportunity)
    return outcome


def _queue(settings: Settings, report: Any, why: str) -> str:
    with closing(open_private(settings.private_path)) as private:
        room("alerts.reports").queue(private, report.id, why, settings.clock())
    return "queued"
