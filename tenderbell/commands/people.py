"""subscriber: data-subject requests."""

import click

from tenderbell.commands.options import as_json, print_json, room, with_settings
from tenderbell.errors import TenderbellError
from tenderbell.private import open_private
from tenderbell.settings import Settings


class NoSubscriber(TenderbellError):
    """Nothing is kept about an address."""


@click.group()
def subscriber() -> None:
    """Show, export or erase what is kept about one person."""


@subscriber.command("show")
@click.argument("email")
@as_json
@with_settings
def show_(settings: Settings, email: str, as_json: bool) -> None:
    """Show the state of EMAIL and its profiles."""
    record = _record(settings, "show", email)
    if as_json:
        print_json(record)
        return
    for name, value in record.items():
        click.echo(f"{name}: {value}")


@subscriber.command()
@click.argument("email")
@with_settings
def export(settings: Settings, email: str) -> None:
    """Print everything kept about EMAIL as JSON, to hand over on request."""
    print_json(_record(settings, "export", email))


@subscriber.command()
@click.argument("email")
@click.confirmation_option(prompt="This cannot be undone. Erase?")
@with_settings
def erase(settings: Settings, email: str) -> None:
    """Erase everything kept about EMAIL. A list of suppressed addresses keeps only a hash."""
    erased = room("alerts.subjects").erase(open_private(settings.private_path), email, mail=settings.mail)
    if not erased:
        raise NoSubscriber(f"Nothing is kept about {email}.")
    click.echo(f"Everything kept about {email} is erased.")


def _record(settings: Settings, what: str, email: str) -> dict[str, object]:
    record: dict[str, object] | None = getattr(room("alerts.subjects"), what)(
        open_private(settings.private_path), email
    )
    if record is None:
        raise NoSubscriber(f"Nothing is kept about {email}.")
    return record
