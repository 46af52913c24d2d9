"""Watched pages: a change is for the operator to look at, and for nobody else."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Any

import pytest

from spiders.formats.fragments import document
from spiders.watched_page import WatchedPage, main_text
from tenderbell.archive import open_archive
from tenderbell.area import load_area
from tenderbell.compiling.stages import NO_OPPORTUNITY
from tenderbell.decisions import Verdict
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup, SettingError, UnreadableNotice
from tenderbell.notice import Raw
from tenderbell.vocabulary import Effect
from tenderbell.watched import NoChange, decide, decide_by_id, difference, waiting, watched_sources
from tests.spiders.bad_days import (
    FaultyPages,
    Lived,
    Start,
    cut_at,
    error_page,
    instead,
    live_through,
    login_page,
    nothing,
    start,
)
from tests.spiders.faulty import Fault, drop, server_error
from tests.spiders.place import Place

__all__ = ["start"]
NOW = datetime(2026, 8, 11, 8, tzinfo=UTC)
FIRST = "<h1>Our grants</h1><p>We give up to £500.</p><p>The trustees meet in March.</p>"
SECOND = FIRST.replace("£500", "£750")
THIRD = SECOND.replace("March", "May")
SOURCE = Source(id="mill", title="Mill Trust", spider="watched_page", url="https://mill.example/apply")


def watch(place: Place, url: str, id: str = "mill", **options: Any) -> Place:
    return place.source("watched_page", f"{url}/apply", id, options=options)


@pytest.fixture
def archive(place: Place) -> Iterator[Connection]:
    with closing(open_archive(place.folder / "data" / "archive.db")) as db:
        yield db


def test_the_first_text_is_no_change_and_another_one_waits_with_its_difference(
    place: Place, start: Start, archive: Connection
) -> None:
    server = start(FaultyPages(texts={"/apply": FIRST}))
    watch(place, server.url).harvest("mill")
    assert waiting(archive, ["mill"]) == []
    server.texts["/apply"] = SECOND
    report = place.harvest("mill").report
    assert (report["finished"], report["new"], report["changed"]) == (True, 0, 1)
    (page,) = waiting(archive, ["mill"])
    assert (page.id, page.link) == ("mill", f"{server.url}/apply")
    assert "-We give up to £500." in page.difference.splitlines()
    assert "+We give up to £750." in page.difference.splitlines()


@pytest.mark.parametrize("verdict", Verdict)
def test_what_the_operator_has_looked_at_waits_no_longer_until_it_changes_again(
    place: Place, start: Start, archive: Connection, verdict: Verdict
) -> None:
    server = start(FaultyPages(texts={"/apply": FIRST}))
    watch(place, server.url)
    for text in (FIRST, SECOND):
        server.texts["/apply"] = text
        place.harvest("mill")
    decided = decide_by_id(archive, ["mill"], "mill", verdict, NOW)
    assert waiting(archive, ["mill"]) == []
    with pytest.raises(NoChange, match="mill: this page has not changed"):
        decide_by_id(archive, ["mill"], "mill", verdict, NOW)
    server.texts["/apply"] = THIRD
    place.harvest("mill")
    (page,) = waiting(archive, ["mill"])
    assert page.before == decided.after
    assert "+The trustees meet in May." in page.difference


def test_two_changes_before_anybody_looks_are_one_that_shows_both(
    place: Place, start: Start, archive: Connection
) -> None:
    server = start(FaultyPages(texts={"/apply": FIRST}))
    watch(place, server.url)
    for text in (FIRST, SECOND, THIRD):
        server.texts["/apply"] = text
        place.harvest("mill")
    (page,) = waiting(archive, ["mill"])
    assert page.difference.count("+") == 2
    decide(archive, page, Verdict.REJECT, NOW)
    assert waiting(archive, ["mill"]) == []


def test_nothing_waits_of_a_source_that_was_never_harvested(archive: Connection) -> None:
    assert waiting(archive, ["mill", "other"]) == []


def test_the_watched_sources_of_an_edition_are_known_by_their_spider(place: Place) -> None:
    watch(place, "https://mill.example").feed("https://f.example/x.xml")
    assert watched_sources(place.settings.edition) == ["mill"]


def test_a_watched_page_is_never_an_opportunity() -> None:
    (raw,) = WatchedPage.split(SOURCE, f"<main>{FIRST}</main></html>".encode(), "text/html", None)
    notice = WatchedPage.reader(SOURCE, load_area("gloucestershire"))(raw)
    assert notice.form in NO_OPPORTUNITY
    assert (notice.effect, notice.closes_at, notice.value) == (Effect.NONE, None, None)
    assert (notice.title, notice.link) == ("Mill Trust", "https://mill.example/apply")


@pytest.mark.parametrize(
    "again",
    [
        f"<head><title>T 2</title></head><body><nav>Menu 2</nav><main class=b>  {FIRST} </main><footer>2027</footer>",
        f"<main>{FIRST}<p>Last updated: 9 August 2026</p><p>1,205 views</p><p>3 days ago</p></main>",
        f"<main>{FIRST}<script>var token=2</script><form><input name=csrf value=9></form><!-- 12:01 --></main>",
        f"<main><div class='cookie-banner'>Cookies!</div>{FIRST}<aside>Related</aside><p hidden>x y z</p></main>",
        f"<body><article>{FIRST.replace('<p>', '<p style=color:red data-x=1>')}</article></body>",
    ],
)
def test_what_changes_by_itself_is_no_change(again: str) -> None:
    assert main_text(document(again.encode(), "text/html; charset=utf-8")) == main_text(
        document(f"<main>{FIRST}</main>".encode(), "text/html; charset=utf-8")
    )


def test_only_the_part_that_the_edition_names_is_watched() -> None:
    body = f"<main><div id=news>Every day something else</div><div id=grants>{FIRST}</div></main></html>".encode()
    source = Source(id="mill", title="M", url="https://mill.example/apply", options={"main": "#grants"})
    (raw,) = WatchedPage.split(source, body, "text/html; charset=utf-8", None)
    assert raw.body.decode().startswith("Our grants")
    assert b"Every day" not in raw.body


NOT_FOUND = b"<title>Page not found</title><main><h1>Page not found</h1>Sorry</main></html>"
BAD_DAYS: dict[str, tuple[Fault, str]] = {
    "an error page": (error_page, "error page"),
    "a login form": (login_page, "login form"),
    "an empty answer": (nothing, "empty"),
    "a server error": (server_error, "500"),
    "a dropped connection": (drop, "dropped"),
    "a page that is gone": (instead(404, b"gone"), "404"),
    "a page that says so with status 200": (instead(200, NOT_FOUND, "text/html"), "error page"),
    "nothing in the main part": (instead(200, b"<html><main></main></html>", "text/html"), "markup has changed"),
    "half a page": (cut_at(200), "ends in the middle"),
}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lived]]:
    """What the source of a watched page did on each bad day, on which its publisher changed the page as well."""
    place = Place(tmp_path_factory.mktemp("days"))
    with ExitStack() as stack:

        def begin(id: str) -> FaultyPages:
            server = stack.enter_context(FaultyPages(texts={"/apply": FIRST}))
            watch(place, server.url, id)
            return server

        def spoil(day: str, server: FaultyPages) -> None:
            server.texts["/apply"] = SECOND
            server.faults = {"/apply": BAD_DAYS[day][0]}

        yield live_through(place, dict.fromkeys(BAD_DAYS, begin), spoil)


@pytest.mark.parametrize("day", BAD_DAYS)
def test_a_bad_day_is_no_change_of_the_page_and_the_next_good_one_shows_it(day: str, days: dict[str, Lived]) -> None:
    lived = days[day]
    assert not lived.bad["finished"]
    assert BAD_DAYS[day][1] in lived.bad["reason"]
    assert len(lived.before) == 1
    assert lived.after == lived.before
    assert lived.good["changed"] == 1


def test_a_page_that_has_not_changed_since_is_seen_again(place: Place, start: Start) -> None:
    server = start(FaultyPages(texts={"/apply": FIRST}))
    watch(place, server.url).harvest("mill")
    place.now = "2026-08-12T09:00:00+01:00"
    report = place.harvest("mill").report
    assert (report["finished"], report["notices"]) == (True, 0)
    assert server.requests[-1].headers.get("if-none-match")
    seen = place.archive.execute("select first_seen, last_seen from sighting").fetchone()
    assert tuple(seen) == ("2026-08-11T08:00:00Z", "2026-08-12T08:00:00Z")


def test_a_page_that_names_a_feed_says_so(place: Place, start: Start) -> None:
    server = start(FaultyPages(texts={"/apply": FIRST}))
    server.heads["/apply"] = '<link rel="alternate" type="application/rss+xml" href="/feed/">'
    assert any(f"{server.url}/feed/" in line for line in watch(place, server.url).harvest("mill").said)


def test_a_part_that_is_gone_and_a_selector_that_is_none_are_named() -> None:
    root = document(f"<main>{FIRST}</main>".encode(), "text/html; charset=utf-8")
    with pytest.raises(ChangedMarkup, match="#grants"):
        main_text(root, "#grants")
    with pytest.raises(SettingError, match="no CSS selector"):
        main_text(root, "div[")
    with pytest.raises(BrokenResponse):
        WatchedPage.split(SOURCE, b"", "text/html", None)


def test_kept_bytes_that_are_no_text_are_unreadable() -> None:
    with pytest.raises(UnreadableNotice):
        WatchedPage.reader(SOURCE, load_area("gloucestershire"))(Raw("mill", "a", b"\xff\xfe"))


def test_a_long_difference_is_shortened_and_says_so() -> None:
    shown = difference("\n".join(map(str, range(100))), "\n".join(map(str, range(200, 300))))
    assert len(shown.splitlines()) == 41
    assert shown.endswith("... and 160 more lines")
