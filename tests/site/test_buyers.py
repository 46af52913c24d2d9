"""The pages of commissioners and funders."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from tenderbell.pages.charts import DAYS, LEFT, WIDTH, histogram, strips
from tenderbell.public import open_public
from tenderbell.record.middles import THREE_MONTHS, middles, steps
from tests.site.conftest import Visitor
from tests.site.world import settings_in
from tests.tenderbell.record_world import advert, fill, noon

STROUD = "/buyers/stroud-district-council"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("buyers")
    fill(settings_in(folder).public_path)
    return folder


@pytest.fixture
def reader(home: Path) -> Visitor:
    return Visitor(settings_in(home))


def test_the_list_is_a_to_z_with_what_is_open_and_leads_to_each_page(reader: Visitor) -> None:
    page = reader.get("/buyers").text
    names = re.findall(r'<li><a href="/buyers/[^"]+">([^<]+)</a>', page)
    assert names == sorted(names, key=str.lower)
    assert "Stroud District Council" in names
    assert "Nothing seen yet" in page


@pytest.mark.parametrize("asked", ["page=0", "page=2", "page=zz", "page=-1", "page=99999999999999999999"])
def test_a_page_of_the_list_that_is_not_there_is_a_404(reader: Visitor, asked: str) -> None:
    assert reader.get(f"/buyers?{asked}").status_code == 404


def test_a_body_shows_its_opportunities_by_stage_and_leads_to_all_of_them(reader: Visitor) -> None:
    page = reader.get(STROUD).text
    for title in ("Open now", "Planned, and early talks", "Closed", "Awarded"):
        assert f">{title} <span" in page
    assert 'href="/opportunities?stage=closed&amp;buyer=stroud-district-council"' in page or re.search(
        r'href="/opportunities\?[^"]*buyer=stroud-district-council[^"]*"', page
    )


def test_the_same_numbers_stand_in_the_drawing_and_in_the_table(reader: Visitor) -> None:
    page = reader.get(STROUD).text
    drawn = re.findall(r'<text class="count"[^>]*>([\d,]+)</text>', page)
    table = page.partition('id="notice-spread"')[2].partition("</table>")[0]
    counted = re.findall(r">(\d+) of \d+</a>", table)
    assert drawn == [number for number in counted if number != "0"]
    assert "three months" in page
    assert "style=" not in page


def test_facts_come_with_denominators_and_never_as_a_verdict(reader: Visitor) -> None:
    page = reader.get(STROUD).text
    assert re.search(r"3\.3\.7 How are bids scored\?.*?>2 of 8<", page, re.DOTALL)
    for word in ("breach", "violat", "fail", "N/A", "null"):
        assert word not in page


def test_open_ended_windows_are_left_out_and_said(reader: Visitor) -> None:
    page = reader.get(STROUD).text
    assert re.search(
        r"Open all the time, no deadline given, or a dynamic market: left out.*?>2 of 10<", page, re.DOTALL
    )


def test_small_numbers_are_said(tmp_path: Path) -> None:
    fill(settings_in(tmp_path).public_path, [advert(n, noon(2026, n, 1), 30) for n in (1, 2, 3)])
    page = Visitor(settings_in(tmp_path)).get(STROUD).text
    assert "Only 3 adverts: too few to tell of its habits." in page
    assert "%" not in re.sub(r"<style.*?</style>|href=\"[^\"]*\"", "", page)


def test_a_body_of_the_area_of_which_nothing_was_seen_has_a_page(reader: Visitor) -> None:
    page = reader.get("/buyers/barnwood-trust")
    assert page.status_code == 200
    assert "We have seen no notice from this body." in page.text
    assert 'href="/alerts/new?buyer=barnwood-trust"' in page.text


def test_a_body_from_elsewhere_has_a_page_that_says_so_and_its_name_is_only_text(reader: Visitor) -> None:
    links = re.findall(r'href="(/buyers/[^"]+)"', reader.get("/report/2026").text)
    assert links
    with closing(open_public(reader.settings.public_path)) as db:
        (odd,) = [row[0] for row in db.execute("select id from buyer where name like '%HYPERLINK%'")]
    page = reader.get(f"/buyers/{odd}")
    assert page.status_code == 200
    assert "Not one of Gloucestershire’s own bodies." in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize("asked", ["nobody", "%00", "%F0%9F%92%A9", "a" * 3000, "stroud-district-council%2F"])
def test_an_unknown_body_is_a_404_with_a_way_on(reader: Visitor, asked: str) -> None:
    page = reader.get(f"/buyers/{asked}")
    assert page.status_code == 404
    assert 'action="/opportunities"' in page.text


def test_replies_are_shown_as_text_and_every_page_asks_for_one(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    fill(settings.public_path)
    with closing(open_public(settings.public_path)) as db:
        db.execute(
            "insert into reply values ('r1', 'stroud-district-council', 'We <b>moved</b> it.\nTwice.', "
            "'2026-10-01T09:00:00Z')"
        )
    page = Visitor(settings).get(STROUD).text
    assert "We &lt;b&gt;moved&lt;/b&gt; it." in page
    assert "Thursday 1 October 2026" in page
    assert f'href="{STROUD}/reply"' in page


def test_a_body_that_is_quiet_for_longer_than_usual_is_said_to_be(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    fill(settings.public_path)
    with closing(open_public(settings.public_path)) as db:
        db.execute(
            "insert into buyer_silence values ('stroud-district-council', 'Stroud District Council', "
            "'2026-09-01T09:00:00Z', 30, 9, 30, null)"
        )
    assert "Quiet: nothing for 81 days, where 9 days are usual" in Visitor(settings).get(STROUD).text


def test_what_was_counted_is_shown_until_the_database_changes(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    fill(settings.public_path)
    visitor = Visitor(settings)
    assert "10 adverts seen" in visitor.get(STROUD).text
    add(settings.public_path)
    assert "11 adverts seen" in visitor.get(STROUD).text


def add(path: Path) -> None:
    from tenderbell.compiling.writing import store
    from tenderbell.database import transaction
    from tests.tenderbell.record_world import AREA, NOW

    with closing(open_public(path)) as db, transaction(db):
        store(db, advert(99, noon(2026, 9, 1), 50), AREA, NOW)


def test_drawings_stay_inside_their_box_and_mark_median_and_three_months() -> None:
    days = {0: 3, 30: 1, 91: 2, 5000: 7}
    found = middles(days)
    drawn = histogram(steps(days), found)
    assert drawn is not None
    assert found is not None
    assert all(bar.x >= LEFT and bar.x + bar.width <= WIDTH - LEFT for bar in drawn.bars)
    assert max(bar.height for bar in drawn.bars) == drawn.bars[-1].height
    assert drawn.months.x == pytest.approx(LEFT + THREE_MONTHS * (WIDTH - 2 * LEFT) / DAYS, abs=0.1)
    assert drawn.median.label == f"median {found.median:g} days"
    assert str(found.of) in drawn.words
    assert histogram(steps({}), middles({})) is None
    assert strips([]) is None
