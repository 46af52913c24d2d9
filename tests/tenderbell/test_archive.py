"""Raw before meaning: what was received is kept as it came, counted, and read again when the program has learnt."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenderbell import archive
from tenderbell.archive import Kept, compress, decompress, keep, open_archive
from tenderbell.notice import Notice, Raw
from tests.tenderbell.notices import NOW, notice, raw, read

SOURCE = "find-a-tender"


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    return open_archive(tmp_path / "archive.db")


def test_the_first_run_of_a_source_is_a_backfill_until_one_has_finished(db: sqlite3.Connection) -> None:
    def is_backfill(run: int) -> bool:
        return bool(db.execute("select backfill from run where id = ?", (run,)).fetchone()[0])

    died = archive.start_run(db, SOURCE, NOW)
    failed = archive.start_run(db, SOURCE, NOW)
    archive.end_run(db, failed, NOW, complete=False, reason="Could not reach it.")
    first = archive.start_run(db, SOURCE, NOW)
    archive.end_run(db, first, NOW, complete=True, reason="Finished.")
    second = archive.start_run(db, SOURCE, NOW)
    assert [is_backfill(run) for run in (died, failed, first, second)] == [True, True, True, False]
    assert is_backfill(archive.start_run(db, SOURCE, NOW, backfill=True))
    assert not is_backfill(archive.start_run(db, "another", NOW, backfill=False))


def test_versions_are_counted_once_however_often_they_come(db: sqlite3.Connection) -> None:
    run = archive.start_run(db, SOURCE, NOW)
    same, changed = raw(notice(1)), raw(notice(1, title="Another title"))
    assert keep(db, run, [same, same, raw(notice(2))], read, NOW) == Kept(notices=2, new=2)
    assert keep(db, run, [same, changed], read, NOW) == Kept(notices=1, changed=1)
    assert db.execute("select count(*) from notice").fetchone()[0] == 3


def test_what_cannot_be_read_is_kept_with_the_reason_and_stops_nothing(db: sqlite3.Connection) -> None:
    run = archive.start_run(db, SOURCE, NOW)
    bad = Raw(SOURCE, "bad", b"\x00\xffnot a notice")
    assert keep(db, run, [bad, raw(notice(1))], read, NOW) == Kept(notices=2, new=2, unreadable=1)
    row = db.execute("select body, unreadable from notice where key = 'bad'").fetchone()
    assert decompress(row["body"]) == bad.body
    assert row["unreadable"].startswith("No notice:")


def test_a_reader_that_breaks_loses_neither_the_notice_nor_its_neighbours(db: sqlite3.Connection) -> None:
    run = archive.start_run(db, SOURCE, NOW)

    def breaks(item: Raw) -> Notice:
        if item.key == "bad":
            raise TypeError("unhashable type: 'list'")
        return read(item)

    assert keep(db, run, [Raw(SOURCE, "bad", b"{}"), raw(notice(1))], breaks, NOW) == Kept(2, 2, 0, 1)
    half = Raw(SOURCE, "half\ud800", b"{}")
    assert keep(db, run, [half], lambda item: notice(2, process="\ud800", title="\udfff"), NOW).notices == 1


def test_seeing_something_again_only_moves_its_last_sighting(db: sqlite3.Connection) -> None:
    run = archive.start_run(db, SOURCE, NOW)
    keep(db, run, [raw(notice(1))], read, NOW)
    keep(db, run, [raw(notice(1))], read, NOW + timedelta(hours=2))
    keep(db, run, [raw(notice(1))], read, NOW + timedelta(hours=1))
    key = (SOURCE, "000001-2026")
    assert archive.sightings_of(db, [key]) == {key: ("2026-04-01T09:00:00Z", "2026-04-01T11:00:00Z")}


def test_a_crash_in_the_middle_of_a_page_leaves_nothing_of_it(db: sqlite3.Connection) -> None:
    run = archive.start_run(db, SOURCE, NOW)

    def breaks(item: Raw) -> Notice:
        if item.key == "000002-2026":
            raise MemoryError
        return read(item)

    with pytest.raises(MemoryError):
        keep(db, run, [raw(notice(1)), raw(notice(2))], breaks, NOW)
    assert archive.newest_number(db) == 0


def test_every_saved_notice_can_be_read_again(db: sqlite3.Connection) -> None:
    run = archive.start_run(db, SOURCE, NOW)
    bad = Raw(SOURCE, "1", b"later")
    keep(db, run, [bad], read, NOW)
    ((number, again),) = archive.raws(db)
    assert again == bad
    archive.replace_reading(db, number, again, lambda item: notice(1, title=item.body.decode()))
    (version,) = archive.versions_of(db, "ocds-h6vhtk-0abcde", number)
    assert version.notice is not None
    assert version.notice.title == "later"


@given(st.binary())
def test_compressed_bytes_come_back_as_they_were(body: bytes) -> None:
    assert decompress(compress(body)) == body


def any_title(item: Raw) -> Notice:
    return notice(1, title=item.body.decode())


def shown(db: sqlite3.Connection, *bodies: bytes, complete: bool = True) -> None:
    """A run that is shown one notice with each of these contents in turn."""
    run = archive.start_run(db, "s", NOW)
    for body in bodies:
        archive.keep(db, run, [Raw("s", "k", body)], any_title, NOW)
    archive.end_run(db, run, NOW, complete=complete, reason="")


def contents(db: sqlite3.Connection) -> list[bytes]:
    rows = db.execute("select body from notice order by number").fetchall()
    return [archive.decompress(row[0]) for row in rows]


def test_a_notice_that_returns_to_what_it_said_before_says_it_now(db: sqlite3.Connection) -> None:
    for body in (b"monday", b"tuesday", b"monday"):
        shown(db, body)
    assert contents(db) == [b"tuesday", b"monday"]
    assert archive.newest_body(db, "s", "k") == b"monday"
    assert [row[0] for row in db.execute("select changed from run order by id")] == [0, 1, 1]
    shown(db, b"monday")
    assert contents(db) == [b"tuesday", b"monday"]


def test_a_source_that_shows_two_contents_in_every_walk_changes_nothing_by_it(db: sqlite3.Connection) -> None:
    shown(db, b"monday", b"tuesday")
    newest = archive.newest_number(db)
    for order in ((b"monday", b"tuesday"), (b"tuesday", b"monday")):
        shown(db, *order)
        assert contents(db) == [b"monday", b"tuesday"]
    assert archive.newest_number(db) == newest
    assert db.execute("select count(*) from shown").fetchone()[0] == 0


def test_a_run_that_broke_off_brings_nothing_back(db: sqlite3.Connection) -> None:
    shown(db, b"monday")
    shown(db, b"tuesday")
    shown(db, b"monday", complete=False)
    assert contents(db) == [b"monday", b"tuesday"]
