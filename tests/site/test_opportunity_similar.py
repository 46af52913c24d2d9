"""Others like it: live, near, never itself, and found at a cost that does not grow with the table."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tenderbell.notice import Subject
from tenderbell.opportunity import Opportunity
from tenderbell.pages.similar import NEWEST, past_of, similar_query, similar_to
from tenderbell.public import read_public
from tenderbell.vocabulary import Kind, Stage
from tests.site.world import NOW, days, fill, opportunity, settings_in

CARERS = ("carers",)


def other(number: int, title: str, **facts: object) -> Opportunity:
    """Return an opportunity of another buyer that shares nothing unless `facts` say so."""
    given = {"buyer": "Elsewhere Council", "buyer_id": f"elsewhere-{number}", "buyers": ()} | facts
    return opportunity(number, title, **given)


def found_like(folder: Path, one: Opportunity, *others: Opportunity) -> list[str]:
    """Return the titles of those like `one`."""
    settings = settings_in(folder)
    fill(settings.public_path, [one, *others], settings)
    with closing(read_public(settings.public_path)) as db:
        return [like.title for like in similar_to(db, one, settings.area, NOW)]


def test_the_nearest_comes_first(tmp_path: Path) -> None:
    cpv = (Subject("85312000", "Social work"),)
    one = opportunity(1, "Respite breaks", themes=("carers", "children-and-young-people"), subjects=cpv)
    assert found_like(
        tmp_path, one,
        other(2, "One theme", themes=CARERS),
        other(3, "Two themes and the code", themes=one.themes, subjects=cpv),
        other(4, "One theme and the code", themes=CARERS, subjects=cpv),
        other(5, "Nothing shared"),
    ) == ["Two themes and the code", "One theme and the code", "One theme"]  # fmt: skip


def test_words_of_the_title_are_enough_and_the_buyer_alone_is_not(tmp_path: Path) -> None:
    one = opportunity(1, "Hedgehog rescue")
    found = found_like(tmp_path, one, other(2, "A hedgehog hospital"), opportunity(3, "Printing of forms"))
    assert found == ["A hedgehog hospital"]


def test_only_what_is_live_and_never_itself_nor_more_than_five(tmp_path: Path) -> None:
    one = opportunity(1, "A", themes=CARERS)
    gone = [
        other(2, "cancelled", themes=CARERS, stage=Stage.CANCELLED),
        other(3, "passed", themes=CARERS, closes_at=NOW - timedelta(minutes=1)),
        other(4, "awarded", themes=CARERS, stage=Stage.AWARDED),
    ]
    live = [
        other(10, "open", themes=CARERS),
        other(11, "without a deadline", themes=CARERS, closes_at=None),
        other(12, "talks", themes=CARERS, stage=Stage.ENGAGEMENT),
        other(13, "plan", themes=CARERS, stage=Stage.PLANNED),
        other(14, "open too", themes=CARERS), other(15, "newest", themes=CARERS),
    ]  # fmt: skip
    assert found_like(tmp_path, one, *gone, *live) == ["newest", "open too", "plan", "talks", "without a deadline"]


@pytest.mark.parametrize(
    "title", ['"quoted" AND NOT OR', "title:x* NEAR(a b)", "'; drop table opportunity; --", "1", "ÉTÉ"]
)
def test_no_title_breaks_the_query(tmp_path: Path, title: str) -> None:
    assert found_like(tmp_path, opportunity(1, title), other(2, "Another thing")) == []


def test_past_ones_are_the_buyers_own_and_about_the_same(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    one = opportunity(9, "Now", themes=CARERS, kind=Kind.GRANT)
    fill(settings.public_path, [
        one, opportunity(1, "Older", themes=CARERS, stage=Stage.AWARDED, kind=Kind.GRANT),
        opportunity(2, "Newer, another kind", themes=CARERS, stage=Stage.AWARDED),
        opportunity(3, "About something else", themes=("transport",), stage=Stage.AWARDED),
        other(4, "Of another buyer", themes=CARERS, stage=Stage.AWARDED),
        opportunity(5, "Not awarded", themes=CARERS, closes_at=days(-3)),
    ], settings)  # fmt: skip
    with closing(read_public(settings.public_path)) as db:
        assert [past.title for past in past_of(db, one)] == ["Older", "Newer, another kind"]


def steps_taken(folder: Path, count: int) -> int:
    """Return how many steps of SQLite's machine the query takes in a table of `count` that all share everything."""
    settings = settings_in(folder)
    one = opportunity(1, "Respite breaks", themes=CARERS, subjects=(Subject("85312000"),))
    fill(settings.public_path, [one], settings)
    with closing(sqlite3.connect(settings.public_path)) as db, db:
        db.execute("create temp table n (i integer primary key)")
        db.executemany("insert into n values (?)", ((number,) for number in range(2, count)))
        columns = [row[1] for row in db.execute("pragma table_info(opportunity)")]
        chosen = ", ".join({"number": "i", "id": "'tb-' || i"}.get(name, name) for name in columns)
        db.execute(
            f"insert into opportunity ({', '.join(columns)}) select {chosen} from n, opportunity where number = 1"
        )
        db.execute(
            "insert into opportunity_text select i, title, description, buyer, lots, subjects, refs "
            "from n, opportunity_text where number = 1"
        )
        db.execute(
            "insert into opportunity_tag select field, value, i from n, opportunity_tag where number = 1 "
            "and field in ('theme', 'cpv', 'buyer')"
        )
    with closing(read_public(settings.public_path)) as db:
        ticks = [0]
        db.set_progress_handler(lambda: ticks.__setitem__(0, ticks[0] + 1), 10)
        sql, values = similar_query(one, settings.area, NOW)
        assert len(db.execute(sql, values).fetchall()) == 5
        past_of(db, one)
        return ticks[0] * 10


def test_ten_times_as_many_cost_the_same(tmp_path: Path) -> None:
    few, many = steps_taken(tmp_path / "few", 300), steps_taken(tmp_path / "many", 3000)
    assert many < few * 1.1
    assert few < 100 * 5 * NEWEST


def test_the_query_walks_indexes_and_scans_no_table(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    one = opportunity(1, "Respite breaks", themes=CARERS, subjects=(Subject("85312000"),))
    fill(settings.public_path, [one], settings)
    with closing(read_public(settings.public_path)) as db:
        sql, values = similar_query(one, settings.area, NOW)
        plan = [row["detail"] for row in db.execute(f"explain query plan {sql}", values)]
    scans = [line for line in plan if line.startswith("SCAN") and not line.startswith(("SCAN near", "SCAN (subquery"))]
    assert all("VIRTUAL TABLE INDEX" in line for line in scans), plan
    assert not [line for line in plan if "opportunity " in line], plan
