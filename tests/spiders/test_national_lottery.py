"""The National Lottery Community Fund: cards with labels, programmes without deadlines, and closed ones that stay."""

from datetime import UTC, datetime
from typing import Any

import pytest

from spiders.national_lottery import NationalLottery
from spiders.readers.lottery_programmes import effect_of, regions_of
from spiders.rehearsal.national_lottery import FINDER, Programme, ProgrammeSite
from spiders.rehearsal.server import Answer, Asked
from tenderbell.area import load_area
from tenderbell.compiling.following import compile_archive
from tenderbell.compiling.reaches import reach_of
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup
from tenderbell.notice import Money, Notice
from tenderbell.public import read_public
from tenderbell.vocabulary import Effect, Kind, Reach
from tests.spiders.place import Place

SOURCE = Source(id="national-lottery", title="NLCF")
AREA = load_area("gloucestershire")


def read(programme: Programme, *, with_page: bool = False, renamed: tuple[str, str] = ("", "")) -> Notice:
    """Return what the card of a programme says, or its page; `renamed` is a label and what it is called now."""
    site = ProgrammeSite([programme])
    try:
        body = programme.page(1).encode() if with_page else site._finder(1).body
    finally:
        site.stop()
    (raw,) = NationalLottery.split(SOURCE, body.replace(renamed[0].encode(), renamed[1].encode()), "text/html", None)
    return NationalLottery.reader(SOURCE, AREA)(raw)


def programmes(count: int, **more: Any) -> list[Programme]:
    return [Programme(f"p-{number}", f"Programme {number}", **more) for number in range(count)]


def harvest(place: Place, site: ProgrammeSite, **options: Any) -> dict[str, Any]:
    if not place.sources:
        place.source("national-lottery", site.url, options=options)
    return place.harvest().report


def finder_pages(site: ProgrammeSite) -> list[str]:
    return [request.query.get("page", "1") for request in site.requests if request.path == FINDER]


def test_a_programme_that_is_always_open_has_no_deadline_and_says_so() -> None:
    notice = read(Programme("small-steps", "Small Steps"), with_page=True)
    assert (notice.effect, notice.kind, notice.rolling, notice.closes_at) == (Effect.OPEN, Kind.GRANT, True, None)
    assert notice.doubts == ()
    assert "its status is “Open to applications”" in (notice.closes_evidence or "")
    assert notice.value == Money(low=300, high=20_000, currency="GBP")
    assert [buyer.name for buyer in notice.buyers] == ["The National Lottery Community Fund"]


def test_a_closing_date_in_the_text_of_the_page_is_the_deadline() -> None:
    sections = (("When", "The closing date for applications is 12 noon on 17 March 2027."),)
    notice = read(Programme("a", "A", sections=sections), with_page=True)
    assert notice.closes_at == datetime(2027, 3, 17, 12, tzinfo=UTC)
    assert notice.rolling is None
    assert "17 March 2027" in (notice.closes_evidence or "")


def test_a_card_alone_does_not_make_a_programme_rolling() -> None:
    notice = read(Programme("small-steps", "Small Steps"))
    assert (notice.effect, notice.rolling, notice.closes_at, notice.closes_evidence) == (Effect.OPEN, None, None, None)
    assert notice.doubts == ("Whether the programme has a deadline is not known: its page has not been read.",)


@pytest.mark.parametrize("with_page", [False, True])
def test_a_deadline_under_a_label_of_another_name_is_the_deadline(with_page: bool) -> None:
    programme = Programme("a", "A", closing="12 noon on 3 March 2027")
    notice = read(programme, with_page=with_page, renamed=("Closing date:", "Deadline:"))
    assert (notice.closes_at, notice.rolling) == (datetime(2027, 3, 3, 12, tzinfo=UTC), None)
    assert "Deadline: 12 noon on 3 March 2027" in (notice.closes_evidence or "")


@pytest.mark.parametrize(
    "text",
    [
        "The deadline will be announced in spring.",
        "Round 1 closes 3 March 2027 and round 2 closes 9 June 2027.",
        "Send us your form by 3 March.",
        "You have until noon on Friday.",
        "Closing date for stage two: to be confirmed",
    ],
)
def test_any_words_about_a_deadline_mean_that_a_programme_is_not_called_rolling(text: str) -> None:
    notice = read(Programme("a", "A", sections=(("When", text),)), with_page=True)
    assert (notice.rolling, notice.closes_at) == (None, None)
    assert len(notice.doubts) == 1
    assert "speaks of a deadline" in notice.doubts[0]


@pytest.mark.parametrize("text", ["There is no deadline.", "You can apply at any time: there's no closing date."])
def test_words_that_deny_a_deadline_leave_a_programme_rolling(text: str) -> None:
    assert read(Programme("a", "A", sections=(("When", text),)), with_page=True).rolling is True


def test_a_programme_whose_status_is_under_another_label_is_not_called_rolling() -> None:
    notice = read(Programme("a", "A"), with_page=True, renamed=("Programme status:", "State of play:"))
    assert (notice.rolling, notice.closes_at) == (None, None)
    assert notice.doubts == ("The status of the programme is not stated.",)


def test_a_date_in_passing_is_no_deadline() -> None:
    sections = (("News", "The programme began on 4 February 2025 and pays for work after 1 April 2026."),)
    assert read(Programme("a", "A", sections=sections), with_page=True).rolling is True


def test_a_closing_date_on_the_card_that_does_not_exist_is_no_rolling_programme() -> None:
    notice = read(Programme("a", "A", closing="31 February 2027"))
    assert (notice.closes_at, notice.rolling) == (None, None)


@pytest.mark.parametrize(
    ("status", "effect", "is_clear"),
    [
        ("Open to applications", Effect.OPEN, True),
        ("Closing soon", Effect.OPEN, True),
        ("Closed", Effect.CLOSE, True),
        ("Closed to new applications", Effect.CLOSE, True),
        ("Paused", Effect.CLOSE, True),
        ("Coming soon", Effect.PLAN, True),
        ("Opening in May", Effect.PLAN, True),
        ("Sleeping", Effect.OPEN, False),
        (None, Effect.OPEN, False),
    ],
)
def test_the_status_decides_what_a_programme_does(status: str | None, effect: Effect, is_clear: bool) -> None:
    assert effect_of(status) == (effect, is_clear)
    doubts = read(Programme("a", "A", status=status)).doubts
    assert any(doubt.startswith("The status of the programme is") for doubt in doubts) is not is_clear


def test_a_programme_that_is_about_to_close_is_not_called_rolling() -> None:
    assert read(Programme("a", "A", status="Closing soon")).rolling is None


@pytest.mark.parametrize(
    ("location", "regions", "reach"),
    [
        ("England", ("England",), Reach.NATIONAL),
        ("UK-wide", ("UK-wide",), Reach.NATIONAL),
        ("Across the UK", ("UK-wide",), Reach.NATIONAL),
        ("England, Scotland, Northern Ireland, Wales", ("UK-wide",), Reach.NATIONAL),
        ("Wales", ("Wales",), None),
        ("England and Wales", ("England", "Wales"), Reach.NATIONAL),
        (None, (), Reach.UNSTATED),
    ],
)
def test_the_location_decides_the_reach(location: str | None, regions: tuple[str, ...], reach: Reach | None) -> None:
    assert regions_of(location) == regions
    assert reach_of([read(Programme("a", "A", location=location))], AREA).reach is reach


def test_every_page_of_the_finder_is_walked_and_closed_programmes_are_not_opened(place: Place) -> None:
    with ProgrammeSite(programmes(12) + programmes(0)) as site:
        site.programmes += [Programme("old", "Old", status="Closed")]
        report = harvest(place, site)
    assert (report["notices"], report["reason"], finder_pages(site)) == (13, "Finished.", ["1", "2"])
    assert f"{FINDER}/old" not in [request.path for request in site.requests]
    assert f"{FINDER}/p-11" in [request.path for request in site.requests]


def test_only_programmes_of_the_wanted_places_are_kept(place: Place) -> None:
    with ProgrammeSite() as site:
        places = ("England", "Wales", "UK-wide", None, "England, Scotland, Northern Ireland, Wales", "Northern Ireland")
        site.programmes = [Programme(f"p-{number}", "P", location=name) for number, name in enumerate(places)]
        report = harvest(place, site, locations=["England"])
    assert report["reason"] == "Finished."
    assert place.keys() == ["p-0", "p-2", "p-3", "p-4"]


def test_a_programme_that_closes_is_closed_and_one_that_leaves_the_list_is_not(place: Place) -> None:
    with ProgrammeSite(programmes(3)) as site:
        harvest(place, site)
        compile_archive(place.settings)
        site.programmes = [Programme("p-0", "Programme 0", status="Closed"), site.programmes[1]]
        harvest(place, site)
    compile_archive(place.settings)
    public = read_public(place.folder / "data" / "public.db")
    stages = {row["title"]: row["stage"] for row in public.execute("select title, stage from opportunity")}
    assert stages == {"Programme 0": "closed", "Programme 1": "open", "Programme 2": "open"}


class Stuck(ProgrammeSite):
    """Shows its first page whatever is asked for, with links to all others."""

    def _finder(self, number: int) -> Answer:
        answer = super()._finder(1)
        return Answer(200, answer.body.replace(b"</main>", b'<a href="?page=2">2</a></main>'), answer.headers)


class Endless(ProgrammeSite):
    """Always has another page of closed programmes."""

    def answer(self, asked: Asked) -> Answer:
        number = int(asked.query.get("page", "1"))
        self.programmes = [Programme(f"p-{number}-{n}", "P", status="Closed") for n in range(2)]
        body = self._finder(1).body.replace(b"</main>", f'<a href="?page={number + 1}">Next</a></main>'.encode())
        return Answer(200, body, {"Content-Type": "text/html"})


def test_a_repeated_page_ends_the_walk_with_an_alarm(place: Place) -> None:
    with Stuck(programmes(3)) as site:
        report = harvest(place, site)
    assert (report["notices"], report["finished"]) == (3, True)
    assert "Page 2 of the list repeats what came before" in report["reason"]


def test_endless_pages_end_with_an_alarm(place: Place) -> None:
    with Endless() as site:
        report = harvest(place, site)
    assert report["finished"]
    assert "After 100 pages the list had no end" in report["reason"]
    assert (report["notices"], len(site.requests)) == (200, 100)


def test_a_card_without_a_link_is_kept_and_one_without_a_name_is_counted() -> None:
    site = ProgrammeSite()
    site.stop()
    cards = (
        '<div class="card"><h2>No link</h2><p><strong>Amount:</strong> £5</p></div>'
        '<div class="card"><p><strong>Amount:</strong> £6</p></div><div class="card"><h2>An advert</h2></div>'
    )
    listing = NationalLottery.understand(SOURCE, f"<html><body>{cards}</body></html>".encode(), "text/html")
    assert (len(listing.rows), listing.unknown) == (1, 1)  # type: ignore[union-attr]
    assert listing.rows[0].key.startswith("nameless-")  # type: ignore[union-attr]


@pytest.mark.parametrize("old", ['class="card', "strong>"])
def test_a_finder_whose_markup_has_changed_is_not_taken_for_an_empty_one(place: Place, old: str) -> None:
    class Rebuilt(ProgrammeSite):
        def answer(self, asked: Asked) -> Answer:
            answer = super().answer(asked)
            body = answer.body.replace(old.encode(), b'class="tile').replace(b"Amount:", b"").replace(b"status:", b"")
            return Answer(200, body.replace(b"location:", b"").replace(b"decision in:", b""), answer.headers)

    with Rebuilt(programmes(2)) as site:
        report = harvest(place, site)
    assert (report["finished"], report["notices"]) == (False, 0)
    assert "markup has changed" in report["reason"]


def test_an_error_page_is_no_programme() -> None:
    for words in ("Page not found", "Sign in", "Service unavailable"):
        page = (
            f"<html><head><title>{words}</title></head><body><main><h1>{words}</h1><p>Sorry.</p></main></body></html>"
        )
        with pytest.raises(BrokenResponse) as caught:
            NationalLottery.split(SOURCE, page.encode(), "text/html", None)
        assert not isinstance(caught.value, ChangedMarkup)


def test_a_finder_cut_off_at_any_byte_never_breaks_the_reader() -> None:
    site = ProgrammeSite(programmes(2))
    site.stop()
    whole, reader = site._finder(1).body, NationalLottery.reader(SOURCE, AREA)
    for length in range(0, len(whole), 31):
        try:
            raws = NationalLottery.split(SOURCE, whole[:length], "text/html", None)
        except BrokenResponse:
            continue
        assert all(reader(raw).title for raw in raws)
