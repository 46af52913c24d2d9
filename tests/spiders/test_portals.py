"""What every portal's spider promises, on each product's rehearsed server over real HTTP.

Portals are harvested together, one source for each thing that happens to one of them; the tests look at their own.
Bad days that every spider has are in `tests/journeys/test_bad_days.py`.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from spiders.fetching.saved import content_type_of
from spiders.registry import reader_of, spider_class
from spiders.rehearsal.portal import FORBIDDING, TERMS
from spiders.rehearsal.server import Answer
from tenderbell.area import load_area
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup
from tenderbell.notice import encode
from tests.spiders.faulty import Fault, drop, login_form, server_error
from tests.spiders.place import Place
from tests.spiders.portals import CLOSES, PRODUCTS, Portals, Product, instead, without

FIXTURES = Path(__file__).parent.parent / "fixtures"
PROCONTRACT, IN_TEND, ATAMIS, EU_SUPPLY, JAGGAER = PRODUCTS
PAGED, IN_SESSION = (PROCONTRACT, JAGGAER), (PROCONTRACT, IN_TEND, JAGGAER)


def each(products: tuple[Product, ...]) -> pytest.MarkDecorator:
    """Run a test for each of these products."""
    return pytest.mark.parametrize("product", products, ids=lambda product: product.spider)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portals]:
    """All products, harvested five times: twice the same, then with a row changed and one new, then with a page that
    fails, then with the page back."""
    with Portals(tmp_path_factory.mktemp("day")) as portals:
        for product in PRODUCTS:
            items = product.items(25)
            items[6] = product.item(7, title="Young carers & friends", closes=None)
            portals.add(product, items)
        portals.harvest()
        portals.harvest()
        for product in PRODUCTS:
            moved = product.item(2, closes=CLOSES.replace(day=21))
            # The first row is gone: every other one moves up, and its stripe changes.
            portals[product.spider].items = [moved, *product.items(26)[2:6], *portals[product.spider].items[6:]]
            portals[product.spider].items.append(product.item(26))
        portals.harvest()
        for product in PAGED:
            portals[product.spider].items[1] = product.item(3, closes=CLOSES.replace(day=28))
            portals[product.spider].faults = {product.page_path(3): login_form}
        portals.harvest()
        for product in PAGED:
            portals[product.spider].faults = {}
        portals.harvest()
        yield portals


@each(PRODUCTS)
def test_the_terms_come_first_then_every_page_and_a_second_harvest_finds_nothing_new(
    product: Product, day: Portals
) -> None:
    first, second = day.rounds[0][product.spider], day.rounds[1][product.spider]
    assert (first.report["finished"], first.report["reason"]) == (True, "Finished.")
    assert (first.report["new"], first.report["unreadable"]) == (25, 0)
    assert first.asked[0].path == TERMS
    assert first.keys == product.keys(*range(1, 26))
    assert len(set(first.pages_asked)) == (25 if product.has_pages else 0)
    assert (second.report["notices"], second.report["reason"]) == (0, "Finished.")
    assert second.listed == 25
    assert len(second.asked) == len(first.asked) - len(first.pages_asked)


@each(PRODUCTS)
def test_a_notice_says_what_its_portal_says(product: Product, day: Portals) -> None:
    notices = day.rounds[0][product.spider].notices
    first, second = (notices[product.keys(number)[0]] for number in (1, 7))
    assert first.title == "Advert 0001 for a befriending service"
    assert [buyer.name for buyer in first.buyers] == ["Wallbrook Borough Council"]
    assert first.closes_at is not None
    assert first.closes_at.isoformat() == "2026-09-14T11:00:00+00:00"
    assert first.closes_evidence is not None
    assert "14/09/2026 12:00" in first.closes_evidence
    assert first.link is not None
    assert first.link.startswith(day[product.spider].url)
    assert product.reference(1) in first.references
    assert second.title == "Young carers & friends"
    assert (second.closes_at, second.doubts) == (None, ())


@each(PRODUCTS)
def test_only_what_is_new_or_changed_is_a_version_and_has_its_page_fetched(product: Product, day: Portals) -> None:
    third = day.rounds[2][product.spider]
    assert (third.report["new"], third.report["changed"]) == (1, 1)
    assert len(third.pages_asked) == (2 if product.has_pages else 0)
    assert third.notices[product.keys(2)[0]].closes_at.day == 21
    assert set(third.keys) == set(product.keys(*range(1, 27)))  # what has left the list is still there


@each(PAGED)
def test_a_changed_row_whose_page_fails_keeps_the_page_that_is_known(product: Product, day: Portals) -> None:
    (key,) = product.keys(3)
    fourth, fifth = day.rounds[3][product.spider], day.rounds[4][product.spider]
    assert not fourth.report["finished"]
    assert "login form" in fourth.report["reason"]
    assert set(fourth.parts[key]) == {"row", "page", "stale"}
    assert fourth.notices[key].closes_at.day == 28
    assert fourth.notices[key].description == "Somebody to talk to."
    assert fifth.report["finished"]
    assert set(fifth.parts[key]) == {"row", "page"}


UNREADABLE_TERMS: dict[str, tuple[Fault, str]] = {
    "gone": (lambda answer: Answer(404, b"gone"), "answered 404"),
    "login": (login_form, "states no terms"),
    "dropped": (drop, "dropped the connection"),
    "pdf": (instead(b"%PDF-1.7", "application/pdf"), "PDF"),
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portals]:
    """Portals that do not want us, harvested once."""
    with Portals(tmp_path_factory.mktemp("refusals")) as portals:
        for product in PRODUCTS:
            path = "/*searchtype" if product is ATAMIS else product.server.list_path
            portals.add(product, product.items(1), id=f"forbidding-{product.spider}", terms=FORBIDDING)
            portals.add(
                product, product.items(1), id=f"robots-{product.spider}", robots=f"User-agent: *\nDisallow: {path}\n"
            )
        for name, (fault, _) in UNREADABLE_TERMS.items():
            portals.add(IN_TEND, IN_TEND.items(1), {TERMS: fault}, id=f"terms-{name}")
        portals.add(IN_TEND, IN_TEND.items(3), id="permitted", terms=FORBIDDING)
        portals.place.sources[-1]["permission"] = "Letter of 4 May 2026"
        portals.add(IN_TEND, IN_TEND.items(1), id="unnamed")
        del portals.place.sources[-1]["terms"]
        portals.harvest()
        yield portals


@each(PRODUCTS)
def test_terms_that_forbid_it_end_the_run_before_the_list(product: Product, refusals: Portals) -> None:
    id = f"forbidding-{product.spider}"
    seen = refusals.rounds[0][id]
    assert not seen.report["finished"]
    assert "forbid automated access" in seen.report["reason"]
    assert "any robot" in seen.report["reason"]
    assert f"{refusals[id].url}{TERMS}" in seen.report["reason"]
    assert [asked.path for asked in seen.asked] == [TERMS]
    assert seen.keys == []


@each(PRODUCTS)
def test_a_list_that_robots_txt_forbids_is_not_asked_for(product: Product, refusals: Portals) -> None:
    seen = refusals.rounds[0][f"robots-{product.spider}"]
    assert not seen.report["finished"]
    assert "forbids this in its robots.txt" in seen.report["reason"]
    assert product.server.list_path not in [asked.path for asked in seen.asked]


@pytest.mark.parametrize("name", UNREADABLE_TERMS)
def test_terms_that_cannot_be_read_are_no_permission(name: str, refusals: Portals) -> None:
    seen = refusals.rounds[0][f"terms-{name}"]
    assert not seen.report["finished"]
    assert UNREADABLE_TERMS[name][1] in seen.report["reason"]
    assert "othing else was asked" in seen.report["reason"]
    assert {asked.path for asked in seen.asked} == {TERMS}


def test_a_permission_that_the_operator_notes_overrides_the_terms_and_is_said(refusals: Portals) -> None:
    seen = refusals.rounds[0]["permitted"]
    assert (seen.report["finished"], seen.report["new"]) == (True, 3)
    assert any("Letter of 4 May 2026" in line for line in refusals.said)


def test_a_portal_whose_terms_are_not_named_is_not_asked_at_all(refusals: Portals) -> None:
    seen = refusals.rounds[0]["unnamed"]
    assert not seen.report["finished"]
    assert "add terms =" in seen.report["reason"]
    assert seen.asked == []


def same_page(answers: list[Answer]) -> Fault:
    """Send the first page again and again."""

    def fault(answer: Answer) -> Answer:
        answers.append(answer)
        return answers[0]

    return fault


def impossible(answer: Answer) -> Answer:
    """Name a deadline that does not exist."""
    body = answer.body.replace(b"14/09/2026", b"31/09/2026").replace(b"/Date(1789383600000)/", b"/Date(9e99)/")
    return Answer(answer.status, body, answer.headers)


def sent_away(answer: Answer) -> Answer:
    """Send the visitor to a login form of another address."""
    return Answer(302, b"", {"Location": "/login"})


def closed_doors(portals: Portals, id: str, product: Product) -> Fault:
    """End the session, and open no other one."""

    def fault(answer: Answer) -> Answer:
        portals[id].faults[product.door_path] = server_error
        return login_form(answer)

    return fault


@pytest.fixture(scope="module")
def mishaps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portals]:
    """Portals to which something happens, harvested twice: the second time all goes well, but two lists are empty."""
    with Portals(tmp_path_factory.mktemp("mishaps")) as portals:
        for product in PRODUCTS:
            name, many = product.spider, product.items(60 if product is IN_TEND else 25)
            portals.add(product, product.items(3), {1: login_form}, id=f"once-{name}")
            portals.add(product, product.items(3), {1: sent_away, "/login": login_form}, id=f"away-{name}")
            portals.add(product, many, dict.fromkeys(range(2, 9), server_error), id=f"breaks-{name}")
            portals.add(product, product.items(120), dict.fromkeys(range(1, 6), same_page([])), id=f"repeats-{name}")
            pages: dict[int | str, Fault] = {product.page_path(number): impossible for number in (1, 2)}
            portals.add(product, product.items(2), pages | {product.server.list_path: impossible}, id=f"dates-{name}")
        for product in IN_SESSION:
            portals.add(product, product.items(25), id=f"session-{product.spider}", lifetime=product.lifetime)
        for product in PAGED:
            robots = f"User-agent: *\nDisallow: {'/Advert' if product is PROCONTRACT else '/*/detail.si'}\n"
            portals.add(product, product.items(3), id=f"closed-{product.spider}", robots=robots)
            portals.add(product, product.items(1), {product.page_path(1): server_error}, id=f"page-{product.spider}")
            door = portals.add(product, product.items(2), id=f"door-{product.spider}")
            door.faults[product.page_path(1)] = closed_doors(portals, f"door-{product.spider}", product)
        portals.add(JAGGAER, JAGGAER.items(3), {JAGGAER.server.list_path: without(JAGGAER.gone)}, id="rebuilt")
        portals.add(EU_SUPPLY, EU_SUPPLY.items(5), id="few")
        portals.add(ATAMIS, ATAMIS.items(6), id="many")
        portals.harvest()
        for server in portals.servers.values():
            server.faults = {}
        portals["few"].items = portals["many"].items = []
        portals.harvest()
        yield portals


@each(PRODUCTS)
@pytest.mark.parametrize("mishap", ["once", "away"])
def test_one_bad_answer_is_overcome(mishap: str, product: Product, mishaps: Portals) -> None:
    report = mishaps.rounds[0][f"{mishap}-{product.spider}"].report
    assert (report["finished"], report["new"]) == (True, 3)


@each(PRODUCTS)
def test_a_list_that_breaks_off_keeps_what_it_showed(product: Product, mishaps: Portals) -> None:
    report = mishaps.rounds[0][f"breaks-{product.spider}"].report
    assert not report["finished"]
    assert "500" in report["reason"]
    assert report["new"] in (10, 20, 50)


@each(PRODUCTS)
def test_a_page_that_comes_again_ends_the_walk_with_an_alarm(product: Product, mishaps: Portals) -> None:
    seen = mishaps.rounds[0][f"repeats-{product.spider}"]
    assert seen.report["finished"]
    assert "Page 2 of the list" in seen.report["reason"]
    assert "repeats what came before" in seen.report["reason"]
    assert seen.report["new"] in (10, 20, 50)


@each(PRODUCTS)
def test_a_date_that_does_not_exist_is_a_doubt_and_loses_no_notice(product: Product, mishaps: Portals) -> None:
    seen = mishaps.rounds[0][f"dates-{product.spider}"]
    assert (seen.report["finished"], seen.report["new"], seen.report["unreadable"]) == (True, 2, 0)
    for notice in seen.notices.values():
        assert notice.closes_at is None
        assert "no date that exists" in notice.doubts[0]


@each(IN_SESSION)
def test_a_session_that_ends_in_the_middle_is_opened_again(product: Product, mishaps: Portals) -> None:
    report = mishaps.rounds[0][f"session-{product.spider}"].report
    assert (report["finished"], report["new"]) == (True, 25)
    assert len(mishaps[f"session-{product.spider}"].sessions) > 1


@each(PAGED)
def test_pages_that_robots_txt_forbids_leave_the_rows(product: Product, mishaps: Portals) -> None:
    seen = mishaps.rounds[0][f"closed-{product.spider}"]
    assert seen.report["finished"]
    assert "forbids this in its robots.txt" in seen.report["reason"]
    assert (seen.keys, seen.pages_asked) == (product.keys(1, 2, 3), [])


@each(PAGED)
def test_an_advert_whose_page_fails_is_kept_and_its_page_is_asked_for_again(product: Product, mishaps: Portals) -> None:
    first, second = (one[f"page-{product.spider}"] for one in mishaps.rounds)
    (key,) = product.keys(1)
    assert not first.report["finished"]
    assert f"The page of {key} was not read" in first.report["reason"]
    assert set(first.parts[key]) == {"row"}
    assert second.report["finished"]
    assert set(second.parts[key]) == {"row", "page"}


@each(PAGED)
def test_an_advert_is_kept_when_the_new_session_for_its_page_fails(product: Product, mishaps: Portals) -> None:
    seen = mishaps.rounds[0][f"door-{product.spider}"]
    assert not seen.report["finished"]
    assert "answered 500" in seen.report["reason"]
    assert set(seen.parts[product.keys(1)[0]]) == {"row"}


def test_changed_markup_is_named_after_one_request(mishaps: Portals) -> None:
    seen = mishaps.rounds[0]["rebuilt"]
    assert not seen.report["finished"]
    assert "the spider needs to" in seen.report["reason"]
    lists = [asked for asked in seen.asked if asked.path == JAGGAER.server.list_path and "_ncp" not in asked.query]
    assert len(lists) == 1


def test_only_a_list_that_had_many_is_oddly_empty_and_nothing_is_closed(mishaps: Portals) -> None:
    many, few = mishaps.rounds[1]["many"], mishaps.rounds[1]["few"]
    assert many.report["finished"]
    assert "The list is empty. Nothing was closed." in many.report["reason"]
    assert (few.report["finished"], few.report["reason"]) == (True, "Finished.")
    assert many.parts == mishaps.rounds[0]["many"].parts


def test_bad_portals_fail_alone(mishaps: Portals) -> None:
    assert {seen.report["finished"] for seen in mishaps.rounds[0].values()} == {True, False}


def test_a_list_without_an_end_is_left_after_many_pages(tmp_path: Path) -> None:
    with Portals(tmp_path) as portals:
        portals.add(EU_SUPPLY, EU_SUPPLY.items(2_100))
        portals.harvest()
    report = portals.rounds[0]["eu-supply"].report
    assert report["finished"]
    assert "After 100 pages the list had no end" in report["reason"]
    assert report["new"] == 2_000


def test_a_harvest_that_is_killed_loses_nothing_that_it_had(place: Place) -> None:
    with PROCONTRACT.start(PROCONTRACT.items(12)) as server:
        PROCONTRACT.source(place, server)
        place.start(die_at=["tenderbell.archive", "keep", 6]).communicate(timeout=60)
        kept = place.keys()
        assert 1 <= len(kept) < 12
        report = place.harvest().report
    assert (report["finished"], place.keys()) == (True, PROCONTRACT.keys(*range(1, 13)))
    assert report["new"] == 12 - len(kept)


@each(PRODUCTS)
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


@each(PRODUCTS)
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
