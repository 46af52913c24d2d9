"""The rehearsal server says what Find a Tender says."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from spiders.rehearsal.find_a_tender import API, Feed
from tests.spiders.faulty import Faulty
from tests.spiders.releases import number, tenders

Serve = Callable[..., Faulty]
NEWEST = datetime(2026, 8, 10, 22, 30, tzinfo=UTC)


def get(url: str, **headers: str) -> tuple[int, bytes, Any]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def test_pages_are_newest_first_and_the_last_has_no_links(serve: Serve) -> None:
    server = serve(tenders(5, NEWEST))
    url: str | None = f"{server.url}{API}?limit=2"
    seen = []
    while url:
        page = json.loads(get(url)[1])
        seen.append([release["id"] for release in page["releases"]])
        url = page.get("links", {}).get("next")
    assert seen == [[number(5), number(4)], [number(3), number(2)], [number(1)]]


def test_windows_are_london_time_half_open_and_a_trailing_z_is_ignored(serve: Serve) -> None:
    server = serve(tenders(1, NEWEST))
    for ending in ("", "Z"):
        inside = f"?updatedFrom=2026-08-10T23:30:00{ending}&updatedTo=2026-08-10T23:31:00{ending}"
        before = f"?updatedFrom=2026-08-10T22:00:00{ending}&updatedTo=2026-08-10T23:30:00{ending}"
        assert len(json.loads(get(f"{server.url}{API}{inside}")[1])["releases"]) == 1
        assert json.loads(get(f"{server.url}{API}{before}")[1])["releases"] == []


@pytest.mark.parametrize("query", ["x=1", "limit=0", "limit=101", "updatedFrom=2026-08-10", "updatedTo=yesterday"])
def test_what_the_api_does_not_know_is_a_400_in_words(serve: Serve, query: str) -> None:
    status, body, _ = get(f"{serve().url}{API}?{query}")
    assert status == 400
    assert b"Request parameter" in body


def test_one_notice_and_one_process_have_addresses(serve: Serve) -> None:
    server = serve(tenders(2, NEWEST))
    assert [r["id"] for r in json.loads(get(f"{server.url}{API}/{number(1)}")[1])["releases"]] == [number(1)]
    assert len(json.loads(get(f"{server.url}{API}/ocds-h6vhtk-000002")[1])["releases"]) == 1
    assert get(f"{server.url}{API}/{number(9)}")[0] == 404


def test_too_many_requests_are_refused_in_plain_text(serve: Serve) -> None:
    server = serve(rate_limit=1, rate_seconds=120)
    get(f"{server.url}{API}")
    status, body, headers = get(f"{server.url}{API}")
    assert (status, headers["Content-Type"], headers["Retry-After"]) == (429, "text/plain", "120")
    assert body == b"Rate limit of 1 exceeded. Please retry after 120 seconds."


def test_a_feed_is_asked_for_again_by_its_tag_or_its_date(serve: Serve) -> None:
    server = serve(feeds={"/f.xml": Feed(b"<rss/>", modified=datetime(2026, 1, 1, tzinfo=UTC))})
    _, body, headers = get(f"{server.url}/f.xml")
    assert body == b"<rss/>"
    assert get(f"{server.url}/f.xml", **{"If-None-Match": headers["ETag"]})[0] == 304
    assert get(f"{server.url}/f.xml", **{"If-Modified-Since": headers["Last-Modified"]})[0] == 304
    server.set_feed("/f.xml", b"<rss></rss>")
    assert get(f"{server.url}/f.xml", **{"If-None-Match": headers["ETag"]})[0] == 200


def test_a_second_portion_appears_while_it_runs(serve: Serve) -> None:
    server = serve(tenders(1, NEWEST))
    server.add_releases(tenders(1, NEWEST, first=2))
    assert len(json.loads(get(f"{server.url}{API}")[1])["releases"]) == 2
