"""Who plays whom: the sample notices, written for Gloucestershire, placed in the districts and bodies of any area."""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import chain, cycle, zip_longest
from pathlib import Path
from typing import Any

import msgspec

from schedules.sample_types import Buyer
from tenderbell.area import Area, Body, load_area
from tenderbell.editions.reference import REGIONS

SAMPLES = Path(__file__).resolve().parent.parent / "data" / "samples"
HOME = "gloucestershire"
"""The area that the samples are written for."""

HOME_CODE = "UKK13"
DISTRICT_ROLES = ("gloucester", "cheltenham", "stroud", "cotswold", "forest", "tewkesbury")
"""The bodies that serve one district, in the order in which an area's own take their places."""

ROLES = {
    "icb": "NHS",
    "hospitals": "NHS",
    "managed-services": "NHS",
    "health-and-care": "NHS",
    "pcc": "police",
    "university": "university",
    "landlord": "housing association",
}
"""The sort of body that plays each other role of the county."""

INVENTED = (
    "Upper Wallbrook",
    "Nether Wallbrook",
    "Wallbrook Cross",
    "Wallbrook Green",
    "Wallbrook Mill",
    "Wallbrook Heath",
    "Wallbrook End",
    "Wallbrook Bridge",
)
"""Places for an area whose file names too few."""

NOWHERE = "ZZ9 9ZZ"
PORTAL = "https://procontract.due-north.com"
PHRASES = (
    ("Severn and Wold", "Vale and Wold"),
    ("the north Cotswolds", "the villages in the hills"),
    ("the Promenade and Sandford Park", "the High Street and the park"),
    ("Shire Hall", "the council's offices"),
    ("https://www.stroud.gov.uk", "https://council.example"),
    ("procontract-south-west", "procontract"),
    ("in-tend-publicagroup", "in-tend"),
    ("stroud-grants", "council-grants"),
)
"""What is said of Gloucestershire without naming a place of its file."""

_POSTCODE = re.compile(r"GL(\d+) ?(\d[A-Z]{2})")


class Cast:
    """How the samples are told of one area: of Gloucestershire, and of an edition that holds everything, unchanged."""

    def __init__(self, area: Area) -> None:
        self.area = area
        self.is_home = area.id == HOME or area.everything

    def told(self, value: Any) -> Any:
        """Return a value of a sample file as it is told of the area: every text in it, whatever holds it."""
        if self.is_home:
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {key: self.told(one) for key, one in value.items()}
        return [self.told(one) for one in value] if isinstance(value, list) else value

    def buyers(self, home: dict[str, Buyer]) -> dict[str, Buyer]:
        """Return the publishing bodies by the names that processes use: the county's are played by the area's own."""
        if self.is_home:
            return home
        return {role: self._player(role, buyer) for role, buyer in home.items()}

    def body_name(self, role: str) -> str:
        """Return what an edition calls the body that plays a role: its id in the area, or its name."""
        body = self._bodies.get(role)
        if body and not self.is_home:
            return body.id
        name = _home_buyers()[role].name
        home = next((one for one in self.area.bodies if one.name == name), None)
        return home.id if home else name

    def _player(self, role: str, buyer: Buyer) -> Buyer:
        told = msgspec.convert(self.told(msgspec.to_builtins(buyer)), Buyer)
        body = self._bodies.get(role)
        if body is None:
            return told
        return msgspec.structs.replace(
            told,
            name=body.name,
            id=body.ids[0] if body.ids else invented_id(body.id),
            more_ids=(),
            street="1 High Street",
            locality=self.towns[0],
            postcode=body.postcode or self._postcode(1, "9ZZ"),
            url=f"https://www.{body.domains[0]}" if body.domains else None,
            portal=told.portal and PORTAL,
        )

    @cached_property
    def _bodies(self) -> dict[str, Body]:
        """The body of the area that plays each role."""
        councils = [body for body in self.area.bodies if body.sort == "council"]
        towns = [body for body in self.area.bodies if body.sort == "town council"]
        whole = [body for body in councils if body.district is None] or councils or [self._invented("council")]
        small = [*(body for body in councils if body not in whole), *towns] or whole
        found = {"county": whole[0], **dict(zip(DISTRICT_ROLES, cycle(small), strict=False))}
        for sort in dict.fromkeys(ROLES.values()):
            roles = [role for role, wanted in ROLES.items() if wanted == sort]
            found |= zip(roles, cycle(self._of_sort(sort)), strict=False)
        return found

    def _of_sort(self, sort: str) -> list[Body]:
        found = [body for body in self.area.bodies if body.sort == sort] or [self._invented(sort)]
        return sorted(found, key=lambda body: "Integrated Care Board" not in body.name)

    def _invented(self, sort: str) -> Body:
        """Return a body that the area's file lacks."""
        return Body(f"sample-{sort.lower().replace(' ', '-')}", f"Sample {sort} of {self.area.name}", sort=sort)

    @cached_property
    def towns(self) -> tuple[str, ...]:
        """The names of the area that take the places of the county's: districts if it has several, then places."""
        several = [district.name for district in self.area.districts] if len(self.area.districts) > 1 else []
        rounds = zip_longest(*(district.places for district in self.area.districts))
        names = [*several, *(name for name in chain.from_iterable(rounds) if name)]
        spelt = {name.replace("-", " ").replace("'", "").lower(): name for name in reversed([*names, *INVENTED])}
        return tuple(reversed(spelt.values()))

    @cached_property
    def _places(self) -> dict[str, str]:
        used = dict.fromkeys([*_home_districts(), *_places_used()])
        return {**dict(zip(used, cycle(self.towns), strict=False)), "Gloucestershire": self.area.name}

    @cached_property
    def _names(self) -> dict[str, str]:
        """What the county's bodies are called here."""
        return {buyer.name: self._bodies[role].name for role, buyer in _home_buyers().items() if role in self._bodies}

    def _text(self, text: str) -> str:
        if re.fullmatch(r"UKK(?:1[23]?|2)?", text):
            return self._region(text)
        if found := _POSTCODE.fullmatch(text):
            return self._postcode(int(found[1]), found[2])
        if text in _home_district_codes():
            return self._district(text)
        for old, new in (*PHRASES, *self._region_words(), *self._names.items()):
            text = text.replace(old, new)
        return _home_pattern().sub(self._place, text)

    def _place(self, found: re.Match[str]) -> str:
        if place := found["place"]:
            return self._places.get(" ".join(place.split()), place)
        if found["not"].endswith(" Road"):
            return next((name for name in self.area.exclude_places if name.endswith(" Road")), found["not"])
        return found["not"]

    def _region(self, code: str) -> str:
        own = next(iter([*self.area.codes, *self.area.regional_codes]), code)
        own = f"UK{own[2:]}" if own.startswith("TL") else own
        if code == "UKK12":
            return "UKE42" if code in self.area.codes else code
        return code if code == "UKK2" else own[: len(code)]

    def _region_words(self) -> Iterator[tuple[str, str]]:
        region = next((REGIONS[code] for code in self.area.regional_codes if code in REGIONS), None)
        if region:
            yield "South West", region

    def _postcode(self, number: int, inward: str) -> str:
        whole = [postcode.code for postcode in self.area.postcodes if not postcode.partial]
        return f"{whole[number % len(whole)]} {inward}" if whole else NOWHERE

    def _district(self, gss: str) -> str:
        codes = [district.gss for district in self.area.districts] or [self.area.gss]
        return codes[_home_district_codes().index(gss) % len(codes)]


def invented_id(name: str) -> str:
    """Return an organisation id in the form of the real ones for a body of which none is known."""
    letters = "".join(chr(65 + byte % 26) for byte in hashlib.blake2b(name.encode(), digest_size=11).digest())
    digits = f"{int(hashlib.blake2b(name.encode(), digest_size=4).hexdigest(), 16) % 10_000:04}"
    return f"GB-PPON-P{letters[:3]}-{digits}-{letters[3:7]}"


@cache
def home_cast() -> Cast:
    """Return the cast of the area that the samples are written for."""
    return Cast(load_area(HOME))


def sample_file(name: str) -> dict[str, Any]:
    """Return one of the sample files as it is written."""
    return tomllib.loads((SAMPLES / f"{name}.toml").read_text("utf-8"))


@cache
def _home_buyers() -> dict[str, Buyer]:
    return msgspec.convert(sample_file("buyers"), dict[str, Buyer])


def _home_districts() -> Sequence[str]:
    return ("Gloucester", "Cheltenham", "Stroud", "Cotswold", "Forest of Dean", "Tewkesbury")


@cache
def _home_district_codes() -> Sequence[str]:
    area = load_area(HOME)
    return [district.gss for name in _home_districts() if (district := area.district(name))]


@cache
def _home_pattern() -> re.Pattern[str]:
    """Return the pattern of the home area's places as they are written: short forms in lower case are no names."""
    pattern = load_area(HOME).place_pattern
    assert pattern  # noqa: S101
    return re.compile(pattern.pattern)


def _places_used() -> Iterator[str]:
    """Yield the places that the samples name, in the order of the files."""
    for name in ("processes", "feeds", "places"):
        for found in _home_pattern().finditer((SAMPLES / f"{name}.toml").read_text("utf-8")):
            if found["place"]:
                yield found["place"]
