"""An area as TOML, written from the reference tables. Nothing is invented: what a table lacks is left out and said."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from tenderbell.compiling.buyers import slug
from tenderbell.editions.reference import (
    REGIONS,
    OutwardCode,
    Place,
    PublicBody,
    names_elsewhere,
    outward_codes,
    public_bodies,
)

WIDTH = 118
STREETS = (
    "Road", "Street", "Place", "Terrace", "Avenue", "Close", "Crescent", "Gardens", "Square", "Drive", "Lane", "House",
    "Court", "Mews", "Walk", "Grove", "Way",
)  # fmt: skip
"""Streets all over the country are called after towns."""

ENGLISH = tuple(f"UK{letter}" for letter in "CDEFGHIJK")
COUNTRIES = (
    "UK", "GB", "TL", "E92000001", "K02000001", "K03000001", "K04000001",
    "England", "United Kingdom", "Great Britain", "England and Wales", "UK-wide", "Any region", "National",
)  # fmt: skip
_ABBREVIATIONS = (
    ("Integrated Care Board", "ICB"),
    ("NHS Foundation Trust", "NHSFT"),
    ("Police and Crime Commissioner", "PCC"),
    ("Fire and Rescue Service", "Fire & Rescue Service"),
)


def area_toml(id: str, place: Place, todo: Sequence[str]) -> str:
    """Return the text of an area's file: `todo` stands at its head."""
    return (
        "\n\n".join(
            [
                _head(place, todo),
                f"id = {_quoted(id)}\nname = {_quoted(place.name)}\ngss = {_quoted(place.gss)}",
                _regions(place),
                _names(place),
                _postcodes(place),
                *_districts(place),
                *_bodies(place),
            ]
        )
        + "\n"
    )


def _head(place: Place, todo: Sequence[str]) -> str:
    lines = [f"# {place.name}: written by `tenderbell new-edition` from the reference tables.", "#"]
    return "\n".join([*lines, *comment_lines(todo)])


def comment_lines(todo: Sequence[str]) -> list[str]:
    """Return what a human must still fill in as lines of a comment."""
    return ["# WHAT A HUMAN MUST STILL FILL IN", *(line for item in todo for line in _wrapped(item))]


def _wrapped(item: str) -> Iterator[str]:
    line = "# -"
    for word in item.split():
        if len(line) + len(word) + 1 > WIDTH:
            yield line
            line = "#  "
        line = f"{line} {word}"
    yield line


def own_codes(place: Place) -> list[str]:
    """Return the region codes that lie wholly in the area, as NUTS and ITL write them."""
    written = [f"{country}{code}" for country in ("UK", "TL") for code in place.codes]
    return list(dict.fromkeys([*written, *(f"TL{code}" for code in place.itl_2025)]))


def wider_codes(place: Place) -> list[str]:
    """Return the region codes that contain the area or are shared with neighbours, and the names of its region."""
    shared = [f"{country}{code}" for country in ("UK", "TL") for code in place.shared_codes]
    shared += [f"TL{code}" for code in place.shared_itl_2025]
    parents = [code[:length] for length in (4, 3) for code in [*own_codes(place), *shared]]
    region = REGIONS[place.region]
    names = [region, region.title().replace(" Of ", " of ").replace(" And ", " and "), f"{region} England"]
    found = dict.fromkeys([*sorted(shared), *sorted(parents), place.region, *names, region.replace(" The ", " the ")])
    return [code for code in found if code not in own_codes(place)]


def _regions(place: Place) -> str:
    return "\n".join(
        [
            "# Regions as notices name them: NUTS as Find a Tender sends it, ITL 2021, and ITL 2025.",
            f"codes = {_list(own_codes(place))}",
            f"regional_codes = {_list(wider_codes(place))}",
            "# Small buyers tick all nine English regions: together they mean the whole country. ITL writes TL for UK.",
            f"english_regions = {_list(ENGLISH)}",
            f"national_codes = {_list(COUNTRIES)}",
        ]
    )


def _names(place: Place) -> str:
    own = [place.name, *(district.name for district in place.districts)]
    whole = [] if place.is_one else [place.name]
    streets = [f"{name} {way}" for name in own for way in STREETS]
    return "\n".join(
        [
            f"places = {_list(whole)}",
            "# Names that hold one of ours and lie elsewhere: neighbours, streets. Add what else misleads.",
            f"exclude_places = {_list([*_neighbours(place, own), *streets])}",
        ]
    )


def _neighbours(place: Place, own: Sequence[str]) -> list[str]:
    """Return the names of other areas and districts in which one of the area's own names stands as words."""
    inside = re.compile(rf"\b(?:{'|'.join(map(re.escape, own))})\b")
    return sorted({name for name in names_elsewhere(place) if inside.search(name) and name not in own})


def _postcodes(place: Place) -> str:
    rows = [_postcode(code, place) for code in outward_codes(place.gss)]
    head = "# Outward codes. Partial: part of it lies elsewhere, or may do, so that it proves nothing by itself."
    return "\n".join([head, "postcodes = [", *rows, "]"]) if rows else "postcodes = []"


def _postcode(code: OutwardCode, place: Place) -> str:
    districts = code.districts or (place.parts[0].slug,)
    partial = "partial = true, " if code.partial else ""
    return f"    {{ code = {_quoted(code.code)}, {partial}districts = [{', '.join(map(_quoted, districts))}] }},"


def _districts(place: Place) -> Iterator[str]:
    for index, district in enumerate(place.parts):
        head = "# `places`: towns and villages whose name points here alone.\n" if not index else ""
        yield (
            f"{head}[[districts]]\ngss = {_quoted(district.gss)}\nname = {_quoted(district.name)}\n"
            f"slug = {_quoted(district.slug)}\nplaces = []"
        )


def _bodies(place: Place) -> Iterator[str]:
    yield "# `domains`: a body's own mail domains, by which its officers are known when they write adverts here."
    yield _body(place.council.name, [place.council.id], "council")
    for district in place.districts:
        yield _body(district.council, [district.council_id], "council", district=district.gss)
    for body in public_bodies(place.gss):
        yield _body(body.name, [body.id], body.sort, names=_also(body), shared=len(body.areas) > 1)


def _also(body: PublicBody) -> list[str]:
    names = [body.name.replace(long, short) for long, short in _ABBREVIATIONS if long in body.name]
    return [*names, f"Office of the {body.name}"] if body.sort == "police" else names


def _body(
    name: str, ids: Iterable[str], sort: str, *, district: str = "", names: Sequence[str] = (), shared: bool = False
) -> str:
    lines = ["[[bodies]]", f"id = {_quoted(slug(name))}", f"name = {_quoted(name)}"]
    lines += [f"ids = {_list([id for id in ids if id])}"] if any(ids) else []
    lines += [f"sort = {_quoted(sort)}"]
    lines += [f"district = {_quoted(district)}"] if district else []
    lines += ["domains = []"]
    lines += [f"names = {_list(names)}"] if names else []
    lines += ["shared = true"] if shared else []
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _list(texts: Sequence[str]) -> str:
    """Return a list, on one line when it fits."""
    whole = f"[{', '.join(map(_quoted, texts))}]"
    if len(whole) < WIDTH - 20:
        return whole
    lines, line = [], "   "
    for text in texts:
        item = f" {_quoted(text)},"
        if len(line) + len(item) > WIDTH:
            lines.append(line)
            line = "   "
        line += item
    return "\n".join(["[", *lines, line, "]"])
