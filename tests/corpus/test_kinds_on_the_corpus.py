"""Kinds beside what a reader found in recorded notices: how often they agree, and every notice on which they do not."""

from collections import Counter
from pathlib import Path

import pytest

from tenderbell.compiling.kinds import kind_of
from tenderbell.vocabulary import Kind
from tests.corpus.labels import kinded, notice_of

pytestmark = pytest.mark.corpus

LEAST = 0.97


def test_there_are_labels_of_every_kind_that_was_recorded() -> None:
    labels = kinded()
    assert len({(label.file, label.key) for label in labels}) == len(labels) >= 300
    assert {label.kind for label in labels} == set(Kind) - {Kind.LOAN}


def test_recorded_notices_are_of_the_kind_that_a_reader_gave_them(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = kinded()
    misses = []
    given = Counter[Kind]()
    for label in labels:
        notice = notice_of(corpus, label)
        kind, evidence = kind_of([notice], notice.title)
        given[label.kind] += kind is label.kind
        if kind is not label.kind:
            misses.append(f"  {label.file} {label.key}: {label.kind} for a reader, here {kind}. {evidence}")
    share = given.total() / len(labels)
    with capsys.disabled():
        print(f"\nKinds: {given.total()} of {len(labels)} as a reader says ({share:.3f})", *misses, sep="\n")
    assert share >= LEAST
    wanted = Counter(label.kind for label in labels)
    assert given[Kind.GRANT] == wanted[Kind.GRANT]
    assert given[Kind.DYNAMIC_MARKET] == wanted[Kind.DYNAMIC_MARKET]
    assert given[Kind.FRAMEWORK] >= 0.95 * wanted[Kind.FRAMEWORK]
