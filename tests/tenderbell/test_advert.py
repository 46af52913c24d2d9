"""The short form of an advert: whatever is typed is either refused with a sentence or can be read again as a notice."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderbell.advert import DATES, LONGEST, Advert, moment, notice_of, parse
from tenderbell.archive import interpret
from tenderbell.area import load_area
from tenderbell.direct import document_of, organisation, raw_of, read
from tenderbell.drafts import read_draft
from tenderbell.notice import Money, decode
from tenderbell.vocabulary import Effect, Kind

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
AREA = load_area("gloucestershire")
GOOD = {"title": "Warm rooms fund", "kind": "grant", "purpose": "Warmth.", "closes": "30 April 2027", "how": "Write."}

WORDS = st.sampled_from(
    [
        "", "12 noon, 30 April 2027", "31 February 2027", "30 April", "2027-04-30T12:00:00Z", "/Date(9e99)/",
        "£500 to £5,000", "£1e999", "5 apples", "javascript:alert(1)", "https://stroud.gov.uk/x", "http://[", "\x00",
        "grants@stroud.gov.uk", "jo.smith@stroud.gov.uk", "<b>bold</b>", "\ud800", "grant", "x" * 7_000, "\u202e",
    ]
) | st.text(max_size=80)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*LONGEST, "vcse", "rolling"]), WORDS), st.booleans())
def test_whatever_is_typed_is_refused_with_a_sentence_or_becomes_a_notice(form: dict[str, str], good: bool) -> None:
    advert, problems = parse({**(GOOD if good else {}), **form}, now=NOW)
    assert all(words.endswith((".", "”")) for words in problems.values())
    if problems:
        return
    process, reading, unreadable = interpret(
        raw_of(document_of("20261123-1", advert, AREA, "stroud-district-council", NOW, NOW)),
        lambda raw: read(raw, AREA),
    )
    assert unreadable is None
    assert reading
    notice = decode(reading)
    assert (process, notice.effect, notice.title) == ("direct:20261123-1", Effect.OPEN, advert.title)
    assert notice.kind is Kind(advert.kind)
    assert notice.rolling or notice.closes_at


def test_the_form_is_read_as_it_was_meant() -> None:
    advert, problems = parse({**GOOD, "worth": "£500 to £5,000 for each group", "starts": "1 June 2027"}, now=NOW)
    assert problems == {}
    raw = raw_of(document_of("k", advert, AREA, "stroud-district-council", NOW, NOW))
    notice = read(raw, AREA)
    assert notice.value == Money(low=500.0, high=5000.0, currency="GBP")
    assert notice.closes_at == datetime(2027, 4, 30, 22, 59, 59, tzinfo=UTC)
    assert notice.starts_at == datetime(2027, 5, 31, 23, tzinfo=UTC)
    assert notice.description == "Warmth.\nHow much: £500 to £5,000 for each group"
    assert notice.buyers[0].ids == organisation(AREA, "stroud-district-council").ids


def test_every_date_needs_its_year() -> None:
    for name in DATES:
        _, problems = parse({**GOOD, name: "30 April"}, now=NOW)
        assert "with the year" in problems[name]


def test_a_closing_date_that_has_passed_may_stay_when_nothing_else_is_wrong() -> None:
    late = {**GOOD, "closes": "1 May 2026"}
    assert "closes" in parse(late, now=NOW)[1]
    assert parse(late, now=NOW, before=Advert(closes="1 May 2026"))[1] == {}


def test_an_empty_form_says_what_is_lacking_in_the_order_of_its_fields() -> None:
    assert list(parse({}, now=NOW)[1]) == ["title", "kind", "purpose", "closes", "how"]


@pytest.mark.parametrize("name", ["closes", "questions", "decision"])
@pytest.mark.parametrize(
    "vague",
    ["not before {}", "no earlier than {}", "after {}", "from {}", "around {}", "about {}", "approx {}", "approx. {}",
     "week beginning {}", "w/c {}", "provisional: {}", "{} (provisional)", "tbc {}", "{} TBC", "from {} onwards",
     "mid {}", "{} (to be confirmed)"],
)  # fmt: skip
def test_a_date_that_leaves_the_day_open_is_refused_and_never_read_as_that_day(name: str, vague: str) -> None:
    advert, problems = parse({**GOOD, name: vague.format("30 April 2027")}, now=NOW)
    assert "one day" in problems[name]
    assert moment(advert, name) is None


@pytest.mark.parametrize("said", ["30 April 2027", "12 noon on 30 April 2027", "by 5pm, Friday 30 April 2027",
                                  "no later than 30 April 2027", "midnight at the end of 30 April 2027"])  # fmt: skip
def test_a_plain_day_is_taken(said: str) -> None:
    assert parse({**GOOD, "closes": said}, now=NOW)[1] == {}


SAID = (
    "Charities and community groups can apply.",
    "Bidders must have public liability insurance of £5m.",
    "Applications will be scored on quality 70% and price 30%.",
    "Each group reports to us every quarter.",
    "Feedback will be given to all who apply.",
    "TUPE may apply. A glossary is attached.",
    "For further information contact the team.",
)


@pytest.mark.parametrize("field", ["purpose", "how"])
def test_the_short_form_and_a_pasted_draft_read_the_same_words_alike(field: str) -> None:
    words = "\n".join(SAID)
    advert, problems = parse({**GOOD, field: words}, now=NOW)
    assert problems == {}
    form, draft = notice_of(advert, "k", None, NOW), read_draft(f"Warm rooms fund\n\n{words}", NOW)
    for name in ("vcse_suitable", "minimum_requirements", "scoring", "quality_percent", "cost_percent", "monitoring",
                 "feedback", "tupe", "glossary", "contact", "eligibility"):  # fmt: skip
        assert getattr(draft, name), name
        assert getattr(form, name) == getattr(draft, name), name
