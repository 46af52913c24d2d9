"""The language of the search box: what people of the field type means what they expect."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenderbell.clock import wall_clock
from tenderbell.criteria import Criteria
from tenderbell.public import memory_public
from tenderbell.search import matching, search
from tenderbell.words import MOST_WORDS, acronyms_in, fold, parse_words
from tests.tenderbell.shelf import put

NOW = wall_clock()


@pytest.fixture(scope="module")
def shelf() -> sqlite3.Connection:
    db = memory_public()
    put(db, 1, "SEND support for schools", "Careers advice for pupils")
    put(db, 2, "Please send your bids", "CAMHs outreach, co-producing with families")
    put(db, 3, "Carer’s café in Stroud", "Respite for young carers")
    put(db, 4, "Grounds maintenance", "Verges in CB10", refs="075676-2026 2026/S 000-075676 DN805831")
    return db


def found(shelf: sqlite3.Connection, words: str) -> set[int]:
    return set(search(shelf, Criteria(q=words), NOW).numbers)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("carer", {3}),
        ("carers", {3}),
        ("carer's", {3}),
        ("carer’s cafe", {3}),
        ("Café", {3}),
        ("CAFÉ", set()),
        ("careers", {1}),
        ('"young carers"', {3}),
        ('"carers young"', set()),
        ('"young carers', {3}),
        ("“young carers”", {3}),
        ("co-producing", {2}),
        ("SEND", {1}),
        ("send", {1, 2}),
        ("Send", {1, 2}),
        ("CAMHS", {2}),
        ("SEND support", {1}),
        ("SEND 2026", set()),
        ("PLEASE SEND", {2}),
        ("CB1", set()),
        ("CB10", {4}),
        ("-carers", {1, 2, 4}),
        ('-"young carers"', {1, 2, 4}),
        ("support OR café", {1, 3}),
        ("support OR café pupils", {1}),
        ("pupils support OR café", {1}),
        ("OR", {1, 2, 3, 4}),
        ("OR carers OR", {3}),
        ("075676-2026", {4}),
        ("2026/S 000-075676", {4}),
        ("DN805831", {4}),
        ("", {1, 2, 3, 4}),
        ('- " * ( ) : ^ {}', {1, 2, 3, 4}),
        ("NEAR(carers, 2)", set()),
        ("title:carers", set()),
        ("carers*", {3}),
        ("'; drop table opportunity; --", set()),
        ("carers\x00", {3}),
    ],
)
def test_words_find_what_a_person_would_expect(shelf: sqlite3.Connection, words: str, expected: set[int]) -> None:
    assert found(shelf, words) == expected


@given(st.text(max_size=200))
def test_anything_that_a_person_can_type_is_a_valid_search(text: str) -> None:
    db = memory_public()
    put(db, 1, text or "x", text)
    hits = search(db, Criteria.parse([("q", text)]), NOW)
    assert hits.total in (0, 1)


@given(st.lists(st.sampled_from(["carers", "SEND", "OR", "-young", '"young carers"', '"', "café", "-", "DN805831"])))
def test_a_search_is_the_intersection_of_its_clauses(words: list[str]) -> None:
    db = memory_public()
    put(db, 1, "SEND support", "young carers")
    put(db, 2, "send bids DN805831", "café")
    criteria = Criteria(q=" ".join(words))
    expected = {1, 2}
    for clause in criteria.clauses(NOW):
        expected &= matching(db, clause)
    assert set(search(db, criteria, NOW).numbers) == expected


def test_words_beyond_the_limit_are_left_out() -> None:
    assert len(parse_words("word " * 500)) == MOST_WORDS


def test_an_acronym_is_any_word_with_two_capitals() -> None:
    assert acronyms_in("The SEND and CAMHs offer for McDonald of CB1") == {"send", "camhs", "mcdonald", "cb1"}


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
