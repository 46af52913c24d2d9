"""Why something is here: rules A to F, each with its evidence, and never by a supplier's address."""

import pytest

from tenderbell.area import load_area
from tenderbell.compiling.reaches import districts_of, outward_code, reach_of
from tenderbell.notice import Organisation
from tenderbell.vocabulary import Reach
from tests.tenderbell.notices import GLOUCESTERSHIRE, LEEDS, STROUD, notice

ALL_ENGLAND = tuple(f"UK{letter}" for letter in "CDEFGHIJK")


def party(**facts: object) -> Organisation:
    return Organisation("An Example Trust", roles=("buyer",), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "reach", "rule"),
    [
        ({"buyers": (STROUD,), "delivery_regions": ("UKE42",)}, Reach.LOCAL, "A"),
        ({"buyers": (LEEDS, STROUD)}, Reach.LOCAL, "A"),
        ({"buyers": (LEEDS,), "delivery_regions": ("UKE42", "UKK13")}, Reach.LOCAL, "B"),
        ({"buyers": (LEEDS,), "delivery_regions": ("TLK73",)}, Reach.LOCAL, "B"),
        ({"buyers": (LEEDS,), "reserved_places": ("E07000082",)}, Reach.LOCAL, "C"),
        ({"buyers": (LEEDS,), "reserved_places": ("K02000001",)}, Reach.UNSTATED, "E"),
        ({"buyers": (LEEDS,), "reserved_places": ("E09000016",)}, None, "C"),
        ({"buyers": (LEEDS,), "reserved_places": ("E10000014",), "delivery_regions": ("UK",)}, None, "C"),
        ({"buyers": (LEEDS,), "reserved_places": ("E10000014", "E10000013")}, Reach.LOCAL, "C"),
        ({"buyers": (LEEDS,), "reserved_places": ("E12000009",), "delivery_regions": ("UKK",)}, Reach.REGIONAL, "E"),
        ({"buyers": (STROUD,), "reserved_places": ("E10000014",)}, Reach.LOCAL, "A"),
        ({"buyers": (party(region="UKK13"),)}, Reach.LOCAL, "D"),
        ({"buyers": (party(postcode="gl502rh"),)}, Reach.LOCAL, "D"),
        ({"buyers": (LEEDS,), "delivery_regions": ("UKK1",)}, Reach.REGIONAL, "E"),
        ({"buyers": (LEEDS,), "delivery_regions": ("UKK", "UK")}, Reach.REGIONAL, "E"),
        ({"buyers": (LEEDS,), "delivery_regions": ALL_ENGLAND}, Reach.NATIONAL, "E"),
        ({"buyers": (LEEDS,), "delivery_regions": tuple(f"TL{c[2:]}" for c in ALL_ENGLAND)}, Reach.NATIONAL, "E"),
        ({"buyers": (LEEDS,), "delivery_regions": ("UK",)}, Reach.NATIONAL, "E"),
        ({"buyers": (LEEDS,)}, Reach.UNSTATED, "E"),
        ({"buyers": (LEEDS,), "delivery_regions": ("UKE42",)}, None, "E"),
        ({"buyers": (LEEDS,), "delivery_regions": ("UKK12",)}, None, "E"),
        ({"buyers": (), "suppliers": (party(postcode="GL50 2RH"),), "delivery_regions": ("UKE42",)}, None, "E"),
    ],
)
def test_the_strongest_rule_decides(facts: dict[str, object], reach: Reach | None, rule: str) -> None:
    finding = reach_of([notice(1, **facts)], GLOUCESTERSHIRE)
    assert (finding.reach, finding.rule, finding.unconfirmed) == (reach, rule, False)
    assert finding.value


@pytest.mark.parametrize(
    ("title", "unconfirmed"),
    [
        ("Vehicle livery for forces including Gloucestershire", True),
        ("A café in the Forest of Dean", True),
        ("Highways in South Gloucestershire", False),
        ("Crossing on Gloucester Road, Bristol", False),
        ("South Gloucestershire and Gloucestershire", True),
        ("Gloucestershirean studies", False),
    ],
)
def test_text_alone_never_makes_local_but_asks_for_review(title: str, unconfirmed: bool) -> None:
    finding = reach_of([notice(1, title=title, buyers=(LEEDS,), delivery_regions=("UKE42",))], GLOUCESTERSHIRE)
    assert finding.unconfirmed is unconfirmed
    assert finding.reach is (Reach.UNSTATED if unconfirmed else None)


def test_a_place_in_the_text_keeps_the_wider_reach() -> None:
    finding = reach_of(
        [notice(1, title="Gloucester docks", buyers=(LEEDS,), delivery_regions=("UK",))], GLOUCESTERSHIRE
    )
    assert (finding.reach, finding.rule, finding.unconfirmed) == (Reach.NATIONAL, "F", True)


def test_a_postcode_shared_with_a_neighbour_proves_nothing() -> None:
    finding = reach_of([notice(1, buyers=(party(postcode="GL9 1AA"),), delivery_regions=("UKE4",))], GLOUCESTERSHIRE)
    assert (finding.reach, finding.unconfirmed) == (Reach.UNSTATED, True)


def test_the_national_edition_holds_everything_as_local() -> None:
    everywhere = load_area("united-kingdom")
    assert reach_of([notice(1, buyers=(LEEDS,), delivery_regions=("UKE42",))], everywhere).reach is Reach.LOCAL


def test_what_a_source_says_of_all_it_publishes_stands_below_the_notice_itself() -> None:
    assert reach_of([notice(1, buyers=(), reach=Reach.NATIONAL)], GLOUCESTERSHIRE).reach is Reach.NATIONAL
    assert reach_of([notice(1, reach=Reach.NATIONAL)], GLOUCESTERSHIRE).reach is Reach.LOCAL


def test_a_local_source_needs_no_confirmation_by_its_text() -> None:
    finding = reach_of([notice(1, buyers=(), reach=Reach.LOCAL, title="Grants in Stroud")], GLOUCESTERSHIRE)
    assert (finding.reach, finding.rule, finding.unconfirmed) == (Reach.LOCAL, "source", False)


@pytest.mark.parametrize(
    ("facts", "districts"),
    [
        ({}, ("stroud",)),
        ({"buyers": (party(region="UKK13"),), "title": "Hall in Cirencester"}, ("cotswold",)),
        ({"buyers": (party(region="UKK13"),), "description": "In Cheltenham and Stroud."}, ("cheltenham", "stroud")),
        ({"buyers": (party(region="UKK13"),)}, ()),
    ],
)
def test_districts_are_those_named(facts: dict[str, object], districts: tuple[str, ...]) -> None:
    assert set(districts_of([notice(1, **facts)], GLOUCESTERSHIRE)) == set(districts)


@pytest.mark.parametrize(
    ("postcode", "code"), [("GL50 2RH", "GL50"), ("gl502rh", "GL50"), ("GL5 4UB", "GL5"), ("GL5", None), (None, None)]
)
def test_the_outward_code_needs_a_whole_postcode(postcode: str | None, code: str | None) -> None:
    assert outward_code(postcode) == code
