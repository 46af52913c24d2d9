"""The names by which one thing is known in several places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenderbell.references import (
    canonical_link,
    looks_like_a_reference,
    may_name_portals,
    notice_number,
    notice_numbers,
    ocids,
    page_name,
    portal_references,
    procontract_number,
)


@given(st.integers(0, 999_999), st.integers(2000, 2099))
def test_a_notice_number_is_known_in_both_spellings_wherever_it_stands(number: int, year: int) -> None:
    key = f"{number:06}-{year}"
    for text in (key, f"{year}/S 000-{number:06}", f"see {key}.", f"({year}/S 000-{number:06})", f".../Notice/{key}"):
        assert notice_number(text) == key


@pytest.mark.parametrize("text", ["12345-2026", "1234567-2026", "075676-1999", "2018/S 031-123456", "", None])
def test_what_is_no_notice_number_is_none(text: str | None) -> None:
    assert notice_numbers(text) == ()


def test_two_numbers_are_none_in_particular() -> None:
    assert notice_number("075676-2026 and 075677-2026") is None
    assert notice_numbers("075676-2026, 2026/S 000-075676, 075677-2026") == ("075676-2026", "075677-2026")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GLOSCC001-DN612137-31391985", ("DN612137",)),
        ("Reference DN805831.", ("DN805831",)),
        ("IT-357-555-FOD0555P", ("IT-357-555-FOD0555P", "FOD0555P")),
        ("FOD0555P", ("FOD0555P",)),
        ("IT-442-73-ABC2024/18", ("IT-442-73-ABC2024/18", "ABC2024/18")),
        ("JAN169268", ("JAN169268",)),
        ("DN00000005", ()),
        ("XDN805831", ()),
        ("dn805831", ()),
        ("JANUARY2026", ()),
    ],
)
def test_portal_references_are_known_by_their_shapes(text: str, found: tuple[str, ...]) -> None:
    assert portal_references(text) == found
    assert may_name_portals(text) or not found
    assert procontract_number(text) == next((name for name in found if name.startswith("DN")), None)


@pytest.mark.parametrize("text", ["TBC", "N/A", "003", "", "0000", "none", "2026", "2026/27", "see documents 1234"])
def test_a_placeholder_is_no_reference(text: str) -> None:
    assert not looks_like_a_reference(text)


@pytest.mark.parametrize("text", ["STR-2026-77", "CDC0648P", "C342517", "DN805831", "ABC/12/34"])
def test_a_reference_has_four_digits_or_is_a_portals(text: str) -> None:
    assert looks_like_a_reference(text)


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("https://www.find-tender.service.gov.uk/Notice/012345-2026?origin=SearchResults&p=1", "012345-2026"),
        ("https://www.contractsfinder.service.gov.uk/Notice/0A1B2C3D-0000-4000-8000-000000000001",
         "contracts-finder:0a1b2c3d-0000-4000-8000-000000000001"),
        ("http://www.fund.example/Grants/?utm_source=x#top", "fund.example/Grants"),
        ("https://fund.example/grants?id=7", "fund.example/grants?id=7"),
        ("https://fund.example/", None),
        ("javascript:alert(1)", None),
        (None, None),
    ],
)  # fmt: skip
def test_a_page_has_one_name_however_its_address_is_written(link: str | None, name: str | None) -> None:
    assert page_name(link) == name


def test_a_canonical_link_keeps_what_names_the_page() -> None:
    assert canonical_link("HTTPS://Fund.Example/a?b=1&utm_medium=e#c") == "https://fund.example/a?b=1"


def test_ocids_are_found_once() -> None:
    assert ocids("ocds-h6vhtk-0abcde, then ocds-h6vhtk-0abcde again") == ("ocds-h6vhtk-0abcde",)


@given(st.text())
def test_no_text_breaks_anything(text: str) -> None:
    assert may_name_portals(text) or not portal_references(text)
    notice_numbers(text), procontract_number(text), ocids(text), page_name(text), looks_like_a_reference(text)
