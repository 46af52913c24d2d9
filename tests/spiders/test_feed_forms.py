"""Feeds in other forms: JSON, half documents, bad days, references; and how an entry is read directly."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spiders.feed import Feed as FeedSpider
from spiders.feeds.discovery import feeds_in
from spiders.feeds.elements import fields_of_element
from spiders.feeds.entries import fields_of, split_feed
from spiders.rehearsal.find_a_tender import RSS, Feed
from tenderbell.errors import BrokenResponse, UnreadableNotice
from tenderbell.notice import Raw
from tenderbell.references import page_name
from tests.spiders.bad_days import Lived, error_page, instead, live_through, login_page, nothing
from tests.spiders.faulty import Fault, Faulty, bomb, break_off, drop, server_error
from tests.spiders.feed_documents import AREA, SOURCE, Serve, item, read, rss
from tests.spiders.place import Place


def test_a_json_feed_is_a_feed(place: Place, serve: Serve) -> None:
    body = (Path(__file__).parent.parent / "fixtures" / "feed" / "news.json").read_bytes()
    server = serve(feeds={"/f.json": Feed(body, "application/feed+json")})
    report = place.feed(f"{server.url}/f.json").harvest("news").report
    assert (report["finished"], report["notices"], report["unreadable"]) == (True, 2, 0)
    assert place.keys() == ["17", "https://brook.example/notes/3"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error": "no"}', "not a JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": {}}', "not a JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [{"id"', "begins like JSON"),
        (b'{"version": 1e9999}', "not a JSON Feed"),
        (b"[" * 100_000, "not a feed"),
        (b"{" * 100_000, "begins like JSON"),
    ],
)
def test_json_that_is_no_feed_says_so(body: bytes, reason: str) -> None:
    with pytest.raises(BrokenResponse, match=reason):
        FeedSpider.split(SOURCE, body, "application/json", None)


def test_an_item_of_a_json_feed_that_is_no_object_is_kept_unreadable() -> None:
    (raw,) = FeedSpider.split(SOURCE, b'{"version": "https://jsonfeed.org/version/1", "items": [7]}', "", None)
    with pytest.raises(UnreadableNotice, match="no JSON object"):
        FeedSpider.reader(SOURCE, AREA)(raw)


def test_json_cut_at_any_byte_is_refused() -> None:
    body = b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "A grant"}, {"id": 2}]}'
    for length in range(1, len(body)):
        with pytest.raises(BrokenResponse):
            FeedSpider.split(SOURCE, body[:length], "application/json", None)


@pytest.mark.parametrize(
    ("title", "text", "references", "also"),
    [
        ("Youth work DN700455", "", ("DN700455",), ()),
        ("Youth work", "Reference: DN700455. Later DN700456 will follow.", ("DN700455",), ()),
        ("Youth work", "ProContract ID: DN700455", ("DN700455",), ()),
        ("Meals", "Tender ref no. IT-357-555-FOD0555P, apply online", ("IT-357-555-FOD0555P", "FOD0555P"), ()),
        ("Youth work", "It follows DN700455, which has ended.", (), ()),
        ("Youth work", "Notice reference: 2026/S 000-012345", (), ("012345-2026",)),
        ("Youth work", "Find a Tender notice number 012345-2026.", (), ("012345-2026",)),
        ("Youth work", "It replaces 012345-2026 of last year.", (), ()),
        ("Youth work", "Our reference: the chair", (), ()),
    ],
)
def test_references_are_taken_from_titles_and_from_behind_their_label(
    title: str, text: str, references: tuple[str, ...], also: tuple[str, ...]
) -> None:
    (notice,) = read(rss(item(title, text, guid="a")))
    assert (notice.references, notice.also) == (references, also)


def test_an_entry_that_leads_to_a_notice_elsewhere_is_known_by_it(place: Place) -> None:
    address = "https://www.find-tender.service.gov.uk/Notice/012345-2026?origin=feed"
    (notice,) = read(rss(item(guid="a", link=address)))
    assert page_name(notice.link) == "012345-2026"


def test_a_deadline_without_a_year_is_the_next_after_the_publication() -> None:
    dates = "Sat, 05 Dec 2026 10:00:00 GMT"
    (notice,) = read(rss(item(text="Applications close on 15 January at noon", date=dates, guid="a")))
    assert notice.closes_at == datetime(2027, 1, 15, 12, tzinfo=UTC)


PAGE = b"""<!DOCTYPE html><html><head>
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/">
<link rel="alternate" hreflang="cy" href="/cy/"><link rel='ALTERNATE' type="application/atom+xml" href="f.xml">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)"></head><body>Welcome</body></html>"""


def test_a_page_that_names_a_feed_leads_to_it(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/news/": Feed(PAGE, "text/html"), "/news/f.xml": Feed(rss(item(guid="a")))})
    place.feed(f"{server.url}/news/", options={"discover": True})
    found = feeds_in(PAGE, "text/html", f"{server.url}/news/")
    assert found == [f"{server.url}/news/f.xml", f"{server.url}/comments/"]
    report = place.harvest("news").report
    assert (report["finished"], report["notices"]) == (True, 1)
    assert place.keys() == ["a"]


def test_a_page_in_place_of_a_feed_says_which_feed_it_names(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/news": Feed(PAGE, "text/html")})
    report = place.feed(f"{server.url}/news").harvest("news").report
    assert not report["finished"]
    assert f"The page names the feed {server.url}/f.xml" in report["reason"]
    server.set_feed("/news", b"<html><p>Nothing here", "text/html")
    place.sources[0]["options"] = {"discover": True}
    assert "names no feed" in place.harvest("news").report["reason"]


COMMON = [
    item("T &amp; U", "&lt;p&gt;x&lt;/p&gt;", guid="a", link="https://f.example/a?x=1&amp;y=2"),
    item("T", "d", guid="https://f.example/g", category="Grants"),
    "<item><title>No more</title></item>",
    '<item><title> Caf\xc3\xa9 </title><guid isPermaLink="false">7</guid><pubDate>2026-07-01</pubDate></item>',
    """<item><title>Two</title><description>a</description><category domain="x">A</category><category>B</category>
    <category>B</category></item>""",
    """<item xmlns:content="http://purl.org/rss/1.0/modules/content/"><title>C</title>
    <content:encoded>long</content:encoded><description>short</description></item>""",
    """<item xmlns:dc="http://purl.org/dc/elements/1.1/"><title>D</title><dc:date>2026-07-01</dc:date>
    <dc:subject>S</dc:subject><dc:creator>Office</dc:creator></item>""",
    """<item xmlns:m="http://search.yahoo.com/mrss/"><title>E</title><m:title>Other</m:title></item>""",
    """<entry xmlns="http://www.w3.org/2005/Atom"><id>urn:1</id><title type="html">A &amp;amp; B</title>
    <link rel="self" href="https://f.example/self"/><link href="https://f.example/1"/>
    <updated>2026-07-01T09:00:00Z</updated><summary>s</summary><category term="t"/>
    <content type="html">&lt;p&gt;c&lt;/p&gt;</content></entry>""",
    """<entry xmlns="http://www.w3.org/2005/Atom"><id>urn:2</id><published>2026-07-01T09:00:00Z</published>
    <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">X <b>y</b></div></title></entry>""",
]


@pytest.mark.parametrize("entry", COMMON)
def test_the_direct_reading_of_an_entry_says_what_feedparser_says_or_nothing(entry: str) -> None:
    document = f"<feed xmlns='http://www.w3.org/2005/Atom'>{entry}</feed>" if "Atom" in entry else rss(entry).decode()
    ((fields, body, kind),) = split_feed(document.encode(), "application/xml; charset=utf-8", "https://f.example/")
    assert kind == "application/xml", "it could be kept as it stands"
    direct = fields_of_element(body)
    assert direct is None or {**direct, "link": fields.get("link")} == {**fields, "link": fields.get("link")}
    assert fields_of(body, kind, "https://f.example/") == fields
    assert direct is not None or any(sign in entry for sign in ("mrss", "xhtml"))


BAD_DAYS: dict[str, tuple[Fault, str]] = {
    "an error page": (error_page, "not a feed"),
    "a login form": (login_page, "not a feed"),
    "an empty answer": (nothing, "empty"),
    "a server error": (server_error, "500"),
    "a dropped connection": (drop, "dropped"),
    "a gzip bomb": (bomb, "50 MB"),
    "half of what was promised": (break_off, "broke off"),
    "JSON": (instead(200, b'{"error": "no"}', "application/json"), "not a JSON Feed"),
    "a feed that is gone": (instead(410, b"gone"), "410"),
    "a list of entries that is none": (instead(200, b"<rss><channel><title>", RSS), "not a feed|ends|entries"),
}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lived]]:
    """What a feed's source did on each bad day, on which an entry had changed as well."""
    place = Place(tmp_path_factory.mktemp("days"))
    with ExitStack() as stack:

        def begin(id: str) -> Faulty:
            server = stack.enter_context(Faulty(feeds={"/f.xml": Feed(rss(item(guid="a"), item(guid="b")))}))
            place.feed(f"{server.url}/f.xml", id)
            return server

        def spoil(day: str, server: Faulty) -> None:
            server.set_feed("/f.xml", rss(item("Other", guid="a"), item(guid="b")))
            server.faults = {"/f.xml": BAD_DAYS[day][0]}

        yield live_through(place, dict.fromkeys(BAD_DAYS, begin), spoil)


@pytest.mark.parametrize("day", BAD_DAYS)
def test_a_bad_day_is_a_named_fault_or_an_alarm_and_loses_nothing(day: str, days: dict[str, Lived]) -> None:
    lived = days[day]
    assert re.search(BAD_DAYS[day][1], lived.bad["reason"]), lived.bad["reason"]
    assert lived.bad["notices"] == 0
    assert lived.before == lived.after == ["a", "b"]
    assert lived.good["changed"] == 1, "the next good day brings what was missed"


def test_an_entry_that_names_nothing_is_an_alarm_as_long_as_the_feed_lists_it(place: Place, serve: Serve) -> None:
    feed = Feed(rss(item(guid="a"), item("Nameless")), modified=datetime(2026, 1, 5, tzinfo=UTC))
    place.feed(f"{serve(feeds={'/f.xml': feed}).url}/f.xml")
    for _ in range(2):
        report = place.harvest("news").report
        assert report["finished"]
        assert "1 entry had neither an id nor a link." in report["reason"]


def test_half_a_feed_gives_whole_entries_only(place: Place, serve: Serve) -> None:
    whole = rss(item(text="A long text about halls", guid="a"), item(text="A long text about boats", guid="b"))
    server = serve(feeds={"/f.xml": Feed(whole[: whole.index(b"boats")])})
    report = place.feed(f"{server.url}/f.xml").harvest("news").report
    assert "ends in the middle" in report["reason"]
    assert place.keys() == ["a"]
    server.set_feed("/f.xml", whole)
    report = place.harvest("news").report
    assert (report["new"], report["changed"], report["reason"]) == (1, 0, "Finished.")


def test_a_feed_cut_at_any_byte_never_gives_half_an_entry() -> None:
    whole = rss(*(item(f"Entry {n}", f"Text of {n}", guid=str(n), link=f"/{n}") for n in range(3)))
    entries = [body for _, body, _ in split_feed(whole, "application/rss+xml", "https://f.example/")]
    for length in range(len(whole)):
        try:
            cut = split_feed(whole[:length], "application/rss+xml", "https://f.example/")
        except BrokenResponse:
            continue
        assert len(cut) <= 3
        readings = [FeedSpider.reader(SOURCE, AREA)(Raw("news", "k", body, kind)) for _, body, kind in cut]
        expected = [FeedSpider.reader(SOURCE, AREA)(Raw("news", "k", body, "application/xml")) for body in entries]
        assert readings == expected[: len(readings)]
