"""Probing over real HTTP: facts that hold, facts that no longer do, and facts that could not be asked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from spiders.questions.find_a_tender import PROBES
from spiders.registry import spider_class, spider_names
from spiders.rehearsal.find_a_tender import API
from spiders.rehearsal.server import Answer
from tests.spiders import faulty
from tests.spiders.faulty import Faulty
from tests.spiders.place import Place
from tests.spiders.releases import tender
from tests.spiders.test_reconciling import type_

Serve = Callable[..., Faulty]

NOON = datetime(2026, 8, 10, 11, 0, tzinfo=UTC)
"""Noon in London on the working day before the place's clock."""
SUNDAY = datetime(2026, 8, 9, 11, 0, tzinfo=UTC)

RELEASES = [
    *(tender(position, NOON + timedelta(minutes=position)) for position in range(2, 21)),
    tender(1, SUNDAY),
]
BY_FACT = {probe.fact: probe for probe in PROBES}
LINKS, LONDON = "The last page of a window has no links.", "Windows are London wall time."
UNKNOWN, LIMIT = "An unknown parameter is refused with 400.", "A limit above 100 is refused with 400."
SINGLE, ROBOTS = "A single notice can be fetched by its number.", "robots.txt is absent (404)."
DAY = "Windows of six hours lose nothing that a window of the day holds."
CODES = "Places have the codes of NUTS (UK…), not those of ITL (TL…)."


def probe(place: Place, code: int = 0) -> dict[str, Any]:
    """Probe and return what was found of each fact."""
    return {found["fact"]: found for found in type_(place, "probe", "find-a-tender", code=code)}


def harvested(place: Place, server: Faulty) -> Place:
    place.find_a_tender(server.url, delay=0, since_days=4).harvest("find-a-tender")
    server.requests.clear()
    server.position = 0
    return place


def verdicts(found: dict[str, Any]) -> set[str]:
    return {one["verdict"] for one in found.values()}


def test_every_fact_about_a_service_that_has_not_changed_is_still_true(place: Place, serve: Serve) -> None:
    server = serve(RELEASES)
    found = probe(harvested(place, server))
    assert list(found) == [probe.fact for probe in PROBES]
    assert verdicts(found) == {"still true"}
    assert len(server.requests) == 7, "a handful, robots.txt apart"
    assert all(asked.headers["user-agent"].startswith("Tenderbell/") for asked in server.requests)


def with_links(answer: Answer) -> Answer:
    page = msgspec.json.decode(answer.body)
    return Answer(200, msgspec.json.encode({**page, "links": {"next": "x"}}), answer.headers)


def in_utc(answer: Answer) -> Answer:
    body = msgspec.json.decode(answer.body)
    for release in body["releases"]:
        release["date"] = "2026-08-10T12:10:00+00:00"
    return Answer(200, msgspec.json.encode(body), answer.headers)


def another_notice(answer: Answer) -> Answer:
    return Answer(200, answer.body.replace(b"-2026", b"-2025"), answer.headers)


def in_new_codes(answer: Answer) -> Answer:
    return Answer(200, answer.body.replace(b"UKK13", b"TLK13"), answer.headers)


def accepted(answer: Answer) -> Answer:
    return Answer(200, b'{"releases": []}', {"Content-Type": "application/json"})


@pytest.mark.parametrize(("position", "fault", "fact", "seen"), [
    (1, with_links, LINKS, "A page of 19 has links: {'next': 'x'}."),
    (2, in_utc, LONDON, "Asked for 12:00 to 12:30, it sent notices of 13:10"),
    (3, accepted, UNKNOWN, "It answered 200."),
    (4, accepted, LIMIT, "It answered 200."),
    (5, another_notice, SINGLE, "it sent"),
    (5, faulty.login_form, SINGLE, "The answer has another shape"),
    (6, another_notice, DAY, "Of 1 notices of the day, the harvest lacks 1: 000001-2025."),
    (7, in_new_codes, CODES, "It codes places as TLK13."),
])  # fmt: skip
def test_a_fact_that_is_no_longer_true_is_named_with_what_was_seen(
    place: Place, serve: Serve, position: int, fault: faulty.Fault, fact: str, seen: str
) -> None:
    server = serve(RELEASES, faults={})
    harvested(place, server)
    server.faults = {position: fault}
    found = probe(place, code=1)
    assert found[fact]["verdict"] == "changed"
    assert seen in found[fact]["seen"]
    assert [one["verdict"] for name, one in found.items() if name != fact] == ["still true"] * 7


def test_a_robots_txt_where_there_was_none_is_a_change(place: Place, serve: Serve) -> None:
    server = serve(RELEASES)
    harvested(place, server)
    server.robots = "User-agent: *\nAllow: /\n"
    found = probe(place, code=1)
    assert (found[ROBOTS]["verdict"], found[ROBOTS]["seen"]) == ("changed", "It answered 200.")


def test_what_robots_txt_forbids_is_not_asked(place: Place, serve: Serve) -> None:
    server = serve(RELEASES)
    harvested(place, server)
    server.robots = "User-agent: *\nDisallow: /api/\n"
    found = probe(place, code=1)
    assert server.requests == []
    assert found[LINKS]["verdict"] == "could not be asked"
    assert "forbids this in its robots.txt" in found[LINKS]["seen"]


def test_a_service_that_refuses_or_is_ill_answers_no_question(place: Place, serve: Serve) -> None:
    server = serve(RELEASES)
    harvested(place, server)
    server.faults = {1: faulty.busy(None, 403), 2: faulty.server_error, 3: faulty.server_error, 4: faulty.server_error}
    found = probe(place)
    assert found[LINKS]["verdict"] == found[LONDON]["verdict"] == "could not be asked"
    assert found[LINKS]["seen"] == "It answered 403."


def test_a_host_that_is_not_there_is_asked_once(place: Place, serve: Serve) -> None:
    server = serve(RELEASES)
    harvested(place, server)
    server.stop()
    found = probe(place)
    assert verdicts(found) == {"could not be asked"}
    assert all("connection refused" in one["seen"] for one in found.values())


def test_a_question_that_needs_a_notice_waits_for_the_first_one(place: Place, serve: Serve) -> None:
    server = serve(RELEASES)
    place.find_a_tender(server.url, delay=0)
    found = probe(place)
    assert found[SINGLE]["seen"] == "No notice is known yet; harvest first."
    assert [name for name, one in found.items() if one["verdict"] != "still true"] == [SINGLE, DAY]


def test_an_empty_window_tells_nothing(place: Place, serve: Serve) -> None:
    server = serve(RELEASES[:1])
    harvested(place, server)
    server.faults = {2: accepted}
    assert probe(place)[LONDON]["verdict"] == "could not be asked"


def test_in_winter_the_question_about_london_time_is_asked_of_summer(place: Place, serve: Serve) -> None:
    server = serve(RELEASES)
    harvested(place, server)
    place.now = "2026-12-01T09:00:00+00:00"
    probe(place)
    days = [asked.query["updatedFrom"] for asked in server.requests if "updatedFrom" in asked.query]
    assert days == ["2026-11-30T12:00:00", "2026-10-23T12:00:00", "2026-11-30T12:00:00"]


def test_status_names_a_changed_fact_until_it_is_true_again(place: Place, serve: Serve) -> None:
    server = serve(RELEASES)
    harvested(place, server)
    server.faults = {4: accepted}
    probe(place, code=1)
    needs = type_(place, "status", code=1)["needs"]
    assert needs == [f"find-a-tender: No longer true: {LIMIT} Seen on 11 August 2026: It answered 200."]
    server.faults = {4: faulty.busy(None, 403)}
    server.position = 0
    probe(place)
    assert type_(place, "status", code=1)["needs"] == needs, "what could not be asked refutes nothing"
    server.faults = {}
    probe(place)
    assert type_(place, "status")["needs"] == []


def test_a_probe_harvests_nothing_and_changes_no_state(place: Place, serve: Serve) -> None:
    server = serve(RELEASES)
    place.find_a_tender(server.url, delay=0)
    probe(place)
    assert place.keys() == []
    (source,) = type_(place, "status")["sources"]
    assert source["state"] == "never run"


def test_a_source_that_is_switched_off_can_be_probed_by_name(place: Place, serve: Serve) -> None:
    server = serve(RELEASES)
    place.find_a_tender(server.url, delay=0, enabled=False)
    assert type_(place, "probe") == []
    assert len(type_(place, "probe", "find-a-tender")) == len(PROBES)


def test_while_a_source_is_being_harvested_it_is_not_probed(place: Place, serve: Serve) -> None:
    from tenderbell.lock import hold

    server = serve(RELEASES)
    harvested(place, server)
    with hold(place.folder / "data" / "harvest-find-a-tender.lock", ""):
        found = probe(place)
    assert verdicts(found) == {"could not be asked"}
    assert server.requests == []


@pytest.mark.parametrize("name", spider_names())
def test_questions_are_a_handful_of_different_sentences(name: str) -> None:
    facts = [probe.fact for probe in spider_class(name).probes]
    assert len(facts) == len(set(facts)) <= 8
    assert all(fact.endswith(".") for fact in facts)


def test_the_facts_are_those_that_the_tests_make_false() -> None:
    assert set(BY_FACT) == {LINKS, LONDON, UNKNOWN, LIMIT, SINGLE, ROBOTS, DAY, CODES}
    assert API in str(BY_FACT[LIMIT].ask)
