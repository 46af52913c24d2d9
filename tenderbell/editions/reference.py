"""The reference tables from which areas are written: places, outward codes of postcodes, and bodies (`data/*.toml`)."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache

import msgspec

from tenderbell.area import AREAS
from tenderbell.compiling.buyers import slug
from tenderbell.errors import TenderbellError
from tenderbell.tomlfile import read_toml

DATA = AREAS.parent
MOST_ALIKE = 4

REGIONS = {
    "E12000001": "North East",
    "E12000002": "North West",
    "E12000003": "Yorkshire and The Humber",
    "E12000004": "East Midlands",
    "E12000005": "West Midlands",
    "E12000006": "East of England",
    "E12000007": "London",
    "E12000008": "South East",
    "E12000009": "South West",
}
"""The nine English regions by their GSS codes."""


class UnknownPlace(TenderbellError):
    """A GSS code was given that is no county, unitary or metropolitan area of the tables."""


class Council(msgspec.Struct, frozen=True, array_like=True):
    """The name of a council, and its organisation id, "" where none is known."""

    name: str
    id: str


class ReferenceDistrict(msgspec.Struct, frozen=True, array_like=True):
    """A district of an area, with its council."""

    gss: str
    name: str
    council: str
    council_id: str

    @property
    def slug(self) -> str:
        """The short form of the name in addresses."""
        return slug(self.name)


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A county, a unitary or metropolitan area or a London borough, as the head of `data/places.toml` explains."""

    gss: str
    name: str
    region: str
    council: Council
    former: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    shared_codes: tuple[str, ...] = ()
    itl_2025: tuple[str, ...] = ()
    shared_itl_2025: tuple[str, ...] = ()
    districts: tuple[ReferenceDistrict, ...] = ()

    @property
    def is_one(self) -> bool:
        """Whether it is one authority without districts."""
        return not self.districts

    @property
    def parts(self) -> tuple[ReferenceDistrict, ...]:
        """The districts; of one authority, itself."""
        return self.districts or (ReferenceDistrict(self.gss, self.name, self.council.name, self.council.id),)


class PublicBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body besides councils. `areas` are the GSS codes of those it serves."""

    name: str
    sort: str
    areas: tuple[str, ...]
    id: str = ""


class OutwardCode(msgspec.Struct, frozen=True):
    """An outward code, whether part of it lies elsewhere, and the slugs of the districts that it reaches into."""

    code: str
    partial: bool
    districts: tuple[str, ...]


class _Places(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    area: tuple[Place, ...]


class _Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    codes: tuple[str, ...]


class _Bodies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    body: tuple[PublicBody, ...]


@cache
def places() -> tuple[Place, ...]:
    """Return every area of the tables."""
    return read_toml(DATA / "places.toml", _Places).area


def place(gss: str) -> Place:
    """Return the area with a GSS code, its present one or one that it replaced. Raises UnknownPlace, naming those that
    are nearest."""
    wanted = gss.strip().upper()
    found = [one for one in places() if wanted in (one.gss, *one.former)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownPlace(f"{wanted} was divided. Give one of its successors: {_listed(found)}.")
    raise UnknownPlace(f"{gss!r} is no county, unitary or metropolitan area that is known here. {_hint(gss)}")


def _hint(gss: str) -> str:
    wanted = gss.strip().upper()
    county = [one for one in places() for district in one.districts if district.gss == wanted]
    if county:
        return f"It is a district of {_listed(county)}."
    names = {one.name.upper(): one for one in places()}
    alike = [names[name] for name in get_close_matches(wanted, names, n=MOST_ALIKE, cutoff=0.6)]
    if not alike:
        codes = {one.gss: one for one in places()}
        alike = [codes[code] for code in get_close_matches(wanted, codes, n=MOST_ALIKE, cutoff=0)]
    return f"The nearest: {_listed(alike)}."


def _listed(found: Sequence[Place]) -> str:
    return ", ".join(f"{one.gss} {one.name}" for one in found)


def outward_codes(gss: str) -> tuple[OutwardCode, ...]:
    """Return the outward codes of an area, none when the table lacks it."""
    table = read_toml(DATA / "outward_codes.toml", dict[str, _Codes])
    return tuple(_outward(text) for text in table[gss].codes) if gss in table else ()


def _outward(text: str) -> OutwardCode:
    code, *districts = text.split()
    return OutwardCode(code.rstrip("?"), code.endswith("?"), tuple(districts))


def public_bodies(gss: str) -> tuple[PublicBody, ...]:
    """Return the bodies besides councils that serve an area."""
    return tuple(body for body in read_toml(DATA / "public_bodies.toml", _Bodies).body if gss in body.areas)


def names_elsewhere(wanted: Place) -> Iterator[str]:
    """Yield the names of other areas and of their districts."""
    for other in places():
        if other.gss != wanted.gss:
            yield from (other.name, *(district.name for district in other.districts))
