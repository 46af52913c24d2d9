"""A source that writes its dates in another way is noticed, although everything it lists is read."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tenderbell import archive
from tenderbell.database import transaction
from tenderbell.lost_dates import lost_dates
from tenderbell.notice import Notice, Raw

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SOURCE = "portal"
UNREAD = "The closing date “sometime” could not be read."


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    return archive.open_archive(tmp_path / "archive.db")


def read(raw: Raw) -> Notice:
    """Read "good", "rolling" (no date, no doubt), "value" (a doubt about something else) or "bad" from the body."""
    word = raw.body.decode().split()[0]
    doubts = {"bad": (UNREAD,), "value": ("The value “lots” could not be read.",)}.get(word, ())
    return Notice(
        source=SOURCE, key=raw.key, process=raw.key, title="T", closes_at=NOW if word == "good" else None, doubts=doubts
    )


def brought(db: sqlite3.Connection, first: int, bodies: Sequence[str]) -> str | None:
    """Enter a run that brought these notices, the first of them number `first`, and return its alarm."""
    run = archive.start_run(db, SOURCE, NOW)
    raws = [Raw(SOURCE, str(number), body.encode()) for number, body in enumerate(bodies, first)]
    archive.keep(db, run, raws, read, NOW)
    return lost_dates(db, SOURCE, run)


@pytest.mark.parametrize(("before", "bodies", "lost"), [
    (["good"] * 20, ["bad"] * 5 + ["rolling"] * 5, "5 of the last 5"),
    (["good"] * 20, ["bad"] * 40, "40 of the last 40"),
    (["good"] * 20, ["bad"] * 6 + ["good"] * 5, "6 of the last 11"),
    (["good"] * 20, ["bad"] * 6 + ["good"] * 6, None),
    (["good"] * 20, ["bad"] * 4 + ["rolling"] * 8, None),
    (["good"] * 20, ["rolling"] * 20, None),
    (["good"] * 20, ["value"] * 20, None),
    (["good"] * 4, ["bad"] * 20, None),
    (["rolling"] * 20, ["bad"] * 20, None),
    ([], ["bad"] * 20, None),
])  # fmt: skip
def test_most_notices_without_the_date_that_they_state_are_an_alarm(
    before: list[str], bodies: list[str], lost: str | None, db: sqlite3.Connection
) -> None:
    assert brought(db, 0, before) is None
    wanted = f"The deadline of {lost} notices that state one could not be read." if lost else None
    assert brought(db, 100, bodies) == wanted


def test_notices_that_come_one_by_one_are_judged_together(db: sqlite3.Connection) -> None:
    brought(db, 0, ["good"] * 20)
    said = [brought(db, 100 + number, ["bad"]) for number in range(7)]
    assert [words is not None for words in said] == [False] * 5 + [True] * 2


def test_a_list_that_changed_as_a_whole_stays_an_alarm_until_better_code_has_read_it(db: sqlite3.Connection) -> None:
    brought(db, 0, [f"good {n}" for n in range(300)])
    assert brought(db, 0, [f"bad {n}" for n in range(300)]) is not None
    assert brought(db, 0, [f"bad {n}" for n in range(300)]) is not None, "nothing is new"
    numbered = list(archive.raws(db, 300, 300))
    with transaction(db):
        for number, raw in numbered:
            better = Raw(raw.source, raw.key, raw.body.replace(b"bad", b"good"))
            archive.replace_reading(db, number, better, read)
    assert brought(db, 0, [f"bad {n}" for n in range(300)]) is None


def test_other_sources_say_nothing_about_a_source(db: sqlite3.Connection) -> None:
    brought(db, 0, ["good"] * 20)
    brought(db, 100, ["bad"] * 20)
    assert lost_dates(db, "another", 2) is None
