"""preview: the e-mail that would go to a profile, or for a search, without sending or writing anything."""

import click

from tenderbell.commands.options import as_json, print_json, room, with_settings
from tenderbell.settings import Settings


@click.command()
@click.argument("profile", required=False, type=click.IntRange(min=1))
@click.option("--criteria", help='A search instead of a profile, as in its address: "kind=grant&q=youth".')
@click.option("--text/--html", "as_text", default=True, help="The text of the e-mail, or its HTML. Default: text.")
@as_json
@with_settings
def preview(settings: Settings, profile: int | None, criteria: str | None, as_text: bool, as_json: bool) -> None:
    """Show the e-mail that would go to PROFILE (its number) now. Sends nothing and writes nothing.

    What waits for the profile; if nothing does, the latest that its search found. The links to manage alerts are only
    for show.
    """
    if (profile is None) == (criteria is None):
        raise click.UsageError("Give the number of a PROFILE, or --criteria with a search.")
    room_of_previews = room("alerts.preview")
    if profile is not None:
        found = room_of_previews.of_profile(settings, profile)
    else:
        found = room_of_previews.of_criteria(settings, criteria)
    if as_json:
        print_json(found)
        return
    click.echo(found.note, err=not as_text)
    if as_text and found.subject:
        click.echo(f"\nSubject: {found.subject}\n")
    if found.subject:
        click.echo(found.text if as_text else found.html)
