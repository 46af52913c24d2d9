"""What is asked of the site and of the servers beside it: addresses by sort of page, and the statements behind them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

from tenderbell.criteria import Criteria
from tenderbell.looking import tally
from tenderbell.pages.results import LAST_PAGE, address
from tenderbell.pages.views import route_of
from tenderbell.pages.website import Website
from tenderbell.public import read_public
from tenderbell.search import PAGE_SIZE
from tenderbell.settings import Settings
from tests.bench.worlds import NOW, World

SEARCHES = ("list", "rare word", "common word", "five filters")
PLACES = ("home", *SEARCHES, "opportunity", "buyer", "report", "check")
"""The sorts of pages that are measured."""

LED_BY_WORDS = ("rare word", "common word")


def addresses(settings: Settings, count: int, most: int) -> dict[str, list[str]]:
    """Return at most `most` addresses of each sort of page in a world of `count` opportunities. Rare words have a full
    page of hits, as common ones have."""
    with closing(read_public(settings.public_path)) as db:
        ids, buyers = _some(db, "opportunity", most), _some(db, "buyer", most)
        common = [f"q={word}&page={page}" for page in range(1, 5) for word in World(6).vocabulary.words[:15]]
        found = {
            "home": ["/"],
            "list": _existing(db, _lists()),
            "rare word": [f"/opportunities?q={word}" for word in _rare_words(db, count)],
            "common word": _existing(db, common),
            "five filters": [address(Criteria.parse(pairs)) for pairs in _five_filters(settings, most)],
            "opportunity": [f"/opportunities/{id}" for id in ids],
            "buyer": [f"/buyers/{quote(id)}" for id in buyers],
            "report": [f"/report/{year}" for year in (NOW.year, NOW.year - 1)],
            "check": [f"/check?q={quote(id)}" for id in ids],
        }
    return {place: paths[:most] for place, paths in found.items()}


def _some(db: sqlite3.Connection, table: str, most: int) -> list[str]:
    # Every so many rows: putting a million into a random order would take longer than all that is measured.
    step = max(1, int(db.execute(f"select count(*) from {table}").fetchone()[0]) // most)
    rows = db.execute(f"select id from {table} order by {'number' if table == 'opportunity' else 'id'}")
    return [row[0] for place, row in enumerate(rows) if place % step == 0][:most]


def _existing(db: sqlite3.Connection, queries: list[str]) -> list[str]:
    """Return the canonical addresses of searches whose page exists."""
    found = [Criteria.parse(query) for query in queries]
    held = {one.having(): tally(db, one.having(), NOW) for one in found}
    return [address(one) for one in found if _has(held[one.having()].total, held[one.having()].more, one.page)]


def _has(total: int, more: bool, page: int) -> bool:
    return page == 1 or (page - 1) * PAGE_SIZE < total or (more and page < LAST_PAGE)


def _rare_words(db: sqlite3.Connection, count: int) -> list[str]:
    """Return words that 20 to 200 of 100,000 opportunities have, the rarest of a smaller world."""
    words = World(6).vocabulary.words[:200:-7]
    hits = {word: _hits(db, word) for word in words}
    enough = [word for word in words if 20 <= hits[word] <= max(60, count // 500)]
    return enough or sorted(words, key=lambda word: hits[word])[-10:]


def _hits(db: sqlite3.Connection, word: str) -> int:
    sql = "select count(*) from opportunity_fts where opportunity_fts match ?"
    return int(db.execute(sql, (f'"{word}"',)).fetchone()[0])


def _lists() -> list[str]:
    """Return lists as links of the site make them: the newest, by kind, by reach, closing soon, further pages."""
    filters = ("stage=open", "kind=contract", "kind=grant", "reach=local", "kind=contract&stage=open", "reach=national")
    sorts = ("", "&sort=closing", "&sort=value")
    return [f"{a}{b}&page={page}" for page in range(1, 18) for b in sorts for a in filters]


def _five_filters(settings: Settings, count: int) -> Iterator[list[tuple[str, str]]]:
    """Yield searches with five filters."""
    world = World(8)
    districts = [district.slug for district in settings.area.districts]
    for _ in range(count):
        yield [
            ("kind", world.dice.choice(("contract", "grant"))),
            ("stage", "open"),
            ("theme", world.dice.choice(world.themes)),
            ("district", world.dice.choice(districts)),
            ("value_max", str(world.dice.randrange(1_000, 5_000) * 100)),
        ]


def stock_addresses(settings: Settings, paths: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the addresses of Datasette's own nearest pages, for the places that have some."""
    with closing(read_public(settings.public_path)) as db:
        newest = db.execute("select number from opportunity order by number desc limit 300")
        numbers = [row[0] for row in newest]
    words = {place: [path.partition("q=")[2] for path in paths[place]] for place in LED_BY_WORDS}
    columns = "&_col=id&_col=title&_col=buyer&_col=kind&_col=stage&_col=closes_at&_col=value&_col=summary"
    table = f"/public/opportunity?_size=20{columns}"
    five = "&kind=grant&stage=open&reach=local&closes_at__gt=2026-08"
    buyers = [path.rpartition("/")[2] for path in paths["buyer"]]
    return {
        "home": [f"{table}&stage=open&_sort=closes_at"],
        "list": [f"{table}&stage=open"],
        "rare word": [f"/public/opportunity_text?_size=20&_search={word}" for word in words["rare word"]],
        "common word": [f"/public/opportunity_text?_size=20&_search={word}" for word in words["common word"][:15]],
        "five filters": [f"{table}{five}&value__lte={100_000 + n}" for n in range(50)],
        "opportunity": [f"/public/opportunity/{number}" for number in numbers],
        "buyer": [f"{table}&buyer_id={buyer}" for buyer in buyers],
    }  # fmt: skip


class _Recording(sqlite3.Cursor):
    """A cursor that tells its connection what it was given."""

    def execute(self, sql: str, parameters: Any = ()) -> "_Recording":
        """Run a statement, and remember it."""
        self.connection.heard.append((sql, list(parameters)))  # type: ignore[attr-defined]
        super().execute(sql, parameters)
        return self


class _Recorder(sqlite3.Connection):
    """A connection that keeps the statements it was given."""

    heard: list[tuple[str, list[Any]]]

    def cursor(self, *_: Any) -> Any:
        """Return a cursor that remembers."""
        found = _Recording(self)
        found.row_factory = self.row_factory
        return found

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        """Run a statement, and remember it."""
        return self.cursor().execute(sql, parameters)


def statements(settings: Settings, paths: list[str]) -> dict[str, list[tuple[str, list[Any]]]]:
    """Return what the site's pages ask of the database, by address; none for pages of forms."""
    found, site = {}, Website(settings)
    with closing(sqlite3.connect(settings.public_path, factory=_Recorder)) as db:
        db.row_factory = sqlite3.Row
        for path in paths:
            head, _, query = path.partition("?")
            route = route_of(head)
            caught = route.pattern.fullmatch(head) if route else None
            if route and caught:
                db.heard = []
                route.view(site, db, caught[1] if route.pattern.groups else "", query)
                found[path] = db.heard
    return found
