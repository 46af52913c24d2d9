"""The glossary explains every word that a page leads to, in sentences that anybody can read."""

import re
from pathlib import Path

import pytest

from tenderbell.glossary import Term, load_terms
from tests.conftest import PROJECT

TEMPLATES = sorted((PROJECT / "site" / "templates").glob("*.html"))
LINK = re.compile(r"""\bterm\(\s*["']([a-z0-9-]+)["']|/glossary#([a-z0-9-]+)""")
TERMS = load_terms()
LONGEST_WORDS = 28
"""So many words one sentence may have; about what a reader of twelve follows."""


def linked(path: Path) -> set[str]:
    return {first or second for first, second in LINK.findall(path.read_text("utf-8"))}


def test_there_are_enough_terms_to_be_of_use() -> None:
    assert len(TERMS) >= 45


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_word_that_a_page_leads_to_is_explained(path: Path) -> None:
    assert linked(path) <= {term.id for term in TERMS}


def test_some_page_does_lead_to_words() -> None:
    assert set().union(*map(linked, TEMPLATES)) & {term.id for term in TERMS}


def test_no_id_and_no_term_stands_twice() -> None:
    ids, names = [term.id for term in TERMS], [term.term.casefold() for term in TERMS]
    assert len(ids) == len(set(ids))
    assert len(names) == len(set(names))


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.id)
def test_a_term_leads_only_to_others_that_exist(term: Term) -> None:
    assert set(term.see) <= {other.id for other in TERMS} - {term.id}


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.id)
def test_a_term_is_explained_in_short_sentences(term: Term) -> None:
    sentences = re.split(r"(?<=[.!?:])\s+", term.means)
    assert term.means.endswith(".")
    assert max(len(sentence.split()) for sentence in sentences) <= LONGEST_WORDS
