"""Findings and the facts behind them, from the archive to `public.db` and to other programs."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tenderbell.area import load_area
from tenderbell.compiling import compile_archive, rebuild
from tenderbell.compiling.assembling import assemble
from tenderbell.compiling.events import happenings
from tenderbell.exchange import full_from
from tenderbell.notice import Notice, Organisation
from tenderbell.opportunity import Finding, Opportunity, find
from tenderbell.public import open_public, read_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import Effect, Result
from tests.tenderbell.notices import GLOUCESTERSHIRE, NOW, keep, notice, read, settings_in

NOON = datetime(2026, 4, 10, 11, tzinfo=UTC)
ID = "h6vhtk-0abcde"
TABLES = ("opportunity", "finding", "event")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def compiled(*notices: Notice) -> Opportunity:
    result = assemble(notices, GLOUCESTERSHIRE, number=1, first_seen=NOW)
    assert result is not None
    return result[0]


def row(settings: Settings, columns: str) -> tuple[object, ...]:
    db = read_public(settings.public_path)
    return tuple(db.execute(f"select {columns} from opportunity where id = ?", (ID,)).fetchone())


def dump(settings: Settings) -> list[str]:
    db = read_public(settings.public_path)
    return [f"{table} {tuple(row)}" for table in TABLES for row in db.execute(f"select * from {table}")]


def findings(settings: Settings) -> dict[str, str]:
    db = read_public(settings.public_path)
    return {row["clause"]: row["result"] for row in db.execute("select * from finding where opportunity = ?", (ID,))}


def of(opportunity: Opportunity, clause: str) -> Finding | None:
    return next((found for found in opportunity.findings if found.clause == clause), None)


# Stored


def test_findings_stand_in_the_record_in_the_table_and_in_the_json(settings: Settings) -> None:
    keep(settings, notice(1, closes_at=NOON, quality_percent=70.0, cost_percent=30.0))
    compile_archive(settings)
    db = read_public(settings.public_path)
    opportunity = find(db, ID)
    assert opportunity is not None
    told = full_from(db, opportunity, "https://site.example", NOW)["findings"]
    assert {one["clause"]: one["result"] for one in told} == findings(settings)
    assert [one["clause"] for one in told] == [one.clause for one in opportunity.findings]
    assert {"clause": "3.3.7", "result": "met", "words": "Quality 70 %, price 30 %.", "field": "quality_percent",
            "relied_on": "Quality 70 %, price 30 %"} in told  # fmt: skip


def test_the_new_facts_reach_other_programs(settings: Settings) -> None:
    keep(settings, notice(1, closes_at=NOON, monitoring="A report every month.", contact=True))
    compile_archive(settings)
    db = read_public(settings.public_path)
    opportunity = find(db, ID)
    assert opportunity is not None
    told = full_from(db, opportunity, "https://site.example", NOW)
    assert (told["monitoring"], told["contact"], told["glossary"]) == ("A report every month.", True, None)
    assert told["warning_days"] is None


def test_compiling_twice_and_rebuilding_change_no_row(settings: Settings) -> None:
    keep(settings, notice(1, Effect.ENGAGE), notice(2, closes_at=NOON))
    compile_archive(settings)
    before = dump(settings)
    compile_archive(settings)
    assert dump(settings) == before
    rebuild(settings, lambda _: read)
    assert dump(settings) == before


def test_rebuild_fills_a_database_from_before_findings_and_tells_nobody(settings: Settings) -> None:
    keep(settings, notice(1, Effect.PLAN), notice(2, closes_at=NOON), notice(3, closes_at=NOON + timedelta(days=7)))
    compile_archive(settings)
    _take_findings_away(settings)
    events = read_public(settings.public_path).execute("select count(*) from event").fetchone()[0]
    rebuild(settings, lambda _: read)
    assert findings(settings)["3.2.2"] == "not met"
    assert row(settings, "deadline_moves, warning_days, first_early_at") == (1, 46, "2026-03-02T10:00:00Z")
    assert read_public(settings.public_path).execute("select count(*) from event").fetchone()[0] == events


def _take_findings_away(settings: Settings) -> None:
    db: sqlite3.Connection = open_public(settings.public_path)
    opportunity = find(db, ID)
    assert opportunity is not None
    old = msgspec.structs.replace(opportunity, findings=(), warning_days=None, first_early_at=None)
    db.execute("delete from finding")
    db.execute(
        "update opportunity set record = ?, deadline_moves = 0, warning_days = null, first_early_at = null",
        (msgspec.json.encode(old).decode(),),
    )
    db.close()


def test_a_finding_follows_the_newest_notice(settings: Settings) -> None:
    keep(settings, notice(1, closes_at=NOON))
    compile_archive(settings)
    assert findings(settings)["3.3.16"] == "not stated"
    keep(settings, notice(2, closes_at=NOON, tupe=True))
    compile_archive(settings)
    assert findings(settings)["3.3.16"] == "met"
    keep(settings, notice(3, Effect.AWARD))
    compile_archive(settings)
    assert findings(settings)["3.3.11"] == "not stated"


def test_a_merged_page_leaves_no_findings_behind(settings: Settings) -> None:
    elsewhere = {"source": "contracts-finder", "process": "ocds-b5fd17-0001", "title": "Carers: support"}
    keep(settings, notice(1, closes_at=NOON, **elsewhere), notice(2, closes_at=NOON, references=("DN704134",)))
    compile_archive(settings)
    keep(settings, notice(3, closes_at=NOON, references=("DN704134",), **elsewhere))
    compile_archive(settings)
    db = read_public(settings.public_path)
    pages = {row[0] for row in db.execute("select id from opportunity")}
    assert {row[0] for row in db.execute("select opportunity from finding")} == pages
    assert len(pages) == 1


# Told to nobody

NEW_FACTS = {
    "scoring": "Quality and price.",
    "minimum_requirements": "Two years of accounts.",
    "monitoring": "A report every month.",
    "feedback": "Every bidder is told.",
    "contact": True,
    "glossary": True,
}


@pytest.mark.parametrize(("name", "said"), NEW_FACTS.items())
def test_a_change_of_the_new_facts_or_of_findings_alone_is_no_event(name: str, said: object) -> None:
    old = compiled(notice(1, closes_at=NOON))
    new = compiled(notice(1, closes_at=NOON, **{name: said}))
    assert old != new
    assert happenings(old, new) == []


def test_an_early_notice_found_later_is_no_event() -> None:
    old, new = compiled(notice(5, closes_at=NOON)), compiled(notice(1, Effect.PLAN), notice(5, closes_at=NOON))
    assert new.warning_days is not None
    unlike = {"published_at"}
    same = msgspec.structs.replace(new, **{name: getattr(old, name) for name in unlike})
    assert happenings(old, same) == []


# The new columns


def test_total_warning_runs_from_the_first_early_notice_in_uk_days() -> None:
    opportunity = compiled(notice(1, Effect.PLAN), notice(5, Effect.ENGAGE), notice(10, closes_at=NOON))
    assert opportunity.first_early_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert (opportunity.notice_days, opportunity.warning_days) == (30, 39)
    assert "39 days from the first early notice" in (of(opportunity, "3.2.2") or Finding("", Result.MET, "")).words


def test_a_plan_that_comes_after_the_advert_is_no_early_notice() -> None:
    opportunity = compiled(notice(1, closes_at=NOON), notice(5, Effect.PLAN))
    assert (opportunity.first_early_at, opportunity.warning_days) == (None, None)


def test_an_award_has_the_date_that_it_states_else_that_of_its_first_notice() -> None:
    tender, award, details = notice(1, closes_at=NOON), notice(20, Effect.AWARD), notice(25, Effect.AWARD)
    assert compiled(tender).awarded_at is None
    assert compiled(tender, award, details).awarded_at == award.published_at
    stated = msgspec.structs.replace(award, awarded_at=NOON)
    assert compiled(tender, stated, details).awarded_at == NOON
    assert compiled(tender, stated, notice(26, closes_at=NOON)).awarded_at is None


@pytest.mark.parametrize(
    ("suppliers", "stored"),
    [
        ((), None),
        ((Organisation("Big Works Ltd"),), 0),
        ((Organisation("Big Works Ltd", vcse=False),), 0),
        ((Organisation("Big Works Ltd"), Organisation("Wallbrook Advice", vcse=True)), 1),
    ],
)
def test_awards_to_the_sector_are_counted_as_stated(
    settings: Settings, suppliers: tuple[Organisation, ...], stored: int | None
) -> None:
    keep(settings, notice(1, closes_at=NOON), notice(20, Effect.AWARD, suppliers=suppliers, extends_to=NOON))
    compile_archive(settings)
    assert row(settings, "awarded_vcse, extends_to") == (stored, "2026-04-10T11:00:00Z")


def test_only_known_deadlines_that_became_others_count_as_moves(settings: Settings) -> None:
    keep(settings, notice(1))
    keep(settings, notice(2, closes_at=NOON))
    keep(settings, notice(3, closes_at=NOON + timedelta(days=1)))
    keep(settings, notice(4, closes_at=NOON + timedelta(days=8)))
    compile_archive(settings)
    assert row(settings, "deadline_moves") == (2,)
    assert findings(settings)["3.3.4"] == "not met"


# What only the text says, and what must not be shown


def test_what_only_the_description_says_is_found_for_every_source() -> None:
    text = (
        "We will want quarterly monitoring reports. A glossary is attached. Feedback will be given to all. "
        "For more information contact the commissioning team."
    )
    opportunity = compiled(notice(1, closes_at=NOON, description=text, source="some-portal"))
    assert opportunity.monitoring == "We will want quarterly monitoring reports."
    assert (opportunity.contact, opportunity.glossary) == (True, True)
    assert (of(opportunity, "3.3.6") or Finding("", Result.MET, "")).result is Result.MET


def test_no_officer_stands_in_a_finding() -> None:
    officer = "jo.smith@council.example"
    text = f"Ask {officer} or ring 01452 123456 about scoring; report every month to {officer}"
    facts = dict.fromkeys(("scoring", "minimum_requirements", "monitoring", "feedback", "eligibility"), text)
    opportunity = compiled(notice(1, closes_at=NOON, **facts), notice(2, Effect.AWARD, feedback=text))
    said = msgspec.json.encode(opportunity).decode()
    assert "jo.smith" not in said
    assert "123456" not in said
    assert any(finding.relied_on for finding in opportunity.findings)


def test_findings_exist_for_every_area() -> None:
    result = assemble([notice(1, closes_at=NOON)], load_area("united-kingdom"), number=1, first_seen=NOW)
    assert result is not None
    assert result[0].findings == compiled(notice(1, closes_at=NOON)).findings
