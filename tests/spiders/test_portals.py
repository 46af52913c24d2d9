"""What every portal's spider promises, on each product's rehearsed server over real HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spiders.fetching.saved import content_type_of
from spiders.formats.bundle import unbundle
from spiders.registry import reader_of, spider_class
from spiders.rehearsal.portal import FORBIDDING, TERMS, Listed
from spiders.rehearsal.server import Answer
from tenderbell.archive import decompress
from tenderbell.area import load_area
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup
from tenderbell.notice import Notice, decode, encode
from tests.spiders.faulty import Fault, bomb, drop, login_form, server_error, truncate
from tests.spiders.place import Place
from tests.spiders.portals import PRODUCTS, Product, instead, without

Start = Callable[..., Any]
FIXTURES = Path(__file__).parent.parent / "fixtures"
every_product = pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.spider)
with_pages = pytest.mark.parametrize(
    "product", [product for product in PRODUCTS if product.has_pages], ids=lambda product: product.spider
)
with_session = pytest.mark.parametrize(
    "product", [product for product in PRODUCTS if product.has_session], ids=lambda product: product.spider
)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a product's server and stops it after the test."""
    servers: list[Any] = []

    def begin(product: Product, items: list[Listed], faults: dict[int | str, Fault] | None = None, **more: Any) -> Any:
        servers.append(product.start(items, faults, **more).start())
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


def notices(place: Place) -> dict[str, Notice]:
    """Return the newest reading of each key."""
    rows = place.archive.execute("select key, reading from notice order by number")
    return {row["key"]: decode(row["reading"]) for row in rows}


def newest(place: Place, key: str) -> dict[str, str]:
    """Return the parts of the newest version of a key."""
    row = place.archive.execute("select body from notice where key = ? order by number desc limit 1", (key,)).fetchone()
    return unbundle(decompress(row[0]))


def run(place: Place) -> Any:
    """Return the last run."""
    return place.archive.execute("select * from run order by id desc limit 1").fetchone()


def pages_asked(server: Any) -> list[str]:
    """Return the paths of the adverts' own pages that were asked for."""
    return [
        asked.query.get("advertId") or asked.path.split("/")[-2]
        for asked in server.requests
        if asked.path == "/Advert" or asked.path.endswith("/detail.si")
    ]


@every_product
def test_the_terms_come_first_then_every_page_and_a_second_harvest_finds_nothing_new(
    product: Product, place: Place, start: Start
) -> None:
    server = start(product, product.items(25))
    product.source(place, server)
    report = place.harvest().report
    assert (report["finished"], report["reason"]) == (True, "Finished.")
    assert (report["new"], report["unreadable"]) == (25, 0)
    assert server.requests[0].path == TERMS
    assert place.keys() == product.keys(*range(1, 26))
    assert len(set(pages_asked(server))) == (25 if product.has_pages else 0)
    asked = len(server.requests)
    again = place.harvest().report
    assert (again["notices"], again["reason"]) == (0, "Finished.")
    assert run(place)["listed"] == 25
    assert len(server.requests) - asked == asked - len(pages_asked(server))


@every_product
def test_a_notice_says_what_its_portal_says(product: Product, place: Place, start: Start) -> None:
    item = product.item(7, title="Young carers & friends", closes=None)
    server = start(product, [product.item(1), item])
    product.source(place, server)
    place.harvest()
    first, second = (notices(place)[key] for key in sorted(product.keys(1, 7), key=len))
    assert first.title == "Advert 0001 for a befriending service"
    assert [buyer.name for buyer in first.buyers] == ["Wallbrook Borough Council"]
    assert first.closes_at is not None
    assert first.closes_at.isoformat() == "2026-09-14T11:00:00+00:00"
    assert first.closes_evidence is not None
    assert "14/09/2026 12:00" in first.closes_evidence
    assert first.link is not None
    assert first.link.startswith(server.url)
    assert product.reference(1) in first.references
    assert second.title == "Young carers & friends"
    assert (second.closes_at, second.doubts) == (None, ())


@every_product
def test_terms_that_forbid_it_end_the_run_before_the_list(product: Product, place: Place, start: Start) -> None:
    server = start(product, product.items(3), terms=FORBIDDING)
    product.source(place, server)
    report = place.harvest().report
    assert not report["finished"]
    assert "forbid automated access" in report["reason"]
    assert "any robot" in report["reason"]
    assert f"{server.url}{TERMS}" in report["reason"]
    assert [asked.path for asked in server.requests] == [TERMS]
    assert place.keys() == []


def test_a_permission_that_the_operator_notes_overrides_the_terms_and_is_said(place: Place, start: Start) -> None:
    product = PRODUCTS[1]
    server = start(product, product.items(3), terms=FORBIDDING)
    product.source(place, server)
    place.sources[-1]["permission"] = "Letter of 4 May 2026"
    outcome = place.harvest()
    assert outcome.report["finished"]
    assert outcome.report["new"] == 3
    assert any("Letter of 4 May 2026" in line for line in outcome.said)


def test_a_portal_whose_terms_are_not_named_is_not_asked_at_all(place: Place, start: Start) -> None:
    product = PRODUCTS[1]
    server = start(product, product.items(1))
    place.source(product.spider, f"{server.url}{product.path}", options=product.options)
    report = place.harvest().report
    assert not report["finished"]
    assert "add terms =" in report["reason"]
    assert server.requests == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda answer: Answer(404, b"gone"), "answered 404"),
        (login_form, "states no terms"),
        (drop, "dropped the connection"),
        (instead(b"%PDF-1.7", "application/pdf"), "PDF"),
    ],
)
def test_terms_that_cannot_be_read_are_no_permission(fault: Fault, reason: str, place: Place, start: Start) -> None:
    product = PRODUCTS[1]
    server = start(product, product.items(1), {TERMS: fault})
    product.source(place, server)
    report = place.harvest().report
    assert not report["finished"]
    assert reason in report["reason"]
    assert "othing else was asked" in report["reason"]
    assert {asked.path for asked in server.requests} == {TERMS}


@every_product
def test_a_list_that_robots_txt_forbids_is_not_asked_for(product: Product, place: Place, start: Start) -> None:
    path = "/*searchtype" if product.spider == "atamis" else product.server.list_path
    server = start(product, product.items(1), robots=f"User-agent: *\nDisallow: {path}\n")
    product.source(place, server)
    report = place.harvest().report
    assert not report["finished"]
    assert "forbids this in its robots.txt" in report["reason"]
    assert product.server.list_path not in [asked.path for asked in server.requests]


@every_product
def test_a_login_form_instead_of_the_list_is_a_fault_and_closes_nothing(
    product: Product, place: Place, start: Start
) -> None:
    server = start(product, product.items(3))
    product.source(place, server)
    place.harvest()
    before = place.contents("notice", "sighting")
    server.faults = {product.server.list_path: login_form}
    report = place.harvest().report
    assert not report["finished"]
    assert "login form" in report["reason"]
    assert place.contents("notice", "sighting") == before


@every_product
@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (b"", BrokenResponse, "is empty"),
        (b" \x00\n", BrokenResponse, "."),
        (b"<html><title>Error</title><h1>Something went wrong</h1></html>", BrokenResponse, "error page"),
        (b"<html><title>503 Service Unavailable</title></html>", BrokenResponse, "error page"),
        (b"<html><p>Your session has expired.</p></html>", BrokenResponse, "session has ended"),
        (b"<html><title>Log in</title></html>", BrokenResponse, "login form"),
        (b"<html><p>Something else altogether.</p></html>", ChangedMarkup, "markup has changed"),
        (b"<html><p>Something else", BrokenResponse, "."),
        (b'{"PageCount": 1, "Data": [{"Proj', BrokenResponse, "."),
        (b'{"PageCount": 1, "Data": null}', BrokenResponse, "."),
        (b"[]", BrokenResponse, "."),
        (b"\xff\xfe\x00<", BrokenResponse, "."),
    ],
)
def test_what_came_instead_of_a_list_is_named(
    product: Product, body: bytes, error: type[BrokenResponse], words: str
) -> None:
    source = Source(id="p", title="P", spider=product.spider, url="https://p.example", options=product.options)
    with pytest.raises(error, match=words):
        spider_class(source.spider_name).split(source, body, "text/html", None)


@every_product
def test_one_bad_answer_is_overcome(product: Product, place: Place, start: Start) -> None:
    server = start(product, product.items(3), {1: login_form})
    product.source(place, server)
    report = place.harvest().report
    assert (report["finished"], report["new"]) == (True, 3)


@every_product
def test_half_a_list_is_not_taken_for_a_whole_one(product: Product, place: Place, start: Start) -> None:
    server = start(product, product.items(3), {1: truncate, 2: truncate, 3: truncate})
    product.source(place, server)
    report = place.harvest().report
    assert not report["finished"]
    assert place.keys() == []


@every_product
def test_changed_markup_is_named_after_one_request(product: Product, place: Place, start: Start) -> None:
    server = start(product, product.items(3), {product.server.list_path: without(product.gone)})
    product.source(place, server)
    report = place.harvest().report
    assert not report["finished"]
    assert "the spider needs to" in report["reason"]
    assert server.position == 1


@every_product
def test_a_list_that_is_suddenly_empty_is_an_alarm_and_closes_nothing(
    product: Product, place: Place, start: Start
) -> None:
    server = start(product, product.items(6))
    product.source(place, server)
    place.harvest()
    before = place.contents("notice", "sighting")
    server.items = []
    report = place.harvest().report
    assert report["finished"]
    assert "The list is empty; lately it had more than 5" in report["reason"]
    assert place.contents("notice", "sighting") == before
    assert run(place)["alarm"]


def test_a_list_that_never_had_many_may_be_empty(place: Place, start: Start) -> None:
    product = PRODUCTS[2]
    server = start(product, product.items(5))
    product.source(place, server)
    place.harvest()
    server.items = []
    report = place.harvest().report
    assert (report["finished"], report["reason"]) == (True, "Finished.")


@every_product
def test_a_page_that_comes_again_ends_the_walk_with_an_alarm(product: Product, place: Place, start: Start) -> None:
    seen: list[Answer] = []

    def same(answer: Answer) -> Answer:
        seen.append(answer)
        return seen[0]

    server = start(product, product.items(120), dict.fromkeys(range(1, 6), same))
    product.source(place, server)
    report = place.harvest().report
    assert report["finished"]
    assert "Page 2 of the list" in report["reason"]
    assert "repeats what came before" in report["reason"]
    assert len(seen) == 2
    assert report["new"] in (10, 20, 50)


@every_product
def test_rows_without_a_link_and_a_reference_are_counted(product: Product, place: Place, start: Start) -> None:
    def nameless(answer: Answer) -> Answer:
        key = product.keys(2)[0].encode()
        body = answer.body.replace(product.reference(2).encode(), b"").replace(b"uid=a07000000000000002", b"uid=")
        if product.spider == "procontract":
            body = body.replace(f"advertId={product.item(2).guid}".encode(), b"")
        if product.spider == "in-tend":
            body = body.replace(product.item(2).guid.encode(), b"").replace(b'"ProjectID": 2,', b"")
        if product.spider == "eu-supply":
            body = body.replace(b"PID=2&", b"PID=&")
        if product.spider == "jaggaer":
            body = body.replace(b"goToDetail('%s'" % key, b"goToDetail(''")
        return Answer(answer.status, body, answer.headers)

    server = start(product, product.items(3), {product.server.list_path: nameless})
    product.source(place, server)
    report = place.harvest().report
    assert report["finished"]
    assert "1 row of the list had neither a link nor a reference" in report["reason"]
    assert place.keys() == product.keys(1, 3)


@every_product
def test_a_date_that_does_not_exist_is_a_doubt_and_loses_no_notice(
    product: Product, place: Place, start: Start
) -> None:
    def impossible(answer: Answer) -> Answer:
        body = answer.body.replace(b"14/09/2026", b"31/09/2026").replace(b"/Date(1789383600000)/", b"/Date(9e99)/")
        return Answer(answer.status, body, answer.headers)

    faults: dict[int | str, Fault] = {product.server.list_path: impossible, "/Advert": impossible}
    faults |= {f"/esop/toolkit/opportunity/current/{number}/detail.si": impossible for number in (1, 2)}
    server = start(product, product.items(2), faults)
    product.source(place, server)
    report = place.harvest().report
    assert (report["finished"], report["new"], report["unreadable"]) == (True, 2, 0)
    assert all(
        notice.closes_at is None and "no date that exists" in notice.doubts[0] for notice in notices(place).values()
    )


@with_session
def test_a_session_that_ends_in_the_middle_is_opened_again(product: Product, place: Place, start: Start) -> None:
    server = start(product, product.items(25), lifetime=product.lifetime)
    product.source(place, server)
    report = place.harvest().report
    assert (report["finished"], report["new"]) == (True, 25)
    assert len(server.sessions) > 1


@with_pages
def test_only_a_changed_row_has_its_page_fetched_again(product: Product, place: Place, start: Start) -> None:
    server = start(product, product.items(4))
    product.source(place, server)
    place.harvest()
    server.requests.clear()
    moved = product.item(2, closes=product.item(2).closes.replace(day=21))
    server.items = [product.item(1), moved, product.item(3), product.item(4), product.item(5)]
    report = place.harvest().report
    assert (report["new"], report["changed"]) == (1, 1)
    assert len(pages_asked(server)) == 2
    assert notices(place)[product.keys(2)[0]].closes_at.day == 21


@with_pages
def test_stripes_tokens_and_counters_make_no_new_version(product: Product, place: Place, start: Start) -> None:
    server = start(product, product.items(4))
    product.source(place, server)
    place.harvest()
    server.items = product.items(4)[1:]  # every row moves up, and its stripe changes
    assert place.harvest().report["notices"] == 0


@with_pages
def test_an_advert_whose_page_fails_is_kept_and_its_page_is_asked_for_again(
    product: Product, place: Place, start: Start
) -> None:
    item = product.item(1)
    path = "/Advert" if product.spider == "procontract" else "/esop/toolkit/opportunity/current/1/detail.si"
    server = start(product, [item], {path: server_error})
    product.source(place, server)
    report = place.harvest().report
    assert not report["finished"]
    assert "An advert's own page was not read" in report["reason"]
    (key,) = product.keys(1)
    assert set(newest(place, key)) == {"row"}
    server.faults = {}
    assert place.harvest().report["finished"]
    assert set(newest(place, key)) == {"row", "page"}


@with_pages
def test_a_changed_row_whose_page_fails_keeps_the_page_that_is_known(
    product: Product, place: Place, start: Start
) -> None:
    server = start(product, [product.item(1)])
    product.source(place, server)
    place.harvest()
    (key,) = product.keys(1)
    path = "/Advert" if product.spider == "procontract" else "/esop/toolkit/opportunity/current/1/detail.si"
    server.faults = {path: login_form}
    server.items = [product.item(1, closes=product.item(1).closes.replace(day=28))]
    assert not place.harvest().report["finished"]
    assert set(newest(place, key)) == {"row", "page", "stale"}
    assert notices(place)[key].closes_at.day == 28
    assert notices(place)[key].description == "Somebody to talk to."
    server.faults = {}
    assert place.harvest().report["finished"]
    assert set(newest(place, key)) == {"row", "page"}


@with_pages
def test_pages_that_robots_txt_forbids_leave_the_rows(product: Product, place: Place, start: Start) -> None:
    path = "/Advert" if product.spider == "procontract" else "/*/detail.si"
    server = start(product, product.items(3), robots=f"User-agent: *\nDisallow: {path}\n")
    product.source(place, server)
    report = place.harvest().report
    assert report["finished"]
    assert "forbids this in its robots.txt" in report["reason"]
    assert place.keys() == product.keys(1, 2, 3)
    assert pages_asked(server) == []


@every_product
def test_a_list_that_breaks_off_keeps_what_it_showed(product: Product, place: Place, start: Start) -> None:
    count = 60 if product.spider == "in-tend" else 25
    server = start(product, product.items(count), dict.fromkeys(range(2, 9), server_error))
    product.source(place, server)
    report = place.harvest().report
    assert not report["finished"]
    assert "500" in report["reason"]
    assert report["new"] in (10, 20, 50)


def test_a_gzip_bomb_is_refused(place: Place, start: Start) -> None:
    product = PRODUCTS[1]
    server = start(product, product.items(1), {product.server.list_path: bomb})
    product.source(place, server)
    report = place.harvest().report
    assert not report["finished"]
    assert "50 MB" in report["reason"]


def test_a_list_without_an_end_is_left_after_many_pages(place: Place, start: Start) -> None:
    product = PRODUCTS[3]
    server = start(product, product.items(2_100))
    product.source(place, server)
    report = place.harvest().report
    assert report["finished"]
    assert "After 100 pages the list had no end" in report["reason"]
    assert report["new"] == 2_000


def test_a_harvest_that_is_killed_loses_nothing_that_it_had(place: Place, start: Start) -> None:
    product = PRODUCTS[0]
    server = start(product, product.items(12))
    product.source(place, server)
    process = place.start(die_at=["tenderbell.archive", "keep", 6])
    process.communicate(timeout=60)
    kept = place.keys()
    assert 1 <= len(kept) < 12
    report = place.harvest().report
    assert (report["finished"], place.keys()) == (True, product.keys(*range(1, 13)))
    assert report["new"] == 12 - len(kept)


@with_pages
def test_an_advert_is_kept_when_the_new_session_for_its_page_fails(
    product: Product, place: Place, start: Start
) -> None:
    server = start(product, product.items(2), lifetime=product.lifetime - 1 if product.lifetime else None)
    path = "/Advert" if product.spider == "procontract" else "/esop/toolkit/opportunity/current/1/detail.si"
    doors = "/Opportunities/Index" if product.spider == "procontract" else "/esop/guest/go/public/opportunity/current"
    closed: list[int] = []

    def close_the_doors(answer: Answer) -> Answer:
        closed.append(1)
        server.faults[doors] = server_error
        return login_form(answer)

    server.faults[path] = close_the_doors
    product.source(place, server)
    report = place.harvest().report
    assert closed
    assert not report["finished"]
    assert product.keys(1)[0] in place.keys()  # noqa: SIM118


@every_product
def test_a_response_cut_anywhere_is_refused_or_read_and_never_breaks_anything(product: Product) -> None:
    folder = FIXTURES / product.spider.replace("-", "_")
    source = msgspec.toml.decode((folder / "source.toml").read_bytes(), type=Source)
    spider, read = spider_class(source.spider_name), reader_of(source, load_area("gloucestershire"))
    outcomes = set()
    for file in sorted(
        path for path in folder.iterdir() if path.suffix in (".html", ".json") and "expected" not in path.name
    ):
        body = file.read_bytes()
        for cut in range(0, len(body), 41):
            for broken in (body[:cut], body[:cut] + b"\xff\x00"[: 1 + (file.suffix == ".html")] + body[cut + 1 :]):
                try:
                    raws = spider.split(source, broken, content_type_of(file), None)
                except BrokenResponse:
                    outcomes.add("refused")
                    continue
                outcomes.update("read" for raw in raws if encode(read(raw)))
    assert outcomes == {"refused", "read"}


def test_two_portals_fail_alone(place: Place, start: Start) -> None:
    good, bad = start(PRODUCTS[1], PRODUCTS[1].items(2)), start(PRODUCTS[3], [], {"/ctm/supplier/publictenders": drop})
    PRODUCTS[1].source(place, good)
    PRODUCTS[3].source(place, bad)
    assert [report["finished"] for report in place.harvest().reports] == [True, False]
    assert place.keys() == PRODUCTS[1].keys(1, 2)
