"""GOV.UK: what is searched for, what is worth fetching, and when an announcement is something to apply for."""

import json
from typing import Any

import pytest

from spiders.govuk import Govuk
from spiders.harvest import harvest as run
from spiders.rehearsal.govuk import CONTENT, JSON, SEARCH, Announcement, GovukApi
from spiders.rehearsal.server import Answer, Asked
from spiders.words.funding_words import is_about_funding, state_of
from tenderbell.area import load_area
from tenderbell.compiling.following import compile_archive
from tenderbell.compiling.kinds import kind_of as compiled_kind
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup, UnreadableNotice
from tenderbell.notice import Money, Notice
from tenderbell.public import read_public
from tenderbell.vocabulary import Effect, Kind
from tests.spiders.catalogues import announcement
from tests.spiders.place import Place

SOURCE = Source(id="govuk", title="GOV.UK", options={"organisations": ["sample-office"]})
READ = Govuk.reader(SOURCE, load_area("gloucestershire"))
NEWS = Announcement("/government/news/canal", "New fund for canals", "A fund is launched.", "<p>More to follow.</p>")


def read(each: Announcement) -> Notice:
    """Return what an announcement's page says."""
    (raw,) = Govuk.split(SOURCE, json.dumps(each.item(1)).encode(), "application/json", None)
    return READ(raw)


def harvest(place: Place, api: GovukApi, **options: Any) -> dict[str, Any]:
    if not place.sources:
        place.source("govuk", api.url, options={"organisations": ["sample-office"], **options})
    return place.harvest().report


def searches(api: GovukApi) -> list[Asked]:
    return [request for request in api.requests if request.path == SEARCH]


def test_the_search_is_for_the_chosen_organisations_newest_first_and_for_the_last_weeks(place: Place) -> None:
    with GovukApi([announcement("barn")]) as api:
        harvest(place, api, organisations=["sample-office", "other-office"], formats=["news_story"], words="fund")
    (asked,) = searches(api)
    assert asked.values("filter_organisations") == ["sample-office", "other-office"]
    assert asked.values("filter_format") == ["news_story"]
    wanted = {"q": "fund", "order": "-public_timestamp", "start": "0", "filter_public_timestamp": "from:2026-07-14"}
    assert wanted.items() <= asked.query.items()


def test_a_later_harvest_looks_back_a_week(place: Place) -> None:
    with GovukApi([announcement("barn")]) as api:
        harvest(place, api)
        harvest(place, api)
    assert [asked.query["filter_public_timestamp"] for asked in searches(api)] == ["from:2026-07-14", "from:2026-08-04"]


def test_a_harvest_since_a_day_looks_from_that_day(place: Place) -> None:
    with GovukApi([announcement("barn", at="2026-01-09T09:00:00Z")]) as api:
        place.source("govuk", api.url, options={"organisations": ["sample-office"]})
        report = place.harvest("govuk", since="2026-01-05T00:00:00+00:00", until="2026-01-10T00:00:00+00:00").report
    assert report["notices"] == 1
    assert searches(api)[0].query["filter_public_timestamp"] == "from:2026-01-05,to:2026-01-10"


def test_results_are_paged_and_what_is_not_about_funding_is_neither_fetched_nor_kept(place: Place) -> None:
    news = [
        Announcement(f"/government/news/n-{n}", f"Minister visits pond {n}", at=f"2026-08-0{n % 9 + 1}T09:00:00Z")
        for n in range(230)
    ]
    with GovukApi([*news, announcement("barn")]) as api:
        report = harvest(place, api)
    assert (report["notices"], report["reason"]) == (1, "Finished.")
    assert [asked.query["start"] for asked in searches(api)] == ["0", "100", "200"]
    assert [request.path for request in api.requests if request.path != SEARCH] == [f"{CONTENT}/government/news/barn"]


def test_nothing_that_robots_txt_forbids_is_ever_asked_for(place: Place) -> None:
    with GovukApi([announcement("barn"), NEWS]) as api:
        harvest(place, api)
    assert not [request.path for request in api.requests if request.path.startswith("/search/all")]
    assert {request.path.split("/")[1] for request in api.requests} == {"api"}


def test_no_page_is_made_of_plain_news(place: Place) -> None:
    with GovukApi([announcement("barn"), NEWS]) as api:
        assert harvest(place, api)["notices"] == 2
    compile_archive(place.settings)
    public = read_public(place.folder / "data" / "public.db")
    assert [row[0] for row in public.execute("select title from opportunity")] == ["Barn grants open"]


def test_news_that_later_says_how_to_apply_becomes_an_opportunity(place: Place) -> None:
    with GovukApi([NEWS]) as api:
        harvest(place, api)
        compile_archive(place.settings)
        body = "<h2>How to apply</h2><p>Applications are now open.</p>"
        api.announcements = [Announcement(NEWS.path, NEWS.title, NEWS.description, body, at="2026-08-09T09:00:00Z")]
        harvest(place, api)
    compile_archive(place.settings)
    public = read_public(place.folder / "data" / "public.db")
    assert [tuple(row) for row in public.execute("select title, stage from opportunity")] == [(NEWS.title, "open")]


class Strict(GovukApi):
    """Knows one parameter less."""

    def answer(self, asked: Asked) -> Answer:
        if "filter_public_timestamp" in asked.query:
            return Answer(422, b'{"error": "Unexpected parameters: filter_public_timestamp"}', JSON)
        return super().answer(asked)


def test_a_parameter_that_the_api_no_longer_knows_fails_the_run_in_its_own_words(place: Place) -> None:
    with Strict([announcement("barn")]) as api:
        report = harvest(place, api)
    assert not report["finished"]
    assert "422" in report["reason"]
    assert "Unexpected parameters: filter_public_timestamp" in report["reason"]


class Stuck(GovukApi):
    """Shows its first results whatever is asked for."""

    def _search(self, asked: Asked) -> Answer:
        asked.query["start"] = "0"
        return super()._search(asked)


def test_repeated_results_end_the_walk_with_an_alarm(place: Place) -> None:
    many = [announcement(f"barn-{n}") for n in range(3)]
    many += [Announcement(f"/n/{n}", "Nothing", at="2026-08-01T09:00:00Z") for n in range(120)]
    with Stuck(many) as api:
        report = harvest(place, api)
    assert (report["notices"], report["finished"]) == (3, True)
    assert "Page 2 of the list repeats what came before" in report["reason"]


def test_without_organisations_the_setting_is_named(place: Place) -> None:
    place.source("govuk", "http://127.0.0.1:1")
    (report,) = run(place.settings, ["govuk"])
    assert (report.run, report.finished) == (0, False)
    assert "organisations" in report.reason


@pytest.mark.parametrize(
    ("words", "is_wanted"),
    [
        ("Village hall grants open for applications", True),
        ("Charities can apply for a share of a £5 million fund", True),
        ("New round of funding for youth clubs launched", True),
        ("Expressions of interest invited for flood grants", True),
        ("Minister visits a pond", False),
        ("Funding for canals doubled", False),
        ("Consultation on grants opens", False),
        ("Revenue support grant: local authorities can apply the formula", False),
        ("Grants awarded: successful applicants of round two", False),
        ("Student finance: apply now for funding", False),
        ("Careers at the fund: apply for vacancies", False),
        ("", False),
    ],
)
def test_only_what_speaks_of_applying_for_funding_is_worth_fetching(words: str, is_wanted: bool) -> None:
    assert is_about_funding(words) is is_wanted


@pytest.mark.parametrize(
    ("body", "effect"),
    [
        ("Charities can apply for a grant of up to £5,000.", Effect.OPEN),
        ("How to apply: fill in the form.", Effect.OPEN),
        ("Applications are now open.", Effect.OPEN),
        ("Closing date: 1 October 2026.", Effect.OPEN),
        ("The department is inviting bids for the programme.", Effect.OPEN),
        ("The fund is now closed to new applications. You could apply for the grant online.", Effect.CLOSE),
        ("Applications have now closed. Closing date: 1 June 2026.", Effect.CLOSE),
        ("The scheme has closed.", Effect.NONE),
        ("Applications will open in the spring.", Effect.PLAN),
        ("Groups will be able to apply from May.", Effect.PLAN),
        ("The fund will launch next year.", Effect.NONE),
        ("The same rules may apply to ponds.", Effect.NONE),
        ("£5 million has been given to canals.", Effect.NONE),
        ("Closing date: 31 February 2026.", Effect.NONE),
    ],
)
def test_an_announcement_is_open_only_when_it_says_how_or_until_when_to_apply(body: str, effect: Effect) -> None:
    notice = read(Announcement("/a", "Fund for ponds", "About ponds.", f"<p>{body}</p>"))
    assert notice.effect is effect
    assert (notice.form == "news") is (effect is Effect.NONE)


def test_a_withdrawn_announcement_is_closed() -> None:
    body = "<p>Groups can apply for a grant.</p>"
    notice = read(Announcement("/a", "Pond grants", body=body, withdrawn="It is out of date."))
    assert (notice.effect, notice.effect_reason) == (Effect.CLOSE, "The page has been withdrawn.")
    assert state_of("Plain news.", None, is_withdrawn=True) == (Effect.NONE, None)


@pytest.mark.parametrize(
    ("title", "words", "kind"),
    [
        ("Pond grants", "", Kind.GRANT),
        ("Pond loan scheme", "", Kind.LOAN),
        ("Invitation to tender: pond loans", "", Kind.CONTRACT),
        ("Pond fund", "It gives grants and loans.", Kind.UNCLEAR),
        ("Pond fund", "It helps.", Kind.UNCLEAR),
    ],
)
def test_the_kind_is_stated_only_when_the_words_are_clear(title: str, words: str, kind: Kind) -> None:
    notice = read(Announcement("/a", title, body=f"<p>{words}</p>"))
    assert notice.kind_by_default
    found, evidence = compiled_kind([notice], title)
    assert found is kind
    assert evidence != "It is published as a public contract, and nothing in it offers a grant."


def test_an_unclear_announcement_of_a_source_of_grants_is_a_grant() -> None:
    source = Source(id="govuk", title="GOV.UK", kind=Kind.GRANT)
    page = json.dumps(Announcement("/a", "Pond fund", body="<p>It helps.</p>").item(1)).encode()
    (raw,) = Govuk.split(source, page, "application/json", None)
    notice = Govuk.reader(source, load_area("gloucestershire"))(raw)
    assert compiled_kind([notice], notice.title)[0] is Kind.GRANT


def test_amounts_are_taken_from_the_one_sentence_about_grants() -> None:
    text = "<p>A £9 million programme. Groups can apply for grants of between £500 and £5,000.</p>"
    assert read(Announcement("/a", "Fund", body=text)).value == Money(low=500, high=5_000, currency="GBP")
    assert read(Announcement("/a", "Fund", body="<p>A £9 million programme is announced.</p>")).value is None


def test_the_parts_of_a_guide_are_its_text() -> None:
    item = Announcement("/guide", "Pond grants").item(1)
    parts = [{"title": "Overview", "body": "<p>Ponds.</p>"}, {"title": "How to apply", "body": "<p>By post.</p>"}, 7]
    item["details"] = {"parts": parts}
    (raw,) = Govuk.split(SOURCE, json.dumps(item).encode(), "application/json", None)
    notice = READ(raw)
    assert notice.how_to_apply == "By post."
    assert notice.effect is Effect.OPEN


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"7", b"{", b"<!DOCTYPE html><title>Error</title>", b""])
def test_an_answer_that_is_no_object_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenResponse):
        Govuk.split(SOURCE, body, "application/json", None)


@pytest.mark.parametrize("answer", [{}, {"results": None}, {"base_path": "/a"}, {"base_path": 7, "details": {}}])
def test_an_object_of_another_shape_is_changed_markup(answer: dict[str, Any]) -> None:
    with pytest.raises(ChangedMarkup):
        Govuk.split(SOURCE, json.dumps(answer).encode(), "application/json", None)


def test_results_that_are_no_objects_are_counted_and_links_elsewhere_are_not_followed() -> None:
    results = [7, {"title": "Apply for a pond grant", "link": "https://elsewhere.example/x"}]
    listing = Govuk.understand(SOURCE, json.dumps({"results": results, "total": 2}).encode(), "application/json")
    assert listing.unknown == 1  # type: ignore[union-attr]
    assert [row.page for row in listing.rows] == [None]  # type: ignore[union-attr]


def test_an_announcement_without_a_title_is_unreadable() -> None:
    with pytest.raises(UnreadableNotice, match="no title"):
        read(Announcement("/a", ""))


def test_results_cut_off_at_any_byte_are_broken_never_wrong() -> None:
    with GovukApi([announcement("barn"), announcement("ford")]) as api:
        whole = api._search(Asked(SEARCH, {}, {})).body
    for length in range(0, len(whole) - 1, 17):
        with pytest.raises(BrokenResponse):
            Govuk.split(SOURCE, whole[:length], "application/json", None)
