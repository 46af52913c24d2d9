"""Old bytes of notices that concern nobody may go; nothing that anybody sees changes by that."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tenderbell import archive
from tenderbell.archive import Kept, open_archive
from tenderbell.clock import still_clock
from tenderbell.compiling import compile_archive, rebuild
from tenderbell.database import connect, transaction
from tenderbell.edition import Archive, load_edition
from tenderbell.keeping import payloads
from tenderbell.keeping.payloads import empty_payloads
from tenderbell.notice import Raw
from tenderbell.settings import Settings
from tests.tenderbell.notices import LEEDS, NOW, keep, notice, raw, read, settings_in

HERE = notice(1)
ELSEWHERE = [notice(n, process=f"ocds-h6vhtk-{n:06x}", buyers=(LEEDS,)) for n in range(2, 6)]


def keeping(settings: Settings, months: int | None, name: str = "gloucestershire") -> Settings:
    """Return the settings with an edition that keeps bytes for so many months."""
    made = replace(settings)
    edition = msgspec.structs.replace(load_edition(name), archive=Archive(keep_months=months), id=name)
    made.__dict__["edition"] = edition
    return made


def later(settings: Settings, days: int) -> Settings:
    moved = replace(settings, clock=still_clock(NOW + timedelta(days=days)))
    moved.__dict__["edition"] = settings.edition
    return moved


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An archive with a notice of the area and four of elsewhere, compiled."""
    made = keeping(settings_in(tmp_path), 6)
    keep(made, HERE, *ELSEWHERE)
    compile_archive(made)
    return made


def emptied(settings: Settings) -> set[str]:
    with closing(open_archive(settings.archive_path)) as db:
        return {row[0] for row in db.execute("select key from notice where body = x''")}


def pages(settings: Settings) -> list[tuple[object, ...]]:
    with closing(connect(settings.public_path, read_only=True)) as db:
        tables = ("opportunity", "notice", "event", "process", "opportunity_tag", "finding")
        return [tuple(row) for table in tables for row in db.execute(f"select * from {table} order by 1, 2")]


def test_what_is_old_and_on_no_page_is_emptied_and_nothing_else(settings: Settings) -> None:
    assert empty_payloads(later(settings, 100)).payloads == 0
    done = empty_payloads(later(settings, 200))
    assert done.payloads == len(ELSEWHERE)
    assert done.bytes > 100 * len(ELSEWHERE)
    assert emptied(settings) == {one.key for one in ELSEWHERE}
    assert empty_payloads(later(settings, 200)).payloads == 0


def test_without_a_limit_everything_is_kept(settings: Settings) -> None:
    assert empty_payloads(later(keeping(settings, None), 4000)).payloads == 0


def test_the_same_notices_once_more_change_nothing(settings: Settings) -> None:
    old = later(settings, 200)
    empty_payloads(old)
    before = pages(old)
    with closing(open_archive(old.archive_path)) as db:
        run = archive.start_run(db, "find-a-tender", old.clock())
        assert archive.keep(db, run, [raw(one) for one in (HERE, *ELSEWHERE)], read, old.clock()) == Kept()
        archive.end_run(db, run, old.clock(), complete=True, reason="Finished.")
    report = compile_archive(old)
    assert (report.opportunities, report.events) == (0, 0)
    assert pages(old) == before
    assert emptied(old) == {one.key for one in ELSEWHERE}


def test_a_rebuild_afterwards_makes_the_same_pages(settings: Settings) -> None:
    old = later(settings, 200)
    rebuild(old, lambda source: read)
    before = pages(old)
    empty_payloads(old)
    rebuild(old, lambda source: read)
    assert pages(old) == before
    with closing(open_archive(old.archive_path)) as db:
        assert db.execute("select count(*) from notice where reading is null").fetchone()[0] == 0
        assert archive.newest_body(db, "find-a-tender", ELSEWHERE[0].key) is None


def test_a_later_notice_of_an_emptied_process_still_finds_its_past(settings: Settings) -> None:
    old = later(settings, 200)
    empty_payloads(old)
    moved = notice(28, process=str(ELSEWHERE[0].process))
    keep(old, moved)
    compile_archive(old)
    with closing(connect(old.public_path, read_only=True)) as db:
        row = db.execute("select opportunity from notice where key = ?", (moved.key,)).fetchone()
        keys = {found[0] for found in db.execute("select key from notice where opportunity = ?", tuple(row))}
    assert keys == {moved.key, ELSEWHERE[0].key}


def test_what_could_not_be_read_is_kept_until_the_program_has_learnt(settings: Settings) -> None:
    with closing(open_archive(settings.archive_path)) as db:
        run = archive.start_run(db, "find-a-tender", NOW)
        archive.keep(db, run, [Raw("find-a-tender", "bad", b"no notice")], read, NOW)
    empty_payloads(later(settings, 200))
    assert "bad" not in emptied(settings)


def test_a_page_of_another_edition_keeps_its_bytes(settings: Settings, tmp_path: Path) -> None:
    """Leeds is local to somebody else, who shares the archive and has a page of one of these notices."""
    shared = replace(settings, archive=settings.archive_path, data=tmp_path / "leeds")
    leeds = keeping(shared, 6, "united-kingdom")
    with closing(open_archive(settings.archive_path)) as db, transaction(db):
        db.execute("insert into edition (id, place, joined) values ('united-kingdom', 1, 0)")
    old = later(settings, 200)
    assert empty_payloads(old).payloads == 0, "an edition that has not said what it wants wants everything"
    compile_archive(leeds)
    with closing(connect(leeds.public_path)) as db:
        db.execute("delete from process where key <> ?", (ELSEWHERE[0].process,))
    empty_payloads(later(leeds, 0))
    assert empty_payloads(old).payloads == len(ELSEWHERE) - 1
    assert ELSEWHERE[0].key not in emptied(old)
    empty_payloads(later(keeping(leeds, 24, "united-kingdom"), 0))
    keep(old, notice(7, process="ocds-h6vhtk-00aaaa", buyers=(LEEDS,)))
    assert empty_payloads(later(settings, 600)).payloads == 0, "the longest wish counts"


def test_it_goes_in_slices_and_on_where_it_was_killed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "SLICE", 2)
    old = later(settings, 200)
    passed = payloads._passed

    def dies(numbers: list[int], young: set[int]) -> int | None:
        if 3 in numbers:
            raise KeyboardInterrupt
        return passed(numbers, young)

    monkeypatch.setattr(payloads, "_passed", dies)
    with pytest.raises(KeyboardInterrupt):
        empty_payloads(old)
    assert len(emptied(old)) == 1
    monkeypatch.setattr(payloads, "_passed", passed)
    assert empty_payloads(old).payloads == len(ELSEWHERE) - 1
    assert emptied(old) == {one.key for one in ELSEWHERE}


def test_a_writer_waits_no_longer_than_one_slice(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two slices the file is free: another connection that does not wait at all gets its turn."""
    monkeypatch.setattr(payloads, "SLICE", 1)
    turns = []

    def look(numbers: list[int], old: set[int]) -> int | None:
        turns.append(numbers)
        return passed(numbers, old)

    passed = payloads._passed
    monkeypatch.setattr(payloads, "_passed", look)
    begin = payloads.transaction

    def between(db: sqlite3.Connection) -> object:
        with closing(sqlite3.connect(settings.archive_path, timeout=0, isolation_level=None)) as other:
            other.execute("begin immediate")
            other.execute("rollback")
        return begin(db)

    monkeypatch.setattr(payloads, "transaction", between)
    empty_payloads(later(settings, 200))
    assert len(turns) >= len(ELSEWHERE)


def test_an_edition_says_it_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = Path("schedules/gloucestershire.toml").read_text("utf-8")
    path.write_text(text.replace("\n[mail]", "\n[archive]\nkeep_months = 18\n\n[mail]", 1))
    assert load_edition(str(path)).archive.keep_months == 18
    assert load_edition("gloucestershire").archive.keep_months is None
