"""What asking the live services has shown about the facts that the spiders rest on: kept in `archive.db`."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

import msgspec

from tenderbell.clock import stamp
from tenderbell.database import transaction

STILL_TRUE, CHANGED, NOT_ASKED = "still true", "changed", "could not be asked"


class Probed(msgspec.Struct, frozen=True):
    """One fact about a source, what asking about it has shown, and what was seen instead or why it could not be
    asked."""

    source: str
    fact: str
    verdict: str
    seen: str | None = None


def record(db: sqlite3.Connection, found: Iterable[Probed], now: datetime) -> None:
    """Keep what a probe has shown. What could not be asked does not replace what an earlier probe has seen."""
    with transaction(db):
        for one in found:
            db.execute(
                "insert into fact (source, fact, verdict, seen, asked_at) values (?, ?, ?, ?, ?) "
                "on conflict (source, fact) do update set verdict = excluded.verdict, seen = excluded.seen, "
                "asked_at = excluded.asked_at where excluded.verdict <> 'could not be asked' "
                "or fact.verdict = 'could not be asked'",
                (one.source, one.fact, one.verdict, one.seen, stamp(now)),
            )


def changed(db: sqlite3.Connection, source: str) -> list[str]:
    """Return a sentence for each fact about a source that was no longer true when it was last asked about."""
    rows = db.execute(
        "select fact, seen, asked_at from fact where source = ? and verdict = 'changed' order by fact", (source,)
    )
    return [f"No longer true: {row['fact']} Seen on {row['asked_at'][:10]}: {row['seen']}" for row in rows]
