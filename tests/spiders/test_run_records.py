"""What a run over real HTTP records of itself, and when it says that a source is below its own history."""

from collections.abc import Callable
from typing import Any

from spiders.rehearsal.find_a_tender import RSS
from tests.spiders import faulty
from tests.spiders.faulty import Faulty
from tests.spiders.place import Place
from tests.spiders.test_reconciling import type_

Serve = Callable[..., Faulty]


def entries(count: int) -> bytes:
    items = "".join(f"<item><guid>g{n}</guid><title>Grant number {n}</title></item>" for n in range(count))
    return f'<rss version="2.0"><channel><title>Grants</title>{items}</channel></rss>'.encode()


def harvest(place: Place, server: Faulty, count: int | None, day: int) -> dict[str, Any]:
    """Publish `count` entries (None: what there was), harvest on this day of August, and return the source's status."""
    if count is not None:
        server.set_feed("/news.xml", entries(count), RSS)
    place.now = f"2026-08-{day:02}T09:00:00+01:00"
    place.harvest("news")
    return status_of(place)


def status_of(place: Place, code: int = 0) -> dict[str, Any]:
    (source,) = type_(place, "status", code=code)["sources"]
    return dict(source)


def test_a_run_records_what_it_cost_and_what_it_brought(place: Place, serve: Serve) -> None:
    server = serve()
    place.feed(f"{server.url}/news.xml", delay=0)
    found = harvest(place, server, 12, day=1)
    assert (found["state"], found["last_run_listed"], found["last_run_new"]) == ("working", 12, 12)
    assert found["last_run_requests"] == 2, "robots.txt is a request too"
    assert found["last_run_bytes"] > len(entries(12))
    assert (found["last_run_reason"], found["last_run_alarm"]) == ("Finished.", None)
    run = place.archive.execute("select requests, bytes, listed, new, sort from run").fetchone()
    assert tuple(run) == (2, found["last_run_bytes"], 12, 12, "harvest")


def test_a_list_that_shrinks_overnight_degrades_its_source_until_it_is_back(place: Place, serve: Serve) -> None:
    server = serve()
    place.feed(f"{server.url}/news.xml", delay=0)
    for day in (1, 2, 3):
        assert harvest(place, server, 40 + day, day)["state"] == "working"
    found = harvest(place, server, 4, 4)
    assert (found["state"], found["since"]) == ("degraded", "2026-08-04T08:00:00Z")
    assert found["message"] == "Only 4 listed, where about 42 are usual."
    assert found["last_success"] == "2026-08-04T08:00:00Z"
    assert type_(place, "status")["believed"] == "News may be missing some: look there yourself."
    assert harvest(place, server, 3, 5)["since"] == "2026-08-04T08:00:00Z"
    assert harvest(place, server, 39, 6)["state"] == "working"


def test_a_list_that_has_not_changed_is_as_long_as_it_was(place: Place, serve: Serve) -> None:
    server = serve()
    place.feed(f"{server.url}/news.xml", delay=0)
    harvest(place, server, 12, 1)
    found = harvest(place, server, None, 2)
    assert (found["state"], found["last_run_listed"], found["last_run_new"]) == ("working", 12, 0)


def test_nothing_where_there_were_many_degrades_a_source_and_closes_nothing(place: Place, serve: Serve) -> None:
    server = serve()
    place.feed(f"{server.url}/news.xml", delay=0)
    harvest(place, server, 8, 1)
    before = place.contents("notice")
    found = harvest(place, server, 0, 2)
    assert found["state"] == "degraded"
    assert "Nothing is listed, where there were 8." in found["message"]
    assert place.contents("notice") == before


def test_a_source_that_never_lists_many_may_list_nothing(place: Place, serve: Serve) -> None:
    server = serve()
    place.feed(f"{server.url}/news.xml", delay=0)
    harvest(place, server, 3, 1)
    harvest(place, server, 0, 2)
    alarm = place.archive.execute("select alarm from run order by id desc limit 1").fetchone()[0]
    assert "Nothing is listed" not in (alarm or "")


def test_saved_responses_are_not_compared_with_history(place: Place, serve: Serve) -> None:
    server = serve()
    place.feed(f"{server.url}/news.xml", delay=0)
    harvest(place, server, 40, 1)
    file = place.folder / "news.xml"
    file.write_bytes(entries(1))
    (report,) = type_(place, "harvest", "news", "--from", str(file))
    assert report["reason"] == "Finished."
    assert (status_of(place)["state"], status_of(place)["last_run_listed"]) == ("working", 40)


def test_a_failing_source_says_why_and_what_it_cost(place: Place, serve: Serve) -> None:
    server = serve()
    place.feed(f"{server.url}/news.xml", delay=0)
    harvest(place, server, 8, 1)
    server.faults = {"/news.xml": faulty.busy(None, 403)}
    found = harvest(place, server, None, 2)
    assert (found["state"], found["since"]) == ("failing", "2026-08-02T08:00:00Z")
    assert found["last_run_reason"].startswith("127.0.0.1")
    assert (found["last_run_requests"], found["last_run_listed"]) == (2, 0)
