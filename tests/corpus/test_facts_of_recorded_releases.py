"""The facts of recorded releases, as somebody read them in the raw JSON, against what the project makes of each release
alone: split and read by its spider, assembled into an opportunity of the Gloucestershire edition.

`facts/*.toml` holds the facts; section 11 of sources.md lists what goes wrong.
"""

import tomllib
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spiders.fetching.saved import content_type_of
from spiders.registry import reader_of, spider_class
from tenderbell.area import load_area
from tenderbell.compiling.assembling import assemble
from tenderbell.compiling.reaches import Placing
from tenderbell.edition import Source
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Raw
from tenderbell.opportunity import Opportunity

FACTS = Path(__file__).parent / "facts"
GLOUCESTERSHIRE = load_area("gloucestershire")
NOT_STATED = "not stated"
LEAST_SHARE = 0.98
SOURCES = {
    folder: Source(id=folder.replace("_", "-"), title=folder) for folder in ("find_a_tender", "contracts_finder")
}
"""The source whose responses each folder of the corpus holds."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_TIMES = (
    "closes_at",
    "engagement_closes_at",
    "enquiries_close_at",
    "decision_expected_at",
    "published_at",
    "starts_at",
    "ends_at",
)
_AS_THEY_STAND = (
    "value",
    "value_net",
    "value_gross",
    "currency",
    "sme_suitable",
    "vcse_suitable",
    "reserved_vcse",
    "quality_percent",
    "cost_percent",
    "tupe",
)
FIELDS = (
    *("stage", "kind", "cpv", "lots", "reserved_places", "reach", "reach_rule", "references"),
    *_TIMES,
    *_AS_THEY_STAND,
)


class Difference(msgspec.Struct, frozen=True):
    """A fact that the project reads otherwise."""

    release: str
    field: str
    fact: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.release:<24} {self.field:<20} fact {self.fact!s:<44} found {self.found!s}"


def recorded(name: str) -> list[dict[str, Any]]:
    """Return the releases of `facts/NAME.toml`."""
    return list(tomllib.loads((FACTS / f"{name}.toml").read_text("utf-8"))["release"])


@cache
def raws(corpus: Path, file: str) -> dict[str, Raw]:
    """Return the notices of a recorded response by their keys, as the spider of its source splits it."""
    source, path = SOURCES[file.partition("/")[0]], corpus / file
    split = spider_class(source.spider_name).split(source, path.read_bytes(), content_type_of(path), None)
    return {raw.key: raw for raw in split}


def understood(raw: Raw, source: Source) -> tuple[Opportunity, Placing] | None:
    """Return what the project makes of one release, None when it makes nothing of it."""
    try:
        notice = reader_of(source, GLOUCESTERSHIRE)(raw)
    except UnreadableNotice:
        return None
    return assemble([notice], GLOUCESTERSHIRE, number=1, first_seen=_LONG_AGO)


def facts_of(opportunity: Opportunity, finding: Placing) -> dict[str, Any]:
    """Return an opportunity's facts in the form of the files."""
    times = {name: getattr(opportunity, name) for name in _TIMES}
    plain = {name: getattr(opportunity, name) for name in _AS_THEY_STAND}
    found = {
        "stage": opportunity.stage.value,
        "kind": opportunity.kind.value,
        "cpv": sorted(subject.code for subject in opportunity.subjects if subject.scheme == "CPV"),
        "lots": len(opportunity.lots),
        "reserved_places": list(opportunity.reserved_places),
        "reach": finding.reach.value if finding.reach else "elsewhere",
        "reach_rule": finding.rule if finding.reach else None,
        "references": sorted(opportunity.references),
        **times,
        **plain,
    }
    return {name: NOT_STATED if value is None else value for name, value in found.items()}


def same(fact: object, found: object) -> bool:
    """Return whether two statements of a fact agree: instants as instants, numbers to a hundredth."""
    if isinstance(fact, bool) or isinstance(found, bool):
        return fact is found
    if isinstance(fact, int | float) and isinstance(found, int | float):
        return abs(fact - found) < 0.01
    return type(fact) is type(found) and fact == found


def differences(corpus: Path, release: dict[str, Any]) -> list[Difference]:
    """Return what the project reads otherwise of one release; everything when it makes nothing of it."""
    source = SOURCES[release["file"].partition("/")[0]]
    made = understood(raws(corpus, release["file"])[release["id"]], source)
    found = facts_of(*made) if made else {}
    facts = release | {"references": sorted(release["references"]), "cpv": sorted(release["cpv"])}
    return [
        Difference(release["id"][:22], field, facts[field], found.get(field))
        for field in FIELDS
        if not same(facts[field], found.get(field))
    ]


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["find_a_tender", "old_regime", "contracts_finder"])
def test_the_facts_of_recorded_releases_are_read_as_a_person_reads_them(
    corpus: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    releases = recorded(name)
    wrong = [difference for release in releases for difference in differences(corpus, release)]
    count = len(releases) * len(FIELDS)
    stated = sum(release[field] not in (NOT_STATED, []) for release in releases for field in FIELDS)
    share, share_of_stated = 1 - len(wrong) / count, 1 - len(wrong) / stated
    with capsys.disabled():
        print(f"\n{name}: {len(releases)} releases, {count} facts, {share:.2%} read as written down")
        print(f"  {stated} of the facts are stated; with every difference counted against them: {share_of_stated:.2%}")
        print(*(f"  {difference}" for difference in wrong), sep="\n")
    assert share_of_stated >= LEAST_SHARE, Counter(difference.field for difference in wrong).most_common()


@pytest.mark.corpus
def test_every_recorded_release_that_touches_the_county_has_its_facts_written_down(corpus: Path) -> None:
    rows = (corpus / "gloucestershire" / "expected_places.csv").read_text("utf-8").splitlines()[1:]
    written = {
        release["id"] for name in ("find_a_tender", "old_regime", "contracts_finder") for release in recorded(name)
    }
    assert {row.split(",")[1] for row in rows} <= written


def test_the_facts_are_of_every_type_of_notice_and_complete() -> None:
    releases = [release for path in FACTS.glob("*.toml") for release in recorded(path.stem)]
    assert len(releases) >= 160
    assert len({(release["file"], release["id"]) for release in releases}) == len(releases)
    for release in releases:
        assert set(release) == {"file", "id", "why", *FIELDS}, release["id"]
    forms = {release["why"].partition(";")[0].split(" ")[0] for release in recorded("find_a_tender")}
    assert forms >= {"UK1", "UK2", "UK3", "UK4", "UK5", "UK6", "UK7", "UK10", "UK11", "UK12", "UK13", "UK15"}
