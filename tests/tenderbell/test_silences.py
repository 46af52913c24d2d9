"""Buyers that are silent for longer than is usual for them."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenderbell.area import load_area
from tenderbell.clock import stamp
from tenderbell.compiling.silences import Habit, habit, is_silent, write_silences
from tenderbell.database import transaction
from tenderbell.public import open_public
from tenderbell.silences import silences
from tests.tenderbell.shelf import put

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
STROUD = "stroud-district-council"


def every(gap: int, times: int, silent: int) -> list[date]:
    """Return `times` days of publication at a distance of `gap` days, the last one `silent` days ago."""
    return [TODAY - timedelta(days=silent + gap * n) for n in range(times)]


@pytest.mark.parametrize(("days", "silent"), [
    ([], False),
    (every(7, 4, 300), False),
    (every(7, 5, 30), False),
    (every(7, 5, 31), True),
    (every(1, 50, 30), False),
    (every(30, 8, 90), False),
    (every(30, 8, 91), True),
    ([*every(10, 20, 61), *every(10, 20, 61)], True),
    ([TODAY - timedelta(days=n) for n in (40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 140)], True),
    ([TODAY - timedelta(days=n) for n in (40, 41, 42, 140, 240)], False),
])  # fmt: skip
def test_a_body_is_silent_when_three_of_its_usual_gaps_and_a_month_have_passed(days: list[date], silent: bool) -> None:
    assert is_silent(days, TODAY) is silent


def test_a_habit_is_the_gap_that_nine_in_ten_do_not_exceed() -> None:
    assert habit(every(7, 5, 0)) == Habit(5, 7, 30)
    assert habit(every(20, 5, 0)) == Habit(5, 20, 60)
    long = [TODAY, *(TODAY - timedelta(days=100 + n) for n in range(20))]
    assert habit(long) == Habit(21, 1, 30), "one gap in twenty is no habit"


@given(st.lists(st.dates(date(2024, 11, 22), TODAY), max_size=40), st.integers(0, 400))
def test_a_longer_silence_never_becomes_less_of_one(days: list[date], later: int) -> None:
    if is_silent(days, TODAY):
        assert is_silent(days, TODAY + timedelta(days=later))


@given(st.lists(st.dates(date(2024, 11, 22), TODAY), min_size=1, max_size=40))
def test_nobody_is_silent_within_a_month(days: list[date]) -> None:
    assert not is_silent(days, max(days) + timedelta(days=30))


def test_silent_bodies_of_the_area_are_written_with_where_they_advertise(tmp_path: Path) -> None:
    area = load_area("gloucestershire")
    with closing(open_public(tmp_path / "public.db")) as db:
        buyers = {STROUD: (1, 7, 50), "elsewhere": (0, 7, 50), "cotswold-district-council": (1, 7, 5)}
        number = 0
        for id, (local, gap, silent) in buyers.items():
            db.execute("insert into buyer (id, name, identifiers, local) values (?, ?, '', ?)", (id, id, local))
            for day in every(gap, 6, silent):
                number += 1
                put(db, number, "A thing", buyer_id=id)
                db.execute(
                    "insert into notice (source, key, opportunity, published_at) values ('s', ?, ?, ?)",
                    (str(number), f"x{number}", stamp(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))),
                )
        with transaction(db):
            write_silences(db, area, NOW)
        (found,) = silences(db, NOW)
        assert (found.id, found.days, found.publications, found.usual_days, found.longest_days) == (
            STROUD,
            50,
            6,
            7,
            30,
        )
        assert found.portal == area.body_by_slug[STROUD].portal
        assert silences(db, NOW + timedelta(days=3))[0].days == 53
        put(db, 900, "Another", buyer_id=STROUD)
        db.execute(
            "insert into notice (source, key, opportunity, published_at) values ('s', 'n', 'x900', ?)", (stamp(NOW),)
        )
        with transaction(db):
            write_silences(db, area, NOW)
        assert silences(db, NOW) == [], "it has spoken again"


def test_an_edition_that_holds_everything_judges_nobody(tmp_path: Path) -> None:
    with closing(open_public(tmp_path / "public.db")) as db, transaction(db):
        db.execute("insert into buyer_silence values ('a', 'A', ?, 9, 1, 30, null)", (stamp(NOW),))
        write_silences(db, load_area("united-kingdom"), NOW)
        assert silences(db, NOW) == []
