"""The yearly report on the site: every figure leads to its rows, every table to its CSV, and it prints."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tenderbell.record.figures import Figure, How
from tenderbell.record.report import Report
from tests.site.conftest import Visitor, serving
from tests.site.test_in_a_browser import RULES
from tests.site.world import settings_in
from tests.tenderbell.record_world import fill

A4 = 688
"""The width of an A4 page inside its margins, in CSS pixels."""

STROUD = "/buyers/stroud-district-council"
PHONE = ("light", 390, ("/report", "/report/2026", "/report/2024", "/buyers", STROUD, "/buyers/barnwood-trust"))
DESK = ("dark", 1100, ("/report/2025", STROUD))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    fill(settings_in(folder).public_path)
    return folder


@pytest.fixture(scope="module")
def reader(home: Path) -> Visitor:
    return Visitor(settings_in(home))


def figures_of(visitor: Visitor, year: int) -> list[tuple[str, Figure]]:
    from contextlib import closing

    from tenderbell.public import read_public
    from tenderbell.record.periods import year_of
    from tenderbell.record.report import report
    from tests.tenderbell.record_world import NOW

    settings = visitor.settings
    with closing(read_public(settings.public_path)) as db:
        found: Report = report(db, settings.area, settings.edition, year_of(str(year), NOW), NOW)
    return [
        (f"{table.id}: {row.label}: {place}", figure)
        for table in found.tables
        for row in table.rows
        for place, figure in enumerate(row.figures)
    ]


def recount(visitor: Visitor, figure: Figure, rows: dict[str, list[dict[str, object]]]) -> float | None:
    """Return what a figure's rows come to, asking each question once."""
    address = figure.rows or ""
    if address not in rows:
        page = visitor.get(address.replace("?", ".json?", 1) + "&_shape=objects")
        assert page.status_code == 200, (address, page.text[:300])
        rows[address] = page.json()["rows"]
    found = rows[address]
    if figure.how is How.COUNT:
        assert {row["in_all"] for row in found} <= {len(found)}
        return len(found)
    days = [int(str(row["notice_days"])) for row in found]
    if len(days) < 2:
        return days[0] if days else None
    return quantiles(days, n=4, method="inclusive")[[How.LOWER, How.MEDIAN, How.UPPER].index(figure.how)]


@pytest.mark.parametrize("year", [2026, 2025])
def test_every_figure_is_what_its_rows_come_to(reader: Visitor, year: int) -> None:
    rows: dict[str, list[dict[str, object]]] = {}
    linked = [(where, figure) for where, figure in figures_of(reader, year) if figure.rows]
    assert len(linked) > 100
    wrong = [
        (where, figure.value, counted, figure.rows)
        for where, figure in linked
        if (counted := recount(reader, figure, rows)) != (pytest.approx(figure.value, abs=0.01))
    ]
    assert wrong == []


def test_every_figure_of_a_buyer_is_what_its_rows_come_to(reader: Visitor, home: Path) -> None:
    from contextlib import closing

    from tenderbell.public import read_public
    from tenderbell.record.bodies import body_record
    from tests.tenderbell.record_world import AREA, NOW

    with closing(read_public(settings_in(home).public_path)) as db:
        found = body_record(db, AREA, "stroud-district-council", NOW)
    assert found is not None
    rows: dict[str, list[dict[str, object]]] = {}
    figures = [figure for table in found.tables for row in table.rows for figure in row.figures if figure.rows]
    assert len(figures) > 40
    for figure in figures:
        assert recount(reader, figure, rows) == pytest.approx(figure.value, abs=0.01), figure


def test_every_link_of_the_report_to_rows_is_on_the_page_and_answers(reader: Visitor) -> None:
    page = reader.get("/report/2026").text
    for _, figure in figures_of(reader, 2026):
        assert figure.value is None or figure.rows is None or f'href="{figure.rows.replace("&", "&amp;")}"' in page
    address = re.findall(r'href="(/public/report_findings[^"]+)"', page)[0].replace("&amp;", "&")
    assert "in_all" in reader.get(address).text


def test_every_table_of_the_page_leads_to_its_csv(reader: Visitor) -> None:
    page = reader.get("/report/2026")
    links = re.findall(r'href="(/report/2026/[a-z-]+\.csv)"', page.text)
    assert len(links) == len(set(links)) >= 14
    for link in links:
        found = reader.get(link)
        assert found.headers["content-type"] == "text/csv; charset=utf-8"
        assert 'filename="2026-' in found.headers["content-disposition"]
        lines = list(csv.reader(io.StringIO(found.text)))
        assert len(lines) > 1
        assert not [cell for line in lines for cell in line if cell[:1] in ("=", "+", "@")]


def test_the_running_year_says_so_far_and_a_past_one_does_not(reader: Visitor) -> None:
    assert "the report of 2026 so far" in reader.get("/report/2026").text
    assert "so far" not in reader.get("/report/2025").text.partition("</h1>")[0]
    assert "every number will change" not in reader.get("/report/2025").text


def test_the_report_prints_its_method_and_what_it_cannot_know(reader: Visitor) -> None:
    page = reader.get("/report/2026").text
    assert "A year is a calendar year in UK time." in page
    assert "3.4.2" in page
    assert "breach" not in page.lower()


@pytest.mark.parametrize("asked", ["2027", "0", "99999", "1999", "2026x", "%F0%9F%92%A9", "2026/nothing.csv"])
def test_a_year_that_is_none_is_a_404_with_a_way_on(reader: Visitor, asked: str) -> None:
    page = reader.get(f"/report/{asked}")
    assert page.status_code == 404
    assert 'action="/opportunities"' in page.text


def test_a_year_in_which_nothing_was_published_is_a_page_that_says_so(reader: Visitor) -> None:
    page = reader.get("/report/2024")
    assert page.status_code == 200
    assert "We hold no advert for Gloucestershire that was first published in 2024." in page.text


def test_the_years_are_listed(reader: Visitor) -> None:
    assert re.findall(r'href="/report/(\d+)"', reader.get("/report").text) == ["2026", "2025", "2023"]


def test_a_strangers_query_fills_the_cache_with_no_copies(reader: Visitor) -> None:
    from tenderbell.pages.views import route_of

    for path in ("/report", "/report/2026", "/report/2026/kinds.csv", "/buyers/odd"):
        route = route_of(path)
        assert route is not None
        assert route.matters("x=1") == route.matters("")
    route = route_of("/buyers")
    assert route is not None
    assert route.matters("page=2&x=1") == route.matters("page=2") != route.matters("")
    assert route.matters("page=zz") == route.matters("page=-1") == route.matters("page=99999999999")


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with serving(settings_in(home)) as found:
        yield found


@pytest.mark.browser
def test_it_prints_to_a4_without_a_cut_table_and_without_navigation(chromium: Browser, address: str) -> None:
    page = chromium.new_context(base_url=address, viewport={"width": A4, "height": 1000}).new_page()
    page.goto("/report/2026")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= A4
    cut = page.evaluate(
        "[...document.querySelectorAll('table.figures')].filter(t => t.getBoundingClientRect().right > innerWidth"
        " || t.scrollWidth > t.clientWidth || [...t.querySelectorAll('td,th')].some(c => c.scrollWidth > c.clientWidth"
        " + 1)).map(t => t.closest('.record-table').id)"
    )
    assert cut == []
    assert not page.locator("header.top").is_visible()
    assert not page.locator("nav.contents").is_visible()
    assert page.locator(".paper").first.is_visible()
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert paper.startswith(b"%PDF-")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 12
    page.context.close()


@pytest.mark.browser
def test_axe_finds_nothing_on_the_pages_of_the_record(chromium: Browser, address: str) -> None:
    found = []
    for scheme, width, paths in (PHONE, DESK):
        context = chromium.new_context(
            base_url=address, bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
        )
        page = context.new_page()
        for path in paths:
            page.goto(path)
            for one in Axe().run(page, options=RULES).response["violations"]:
                found += [f"{path} {scheme} {one['id']}: {node['html'][:160]}" for node in one["nodes"]]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{path} is too wide at {width}")
        context.close()
    assert found == []
