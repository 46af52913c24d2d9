"""The questions about each source, asked of its rehearsal: all hold, until a fact is made false."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from spiders.rehearsal.contracts_finder import JSON, Item, release_of
from spiders.rehearsal.portal import FORBIDDING, HTML
from spiders.rehearsal.server import Answer, Asked
from tests.spiders.catalogues import SITES, Site, rebuilt
from tests.spiders.ocds_servers import FaultyContractsFinder, FaultyProactis
from tests.spiders.place import Place
from tests.spiders.portals import PRODUCTS, Product
from tests.spiders.test_reconciling import type_

Served = tuple[Product, Any]


@pytest.fixture(params=SITES.values(), ids=SITES.keys())
def site(request: pytest.FixtureRequest, place: Place) -> Iterator[tuple[Site, Any]]:
    """A site of funding with two items, harvested before."""
    one: Site = request.param
    with one.start("barn", "mill") as server:
        place.source(one.spider, server.url, options=one.options, delay=0)
        assert place.harvest().report["finished"]
        yield one, server


@pytest.fixture(params=PRODUCTS, ids=[product.spider for product in PRODUCTS])
def portal(request: pytest.FixtureRequest, place: Place) -> Iterator[Served]:
    """A portal with three adverts, harvested before."""
    product: Product = request.param
    with product.start(product.items(3)) as server:
        product.source(place, server, delay=0)
        assert place.harvest().report["finished"]
        server.requests.clear()
        server.position = 0
        yield product, server


def verdicts(place: Place, code: int) -> dict[str, str]:
    """Probe the one source and return what was found of each fact; progress is what was seen."""
    (source,) = [row["id"] for row in place.sources]
    return {one["fact"]: one["verdict"] for one in type_(place, "probe", source, code=code)}


def test_every_fact_about_a_funders_site_is_asked_and_holds(place: Place, site: tuple[Site, Any]) -> None:
    _, server = site
    server.robots = server.robots or "User-agent: *\nDisallow: /search/all\n"
    server.requests.clear()
    assert set(verdicts(place, 0).values()) == {"still true"}
    assert len(server.requests) <= 4


def test_a_funders_list_that_was_made_anew_is_a_change(place: Place, site: tuple[Site, Any]) -> None:
    one, server = site
    server.faults = {one.listing: rebuilt}
    assert "changed" in verdicts(place, 1).values()


def test_every_fact_about_a_portal_is_asked_and_holds(place: Place, portal: Served) -> None:
    _, server = portal
    assert set(verdicts(place, 0).values()) == {"still true"}
    assert server.requests[0].path == "/terms"


def test_an_adverts_page_with_other_markup_is_a_change(place: Place, portal: Served) -> None:
    product, server = portal
    if not product.has_pages:
        pytest.skip("This product's adverts have no pages of their own that are read.")
    own = server.answer

    def answer(asked: Any) -> Answer:
        is_page = asked.path in {product.page_path(number) for number in (1, 2, 3)}
        return Answer(200, b"<html><body><main><p>New.</p></main></body></html>", HTML) if is_page else own(asked)

    server.answer = answer
    found = verdicts(place, 1)
    assert found.pop("An advert's own page holds the fields that are read.") == "changed"
    assert set(found.values()) == {"still true"}


def test_a_portals_list_with_other_markup_is_a_change(place: Place, portal: Served) -> None:
    product, server = portal

    def other(answer: Answer) -> Answer:
        return Answer(answer.status, answer.body.replace(product.gone, b'"other"'), answer.headers)

    server.faults = dict.fromkeys(range(1, 9), other)
    found = verdicts(place, 1)
    assert found["The list is where it is looked for, and its rows are understood."] == "changed"


def test_a_portal_whose_terms_forbid_it_is_asked_nothing(place: Place, portal: Served) -> None:
    _, server = portal
    server.terms = FORBIDDING
    found = type_(place, "probe", place.sources[0]["id"])
    assert {one["verdict"] for one in found} == {"could not be asked"}
    assert all("terms of use forbid automated access" in one["seen"] for one in found)
    assert [asked.path for asked in server.requests] == ["/terms"]


def test_a_list_that_robots_txt_closes_is_a_change_and_is_not_read(place: Place, portal: Served) -> None:
    _, server = portal
    server.robots = "User-agent: *\nDisallow: /\nAllow: /terms\n"
    found = verdicts(place, 1)
    assert found.pop("robots.txt allows the list.") in ("changed", "could not be asked")
    assert set(found.values()) == {"could not be asked"}
    assert {asked.path for asked in server.requests} == {"/terms"}


def test_an_address_that_no_longer_answers_with_a_feed_is_a_change(place: Place, serve: Any) -> None:
    server = serve()
    server.set_feed(
        "/news.xml", b'<rss version="2.0"><channel><item><guid>a</guid><title>A</title></item></channel></rss>'
    )
    place.feed(f"{server.url}/news.xml", delay=0)
    assert set(verdicts(place, 0).values()) == {"still true"}
    server.set_feed("/news.xml", b"<!DOCTYPE html><title>News</title><p>We have moved.</p>", "text/html")
    assert set(verdicts(place, 1).values()) == {"changed"}


VERSION_2 = "Version 2 of the search knows the types and states of its guide."


class WithVersion2(FaultyContractsFinder):
    """Has the other interface as well, in which it calls open notices `state`."""

    state = "Open"

    def answer(self, asked: Asked) -> Answer:
        if asked.path != "/api/rest/2/search_notices/json":
            return super().answer(asked)
        criteria = json.loads(asked.body)["searchCriteria"]
        item = {"noticeType": criteria["types"][0], "noticeStatus": self.state}
        return Answer(200, json.dumps({"hitCount": 1, "noticeList": [{"score": 1, "item": item}]}).encode(), JSON)


def test_the_words_of_the_other_search_of_contracts_finder_are_asked_about(place: Place) -> None:
    with WithVersion2([Item("Mending of a hall")]) as server:
        place.source("contracts-finder", server.url, delay=0)
        server.faults = dict.fromkeys((1, 2), one_release)
        assert verdicts(place, 0)[VERSION_2] == "still true"
        server.state, server.position = "Published", 0
        assert verdicts(place, 1)[VERSION_2] == "changed"


def one_release(answer: Answer) -> Answer:
    """Answer a search without dates, as the service does and the rehearsal does not."""
    del answer
    return Answer(200, json.dumps({"releases": [release_of(Item("Mending of a hall"))]}).encode(), JSON)


@pytest.mark.parametrize(
    ("spider", "status", "fact"),
    [
        ("public-contracts-scotland", 403, "A program that says who it is is let in."),
        ("sell2wales", 500, "A question in English does not end in an error of the server."),
    ],
)
def test_a_service_that_turns_us_away_is_a_change(place: Place, spider: str, status: int, fact: str) -> None:
    with FaultyProactis() as server:
        place.source(spider, server.url, delay=0)
        server.faults = dict.fromkeys((1, 2), lambda answer: Answer(200, b'{"releases": []}', answer.headers))
        assert set(verdicts(place, 0).values()) == {"still true"}
        server.faults, server.position = {1: lambda answer: Answer(status, b"No.", {})}, 0
        found = verdicts(place, 1)
    assert found[fact] == "changed"
