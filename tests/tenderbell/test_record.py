"""The record counts what it says it counts."""

import csv
import io
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tenderbell.edition import load_edition
from tenderbell.public import open_public, read_public
from tenderbell.record.bodies import A_PAGE, bodies, body_record
from tenderbell.record.export import as_csv, write_csv
from tenderbell.record.figures import Figure, Row, Table
from tenderbell.record.keeping import Kept
from tenderbell.record.middles import LAST, STEP, middles, steps
from tenderbell.record.periods import NoSuchYear, year_of, years
from tenderbell.record.report import Report, report
from tests.tenderbell.record_world import AREA, HOSTILE, NOW, advert, fill, noon

EDITION = load_edition("gloucestershire")


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("record") / "public.db"
    fill(path)
    with closing(read_public(path)) as db:
        yield db


def report_of(db: sqlite3.Connection, year: int) -> Report:
    return report(db, AREA, EDITION, year_of(str(year), NOW), NOW)


def cells(found: Report, id: str) -> dict[str, list[str]]:
    table = found.table(id)
    assert table is not None, id
    return {row.label: [figure.words for figure in row.figures] for row in table.rows}


def test_a_year_counts_adverts_apart_from_early_notices_and_from_awards_that_were_never_advertised(
    db: sqlite3.Connection,
) -> None:
    assert cells(report_of(db, 2026), "published") == {
        "In our area": ["7", "1", "2"],
        "Wider region, including us": ["1", "0", "0"],
        "Whole country": ["1", "0", "0"],
    }


def test_days_of_notice_leave_out_what_is_open_ended_and_say_so(db: sqlite3.Connection) -> None:
    found = report_of(db, 2026)
    assert list(cells(found, "notice-counted").values()) == [["5 of 7"], ["2 of 7"], ["0 of 7"]]
    assert found.middles is not None
    assert (found.middles.lower, found.middles.median, found.middles.upper, found.middles.of) == (30, 30, 60, 5)
    by_kind = cells(found, "notice-by-kind")
    assert by_kind["Contract"] == ["4", "4 of 4", "26", "45", "68.8", "1 of 4"]
    assert by_kind["Grant"] == ["2", "1 of 2", "30", "30", "30", "0 of 1"]
    assert by_kind["Dynamic market"] == ["1", "0 of 1", "none", "none", "none", "0 of 0"]


def test_the_spread_has_every_advert_whose_days_can_be_counted_exactly_once(db: sqlite3.Connection) -> None:
    table = report_of(db, 2026).table("notice-spread")
    assert table is not None
    assert sum(row.figures[0].value or 0 for row in table.rows) == 5
    assert {row.figures[0].of for row in table.rows} == {5}


def test_kinds_themes_and_districts_carry_the_number_of_adverts_as_denominator(db: sqlite3.Connection) -> None:
    found = report_of(db, 2026)
    assert cells(found, "kinds") == {"Contract": ["4 of 7"], "Grant": ["2 of 7"], "Dynamic market": ["1 of 7"]}
    assert cells(found, "themes") == {"Carers": ["6 of 7"], "Food": ["1 of 7"], "None of our themes": ["1 of 7"]}
    districts = cells(found, "districts")
    assert (districts["Stroud"], districts["The whole of Gloucestershire"]) == (["6 of 7"], ["1 of 7"])
    assert districts["Tewkesbury"] == ["0 of 7"]


def test_deadlines_that_moved_and_stayed_add_up(db: sqlite3.Connection) -> None:
    assert list(cells(report_of(db, 2026), "timetable").values()) == [["5 of 7"], ["1 of 7"], ["1 of 7"]]


def test_findings_are_shown_otherwise_or_not_stated_out_of_those_to_which_they_apply(db: sqlite3.Connection) -> None:
    found = cells(report_of(db, 2026), "findings")
    months = next(words for label, words in found.items() if label.startswith("3.2.2"))
    assert months == ["1 of 5", "4 of 5", "0 of 5"]
    scoring = next(words for label, words in found.items() if label.startswith("3.3.7"))
    assert scoring[0] == "1 of 5"
    assert not any(label.startswith("3.4.2") for label in found)


def test_three_months_in_the_summary_and_in_the_findings_are_the_same_number(db: sqlite3.Connection) -> None:
    found = report_of(db, 2026)
    assert "1 of 5 gave three months or more." in found.summary
    year = cells(found, "years")["2026 so far"]
    assert year == ["7", "2 of 7", "30", "1 of 5", "1 of 7", "1 of 3"]


def test_awards_count_in_the_year_of_the_award_and_unnamed_suppliers_apart(db: sqlite3.Connection) -> None:
    assert list(cells(report_of(db, 2026), "awards").values()) == [["1 of 3"], ["1 of 3"], ["1 of 3"]]
    assert list(cells(report_of(db, 2025), "awards").values()) == [["0 of 1"], ["1 of 1"], ["0 of 1"]]


def test_bodies_stand_by_how_much_they_advertised_with_their_own_denominators(db: sqlite3.Connection) -> None:
    found = report_of(db, 2026)
    bodies = cells(found, "bodies")
    assert list(bodies) == ["Stroud District Council", "Wallbrook Town Council", "Commissioner not stated"]
    assert bodies["Stroud District Council"] == ["6", "30", "1 of 4", "1 of 6", "1 of 2"]
    assert bodies["Commissioner not stated"] == ["0", "none", "0 of 0", "0 of 0", "0 of 1"]
    table = found.table("findings-by-body")
    assert table is not None
    assert "3.2.2" in table.columns


def test_a_year_is_the_uk_calendar_year_of_the_first_publication(db: sqlite3.Connection) -> None:
    assert cells(report_of(db, 2025), "kinds") == {"Contract": ["2 of 2"]}
    assert list(cells(report_of(db, 2026), "years")) == ["2023", "2025", "2026 so far"]


def test_the_years_on_offer_are_those_with_something_in_them_and_the_present_one(db: sqlite3.Connection) -> None:
    assert [year.words for year in years(db, NOW)] == ["2026 so far", "2025", "2023"]
    later = datetime(2027, 1, 1, 0, 0, tzinfo=UTC)
    assert next(iter(years(db, later))).words == "2027 so far"


def test_an_empty_year_says_that_there_is_nothing(db: sqlite3.Connection) -> None:
    found = report_of(db, 2024)
    assert found.summary == ("We hold no advert for Gloucestershire that was first published in 2024.",)
    assert found.middles is None
    assert not any(table.rows for table in found.tables if table.id not in ("sources", "years", "findings-by-year"))


def test_a_year_with_one_advert_says_that_it_is_only_one(db: sqlite3.Connection) -> None:
    found = report_of(db, 2023)
    assert found.summary[:2] == (
        "1 advert for Gloucestershire first published in 2023.",
        "Only 1 advert: too few to draw much from.",
    )
    assert found.middles is not None
    assert found.middles.median == 40


@pytest.mark.parametrize("asked", ["2027", "99999", "0", "0000", "1999", "", "20²6", "-2026", "2026 ", "twenty"])
def test_what_is_no_year_of_a_report_is_refused_in_words(asked: str) -> None:
    with pytest.raises(NoSuchYear):
        year_of(asked, NOW)


def test_new_year_in_the_uk_begins_the_new_report() -> None:
    assert year_of("2026", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)).so_far
    assert not year_of("2026", datetime(2027, 1, 1, tzinfo=UTC)).so_far


def test_shares_in_per_cent_are_given_only_of_ten_or_more() -> None:
    assert Figure(3, of=9).percent is None
    assert Figure(5, of=10).percent == "50%"
    assert Figure(None, of=10).percent is None


def test_every_table_is_csv_with_a_column_for_each_denominator(db: sqlite3.Connection, tmp_path: Path) -> None:
    found = report_of(db, 2026)
    paths = write_csv(found, tmp_path / "new" / "folder")
    assert len(paths) == len(found.tables) == len({table.id for table in found.tables})
    for path, table in zip(paths, found.tables, strict=True):
        head, *lines = list(csv.reader(path.open(encoding="utf-8-sig", newline="")))
        assert len(lines) == len(table.rows)
        assert all(len(line) == len(head) for line in lines)
    kinds = (tmp_path / "new" / "folder" / "2026-kinds.csv").read_text(encoding="utf-8-sig")
    assert kinds.splitlines() == ["Kind,Adverts,Adverts: of", "Contract,4,7", "Grant,2,7", "Dynamic market,1,7"]


def test_no_cell_of_the_csv_is_a_formula() -> None:
    table = Table("t", "t", "t", "=head", ("+column",), (Row(HOSTILE, (Figure(text="@SUM(1)"),)),))
    for line in csv.reader(io.StringIO(as_csv(table))):
        assert all(cell[:1] not in "=+-@" for cell in line)


@given(st.lists(st.integers(0, 400), min_size=2, max_size=60))
@hypothesis_settings(max_examples=100)
def test_quartiles_are_those_of_the_statistics_module(days: list[int]) -> None:
    found = middles(Counter(days))
    assert found is not None
    expected = quantiles(days, n=4, method="inclusive")
    assert [found.lower, found.median, found.upper] == pytest.approx(expected, abs=0.01)
    assert sum(step.count for step in steps(Counter(days))) == len(days)


def test_the_quartiles_of_one_number_are_that_number_and_of_none_there_are_none() -> None:
    one = middles({41: 1})
    assert one is not None
    assert (one.lower, one.median, one.upper, one.of) == (41, 41, 41, 1)
    assert middles({}) is None
    assert [step.end for step in steps({})][-2:] == [LAST, None]
    assert steps({LAST: 1, LAST - 1: 1})[-1].count == steps({LAST - STEP: 1})[-2].count == 1


def test_the_record_of_a_body_holds_all_its_years_and_reaches(db: sqlite3.Connection) -> None:
    found = body_record(db, AREA, "stroud-district-council", NOW)
    assert found is not None
    assert (found.adverts, found.total) == (10, 12)
    tables = {table.id: table for table in found.tables}
    assert [row.label for row in tables["notice-by-year"].rows] == ["2026", "2025", "2023"]
    assert [strip.label for strip in found.strips] == ["2026", "2025", "2023", "Contract", "Grant"]


def test_a_body_that_is_unknown_has_no_record_and_one_of_the_area_has_an_empty_one(db: sqlite3.Connection) -> None:
    assert body_record(db, AREA, "nobody-knows", NOW) is None
    ours = next(body.id for body in AREA.bodies if body.id != "stroud-district-council")
    found = body_record(db, AREA, ours, NOW)
    assert found is not None
    assert (found.is_local, found.total, found.middles) == (True, 0, None)


def test_the_list_of_bodies_is_a_to_z_and_counts_what_is_open(db: sqlite3.Connection) -> None:
    found = bodies(db, AREA, 1, NOW)
    assert found is not None
    names = [one.name.lower() for one in found.listed]
    assert names == sorted(names)
    assert found.total >= len(AREA.bodies)


def test_where_the_area_names_no_body_every_body_of_a_notice_is_listed_in_pages(tmp_path: Path) -> None:
    from tenderbell.area import load_area

    whole = load_area("united-kingdom")
    with closing(open_public(tmp_path / "public.db")) as db:
        db.executemany(
            "insert into buyer (id, name, identifiers, local) values (?, ?, '[]', 0)",
            [(f"b{number}", f"Body {number:04}") for number in range(A_PAGE + 5)],
        )
        last = bodies(db, whole, 2, NOW)
        assert last is not None
        assert (last.pages, last.total, len(last.listed)) == (2, A_PAGE + 5, 5)
        assert bodies(db, whole, 3, NOW) is None
        assert bodies(db, whole, 0, NOW) is None


def test_what_was_counted_is_kept_until_the_database_changes() -> None:
    store, made = Kept(2), list[int]()

    def make() -> int:
        made.append(1)
        return len(made)

    assert [store.get("a", 1, make), store.get("a", 1, make), store.get("a", 2, make)] == [1, 1, 2]
    for key in ("b", "c"):
        store.get(key, 2, make)
    assert store.get("a", 2, make) == 5, "the oldest of three went"


def test_what_took_long_to_count_outlives_a_change_a_hundred_times_as_long() -> None:
    clock, made = [0.0], list[int]()
    store = Kept(seconds=lambda: clock[0])

    def make() -> int:
        clock[0] += 2
        made.append(1)
        return len(made)

    assert store.get("report", "before", make) == 1
    clock[0] = 201
    assert store.get("report", "after", make) == 1
    clock[0] = 203
    assert store.get("report", "after", make) == 2


def test_what_does_not_exist_pushes_nothing_out() -> None:
    store = Kept(1)
    assert store.get("a", 1, lambda: "held") == "held"
    assert store.get("no such body", 1, lambda: None) is None
    assert store.get("a", 1, lambda: "made again") == "held"


def test_counting_reads_indexes_and_no_row_of_the_wide_table(db: sqlite3.Connection) -> None:
    from tenderbell.record import tally

    asked: list[str] = []
    db.set_trace_callback(asked.append)
    tally.adverts_of_year(db, 2026)
    tally.awards_of_year(db, 2026)
    tally.adverts_of_buyer(db, "stroud-district-council")
    tally.awards_of_buyer(db, "stroud-district-council")
    tally.findings_of_year(db, 2026)
    db.set_trace_callback(None)
    for statement in asked:
        plan = " / ".join(row[3] for row in db.execute(f"explain query plan {statement}"))
        assert "SEARCH o USING COVERING INDEX" in plan, (statement, plan)


def test_the_day_on_which_three_months_are_reached_counts(tmp_path: Path) -> None:
    path = tmp_path / "public.db"
    fill(path, [advert(1, noon(2026, 1, 31), 89), advert(2, noon(2026, 1, 31), 88)])
    with closing(read_public(path)) as db:
        assert cells(report_of(db, 2026), "years")["2026 so far"][3] == "1 of 2"
