"""The areas that the project ships: consistent with themselves, with the rules of places, and with the registers."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from tenderbell.area import AREAS, Area, load_area
from tenderbell.compiling.reaches import reach_of
from tenderbell.notice import Notice, Organisation
from tenderbell.vocabulary import Effect, Reach

AREA_NAMES = sorted(path.stem for path in AREAS.glob("*.toml"))
FORMS = {
    "GB-PPON": r"P[A-Z]{3}-[0-9]{4}-[A-Z]{4}",
    "GB-COH": r"[0-9A-Z]{8}",
    "GB-NHS": r"[0-9A-Z]{3,5}",
    "GB-LAE": r"[A-Z]{3}",
    "GB-CHC": r"[0-9]{6,7}",
    "GB-FTS": r"[0-9]+",
    "GB-CFS": r"[0-9]+",
    "GB-SRS": r"[0-9A-Za-z]+",
    "GB-UKPRN": r"[0-9]{8}",
}
POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}")
OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?")


@dataclass(frozen=True)
class Known:
    """What is known of a county that ships as an edition of its own."""

    gss: str
    codes: tuple[str, ...]
    districts: dict[str, str]
    postcodes: str
    partial: set[str]
    wider: set[str]
    misleading: tuple[str, ...]
    beside: tuple[tuple[str, list[str]], ...]
    sorts: dict[str, int]
    bodies: dict[str, str]


COUNTIES = {
    "gloucestershire": Known(
        gss="E10000013",
        codes=("UKK13", "TLK13", "TLK73"),
        districts={
            "cheltenham": "E07000078",
            "cotswold": "E07000079",
            "forest-of-dean": "E07000080",
            "gloucester": "E07000081",
            "stroud": "E07000082",
            "tewkesbury": "E07000083",
        },
        postcodes="GL",
        partial={"GL9", "GL12", "HR9", "NP16", "SN6", "OX7", "WR12"},
        wider={"UKK1", "UKK", "TLK7", "TLK", "UK"},
        misleading=(
            "Bristol, North Somerset and South Gloucestershire",
            "South\nGloucestershire Council",
            "a flat in Gloucester Road, London",
            "Painswickshire, Cotswolds-like, Stroudley",
        ),
        beside=(
            ("Gloucester Road, Cheltenham", ["Cheltenham"]),
            ("South Gloucestershire and Gloucestershire", ["Gloucestershire"]),
            ("STOW ON THE WOLD and wotton-under-edge", ["STOW ON THE WOLD", "wotton-under-edge"]),
        ),
        sorts={"council": 7, "NHS": 4, "police": 1, "university": 1, "housing association": 1, "funder": 1},
        bodies={"GB-PPON-PRHW-3326-HVMG": "stroud-district-council", "GB-NHS-QR1": "nhs-gloucestershire-icb"},
    ),
    "herefordshire": Known(
        gss="E06000019",
        codes=("UKG11", "TLG11"),
        districts={"herefordshire": "E06000019"},
        postcodes="HR",
        partial={"HR3", "HR5", "HR8", "HR9", "NP25", "SY7", "WR13", "WR15"},
        wider={"UKG1", "UKG", "TLG1", "TLG", "UK"},
        misleading=(
            "grazing of Hereford cattle on the common",
            "a hall off Hereford Road in Shrewsbury, or Ledbury\nRoad in London",
            "Hereford & Worcester Fire and Rescue Service",
            "NHS Herefordshire and Worcestershire",
            "Hertfordshire, Herefordshireish, Kingtonbury",
        ),
        beside=(
            ("Hereford Road, Ledbury", ["Ledbury"]),
            ("Herefordshire and Worcestershire", ["Herefordshire"]),
            ("ROSS ON WYE and leominster", ["ROSS ON WYE", "leominster"]),
        ),
        sorts={"council": 1, "town council": 6, "NHS": 3, "police": 1, "fire": 1, "university": 2, "college": 3,
               "housing association": 1, "funder": 2},
        bodies={"GB-PPON-PDTG-2978-LHCN": "herefordshire-council", "GB-NHS-RLQ": "wye-valley"},
    ),
}  # fmt: skip


@pytest.fixture(params=COUNTIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def county(name: str) -> Area:
    return load_area(name)


@pytest.fixture
def known(name: str) -> Known:
    return COUNTIES[name]


@pytest.fixture(params=AREA_NAMES)
def area(request: pytest.FixtureRequest) -> Area:
    return load_area(request.param)


def found_in(area: Area, text: str) -> list[str]:
    assert area.place_pattern
    return [match["place"] for match in area.place_pattern.finditer(text) if match["place"]]


def test_every_area_is_named_after_its_file() -> None:
    assert set(AREA_NAMES) == {*COUNTIES, "united-kingdom"}, "a new area is described in COUNTIES"
    assert [load_area(name).id for name in AREA_NAMES] == AREA_NAMES


def test_a_county_has_its_districts_and_codes(county: Area, known: Known) -> None:
    assert {district.slug: district.gss for district in county.districts} == known.districts
    assert county.gss == known.gss
    assert county.codes == known.codes


def test_region_codes_are_parents_of_the_countys(county: Area, known: Known) -> None:
    wider = {
        code for code in (*county.regional_codes, *county.national_codes) if re.fullmatch(r"(UK|TL)[A-Z]?\d*", code)
    }
    assert known.wider <= wider
    assert all(any(code.startswith(parent) for code in county.codes) for parent in wider)
    assert not set(county.regional_codes) & set(county.national_codes)
    assert [code[2:] for code in county.english_regions] == list("CDEFGHIJK")


def test_places_belong_to_one_district_and_are_found_as_whole_words(area: Area) -> None:
    names = [name.lower() for district in area.districts for name in {district.name, *district.places}]
    assert len(names) == len(set(names))
    assert set(names) == area.district_by_place.keys()
    for district in area.districts:
        for name in (district.name, *district.places):
            assert found_in(area, f"A hall in {name}, and more") == [name]
            assert area.district_by_place[name.lower()] == district.gss
            assert found_in(area, f"x{name}x") == []


def test_excluded_places_are_not_taken_for_ours(county: Area, known: Known) -> None:
    for name in county.exclude_places:
        assert found_in(county, f"Works at {name}.") == [], name
    for text in known.misleading:
        assert found_in(county, text) == [], text


def test_our_places_are_found_beside_excluded_ones(county: Area, known: Known) -> None:
    for text, found in known.beside:
        assert found_in(county, text) == found


def test_postcode_districts_are_well_formed_and_name_known_districts(county: Area, known: Known) -> None:
    slugs = {district.slug for district in county.districts}
    codes = [postcode.code for postcode in county.postcodes]
    assert len(codes) == len(set(codes))
    for postcode in county.postcodes:
        assert OUTWARD.fullmatch(postcode.code), postcode
        assert postcode.districts, postcode
        assert set(postcode.districts) <= slugs
        assert postcode.partial or postcode.code.startswith(known.postcodes), "others only reach into the county"
    partial = {postcode.code for postcode in county.postcodes if postcode.partial}
    assert known.partial <= partial


def test_bodies_have_ids_of_their_own_in_the_form_of_their_register(area: Area) -> None:
    ids = [id for body in area.bodies for id in body.ids]
    slugs = [body.id for body in area.bodies]
    assert len(ids) == len(set(ids))
    assert len(slugs) == len(set(slugs))
    for id in ids:
        scheme = "-".join(id.split("-")[:2])
        assert re.fullmatch(FORMS[scheme], id.removeprefix(f"{scheme}-")), id


def test_bodies_are_told_apart_by_name_and_sit_where_they_say(county: Area) -> None:
    names = [name.casefold() for body in county.bodies for name in (body.name, *body.names)]
    assert len(names) == len(set(names))
    known = {district.gss for district in county.districts}
    for body in county.bodies:
        assert re.fullmatch(r"[a-z0-9-]+", body.id)
        assert body.district is None or body.district in known
        if body.postcode:
            assert POSTCODE.fullmatch(body.postcode), body
            assert body.postcode.split()[0] in county.postcode_by_code, body
        assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain) for domain in body.domains)
    domains = [domain for body in county.bodies for domain in body.domains]
    assert len(domains) == len(set(domains))


def test_every_council_and_the_other_great_bodies_are_there(county: Area, known: Known) -> None:
    sorts = Counter(body.sort for body in county.bodies)
    assert sorts["council"] == known.sorts["council"]
    assert all(sorts[sort] >= least for sort, least in known.sorts.items())
    assert {id: county.body_by_id[id].id for id in known.bodies} == known.bodies


@pytest.mark.parametrize(
    ("region", "reach"),
    [("UKG11", Reach.LOCAL), ("UKG1", Reach.LOCAL), (None, Reach.LOCAL), ("UKG12", None), ("WR1 1AA", None)],
)
def test_what_a_shared_body_has_done_next_door_is_not_ours(region: str | None, reach: Reach | None) -> None:
    area = load_area("herefordshire")
    board = Organisation("NHS Herefordshire and Worcestershire ICB", ids=("GB-NHS-QGH",), roles=("buyer",))
    notice = Notice(
        source="find-a-tender", key="1", process="p", title="Evening clinics", effect=Effect.OPEN, buyers=(board,),
        delivery_regions=(region,) if region else (),
    )  # fmt: skip
    assert reach_of([notice], area).reach is reach


def test_the_national_edition_holds_everything() -> None:
    assert load_area("united-kingdom").everything
    assert not any(load_area(name).everything for name in COUNTIES)


def test_no_two_districts_share_a_slug(area: Area) -> None:
    for one, other in combinations(area.districts, 2):
        assert one.slug != other.slug
        assert one.gss != other.gss


@pytest.mark.corpus
def test_the_bodies_hold_every_identifier_of_the_recorded_buyers(corpus: Path) -> None:
    county = load_area("gloucestershire")
    with (corpus / "reference/organisations/gloucestershire_buyers.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    wanted = {
        id.strip(): row["name"]
        for row in rows
        for id in (row["fts_party_id"] + ";" + row["cf_party_id_seen"] + ";" + row["org_id_list"]).split(";")
        if id.strip()
    }
    missing = {id: name for id, name in wanted.items() if id.upper() not in county.body_by_id}
    assert not missing


@pytest.mark.corpus
def test_codes_and_names_of_districts_are_those_of_the_register(corpus: Path, area: Area) -> None:
    names = {}
    for file, code, name in (("la", "LADCD", "LADNM"), ("rgn", "RGNCD", "RGNNM"), ("utla", "UTLACD", "UTLANM")):
        with (corpus / f"reference/places/{file}_all_codes.csv").open(encoding="utf-8-sig") as opened:
            names |= {row[code]: row[name] for row in csv.DictReader(opened)}
    for district in area.districts:
        if district.gss[0] == "E":
            assert names[district.gss].partition(", ")[0] == district.name, "said as people say it: no “County of”"


@pytest.mark.corpus
def test_every_outward_code_recorded_for_the_county_is_there(corpus: Path, county: Area) -> None:
    ours = {district.name for district in county.districts}
    with (corpus / "reference/places/outcode_to_la.csv").open(encoding="utf-8-sig") as file:
        rows = [(row["outcode"], row["la_name"]) for row in csv.DictReader(file)]
    inside = {code for code, name in rows if name in ours}
    shared = {code for code, name in rows if code in inside and name not in ours}
    assert inside <= county.postcode_by_code.keys()
    assert all(county.postcode_by_code[code].partial for code in shared)
