"""Seeking: which source should hold the advert behind a link, and what asking it comes to, by the real command over
real HTTP. No host is asked that is not a configured source's."""

import json
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts import reports
from alerts.reports import Report
from spiders.registry import spider_class, spider_names
from spiders.rehearsal.contracts_finder import ContractsFinder, Item
from spiders.rehearsal.find_a_tender import API, Feed, Rehearsal
from spiders.rehearsal.server import Answer, plain
from spiders.seeking import place_of
from tenderbell.archive import open_archive
from tenderbell.edition import Edition, Mail, Source
from tenderbell.private import open_private
from tests.schedules.programs import finished
from tests.spiders.feed_documents import item, rss
from tests.spiders.place import Place
from tests.spiders.releases import tender

NOW = datetime(2026, 8, 11, 8, tzinfo=UTC)
PUBLIC = "https://www.find-tender.service.gov.uk/Notice"


def edition(*sources: Source) -> Edition:
    return Edition(id="t", title="T", strapline="S", area="gloucestershire", url="https://t.example",
                   mail=Mail(name="T", address="t@t.example"), sources=sources)  # fmt: skip


COUNTY = edition(
    Source(id="find-a-tender", title="Find a Tender"),
    Source(id="contracts-finder", title="Contracts Finder"),
    Source(id="news", title="News", spider="feed", url="https://www.fund.example/news/feed.xml"),
    Source(id="grants", title="Grants", spider="feed", url="https://fund.example/grants/feed.xml"),
    Source(id="in-tend-one", title="One", spider="in-tend", url="https://in-tendhost.co.uk/one"),
    Source(id="in-tend-two", title="Two", spider="in-tend", url="https://in-tendhost.co.uk/two"),
    Source(id="procontract", title="Off", spider="procontract", url="https://procontract.due-north.com", enabled=False),
    Source(id="direct", title="Written here"),
)


@pytest.mark.parametrize(
    ("link", "source", "key"),
    [
        ("000123-2026", "find-a-tender", "000123-2026"),
        ("2026/S 000-000123", "find-a-tender", "000123-2026"),
        (f"{PUBLIC}/000123-2026?origin=SearchResults", "find-a-tender", "000123-2026"),
        ("https://find-tender.service.gov.uk/Notice/2026%2FS%20000-000123", "find-a-tender", "000123-2026"),
        ("https://www.contractsfinder.service.gov.uk/Notice/0f6d2a51-77aa-4c7e-9c36-3f1f6c5e2b10",
         "contracts-finder", None),
        ("https://fund.example/grants/halls", "grants", None),
        ("https://www.fund.example/news/2026/halls", "news", None),
        ("https://FUND.example/elsewhere", "news", None),
        ("https://in-tendhost.co.uk/two/aspx/ProjectManage/7", "in-tend-two", None),
    ],
)  # fmt: skip
def test_a_link_says_which_source_should_hold_it(link: str, source: str, key: str | None) -> None:
    place = place_of(COUNTY, link)
    assert place is not None
    assert (place.source.id, place.key) == (source, key)


@pytest.mark.parametrize(
    "link",
    [
        f"{PUBLIC}/", f"{PUBLIC}/000123-2026/000124-2026", "https://unknown.example/advert",
        "https://in-tendhost.co.uk/three/aspx/1", "https://procontract.due-north.com/Advert?advertId=1",
        "https://fund.example.evil.example/grants", "https://fund.example@evil.example/", "http://127.0.0.1/",
        "http://169.254.169.254/latest", "https://direct.invalid/x", "http://[", "https://", "hello", "",
    ],
)  # fmt: skip
def test_a_link_to_anywhere_else_has_no_source(link: str) -> None:
    assert place_of(COUNTY, link) is None


class Watched(Rehearsal):
    """A server on which the paths in `ill` answer with an error page."""

    ill: frozenset[str] = frozenset()

    def answer(self, asked: Any) -> Answer:
        return plain(200, "<html>Down for works</html>") if asked.path in self.ill else super().answer(asked)


@pytest.fixture
def server() -> Any:
    leeds = tender(2, NOW)
    leeds["parties"][0] |= {"name": "Leeds Example Council", "address": {"postalCode": "LS1 1UR", "region": "UKE42"}}
    leeds["buyer"]["name"] = "Leeds Example Council"
    leeds["tender"]["items"] = [{"id": "1", "deliveryAddresses": [{"region": "UKE42"}]}]
    with Watched([tender(1, NOW - timedelta(days=90)), leeds], {"/grants.xml": Feed(feed("halls"))}) as running:
        yield running


def feed(*names: str) -> bytes:
    return rss(*(item(f"Grants for {name}", link=f"https://fund.example/grants/{name}", guid=name) for name in names))


@pytest.fixture
def county(place: Place, server: Watched) -> Place:
    fund = {"kind": "grant", "reach": "local", "home": "https://fund.example", "delay": 0.0}
    return place.find_a_tender(server.url, delay=0.0).feed(f"{server.url}/grants.xml", "fund", **fund)


def report(place: Place, link: str, *, hours_ago: float = 0) -> int:
    now = place.settings.clock() - timedelta(hours=hours_ago)
    with closing(open_private(place.settings.private_path)) as db:
        return reports.report_missing(db, link, "", "", network="n", now=now)


def seek(place: Place, *ids: int, code: int = 0) -> list[Any]:
    done = finished(["tenderbell", "seek", *map(str, ids), "--json"], place.environ)
    assert done.returncode == code, done.stderr
    return [(answer["outcome"], answer["source"]) for answer in json.loads(done.stdout)]


def state(place: Place, id: int) -> Report:
    with closing(open_private(place.settings.private_path)) as db:
        found = reports.find(db, id)
    assert found is not None
    return found


def test_missing_notices_are_fetched_singly_and_each_report_has_its_outcome(county: Place, server: Watched) -> None:
    links = (
        f"{PUBLIC}/000001-2026",
        "2026/S 000-000002",
        f"{server.url}/Notice/000777-2026",
        "https://unknown.example/advert",
    )
    ids = [report(county, link) for link in links]
    assert seek(county) == [
        ("found", "find-a-tender"),
        ("elsewhere", "find-a-tender"),
        ("absent", "find-a-tender"),
        ("queued", None),
    ]
    assert [asked.path for asked in server.requests] == [f"{API}/00000{n}-2026" for n in (1, 2)] + [
        f"{API}/000777-2026"
    ]
    assert state(county, ids[0]).opportunity == "h6vhtk-000001"
    with closing(open_archive(county.settings.archive_path)) as db:
        runs = db.execute("select sort, complete from run").fetchall()
    assert [tuple(run) for run in runs] == [("reconciliation", 1)], "a single notice does not make the source harvested"
    assert seek(county) == []
    assert len(server.requests) == 3, "what is settled is not asked for again"


def test_a_feed_is_read_now_and_not_again_for_the_next_report(county: Place, server: Watched) -> None:
    report(county, "https://fund.example/grants/halls")
    assert seek(county) == [("found", "fund")]
    report(county, "https://fund.example/grants/roofs")
    report(county, "https://www.fund.example/grants/halls?utm_source=mail")
    assert seek(county) == [("absent", "fund"), ("found", "fund")]
    assert [asked.path for asked in server.requests] == ["/grants.xml"]


def test_a_source_that_is_asked_only_for_its_newest_proves_no_absence(place: Place) -> None:
    link = "https://www.contractsfinder.service.gov.uk/Notice/0f6d2a51-77aa-4c7e-9c36-3f1f6c5e2b10"
    with ContractsFinder([Item("Meals for pensioners")]) as server:
        place.source("contracts-finder", server.url, "contracts-finder", since_days=1, delay=0.0,
                     home="https://www.contractsfinder.service.gov.uk")  # fmt: skip
        for why in ("its newest were read now", "they were read a few minutes ago"):
            asked = report(place, link)
            assert seek(place) == [("queued", "contracts-finder")], why
            assert state(place, asked).state == "queued"
    with closing(open_private(place.settings.private_path)) as db:
        words = [row[0] for row in db.execute("select question from matter")]
    assert all("only for its newest notices" in told for told in words), words


def test_every_spider_that_walks_windows_or_back_to_a_day_says_that_it_does_not_list_everything() -> None:
    listing = {name for name in spider_names() if spider_class(name).lists_everything}
    assert listing.isdisjoint({"contracts_finder", "find_a_tender", "ted", "public_contracts_scotland", "sell2wales",
                               "ukri", "govuk", "wordpress", "watched_page"})  # fmt: skip
    assert listing >= {"feed", "table", "procontract", "in_tend", "find_a_grant", "national_lottery", "ocds_file"}


def test_a_source_that_cannot_be_asked_keeps_the_report_waiting_for_a_day(county: Place, server: Watched) -> None:
    server.ill = frozenset({f"{API}/000001-2026"})
    new, old = (report(county, f"{PUBLIC}/000001-2026", hours_ago=hours) for hours in (1, 25))
    assert seek(county, old) == [("queued", "find-a-tender")]
    assert seek(county, new, code=1) == [("waiting", "find-a-tender")]
    server.ill = frozenset()
    assert seek(county) == [("found", "find-a-tender")]
    assert (state(county, new).state, state(county, old).state) == ("settled", "queued")


def test_only_the_host_of_a_source_is_ever_asked(county: Place, server: Watched) -> None:
    with Rehearsal() as trap:
        for link in (f"{trap.url}/Notice/000001-2026", f"{trap.url}/grants.xml", trap.url):
            report(county, link)
        assert {outcome for outcome, _ in seek(county)} == {"queued"}
        assert (trap.requests, server.requests) == ([], [])


def test_the_command_says_in_words_what_became_of_each(county: Place) -> None:
    id = report(county, "https://unknown.example/advert")
    done = finished(["tenderbell", "seek"], county.environ)
    assert re.fullmatch(rf"report {id}: queued\n", done.stdout)
    assert not list(Path(county.settings.data).glob("*.eml"))
