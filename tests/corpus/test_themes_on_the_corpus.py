"""The themes beside what a reader found in recorded notices: precision and recall, on the notices that the rules were
tuned on and on the third that was held out."""

from collections import Counter
from pathlib import Path

import pytest

from tenderbell.themes import theme_names, themes_of
from tests.corpus.labels import Themed, held_out, notice_of, themed

pytestmark = pytest.mark.corpus

LEAST_PRECISION = 0.9
LEAST_RECALL = 0.8


class Score:
    """How often the rules agree with the reader: counts of themes that both, only the rules and only the reader see."""

    def __init__(self, corpus: Path, labels: list[Themed]) -> None:
        self.labels = labels
        self.both, self.rules, self.reader = Counter[str](), Counter[str](), Counter[str]()
        for label in labels:
            found, wanted = set(_found(corpus, label)), set(label.themes)
            self.both.update(found & wanted)
            self.rules.update(found - wanted)
            self.reader.update(wanted - found)

    @property
    def precision(self) -> float:
        return self.both.total() / (self.both.total() + self.rules.total())

    @property
    def recall(self) -> float:
        return self.both.total() / (self.both.total() + self.reader.total())

    def line(self, name: str) -> str:
        relevant = sum(bool(label.themes) for label in self.labels)
        return (
            f"{name}: {len(self.labels)} notices ({relevant} with themes), precision {self.precision:.3f}, "
            f"recall {self.recall:.3f}"
        )


def _found(corpus: Path, label: Themed) -> dict[str, str]:
    notice = notice_of(corpus, label)
    codes = tuple(subject.code for subject in notice.subjects if subject.scheme == "CPV")
    headline = "\n".join([notice.title or "", *(lot.title or "" for lot in notice.lots)])
    return themes_of(codes, headline, notice.description or "")


def test_there_are_enough_labels_and_half_of_them_are_irrelevant() -> None:
    labels = themed()
    assert len(labels) >= 180
    assert len({(label.file, label.key) for label in labels}) == len(labels)
    assert 0.4 <= sum(not label.themes for label in labels) / len(labels) <= 0.6
    assert 0.28 <= sum(map(held_out, labels)) / len(labels) <= 0.4
    assert {theme for label in labels for theme in label.themes} <= theme_names().keys()


def test_the_held_out_notices_have_the_themes_that_a_reader_gave_them(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = themed()
    tuned = Score(corpus, [label for label in labels if not held_out(label)])
    unseen = Score(corpus, [label for label in labels if held_out(label)])
    with capsys.disabled():
        print(f"\n{tuned.line('Tuned on')}\n{unseen.line('Held out')}")
    assert unseen.precision >= LEAST_PRECISION
    assert unseen.recall >= LEAST_RECALL
    assert tuned.precision >= LEAST_PRECISION
    assert tuned.recall >= LEAST_RECALL
