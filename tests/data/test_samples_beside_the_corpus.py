"""The samples beside recorded releases: the same shapes, other words."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schedules import samples
from tests.data.test_samples import everything_said, readable

pytestmark = pytest.mark.corpus

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
RUN = 9
"""So many words in a row, the same in a sample and in a recorded notice, would be a copy."""


def recorded(corpus: Path) -> list[dict[str, Any]]:
    files = sorted((corpus / "find_a_tender").rglob("*.json"))
    return [release for file in files for release in json.loads(file.read_text("utf-8")).get("releases", ())]


def paths(value: object, at: str = "") -> Iterable[str]:
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, f"{at}/{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{at}[]")


def runs(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


def test_no_run_of_words_is_taken_from_a_recorded_notice(corpus: Path) -> None:
    known: set[str] = set()
    for file in sorted(corpus.rglob("*")):
        if file.suffix in (".json", ".xml", ".html") and "reference" not in file.parts:
            known |= runs(file.read_text("utf-8", errors="replace"))
    own = {run for text in everything_said() for run in runs(text)}
    assert len(own) > 1_000
    labels = {run for label in samples.labels().values() for run in runs(label)}
    assert not (own - labels) & known


def test_fields_stand_where_recorded_releases_have_them(corpus: Path) -> None:
    known = {path for release in recorded(corpus) for path in paths(release)}
    own = {path for portion in (1, 2) for release in readable(NOW, portion) for path in paths(release)}
    not_recorded = {
        path for path in own - known if not path.startswith(("/contracts[]/implementation", "/tender/techniques"))
    }
    assert not_recorded <= {
        "/tender/lots[]/awardCriteria/description",
        "/parties[]/details/classifications[]/description",
        "/tender/documents[]/datePublished",
    }


def test_the_schema_finds_no_fault_that_recorded_releases_do_not_have(corpus: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((corpus / "reference/ocds/release-schema.json").read_text("utf-8"))
    validator = jsonschema.Draft4Validator(schema)

    def faults(releases: Iterable[dict[str, Any]]) -> set[tuple[str, str]]:
        return {
            (str(error.validator), "/".join(part for part in error.absolute_path if isinstance(part, str)))
            for release in releases
            for error in validator.iter_errors(release)
        }

    own = faults(release for portion in (1, 2) for release in readable(NOW, portion))
    assert own <= faults(recorded(corpus)[:250])


def test_labels_are_the_official_ones(corpus: Path) -> None:
    text = (corpus / "reference/cpv2008_en.csv").read_text("utf-8-sig")
    for code, label in samples.labels().items():
        assert re.search(rf'^{code},\d,"?{re.escape(label)}"?$', text, re.MULTILINE), code
