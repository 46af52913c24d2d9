"""Jaggaer: columns by their headings, pages by POST, adverts behind a guest's session."""

from pathlib import Path

import pytest

from spiders.formats.bundle import bundle
from spiders.jaggaer import Jaggaer
from tenderbell.area import load_area
from tenderbell.edition import Source
from tenderbell.notice import Raw
from tests.spiders.place import Place
from tests.spiders.portals import PRODUCTS

FIXTURES = Path(__file__).parent.parent / "fixtures" / "jaggaer"
PRODUCT = PRODUCTS[4]
SOURCE = Source(id="j", title="J", spider="jaggaer", url="https://j.example")


def test_pages_are_turned_with_the_lists_own_form(place: Place) -> None:
    with PRODUCT.start(PRODUCT.items(21)) as server:
        PRODUCT.source(place, server)
        report = place.harvest().report
        posted = [asked.body.decode() for asked in server.requests if asked.method == "POST"]
    assert (report["finished"], report["new"]) == (True, 21)
    assert len(posted) == 2
    assert all("userAct=changePage" in body and "listState=kept" in body for body in posted)


@pytest.mark.parametrize("headings", ["", "<tr><th>A</th></tr>"])
def test_a_list_without_the_right_headings_has_the_usual_columns(headings: str) -> None:
    link = "<a onclick=\"goToDetail('9')\">T</a>"
    cells = "".join(f"<td>{cell}</td>" for cell in ("Open", "A buyer", link, "Works", "04/09/2026 12:00"))
    body = f'<html><table class="list-table">{headings}<tr class="table_cnt_body_a">{cells}</tr></table></html>'
    (row,) = Jaggaer.listing(SOURCE, body.encode(), "text/html").rows
    notice = Jaggaer.reader(SOURCE, load_area("gloucestershire"))(Raw("j", row.key, bundle(row.parts)))
    assert (notice.title, notice.buyers[0].name, notice.method, notice.category) == ("T", "A buyer", "Open", "works")
    assert notice.link == "https://j.example/esop/toolkit/opportunity/current/9/detail.si"


def test_a_page_says_of_itself_which_advert_it_is() -> None:
    (raw,) = Jaggaer.split(SOURCE, (FIXTURES / "page.html").read_bytes(), "text/html", None)
    rows = Jaggaer.split(SOURCE, (FIXTURES / "list.html").read_bytes(), "text/html", None)
    assert raw.key == rows[0].key == "55101"
