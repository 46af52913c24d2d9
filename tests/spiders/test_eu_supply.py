"""EU-Supply: one brand of many, words in tooltips, an entrance page as the link."""

from tenderbell.notice import decode
from tests.spiders.place import Place
from tests.spiders.portals import PRODUCTS, without

PRODUCT = PRODUCTS[3]


def test_only_the_brand_that_is_asked_for_is_listed(place: Place) -> None:
    with PRODUCT.start([PRODUCT.item(1), PRODUCT.item(2, portal="ANOTHER")]) as server:
        PRODUCT.source(place, server)
        place.harvest()
    assert place.keys() == ["1"]


def test_the_link_is_the_entrance_that_others_publish(place: Place) -> None:
    with PRODUCT.start([PRODUCT.item(1)]) as server:
        PRODUCT.source(place, server)
        place.harvest()
        (row,) = place.archive.execute("select reading from notice").fetchall()
        assert decode(row[0]).link == f"{server.url}/app/rfq/rwlentrance_s.asp?PID=1&B=WALLBROOK"


def test_a_table_that_says_it_is_empty_is_empty_and_not_changed(place: Place) -> None:
    with PRODUCT.start([]) as server:
        PRODUCT.source(place, server)
        report = place.harvest().report
    assert (report["finished"], report["reason"], report["notices"]) == (True, "Finished.", 0)


def test_exactly_two_full_pages_end_without_an_alarm(place: Place) -> None:
    with PRODUCT.start(PRODUCT.items(40)) as server:
        PRODUCT.source(place, server)
        report = place.harvest().report
    assert (report["new"], report["reason"]) == (40, "Finished.")


def test_rows_that_share_a_number_and_have_no_link_are_counted(place: Place) -> None:
    items = [PRODUCT.item(1), PRODUCT.item(2), PRODUCT.item(3, reference=PRODUCT.reference(2))]
    unlinked = without(b"?PID=")
    with PRODUCT.start(items, {1: unlinked}) as server:
        PRODUCT.source(place, server)
        report = place.harvest().report
    assert place.keys() == ["EU-00001", "EU-00002"]
    assert "1 row of the list had neither a link nor a reference of its own" in report["reason"]
