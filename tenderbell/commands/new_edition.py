"""new-edition: the files of another county, and what a human must still fill in."""

from pathlib import Path

import click

from tenderbell.commands.options import as_json, print_json
from tenderbell.editions.reference import UnknownPlace
from tenderbell.editions.writing import BadName, EditionExists, Written, write_edition


@click.command("new-edition")
@click.argument("name")
@click.option(
    "--gss",
    required=True,
    metavar="CODE",
    help="The GSS code of a county, unitary or metropolitan area: E10000031.",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write both files there, for example onto the data volume of a container, instead of into the program's tree.",
)
@as_json
def new_edition(name: str, gss: str, into: Path | None, as_json: bool) -> None:
    """Write the area and the edition NAME of another county from the reference tables, and say what to fill in."""
    try:
        written = write_edition(name, gss, into)
    except (BadName, UnknownPlace, EditionExists) as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        print_json(
            {
                "area": str(written.area),
                "edition": str(written.edition),
                "gss": written.place.gss,
                "fill_in": {"area": written.area_todo, "edition": written.edition_todo},
            }
        )
    else:
        click.echo("\n".join(_lines(name, written, into)))


def _lines(name: str, written: Written, into: Path | None) -> list[str]:
    return [
        f"{written.place.name} ({written.place.gss}) was written. What a human must still fill in:",
        f"\n{written.area}",
        *(f"  - {item}" for item in written.area_todo),
        f"\n{written.edition}",
        *(f"  - {item}" for item in written.edition_todo),
        f"\nThen: TENDERBELL_EDITION={written.edition if into else name} tenderbell run",
    ]
