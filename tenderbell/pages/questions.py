"""Six plain questions, and the search that their answers make. Nothing is kept: the answers are an address."""

import re
from collections.abc import Iterable
from urllib.parse import urlencode

from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.notice import Record
from tenderbell.themes import load_themes
from tenderbell.vocabulary import Frequency, Kind, Stage

Pairs = list[tuple[str, str]]

SIZES = {
    "10000": "Under £10,000 a year",
    "100000": "£10,000 to £100,000",
    "1000000": "£100,000 to £1 million",
    "more": "Over £1 million",
    "": "I would rather not say",
}
"""How much an organisation has in a year, by the largest piece of work that is not larger than itself."""

WANTED = {
    "both": "Both",
    "grants": "Grants and loans: money for what you do",
    "contracts": "Contracts: being paid to do a piece of work",
}
_KINDS = {
    "grants": (Kind.GRANT, Kind.LOAN, Kind.UNCLEAR),
    "contracts": (Kind.CONTRACT, Kind.FRAMEWORK, Kind.CONCESSION, Kind.DYNAMIC_MARKET, Kind.UNCLEAR),
}
"""What is not clear to be one or the other comes with either: it may be what is looked for."""

_EARLY = (Stage.ENGAGEMENT, Stage.PLANNED, Stage.OPEN)
_POUNDS = re.compile(r"£?\s*([0-9]{1,3}(?:,[0-9]{3})*|[0-9]{1,12})(?:\.[0-9]{1,2})?\s*([kKmM]?)")

NO_AMOUNT = "Please give an amount in pounds, like 25,000 or 25k, or leave it empty."


class Answers(Record, frozen=True):
    """The answers as they were given. `capacity` is the largest piece of work as typed, `size` a key of `SIZES`."""

    words: str = ""
    themes: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    size: str = ""
    capacity: str = ""
    want: str = "both"
    early: bool = True
    frequency: str = Frequency.WEEKLY


def answers_of(pairs: Iterable[tuple[str, str]], area: Area) -> Answers:
    """Return the answers in an address; what no form of ours sends is left out."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value.strip())
    last = {name: values[-1] for name, values in given.items()}
    themes, districts = {theme.id for theme in load_themes()}, {district.slug for district in area.districts}
    return Answers(
        words=Criteria.parse([("q", last.get("q", ""))]).q,
        themes=tuple(sorted(themes & set(given.get("theme", [])))),
        districts=tuple(sorted(districts & set(given.get("district", [])))),
        size=last.get("size", "") if last.get("size") in SIZES else "",
        capacity=last.get("capacity", "")[:30],
        want=last.get("want", "both") if last.get("want") in WANTED else "both",
        early=last.get("early") == "1" if "want" in last else True,
        frequency=last.get("frequency", "") if last.get("frequency") in set(Frequency) else Frequency.WEEKLY,
    )


def search_of(answers: Answers) -> Criteria:
    """Return the search that the answers make. Words and themes both narrow; what covers the whole county is found
    with each district (ruling 17)."""
    return Criteria(
        q=answers.words,
        kind=tuple(sorted(_KINDS.get(answers.want, ()))),
        stage=tuple(sorted(_EARLY)) if answers.early else (Stage.OPEN,),
        theme=answers.themes,
        district=answers.districts,
    )


def address_of(answers: Answers) -> str:
    """Return the address at which the answers' search can be tried and asked for. Raises ValueError for an amount that
    is none. Who names no largest piece of work is taken to manage one of a year's income."""
    pounds = pounds_of(answers.capacity)
    if pounds is None and answers.size.isdigit():
        pounds = int(answers.size)
    pairs: Pairs = search_of(answers).pairs(profile=True)
    pairs += [("frequency", answers.frequency)] if answers.frequency != Frequency.WEEKLY else []
    pairs += [("capacity", str(pounds))] if pounds else []
    return f"/alerts/new?{urlencode(pairs)}"


def pounds_of(text: str) -> int | None:
    """Return an amount as people type it ("£25,000", "25k") in whole pounds, None for an empty text. Raises
    ValueError with a message for the person."""
    if not text.strip():
        return None
    found = _POUNDS.fullmatch(text.strip())
    pounds = int(found[1].replace(",", "")) * {"": 1, "k": 1_000, "m": 1_000_000}[found[2].lower()] if found else 0
    if not 0 < pounds <= 1_000_000_000:
        raise ValueError(NO_AMOUNT)
    return pounds
