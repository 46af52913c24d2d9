"""Following the archive: nothing lost, nothing twice, nobody told by a backfill or a rebuild."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tenderbell import archive, decisions
from tenderbell.archive import open_archive
from tenderbell.compiling import compile_archive, following, rebuild
from tenderbell.compiling.assembling import assemble
from tenderbell.notice import Money, Notice, Raw
from tenderbell.opportunity import find, sightings
from tenderbell.public import read_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import Effect, EventType, Kind, Reach, Stage
from tests.tenderbell.notices import LEEDS, NOW, keep, notice, read, settings_in

NOON = datetime(2026, 4, 10, 11, tzinfo=UTC)
ID = "h6vhtk-0abcde"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def public(settings: Settings) -> sqlite3.Connection:
    return read_public(settings.public_path)


def dump(settings: Settings) -> list[str]:
    """Every row of the public database that says something about an opportunity."""
    tables = ("opportunity", "opportunity_text", "opportunity_tag", "notice", "buyer", "event", "process")
    db = public(settings)
    return sorted(f"{table} {tuple(row)}" for table in tables for row in db.execute(f"select * from {table}"))


def events(settings: Settings) -> list[tuple[EventType, bool]]:
    rows = public(settings).execute("select type, silent from event where opportunity = ? order by number", (ID,))
    return [(EventType(row["type"]), bool(row["silent"])) for row in rows]


def test_compiling_twice_changes_no_row_and_makes_no_event(settings: Settings) -> None:
    keep(settings, notice(1, closes_at=NOON), notice(2, Effect.ENGAGE, process="ocds-h6vhtk-0other"))
    assert compile_archive(settings).opportunities == 2
    before = dump(settings)
    keep(settings, notice(1, closes_at=NOON), notice(2, Effect.ENGAGE, process="ocds-h6vhtk-0other"))
    assert compile_archive(settings).opportunities == 0
    assert dump(settings) == before


def test_a_backfill_tells_nobody_and_what_follows_is_told(settings: Settings) -> None:
    keep(settings, notice(1, closes_at=NOON), backfill=True)
    compile_archive(settings)
    keep(settings, notice(2, closes_at=NOON + timedelta(days=7), update=True))
    compile_archive(settings)
    assert events(settings) == [(EventType.NEW, True), (EventType.DEADLINE, False)]


@pytest.mark.parametrize(
    ("first", "second", "types"),
    [
        (notice(1, Effect.PLAN), notice(2, closes_at=NOON), [EventType.OPENED]),
        (notice(1, closes_at=NOON), notice(2, Effect.CANCEL), [EventType.CANCELLED]),
        (notice(1, Effect.CANCEL), notice(2, closes_at=NOON), [EventType.REOPENED, EventType.DEADLINE]),
        (notice(1), notice(2, Effect.AWARD, value=Money(net=9)), [EventType.AWARDED]),
        (notice(1), notice(2, Effect.CLOSE), [EventType.CLOSED]),
        (notice(1), notice(2, value=Money(net=9), update=True), [EventType.VALUE]),
        (notice(1), notice(2, title="Support for young adult carers", update=True), [EventType.REVISED]),
        (notice(1), notice(2, update=True), []),
        (notice(1), notice(2, Effect.NONE), []),
    ],
)
def test_each_change_is_one_event_of_its_type(
    settings: Settings, first: Notice, second: Notice, types: list[EventType]
) -> None:
    keep(settings, first)
    compile_archive(settings)
    keep(settings, second)
    compile_archive(settings)
    assert [type for type, _ in events(settings)] == [EventType.NEW, *types]


def test_an_older_notice_that_arrives_late_is_history_and_no_event(settings: Settings) -> None:
    keep(settings, notice(5, closes_at=NOON, update=True))
    compile_archive(settings)
    keep(settings, notice(1, closes_at=NOON - timedelta(days=7)))
    compile_archive(settings)
    opportunity = find(public(settings), ID)
    assert opportunity is not None
    assert [change.field for change in opportunity.changes] == ["closes_at"]
    assert EventType.DEADLINE not in [type for type, _ in events(settings)]


def test_a_change_in_place_replaces_the_version_before_it(settings: Settings) -> None:
    keep(settings, notice(1, closes_at=NOON, title="Old title"))
    keep(settings, notice(1, closes_at=NOON, title="New title"))
    compile_archive(settings)
    opportunity = find(public(settings), ID)
    assert opportunity is not None
    assert (opportunity.title, opportunity.notices) == ("New title", ("000001-2026",))


def test_what_is_elsewhere_or_over_gets_no_page_and_local_awards_do(settings: Settings) -> None:
    keep(
        settings,
        notice(1, process="ocds-h6vhtk-0local", effect=Effect.AWARD),
        notice(2, process="ocds-h6vhtk-0wider", buyers=(LEEDS,), delivery_regions=("UK",), closes_at=NOON),
        notice(3, process="ocds-h6vhtk-0award", effect=Effect.AWARD, buyers=(LEEDS,), delivery_regions=("UK",)),
        notice(4, process="ocds-h6vhtk-0past", buyers=(LEEDS,), delivery_regions=("UK",), closes_at=NOW),
        notice(5, process="ocds-h6vhtk-0else", buyers=(LEEDS,), delivery_regions=("UKE42",), closes_at=NOON),
        notice(
            6, Effect.NONE, process="ocds-h6vhtk-0corr", buyers=(LEEDS,), delivery_regions=("UK",), form="tenderUpdate"
        ),
    )
    compile_archive(settings)
    ids = [row[0] for row in public(settings).execute("select id from opportunity order by id")]
    assert ids == ["h6vhtk-0local", "h6vhtk-0wider"]


def test_a_page_that_existed_goes_on_through_award(settings: Settings) -> None:
    keep(settings, notice(1, buyers=(LEEDS,), delivery_regions=("UK",), closes_at=NOON))
    compile_archive(settings)
    keep(settings, notice(2, Effect.AWARD, buyers=(LEEDS,), delivery_regions=("UK",)))
    compile_archive(settings)
    opportunity = find(public(settings), ID)
    assert opportunity is not None
    assert opportunity.stage is Stage.AWARDED


def test_a_notice_that_cannot_be_read_stops_nothing(settings: Settings) -> None:
    db = open_archive(settings.archive_path)
    run = archive.start_run(db, "find-a-tender", NOW)
    bad = Raw("find-a-tender", "bad", b'{"source": 5}')
    good = Raw("find-a-tender", "000001-2026", msgspec.json.encode(notice(1)))
    assert archive.keep(db, run, [bad, good], read, NOW).unreadable == 1
    compile_archive(settings)
    assert find(public(settings), ID) is not None


def test_sightings_follow_without_an_event(settings: Settings, tmp_path: Path) -> None:
    keep(settings, notice(1))
    compile_archive(settings)
    later = settings_in(tmp_path, NOW + timedelta(days=3))
    keep(later, notice(1))
    compile_archive(later)
    (seen,) = sightings(public(settings), ID)
    assert (seen.first_seen, seen.last_seen) == (NOW, NOW + timedelta(days=3))
    assert len(events(settings)) == 1


def test_a_rebuild_keeps_ids_and_pages_and_tells_nobody(settings: Settings) -> None:
    keep(settings, notice(1), notice(2, process="ocds-h6vhtk-0other", closes_at=NOON))
    compile_archive(settings)
    before = public(settings).execute("select id, number from opportunity order by id").fetchall()

    def better(raw: Raw) -> Notice:
        """A reader that has since learnt to recognise grants."""
        return msgspec.structs.replace(read(raw), kind=Kind.GRANT, kind_evidence="It has learnt.")

    rebuild(settings, lambda _: better)
    db = public(settings)
    assert db.execute("select id, number from opportunity order by id").fetchall() == before
    assert {row[0] for row in db.execute("select kind from opportunity")} == {"grant"}
    assert {bool(row[0]) for row in db.execute("select silent from event order by number limit -1 offset 2")} <= {True}


def test_a_rebuild_first_compiles_what_waits_so_that_its_alert_is_not_lost(settings: Settings) -> None:
    compile_archive(settings)
    keep(settings, notice(1))
    rebuild(settings, lambda _: read)
    compile_archive(settings)
    assert events(settings) == [(EventType.NEW, False)]


def test_a_process_that_cannot_be_compiled_is_set_aside_and_stops_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(settings, notice(1), notice(2, process="ocds-h6vhtk-0other", title="The odd one"))

    def odd(notices: Sequence[Notice], *arguments: Any, **options: Any) -> Any:
        if notices[0].title == "The odd one":
            raise KeyError("lot 7")
        return assemble(notices, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(following, "assemble", odd)
        compile_archive(settings)
    assert find(public(settings), ID) is not None
    aside = public(settings).execute("select process, reason from set_aside").fetchall()
    assert [tuple(row) for row in aside] == [("ocds-h6vhtk-0other", "KeyError: 'lot 7'")]
    rebuild(settings, lambda _: read)
    assert find(public(settings), "h6vhtk-0other") is not None
    assert public(settings).execute("select count(*) from set_aside").fetchone()[0] == 0


def test_a_harvest_that_was_cut_off_is_no_first_run_for_ever(settings: Settings, tmp_path: Path) -> None:
    archive.start_run(open_archive(settings.archive_path), "find-a-tender", NOW)
    for hours, state in ((1, "first run"), (13, "failing")):
        later = settings_in(tmp_path, NOW + timedelta(hours=hours))
        compile_archive(later)
        row = public(later).execute("select state from source where id = 'find-a-tender'").fetchone()
        assert row["state"] == state


def test_the_operator_decides_what_only_its_text_connects(settings: Settings) -> None:
    livery = {"title": "Livery for Gloucestershire", "buyers": (LEEDS,), "delivery_regions": ("UKE4",)}
    keep(settings, notice(1, closes_at=NOON, **livery))
    compile_archive(settings)
    waiting = find(public(settings), ID)
    assert waiting is not None
    assert waiting.unconfirmed
    decisions.decide(open_archive(settings.archive_path), ID, decisions.Verdict.ACCEPT, NOW)
    compile_archive(settings)
    decided = find(public(settings), ID)
    assert decided is not None
    assert (decided.reach, decided.unconfirmed) == (Reach.LOCAL, False)


def test_nothing_personal_reaches_the_public_database(settings: Settings) -> None:
    keep(settings, notice(1, description="Ask pat.doe@council.example, 01632 960123.", eligibility="Pat: 01632 960999"))
    compile_archive(settings)
    content = b"".join(path.read_bytes() for path in settings.data.glob("public.db*"))
    assert b"pat.doe" not in content
    assert b"01632" not in content


def test_a_database_made_anew_numbers_its_events_above_the_old_ones(settings: Settings) -> None:
    keep(settings, notice(1))
    compile_archive(settings)
    before = public(settings).execute("select max(number) from event").fetchone()[0]
    for path in settings.data.glob("public.db*"):
        path.unlink()
    compile_archive(settings)
    assert public(settings).execute("select min(number) from event").fetchone()[0] >= before


def test_thousands_of_one_instant_are_numbered_in_a_breath(settings: Settings) -> None:
    keep(settings, *(notice(number, process=f"ocds-h6vhtk-{number:06}", published_at=NOW) for number in range(1, 2300)))
    compile_archive(settings)
    numbers = [row[0] for row in public(settings).execute("select number from opportunity order by number")]
    assert len(set(numbers)) == 2299
    assert numbers[-1] - numbers[0] < 3000


def test_every_source_has_a_line_on_its_health(settings: Settings) -> None:
    keep(settings, notice(1))
    compile_archive(settings)
    states = dict(public(settings).execute("select id, state from source").fetchall())
    assert states["find-a-tender"] == "working"
    assert set(states.values()) == {"working", "never run"}
