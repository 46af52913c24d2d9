"""(d) Pages: list, search and opportunity at 8 clients on 100,000 opportunities.

Beside the site stand Datasette's own pages over the same file, and a bare Starlette handler that runs the very
statements that the site's page runs and fills a small template. *Kept* is one address asked again and again, which
the site answers from its kept pages; *varied* is many addresses with no kept pages at all.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from tenderbell.compiling.writing import store
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.pages.detail import detail
from tenderbell.pages.results import address, results
from tenderbell.public import open_public
from tenderbell.search import PAGE_SIZE, search
from tenderbell.settings import Settings
from tests.bench.compiling import settings_in
from tests.bench.loading import Load, client, load, wake
from tests.bench.measuring import Figure, Sizes, at_least, at_most, in_turn, median, say, serving
from tests.bench.worlds import NOW, World

PLACES = ("list", "rare word", "common word", "five filters", "opportunity")


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (d)."""
    settings = settings_in(folder / "data", "gloucestershire")
    say(f"(d) writing {sizes.opportunities:,} opportunities")
    fill(settings, sizes.opportunities)
    paths = addresses(settings, sizes)
    stock = _stock(settings, paths)
    recipes = folder / "recipes.json"
    recipes.write_text(json.dumps({"file": str(settings.public_path), "statements": _statements(settings, paths)}))
    own = {"TENDERBELL_DATA": settings.data, "TENDERBELL_EDITION": "gloucestershire", "TENDERBELL_NOW": NOW.isoformat()}
    with ExitStack() as stack:
        servers = {
            "kept": stack.enter_context(serving("tests.bench.serving_site", "site", **own)),
            "varied": stack.enter_context(serving("tests.bench.serving_site", "uncached", **own)),
            "bare": stack.enter_context(serving("tests.bench.serving_site", "bare", recipes)),
            "datasette": stack.enter_context(serving("tests.bench.serving_site", "datasette", settings.public_path)),
        }
        loads = {}
        for place in PLACES:
            say(f"(d) {place}")
            asked = {"kept": paths[place][:1], "varied": paths[place], "bare": paths[place], "datasette": stock[place]}
            loads[place] = _loads(sizes, servers, asked, folder)
    return [figure for place in PLACES for figure in _figures(place, loads[place])] + _word_figures(loads)


def fill(settings: Settings, count: int) -> None:
    """Write so many opportunities into `public.db`, oldest first."""
    world = World(6)
    with closing(open_public(settings.public_path)) as db:
        for start in range(0, count, 5_000):
            with transaction(db):
                for place in range(start, min(start + 5_000, count)):
                    store(db, world.opportunity(place, settings.area), settings.area, NOW)
        db.execute("pragma optimize")
        db.execute("pragma wal_checkpoint(truncate)")


def addresses(settings: Settings, sizes: Sizes) -> dict[str, list[str]]:
    """Return many addresses of each sort of page. Rare words have a full page of hits, as common ones have."""
    with closing(open_public(settings.public_path)) as db:
        rare = _rare_words(db, sizes.opportunities)
        ids = [row[0] for row in db.execute("select id from opportunity order by random() limit ?", (sizes.addresses,))]
        common = [f"q={word}&page={page}" for page in range(1, 5) for word in World(6).vocabulary.words[:15]]
        found = {
            "list": _existing(db, _lists()),
            "rare word": [f"/opportunities?q={word}" for word in rare],
            "common word": _existing(db, common),
            "five filters": [address(Criteria.parse(pairs)) for pairs in _five_filters(settings, sizes.addresses)],
            "opportunity": [f"/opportunities/{id}" for id in ids],
        }
    return {place: paths[: sizes.addresses] for place, paths in found.items()}


def _existing(db: sqlite3.Connection, queries: list[str]) -> list[str]:
    """Return the canonical addresses of searches whose page exists."""
    found = [Criteria.parse(query) for query in queries]
    reach = {one.having(): search(db, one.having(), NOW, limit=0).total for one in found}
    return [address(one) for one in found if one.page == 1 or (one.page - 1) * PAGE_SIZE < reach[one.having()]]


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


def _stock(settings: Settings, paths: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the addresses of Datasette's own nearest pages."""
    with closing(open_public(settings.public_path)) as db:
        numbers = [row[0] for row in db.execute("select number from opportunity order by random() limit 300")]
    words = {place: [path.partition("q=")[2] for path in paths[place]] for place in ("rare word", "common word")}
    columns = "&_col=id&_col=title&_col=buyer&_col=kind&_col=stage&_col=closes_at&_col=value&_col=summary"
    table = f"/public/opportunity?_size=20{columns}"
    five = "&kind=grant&stage=open&reach=local&closes_at__gt=2026-08"
    return {
        "list": [f"{table}&stage=open"],
        "rare word": [f"/public/opportunity_text?_size=20&_search={word}" for word in words["rare word"]],
        "common word": [f"/public/opportunity_text?_size=20&_search={word}" for word in words["common word"][:15]],
        "five filters": [f"{table}{five}&value__lte={100_000 + n}" for n in range(50)],
        "opportunity": [f"/public/opportunity/{number}" for number in numbers],
    }  # fmt: skip


class _Recorder(sqlite3.Connection):
    """A connection that keeps the statements it was given."""

    heard: list[tuple[str, list[Any]]]

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run a statement, and remember it."""
        self.heard.append((sql, list(parameters)))
        return super().execute(sql, parameters)


def _statements(settings: Settings, paths: dict[str, list[str]]) -> dict[str, list[tuple[str, list[Any]]]]:
    """Return what the site's pages ask of the database, by address."""
    found = {}
    with closing(sqlite3.connect(settings.public_path, factory=_Recorder)) as db:
        db.row_factory = sqlite3.Row
        for path in [path for group in paths.values() for path in group]:
            db.heard = []
            head, _, query = path.partition("?")
            if head == "/opportunities":
                results(db, Criteria.parse(query), settings.area, NOW)
            else:
                detail(db, head.rpartition("/")[2], settings.area, settings.edition, NOW)
            found[path] = db.heard
    return found


def _loads(
    sizes: Sizes, servers: dict[str, dict[str, Any]], asked: dict[str, list[str]], folder: Path
) -> dict[str, Load]:
    """Return the load that each server bore: the median of its rounds by requests a second."""
    runs = {
        name: lambda name=name: load(servers[name]["port"], asked[name], sizes.clients, sizes.seconds, folder)
        for name in servers
    }
    for name, server in servers.items():
        wake(server["port"], asked[name][:20])
    found = in_turn(sizes.rounds, runs)
    return {
        name: Load(*(median([getattr(one, field) for one in rounds]) for field in ("rate", "p50", "p95")))
        for name, rounds in found.items()
    }


def _figures(place: str, loads: dict[str, Load]) -> list[Figure]:
    figures = []
    for name, words in (("varied", "varied"), ("kept", "kept"), ("bare", "bare handler"), ("datasette", "Datasette")):
        one, ours = loads[name], name in ("varied", "kept")
        note = f"p50 {one.p50:.1f} ms, p95 {one.p95:.1f} ms, {client()}"
        figures.append(Figure("d", f"{place}, {words}", one.rate, "requests/s", note=note))
        figures += [at_most("d", f"{place}, {words}, p95", one.p95, 40, "ms")] if ours else []
    ratio = {name: loads[name].rate / loads["bare"].rate for name in ("varied", "kept")}
    return [
        *figures,
        at_least("d", f"{place}, varied / bare handler", ratio["varied"], 0.5),
        at_least("d", f"{place}, kept / bare handler", ratio["kept"], 0.5),
        Figure("d", f"{place}, varied / Datasette", loads["varied"].rate / loads["datasette"].rate, ""),
    ]


def _word_figures(loads: dict[str, dict[str, Load]]) -> list[Figure]:
    cost = {place: 1 / loads[place]["varied"].rate for place in ("rare word", "common word")}
    return [at_most("d", "a common word costs, in rare words", cost["common word"] / cost["rare word"], 1)]
