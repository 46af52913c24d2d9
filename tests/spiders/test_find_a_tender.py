"""Harvesting Find a Tender over real HTTP, on good days and bad ones."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from spiders.rehearsal.find_a_tender import API, Feed
from tenderbell.lock import hold
from tests.spiders import faulty
from tests.spiders.bad_days import Lived, keys_by_source
from tests.spiders.faulty import Faulty
from tests.spiders.place import Place
from tests.spiders.releases import number, tender, tenders

NEWEST = datetime(2026, 8, 11, 7, 30, tzinfo=UTC)
NEWS = Feed(b'<rss version="2.0"><channel><item><guid>a</guid><title>One</title></item></channel></rss>')
Serve = Callable[..., Faulty]


def full_day() -> list[dict[str, Any]]:
    """250 notices at intervals of one minute: three pages in the newest window that has any."""
    return tenders(250, NEWEST, minutes=1)


def test_a_harvest_archives_every_notice_and_walks_every_window(place: Place, serve: Serve) -> None:
    server = serve(full_day())
    report = place.find_a_tender(server.url, delay=0).harvest("find-a-tender").report
    assert report["finished"]
    assert report["reason"] == "Finished."
    assert (report["notices"], report["new"], report["unreadable"]) == (250, 250, 0)
    assert place.keys() == [number(n) for n in range(1, 251)]
    assert place.windows("walking") == 0


def test_requests_keep_to_what_the_api_allows(place: Place, serve: Serve) -> None:
    server = serve(full_day())
    place.find_a_tender(server.url, delay=0).harvest("find-a-tender")
    pages = [asked.query for asked in server.requests if asked.path == API]
    assert all(set(query) <= {"updatedFrom", "updatedTo", "limit", "cursor"} for query in pages)
    assert {query["limit"] for query in pages} == {"100"}
    assert {len(query[name]) for query in pages for name in ("updatedFrom", "updatedTo")} == {19}
    agents = {asked.headers["user-agent"] for asked in server.requests}
    assert agents == {next(iter(agents))}
    assert next(iter(agents)).startswith("Tenderbell/")
    assert not any("cookie" in asked.headers for asked in server.requests)


def test_windows_are_london_time_and_newest_first(place: Place, serve: Serve) -> None:
    server = serve()
    place.find_a_tender(server.url, delay=0).harvest("find-a-tender")
    asked = [query.query for query in server.requests]
    assert asked[0]["updatedTo"] == "2026-08-11T09:00:00"
    assert asked[0]["updatedFrom"] == "2026-08-11T07:00:00"
    assert [query["updatedTo"] for query in asked] == sorted((q["updatedTo"] for q in asked), reverse=True)


def test_a_second_harvest_changes_no_row_but_the_run_and_the_sighting(place: Place, serve: Serve) -> None:
    server = serve(full_day())
    place.find_a_tender(server.url, delay=0)
    place.harvest("find-a-tender")
    before = place.contents("notice", "gap")
    again = place.harvest("find-a-tender", since="2026-08-10T09:00:00+01:00").report
    assert (again["notices"], again["new"], again["changed"]) == (0, 0, 0)
    assert place.contents("notice", "gap") == before


def test_a_normal_harvest_asks_only_for_what_is_new_and_two_hours_more(place: Place, serve: Serve) -> None:
    server = serve(full_day())
    place.find_a_tender(server.url, delay=0)
    place.harvest("find-a-tender")
    server.requests.clear()
    place.now = "2026-08-11T12:00:00+01:00"
    server.add_releases([tender(251, datetime(2026, 8, 11, 10, tzinfo=UTC))])
    report = place.harvest("find-a-tender").report
    assert report["new"] == 1
    assert [asked.query.get("updatedFrom", asked.path) for asked in server.requests] == ["2026-08-11T07:00:00"]


def test_the_first_complete_harvest_is_a_backfill_and_the_second_is_not(place: Place, serve: Serve) -> None:
    server = serve(tenders(3, NEWEST))
    place.find_a_tender(server.url, delay=0)
    place.harvest("find-a-tender")
    server.add_releases([tender(4, NEWEST)])
    place.harvest("find-a-tender")
    assert [row[0] for row in place.archive.execute("select backfill from notice order by number")] == [1, 1, 1, 0]


def test_since_and_until_walk_the_windows_between_again(place: Place, serve: Serve) -> None:
    server = serve(tenders(3, NEWEST))
    place.find_a_tender(server.url, delay=0)
    place.harvest("find-a-tender", since="2026-08-09T00:00:00+00:00", until="2026-08-09T12:00:00+00:00")
    asked = [(asked.query["updatedFrom"], asked.query["updatedTo"]) for asked in server.requests]
    assert asked == [
        ("2026-08-09T07:00:00", "2026-08-09T13:00:00"),
        ("2026-08-09T01:00:00", "2026-08-09T07:00:00"),
    ]


def test_a_byte_for_byte_duplicate_in_a_page_is_one_notice(place: Place, serve: Serve) -> None:
    one = tender(1, NEWEST)
    server = serve([one, one])
    report = place.find_a_tender(server.url, delay=0).harvest("find-a-tender").report
    assert (report["notices"], report["new"]) == (1, 1)


def test_bad_numbers_lose_no_notice_and_stay_as_received(place: Place, serve: Serve) -> None:
    body = b'{"ocid":"ocds-h6vhtk-00000f","id":"000002-2026","date":"2026-08-11T08:00:00+01:00","tender":'
    body += b'{"title":"Odd numbers","value":{"amount": 000,"amountGross":1e9999}}}'

    def spoilt(answer: faulty.Answer) -> faulty.Answer:
        return faulty.Answer(200, answer.body.replace(b'"releases": [', b'"releases": [' + body + b",", 1))

    server = serve([tender(1, NEWEST), tender(3, NEWEST)], faults={1: spoilt})
    report = place.find_a_tender(server.url, delay=0).harvest("find-a-tender").report
    assert (report["notices"], report["unreadable"]) == (3, 0)
    reading = place.archive.execute("select reading from notice where key = '000002-2026'").fetchone()[0]
    assert b"1e9999" in reading


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_answer_is_waited_for_and_never_parsed(place: Place, serve: Serve, status: int) -> None:
    server = serve(full_day(), faults={1: faulty.busy("1", status), 3: faulty.busy(None, status)})
    outcome = place.find_a_tender(server.url, delay=0).harvest("find-a-tender")
    assert outcome.report["finished"]
    assert outcome.report["notices"] == 250
    assert any("asked to wait 1 second" in line for line in outcome.said)


def test_retry_after_as_a_date_is_honoured(place: Place, serve: Serve) -> None:
    def busy(answer: faulty.Answer) -> faulty.Answer:
        until = datetime.now(UTC) + timedelta(seconds=2)
        return faulty.busy(format_datetime(until, usegmt=True))(answer)

    server = serve(tenders(3, NEWEST), faults={1: busy})
    outcome = place.find_a_tender(server.url, delay=0).harvest("find-a-tender")
    assert outcome.report["finished"]
    assert any("asked to wait" in line for line in outcome.said)


def test_a_source_that_stays_busy_is_given_up_with_its_own_words(place: Place, serve: Serve) -> None:
    server = serve(tenders(3, NEWEST), faults={API: faulty.busy("0")})
    report = place.find_a_tender(server.url, delay=0).harvest("find-a-tender").report
    assert not report["finished"]
    assert "429" in report["reason"]
    assert "Rate limit of 12 exceeded" in report["reason"]
    assert place.windows("walked") == 0
    assert len(server.requests) == 6


def test_windows_that_stay_broken_keep_no_older_one_from_being_walked(place: Place, serve: Serve) -> None:
    server = serve(tenders(250, NEWEST, minutes=10), faults=dict.fromkeys((2, 3), faulty.server_error))
    place.find_a_tender(server.url, delay=0, since_days=2)
    report = place.harvest("find-a-tender", overrides={"RETRY_TIMES": 0}).report
    assert not report["finished"]
    assert "missing" not in report["reason"], "numbers of windows that were not walked are no gap"
    assert place.windows("walking") == 2
    assert place.windows("walked") == len(server.requests) - 2 > 0
    assert {number(1), number(250)} <= set(place.keys())


@pytest.mark.parametrize(("fault", "asked"), [(faulty.server_error, 5), (faulty.busy(None, 403), 1)])
def test_a_service_that_fails_again_and_again_or_turns_us_away_is_left_alone(
    place: Place, serve: Serve, fault: faulty.Fault, asked: int
) -> None:
    server = serve(full_day(), faults={API: fault})
    place.find_a_tender(server.url, delay=0, since_days=7)
    assert not place.harvest("find-a-tender", overrides={"RETRY_TIMES": 0}).report["finished"]
    assert len(server.requests) == asked


def test_a_source_is_harvested_by_one_process_at_a_time(place: Place, serve: Serve) -> None:
    server = serve(full_day(), feeds={"/news.xml": NEWS})
    place.find_a_tender(server.url, delay=0).feed(f"{server.url}/news.xml")
    path = place.folder / "data" / "harvest-find-a-tender.lock"
    with hold(path, ""):
        refused, news = place.harvest().reports
    assert (refused["finished"], refused["run"], refused["requests"]) == (False, 0, 0)
    assert refused["reason"].startswith(f"Another harvest of find-a-tender (process {os.getpid()}) is under way")
    assert news["finished"]
    assert [asked.path for asked in server.requests] == ["/news.xml"]
    assert [row[0] for row in place.archive.execute("select source from run")] == ["news"]
    assert place.harvest("find-a-tender").report["finished"]


def test_the_servers_own_rate_limit_is_survived(place: Place, serve: Serve) -> None:
    server = serve(full_day(), rate_limit=3, rate_seconds=1)
    report = place.find_a_tender(server.url, delay=0).harvest("find-a-tender").report
    assert report["finished"]
    assert report["notices"] == 250


FAULTS: dict[str, tuple[faulty.Fault, str]] = {
    "a dropped connection": (faulty.drop, "dropped the connection"),
    "half of what was promised": (faulty.break_off, "broke off in the middle of an answer"),
    "half a document": (faulty.truncate, "ends in the middle"),
    "a login form": (faulty.login_form, "web page, not JSON"),
    "no end of an answer": (faulty.slow, "did not answer in time"),
    "a server error": (faulty.server_error, "answered 500"),
    "a gzip bomb": (faulty.bomb, "more than 50 MB"),
    "a huge answer": (faulty.huge, "more than 50 MB"),
}
PASSING = [f"{fault}, once" for fault in list(FAULTS)[:5]]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lived]]:
    """What a source of Find a Tender did with each fault from the first harvest on: one that passes, one that stays."""
    place = Place(tmp_path_factory.mktemp("days"))
    with ExitStack() as stack:

        def begin(id: str, day: str) -> Faulty:
            fault = FAULTS[day.removesuffix(", once")][0]
            faults = {2: fault} if day in PASSING else dict.fromkeys(range(2, 40), fault)
            server = stack.enter_context(Faulty(full_day(), faults=faults))
            place.source("find_a_tender", server.url, id, since_days=1, delay=0)
            return server

        servers = {day: begin(f"day-{n}", day) for n, day in enumerate([*FAULTS, *PASSING], 1)}
        yield harvest_and_repair(place, servers)


def harvest_and_repair(place: Place, servers: dict[str, Faulty]) -> dict[str, Lived]:
    """Harvest with the faults and then without them."""
    rounds = []
    for overrides in ({"RETRY_TIMES": 1, "DOWNLOAD_TIMEOUT": 3}, {}):
        reports = {report["source"]: report for report in place.harvest(overrides=overrides).reports}
        rounds.append((reports, keys_by_source(place)))
        for server in servers.values():
            server.faults = {}
    (bad, after), (good, end) = rounds
    ids = [row["id"] for row in place.sources]
    return {
        day: Lived(id, bad[id], good[id], [], after.get(id, []), end[id]) for day, id in zip(servers, ids, strict=True)
    }


@pytest.mark.parametrize("day", PASSING)
def test_a_fault_that_passes_costs_nothing(day: str, days: dict[str, Lived]) -> None:
    lived = days[day]
    assert lived.bad["finished"], lived.bad["reason"]
    assert lived.after == [number(n) for n in range(1, 251)]


@pytest.mark.parametrize("day", FAULTS)
def test_a_fault_that_stays_is_named_and_the_next_harvest_repairs_it(day: str, days: dict[str, Lived]) -> None:
    lived = days[day]
    assert not lived.bad["finished"]
    assert FAULTS[day][1] in lived.bad["reason"]
    assert len(lived.after) < 250
    assert lived.good["finished"]
    assert lived.end == [number(n) for n in range(1, 251)]


def test_a_source_that_cannot_be_reached_is_said_in_one_sentence_and_others_go_on(place: Place, serve: Serve) -> None:
    gone = serve()
    url = gone.url
    gone.stop()
    server = serve(feeds={"/news.xml": NEWS})
    place.find_a_tender(url, delay=0).feed(f"{server.url}/news.xml")
    outcome = place.harvest()
    tenders_report, news = outcome.reports
    assert tenders_report["requests"] == 1, "the second would come only after the delay"
    assert tenders_report["reason"] == f"Could not reach {url.removeprefix('http://')}: connection refused."
    assert not tenders_report["finished"]
    assert news["finished"]
    assert news["notices"] == 1
    assert not any("Traceback" in line for line in outcome.said)


def test_a_page_that_lost_its_links_is_noticed_by_the_numbers_and_repaired(place: Place, serve: Serve) -> None:
    older = tenders(30, datetime(2026, 8, 10, 12, tzinfo=UTC))
    newer = tenders(120, datetime(2026, 8, 11, 7, 59, tzinfo=UTC), first=31, minutes=1)
    server = serve(older + newer, faults={1: faulty.without_links})
    report = place.find_a_tender(server.url, delay=0).harvest("find-a-tender").report
    assert report["finished"]
    assert "20 of 150 notice numbers were missing" in report["reason"]
    assert place.keys() == [number(n) for n in range(1, 151)]
    assert len([asked.path for asked in server.requests if asked.path != API]) == 20


def test_numbers_that_were_never_published_are_remembered_as_absent(place: Place, serve: Serve) -> None:
    releases = [release for release in tenders(60, NEWEST) if release["id"] not in (number(20), number(40))]
    server = serve(releases)
    place.find_a_tender(server.url, delay=0)
    report = place.harvest("find-a-tender").report
    assert report["finished"]
    rows = place.archive.execute("select key, state from gap order by key").fetchall()
    assert [tuple(row) for row in rows] == [(number(20), "absent"), (number(40), "absent")]
    server.requests.clear()
    place.harvest("find-a-tender", since="2026-08-10T09:00:00+01:00")
    assert all(asked.path == API for asked in server.requests)


def test_a_first_page_of_another_host_is_not_followed_there(place: Place, serve: Serve) -> None:
    def foreign(answer: faulty.Answer) -> faulty.Answer:
        return faulty.Answer(200, answer.body.replace(b"http://127.0.0.1", b"http://elsewhere.invalid"), answer.headers)

    server = serve(full_day(), faults={API: foreign})
    report = place.find_a_tender(server.url, delay=0).harvest("find-a-tender").report
    assert report["finished"]
    assert report["notices"] == 250


def test_pages_that_go_round_in_circles_end_the_window_with_a_reason(place: Place, serve: Serve) -> None:
    def circle(answer: faulty.Answer) -> faulty.Answer:
        body = answer.body[: answer.body.index(b', "links"')] if b', "links"' in answer.body else answer.body[:-1]
        here = body.split(b'"uri": "', 1)[1].split(b'"', 1)[0]
        return faulty.Answer(200, body + b', "links": {"next": "' + here + b'"}}', answer.headers)

    server = serve(full_day(), faults={API: circle})
    report = place.find_a_tender(server.url, delay=0).harvest("find-a-tender").report
    assert not report["finished"]
    assert "circles" in report["reason"]
