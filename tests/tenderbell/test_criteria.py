"""A search is a URL, a profile its canonical query string; every value is understood, or said not to be."""

import sqlite3
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenderbell.criteria import FIELDS, Criteria, cpv_prefix
from tenderbell.public import memory_public
from tenderbell.search import RANKED_HITS, search
from tests.tenderbell.shelf import put

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def shelf() -> sqlite3.Connection:
    db = memory_public()
    put(
        db,
        1,
        "Open",
        closes_at="2026-04-10T11:00:00Z",
        value=5000,
        notice_days=30,
        vcse_suitable=1,
        tags=[("cpv", "85312000"), ("district", "stroud"), ("theme", "carers"), ("buyer", "stroud-council")],
    )
    put(db, 2, "Passed", closes_at="2026-04-01T08:59:59Z", value=50000, kind="contract", reserved_vcse=1)
    put(db, 3, "No deadline", kind="grant", reach="national", tags=[("source", "ukri"), ("cpv", "85000000")])
    put(db, 4, "Awarded", stage="awarded", kind="contract", closes_at="2026-05-01T22:59:00Z", reach="regional")
    put(db, 5, "Closed by notice", stage="closed", value=0.5)
    put(db, 6, "Early talks", stage="engagement", kind="framework", tags=[("cpv", "90700000")])
    return db


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {1, 2, 3, 4, 5, 6}),
        ("stage=open", {1, 3}),
        ("stage=closed", {2, 5}),
        ("stage=open&stage=closed", {1, 2, 3, 5}),
        ("stage=engagement", {6}),
        ("kind=contract", {2, 4}),
        ("kind=CONTRACT&kind=framework", {2, 4, 6}),
        ("kind=contract&stage=closed", {2}),
        ("reach=national&reach=regional", {3, 4}),
        ("cpv=85312000", {1}),
        ("cpv=85000000-9", {1, 3}),
        ("cpv=85", {1, 3}),
        ("cpv=85300000&cpv=907", {1, 6}),
        ("cpv=carers", set()),
        ("district=stroud", {1}),
        ("theme=carers", {1}),
        ("buyer=stroud-council", {1}),
        ("source=ukri", {3}),
        ("value_min=5000", {1, 2}),
        ("value_min=%C2%A35k&value_max=10%2C000", {1}),
        ("value=unknown", {3, 4, 6}),
        ("value_min=lots", set()),
        ("value_min=1e9999", set()),
        ("closes_before=2026-04-10", {1, 2}),
        ("closes_before=2026-04-09", {2}),
        ("closes_after=2026-04-10", {1, 4}),
        ("closes_before=2026-05-01", {1, 2, 4}),
        ("closes_before=31%2F02%2F2026", set()),
        ("notice_days_min=30", {1}),
        ("notice_days_min=31", set()),
        ("vcse=1", {1, 2}),
        ("vcse=yes", set()),
        ("kind=penguin", set()),
        ("kind=penguin&kind=framework", {6}),
        ("colour=green", {1, 2, 3, 4, 5, 6}),
        ("q=deadline&stage=open", {3}),
    ],
)
def test_each_field_restricts_as_it_says(shelf: sqlite3.Connection, query: str, expected: set[int]) -> None:
    hits = search(shelf, Criteria.parse(query), NOW)
    assert (set(hits.numbers), hits.total) == (expected, len(expected))


def test_a_deadline_passes_at_its_second(shelf: sqlite3.Connection) -> None:
    criteria = Criteria.parse("stage=open")
    last_second = datetime(2026, 4, 10, 10, 59, 59, tzinfo=UTC)
    assert 1 in search(shelf, criteria, last_second).numbers
    assert 1 not in search(shelf, criteria, datetime(2026, 4, 10, 11, tzinfo=UTC)).numbers


def test_closing_dates_are_whole_uk_days_and_midnight_belongs_to_the_day_before() -> None:
    db = memory_public()
    put(db, 1, "Closes 23:59 in London", closes_at="2026-06-30T22:59:00Z")
    put(db, 2, "Closes at London midnight", closes_at="2026-06-30T23:00:00Z")
    put(db, 3, "Closes a second later", closes_at="2026-06-30T23:00:01Z")
    assert set(search(db, Criteria.parse("closes_before=2026-06-30"), NOW).numbers) == {1, 2}
    assert search(db, Criteria.parse("closes_after=2026-07-01"), NOW).numbers == (3,)


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("value_min=20&value_min=10", "value_min=10"),
        ("value_max=20&value_max=10&value_max=lots", "value_max=20"),
        ("closes_before=2026-01-01&closes_before=2026-02-01", "closes_before=2026-02-01"),
        ("q=young&q=carers", "q=young+carers"),
    ],
)
def test_a_bound_that_is_repeated_is_the_wider_one(query: str, canonical: str) -> None:
    assert Criteria.parse(query).canonical() == canonical


def test_the_canonical_form_drops_what_is_unknown_and_orders_the_rest() -> None:
    criteria = Criteria.parse(
        "page=2&colour=green&kind=grant&q=++young++carers&kind=contract&kind=grant&value_min=%C2%A31%2C000"
    )
    assert criteria.canonical() == "q=young+carers&kind=contract&kind=grant&value_min=1000&page=2"
    assert criteria.canonical(profile=True) == "q=young+carers&kind=contract&kind=grant&value_min=1000"


def test_an_unknown_value_is_said() -> None:
    assert Criteria.parse("kind=penguin&value_min=lots&closes_after=soon&cpv=x&vcse=no").problems() == [
        "We do not know “penguin” as a kind, so nothing matches it.",
        "We do not know “x” as a cpv, so nothing matches it.",
        "We do not know “lots” as a value min, so nothing matches it.",
        "We do not know “soon” as a closes after, so nothing matches it.",
        "We do not know “no” as a vcse, so nothing matches it.",
    ]


def test_a_chip_removes_one_value_and_goes_back_to_the_first_page() -> None:
    criteria = Criteria.parse("kind=grant&kind=loan&q=carers&page=3")
    assert criteria.without("kind", "grant").canonical() == "q=carers&kind=loan"
    assert criteria.having(stage=("open",)).canonical() == "q=carers&kind=grant&kind=loan&stage=open"


@given(st.lists(st.tuples(st.sampled_from([*FIELDS, "colour"]), st.text(max_size=30)), max_size=8))
def test_parsing_the_canonical_form_gives_the_same_criteria(pairs: list[tuple[str, str]]) -> None:
    criteria = Criteria.parse(pairs)
    assert Criteria.parse(criteria.canonical()) == criteria


@given(st.lists(st.tuples(st.sampled_from(FIELDS), st.text(max_size=30)), max_size=8))
def test_any_query_is_a_valid_search(pairs: list[tuple[str, str]]) -> None:
    db = memory_public()
    put(db, 1, "Young carers")
    assert search(db, Criteria.parse(pairs), NOW).total in (0, 1)


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("85312000-6", "85312"),
        ("85000000", "85"),
        ("03", "03"),
        ("30000000", "30"),
        ("8", None),
        ("", None),
        ("٨٥", None),
    ],
)
def test_a_cpv_code_is_searched_with_its_children(code: str, prefix: str | None) -> None:
    assert cpv_prefix(code) == prefix


def test_results_come_newest_first_then_by_deadline_or_value_as_asked(shelf: sqlite3.Connection) -> None:
    assert search(shelf, Criteria(sort="newest"), NOW).numbers == (6, 5, 4, 3, 2, 1)
    assert search(shelf, Criteria(sort="closing"), NOW).numbers[0] == 1
    assert search(shelf, Criteria(sort="value"), NOW).numbers[:2] == (2, 1)


def test_pages_of_a_ranked_search_cover_every_hit_once() -> None:
    db = memory_public()
    for number in range(1, RANKED_HITS + 60):
        put(db, number, "carers" if number % 7 else "carers carers", "a notice about carers " * (number % 5))
    criteria, seen = Criteria(q="carers"), []
    for offset in range(0, RANKED_HITS + 80, 20):
        seen += search(db, criteria, NOW, offset=offset).numbers
    assert sorted(seen) == list(range(1, RANKED_HITS + 60))
    assert search(db, criteria, NOW, limit=None).numbers == tuple(seen)
