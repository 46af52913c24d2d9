"""One opportunity's page: what, by when, how much, can we apply; and what is extreme breaks nothing."""

import gzip
import html
import re
from datetime import timedelta
from typing import Any

import pytest

from tenderbell.notice import Lot, Subject
from tenderbell.opportunity import Change, Opportunity, Sighting
from tenderbell.pages.applying import applying, can_we_apply, in_short, weights
from tenderbell.pages.provenance import seen_at
from tenderbell.vocabulary import Kind, Stage
from tests.site.conftest import Visitor
from tests.site.world import HOSTILE, NOW, days, fill, opportunity


def page_of(visitor: Visitor, **facts: Any) -> str:
    """Return the page of a single opportunity."""
    one = opportunity(500, facts.pop("title", "A single thing"), **facts)
    fill(visitor.settings.public_path, [one], visitor.settings)
    answer = visitor.get("/opportunities/tb-500")
    assert answer.status_code == 200
    return answer.text


def words(page: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def rows(one: Opportunity) -> dict[str, str]:
    return {fact.label: fact.words for fact in applying(one)}


def test_a_small_charity_reads_in_short_what_is_stated() -> None:
    one = opportunity(
        1, "A", vcse_suitable=True, minimum_requirements="Two years of accounts.", closes_at=days(24, hour=17)
    )
    assert in_short(one, NOW) == (
        "You may apply as a charity: the notice says that it suits charities and community groups. "
        "It asks of everybody: “Two years of accounts.” It closes in 24 days: 5pm, Tuesday 15 December 2026."
    )


def test_in_short_says_what_is_not_stated_and_never_guesses() -> None:
    assert in_short(opportunity(1, "A", closes_at=None), NOW) == (
        "The notice does not say whether a charity may apply. The notice does not say when it closes."
    )
    rolling = in_short(opportunity(1, "A", closes_at=None, rolling=True, reserved_vcse=True), NOW)
    assert rolling.endswith("It has no deadline: apply at any time.")
    assert rolling.startswith("You may apply as a charity or community group")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"stage": Stage.CANCELLED}, ""), ({"stage": Stage.AWARDED}, ""), ({"closes_at": days(-1)}, ""),
        ({"stage": Stage.PLANNED, "expected_open_at": days(50)},
         "You cannot apply yet: this is a plan. It is expected to open on Sunday 10 January 2027."),
        ({"stage": Stage.ENGAGEMENT}, "This is not open for bids yet: the commissioner is asking what people think."),
    ],
)  # fmt: skip
def test_in_short_invites_nobody_to_what_is_not_open(facts: dict[str, Any], said: str) -> None:
    assert in_short(opportunity(1, "A", **facts), NOW) == said


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({"reserved_vcse": True}, "Reserved for charities and community groups"),
        ({"vcse_suitable": True}, "Suitable for charities and community groups"),
        ({"sme_suitable": True}, "Marked as suitable for small firms"),
        ({"eligibility": "Anybody."}, "See who can apply"),
        ({"vcse_suitable": False}, "Not marked as suitable for charities"),
        ({}, "Not stated"),
        ({"vcse_suitable": True, "stage": Stage.CANCELLED}, "Not any more"),
        ({"vcse_suitable": True, "closes_at": days(-1)}, "Not any more"),
    ],
)
def test_whether_we_can_apply_is_only_what_the_notice_says_while_it_is_open(facts: dict[str, Any], answer: str) -> None:
    assert can_we_apply(opportunity(1, "A", **facts), NOW).words == answer


def test_what_a_bidder_must_know_stands_in_rows() -> None:
    one = opportunity(
        1, "A", description="A thing. Bidders may bid for up to two lots. Social value counts for a tenth.\nMore.",
        lots=(Lot("1"), Lot("2"), Lot("3")), tupe=True, sme_suitable=True, reserved_places=("E10000013",),
        minimum_requirements="Cyber Essentials.", monitoring="Every quarter.", feedback="In writing.",
        quality_percent=60.0, cost_percent=30.0, scoring="In three parts.",
    )  # fmt: skip
    found = rows(one)
    assert found["What everybody must show"] == "Cyber Essentials."
    assert found["Marked as"] == "Reserved for bidders from 1 place, suitable for small and medium-sized firms"
    assert found["Lots"] == "3 lots"
    assert found["Social value"] == "“Social value counts for a tenth.”"
    assert found["Staff transfer (TUPE)"] == "The notice says that staff may move to the new provider"
    assert (found["Reporting afterwards"], found["Telling bidders how they did"]) == ("Every quarter.", "In writing.")
    notes = {fact.label: fact.note for fact in applying(one)}
    assert notes["Lots"] == "“Bidders may bid for up to two lots.”"
    assert notes["How bids are scored"] == "In three parts."


def test_silence_is_said_where_every_notice_should_speak_and_nowhere_else() -> None:
    silent = [fact.label for fact in applying(opportunity(1, "A")) if not fact.stated]
    assert silent == ["Who can apply", "What everybody must show", "How to apply", "How bids are scored"]
    assert len(applying(opportunity(1, "A"))) == len(silent)


@pytest.mark.parametrize(
    ("quality", "cost", "drawn"),
    [(70.0, 30.0, (70, 30, 0)), (60.0, 30.0, (60, 30, 10)), (None, 40.0, (0, 40, 60)), (90.0, 90.0, (90, 10, 0)),
     (1000.0, -5.0, (100, 0, 0))],
)  # fmt: skip
def test_the_scoring_bar_never_overflows(quality: float | None, cost: float, drawn: tuple[int, int, int]) -> None:
    shown = weights(opportunity(1, "A", quality_percent=quality, cost_percent=cost))
    assert shown is not None
    assert (shown.quality, shown.cost, shown.rest) == drawn
    assert weights(opportunity(1, "A")) is None


@pytest.mark.parametrize(
    ("delay", "said"),
    [(timedelta(seconds=20), "at once"), (timedelta(minutes=40), "40 minutes after it was published"),
     (timedelta(hours=3), "3 hours after it was published"), (timedelta(days=9), "9 days after it was published"),
     (timedelta(days=-1), "")],
)  # fmt: skip
def test_every_place_says_how_soon_we_saw_it(visitor: Visitor, delay: timedelta, said: str) -> None:
    seen = Sighting("find-a-tender", "1-2026", None, None, None, None, NOW, None, NOW + delay, NOW + delay)
    assert seen_at(seen, visitor.settings.edition).delay == said


def test_the_page_offers_what_to_do_next_and_explains_its_words(visitor: Visitor) -> None:
    page = page_of(
        visitor, tupe=True, kind=Kind.FRAMEWORK, method="open", vcse_suitable=True, engagement_closes_at=days(-20),
        lots=(Lot("1", "North"), Lot("2", "South")), subjects=(Subject("85312000", "Social work"),),
        quality_percent=70.0, monitoring="Monthly.",
    )  # fmt: skip
    for link in ("/follow/tb-500", "/opportunities/tb-500.ics", "/opportunities/tb-500.json", "/mistake/tb-500",
                 "/buyers/gloucestershire-county-council", "/alerts/new?"):  # fmt: skip
        assert f'href="{link}' in page, link
    for term in ("tupe", "framework", "vcse", "early-talks", "lot", "cpv", "reach", "weighting", "kpi", "notice-given"):
        assert f'href="/glossary#{term}"' in page, term
    assert "Social work (85312000)" in words(page)


def test_a_shared_link_shows_what_it_is(visitor: Visitor) -> None:
    page = visitor.get("/opportunities/tb-2").text
    assert '<meta property="og:title" content="Young Carers Respite Fund 2027">' in page
    assert '<meta property="og:url" content="http://tenderbell.test/opportunities/tb-2">' in page
    assert '<link rel="canonical" href="http://tenderbell.test/opportunities/tb-2">' in page
    assert "Stroud District Council. Closes" in page
    assert 'itemtype="https://schema.org/MonetaryGrant"' in page
    assert 'itemtype="https://schema.org/Demand"' in visitor.get("/opportunities/tb-1").text


def test_how_a_deadline_moved_is_told_with_what_it_was_and_is(visitor: Visitor) -> None:
    said = words(visitor.get("/opportunities/tb-1").text)
    assert "The deadline moved twice, 14 days later in all." in said
    assert "was: 12 noon, Tuesday 1 December 2026 → is now: 12 noon, Tuesday 8 December 2026" in said


def test_a_hostile_notice_stays_text_everywhere(visitor: Visitor) -> None:
    page = page_of(
        visitor, title=HOSTILE, description=HOSTILE, buyer=HOSTILE, minimum_requirements=HOSTILE, scoring=HOSTILE,
        monitoring=HOSTILE, method=HOSTILE, subjects=(Subject(HOSTILE, HOSTILE),), eligibility=HOSTILE,
        currency=HOSTILE, value=5.0, quality_percent=50.0, link="javascript:alert(1)",
        changes=(Change("title", HOSTILE, HOSTILE, NOW, HOSTILE),), stage=Stage.OPEN, vcse_suitable=True,
    )  # fmt: skip
    assert "<script" not in page
    assert "<img" not in page
    assert "javascript:" not in page
    assert not re.search(r"<[^>]+\son\w+=", re.sub(r'"[^"]*"', '""', page))
    assert HOSTILE in html.unescape(page)


def test_a_hundred_kilobytes_and_three_hundred_lots_are_still_a_light_page(visitor: Visitor) -> None:
    text = "\n".join(
        f"Paragraph {n} of a specification that somebody pasted whole into the notice." for n in range(1400)
    )
    lots = tuple(Lot(str(n), f"Lot for ward {n}", description="Cleaning and care.") for n in range(300))
    page = page_of(visitor, description=text, lots=lots)
    style = visitor.get(re.search(r'href="(/static/site\.css[^"]*)"', page)[1]).content  # type: ignore[index]
    assert len(text) > 100_000
    assert len(gzip.compress(page.encode())) + len(gzip.compress(style)) < 60_000
    assert "Read the rest" in page
    assert "Paragraph 1399" in page
    assert "And 270 more lots" in page


def test_nothing_stated_at_all_is_still_a_page(visitor: Visitor) -> None:
    page = page_of(
        visitor, description=None, buyer=None, buyer_id=None, buyers=(), kind=Kind.UNCLEAR, kind_evidence=None,
        stage_evidence=None, reach_value=None, published_at=None, updated_at=None, closes_at=None, notice_days=None,
        link=None, notices=(), ocids=(),
    )  # fmt: skip
    assert '<svg class="map' not in page
    assert "Go to the advert" not in page
    said = words(page)
    assert "The notice does not say when it was published, when it closes, when the decision will be made" in said
    for never in ("None", "N/A", "null"):
        assert never not in said


@pytest.mark.parametrize("id", [f"tb-{number}" for number in range(1, 14)])
def test_no_page_says_a_word_of_programmers(visitor: Visitor, id: str) -> None:
    page = visitor.get(f"/opportunities/{id}")
    assert page.status_code == 200
    assert not re.search(r"\b(?:None|N/A|null|invalid|undefined)\b", words(page.text))
    assert 'style="' not in page.text


def test_no_program_is_told_that_the_commissioner_sells_what_it_buys(visitor: Visitor) -> None:
    assert 'itemprop="seller"' not in visitor.get("/opportunities/tb-1").text
