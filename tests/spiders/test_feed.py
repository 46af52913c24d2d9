"""Feeds: fetched over real HTTP, parsed from bytes, read again from the archive."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from spiders.feed import Feed as FeedSpider
from spiders.feeds.entries import split_feed
from spiders.harvest import harvest
from spiders.rehearsal.find_a_tender import Feed
from tenderbell.archive import decompress
from tenderbell.area import load_area
from tenderbell.compiling.kinds import kind_of
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, UnreadableNotice
from tenderbell.notice import Raw
from tenderbell.vocabulary import Effect, Kind, Reach
from tests.spiders.feed_documents import AREA, SOURCE, Serve, item, read, rss
from tests.spiders.place import Place


def test_an_entry_becomes_an_open_notice_with_what_the_source_says_of_it() -> None:
    source = Source(
        id="news", title="News", url="https://f.example/", kind=Kind.GRANT, reach=Reach.LOCAL, buyer="stroud"
    )
    (notice,) = read(
        rss(item("Seeds &amp; spades", "&lt;p&gt;For gardens&lt;/p&gt;", guid="g1", link="/g")), "", source
    )
    assert (notice.key, notice.process) == ("g1", "news:g1")
    assert (notice.title, notice.description) == ("Seeds & spades", "For gardens")
    assert (notice.effect, notice.kind, notice.reach) == (Effect.OPEN, Kind.GRANT, Reach.LOCAL)
    assert notice.link == "https://f.example/g"
    assert [buyer.name for buyer in notice.buyers] == ["Stroud DC"]
    assert notice.published_at == datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Mon, 06 Jul 2026 10:00:00 GMT", datetime(2026, 7, 6, 10, tzinfo=UTC)),
        ("Mon, 06 Jul 2026 10:00:00 +0100", datetime(2026, 7, 6, 9, tzinfo=UTC)),
        ("Mon, 06 Jul 2026 10:00:00", datetime(2026, 7, 6, 9, tzinfo=UTC)),
        ("Mon, 06 Jul 2026 10:00:00 BST", datetime(2026, 7, 6, 9, tzinfo=UTC)),
        ("2026-07-06T10:00:00", datetime(2026, 7, 6, 9, tzinfo=UTC)),
        ("2026-07-06", datetime(2026, 7, 5, 23, tzinfo=UTC)),
        ("6 July 2026", datetime(2026, 7, 5, 23, tzinfo=UTC)),
        ("06/07/2026 10:00", datetime(2026, 7, 6, 9, tzinfo=UTC)),
        ("the day before yesterday", None),
        ("99/99/2026", None),
    ],
)
def test_a_date_without_a_zone_is_uk_time(written: str, meant: datetime | None) -> None:
    (notice,) = read(rss(item(date=written, guid="a")))
    assert notice.published_at == meant
    assert bool(notice.doubts) == (meant is None)


@pytest.mark.parametrize(
    ("text", "closes"),
    [
        ("Closing date: 5 January 2027 at noon.", datetime(2027, 1, 5, 12, tzinfo=UTC)),
        ("Deadline: 12 noon on Friday 2nd July 2027", datetime(2027, 7, 2, 11, tzinfo=UTC)),
        ("Deadline for applications: 31/01/2027, 5pm", datetime(2027, 1, 31, 17, tzinfo=UTC)),
        ("The closing date is 5 July 2027.", datetime(2027, 7, 5, 22, 59, 59, tzinfo=UTC)),
        ("Opens 5 January 2027", None),
        ("Deadline: 31 February 2027", None),
        ("Closing date: 5 January 2027. Closing date: 6 January 2027.", None),
        ("Deadline: soon", None),
    ],
)
def test_only_a_clearly_labelled_closing_date_is_taken_and_says_why(text: str, closes: datetime | None) -> None:
    (notice,) = read(rss(item(text=text, guid="a")))
    assert notice.closes_at == closes
    assert (notice.closes_evidence is None) == (closes is None)


def test_an_entry_without_an_id_is_known_by_its_link_without_campaign_words() -> None:
    notices = read(rss(item(link="HTTPS://News.example/a?utm_source=feed&amp;id=3#top"), item("Nameless")))
    assert notices[0].key == "https://news.example/a?id=3"
    assert notices[1].key.startswith("nameless-")


def test_hostile_entries_are_text() -> None:
    text = "&lt;script&gt;alert(1)&lt;/script&gt;&lt;svg onload=x&gt;Fine"
    (notice,) = read(rss(item("&lt;b&gt;Bold&lt;/b&gt; claims", text, guid="a", link="javascript:alert(1)")))
    assert (notice.title, notice.description, notice.link) == ("Bold claims", "Fine", None)


def test_an_external_entity_opens_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    body = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    body += rss(item("Title &x;", guid="a")).split(b"?>", 1)[1]
    assert all("the secret" not in (notice.title or "") for notice in read(body))


@pytest.mark.parametrize("body", [b"", b"<html><title>Sign in</title></html>", b'{"items": []}', b"plain words"])
def test_what_is_no_feed_is_a_fault_and_never_an_empty_feed(body: bytes) -> None:
    with pytest.raises(BrokenResponse):
        read(body)


@pytest.mark.parametrize("spoil", [b"<title>Loose & unescaped</title>", b"<bad", b"&nbsp;"])
def test_a_malformed_feed_still_gives_its_entries(spoil: bytes) -> None:
    body = rss(item(guid="a"), item(guid="b")).replace(b"</channel>", spoil + b"</channel>")
    assert [notice.key for notice in read(body)] == ["a", "b"]


def test_an_unchanged_feed_is_answered_304_and_is_no_empty_feed(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/f.xml": Feed(rss(item(guid="a")), modified=datetime(2026, 1, 5, tzinfo=UTC))})
    place.feed(f"{server.url}/f.xml")
    assert place.harvest("news").report["new"] == 1
    again = place.harvest("news").report
    assert (again["finished"], again["notices"], again["reason"]) == (True, 0, "Finished.")
    assert "if-none-match" in server.requests[-1].headers
    assert place.keys() == ["a"]


def test_a_changed_entry_is_another_version_and_a_new_one_is_new(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/f.xml": Feed(rss(item(guid="a")))})
    place.feed(f"{server.url}/f.xml").harvest("news")
    server.set_feed("/f.xml", rss(item("Changed", guid="a"), item(guid="b")))
    report = place.harvest("news").report
    assert (report["notices"], report["new"], report["changed"]) == (2, 1, 1)


def test_a_login_form_in_place_of_a_feed_is_named_and_forgets_nothing(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/f.xml": Feed(rss(item(guid="a")))})
    place.feed(f"{server.url}/f.xml").harvest("news")
    server.set_feed("/f.xml", b"<html>Sign in</html>", "text/html")
    report = place.harvest("news").report
    assert not report["finished"]
    assert "not a feed" in report["reason"]
    assert place.keys() == ["a"]


EXTENDED = (
    b'<?xml version="1.0" encoding="%s"?><rss version="2.0" xmlns:g="urn:example:grants"%s><channel>'
    b"<item><guid>a</guid><title>Caf\xe9</title>%s<g:amount currency='GBP'>500</g:amount></item></channel></rss>"
)


def test_an_element_that_nobody_reads_yet_is_in_the_archive(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/f.xml": Feed(EXTENDED % (b"iso-8859-1", b"", b""))})
    place.feed(f"{server.url}/f.xml").harvest("news")
    frame = place.archive.execute("select body from notice").fetchone()[0]
    kept = decompress(frame).decode()
    assert '<g:amount xmlns:g="urn:example:grants" currency="GBP">500</g:amount>' in kept
    assert "<title>Café</title>" in kept


def test_the_same_entry_in_another_dress_is_the_same_version(place: Place, serve: Serve) -> None:
    first = EXTENDED % (b"iso-8859-1", b"", b"")
    counted = b'<s:comments xmlns:s="http://purl.org/rss/1.0/modules/slash/">7</s:comments>'
    again = EXTENDED % (b"utf-8", b' xmlns:new="urn:new"', counted)
    again = again.replace(b"Caf\xe9", "<![CDATA[Café]]>".encode()).replace(b"</channel>", b"<ttl>9</ttl></channel>")
    server = serve(feeds={"/f.xml": Feed(first)})
    place.feed(f"{server.url}/f.xml").harvest("news")
    server.set_feed("/f.xml", again)
    report = place.harvest("news").report
    assert (report["finished"], report["notices"]) == (True, 0)
    assert place.keys() == ["a"]


def test_a_relative_link_means_the_same_when_its_entry_is_read_alone() -> None:
    body = rss(item(guid="a", link="../g")).replace(b"<channel>", b'<channel xml:base="https://b.example/x/y/">')
    (raw,) = FeedSpider.split(SOURCE, body, "", None)
    assert raw.content_type == "application/xml"
    assert FeedSpider.reader(SOURCE, AREA)(raw).link == "https://b.example/x/g"


def test_entries_that_cannot_be_cut_out_are_kept_as_all_that_was_found_in_them() -> None:
    item = b"<rss:item><guid>a</guid><title>T &nbsp; U</title><g:amount>500</g:amount></rss:item>"
    body = b'<rss xmlns:g="urn:g"><channel>' + item + b"<rss:item><title>B</channel>"
    raws = FeedSpider.split(SOURCE, body, "", None)
    assert raws[0].content_type == "application/json"
    assert b"500" in raws[0].body
    assert FeedSpider.reader(SOURCE, AREA)(raws[0]).title == "T U"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"</item>", b"null", b"\xff"])
@pytest.mark.parametrize("content_type", ["application/xml", "application/json"])
def test_what_is_no_entry_is_unreadable(body: bytes, content_type: str) -> None:
    with pytest.raises(UnreadableNotice):
        FeedSpider.reader(SOURCE, AREA)(Raw("news", "a", body, content_type))


def test_a_304_is_a_sighting_of_what_the_feed_listed_last(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/f.xml": Feed(rss(item(guid="gone"), item(guid="b")))})
    place.feed(f"{server.url}/f.xml").harvest("news")
    server.set_feed("/f.xml", rss(item(guid="b"), item(guid="c")))
    for hour in (10, 11):
        place.now = f"2026-08-11T{hour}:00:00+00:00"
        place.harvest("news")
    seen = place.archive.execute("select key, last_seen from sighting order by key").fetchall()
    assert [tuple(row) for row in seen] == [
        ("b", "2026-08-11T11:00:00Z"),
        ("c", "2026-08-11T11:00:00Z"),
        ("gone", "2026-08-11T08:00:00Z"),
    ]


def test_a_feed_is_empty_only_if_it_ever_had_entries_whatever_other_feeds_have(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/full.xml": Feed(rss(item(guid="a"))), "/none.xml": Feed(rss())})
    place.feed(f"{server.url}/full.xml", id="full").feed(f"{server.url}/none.xml", id="none")
    place.harvest("full")
    assert place.harvest("none").report["reason"] == "Finished."
    server.set_feed("/full.xml", rss())
    assert "The feed has no entries." in place.harvest("full").report["reason"]


@pytest.mark.parametrize(
    ("stated", "title", "kind"),
    [
        (Kind.GRANT, "Invitation to tender: repairs of the pier", Kind.CONTRACT),
        (Kind.GRANT, "Invitation to tender for running our grants scheme", Kind.CONTRACT),
        (Kind.GRANT, "Contract opportunity at the museum", Kind.CONTRACT),
        (Kind.GRANT, "Young people and tender hearts", Kind.GRANT),
        (Kind.GRANT, "Tendering for beginners: a workshop", Kind.GRANT),
        (Kind.CONTRACT, "Apply for a small grant now", Kind.GRANT),
        (Kind.CONTRACT, "Grants administration", Kind.CONTRACT),
        (None, "Invitation to tender", Kind.CONTRACT),
    ],
)
def test_clear_words_of_an_entry_come_before_the_kind_of_its_feed(stated: Kind | None, title: str, kind: Kind) -> None:
    source = Source(id="news", title="News", url="https://f.example/", kind=stated)
    (notice,) = read(rss(item(title, guid="a")), "", source)
    assert (notice.kind, notice.kind_by_default) == (stated, stated is not None)
    found, evidence = kind_of([notice], notice.title)
    assert found is kind
    if stated is not None and kind is not stated:
        assert evidence.startswith("The title ")
    if stated is Kind.GRANT and kind is Kind.GRANT:
        assert evidence == "“News” lists a grant unless an entry says otherwise."


def test_a_deadline_with_a_time_that_cannot_be_read_is_a_doubt() -> None:
    text = "<p>The fund closes on 3 March 2027 at 4 o'clock.</p>"
    (notice,) = read(rss(item("Pond fund", guid="a", description=text)), "")
    assert notice.closes_at is None
    assert notice.doubts == ("The deadline “fund closes on 3 March 2027 at 4 o'clock” could not be read.",)


def test_what_robots_txt_forbids_is_not_fetched(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/private/f.xml": Feed(rss(item(guid="a")))})
    server.robots = "User-agent: *\nDisallow: /private/"
    report = place.feed(f"{server.url}/private/f.xml").harvest("news").report
    assert not report["finished"]
    assert "robots.txt" in report["reason"]
    assert not server.requests


def test_a_feed_without_an_address_is_a_mistake_in_the_edition(place: Place) -> None:
    place.sources.append({"id": "news", "title": "News", "spider": "feed"})
    (report,) = harvest(place.settings, ["news"])
    assert not report.finished
    assert "the key 'url' is missing" in report.reason


def test_an_address_that_is_none_is_a_fault_of_its_run_and_of_no_other(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/f.xml": Feed(rss(item(guid="a")))})
    place.feed("nowhere at all", id="broken").feed(f"{server.url}/f.xml")
    broken, news = place.harvest().reports
    assert not broken["finished"]
    assert broken["reason"] != "Finished."
    assert news["finished"]


@pytest.mark.corpus
def test_every_saved_feed_gives_its_entries(corpus: Path) -> None:
    area = load_area("gloucestershire")
    reader = FeedSpider.reader(SOURCE, area)
    count = kept_as_received = 0
    for path in sorted((corpus / "feeds" / "saved").glob("*.xml")):
        raws = FeedSpider.split(SOURCE, path.read_bytes(), "", None)
        assert raws, path.name
        assert {reader(raw).key for raw in raws} == {raw.key for raw in raws}
        assert sum(bool(reader(raw).title) for raw in raws) >= 0.9 * len(raws)
        assert FeedSpider.split(SOURCE, path.read_bytes(), "", None) == raws
        kept_as_received += sum(raw.content_type == "application/xml" for raw in raws)
        count += len(raws)
    assert kept_as_received > 0.99 * count


def test_half_a_character_costs_no_feed_its_entries() -> None:
    title = b"bad &#xD83D; &#56832; ok &#233;"
    items = b"<item><guid>1</guid><title>Good</title></item><item><guid>2</guid><title>" + title + b"</title></item>"
    document = b'<rss version="2.0"><channel><title>f</title>' + items + b"</channel></rss>"
    found = split_feed(document, "application/rss+xml", "https://f.example/feed")
    assert [fields["title"] for fields, _, _ in found] == ["Good", "bad \ufffd \ufffd ok é"]
