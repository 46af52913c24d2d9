"""Never this kind: what a search leaves out is left out, and all that it asked for before it asks for still."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.exclusions import excluding, exclusions, without_words
from tenderbell.criteria import LONGEST_WORDS, Criteria
from tenderbell.opportunity import Opportunity
from tenderbell.vocabulary import Kind
from tenderbell.words import parse_words

LOAN = Opportunity(
    id="tb-1",
    number=1,
    title="Loans for halls",
    source="find-a-tender",
    kind=Kind.LOAN,
    buyer="Example Council",
    buyer_id="example-council",
    themes=("carers",),
)


@pytest.mark.parametrize(
    ("q", "typed", "expected"),
    [
        ("carers", "transport", "carers -transport"),
        ("carers", "Young Adults", 'carers -"young adults"'),
        ("", "transport", "-transport"),
        ('"young carers', "transport", '"young carers" -transport'),
        ("carers OR", "transport", "carers -transport"),
        ("CARERS SUPPORT", "transport", "CARERS SUPPORT -TRANSPORT"),
        ("SEND", "transport", "SEND -transport"),
        ("carers", '-"day centre"', 'carers -"day centre"'),
        ("carers", "co-operative", 'carers -"co-operative"'),
    ],
)
def test_a_word_is_left_out_and_the_rest_means_what_it_meant(q: str, typed: str, expected: str) -> None:
    assert excluding(q, typed) == expected


@pytest.mark.parametrize("typed", ["", "  ", "-", '""', "…", "‑ !"])
def test_what_is_no_word_leaves_nothing_out(typed: str) -> None:
    assert excluding("carers", typed) is None
    assert without_words(Criteria(q="carers"), typed) is None


def test_a_search_that_is_too_long_gets_no_exclusion_that_it_would_not_hold() -> None:
    assert excluding("word " * 64, "transport") is None
    assert excluding("w" * (LONGEST_WORDS - 5), "transport") is None


@given(
    st.text(st.sampled_from('ab AB"-“” OR'), max_size=30) | st.text(max_size=30),
    st.text(max_size=12) | st.sampled_from(["OR", "transport", "SEND", "-x"]),
)
def test_an_exclusion_only_ever_adds_one_excluded_term(q: str, typed: str) -> None:
    longer = excluding(q, typed)
    if longer is not None:
        *before, added = parse_words(Criteria.parse([("q", longer)]).q)
        assert tuple(before) == parse_words(Criteria.parse([("q", q)]).q)
        assert [term.excluded for term in added] == [True]


def test_each_thing_about_an_opportunity_can_be_left_out() -> None:
    found = {one.key: one.criteria for one in exclusions(Criteria(q="halls"), LOAN)}
    assert set(found) == {"kind", "theme:carers", "buyer"}
    assert [one.by_words for one in exclusions(Criteria(q="halls"), LOAN)] == [False, True, True]
    assert set(found["kind"].kind) == set(Kind) - {Kind.LOAN}
    assert found["buyer"].q == 'halls -"example council"'
    assert found["theme:carers"].q.startswith("halls -")


def test_of_several_wanted_ones_the_unwanted_is_dropped_by_its_own_field() -> None:
    asked = Criteria(kind=("grant", "loan"), theme=("carers", "food"), buyer=("example-council", "other-council"))
    found = {one.key: one for one in exclusions(asked, LOAN)}
    assert found["kind"].criteria.kind == ("grant",)
    assert found["theme:carers"].criteria.theme == ("food",)
    assert found["buyer"].criteria.buyer == ("other-council",)
    assert {one.criteria.q for one in found.values()} == {""}


def test_what_a_search_asks_for_alone_is_not_offered_to_be_left_out() -> None:
    asked = Criteria(kind=("loan",), theme=("carers",), buyer=("example-council",))
    assert exclusions(asked, LOAN) == ()


def test_a_word_that_is_left_out_already_stays_left_out_when_another_is_added() -> None:
    assert excluding("carers -transport", "food") == "carers -transport -food"
