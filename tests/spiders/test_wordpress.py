"""WordPress: feed and REST over real HTTP, on good days and bad ones."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spiders.feeds.posts import split_posts
from spiders.rehearsal.server import Answer
from spiders.rehearsal.wordpress import Post
from spiders.wordpress import WordPress
from tenderbell.area import load_area
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, SettingError, UnreadableNotice
from tenderbell.notice import Raw
from tests.spiders.bad_days import (
    FaultySite,
    Lived,
    Start,
    cut_at,
    error_page,
    instead,
    live_through,
    login_page,
    nothing,
    replaced,
    start,
)
from tests.spiders.faulty import bomb, drop, server_error, slow
from tests.spiders.place import Place

__all__ = ["start"]
NOW = datetime(2026, 8, 11, 8, tzinfo=UTC)
FIXTURES = Path(__file__).parent.parent / "fixtures" / "wordpress"


def posts(count: int, **more: Any) -> list[Post]:
    """Return posts, one for each day before now."""
    text = "<p>Closing date: 5pm on 30 September 2026</p>"
    return [Post(n, f"Grant {n}", text, NOW - timedelta(days=n), **more) for n in range(1, count + 1)]


def site(place: Place, url: str, id: str = "forum", **options: Any) -> Place:
    return place.source("wordpress", url, id, since_days=60, kind="grant", options=options)


def numbers(place: Place) -> list[str]:
    """Return the numbers of the archived posts."""
    keys = place.keys()
    return [key.rpartition("=")[2] for key in keys]


@pytest.mark.parametrize("rest", [False, True])
def test_all_posts_of_the_last_days_are_taken_page_after_page(place: Place, start: Start, rest: bool) -> None:
    server = start(FaultySite(posts(25)))
    report = site(place, f"{server.url}/", rest=rest).harvest("forum").report
    assert (report["finished"], report["notices"], report["unreadable"]) == (True, 25, 0)
    assert report["reason"] == "Finished."
    assert report["requests"] >= (1 if rest else 3)


def test_feed_and_rest_say_the_same_of_a_post() -> None:
    source = Source(id="forum", title="Forum", spider="wordpress", url="https://vale-funders.example")
    reader = WordPress.reader(source, load_area("gloucestershire"))
    feed = WordPress.split(source, (FIXTURES / "feed.rss.xml").read_bytes(), "application/rss+xml", None)
    rest = WordPress.split(source, (FIXTURES / "posts.json").read_bytes(), "application/json", None)
    for one, other in zip(map(reader, feed[:2]), map(reader, rest), strict=True):
        assert (one.key, one.title, one.published_at, one.closes_at) == (
            other.key, other.title, other.published_at, other.closes_at,
        )  # fmt: skip
        assert one.description == other.description


@pytest.mark.parametrize("rest", [False, True])
def test_the_same_site_twice_brings_nothing_new_and_a_new_post_one(place: Place, start: Start, rest: bool) -> None:
    server = start(FaultySite(posts(12)))
    site(place, server.url, rest=rest).harvest("forum")
    assert place.harvest("forum").report["notices"] == 0
    server.posts.append(Post(99, "Grant 99", "<p>New</p>", NOW))
    report = place.harvest("forum").report
    assert (report["new"], report["changed"]) == (1, 0)
    assert len(place.keys()) == 13


def test_posts_older_than_the_edition_asks_for_end_the_walk(place: Place, start: Start) -> None:
    server = start(FaultySite(posts(300)))
    report = site(place, server.url).harvest("forum").report
    assert report["finished"]
    assert 60 <= report["notices"] <= 70
    assert len(server.requests) <= 8


def test_a_rest_walk_asks_only_for_what_was_modified_lately(place: Place, start: Start) -> None:
    old = Post(500, "Grant revised", "<p>Again</p>", NOW - timedelta(days=900), NOW - timedelta(days=1))
    server = start(FaultySite([*posts(230), old]))
    report = site(place, server.url, rest=True).harvest("forum").report
    assert (report["finished"], report["notices"]) == (True, 61)
    assert all("modified_after" in asked.query for asked in server.requests)


def test_only_posts_with_one_of_the_words_are_taken(place: Place, start: Start) -> None:
    texts = ["Our grants are open", "A fund for halls", "The fundraiser of the year", "Minutes", "GRANT news"]
    server = start(FaultySite([Post(n, text, "<p>…</p>", NOW) for n, text in enumerate(texts, 1)]))
    site(place, server.url, words=["grant", "fund"]).harvest("forum")
    assert numbers(place) == ["1", "2", "5"]


@pytest.mark.parametrize("rest", [False, True])
def test_a_type_or_a_category_is_asked_for_by_its_name(place: Place, start: Start, rest: bool) -> None:
    kinds = [*posts(2), *posts(3, type="opportunity")[2:], Post(9, "Grant 9", "", NOW, category=(7, "open-calls"))]
    server = start(FaultySite(kinds))
    site(place, server.url, rest=rest, type="opportunity").harvest("forum")
    assert numbers(place) == ["3"]
    place.source("wordpress", server.url, "calls", options={"rest": rest, "category": 7 if rest else "open-calls"})
    place.harvest("calls")
    assert numbers(place) == ["3", "9"]


def test_a_category_that_rest_cannot_be_asked_for_is_a_mistake_in_the_edition() -> None:
    source = Source(
        id="x", title="X", spider="wordpress", url="https://x.example", options={"rest": True, "category": "a"}
    )
    with pytest.raises(SettingError, match="by its number"):
        WordPress.options_of(source)
    with pytest.raises(SettingError, match="words"):
        WordPress.options_of(Source(id="x", title="X", options={"words": "grant"}))


BAD_FEED_DAYS = [
    (error_page, "not a feed"), (login_page, "not a feed"), (nothing, "empty"), (server_error, "500"),
    (instead(404, b"gone"), "404"), (instead(200, b'{"code":"x","message":"no"}', "application/json"), "no"),
    (drop, "dropped"), (slow, "time|dropped|broke off"), (bomb, "50 MB"),
]  # fmt: skip
BAD_REST_DAYS = [
    (error_page, "REST interface may be off"), (nothing, "empty"), (cut_at(40), "not JSON"), (cut_at(400), "not JSON"),
    (instead(200, b'{"code": "rest_disabled", "message": "Switched off"}', "application/json"), "Switched off"),
    (instead(401, b'{"code": "rest_forbidden"}', "application/json"), "401"),
    (instead(200, b"[1, 2]"), "no list of posts"), (instead(200, b'[{"a": 1}]'), "neither titles nor links"),
    (instead(200, b'{"posts": []}'), "no list of posts"),
]  # fmt: skip


DAYS = {f"feed {n}": (False, *day) for n, day in enumerate(BAD_FEED_DAYS)} | {
    f"rest {n}": (True, *day) for n, day in enumerate(BAD_REST_DAYS)
}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lived]]:
    """What a site's source did on each bad day."""
    place = Place(tmp_path_factory.mktemp("days"))
    with ExitStack() as stack:

        def begin(id: str, *, rest: bool) -> FaultySite:
            server = stack.enter_context(FaultySite(posts(3)))
            site(place, server.url, id, rest=rest)
            return server

        def spoil(day: str, server: FaultySite) -> None:
            server.faults, server.position = dict.fromkeys(range(1, 30), DAYS[day][1]), 0

        yield live_through(place, {name: partial(begin, rest=day[0]) for name, day in DAYS.items()}, spoil)


@pytest.mark.parametrize("day", DAYS)
def test_a_bad_day_is_a_named_fault_and_loses_nothing(day: str, days: dict[str, Lived]) -> None:
    lived = days[day]
    assert not lived.bad["finished"]
    assert re.search(DAYS[day][2], lived.bad["reason"]), lived.bad["reason"]
    assert len(lived.before) == 3
    assert lived.after == lived.before
    assert (lived.good["finished"], lived.good["notices"]) == (True, 0)


def test_a_page_that_comes_again_and_again_ends_the_walk_with_an_alarm(place: Place, start: Start) -> None:
    server = start(FaultySite(posts(30)))
    first = server.answer
    server.answer = lambda asked: first(asked.__class__(asked.path, {}, asked.headers))
    report = site(place, server.url).harvest("forum").report
    assert report["finished"]
    assert "Page 2 repeats an earlier one" in report["reason"]
    assert len(place.keys()) == 10


def test_posts_without_end_are_cut_off_with_an_alarm(place: Place, start: Start) -> None:
    server = start(FaultySite([Post(n, f"Grant {n}", "", NOW) for n in range(400)]))
    report = site(place, server.url).harvest("forum").report
    assert "After 30 pages there was no end" in report["reason"]
    assert len(server.requests) == 30


def three_pages(answer: Answer) -> Answer:
    """Promise more pages than there are."""
    return Answer(200, answer.body, {"Content-Type": "application/json", "X-WP-TotalPages": "3"})


def test_a_rest_list_that_shrinks_while_it_is_walked_has_ended(place: Place, start: Start) -> None:
    server = start(FaultySite(posts(60), faults={1: three_pages}))
    report = site(place, server.url, rest=True).harvest("forum").report
    assert (report["finished"], report["notices"]) == (True, 60)


def test_a_feed_that_has_become_empty_is_an_alarm_and_closes_nothing(place: Place, start: Start) -> None:
    server = start(FaultySite(posts(7)))
    site(place, server.url).harvest("forum")
    server.posts.clear()
    report = place.harvest("forum").report
    assert "The site lists no posts." in report["reason"]
    assert len(place.keys()) == 7


def test_a_post_whose_dates_do_not_exist_is_kept_with_a_doubt(place: Place, start: Start) -> None:
    server = start(FaultySite(posts(1), faults={1: replaced(b"2026-08-10T", b"2026-02-31T")}))
    site(place, server.url, rest=True).harvest("forum")
    reading = json.loads(place.archive.execute("select reading from notice").fetchone()[0])
    assert "published_at" not in reading
    assert reading["doubts"] == ["The date '2026-02-31T08:00:00Z' could not be read."]


def test_a_post_in_another_charset_than_it_says_is_still_text(place: Place, start: Start) -> None:
    bad = replaced(b"Caf" + "é".encode(), b"Caf\xe9")
    server = start(FaultySite([Post(1, "Café grant", "<p>x</p>", NOW)], faults=dict.fromkeys(range(1, 5), bad)))
    report = site(place, server.url).harvest("forum").report
    assert (report["finished"], report["notices"]) == (True, 1)
    assert "Caf" in json.loads(place.archive.execute("select reading from notice").fetchone()[0])["title"]


def test_what_robots_txt_forbids_is_not_fetched(place: Place, start: Start) -> None:
    server = start(FaultySite(posts(3), robots="User-agent: *\nDisallow: /wp-json/"))
    report = site(place, server.url, rest=True).harvest("forum").report
    assert not report["finished"]
    assert "robots.txt" in report["reason"]
    assert not server.requests


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"{"])
def test_a_kept_post_that_is_none_is_unreadable(body: bytes) -> None:
    source = Source(id="forum", title="Forum", url="https://x.example")
    with pytest.raises(UnreadableNotice):
        WordPress.reader(source, load_area("gloucestershire"))(
            Raw("forum", "a", body, "application/json; profile=wordpress-post")
        )


def test_json_broken_at_any_byte_is_a_broken_response_or_fewer_posts() -> None:
    body = (FIXTURES / "posts.json").read_bytes()
    for length in range(0, len(body) - 3, 37):
        with pytest.raises(BrokenResponse):
            split_posts(body[:length])
