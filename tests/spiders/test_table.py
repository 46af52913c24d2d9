"""Tables: any page with rows, by selectors and headings, over real HTTP."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from spiders.rehearsal.pages import Line
from spiders.table import Table
from tenderbell.area import load_area
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, SettingError, UnreadableNotice
from tenderbell.notice import Money, Notice, Raw
from tenderbell.vocabulary import Effect, Kind
from tests.spiders.bad_days import (
    FaultyPages,
    Lived,
    Start,
    cut_at,
    error_page,
    instead,
    live_through,
    login_page,
    nothing,
    replaced,
    start,
)
from tests.spiders.faulty import Fault, bomb, drop, server_error
from tests.spiders.place import Place

__all__ = ["start"]
AREA = load_area("gloucestershire")
OPTIONS = {
    "rows": "table.list tr",
    "closes": "Closing date",
    "published": "published",
    "value": "Value",
    "reference": "Reference",
    "buyer": "td:nth-child(3)",
    "next": "a.next",
    "empty": "no opportunities",
}


def lines(count: int) -> list[Line]:
    said = ("Vale Council", "1 July 2026", "noon on 7 September 2026", "£5k-£9k")
    return [Line(f"Tender {n}", f"/tenders/{n}", f"REF-{n:04}", *said) for n in range(1, count + 1)]


def source(**options: Any) -> Source:
    url = "https://vale.example/tenders/list"
    return Source(id="vale", title="Vale", spider="table", url=url, kind=Kind.CONTRACT, options={**OPTIONS, **options})


def table(place: Place, url: str, id: str = "vale", **options: Any) -> Place:
    return place.source("table", f"{url}/tenders", id, options={**OPTIONS, **options})


def read(body: str, **options: Any) -> list[Notice]:
    reader, given = Table.reader(source(**options), AREA), source(**options)
    whole = f"{body}</html>".encode()
    return [reader(raw) for raw in Table.split(given, whole, "text/html; charset=utf-8", given.url)]


def page(*rows: str, heads: str = "<th>Title</th><th>Closing date</th>") -> str:
    return f"<main><table class=list><tr>{heads}</tr>{''.join(rows)}</table></main></html>"


def test_a_row_becomes_a_notice_with_what_its_columns_say(place: Place, start: Start) -> None:
    server = start(FaultyPages({"/tenders": lines(1)}))
    report = table(place, server.url).harvest("vale").report
    assert (report["finished"], report["reason"], report["notices"]) == (True, "Finished.", 1)
    reading = json.loads(place.archive.execute("select reading from notice").fetchone()[0])
    assert (reading["key"], reading["title"], reading["link"]) == ("REF-0001", "Tender 1", f"{server.url}/tenders/1")
    assert (reading["published_at"], reading["closes_at"]) == ("2026-06-30T23:00:00Z", "2026-09-07T11:00:00Z")
    assert reading["value"] == {"low": 5000.0, "high": 9000.0, "currency": "GBP"}
    assert reading["buyers"][0]["name"] == "Vale Council"


def test_all_pages_are_walked_and_a_second_time_brings_nothing(place: Place, start: Start) -> None:
    server = start(FaultyPages({"/tenders": lines(45)}))
    assert table(place, server.url).harvest("vale").report["notices"] == 45
    server.tables["/tenders"].insert(0, Line("Tender 99", "/tenders/99", "REF-0099"))
    report = place.harvest("vale").report
    assert (report["new"], report["changed"]) == (1, 0), "rows that only moved are not other versions"
    assert len(server.requests) == 6


def test_a_row_that_says_something_else_is_another_version(place: Place, start: Start) -> None:
    server = start(FaultyPages({"/tenders": lines(3)}))
    table(place, server.url).harvest("vale")
    server.tables["/tenders"][1] = Line("Tender 2", "/tenders/2", "REF-0002", closes="9 September 2026")
    report = place.harvest("vale").report
    assert (report["new"], report["changed"]) == (0, 1)


def test_rows_need_not_be_of_a_table() -> None:
    cards = "".join(
        f'<li class="card"><h3><a href="g/{n}">Grant {n}</a></h3><p class="when">Closes {n} May 2027, 5pm</p></li>'
        for n in (1, 2)
    )
    found = read(f"<ul>{cards}</ul>", rows="li.card", title="h3", link="h3 a", closes="p.when", buyer=None)
    assert [notice.title for notice in found] == ["Grant 1", "Grant 2"]
    assert [notice.link for notice in found] == [f"https://vale.example/tenders/g/{n}" for n in (1, 2)]
    assert found[0].closes_at == datetime(2027, 5, 1, 16, tzinfo=UTC)
    assert found[0].closes_evidence == "the page says “Closes 1 May 2027, 5pm”"
    assert (found[0].effect, found[0].kind) == (Effect.OPEN, Kind.CONTRACT)


def test_a_cell_may_carry_its_heading_as_a_label() -> None:
    row = '<div class=r><a href="/x">T</a><span data-label="Closing  date">1 May 2027</span></div>'
    assert read(row, rows="div.r")[0].closes_at == datetime(2027, 5, 1, 22, 59, 59, tzinfo=UTC)


def test_links_are_relative_to_the_base_that_the_page_states() -> None:
    body = f'<base href="https://other.example/a/">{page("<tr><td><a href=b>T</a></td></tr>")}'
    assert read(body)[0].link == "https://other.example/a/b"


def test_rows_that_share_a_link_are_told_apart_and_never_joined_by_it() -> None:
    rows = [f"<tr><td><a href='/apply'>{title}</a></td></tr>" for title in ("Meals", "Buses")]
    meals, buses = read(page(*rows))
    assert meals.key != buses.key
    assert (meals.link, buses.link) == (None, None)
    assert meals.how_to_apply == "The row links to https://vale.example/apply."


@pytest.mark.parametrize("reference", ["TBC", "N/A", "003", "-"])
def test_a_placeholder_is_no_reference(reference: str) -> None:
    heads = "<th>Title</th><th>Reference</th>"
    (notice,) = read(page(f"<tr><td><a href='/a'>T</a></td><td>{reference}</td></tr>", heads=heads))
    assert (notice.key, notice.references) == ("https://vale.example/a", ())


def test_a_portal_reference_in_a_title_is_a_reference() -> None:
    assert read(page("<tr><td><a href='/a'>Youth work DN700455</a></td></tr>"))[0].references == ("DN700455",)


def test_a_row_without_link_or_reference_is_kept_unreadable_and_is_an_alarm(place: Place, start: Start) -> None:
    server = start(FaultyPages({"/tenders": [*lines(2), Line("Nameless thing", closes="1 May 2027")]}))
    report = table(place, server.url).harvest("vale").report
    assert (report["finished"], report["notices"], report["unreadable"]) == (True, 3, 1)
    assert "1 row had neither a link nor a reference" in report["reason"]
    why = place.archive.execute("select unreadable from notice where unreadable is not null").fetchone()[0]
    assert why == "The row “Nameless thing” has neither a link nor a reference."


def test_dates_that_do_not_exist_are_doubts() -> None:
    (notice,) = read(page("<tr><td><a href='/a'>T</a></td><td>31 February 2027</td></tr>"))
    assert notice.closes_at is None
    assert notice.doubts == ("The closing date '31 February 2027' could not be read.",)


def test_hostile_cells_are_text() -> None:
    row = "<tr><td><a href='javascript:alert(1)' onclick='x()'><b>Bold</b><script>alert(1)</script></a></td></tr>"
    source_, raws = source(), Table.split(source(), page(row).encode(), "text/html", None)
    assert b"script" not in raws[0].body
    with pytest.raises(UnreadableNotice, match="Bold"):
        Table.reader(source_, AREA)(raws[0])


def test_amounts_stay_as_stated() -> None:
    heads = "<th>Title</th><th>Value</th>"
    found = read(page("<tr><td><a href=/a>T</a></td><td>£9,500 + VAT a year</td></tr>", heads=heads))
    assert found[0].value == Money(net=9_500, currency="GBP", yearly=True)


BAD_DAYS: dict[str, tuple[Fault, str]] = {
    "other markup": (replaced(b'class="list"', b'class="grid"'), "table.list tr.*markup has changed"),
    "an error page": (error_page, "error page"),
    "a login form": (login_page, "login form"),
    "an empty answer": (nothing, "empty"),
    "a server error": (server_error, "500"),
    "a dropped connection": (drop, "dropped"),
    "a gzip bomb": (bomb, "50 MB"),
    "a third of a page": (cut_at(300), "ends in the middle"),
    "most of a page": (cut_at(700), "ends in the middle"),
    "JSON": (instead(200, b'{"rows": []}', "application/json"), "ends in the middle"),
    "a page that is gone": (instead(404, b"gone"), "404"),
    "a PDF": (instead(200, b"%PDF-1.7 \x00\x01", "application/pdf"), "no web page|ends in the middle"),
}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lived]]:
    """What a table's source did on each bad day."""
    place = Place(tmp_path_factory.mktemp("days"))
    with ExitStack() as stack:

        def begin(id: str) -> FaultyPages:
            server = stack.enter_context(FaultyPages({"/tenders": lines(3)}))
            table(place, server.url, id)
            return server

        def spoil(day: str, server: FaultyPages) -> None:
            server.faults = {"/tenders": BAD_DAYS[day][0]}

        yield live_through(place, dict.fromkeys(BAD_DAYS, begin), spoil)


@pytest.mark.parametrize("day", BAD_DAYS)
def test_a_bad_day_is_a_named_fault_and_loses_nothing(day: str, days: dict[str, Lived]) -> None:
    lived = days[day]
    assert not lived.bad["finished"]
    assert re.search(BAD_DAYS[day][1], lived.bad["reason"]), lived.bad["reason"]
    assert len(lived.before) == 3
    assert lived.after == lived.before
    assert (lived.good["finished"], lived.good["notices"]) == (True, 0)


def test_a_page_that_says_that_it_lists_nothing_is_believed(place: Place, start: Start) -> None:
    server = start(FaultyPages({"/tenders": lines(3)}))
    table(place, server.url).harvest("vale")
    server.tables["/tenders"] = []
    report = place.harvest("vale").report
    assert (report["finished"], report["notices"]) == (True, 0)
    assert len(place.keys()) == 3


def test_a_column_that_has_gone_is_an_alarm(place: Place, start: Start) -> None:
    server = start(FaultyPages({"/tenders": lines(3)}, faults={"/tenders": replaced(b"Closing date", b"Ends")}))
    report = table(place, server.url).harvest("vale").report
    assert report["finished"]
    assert "No row has anything for closes ('Closing date'); has the page changed?" in report["reason"]


def test_a_page_that_comes_again_and_again_ends_the_walk_with_an_alarm(place: Place, start: Start) -> None:
    again = replaced(b"?page=2", b"?again=2")
    server = start(FaultyPages({"/tenders": lines(25)}, faults={"/tenders": again}))
    report = table(place, server.url).harvest("vale").report
    assert "repeats an earlier one" in report["reason"]
    assert len(server.requests) == 2


def test_pages_without_end_are_cut_off_with_an_alarm(place: Place, start: Start) -> None:
    server = start(FaultyPages({"/tenders": lines(200)}, a_page=1))
    report = table(place, server.url).harvest("vale").report
    assert "After 50 pages there was no end" in report["reason"]
    assert len(server.requests) == 50


def test_a_wrong_charset_loses_no_row() -> None:
    body = page("<tr><td><a href='/a'>Caf\xe9 tender</a></td></tr>").encode("latin-1")
    (raw,) = Table.split(source(), body, "text/html; charset=utf-8", None)
    assert "Caf" in (Table.reader(source(), AREA)(raw).title or "")


@pytest.mark.parametrize(
    ("options", "names"),
    [({"rows": "table["}, "no CSS selector"), ({"rows": None}, "rows"), ({"colour": "x"}, "colour")],
)
def test_options_that_cannot_be_used_are_named(options: dict[str, Any], names: str) -> None:
    with pytest.raises(SettingError, match=names):
        Table.split(source(**options), page().encode(), "text/html", None)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[]", b"\xff", b'{"row": 1, "columns": []}'])
def test_a_kept_row_that_is_none_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableNotice):
        Table.reader(source(), AREA)(Raw("vale", "a", body))


def test_every_beginning_of_a_page_is_refused() -> None:
    body = page(*(f"<tr><td><a href='/{n}'>T{n}</a></td><td>1 May 2027</td></tr>" for n in range(4))).encode()
    assert len(Table.split(source(), body, "text/html", None)) == 4
    for length in range(len(body) - len("</html>")):
        with pytest.raises(BrokenResponse):
            Table.split(source(), body[:length], "text/html", None)
