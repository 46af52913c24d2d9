"""(j) Backtest: what 90 days of a national site would have sent for one search, told before anybody signs up.

So many of the newest opportunities as a national source publishes in 90 days came in them, one after another; some of
them changed since. Searches are those of part (c), and besides nothing at all, which finds everything.
"""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

from alerts.backtest import backtest
from tenderbell.area import load_area
from tenderbell.clock import stamp
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.public import open_public, read_public
from tests.bench.compiling import settings_in
from tests.bench.measuring import Figure, Sizes, at_most, median, say, wall_and_cpu
from tests.bench.pages import fill
from tests.bench.worlds import NOW, World, searches

DAYS = 90
SHARE = 0.4
"""How much of the world is new in the 90 days: of 100,000, about 450 a day, as Find a Tender has."""

ASKED = 60
MOST = 0.2
"""Seconds (issue 5)."""


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (j)."""
    settings = settings_in(folder / "data", "gloucestershire")
    say(f"(j) writing {sizes.opportunities:,} opportunities")
    fill(settings, sizes.opportunities)
    with closing(open_public(settings.public_path)) as db, transaction(db):
        events = _write_events(db)
    area = load_area("gloucestershire")
    asked = list(dict.fromkeys(searches(World(8), area, ASKED)))
    with closing(read_public(settings.public_path)) as db:
        spent = {criteria: _seconds(db, criteria, sizes.rounds) for criteria in ("", *asked)}
        found = len(backtest(db, Criteria.parse(""), NOW).told)
    slowest = max(spent[criteria] for criteria in asked)
    what = f"{sizes.opportunities:,} opportunities, {events:,} events"
    return [
        Figure("j", "backtest of 90 days, median", median(list(spent.values())) * 1000, "ms", note=what),
        at_most("j", "backtest of 90 days, slowest", slowest * 1000, MOST * 1000, "ms", f"of {len(asked)} searches"),
        at_most("j", "backtest of 90 days, everything", spent[""] * 1000, MOST * 1000, "ms", "an empty search"),
        Figure("j", "opportunities told by the empty search", found, "opportunities"),
    ]


def _seconds(db: sqlite3.Connection, criteria: str, rounds: int) -> float:
    asked = Criteria.parse(criteria)
    return median([wall_and_cpu(lambda: backtest(db, asked, NOW))[0] for _ in range(rounds)])


def _write_events(db: sqlite3.Connection) -> int:
    """Write when each opportunity was noticed, the newest of them in the 90 days, and what changed since."""
    dice = Random(9)
    rows = db.execute("select id, stage, closes_at from opportunity order by number").fetchall()
    first = int(len(rows) * (1 - SHARE))
    found: list[tuple[str, str, str, int, str | None, str | None]] = []
    for place, row in enumerate(rows):
        ago = DAYS * (len(rows) - place) / (len(rows) - first)
        noticed = stamp(NOW - timedelta(days=ago))
        found.append((row["id"], "new", noticed, 0, None, None))
        if row["stage"] in ("awarded", "cancelled"):
            found.append((row["id"], row["stage"], stamp(NOW - timedelta(days=ago / 3)), 0, "open", row["stage"]))
        elif row["closes_at"] and dice.random() < 0.2:
            found.append((row["id"], "deadline", stamp(NOW - timedelta(days=ago / 2)), 0, noticed, row["closes_at"]))
    found.sort(key=lambda event: event[2])
    db.executemany(
        "insert into event (opportunity, type, at, noticed_at, silent, old, new) values (?, ?, ?3, ?3, ?, ?, ?)",
        found,
    )
    return len(found)
