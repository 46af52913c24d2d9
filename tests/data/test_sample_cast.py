"""The samples, told of another area than the one that they are written for."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schedules import samples
from schedules.sample_cast import Cast, home_cast
from tenderbell.area import Area, load_area
from tenderbell.editions.writing import write_edition
from tenderbell.settings import Settings

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HOME_NAMES = re.compile(
    r"\b(?:Gloucester|Cheltenham|Stroud|Cotswolds?|Tewkesbury|Cirencester|Dursley|Severn|Shire Hall)\b"
)
AREAS = ("E06000019", "E10000008", "E06000001", "E06000066")
"""A county with everything, one with eight districts, one of which the tables know little, one without places."""


@pytest.fixture(scope="module", params=AREAS)
def cast(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cast:
    if request.param == "E06000019":
        return Cast(load_area("herefordshire"))
    written = write_edition("sample", request.param, tmp_path_factory.mktemp("county"))
    return Cast(Settings.read({"TENDERBELL_EDITION": str(written.edition)}).area)


def said(cast: Cast) -> str:
    files = [samples._file(name, cast) for name in ("processes", "feeds", "places")]
    return json.dumps(files, ensure_ascii=False)


def test_at_home_nothing_is_changed() -> None:
    for area in (load_area("gloucestershire"), load_area("united-kingdom")):
        assert samples.releases(NOW, 1, Cast(area)) == samples.releases(NOW, 1)
    assert home_cast().is_home


def test_nothing_of_the_home_county_is_left(cast: Cast) -> None:
    assert not HOME_NAMES.findall(said(cast))
    assert cast.area.name in said(cast)
    assert "UKK13" not in said(cast)
    assert "E07000082" not in said(cast)


def test_the_area_s_own_bodies_publish_under_ids_of_their_own(cast: Cast) -> None:
    home, told = samples.buyers(), samples.buyers(cast)
    assert told.keys() == home.keys()
    assert told["county"].name in {body.name for body in cast.area.bodies}
    ours = {buyer.id for role, buyer in home.items() if buyer.region == "UKK13" and role not in ("town", "fund")}
    assert not ours & {buyer.id for buyer in told.values()}
    for buyer in told.values():
        assert re.fullmatch(r"GB-[A-Z]+-[0-9A-Z-]+", buyer.id), buyer
        assert buyer.email.endswith(".example")


def test_as_much_is_published_and_each_district_is_one(cast: Cast) -> None:
    for portion in (1, 2):
        assert len(samples.releases(NOW, portion, cast)) == len(samples.releases(NOW, portion))
    lots = next(one for one in samples.samples(cast) if one.id == "holiday-food").lots
    assert len({lot.title for lot in lots}) == 6
    places = {one.reserved_place[0] for one in samples.samples(cast) if one.reserved_place}
    assert places <= {district.gss for district in cast.area.districts}


def test_an_area_that_says_nothing_can_be_shown_all_the_same(tmp_path: Path) -> None:
    cast = Cast(Area(id="nowhere", name="Nowhere", gss="E10000000", codes=()))
    assert samples.buyers(cast)["county"].name == "Sample council of Nowhere"
    assert samples.releases(NOW, 2, cast)
