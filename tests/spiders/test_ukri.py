"""UKRI: a feed that tells that there is a call, and the call's page that tells when and how much."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spiders.formats.bundle import CONTENT_TYPE, bundle
from spiders.rehearsal.server import Answer, Asked
from spiders.rehearsal.ukri import FEED, Call, CallSite
from spiders.ukri import Ukri
from tenderbell.area import load_area
from tenderbell.compiling.following import compile_archive
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup, UnreadableNotice
from tenderbell.notice import Money, Notice, Raw
from tenderbell.public import read_public
from tenderbell.vocabulary import Effect, Kind, Reach
from tests.spiders.place import Place

SOURCE = Source(id="ukri", title="UKRI")
READ = Ukri.reader(SOURCE, load_area("gloucestershire"))
BASE = "https://www.ukri.org"


def read(call: Call) -> Notice:
    """Return what the page of a call says."""
    (raw,) = Ukri.split(SOURCE, call.page(BASE, 1).encode(), "text/html", None)
    return READ(raw)


def calls(count: int, first: int = 0) -> list[Call]:
    return [Call(f"call-{number}", f"Call {number}") for number in reversed(range(first, first + count))]


def harvest(place: Place, site: CallSite) -> dict[str, Any]:
    if not place.sources:
        place.source("ukri", site.url)
    return place.harvest().report


def feed_pages(site: CallSite) -> list[str]:
    return [request.query.get("paged", "1") for request in site.requests if request.path == FEED]


def test_dates_and_amounts_come_from_the_page() -> None:
    notice = read(Call("wool", "Wool futures", funders=("Sample Council", "Example Council")))
    assert (notice.kind, notice.effect, notice.reach) == (Kind.GRANT, Effect.OPEN, Reach.NATIONAL)
    assert notice.closes_at == datetime(2026, 10, 14, 15, tzinfo=UTC)
    assert notice.value == Money(high=250_000, fund=2_000_000, currency="GBP")
    assert [buyer.name for buyer in notice.buyers] == ["Sample Council", "Example Council"]
    assert notice.eligibility == "Organisations in the United Kingdom."
    assert notice.title == "Wool futures"
    assert notice.link == f"{BASE}/opportunity/wool/"


@pytest.mark.parametrize(
    ("status", "effect"),
    [("Open", Effect.OPEN), ("Upcoming", Effect.PLAN), ("Closed", Effect.CLOSE), ("", Effect.OPEN)],
)
def test_the_status_decides_what_the_call_does(status: str, effect: Effect) -> None:
    assert read(Call("a", "A", status=status)).effect is effect


def test_an_upcoming_call_says_when_it_is_expected_to_open() -> None:
    notice = read(Call("a", "A", status="Upcoming", opens="1 September 2026 9:00am UK time"))
    assert notice.expected_open_at == datetime(2026, 9, 1, 8, tzinfo=UTC)


def test_a_call_that_closes_keeps_its_deadline_and_tells_of_no_other_change(place: Place) -> None:
    with CallSite([Call("wool", "Wool futures")]) as site:
        harvest(place, site)
        compile_archive(place.settings)
        site.calls = [Call("wool", "Wool futures", status="Closed")]
        assert harvest(place, site)["changed"] == 1
    compile_archive(place.settings)
    public = read_public(place.folder / "data" / "public.db")
    row = public.execute("select stage, closes_at from opportunity").fetchone()
    assert tuple(row) == ("closed", "2026-10-14T15:00:00Z")
    assert [row[0] for row in public.execute("select type from event order by number")] == ["new", "closed"]


def test_a_deadline_that_moves_on_the_page_is_seen_although_the_feed_says_nothing(place: Place) -> None:
    with CallSite([Call("wool", "Wool futures")]) as site:
        harvest(place, site)
        site.calls = [Call("wool", "Wool futures", closes="30 October 2026 4:00pm UK time")]
        report = harvest(place, site)
    assert (report["notices"], report["changed"]) == (1, 1)
    closes = place.archive.execute("select json_extract(reading, '$.closes_at') from notice order by number").fetchall()
    assert [row[0] for row in closes] == ["2026-10-14T15:00:00Z", "2026-10-30T16:00:00Z"]


@pytest.mark.parametrize("words", ["Open - no closing date", "No fixed deadline", "Rolling: apply at any time"])
def test_a_call_without_a_deadline_says_so(words: str) -> None:
    notice = read(Call("a", "A", closes=words))
    assert (notice.rolling, notice.closes_at, notice.doubts) == (True, None, ())
    assert words in (notice.closes_evidence or "")


@pytest.mark.parametrize("words", ["31 February 2026", "soon"])
def test_a_date_that_does_not_exist_is_a_doubt(words: str) -> None:
    notice = read(Call("a", "A", closes=words))
    assert (notice.closes_at, notice.rolling) == (None, None)
    assert notice.doubts == (f"The closing date “{words}” could not be read.",)


@pytest.mark.parametrize(
    ("facts", "money"),
    [
        ({"Award range": "£50,000 - £1,000,000"}, Money(low=50_000, high=1_000_000, currency="GBP")),
        ({"Minimum award": "£5,000", "Maximum award": "£10,000"}, Money(low=5_000, high=10_000, currency="GBP")),
        ({"Total fund": "£110 million"}, Money(fund=110_000_000, currency="GBP")),
        ({"Total fund": "To be confirmed"}, None),
    ],
)
def test_amounts_are_read_in_every_form_of_the_table(facts: dict[str, str], money: Money | None) -> None:
    assert read(Call("a", "A", most=None, fund=None, facts=tuple(facts.items()))).value == money


@pytest.mark.parametrize(
    ("sort", "kind"),
    [("Grant", Kind.GRANT), ("Fellowship", Kind.GRANT), ("Loan", Kind.LOAN), ("Procurement", Kind.CONTRACT)],
)
def test_the_type_of_funding_decides_the_kind(sort: str, kind: Kind) -> None:
    assert read(Call("a", "A", facts=(("Funding type", sort),))).kind is kind


def test_the_feed_is_walked_back_until_a_known_call(place: Place) -> None:
    with CallSite(calls(45)) as site:
        report = harvest(place, site)
        assert (report["notices"], report["reason"], feed_pages(site)) == (45, "Finished.", ["1", "2", "3"])
        site.requests.clear()
        site.calls = calls(25, first=45) + site.calls
        assert harvest(place, site)["new"] == 25
        assert feed_pages(site) == ["1", "2"]


def test_the_end_of_the_feed_may_be_a_404(place: Place) -> None:
    with CallSite(calls(20)) as site:
        report = harvest(place, site)
    assert (report["notices"], report["reason"], feed_pages(site)) == (20, "Finished.", ["1", "2"])


class Stuck(CallSite):
    """Shows the first page of its feed whatever is asked for."""

    def answer(self, asked: Asked) -> Answer:
        return self._feed(1) if asked.path == FEED else super().answer(asked)


def test_a_feed_that_repeats_itself_is_an_alarm(place: Place) -> None:
    with Stuck(calls(30)) as site:
        report = harvest(place, site)
    assert (report["notices"], report["finished"]) == (20, True)
    assert "Page 2 of the list repeats what came before" in report["reason"]


def test_an_entry_that_leads_to_another_site_is_kept_without_going_there() -> None:
    item = Call("a", "A").item("https://partner.example")
    body = f"<rss version='2.0'><channel>{item}</channel></rss>".encode()
    listing = Ukri.understand(SOURCE, body, "application/rss+xml")
    assert [row.page for row in listing.rows] == [None]  # type: ignore[union-attr]


def test_a_saved_feed_and_a_saved_page_are_one_notice(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    with CallSite([Call("wool", "Wool futures")]) as site:
        (folder / "feed.xml").write_bytes(site._feed(1).body)
        (folder / "page.html").write_text(site.calls[0].page(site.url, 1), "utf-8")
        place.source("ukri", site.url)
    report = place.harvest("ukri", saved=str(folder)).report
    assert (report["notices"], report["unreadable"], report["finished"]) == (1, 0, True)


def test_a_page_without_its_table_is_changed_markup() -> None:
    page = Call("a", "A").page(BASE, 1)
    for old, new in (("<dt", "<b"), ("Opportunity status", "Stage"), ("<h1", "<h5")):
        changed = page.replace(old, new).replace("Closing date", "Ends")
        with pytest.raises(ChangedMarkup):
            Ukri.split(SOURCE, changed.encode(), "text/html", None)


def test_a_page_that_does_not_say_which_call_it_is_about_is_refused() -> None:
    page = Call("a", "A").page(BASE, 1).replace("canonical", "shortlink")
    with pytest.raises(BrokenResponse, match="which notice"):
        Ukri.split(SOURCE, page.encode(), "text/html", None)


def test_a_bundle_of_nothing_is_unreadable() -> None:
    with pytest.raises(UnreadableNotice):
        READ(Raw("ukri", "a", bundle({}), CONTENT_TYPE))


def test_a_page_cut_off_at_any_byte_never_breaks_the_reader() -> None:
    whole = Call("a", "A").page(BASE, 1).encode()
    for length in range(0, len(whole), 29):
        try:
            raws = Ukri.split(SOURCE, whole[:length], "text/html", None)
        except BrokenResponse:
            continue
        assert [READ(raw).key for raw in raws] == ["a"]
