"""(c) Match: new opportunities x profiles, in a process of its own, beside one search for each profile.

A sample of profiles is also searched with `tenderbell.search`, and must have exactly the matches that it finds.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

from tenderbell.clock import stamp
from tenderbell.compiling.events import Happening
from tenderbell.compiling.writing import store, write_events
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.private import open_private
from tenderbell.public import open_public, read_public
from tenderbell.search import search
from tenderbell.settings import Settings
from tenderbell.vocabulary import EventType, Stage
from tests.bench.compiling import settings_in
from tests.bench.measuring import Figure, Sizes, at_most, median, run_child_for_json, say, seconds
from tests.bench.worlds import NOW, World, searches

LIVE = (Stage.OPEN, Stage.OPEN, Stage.OPEN, Stage.PLANNED, Stage.ENGAGEMENT)
SAMPLE = 200
TARGETS = {5_500: 0.5, 171_000: 5.0, 1_000_000: 30.0}
MOST_MEMORY = {171_000: 500.0}
"""Megabytes."""


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (c)."""
    settings = settings_in(folder / "data", "gloucestershire")
    publish(settings, sizes.new)
    found = [figure for count in sizes.profiles for figure in _matched(settings, sizes, folder, count)]
    return found + _hostile(settings, sizes, folder, max(sizes.profiles))


def publish(settings: Settings, count: int) -> None:
    """Write so many new, live opportunities with their events into `public.db`."""
    world = World(3)
    with closing(open_public(settings.public_path)) as db, transaction(db):
        for place in range(count):
            opportunity = world.opportunity(place, settings.area, LIVE)
            store(db, opportunity, settings.area, NOW)
            write_events(db, opportunity, [Happening(EventType.NEW)], NOW, silent=False)


def subscribe(settings: Settings, count: int) -> int:
    """Fill `private.db` with so many profiles of about two for each subscriber; return how many searches are
    distinct."""
    world = World(4)
    found = list(searches(world, settings.area, count))
    owner = 0
    with closing(open_private(settings.private_path)) as db, transaction(db):
        held: set[str] = set()
        for criteria in found:
            if not held or world.dice.random() < 0.5 or criteria in held:
                owner, held = _subscriber(db, owner + 1), set()
            held.add(criteria)
            _profile(db, owner, criteria, world.dice)
    return len(set(found))


def _subscriber(db: sqlite3.Connection, number: int) -> int:
    address = f"reader{number}@example.org"
    db.execute(
        "insert into subscriber (id, email, address, created_at) values (?, ?, ?, ?)",
        (number, address, address, stamp(NOW)),
    )
    return number


def _profile(db: sqlite3.Connection, owner: int, criteria: str, dice: Random) -> None:
    db.execute(
        "insert into profile (subscriber, name, criteria, frequency, watermark, created_at) values (?, ?, ?, ?, 0, ?)",
        (owner, criteria[:80] or "everything", criteria, dice.choice(("weekly", "weekly", "daily")), stamp(NOW)),
    )


def _matched(settings: Settings, sizes: Sizes, folder: Path, count: int) -> list[Figure]:
    say(f"(c) {count:,} profiles")
    for path in settings.data.glob("private.db*"):
        path.unlink()
    distinct = subscribe(settings, count)
    runs = [_match_copy(settings, folder) for _ in range(sizes.rounds)]
    sample = _sample(settings, count)
    with closing(read_public(settings.public_path)) as db:
        differing = _differing(db, folder, sample)
        each = seconds(lambda: [_search(db, criteria) for _, criteria in sample]) / len(sample)
    spent, what = median([run["seconds"] for run in runs]), f"{sizes.new:,} x {count:,}"
    cpu = median([run["cpu"] for run in runs])
    note = f"{distinct:,} distinct searches, {runs[0]['matches']:,} matches, {cpu:.2f} s of processor time"
    name, limit = f"match {what}", TARGETS.get(count)
    plain = Figure("c", name, spent, "s", note=note)
    return [
        at_most("c", name, spent, limit, "s", note) if limit else plain,
        Figure("c", f"one search a profile {what}", each * count, "s", note=f"from {len(sample)} profiles"),
        _memory(max(run["peak"] for run in runs), what, MOST_MEMORY.get(count)),
        at_most("c", f"profiles that differ from the search {what}", differing, 0, f"of {len(sample)}"),
    ]  # fmt: skip


def _memory(megabytes: float, what: str, limit: float | None) -> Figure:
    name = f"peak memory of the process {what}"
    return at_most("c", name, megabytes, limit, "MB") if limit else Figure("c", name, megabytes, "MB")


def _hostile(settings: Settings, sizes: Sizes, folder: Path, count: int) -> list[Figure]:
    """Match when so many profiles all ask for one word, which one opportunity or two have."""
    say(f"(c) {count:,} profiles of one word")
    for path in settings.data.glob("private.db*"):
        path.unlink()
    with closing(open_private(settings.private_path)) as db, transaction(db):
        for owner in range(1, count + 1):
            _subscriber(db, owner)
        db.execute(
            "insert into profile (subscriber, name, criteria, frequency, watermark, created_at) "
            "select id, 'one word', ?, 'weekly', 0, ? from subscriber order by id",
            (_rare_word(settings), stamp(NOW)),
        )
    run = _match_copy(settings, folder)
    note = f"{run['matches']:,} matches, {run['cpu']:.2f} s of processor time, {run['peak']:.0f} MB"
    return [Figure("c", f"match {sizes.new:,} x {count:,} of one word", run["seconds"], "s", note=note)]


def _rare_word(settings: Settings) -> str:
    """Return a search for a word that one or two of the opportunities have."""
    words = World(3).vocabulary.words
    with closing(read_public(settings.public_path)) as db:
        found = (f"q={word}" for word in reversed(words[: len(words) // 4]))
        return next(criteria for criteria in found if 1 <= len(_search(db, criteria)) <= 2)


def _match_copy(settings: Settings, folder: Path) -> dict[str, Any]:
    """Match in a fresh copy of the databases, which stays for the comparison until the next one."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(settings.data, copy)
    found: dict[str, Any] = run_child_for_json("tests.bench.matching_once", copy)
    return found


def _sample(settings: Settings, count: int) -> list[tuple[int, str]]:
    with closing(open_private(settings.private_path)) as db:
        ids = Random(5).sample(range(1, count + 1), min(SAMPLE, count))
        return [(id, db.execute("select criteria from profile where id = ?", (id,)).fetchone()[0]) for id in ids]


def _search(db: sqlite3.Connection, criteria: str) -> tuple[int, ...]:
    return search(db, Criteria.parse(criteria), NOW, limit=None).numbers


def _differing(public: sqlite3.Connection, folder: Path, sample: list[tuple[int, str]]) -> int:
    """Count the profiles whose matches are not what the site's search finds. What another profile of the same person
    told already may be left out of a second one (ruling 24)."""
    ids = dict(public.execute("select number, id from opportunity").fetchall())
    with closing(open_private(folder / "copy" / "private.db")) as db:
        return sum(not _agrees(db, id, {ids[n] for n in _search(public, criteria)}) for id, criteria in sample)


def _agrees(db: sqlite3.Connection, profile: int, expected: set[str]) -> bool:
    owner = db.execute("select subscriber from profile where id = ?", (profile,)).fetchone()[0]
    own = {row[0] for row in db.execute("select opportunity from match where profile = ?", (profile,))}
    told = {row[0] for row in db.execute("select opportunity from match where subscriber = ?", (owner,))}
    return own <= expected <= told
