"""The tables from which areas are written, and what is written from them."""

import csv
import re
import tomllib
from pathlib import Path

import pytest

from tenderbell.area import AREAS, Area, load_area
from tenderbell.checks import check
from tenderbell.compiling.buyers import slug
from tenderbell.edition import edition_path, load_edition
from tenderbell.editions.reference import REGIONS, UnknownPlace, outward_codes, place, places, public_bodies
from tenderbell.editions.writing import BadName, EditionExists, Written, write_edition
from tenderbell.settings import Settings
from tests.data.test_areas import COUNTIES, FORMS, OUTWARD

NAMED = ("Devon", "Oxfordshire", "Warwickshire", "Worcestershire")
ASKED = [*(one.gss for one in places() if one.name in NAMED), "E10000027", "E06000001", "E08000025", "E09000033"]
"""Counties, one under the code that it had before, and an area of each other sort."""


def settings_of(written: Written, data: Path) -> Settings:
    return Settings.read({"TENDERBELL_EDITION": str(written.edition), "TENDERBELL_DATA": str(data)})


def written_area(gss: str, folder: Path) -> Area:
    return settings_of(write_edition("sample", gss, folder), folder).area


def test_codes_and_names_are_given_once_and_regions_are_english() -> None:
    codes = [gss for one in places() for gss in {one.gss, *(district.gss for district in one.districts)}]
    assert len(codes) == len(set(codes))
    assert len(places()) == len({one.name for one in places()}) == 153
    for one in places():
        assert re.fullmatch(r"E(06|08|09|10)\d{6}", one.gss), one
        assert one.region in REGIONS
        assert not set(one.codes) & set(one.shared_codes)
        assert bool(one.districts) == one.gss.startswith("E10"), one.name
        for id in filter(None, [one.council.id, *(district.council_id for district in one.districts)]):
            assert re.fullmatch(r"GB-LAE-[A-Z]{3}", id), id


def test_a_region_code_belongs_to_one_area_or_is_shared() -> None:
    for field in ("codes", "itl_2025"):
        own = [code for one in places() for code in getattr(one, field)]
        shared = {code for one in places() for code in getattr(one, f"shared_{field}")}
        assert len(own) == len(set(own))
        assert not set(own) & shared


def test_outward_codes_name_districts_of_their_area() -> None:
    table = tomllib.loads((AREAS.parent / "outward_codes.toml").read_text("utf-8"))
    assert {"E10000013", "E06000019", "E06000066", "E10000034"} <= table.keys()
    for gss in table:
        slugs = {district.slug for district in place(gss).parts}
        found = outward_codes(gss)
        assert len(found) == len({code.code for code in found})
        for code in found:
            assert OUTWARD.fullmatch(code.code), code
            assert set(code.districts) <= slugs, code
            assert code.districts or len(slugs) == 1, code


def test_bodies_serve_known_areas_under_ids_of_their_own_register() -> None:
    bodies = {body.name: body for one in places() for body in public_bodies(one.gss)}.values()
    table = tomllib.loads((AREAS.parent / "public_bodies.toml").read_text("utf-8"))["body"]
    assert len(bodies) == len(table), "each body serves a known area, and none is given twice"
    ids = [body.id for body in bodies if body.id]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(rf"GB-NHS-{FORMS['GB-NHS']}", id) for id in ids)


@pytest.mark.parametrize("name", COUNTIES)
def test_the_tables_agree_with_the_areas_written_by_hand(name: str, tmp_path: Path) -> None:
    ours, table = load_area(name), written_area(COUNTIES[name].gss, tmp_path)
    assert (table.name, table.gss, set(table.codes)) == (ours.name, ours.gss, set(ours.codes))
    assert {(d.gss, d.name, d.slug) for d in table.districts} == {(d.gss, d.name, d.slug) for d in ours.districts}
    assert {p.code: p.partial for p in table.postcodes} == {p.code: p.partial for p in ours.postcodes}
    for body in table.bodies:
        known = next((ours.body_by_id[id] for id in body.ids if id in ours.body_by_id), None)
        known = known or ours.body_by_name[body.name.lower()]
        assert known.shared == body.shared, body.name
        assert known.district == body.district, body.name
    wider = {code for code in table.regional_codes if re.fullmatch(r"(UK|TL)[A-Z]\d*", code)}
    assert wider == {code for code in ours.regional_codes if re.fullmatch(r"(UK|TL)[A-Z]\d*", code)}


@pytest.mark.parametrize("gss", ASKED)
def test_what_is_written_is_an_edition_that_every_command_accepts(gss: str, tmp_path: Path) -> None:
    written = write_edition("sample", gss, tmp_path)
    settings = settings_of(written, tmp_path / "data")
    check(settings)
    assert settings.area.name == place(gss).name
    assert settings.edition.title == f"{place(gss).name} Opportunities"
    on = {source.id for source in settings.edition.sources if source.enabled}
    assert {"find-a-tender", "contracts-finder", "find-a-grant", "national-lottery", "direct"} <= on
    assert {"procontract", "atamis-health-family"} <= {source.id for source in settings.edition.sources} - on
    jobs = [job.command for job in settings.edition.jobs]
    ours = [job.command for job in load_edition("gloucestershire").jobs if "glosfunders-page" not in job.command]
    assert [command[0] for command in jobs] == [command[0] for command in ours]


@pytest.mark.parametrize("gss", ASKED)
def test_the_head_of_each_file_says_what_a_human_must_still_fill_in(gss: str, tmp_path: Path) -> None:
    written = write_edition("sample", gss, tmp_path)
    for path, todo in ((written.area, written.area_todo), (written.edition, written.edition_todo)):
        head = path.read_text("utf-8").partition("\n\n")[0]
        assert "# WHAT A HUMAN MUST STILL FILL IN" in head
        said = " ".join(head.replace("\n#", "").split())
        assert todo
        for item in todo:
            assert item in said
    assert max(map(len, written.area.read_text("utf-8").splitlines())) <= 120


def test_what_the_tables_lack_is_said_and_not_invented(tmp_path: Path) -> None:
    lacking = write_edition("hartlepool", "E06000001", tmp_path)
    area = settings_of(lacking, tmp_path).area
    assert (area.codes, area.postcodes) == ((), ())
    assert {"UKC11", "TLC31"} <= set(area.regional_codes)
    said = " ".join(lacking.area_todo)
    for words in ("UKC11", "the table has none for this area", "no region code", "the police", "the integrated care"):
        assert words in said
    assert "none of these" not in " ".join(write_edition("h", "E06000019", tmp_path).area_todo)


def test_names_of_neighbours_that_hold_ours_are_excluded(tmp_path: Path) -> None:
    somerset = written_area("E06000066", tmp_path)
    assert somerset.place_pattern
    found = [m["place"] for m in somerset.place_pattern.finditer("North Somerset, Somerset Road, and Somerset")]
    assert [place for place in found if place] == ["Somerset"]


@pytest.mark.parametrize(
    ("gss", "said"),
    [
        ("E07000078", "a district of E10000013 Gloucestershire"),
        ("Somersett", "E06000066 Somerset"),
        ("E10000006", "E06000063 Cumberland, E06000064 Westmorland and Furness"),
        ("E10000099", "The nearest: E100000"),
        ("W06000001", "The nearest"),
        ("", "The nearest"),
    ],
)
def test_an_unknown_code_is_answered_with_the_nearest(gss: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownPlace, match=re.escape(said)):
        write_edition("sample", gss, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["", "Somerset", "some set", "../x", "a/b", "-a", "a-", "1a", "demo", "x" * 61, "a.toml"]
)
def test_a_name_that_no_file_should_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadName):
        write_edition(name, "E06000066", tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    written = write_edition("sample", "E06000066", tmp_path)
    before = written.area.read_bytes()
    with pytest.raises(EditionExists, match="nothing is overwritten"):
        write_edition("sample", "E06000019", tmp_path)
    written.edition.unlink()
    with pytest.raises(EditionExists, match="areas"):
        write_edition("sample", "E06000019", tmp_path)
    assert written.area.read_bytes() == before
    with pytest.raises(EditionExists):
        write_edition("gloucestershire", "E10000013")


def test_a_path_finds_its_area_beside_it_and_else_in_the_project(tmp_path: Path) -> None:
    written = write_edition("gloucestershire", "E06000066", tmp_path)
    assert settings_of(written, tmp_path).area.name == "Somerset"
    written.area.unlink()
    assert settings_of(written, tmp_path).area.name == "Gloucestershire"
    assert Settings.read({"TENDERBELL_EDITION": "gloucestershire"}).area.name == "Gloucestershire"
    assert edition_path("gloucestershire").parent.name == "schedules"


@pytest.mark.corpus
def test_areas_and_districts_are_those_of_the_register(corpus: Path) -> None:
    with (corpus / "reference/places/la_all_codes.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["Current"] == "TRUE" and row["LADCD"].startswith("E")]
    wanted = {(row["UTLACD"], row["LADCD"], row["RGNCD"]) for row in rows}
    assert {(one.gss, part.gss, one.region) for one in places() for part in one.parts} == wanted
    names = {row["LADCD"]: row["LADNM"] for row in rows}
    assert all(
        names[part.gss].partition(", ")[0] in (part.name, part.name.partition(",")[0])
        for one in places()
        for part in one.parts
    )


@pytest.mark.corpus
def test_ids_of_councils_are_those_of_the_register(corpus: Path) -> None:
    with (corpus / "reference/places/la_orgid_to_gss.csv").open(encoding="utf-8-sig") as file:
        names = {row["org_id"]: row["name"].split() for row in csv.DictReader(file)}
    for one in places():
        for name, id in ((one.council.name, one.council.id), *((d.council, d.council_id) for d in one.districts)):
            if id and id in names:
                assert names[id] == name.split()
    assert slug("King's Lynn and West Norfolk") == "king-s-lynn-and-west-norfolk"
