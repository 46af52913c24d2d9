"""Hand-written pairs of notices, that are one process and that are not, through the real compile: archived together,
compiled into one `public.db`, so that no pair may be joined with another pair's process either."""

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import pytest

from tenderbell.compiling import compile_archive
from tenderbell.notice import Lot, Money, Notice, Organisation
from tenderbell.public import open_public
from tenderbell.vocabulary import Effect
from tests.tenderbell.notices import keep, settings_in

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "joining"
LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Pair:
    """Two notices, what they are an example of, and whether they are one process."""

    name: str
    one: Notice
    other: Notice
    is_one: bool


def pairs(folder: Path = FOLDER) -> list[Pair]:
    """Return every hand-written pair."""
    return [
        Pair(
            table["name"],
            notice_from(table["name"], "one", table["one"]),
            notice_from(table["name"], "other", table["other"]),
            {"joined": True, "apart": False}[table["verdict"]],
        )
        for path in sorted(folder.glob("*.toml"))
        for table in tomllib.loads(path.read_text())["pair"]
    ]


def notice_from(pair: str, side: str, given: dict[str, Any]) -> Notice:
    """Return a notice from its table. One of the two official services gets a number, an ocid and a page of its own
    where the table states none, as every notice there has them."""
    given = dict(given)
    source = given.pop("source")
    key, ocid, link = given.pop("key", None), given.pop("ocid", None), given.pop("link", None)
    id = str(uuid5(NAMESPACE_URL, f"{pair}/{side}"))
    if source == "find-a-tender":
        key = key or f"{800_000 + int(id[:8], 16) % 100_000}-2026"
        ocid = ocid or f"ocds-h6vhtk-{id[-6:]}"
        link = link or f"https://www.find-tender.service.gov.uk/Notice/{key}"
    elif source == "contracts-finder":
        key = key or f"{id}-{int(id[:5], 16)}"
        ocid = ocid or f"ocds-b5fd17-{uuid5(NAMESPACE_URL, id)}"
        link = link or f"https://www.contractsfinder.service.gov.uk/Notice/{key[:36]}"
    buyers = given.pop("buyers", None) or [given.pop("buyer")]
    value = given.pop("value", None)
    notice = Notice(
        source=source,
        key=key or ocid or f"row-{id[:8]}",
        process=ocid or f"{source}:{key}",
        ocid=ocid,
        link=link,
        title=given.pop("title"),
        effect=Effect(given.pop("effect", "open")),
        published_at=moment(given.pop("published"), time(10)),
        closes_at=moment(given.pop("closes", None), time(12)),
        buyers=tuple(Organisation(name, roles=("buyer",)) for name in buyers),
        value=Money(gross=value, currency="GBP") if value else None,
        delivery_regions=("UKK13",),
        description=given.pop("description", None),
        references=tuple(given.pop("references", ())),
        also=tuple(given.pop("also", ())),
        related=tuple(given.pop("related", ())),
        lots=tuple(Lot(str(number), title) for number, title in enumerate(given.pop("lots", ()), 1)),
    )
    assert not given, f"{pair}: the table holds more than a notice has: {', '.join(given)}"
    return notice


def moment(given: date | datetime | None, hour: time) -> datetime | None:
    """Return an instant; a date alone is that hour in London."""
    if given is None or isinstance(given, datetime):
        return given
    return datetime.combine(given, hour, LONDON).astimezone(UTC)


@dataclass(frozen=True)
class Page:
    """A page: its id, the notices on it, and what was judged about any two processes, for the message of a failure."""

    id: str
    notices: frozenset[tuple[str, str]]
    judged: dict[frozenset[str], str]

    def about(self, pair: Pair) -> str:
        """Return what was judged about a pair."""
        return self.judged.get(frozenset((pair.one.process, pair.other.process)), "nothing speaks for it")


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Page]:
    """The page on which each notice stands, after all pairs were compiled together."""
    settings = settings_in(tmp_path_factory.mktemp("pairs"), NOW)
    keep(settings, *(notice for pair in pairs() for notice in (pair.one, pair.other)))
    compile_archive(settings)
    with closing(open_public(settings.public_path)) as public:
        rows = public.execute("select source, key, opportunity from notice").fetchall()
        evidence = public.execute("select a, b, bond, rule, evidence, score from bond").fetchall()
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["opportunity"], set()).add((row["source"], row["key"]))
    said = {frozenset((row["a"], row["b"])): f"{row['bond']}, {row['rule']}: {row['evidence']}" for row in evidence}
    return {name: Page(id, frozenset(names), said) for id, names in found.items() for name in names}


def names_of(pair: Pair) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the names of the two notices."""
    return (pair.one.source, pair.one.key), (pair.other.source, pair.other.key)


FTS, CF, PORTAL = "find-a-tender", "contracts-finder", "portal"
PORTALS = ("procontract-", "in-tend-", "atamis-", "eu-supply-", "jaggaer-")


def sort_of(source: str) -> str:
    """Return the service that publishes a notice, *portal* for any of the portals."""
    return PORTAL if source.startswith(PORTALS) else source


def is_between(one: str, other: str) -> Callable[[Pair], bool]:
    """Return whether a pair's notices come from these two sorts of source."""
    return lambda pair: {sort_of(pair.one.source), sort_of(pair.other.source)} == {one, other}


def does(one: Effect, other: Effect) -> Callable[[Pair], bool]:
    """Return whether a pair's first notice does the one thing and its second the other."""
    return lambda pair: (pair.one.effect, pair.other.effect) == (one, other)


def has_another_title(pair: Pair) -> bool:
    """Return whether the titles differ in more than capitals and punctuation."""
    one, other = (re.sub(r"\W+", " ", notice.title or "").casefold().strip() for notice in (pair.one, pair.other))
    return one != other


CATEGORIES: dict[str, tuple[Callable[[Pair], bool], int]] = {
    "FTS-CF": (is_between(FTS, CF), 25),
    "FTS-portal": (is_between(FTS, PORTAL), 8),
    "CF-portal": (is_between(CF, PORTAL), 10),
    "re-issued award": (does(Effect.AWARD, Effect.AWARD), 3),
    "changed title": (has_another_title, 25),
    "UK2 to UK4": (does(Effect.ENGAGE, Effect.OPEN), 4),
}
"""The sorts of pairs that the issue asks for: how to tell one, and how many there are at least."""


def test_there_are_enough_pairs_and_each_says_something_else() -> None:
    found = pairs()
    counted = Counter(pair.is_one for pair in found)
    assert counted[True] >= 70
    assert counted[False] >= 60
    assert len({pair.name for pair in found}) == len(found)
    assert len({notice.process for pair in found for notice in (pair.one, pair.other)}) == 2 * len(found)


@pytest.mark.parametrize("category", CATEGORIES)
def test_there_are_enough_pairs_of_each_sort_that_are_one_process(category: str) -> None:
    belongs, least = CATEGORIES[category]
    assert len([pair for pair in pairs() if pair.is_one and belongs(pair)]) >= least


@pytest.mark.parametrize("pair", [pair for pair in pairs() if pair.is_one], ids=lambda pair: pair.name)
def test_a_process_seen_twice_has_one_page_with_both(pair: Pair, standing: dict[tuple[str, str], Page]) -> None:
    one, other = names_of(pair)
    assert standing[one].id == standing[other].id, standing[one].about(pair)
    assert standing[one].notices == {one, other}, "another pair's process stands on the page too"


@pytest.mark.parametrize("pair", [pair for pair in pairs() if not pair.is_one], ids=lambda pair: pair.name)
def test_two_processes_have_two_pages(pair: Pair, standing: dict[tuple[str, str], Page]) -> None:
    one, other = names_of(pair)
    assert standing[one].id != standing[other].id, standing[one].about(pair)
    assert standing[one].notices == {one}
    assert standing[other].notices == {other}
