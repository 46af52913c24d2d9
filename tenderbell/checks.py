"""What an edition and its area must agree on, before any work begins."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from itertools import takewhile

import click

from tenderbell.area import Area, area_path
from tenderbell.edition import Edition, Job, Source, edition_path
from tenderbell.errors import SettingError
from tenderbell.settings import Settings
from tenderbell.timetable import trigger
from tenderbell.tomlfile import shown

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
"""What looks like the id of a body rather than a name."""


def check(settings: Settings) -> None:
    """Read the edition and its area. Raises SettingError with a line for each mistake, naming the file and the key."""
    edition, file = settings.edition, shown(edition_path(settings.edition_name))
    area_file = area_path(edition.area, edition_path(settings.edition_name))
    if not area_file.exists():
        raise SettingError(f"{file}: area names {edition.area!r}, but {shown(area_file)} does not exist.")
    problems = [
        *(f"{file}: {problem}" for problem in (*_sources(edition, settings.area), *_jobs(edition))),
        *(f"{shown(area_file)}: {problem}" for problem in _area(settings.area, edition.area)),
    ]
    if problems:
        raise SettingError("\n".join(problems))


def _sources(edition: Edition, area: Area) -> Iterator[str]:
    yield from _repeated("source", [source.id for source in edition.sources])
    problems_with = import_module("spiders.registry").problems_with
    for source in edition.sources:
        yield from problems_with(source, area)
        yield from _buyer(source, area)


def _buyer(source: Source, area: Area) -> Iterator[str]:
    """A buyer is a body's id or any name, so a misspelt id would go on every page as a name."""
    if source.buyer is None or not _SLUG.fullmatch(source.buyer) or source.buyer in area.body_by_slug:
        return
    alike = get_close_matches(source.buyer, area.body_by_slug, n=1)
    hint = f"did you mean {alike[0]!r}?" if alike else "give the id of one, or a name as it is written."
    yield f"source {source.id}: buyer names {source.buyer!r}, which is no body of the area; {hint}"


def _jobs(edition: Edition) -> Iterator[str]:
    yield from _repeated("job", [job.id for job in edition.jobs])
    known = [source.id for source in edition.sources]
    for job in edition.jobs:
        try:
            trigger(job)
        except SettingError as error:
            yield str(error)
        if problem := _command(job):
            yield f"job {job.id}: command {' '.join(job.command)!r} cannot be run: {problem}"
        for source in _named(job):
            if source not in known:
                yield f"job {job.id}: command names the source {source!r}; the edition has {', '.join(known)}."


def _command(job: Job) -> str | None:
    """Return why a command cannot be typed like this, None when it can."""
    cli: click.Group = import_module("tenderbell.cli").cli
    if not job.command or job.command[0] not in cli.commands:
        return f"the commands are {', '.join(cli.commands)}."
    name, *words = job.command
    try:
        # Below the group, as it is typed: a command keeps the help option of its first context.
        cli.commands[name].make_context(name, words, parent=click.Context(cli, **cli.context_settings))
    except click.ClickException as error:
        return error.format_message()
    return None


def _named(job: Job) -> Iterator[str]:
    if job.command[:1] in (("harvest",), ("reconcile",), ("probe",)):
        yield from takewhile(lambda word: not word.startswith("-"), job.command[1:])


def _area(area: Area, name: str) -> Iterator[str]:
    if area.id != name:
        yield f"id must be the file's name, {name!r}, not {area.id!r}."
    for postcode in area.postcodes:
        yield from _unknown(area, f"postcodes {postcode.code}: districts", postcode.districts)
    for body in area.bodies:
        yield from _unknown(area, f"bodies {body.id}: district", (body.district,) if body.district else ())


def _unknown(area: Area, key: str, districts: tuple[str, ...]) -> Iterator[str]:
    for name in districts:
        if area.district(name) is None:
            known = ", ".join(district.slug for district in area.districts)
            yield f"{key} names {name!r}, which is no district of the area; it has {known}."


def _repeated(what: str, ids: list[str]) -> Iterator[str]:
    for id in sorted({id for id in ids if ids.count(id) > 1}):
        yield f"{what} {id}: this id is given more than once."
