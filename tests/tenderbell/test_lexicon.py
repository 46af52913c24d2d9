"""Phrases as people write them, and the texts in which they are found."""

import pytest

from tenderbell.lexicon import Lexicon, quote, spelt_out


def found(phrase: str, text: str) -> list[str]:
    return [quote(text, hit) for hit in Lexicon({"list": [phrase]}).hits(text)]


def test_a_phrase_stands_for_every_choice_in_it() -> None:
    assert spelt_out("young (person|people)") == {("young", "person"), ("young", "people")}
    assert spelt_out("(pre)?school (club)?") == {("preschool", "club"), ("school", "club"), ("preschool",), ("school",)}
    assert spelt_out("stay and play") == {("stay", "and", "play")}


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("young carer", "Young Carers"),
        ("young carer", "YOUNG CARERS'"),
        ("carer", "the carer’s view"),
        ("charity", "two charities"),
        ("bus", "three buses"),
        ("stay and play", "Stay & Play"),
        ("after school club", "after-school clubs"),
        ("drug alcohol", "drugs and alcohol"),
        ("café", "a CAFÉ"),
        ("SEND", "children with SEND"),
    ],
)
def test_case_plural_possessive_and_what_stands_between_do_not_matter(phrase: str, text: str) -> None:
    assert len(found(phrase, text)) == 1


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("SEND", "please send it"),
        ("SEND", "Send it"),
        ("carer", "careers"),
        ("cat", "category"),
        ("young carer", "young and old carers"),
        ("art", "party"),
    ],
)
def test_what_only_looks_alike_is_not_found(phrase: str, text: str) -> None:
    assert found(phrase, text) == []


def test_the_shorter_of_two_forms_stands_for_both() -> None:
    lexicon = Lexicon({"one": ["arts"], "two": ["art club"]})
    assert [hit.name for hit in lexicon.hits("Art")] == ["one"]
    assert {hit.name for hit in lexicon.hits("Arts clubs")} == {"one", "two"}


def test_a_hit_quotes_the_text_as_it_is_written() -> None:
    assert found("voluntary community sector", "the Voluntary & Community-Sector.") == ["Voluntary & Community-Sector"]
    assert found("old people", "") == []
