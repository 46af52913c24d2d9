"""Atamis: an order without order, links that remember the page, and a closed door for data centres."""

from datetime import UTC, datetime, timedelta

from spiders.rehearsal.atamis import AtamisServer
from tenderbell.notice import decode
from tests.spiders.place import Place
from tests.spiders.portals import PRODUCTS

PRODUCT = PRODUCTS[2]


def test_a_refusal_says_that_data_centres_are_refused(place: Place) -> None:
    server = AtamisServer(PRODUCT.items(1))
    server.refuses = True
    with server:
        PRODUCT.source(place, server)
        report = place.harvest().report
    assert not report["finished"]
    assert "refuses this computer (403)" in report["reason"]
    assert "data centres" in report["reason"]
    assert [asked.path for asked in server.requests] == ["/terms", "/"]


def test_old_rows_between_new_ones_do_not_end_the_walk(place: Place) -> None:
    items = [
        PRODUCT.item(number, opens=datetime(2026, 8, 1, tzinfo=UTC) - timedelta(days=number % 7 * 300))
        for number in range(1, 36)
    ]
    with PRODUCT.start(items) as server:
        PRODUCT.source(place, server)
        report = place.harvest().report
    assert (report["finished"], report["new"]) == (True, 35)


def test_an_advert_that_moves_to_another_page_is_no_new_version(place: Place) -> None:
    with PRODUCT.start(PRODUCT.items(12)) as server:
        PRODUCT.source(place, server)
        place.harvest()
        server.items = [*PRODUCT.items(12)[::-1], PRODUCT.item(13)]
        report = place.harvest().report
    assert (report["new"], report["changed"]) == (1, 0)


def test_talks_with_the_market_open_nothing(place: Place) -> None:
    with PRODUCT.start([PRODUCT.item(1, sort="PA23 Preliminary Market Engagement")]) as server:
        PRODUCT.source(place, server)
        place.harvest()
    (row,) = place.archive.execute("select reading from notice").fetchall()
    notice = decode(row[0])
    assert (notice.effect, notice.closes_at) == ("engage", None)
    assert notice.engagement_closes_at == datetime(2026, 9, 14, 11, tzinfo=UTC)


def test_a_page_in_the_middle_that_is_empty_is_an_alarm(place: Place) -> None:
    with PRODUCT.start(PRODUCT.items(25)) as server:
        whole = server.items
        server.faults = {2: lambda answer: type(answer)(200, _emptied(answer.body), answer.headers)}
        PRODUCT.source(place, server)
        report = place.harvest().report
    assert len(whole) == 25
    assert not report["finished"]
    assert "td.col-ref" in report["reason"]
    assert report["new"] == 10


def _emptied(body: bytes) -> bytes:
    start, end = body.index(b'<tbody><tr><td class="col-ref"'), body.rindex(b"</tbody>")
    return body[:start] + b"<tbody>" + body[end:]
