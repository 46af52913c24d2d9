"""docs/scale.md calculates from one small block of data, and its tables are what the block gives."""

import re

import pytest

from tests.docs import scale
from tests.docs.test_readme import PROJECT

TEXT = (PROJECT / "docs" / "scale.md").read_text("utf-8")


def test_the_tables_are_what_the_data_gives() -> None:
    for table in (scale.unit_table(), scale.year_table(), scale.night_table()):
        assert table in TEXT, "run `make docs`"


def test_every_unit_cost_is_positive_and_says_where_it_was_read() -> None:
    block = scale.data()
    assert set(block["unit"]) == set(scale.UNITS)
    for name, unit in block["unit"].items():
        assert unit["value"] > 0, name
        assert re.search(r"`[^`]+`|the same", unit["from"]), name


def test_a_year_is_the_sum_of_its_parts() -> None:
    cost = dict.fromkeys(scale.UNITS, 1.0)
    assumed = {"emails_a_profile": 10, "views_a_profile": 100, "made": 0.5, "busy_hour": 0.001}
    place = {"title": "x", "notices": 250_000, "opportunities": 1_000, "profiles": 3_600, "editions": 1}
    found = {name: pytest.approx(value) for name, value in scale.year(place, cost, assumed).items()}
    assert found["collect_h"] == 250_000 * 2 / 3.6e6
    assert found["match_h"] == 250 * 3_600 * 1e-6 / 3600, "the unit is of 1,000 notices"
    in_two = scale.year({**place, "editions": 2}, cost, assumed)
    assert in_two["match_h"] == pytest.approx(250 * 3_600 * 1e-6 / 3600 / 2)
    assert found["mail_h"] == 36_000 * 2 / 3.6e6
    assert found["views_h"] == 360_000 / 3.6e6
    assert found["monday_min"] == 3_600 * 2 / 1e3 / 60
    assert found["peak_rate"] == 360_000 * 0.001 / 3600


def test_the_page_fits_on_two_pages() -> None:
    words = [word for word in TEXT.split() if word.strip("|-:")]
    assert len(words) < 1_700
