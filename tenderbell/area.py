"""The area that an edition serves, as data: `data/areas/NAME.toml`."""

import re
from functools import cached_property, lru_cache
from pathlib import Path

import msgspec

from tenderbell.errors import SettingError
from tenderbell.tomlfile import read_toml
from tenderbell.words import fold

AREAS = Path(__file__).resolve().parent.parent / "data" / "areas"


class District(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A district of the area: its GSS code, name, short address form and the place names that lie in it."""

    gss: str
    name: str
    slug: str
    places: tuple[str, ...] = ()


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A public body or funder that belongs to the area. `ids` are `SCHEME-ID` strings; `district` is a GSS code when
    it serves one district only; `domains` are its own mail domains; `portal` is where it advertises, in words. With
    `shared` it serves other areas as well: a notice of its that is delivered somewhere else is not local."""

    id: str
    name: str
    ids: tuple[str, ...] = ()
    sort: str = "public body"
    district: str | None = None
    domains: tuple[str, ...] = ()
    postcode: str | None = None
    portal: str | None = None
    names: tuple[str, ...] = ()
    shared: bool = False


class PostcodeDistrict(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An outward code. `partial` when part of it lies outside the area, so that it proves nothing by itself."""

    code: str
    partial: bool = False
    districts: tuple[str, ...] = ()


class Area(msgspec.Struct, forbid_unknown_fields=True, frozen=True, dict=True):
    """The place served. `codes` are the region codes (ITL, NUTS) that lie in it; `regional_codes` and
    `national_codes` the wider ones that contain it, names included; `english_regions` the nine whose union is England.
    With `everything` every notice is local: the national edition. `code` names the agreement on fair commissioning that
    holds there, if one does, and `code_asks` says what it asks of a site like this."""

    id: str
    name: str
    gss: str
    codes: tuple[str, ...]
    regional_codes: tuple[str, ...] = ()
    national_codes: tuple[str, ...] = ()
    english_regions: tuple[str, ...] = ()
    exclude_places: tuple[str, ...] = ()
    everything: bool = False
    code: str | None = None
    code_asks: str | None = None
    places: tuple[str, ...] = ()
    districts: tuple[District, ...] = ()
    postcodes: tuple[PostcodeDistrict, ...] = ()
    bodies: tuple[Body, ...] = ()

    @cached_property
    def body_by_id(self) -> dict[str, Body]:
        """Bodies by each of their `SCHEME-ID` identifiers, upper-case."""
        return {id.upper(): body for body in self.bodies for id in body.ids}

    @cached_property
    def body_by_name(self) -> dict[str, Body]:
        """Bodies by each of their names, as `plain_name` has them."""
        return {plain_name(name): body for body in self.bodies for name in (body.name, *body.names)}

    @cached_property
    def body_by_slug(self) -> dict[str, Body]:
        """Bodies by the id that their page has."""
        return {body.id: body for body in self.bodies}

    @cached_property
    def postcode_by_code(self) -> dict[str, PostcodeDistrict]:
        """Postcode districts by outward code."""
        return {postcode.code: postcode for postcode in self.postcodes}

    @cached_property
    def place_pattern(self) -> re.Pattern[str] | None:
        """Whole-word pattern of every place name, longest first, with the excluded names as the group `not`."""
        names = {*self.places, *(place for district in self.districts for place in (district.name, *district.places))}
        if not names:
            return None
        excluded = _alternatives(self.exclude_places) or "(?!)"
        return re.compile(rf"\b(?:(?P<not>{excluded})|(?P<place>{_alternatives(names)}))\b", re.IGNORECASE)

    @cached_property
    def district_by_place(self) -> dict[str, str]:
        """GSS codes of districts by their place names in lower case."""
        return {
            place.lower(): district.gss for district in self.districts for place in (district.name, *district.places)
        }

    def district(self, name: str) -> District | None:
        """Return the district with this GSS code, slug or name, None when there is none."""
        wanted = name.strip().lower()
        for district in self.districts:
            if wanted in (district.gss.lower(), district.slug, district.name.lower()):
                return district
        return None


_NAME_NOISE = re.compile(r"\b(?:the|limited|ltd|plc|llp|cic)\b|[^a-z0-9 ]+")


@lru_cache(maxsize=8192)
def plain_name(name: str) -> str:
    """Return an organisation's name as it is compared: lower case, "&" as "and", without "the", "limited" and the
    like, punctuation and accents."""
    folded = fold(name).lower().replace("&", " and ")
    return " ".join(_NAME_NOISE.sub(" ", folded.replace("'", "").replace("’", "")).split())


def _alternatives(names: object) -> str:
    return "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(names, key=len, reverse=True))  # type: ignore[call-overload]


def area_path(name: str, beside: Path | None = None) -> Path:
    """Return the file of the area `name`: in the folder `areas/` beside the edition's file if it lies there, else in
    `data/areas`."""
    own = beside.parent / "areas" / f"{name}.toml" if beside else None
    return own if own and own.exists() else AREAS / f"{name}.toml"


def load_area(name: str, beside: Path | None = None) -> Area:
    """Return the area `name`, of an edition whose file is `beside`. Raises SettingError when it is missing or
    misspelt."""
    path = area_path(name, beside)
    try:
        return read_toml(path, Area)
    except FileNotFoundError:
        raise SettingError(f"There is no area {name!r}: {path} does not exist.") from None
