"""Harvesting Contracts Finder over real HTTP, and reading what it writes."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from spiders.contracts_finder import ContractsFinder
from spiders.ocds.contracts_finder import read_release
from spiders.ocds.contracts_finder_days import Listed, day_path, listed_in
from spiders.rehearsal.contracts_finder import RECORD, RELEASE, SEARCH, Item, guid, ocid, release_of
from spiders.rehearsal.server import Answer
from spiders.words.mending import mended, mended_text
from tenderbell.archive import newest_body
from tenderbell.area import load_area
from tenderbell.compiling.reaches import reach_of
from tenderbell.database import connect
from tenderbell.errors import BrokenResponse, UnreadableNotice
from tenderbell.notice import Money, Notice, Raw
from tenderbell.vocabulary import Effect, Reach
from tests.spiders import faulty
from tests.spiders.faulty import Fault
from tests.spiders.ocds_servers import FaultyContractsFinder, notices, type_
from tests.spiders.place import Place

TODAY = datetime(2026, 8, 11, 7, tzinfo=UTC)
YESTERDAY = datetime(2026, 8, 10, 15, tzinfo=UTC)
AREA = load_area("gloucestershire")


def key(number: int) -> str:
    return str(release_of(Item("", number=number))["id"])


def items(count: int, newest: datetime = TODAY) -> list[Item]:
    return [
        Item(f"Mending of hall {n}", number=n, published=newest - timedelta(minutes=count - n))
        for n in range(1, count + 1)
    ]


def contracts_finder(place: Place, url: str, **more: Any) -> Place:
    return place.source("contracts-finder", url, **{"since_days": 1, **more})


def read(item: Item | dict[str, Any], body: bytes | None = None) -> Notice:
    release = release_of(item) if isinstance(item, Item) else item
    return read_release(Raw("contracts-finder", "k", body or json.dumps(release).encode()))


# Harvesting


def test_a_harvest_archives_every_notice_of_every_page(place: Place) -> None:
    with FaultyContractsFinder(items(250)) as server:
        report = contracts_finder(place, server.url).harvest("contracts-finder").report
    assert report["finished"], report["reason"]
    assert (report["notices"], report["new"], report["unreadable"]) == (250, 250, 0)
    assert place.keys() == sorted(key(n) for n in range(1, 251))


def test_requests_are_windows_of_london_time_with_plain_colons(place: Place) -> None:
    with FaultyContractsFinder(items(1)) as server:
        contracts_finder(place, server.url).harvest("contracts-finder")
    asked = [asked.query for asked in server.requests]
    assert asked[0]["publishedTo"] == "2026-08-11T09:00:00"
    assert asked[0]["publishedFrom"] == "2026-08-11T01:00:00"
    assert all(set(query) <= {"publishedFrom", "publishedTo", "limit", "cursor"} for query in asked)


def test_an_edit_in_place_is_another_version_of_the_same_notice(place: Place) -> None:
    with FaultyContractsFinder(items(3)) as server:
        contracts_finder(place, server.url).harvest("contracts-finder")
        server.add(Item("Mending of hall 2", number=2, stage="amended", value=1_234, edited=TODAY))
        place.now = "2026-08-11T10:00:00+01:00"
        report = place.harvest("contracts-finder").report
    assert (report["notices"], report["new"], report["changed"]) == (1, 0, 1)
    assert place.keys().count(key(2)) == 2
    assert notices(place)[key(2)].value == Money(net=1_234, currency="GBP")


def test_a_second_harvest_changes_nothing_but_the_run_and_the_sightings(place: Place) -> None:
    with FaultyContractsFinder(items(5)) as server:
        contracts_finder(place, server.url).harvest("contracts-finder")
        before = place.contents("notice", "gap")
        report = place.harvest("contracts-finder").report
    assert (report["finished"], report["notices"]) == (True, 0)
    assert place.contents("notice", "gap") == before


def test_a_403_is_waited_out(place: Place) -> None:
    with FaultyContractsFinder(items(250), busy_after=2) as server:
        contracts_finder(place, server.url)
        outcome = place.harvest("contracts-finder", overrides={"PATIENCE_CODES": {"403": 1}})
    assert outcome.report["finished"], outcome.report["reason"]
    assert outcome.report["notices"] == 250
    assert any("asked to wait 1 second" in sentence for sentence in outcome.said)


def test_a_403_that_does_not_end_is_given_up_after_three_waits_and_explained(place: Place) -> None:
    with FaultyContractsFinder(items(3), busy_after=0) as server:
        contracts_finder(place, server.url)
        report = place.harvest("contracts-finder", overrides={"PATIENCE_CODES": {"403": 0.1}}).report
    assert not report["finished"]
    assert "answered 403" in report["reason"]
    assert "ask its service desk" in report["reason"]
    assert len(server.requests) == 4


def test_without_the_setting_a_403_waits_five_minutes() -> None:
    assert ContractsFinder.custom_settings["PATIENCE_CODES"] == {403: 300}


def test_a_429_is_waited_for_as_long_as_it_asks(place: Place) -> None:
    with FaultyContractsFinder(items(250), busy_after=2, busy_status=429, retry_after="1") as server:
        outcome = contracts_finder(place, server.url).harvest("contracts-finder")
    assert outcome.report["finished"], outcome.report["reason"]
    assert any("asked to wait 1 second" in sentence for sentence in outcome.said)


def test_bytes_that_are_not_utf8_are_read_as_windows_1252_and_kept_as_received(place: Place) -> None:
    item = Item("Café “Seaside” for £5,000", number=1)
    with FaultyContractsFinder([item], charset="cp1252") as server:
        report = contracts_finder(place, server.url).harvest("contracts-finder").report
    assert (report["finished"], report["unreadable"]) == (True, 0)
    assert notices(place)[key(1)].title == "Café “Seaside” for £5,000"
    body = newest_body(connect(place.folder / "data" / "archive.db"), "contracts-finder", key(1))
    assert body is not None
    assert "Café “Seaside” for £5,000".encode("cp1252") in body


def test_pages_that_repeat_end_the_window_with_a_fault_and_leave_it_to_be_walked_again(place: Place) -> None:
    def same_page_again(answer: Answer) -> Answer:
        page = json.loads(answer.body)
        page["links"] = {"next": f"{SEARCH}?publishedFrom=2026-08-11T01:00:00&publishedTo=2026-08-11T09:00:00&limit=1"}
        page["links"]["next"] += f"&cursor=MA==&again={len(seen)}"
        seen.append(1)
        return Answer(200, json.dumps(page).encode(), answer.headers)

    seen: list[int] = []
    with FaultyContractsFinder(items(3), faults={SEARCH: same_page_again}) as server:
        report = contracts_finder(place, server.url).harvest("contracts-finder").report
    assert not report["finished"]
    assert "go round in circles" in report["reason"]
    assert len(server.requests) < 20
    assert len(place.keys()) == 3
    assert place.windows("walking") > 0


def test_pages_without_end_are_cut_off(place: Place) -> None:
    def another_page(answer: Answer) -> Answer:
        number = 1_000 + server.position
        page = {"releases": [release_of(Item("Endless", number=number))]}
        page["links"] = {"next": f"{server.url}{SEARCH}?cursor={number}"}  # type: ignore[assignment]
        return Answer(200, json.dumps(page).encode(), answer.headers)

    with FaultyContractsFinder(faults={SEARCH: another_page}) as server:
        contracts_finder(place, server.url)
        report = place.harvest("contracts-finder", since="2026-08-11T02:00:00+01:00").report
    assert not report["finished"]
    assert "go round in circles" in report["reason"]
    assert 200 <= len(server.requests) <= 210


def test_a_quiet_day_is_asked_for_again_until_it_lies_two_days_back(place: Place) -> None:
    with FaultyContractsFinder() as server:
        report = contracts_finder(place, server.url, since_days=4).harvest("contracts-finder").report
        assert report["finished"]
        assert (place.windows("walking"), place.windows("walked")) == (3, 2)
        place.now = "2026-08-14T09:00:00+01:00"
        server.add(*items(1, datetime(2026, 8, 11, 12, tzinfo=UTC)))
        place.harvest("contracts-finder")
    assert place.keys() == [key(1)]


def test_a_long_silence_of_a_source_that_was_not_silent_is_an_alarm_and_closes_nothing(place: Place) -> None:
    with FaultyContractsFinder(items(2)) as server:
        contracts_finder(place, server.url).harvest("contracts-finder")
        before = place.contents("notice")
    with FaultyContractsFinder() as server:
        place.sources.clear()
        contracts_finder(place, server.url)
        report = place.harvest("contracts-finder", since="2026-08-01T00:00:00+01:00").report
    assert report["finished"]
    assert "listed nothing in 11 days" in report["reason"]
    assert place.contents("notice") == before


# The daily files


def test_what_only_a_daily_file_lists_is_fetched_at_night(place: Place) -> None:
    hidden = [Item("Hidden", number=8, published=YESTERDAY), Item("In its record", number=9, published=YESTERDAY)]
    with FaultyContractsFinder([*items(3, YESTERDAY), *hidden], hidden=[key(8)], records_only=[key(9)]) as server:
        contracts_finder(place, server.url, delay=0).harvest("contracts-finder")
        assert len(place.keys()) == 3
        server.requests.clear()
        (report,) = type_(place, "reconcile", "contracts-finder")
    assert {name: report[name] for name in ("compared", "missing", "fetched", "absent", "finished")} == {
        "compared": 5, "missing": 2, "fetched": 2, "absent": 0, "finished": True,
    }  # fmt: skip
    assert {key(8), key(9)} <= set(place.keys())
    asked = [asked.path for asked in server.requests]
    assert asked[0] == "/Harvester/Notices/Data/CSV/2026/8/10"
    assert asked[-3:] == [f"{RELEASE}{key(8)}", f"{RELEASE}{key(9)}", f"{RECORD}{ocid(9)}"]


def test_a_release_that_cannot_be_had_tonight_stays_missing_and_the_others_are_fetched(place: Place) -> None:
    hidden = [Item("Hidden", number=n, published=YESTERDAY) for n in (7, 8, 9)]
    faults: dict[int | str, Fault] = {
        f"{RELEASE}{key(8)}": faulty.server_error,
        f"{RELEASE}{key(9)}": faulty.login_form,
    }
    with FaultyContractsFinder(hidden, hidden=[key(n) for n in (7, 8, 9)], faults=faults) as server:
        contracts_finder(place, server.url, delay=0)
        (report,) = type_(place, "reconcile", "contracts-finder")
    assert (report["missing"], report["fetched"], report["absent"]) == (3, 1, 0)
    assert place.keys() == [key(7)]
    assert "answered 500" in report["reason"]
    assert "web page" in report["reason"]


def test_a_night_can_be_told_which_days_to_compare(place: Place) -> None:
    with FaultyContractsFinder(items(2, YESTERDAY)) as server:
        contracts_finder(place, server.url, delay=0)
        type_(place, "reconcile", "contracts-finder", "--since", "2026-08-08", "--until", "2026-08-09T12:00")
    days = [asked.path.rpartition("CSV/")[2] for asked in server.requests if "CSV" in asked.path]
    assert days == ["2026/8/9", "2026/8/8"]


def test_a_later_edit_in_a_daily_file_is_fetched_and_an_unchanged_notice_is_not(place: Place) -> None:
    with FaultyContractsFinder(items(2, YESTERDAY)) as server:
        contracts_finder(place, server.url, delay=0).harvest("contracts-finder")
        server.add(
            Item("Edited", number=1, stage="amended", published=YESTERDAY, edited=YESTERDAY + timedelta(hours=1))
        )
        (report,) = type_(place, "reconcile", "contracts-finder")
    assert (report["compared"], report["missing"], report["fetched"]) == (2, 1, 1)
    assert notices(place)[key(1)].title == "Edited"


def test_the_rows_of_a_daily_file_are_its_releases_once_each() -> None:
    text = "\ufeffuri,releases/0/ocid,releases/0/id,releases/0/date,releases/0/tender/description\n"
    text += 'u,ocds-1,r-1,2026-08-10T10:00:00Z,"two\nlines"\nu,ocds-1,r-1,2026-08-10T10:00:00Z,x\nu,,,,\n'
    text += "u,ocds-2,r-2,not a date,caf\xe9\n"
    assert listed_in(text.encode("utf-8")) == [
        Listed("ocds-1", "r-1", datetime(2026, 8, 10, 10, tzinfo=UTC)),
        Listed("ocds-2", "r-2", None),
    ]
    assert listed_in(text[1:].encode("cp1252"))[1].release == "r-2"


@pytest.mark.parametrize("body", [b"", b"<!DOCTYPE html><title>Sign in</title>", b"a,b\n1,2\n", b'"releases/0/ocid\n'])
def test_a_daily_file_that_is_none_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenResponse):
        listed_in(body)


def test_the_path_of_a_day_has_no_leading_zeros() -> None:
    assert day_path(date(2026, 8, 3)) == "/Harvester/Notices/Data/CSV/2026/8/3"


# Reading


@pytest.mark.parametrize(
    ("stage", "effect", "name"),
    [
        ("opportunity", Effect.OPEN, "Opportunity"),
        ("amended", Effect.OPEN, "Opportunity"),
        ("closed", Effect.CLOSE, "Closed opportunity"),
        ("awarded", Effect.AWARD, "Awarded contract"),
        ("engagement", Effect.ENGAGE, "Early engagement"),
        ("future", Effect.PLAN, "Future opportunity"),
        ("withdrawn", Effect.CANCEL, "Withdrawn notice"),
    ],
)
def test_tag_status_and_document_say_what_a_release_does(stage: str, effect: Effect, name: str) -> None:
    notice = read(Item("Lunch club", stage=stage, closes=datetime(2026, 9, 1, 11, tzinfo=UTC)))
    assert (notice.effect, notice.form_name) == (effect, name)
    assert notice.link == f"https://www.contractsfinder.service.gov.uk/Notice/{guid(1)}"


def test_early_engagement_has_the_date_of_its_milestone_and_no_deadline() -> None:
    notice = read(Item("Your views", stage="engagement", closes=datetime(2026, 9, 1, 11, tzinfo=UTC)))
    assert (notice.engagement_closes_at, notice.closes_at) == (datetime(2026, 9, 1, 11, tzinfo=UTC), None)


def test_the_date_of_a_release_is_its_latest_edit_and_its_document_has_the_first_publication() -> None:
    notice = read(Item("Lunch club", stage="amended", published=YESTERDAY, edited=TODAY))
    assert (notice.published_at, notice.first_published_at, notice.update) == (TODAY, YESTERDAY, True)


@pytest.mark.parametrize(
    ("least", "most", "value"),
    [
        (None, 500.0, Money(net=500, currency="GBP")),
        (100.0, 500.0, Money(low=100, high=500, currency="GBP")),
        (500.0, 100.0, Money(low=100, high=500, currency="GBP")),
        (500.0, 500.0, Money(net=500, currency="GBP")),
        (100.0, None, Money(low=100, currency="GBP")),
        (0.0, 500.0, Money(net=500, currency="GBP")),
        (None, 0.01, None),
        (None, None, None),
    ],
)
def test_a_least_value_makes_a_range(least: float | None, most: float | None, value: Money | None) -> None:
    assert read(Item("Lunch club", least=least, value=most)).value == value


def test_the_company_that_runs_the_portal_is_no_buyer_and_makes_nothing_local() -> None:
    for operator in ("EU SUPPLY LIMITED", "In-Tend e-Tendering", "Proactis Tenders Limited"):
        notice = read(Item("Boiler", buyer=operator, buyer_postcode="GL1 2TG", region="Wales"))
        assert notice.buyers == ()
        assert any(operator in doubt for doubt in notice.doubts)
        assert reach_of([notice], AREA).reach is not Reach.LOCAL
    assert read(Item("Boiler", buyer="Intended Outcomes Trust")).buyers[0].name == "Intended Outcomes Trust"


def test_several_notices_of_one_process_and_an_award_under_another_ocid_can_be_found_together() -> None:
    tender = read(Item("Befriending", number=1, process=7, reference="IT-900-77-EXB0077P"))
    award = read(Item("Befriending - AWARD", number=2, stage="awarded", reference="IT-900-77-EXB0077P - AWARD"))
    amended = read(Item("Befriending", number=3, process=7, stage="amended"))
    assert tender.process == amended.process != award.process
    assert set(tender.references) == {"IT-900-77-EXB0077P", "EXB0077P"}
    assert set(tender.references) <= set(award.references)


def test_portal_references_pages_and_find_a_tender_numbers_are_names_of_the_notice() -> None:
    advert = "https://procontract.due-north.com/Advert?advertId=00000000-0000-0000-0000-000000000001"
    pages = (advert, "https://www.example.org/about", "https://www.find-tender.service.gov.uk/Notice/070001-2026")
    text = "Also published on Find a Tender as 2026/S 000-070002. Bought under framework notice 2024/S 000-070003."
    notice = read(Item("Hall", reference="GLOSCC001-DN612137-31391985", description=text, pages=pages))
    assert notice.references == ("GLOSCC001-DN612137-31391985", "DN612137")
    assert notice.also == (advert, "070001-2026", "070002-2026")
    assert notice.how_to_apply is not None
    assert advert in notice.how_to_apply


@pytest.mark.parametrize(
    ("region", "postcode", "reach", "rule"),
    [
        ("South West", None, Reach.REGIONAL, "E"),
        ("England", None, Reach.NATIONAL, "E"),
        ("Wales", None, None, "E"),
        (None, None, Reach.UNSTATED, "E"),
        ("South West", "GL1 2TG", Reach.LOCAL, "B"),
        (None, "gl1 2tg", Reach.LOCAL, "B"),
        (None, "BS1 1AA", None, "E"),
    ],
)
def test_regions_by_name_and_postcodes_decide_the_reach(
    region: str | None, postcode: str | None, reach: Reach | None, rule: str
) -> None:
    finding = reach_of([read(Item("Hall", region=region, postcode=postcode, buyer_postcode="EX1 1EX"))], AREA)
    assert (finding.reach, finding.rule) == (reach, rule)


def test_a_delivery_postcode_that_the_county_shares_waits_for_the_operator() -> None:
    finding = reach_of([read(Item("Hall", region=None, postcode="GL20 8AA", buyer_postcode="EX1 1EX"))], AREA)
    assert (finding.reach, finding.unconfirmed) == (Reach.UNSTATED, True)


def test_all_nine_english_regions_mean_the_whole_country() -> None:
    release = release_of(Item("Hall", region=None, buyer_postcode="EX1 1EX"))
    names = ["North East", "North West", "Yorkshire and the Humber", "East Midlands", "West Midlands"]
    names += ["East of England", "London", "South East", "South West"]
    release["tender"]["items"][0]["deliveryAddresses"] = [{"region": name} for name in names]
    notice = read(release)
    assert notice.delivery_regions == ("England",)
    assert reach_of([notice], AREA).reach is Reach.NATIONAL


def test_countries_count_only_where_nothing_nearer_is_named() -> None:
    release = release_of(Item("Hall", region=None))
    countries = [{"countryName": name} for name in ("Channel Islands", "United Kingdom")]
    release["tender"]["items"][0]["deliveryAddresses"] = countries
    assert reach_of([read({**release, "parties": []})], AREA).reach is Reach.NATIONAL
    release["tender"]["items"][0]["deliveryAddresses"] = [*countries, {"postalCode": "BS1 1AA"}]
    assert read(release).delivery_regions == ("BS1 1AA",)


def test_dates_that_do_not_exist_are_doubts_and_lose_nothing_else() -> None:
    release = release_of(Item("Hall"))
    release["tender"]["tenderPeriod"] = {"endDate": "2026-02-30T12:00:00Z"}
    notice = read(release)
    assert (notice.closes_at, notice.title) == (None, "Hall")
    assert any("2026-02-30" in doubt for doubt in notice.doubts)


@pytest.mark.parametrize("body", [b"[]", b'{"id": "x"}', b'{"ocid": "x"}', b'{"id": 1', b"\xff"])
def test_what_is_no_release_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableNotice):
        read(Item(""), body)


@pytest.mark.parametrize(
    ("damaged", "sound"),
    [
        ("Now wanted.rnrnThe hall", "Now wanted.\n\nThe hall"),
        ("We are modernrnrnWe care", "We are modern\n\nWe care"),
        ("The ICBrnrnPlease", "The ICB\n\nPlease"),
        ("Services.rn - One;rn - Two", "Services.\n - One;\n - Two"),
        ("Worth Â£20,000 â€“ the hallâ€™s roof", "Worth £20,000 – the hall’s roof"),
    ],
)
def test_certain_damage_is_mended(damaged: str, sound: str) -> None:
    assert mended_text(damaged) == sound


@pytest.mark.parametrize(
    "text",
    [
        "Northern return, turn by turn",
        "An RN and a rn.",
        "Château Âge, Ã la carte",
        "https://example.org/a/rnrn\n",
        "40 °C",
    ],
)
def test_what_may_be_meant_stays(text: str) -> None:
    assert mended_text(text) == text


def test_identifiers_and_addresses_are_never_mended() -> None:
    value = {"id": "X.rnrnA", "url": "https://example.org/rnrn", "title": "A.rnrnB"}
    assert mended(value) == {**value, "title": "A.\n\nB"}
