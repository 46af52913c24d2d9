"""Why maybe not: what is said against an opportunity, and what is not."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from alerts.doubts import doubts_of, size_doubts
from tenderbell.area import load_area
from tenderbell.notice import Lot
from tenderbell.opportunity import Opportunity
from tenderbell.vocabulary import Kind, Stage
from tests.alerts.world import london

AREA = load_area("gloucestershire")
NOW = datetime(2026, 11, 4, 9, tzinfo=UTC)
NOTHING = {"minimum_requirements": None, "eligibility": "Any charity"}


def one(**facts: Any) -> Opportunity:
    return Opportunity(id="a", number=1, title="A", source="s", **({**NOTHING, **facts}))


@pytest.mark.parametrize(
    ("facts", "doubts"),
    [
        ({}, ()),
        ({"closes_at": london(date(2026, 11, 13), 12)}, ("only 9 days left",)),
        ({"closes_at": london(date(2026, 11, 5), 0)}, ("it closes today",)),
        ({"closes_at": london(date(2026, 11, 18), 12)}, ()),
        ({"eligibility": None}, ("minimum requirements not stated",)),
        (
            {"minimum_requirements": "Two\nyears of accounts"},
            ("it sets minimum requirements: “Two years of accounts”",),
        ),
        ({"unconfirmed": True}, ("we could not confirm that it covers Gloucestershire",)),
        ({"reserved_places": ("E06000001",)}, ("reserved for others: suppliers of another place",)),
        ({"reserved_places": (AREA.gss,)}, ()),
        ({"vcse_suitable": False}, ("not marked as suitable for voluntary and community organisations",)),
        ({"vcse_suitable": None}, ()),
        ({"kind": Kind.LOAN}, ("a loan, to be paid back",)),
        ({"tupe": True}, ("staff may transfer to whoever wins it (TUPE)",)),
        ({"stage": Stage.PLANNED, "eligibility": None}, ()),
    ],
)  # fmt: skip
def test_a_doubt_is_said_for_what_the_notice_says_or_hides(facts: dict[str, Any], doubts: tuple[str, ...]) -> None:
    assert doubts_of(one(**facts), AREA, NOW) == doubts


@pytest.mark.parametrize(
    ("facts", "capacity", "doubts"),
    [
        ({"value": 90_000.0}, None, ()),
        ({"value": 90_000.0}, 90_000, ()),
        ({"value": 90_001.0}, 90_000, ("larger than the £90,000 you can take on",)),
        ({"value": None}, 90_000, ("its size is not stated",)),
        ({"value": 5e6, "value_basis": "whole fund"}, 90_000, ()),
        ({"value": 5e6, "lots": (Lot("1"), Lot("2"))}, 90_000,
         ("larger than the £90,000 you can take on, but it comes in 2 lots",)),
    ],
)  # fmt: skip
def test_size_is_a_doubt_only_for_who_named_a_limit(
    facts: dict[str, Any], capacity: int | None, doubts: tuple[str, ...]
) -> None:
    assert size_doubts(one(**facts), capacity) == doubts
