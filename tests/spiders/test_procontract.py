"""ProContract: one portal among many, rows with days, pages with hours."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from spiders.formats.bundle import bundle
from spiders.procontract import ProContract
from spiders.rehearsal.portal import Listed
from tenderbell.area import load_area
from tenderbell.edition import Source
from tenderbell.errors import SettingError
from tenderbell.notice import Notice, Raw, decode
from tests.spiders.place import Place
from tests.spiders.portals import PRODUCTS

FIXTURES = Path(__file__).parent.parent / "fixtures" / "procontract"
PRODUCT = PRODUCTS[0]
SOURCE = Source(id="pc", title="PC", spider="procontract", url="https://pc.example", options={"portal": "p"})


def read(source: Source = SOURCE, **parts: str) -> Notice:
    raw = Raw(source.id, "DN812345", bundle(parts))
    return ProContract.reader(source, load_area("gloucestershire"))(raw)


def parts() -> dict[str, str]:
    grid = ProContract.listing(SOURCE, (FIXTURES / "grid.html").read_bytes(), "text/html").rows[0].text
    return {"row": grid, "page": ProContract.detail(SOURCE, (FIXTURES / "page.html").read_bytes(), "text/html").text}


def test_only_the_adverts_of_the_chosen_portal_are_listed(place: Place) -> None:
    other = [Listed(50 + each, "Elsewhere", "Another council", portal="another") for each in range(15)]
    with PRODUCT.start([*other, *PRODUCT.items(3)]) as server:
        PRODUCT.source(place, server)
        place.harvest()
    assert place.keys() == PRODUCT.keys(1, 2, 3)


def test_the_page_gives_the_hour_of_the_day_that_the_row_names() -> None:
    notice = read(**parts())
    assert notice.closes_at == datetime(2026, 9, 4, 11, tzinfo=UTC)
    assert notice.description is not None
    assert notice.link == "https://pc.example/Advert?advertId=6a7b1c00-0000-4000-8000-000000000101"


def test_a_row_that_names_another_day_than_its_older_page_is_followed() -> None:
    both = parts()
    moved = {**both, "row": both["row"].replace("04/09/2026", "18/09/2026"), "stale": "page"}
    assert read(**moved).closes_at == datetime(2026, 9, 18, 22, 59, 59, tzinfo=UTC)


def test_an_officers_mailbox_and_telephone_are_not_read() -> None:
    both = parts()
    named = {**both, "page": both["page"].replace("procurement@stroud.example", "jo.bloggs@stroud.example")}
    assert "procurement@" in str(read(**both))
    assert "bloggs" not in str(read(**named))
    assert "01632" not in str(read(**both))
    assert "An Officer" not in str(read(**both))


def test_the_body_that_the_edition_names_for_a_buyer_is_the_buyer() -> None:
    names = {"portal": "p", "buyers": {"stroud dc (FIXTURE)": "stroud-district-council"}}
    source = Source(id="pc", title="PC", spider="procontract", url="https://pc.example", options=names)
    (buyer,) = read(source, **parts()).buyers
    assert "GB-PPON-PRHW-3326-HVMG" in buyer.ids


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"portal": "p", "portals": "q"}, "portals"),
        ({"portal": "p", "buyers": {"X": "nobody"}}, "nobody"),
    ],
)
def test_wrong_options_are_named(options: dict[str, object], words: str) -> None:
    source = Source(id="pc", title="PC", spider="procontract", url="https://pc.example", options=options)
    with pytest.raises(SettingError, match=words):
        ProContract.reader(source, load_area("gloucestershire"))


def test_a_portal_whose_guid_is_not_known_is_not_asked(place: Place) -> None:
    with PRODUCT.start(PRODUCT.items(1)) as server:
        PRODUCT.source(place, server, options={})
        report = place.harvest().report
    assert not report["finished"]
    assert "add options = { portal = “…” }" in report["reason"]
    assert server.requests == []


def test_a_saved_grid_and_a_saved_page_make_one_notice(place: Place) -> None:
    place.source("procontract", "https://pc.example", options={"portal": "p"})
    saved = place.folder / "saved"
    saved.mkdir()
    for name in ("grid.html", "page.html"):
        (saved / name).write_bytes((FIXTURES / name).read_bytes())
    report = place.harvest("procontract", saved=str(saved)).report
    assert (report["notices"], report["unreadable"], report["finished"]) == (4, 0, True)
    rows = place.archive.execute("select reading from notice where key = 'DN812345'").fetchall()
    notice = decode(rows[0][0])
    assert (notice.description is not None, notice.link is not None) == (True, True)


def test_a_bundle_of_something_else_is_unreadable_and_says_so(place: Place) -> None:
    with pytest.raises(Exception, match="neither a row nor a page"):
        read(other="x")


def test_a_placeholder_for_the_number_is_no_reference_and_no_key() -> None:
    grid = (FIXTURES / "grid.html").read_bytes()
    named = ProContract.listing(SOURCE, grid, "text/html").rows[0].key
    rows = ProContract.listing(SOURCE, grid.replace(named.encode(), b"DN00000005"), "text/html").rows
    assert named.startswith("DN")
    assert rows[0].key == rows[0].spare, "it is known by the GUID of its advert"
    assert read(row=rows[0].text).references == ()
