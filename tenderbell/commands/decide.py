"""review: what waits for the operator's decision."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from tenderbell import review as reviewing
from tenderbell.archive import open_archive
from tenderbell.commands.options import as_json, open_to_read, print_json, room, with_settings
from tenderbell.decisions import Verdict
from tenderbell.phrases import plural
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.settings import Settings


@click.group()
def review() -> None:
    """Decide what only a human can: does it concern the area, are two the same, does a page say something new, may an
    advert or a reply be published, for whom does an address speak, what became of a report?"""


@review.command("list")
@as_json
@with_settings
def list_(settings: Settings, as_json: bool) -> None:
    """List what waits for a decision. Exits 0, also when something waits."""
    with _databases(settings) as (archive, public):
        found = [*reviewing.waiting(archive, public, settings.edition), *_matters(settings)]
    if as_json:
        print_json(found)
        return
    for item in found:
        who = f"{item.buyer or 'buyer not stated'}: " if item.sort in ("place", "join") else ""
        question = item.question.replace("\n", "\n    ")
        click.echo(f"{item.id}  {item.title}\n    {who}{question}")
    click.echo(
        f"{len(found)} waiting. Decide with: tenderbell review accept ID, or reject ID."
        if found
        else "Nothing waits for a decision."
    )


@review.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--body", metavar="BODY", help="For a new address: the id of the body for which it may speak.")
@with_settings
def accept(settings: Settings, ids: tuple[str, ...], body: str | None) -> None:
    """Answer yes: it concerns the area, the two are the same, it may be published, it has been dealt with. Pages follow
    at the next compile."""
    _decide(settings, ids, Verdict.ACCEPT, body)


@review.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_settings
def reject(settings: Settings, ids: tuple[str, ...]) -> None:
    """Answer no. It is no longer listed for review, and two that were kept apart are never joined."""
    _decide(settings, ids, Verdict.REJECT)


@review.command()
@as_json
@with_settings
def joined(settings: Settings, as_json: bool) -> None:
    """List the pages that hold what several adverts said, with their notices and why they were taken for one."""
    with _databases(settings) as (archive, public):
        found = list(reviewing.joined(archive, public))
    if as_json:
        print_json(found)
        return
    for page in found:
        _print_joined(page)
    click.echo(
        f"{plural(len(found), 'page')}. Take a notice out with: tenderbell review separate NOTICE."
        if found
        else "No page holds more than one process."
    )


def _print_joined(page: reviewing.JoinedPage) -> None:
    click.echo(f"{page.id}  {page.title}\n    {page.buyer or 'buyer not stated'}")
    for process in page.processes:
        click.echo("    " + ", ".join(f"{notice.key} ({notice.source})" for notice in process.notices))
    for bond in page.bonds:
        click.echo(f"    {bond.evidence}")


@review.command()
@click.argument("names", nargs=-1, required=True, metavar="NOTICE...")
@with_settings
def separate(settings: Settings, names: tuple[str, ...]) -> None:
    """Take notices out of the page that they share with others, for good.

    NOTICE is a notice's number or key as `review joined` or the page lists it, or the address part of a page that now
    leads to another. Each gets its own page at the next compile, at the address that it had, and nobody is alerted.
    """
    with _databases(settings) as (archive, public):
        for name in names:
            count = reviewing.separate(archive, public, name, settings.clock())
            click.echo(f"{name}: parted from {plural(count, 'other process', 'other processes')}.")


@review.command()
@click.argument("one", metavar="NOTICE")
@click.argument("other", metavar="NOTICE")
@with_settings
def join(settings: Settings, one: str, other: str) -> None:
    """Make one page of two, for good, at the next compile: the page that was published first stays."""
    with _databases(settings) as (archive, public):
        reviewing.join(archive, public, one, other, settings.clock())
    click.echo(f"{one} and {other} are one from the next compile on.")


@review.command()
@as_json
@with_settings
def published(settings: Settings, as_json: bool) -> None:
    """List the adverts and replies that were written here and stand on the site now."""
    with open_to_read(open_private, settings.private_path) as private:
        found = [
            *({"id": f"advert-{one.id}", "body": one.body, "words": one.advert.title}
              for one in room("alerts.written").published(private)),
            *({"id": f"reply-{one.id}", "body": one.buyer, "words": one.words}
              for one in room("alerts.answers").published(private)),
        ]  # fmt: skip
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one['id']}  {one['body']}: {one['words']}")
    click.echo(f"{len(found)} published. Take one down with: tenderbell review withdraw ID.")


@review.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_settings
def withdraw(settings: Settings, ids: tuple[str, ...]) -> None:
    """Take down adverts (advert-N) and replies (reply-N) that were written here, as `review published` lists them. The
    page of an advert stays and says that it was withdrawn."""
    withdrawing = {"advert": room("alerts.publishing").withdraw, "reply": room("alerts.answers").withdraw}
    with closing(open_private(settings.private_path)) as private:
        for id in ids:
            sort, _, number = id.partition("-")
            is_number = number.isascii() and number.isdigit() and len(number) < 16
            if not is_number or sort not in withdrawing or not withdrawing[sort](
                private, settings, int(number), settings.clock()
            ):  # fmt: skip
                raise reviewing.NothingToDecide(f"{id}: nothing to take down. `tenderbell review published` lists all.")
            click.echo(f"{id}: withdrawn. The pages change at the next compile.")


@review.command()
@click.argument("who", metavar="EMAIL|DOMAIN")
@with_settings
def revoke(settings: Settings, who: str) -> None:
    """Let an address, or all of a mail domain, speak for no commissioner any more. What it has published stays:
    `review withdraw` takes it down. When it comes again, you are asked."""
    with closing(open_private(settings.private_path)) as private:
        count = room("alerts.contacts").revoke(private, who, settings.clock())
    if not count:
        raise reviewing.NothingToDecide("No contact has this address or mail domain.")
    click.echo(f"Revoked for {plural(count, 'contact')}: links that were sent are worthless.")


@contextmanager
def _databases(settings: Settings) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    with (
        closing(open_archive(settings.archive_path)) as archive,
        open_to_read(open_public, settings.public_path) as public,
    ):
        yield archive, public


def _decide(settings: Settings, ids: tuple[str, ...], verdict: Verdict, body: str | None = None) -> None:
    """Decide about each, or about none when one does not wait for it. What was asked by e-mail too is closed there."""
    numbers = {id: _number(settings, id) for id in ids if id.startswith(MATTER)}
    others = tuple(id for id in ids if id not in numbers)
    if others:
        with _databases(settings) as (archive, public):
            reviewing.decide(archive, public, settings.edition, others, verdict, settings.clock())
    if settings.private_path.exists():
        with closing(open_private(settings.private_path)) as private:
            for id in others:
                room("alerts.desk").close_subject(private, id, verdict, settings.clock())
            for number in numbers.values():
                room("alerts.deciding").decide(private, settings, number, verdict, settings.clock(), body=body)
    for id in ids:
        click.echo(f"{id}: {verdict}. The pages change at the next compile.")


MATTER = "matter-"
"""What the ids begin with of things that were written here or reported."""


def _number(settings: Settings, id: str) -> int:
    """Return the number of an open matter. Raises NothingToDecide when there is none such."""
    number = id.removeprefix(MATTER)
    if number.isascii() and number.isdigit() and len(number) < 16 and settings.private_path.exists():
        with closing(open_private(settings.private_path)) as private:
            asked = room("alerts.desk").find(private, int(number))
        if asked is not None and asked.decided_at is None:
            return int(number)
    raise reviewing.NothingToDecide(f"{id}: no decision is waited for. `tenderbell review list` shows what waits.")


def _matters(settings: Settings) -> list[reviewing.Item]:
    """Return what was written here or reported and waits for a decision; the rest stands in the list by itself."""
    if not settings.private_path.exists():
        return []
    desk = room("alerts.desk")
    with closing(open_private(settings.private_path)) as private:
        matters = [asked for asked in desk.open_matters(private) if asked.sort not in desk.OF_THE_ARCHIVE]
    return [
        reviewing.Item(
            id=f"{MATTER}{asked.id}",
            sort=str(asked.sort),
            title=asked.name,
            buyer=None,
            question=asked.question,
            link=None,
        )
        for asked in matters
    ]
