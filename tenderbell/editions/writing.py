"""Writes another county: its area, and its edition with the national sources on and portals off."""

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from tenderbell.area import AREAS
from tenderbell.edition import SCHEDULES
from tenderbell.editions.area_file import area_toml, comment_lines
from tenderbell.editions.reference import DATA, Place, place
from tenderbell.editions.remaining import of_area, of_schedule
from tenderbell.errors import TenderbellError

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class BadName(TenderbellError):
    """A name was given that no edition can have."""


class EditionExists(TenderbellError):
    """An edition or an area of this name is there already. Nothing is ever overwritten."""


@dataclass(frozen=True, slots=True)
class Written:
    """Where the files lie, of which place they are, and what a human must still fill in, by file."""

    place: Place
    area: Path
    edition: Path
    area_todo: tuple[str, ...]
    edition_todo: tuple[str, ...]


def write_edition(name: str, gss: str, into: Path | None = None) -> Written:
    """Write `schedules/NAME.toml` and `data/areas/NAME.toml`, or `NAME.toml` and `areas/NAME.toml` in a folder.

    Raises BadName, UnknownPlace and EditionExists, and then writes nothing.
    """
    _check_name(name)
    found = place(gss)
    edition = (into or SCHEDULES) / f"{name}.toml"
    area = (into / "areas" if into else AREAS) / f"{name}.toml"
    for path in (edition, area):
        if path.exists():
            raise EditionExists(f"{path} exists already. Choose another name, or move it away: nothing is overwritten.")
    written = Written(found, area, edition, tuple(of_area(found, gss.strip())), tuple(of_schedule()))
    _write(area, area_toml(name, found, written.area_todo))
    try:
        _write(edition, edition_toml(name, written))
    except OSError:
        area.unlink()
        raise
    return written


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > 60:
        raise BadName(
            f"{name!r} is no name for an edition. Give lower-case letters, digits and hyphens: north-yorkshire."
        )
    if name == "demo":
        raise BadName("'demo' is the demonstration's own name. Choose another one.")


def edition_toml(name: str, written: Written) -> str:
    """Return the text of the edition's file."""
    todo = "\n".join(comment_lines(written.edition_todo)).removeprefix("# ")
    text = Template((DATA / "new_edition.toml").read_text("utf-8"))
    title = f"{written.place.name} Opportunities"
    return text.substitute(id=name, title=title, area_name=written.place.name, todo=todo)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
