"""What follows an ending contract: pairs that follow one another, and pairs that only look alike."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenderbell.database import transaction
from tenderbell.notice import Subject
from tenderbell.opportunity import Opportunity
from tenderbell.public import open_public
from tenderbell.successors import MOST_CANDIDATES, Successor, successor_of
from tenderbell.vocabulary import Stage
from tests.site.world import fill, opportunity

END = datetime(2027, 3, 31, 22, 59, tzinfo=UTC)
SOCIAL = (Subject("85312000", "Social work services"),)


def ended(title: str = "Young carers support service", **facts: Any) -> Opportunity:
    usual: dict[str, Any] = {"stage": Stage.AWARDED, "ends_at": END, "subjects": SOCIAL, "closes_at": None,
                             "published_at": END - timedelta(days=1200)}  # fmt: skip
    return opportunity(100, title, **{**usual, **facts})


def later(title: str, number: int = 200, **facts: Any) -> Opportunity:
    usual: dict[str, Any] = {"stage": Stage.ENGAGEMENT, "subjects": SOCIAL, "published_at": END - timedelta(days=200)}
    return opportunity(number, title, **{**usual, **facts})


def found(folder: Path, one: Opportunity, *others: Opportunity) -> Successor | None:
    fill(folder / "public.db", [one, *others])
    with closing(open_public(folder / "public.db")) as db:
        return successor_of(db, one)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Young carers support service", "Support for young carers 2027 to 2032"),
        ("Young carers support service", "YOUNG CARERS - early market engagement"),
        ("Provision of community transport in the Forest", "Community transport: Forest of Dean"),
        ("Healthwatch contract", "Healthwatch: new contract from April 2027"),
    ],
)
def test_the_same_buyer_and_subject_later_is_a_successor(tmp_path: Path, before: str, after: str) -> None:
    successor = found(tmp_path, ended(before), later(after))
    assert successor is not None
    assert successor.title == after
    assert "both titles" in successor.why


@pytest.mark.parametrize(
    "other",
    [
        later("Grounds maintenance of cemeteries"),
        later("Support for young carers", buyer_id="another-council"),
        later("Support for young carers", stage=Stage.CANCELLED),
        later("Support for young carers", subjects=(Subject("45210000", "Building work"),)),
        later("Support for young carers", published_at=END - timedelta(days=3 * 365 + 5)),
        later("Support for young carers", published_at=END + timedelta(days=400)),
        later("Support for young carers", starts_at=END - timedelta(days=700)),
        later("Support for young carers", number=50),
        later("Services for carers of adults with dementia and their families"),
    ],
    ids=["subject", "buyer", "cancelled", "class", "long before", "long after", "beside it", "earlier", "few words"],
)
def test_what_only_looks_alike_is_none(tmp_path: Path, other: Opportunity) -> None:
    assert found(tmp_path, ended(), other) is None


def test_without_a_subject_two_words_in_common_must_do(tmp_path: Path) -> None:
    one = ended(subjects=())
    assert found(tmp_path, one, later("Young carers respite", subjects=())) is not None
    assert found(tmp_path / "b", one, later("Carers", subjects=())) is None


def test_the_newest_of_several_is_named(tmp_path: Path) -> None:
    successor = found(tmp_path, ended(), later("Young carers: talks"), later("Young carers: tender", 300))
    assert successor is not None
    assert successor.title == "Young carers: tender"


def test_notices_that_name_each_other_need_no_likeness(tmp_path: Path) -> None:
    one, other = ended(), later("Something else entirely", subjects=())
    fill(tmp_path / "public.db", [one, other])
    with closing(open_public(tmp_path / "public.db")) as db:
        with transaction(db):
            db.execute(
                "insert into bond (a, b, bond, rule, evidence, score) values (?, ?, 'related', 'named', '', 1)",
                (one.ocids[0], other.ocids[0]),
            )
        assert successor_of(db, one) == Successor(other.id, other.title, Stage.ENGAGEMENT, "Its notices name this one.")


def test_what_has_no_end_or_no_buyer_has_no_successor(tmp_path: Path) -> None:
    assert found(tmp_path, ended(ends_at=None), later("Young carers support")) is None
    assert found(tmp_path / "b", ended(buyer_id=None), later("Young carers support", buyer_id=None)) is None


def test_a_buyer_with_thousands_of_adverts_costs_no_more(tmp_path: Path) -> None:
    fill(tmp_path / "public.db", [ended()])
    with closing(open_public(tmp_path / "public.db")) as db:
        plan = db.execute(
            "explain query plan select number from opportunity where buyer_id = ? and number > ? "
            "order by number desc limit ?",
            ("x", 1, MOST_CANDIDATES),
        ).fetchall()
    assert "USING" in plan[0]["detail"]
    assert "SCAN" not in plan[0]["detail"]
    assert not [row for row in plan if "TEMP B-TREE" in row["detail"]]
