"""An opportunity's page says where it was seen, why its notices are one, where they disagree, and what is related."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenderbell.compiling import compile_archive
from tenderbell.notice import Notice
from tenderbell.pages.detail import Detail, detail
from tenderbell.public import read_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import Effect
from tests.tenderbell.notices import keep, notice, settings_in

NOON = datetime(2026, 4, 10, 11, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def elsewhere(number: int, **facts: object) -> Notice:
    given = {"source": "contracts-finder", "process": "ocds-b5fd17-0001", "references": ("DN704134",)} | facts
    return notice(number, **given)  # type: ignore[arg-type]


def page(settings: Settings, id: str = "h6vhtk-0abcde") -> Detail:
    compile_archive(settings)
    found = detail(read_public(settings.public_path), id, settings.area, settings.edition, settings.clock())
    assert found is not None
    return found


def test_every_place_is_listed_with_first_and_last_seen_and_why_it_is_one(settings: Settings) -> None:
    keep(settings, notice(1, references=("DN704134",), closes_at=NOON), elsewhere(2, closes_at=NOON))
    found = page(settings)
    assert len(found.seen) == 2
    assert all("1 April 2026" in seen.first_seen and "1 April 2026" in seen.last_seen for seen in found.seen)
    assert found.why_one == ("Both give the portal reference DN704134.",)
    assert found.disputes == ()


def test_where_sources_disagree_both_are_said_and_why_one_is_followed(settings: Settings) -> None:
    later = NOON + timedelta(days=7)
    keep(settings, notice(1, references=("DN704134",), closes_at=NOON), elsewhere(2, closes_at=later))
    (dispute,) = page(settings).disputes
    assert dispute.label == "The deadline"
    assert dispute.followed.startswith("12 noon, Friday 17 April 2026")
    assert dispute.others[0].startswith("12 noon, Friday 10 April 2026")
    assert dispute.why == "It was published last."


def test_a_re_tender_is_linked_from_both_sides_and_not_joined(settings: Settings) -> None:
    again = elsewhere(9, closes_at=NOON + timedelta(days=30))
    keep(settings, notice(1, references=("DN704134",)), notice(4, Effect.CANCEL), again)
    (first,) = page(settings).kin
    (second,) = page(settings, "b5fd17-0001").kin
    assert (first.id, second.id) == ("b5fd17-0001", "h6vhtk-0abcde")
    assert "one began after the other had ended" in first.why


def test_what_may_be_the_same_is_shown_as_a_question(settings: Settings) -> None:
    other = elsewhere(
        2, title="Furniture for offices", references=("STR-2026-77",), closes_at=NOON + timedelta(days=50)
    )
    keep(settings, notice(1, references=("STR-2026-77",), closes_at=NOON), other)
    (kin,) = page(settings).kin
    assert kin.why.startswith("It may be the same; nobody has decided yet.")
