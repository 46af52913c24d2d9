"""Public Contracts Scotland and Sell2Wales over real HTTP."""

import json

import pytest

from spiders.ocds.general import key_of, read_release
from spiders.proactis import EUROPEAN_TYPES
from spiders.public_contracts_scotland import PublicContractsScotland
from spiders.registry import spider_names
from spiders.rehearsal.proactis import FAULT, Item, release_of
from spiders.sell2wales import Sell2Wales
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, SettingError
from tenderbell.notice import Raw
from tests.spiders.ocds_servers import FaultyProactis, notices
from tests.spiders.place import Place

OPTIONS = {"types": [2, 101]}


def scotland(place: Place, url: str, options: dict[str, object] | None = None) -> Place:
    return place.source("public-contracts-scotland", url, options=options or OPTIONS)


def test_each_type_of_each_month_is_asked_for_once(place: Place) -> None:
    found = [Item("Ferry", 1), Item("Quick quote", 2, type=101), Item("Bus", 3, month="07-2026")]
    with FaultyProactis(found) as server:
        report = scotland(place, server.url).harvest("public-contracts-scotland").report
    assert report["finished"], report["reason"]
    assert report["new"] == 3
    asked = [(asked.query["dateFrom"], asked.query["noticeType"]) for asked in server.requests]
    assert asked == [("08-2026", "2"), ("08-2026", "101"), ("07-2026", "2"), ("07-2026", "101")]
    assert {asked.query["outputType"] for asked in server.requests} == {"0"}
    assert all("locale" not in asked.query for asked in server.requests)


def test_once_finished_only_the_month_under_way_is_asked_for_again(place: Place) -> None:
    with FaultyProactis([Item("Ferry", 1)]) as server:
        scotland(place, server.url).harvest("public-contracts-scotland")
        server.requests.clear()
        report = place.harvest("public-contracts-scotland").report
    assert report["new"] == 0
    assert {asked.query["dateFrom"] for asked in server.requests} == {"08-2026"}


def test_without_options_every_type_is_asked_for_once() -> None:
    for spider in (PublicContractsScotland, Sell2Wales):
        types = spider.notice_types()
        assert len(types) == len(set(types))
        assert types[: len(EUROPEAN_TYPES)] == EUROPEAN_TYPES
        assert spider.notice_types() == types


def test_the_known_500_of_some_types_is_named_and_the_others_are_fetched(place: Place) -> None:
    found = [Item("Ferry", 1), Item("Lost", 2, type=51)]
    with FaultyProactis(found, broken_types=[51], prefix="ocds-kuma6s", with_ids=True) as server:
        place.source("sell2wales", server.url, options={"types": [51, 2]})
        report = place.harvest("sell2wales").report
    assert not report["finished"]
    assert "500 for notices of type 51 in August 2026" in report["reason"]
    assert FAULT in report["reason"]
    assert report["new"] == 1
    assert {asked.query["locale"] for asked in server.requests} == {"2057"}


def test_a_service_that_only_fails_is_left_alone_after_five_failures(place: Place) -> None:
    with FaultyProactis(broken_types=range(1, 30)) as server:
        scotland(place, server.url, {"types": list(range(1, 30))}).harvest("public-contracts-scotland")
    assert len(server.requests) == 5


def test_a_403_ends_the_run_with_a_sentence(place: Place) -> None:
    with FaultyProactis([Item("Ferry")]) as server:
        scotland(place, server.url)
        report = place.harvest("public-contracts-scotland", overrides={"USER_AGENT": "Scrapy/2"}).report
    assert not report["finished"]
    assert "answered 403" in report["reason"]
    assert len(server.requests) == 1


def test_a_service_that_no_longer_heeds_the_question_is_an_alarm(place: Place) -> None:
    class Deaf(FaultyProactis):
        def answer(self, asked):  # type: ignore[no-untyped-def]
            asked.query.update({"noticeType": "2", "dateFrom": "08-2026"})
            return super().answer(asked)

    with Deaf([Item("Ferry")]) as server:
        report = scotland(place, server.url).harvest("public-contracts-scotland").report
    assert report["finished"]
    assert "repeats an earlier one" in report["reason"]
    assert len(server.requests) == 2


def test_a_month_without_releases_is_empty_and_a_source_that_was_not_empty_before_raises_an_alarm(place: Place) -> None:
    with FaultyProactis([Item("Ferry")]) as server:
        assert scotland(place, server.url).harvest("public-contracts-scotland").report["reason"] == "Finished."
        server.items.clear()
        before = place.contents("notice")
        report = place.harvest("public-contracts-scotland").report
    assert report["finished"]
    assert "although there were some before" in report["reason"]
    assert place.contents("notice") == before


def test_an_error_in_json_is_no_empty_package() -> None:
    source = Source(id="s", title="S")
    assert PublicContractsScotland.split(source, b'{"uri": "x", "publishedDate": "y"}', "", None) == []
    with pytest.raises(BrokenResponse):
        PublicContractsScotland.split(source, b'{"Message": "An error has occurred."}', "", None)


def test_a_scottish_release_is_known_by_ocid_and_date_and_links_to_its_page(place: Place) -> None:
    with FaultyProactis([Item("Ferry", 12)]) as server:
        scotland(place, server.url).harvest("public-contracts-scotland")
    notice = notices(place)["ocds-r6ebe6-0000000012-2026-08-05T00:00:00Z"]
    assert (notice.process, notice.title) == ("ocds-r6ebe6-0000000012", "Ferry")
    assert notice.link == "https://www.example.org/search/show/search_view.aspx?ID=AUG000012"
    assert notice.references == ("EX/12",)


def test_the_prefix_of_a_welsh_reference_is_no_part_of_it() -> None:
    body = json.dumps(release_of(Item("Bus", 13), "ocds-kuma6s", with_id=True)).encode()
    notice = read_release(Raw("sell2wales", key_of(body), body))
    assert (notice.key, notice.references) == ("ocds-kuma6s-0000000013-release-13", ("EX/13",))


def test_options_that_are_misspelt_are_refused_by_name() -> None:
    source = Source(id="s", title="S", options={"typs": [1]})
    with pytest.raises(SettingError, match="typs"):
        PublicContractsScotland.options_of(source)


def test_the_parents_of_spiders_are_no_spiders() -> None:
    names = spider_names()
    assert {"public_contracts_scotland", "sell2wales", "contracts_finder", "ted", "ocds_file"} <= set(names)
    assert not {"proactis", "walking", "contracts_finder_days"} & set(names)
