"""What asking the live services has shown about the facts that the spiders rest on: kept in `archive.db`."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from tenderbell.clock import stamp, uk
from tenderbell.database import transaction

STILL_TRUE, CHANGED, NOT_ASKED = "still true", "changed", "could not be asked"


class Probed(msgspec.Struct, frozen=True):
    """One fact about a source, what asking about it has shown, and what was seen instead or why it could not be
    asked."""

    source: str
    fact: str
    verdict: str
    seen: str | None = None


def record(db: sqlite3.Connection, found: Sequence[Probed], now: datetime, *, sources: Iterable[str] = ()) -> None:
    """Keep what a probe has shown of its facts, and forget every other fact about the same sources and about those of
    `sources` that have none: their spiders no longer rest on it. What could not be asked does not replace what an
    earlier probe has seen."""
    with transaction(db):
        for source in {*sources, *(one.source for one in found)}:
            _forget_others(db, source, [one.fact for one in found if one.source == source])
        for one in found:
            db.execute(
                "insert into fact (source, fact, verdict, seen, asked_at) values (?1, ?2, ?3, ?4, ?5) "
                "on conflict (source, fact) do update set verdict = excluded.verdict, seen = excluded.seen, "
                "asked_at = excluded.asked_at where excluded.verdict <> ?6 or fact.verdict = ?6",
                (one.source, one.fact, one.verdict, one.seen, stamp(now), NOT_ASKED),
            )


def _forget_others(db: sqlite3.Connection, source: str, facts: Sequence[str]) -> None:
    kept = ", ".join("?" * len(facts))
    db.execute(f"delete from fact where source = ? and fact not in ({kept})", (source, *facts))


def changed(db: sqlite3.Connection, source: str) -> list[str]:
    """Return a sentence for each fact about a source that was no longer true when it was last asked about."""
    rows = db.execute(
        "select fact, seen, asked_at from fact where source = ? and verdict = ? order by fact", (source, CHANGED)
    )
    return [f"No longer true: {row['fact']} Seen on {_day(row['asked_at'])}: {row['seen']}" for row in rows]


def _day(at: str) -> str:
    local = uk(datetime.fromisoformat(at))
    return f"{local.day} {local:%B %Y}"
