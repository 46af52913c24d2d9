"""Generators for property tests: criteria as people and their enemies type them, opportunities of every sort."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tenderbell.criteria import FIELDS, Criteria
from tenderbell.notice import Lot, Organisation, Subject
from tenderbell.opportunity import Opportunity
from tenderbell.vocabulary import Kind, Reach, Stage

NOW = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)

_WORDS = (
    "carer", "carers", "caring", "young", "youth", "hall", "halls", "roof", "SEND", "send", "CAMHS", "CAMHs", "camhs",
    "Café", "cafe", "children’s", "children's", "childrens", "self-help", "A417", "2026", "Ty", "Tŷ", "OR", "AND",
    "NOT", "NEAR", "ß", "İstanbul", "学校", "naïve", "x", "of", "the",
)  # fmt: skip
_DISTRICTS = ("stroud", "cotswold", "gloucester")
_THEMES = ("children-and-young-people", "housing-and-homelessness", "sport-and-physical-activity")
_CODES = ("85312000", "85311300", "80310000", "45261900", "98133000")
_SOURCES = ("find-a-tender", "stroud-grants")
_BUYERS = ("Example Council", "Stroud District Council", "The Vale Trust")
_DAYS = st.dates(date(2026, 10, 1), date(2026, 12, 31))

words = st.sampled_from(_WORDS)


def _joined(pieces: list[str]) -> str:
    return " ".join(pieces)


texts = st.lists(words, min_size=1, max_size=8).map(_joined)
"""What a notice says."""

_typed_piece = st.one_of(
    words,
    words.map(lambda word: f"-{word}"),
    st.lists(words, min_size=1, max_size=3).map(lambda found: f'"{_joined(found)}"'),
    st.lists(words, min_size=1, max_size=2).map(lambda found: f'-"{_joined(found)}"'),
    st.just("OR"),
    st.sampled_from(
        ['"', "-", "*", "carers*", "title:carers", "(", "NEAR(a b)", "'; drop table event; --", "£", "^", "{"]
    ),
)
typed = st.one_of(st.lists(_typed_piece, max_size=6).map(_joined), st.text(max_size=20))
"""What somebody types into the search box."""


def _value_of(field: str) -> st.SearchStrategy[str]:
    known: dict[str, st.SearchStrategy[str]] = {
        "q": typed,
        "kind": st.sampled_from([*Kind, "nonsense"]),
        "stage": st.sampled_from([*Stage, "nonsense"]),
        "theme": st.sampled_from([*_THEMES, "nonsense"]),
        "cpv": st.sampled_from([*_CODES, "85", "8531", "85312000-6", "85300000", "00", "x'"]),
        "buyer": st.sampled_from(["example-council", "stroud-district-council", "nobody"]),
        "reach": st.sampled_from([*Reach, "nonsense"]),
        "district": st.sampled_from([*_DISTRICTS, "E07000082", "nowhere"]),
        "value_min": st.sampled_from(["0", "1000", "£1,000", "1k", "1m", "-1", "lots"]),
        "value_max": st.sampled_from(["0", "1000", "£50,000", "50k", "1e9", "inf"]),
        "value": st.sampled_from(["unknown", "known"]),
        "closes_after": st.one_of(_DAYS.map(str), st.sampled_from(["2026-02-31", "soon"])),
        "closes_before": st.one_of(_DAYS.map(str), st.sampled_from(["9999-12-31", "0001-01-01", ""])),
        "notice_days_min": st.sampled_from(["0", "14", "30", "x"]),
        "vcse": st.sampled_from(["1", "0"]),
        "source": st.sampled_from([*_SOURCES, "nowhere"]),
        "sort": st.sampled_from(["newest", "closing", "value", "best", "worst"]),
        "page": st.sampled_from(["1", "2", "0", "x"]),
    }
    return known[field]


_pairs = st.sampled_from(FIELDS).flatmap(lambda field: st.tuples(st.just(field), _value_of(field)))
criteria = st.lists(_pairs, max_size=5).map(Criteria.parse)
"""Searches of every sort, hostile and meaningless ones too; most have a few fields only, so that many match."""

_moments = st.one_of(
    st.none(),
    st.just(NOW),
    st.integers(-40, 40).map(lambda days: NOW + timedelta(days=days)),
    _DAYS.map(lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC)),
)


@st.composite
def opportunities(draw: st.DrawFn, id: str, number: int) -> Opportunity:
    """Return an opportunity with every field that a search may ask for."""
    buyer = draw(st.one_of(st.none(), st.sampled_from(_BUYERS)))
    facts: dict[str, Any] = {
        "title": draw(texts),
        "description": draw(st.one_of(st.none(), texts)),
        "source": _SOURCES[0],
        "sources": tuple(draw(st.sets(st.sampled_from(_SOURCES), min_size=1))),
        "buyer": buyer,
        "buyers": (Organisation(name=buyer),) if buyer else (),
        "kind": draw(st.sampled_from(Kind)),
        "stage": draw(st.sampled_from([Stage.OPEN, *Stage])),
        "reach": draw(st.sampled_from(Reach)),
        "districts": tuple(sorted(draw(st.sets(st.sampled_from(_DISTRICTS))))),
        "themes": tuple(sorted(draw(st.sets(st.sampled_from(_THEMES))))),
        "subjects": tuple(Subject(code) for code in draw(st.lists(st.sampled_from(_CODES), max_size=2, unique=True))),
        "lots": tuple(Lot(str(place), title=text) for place, text in enumerate(draw(st.lists(texts, max_size=2)))),
        "closes_at": draw(_moments),
        "value": draw(st.one_of(st.none(), st.sampled_from([0.0, 999.99, 1000.0, 50_000.0, 2e6]))),
        "notice_days": draw(st.one_of(st.none(), st.integers(0, 60))),
        "vcse_suitable": draw(st.sampled_from([None, True, False])),
        "reserved_vcse": draw(st.booleans()),
        "notices": (f"{number:06}-2026",),
    }
    return Opportunity(id=id, number=number, **facts)


def collections(most: int = 8) -> st.SearchStrategy[list[Opportunity]]:
    """Return lists of opportunities with the numbers 1, 2, 3..."""
    return st.integers(1, most).flatmap(
        lambda count: st.tuples(*(opportunities(f"opp-{number}", number) for number in range(1, count + 1))).map(list)
    )
