"""TED's search over real HTTP."""

import json
from datetime import UTC, datetime

import pytest

from spiders.readers.ted_notice import read_notice
from spiders.rehearsal.server import Answer
from spiders.rehearsal.ted import SEARCH, Item, notice_of
from spiders.ted import Ted
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, UnreadableNotice
from tenderbell.notice import Notice, Raw
from tenderbell.references import notice_numbers
from tenderbell.vocabulary import Effect
from tests.spiders.ocds_servers import FaultyTed
from tests.spiders.place import Place


def bodies(server: FaultyTed) -> list[dict[str, object]]:
    return [json.loads(asked.body) for asked in server.requests]


def read(**changes: object) -> Notice:
    return read_notice(Raw("ted", "k", json.dumps({**notice_of(Item("Boats")), **changes}).encode()))


def test_every_page_is_fetched_by_its_token(place: Place) -> None:
    with FaultyTed([Item(f"Boat {n}", n) for n in range(1, 251)]) as server:
        report = place.source("ted", server.url).harvest("ted").report
    assert report["finished"], report["reason"]
    assert report["new"] == 250
    assert [body.get("iterationNextToken") for body in bodies(server)] == [None, "100", "200"]
    assert {body["paginationMode"] for body in bodies(server)} == {"ITERATION"}
    assert all(asked.method == "POST" for asked in server.requests)


def test_by_default_buyers_in_ireland_are_asked_for_from_the_first_day_on_and_then_from_a_few_days_back(
    place: Place,
) -> None:
    with FaultyTed([Item("Boat")]) as server:
        place.source("ted", server.url, since_days=14).harvest("ted")
        place.harvest("ted")
        place.harvest("ted", since="2026-08-01T00:00:00+01:00", until="2026-08-05T00:00:00+01:00")
    assert [body["query"] for body in bodies(server)] == [
        "(buyer-country=IRL) AND publication-date>=20260728",
        "(buyer-country=IRL) AND publication-date>=20260807",
        "(buyer-country=IRL) AND publication-date>=20260801 AND publication-date<=20260805",
    ]


def test_the_edition_can_name_another_query(place: Place) -> None:
    with FaultyTed() as server:
        place.source("ted", server.url, options={"query": "place-of-performance=UK"}).harvest("ted")
    assert str(bodies(server)[0]["query"]).startswith("(place-of-performance=UK) AND ")


def test_a_query_that_the_service_refuses_is_said_in_its_words(place: Place) -> None:
    with FaultyTed() as server:
        report = place.source("ted", server.url, options={"query": ""}).harvest("ted").report
    assert not report["finished"]
    assert "answered 400" in report["reason"]
    assert "Query syntax error" in report["reason"]


def test_pages_that_repeat_end_the_walk_with_an_alarm(place: Place) -> None:
    def same_again(answer: Answer) -> Answer:
        page = json.loads(answer.body)
        page["iterationNextToken"] = "0"
        return Answer(200, json.dumps(page).encode(), answer.headers)

    with FaultyTed([Item("Boat")], faults={SEARCH: same_again}) as server:
        report = place.source("ted", server.url).harvest("ted").report
    assert report["finished"]
    assert "go round in circles" in report["reason"]
    assert len(server.requests) == 2


def test_a_search_that_gave_up_is_asked_again_and_then_a_fault(place: Place) -> None:
    def timed_out(answer: Answer) -> Answer:
        return Answer(200, json.dumps({**json.loads(answer.body), "timedOut": True}).encode(), answer.headers)

    with FaultyTed([Item("Boat")], faults={SEARCH: timed_out}) as server:
        report = place.source("ted", server.url).harvest("ted").report
    assert not report["finished"]
    assert "took too long" in report["reason"]
    assert len(server.requests) == 3


def test_nothing_found_where_there_was_something_is_an_alarm(place: Place) -> None:
    with FaultyTed([Item("Boat")]) as server:
        place.source("ted", server.url).harvest("ted")
        server.items.clear()
        report = place.harvest("ted").report
    assert report["finished"]
    assert "found nothing" in report["reason"]


def test_the_key_is_not_taken_for_a_find_a_tender_number() -> None:
    (raw,) = Ted.split(
        Source(id="ted", title="T"), json.dumps({"notices": [notice_of(Item("B", 75676))]}).encode(), "", ""
    )
    assert raw.key == "ted-075676-2026"
    assert notice_numbers(raw.key) == ()


@pytest.mark.parametrize(
    ("form", "type", "effect"),
    [
        ("planning", "pin-only", Effect.PLAN),
        ("consultation", "pmc", Effect.ENGAGE),
        ("competition", "cn-standard", Effect.OPEN),
        ("result", "can-standard", Effect.AWARD),
        ("dir-awa-pre", "veat", Effect.AWARD),
        ("cont-modif", "can-modif", Effect.NONE),
    ],
)
def test_the_form_says_what_a_notice_does(form: str, type: str, effect: Effect) -> None:
    assert read(**{"form-type": form, "notice-type": type}).effect is effect


def test_a_deadline_is_the_end_of_its_day_where_it_was_set_and_the_last_of_the_lots() -> None:
    notice = read(**{"deadline-receipt-tender-date-lot": ["2026-09-12+02:00", "2026-09-10+02:00"]})
    assert notice.closes_at == datetime(2026, 9, 12, 21, 59, 59, tzinfo=UTC)
    assert any("different deadlines" in doubt for doubt in notice.doubts)


def test_texts_are_english_where_there_is_english_and_codes_come_once() -> None:
    notice = read()
    assert notice.title == "Ireland – Boats"
    assert notice.delivery_regions == ("IE061", "IRL")
    assert [subject.code for subject in notice.subjects] == ["85300000"]
    assert read(**{"notice-title": {"gle": "Báid"}}).title == "Báid"


@pytest.mark.parametrize("day", ["2026-02-30+01:00", "soon", 7, ["x"]])
def test_dates_that_do_not_exist_are_doubts(day: object) -> None:
    notice = read(**{"deadline-receipt-tender-date-lot": [day]})
    assert notice.closes_at is None
    assert notice.doubts


def test_what_is_no_result_is_broken_or_unreadable() -> None:
    for body in (b"<html></html>", b'{"message": "x"}', b"", b'{"notices": [{'):
        with pytest.raises(BrokenResponse):
            Ted.split(Source(id="ted", title="T"), body, "", "")
    for body in (b"[]", b"{}", b"{"):
        with pytest.raises(UnreadableNotice):
            read_notice(Raw("ted", "k", body))
