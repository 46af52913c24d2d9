"""How well the sources are: what the status page and the honest line say of them."""

import sqlite3
from datetime import datetime

import msgspec

from tenderbell.criteria import Criteria
from tenderbell.edition import Edition
from tenderbell.health import is_believed
from tenderbell.notice import Record
from tenderbell.phrases import moment_words, plural
from tenderbell.search import search

NEVER = "never run"
FAILING = "failing"

_SILENCE = "If it is not here, it has probably not been advertised on these sites."


class SourceHealth(Record, frozen=True, omit_defaults=True):
    """One row of `public.db`'s `source` table."""

    id: str
    title: str
    state: str
    home: str | None = None
    licence: str | None = None
    since: datetime | None = None
    last_run: datetime | None = None
    last_success: datetime | None = None
    next_run: datetime | None = None
    notices: int = 0
    unreadable: int = 0
    message: str | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Return whether it answered lately enough for its silence to mean that there was nothing."""
        return is_believed(self.last_success, now)


class Status(Record, frozen=True, omit_defaults=True):
    """Everything that the status page shows."""

    sources: tuple[SourceHealth, ...]
    believed: str
    is_believed: bool
    opportunities: int
    open: int
    notices: int
    unreadable: int
    events: int


def source_healths(db: sqlite3.Connection, edition: Edition) -> tuple[SourceHealth, ...]:
    """Return the health of every source of the edition, in its order; one without a row has never run."""
    rows = {row["id"]: row for row in db.execute("select * from source")}
    configured = [source for source in edition.sources if source.enabled]
    known = [
        msgspec.convert(dict(rows[source.id]), SourceHealth, strict=False)
        if source.id in rows
        else SourceHealth(source.id, source.title, NEVER, home=source.home, licence=source.licence)
        for source in configured
    ]
    others = [
        msgspec.convert(dict(row), SourceHealth, strict=False)
        for id, row in rows.items()
        if id not in {source.id for source in edition.sources}
    ]
    return (*known, *others)


def honest_words(sources: tuple[SourceHealth, ...], now: datetime) -> str:
    """Return one line that says whether silence can be believed, naming up to three sources that cannot."""
    stale = [source for source in sources if not source.is_fresh(now)]
    if not sources:
        return "No source is set up yet, so nothing can be found here."
    if not stale:
        count = "The one source" if len(sources) == 1 else f"All {len(sources)} sources"
        return f"{count} answered when last checked. {_SILENCE}"
    return f"{len(sources) - len(stale)} of {plural(len(sources), 'source')} answered lately. {_stale_words(stale)}"


def _stale_words(stale: list[SourceHealth]) -> str:
    named = [_one_stale(source) for source in stale[:3]]
    more = f" Nor have {len(stale) - 3} more." if len(stale) > 3 else ""
    return f"{' '.join(named)}{more} An advert there may be missing here."


def _one_stale(source: SourceHealth) -> str:
    if source.last_success is None:
        return (
            f"{source.title} has not been checked yet."
            if source.last_run is None
            else f"{source.title} has not answered yet."
        )
    return f"{source.title} has not answered since {moment_words(source.last_success)}."


def status(db: sqlite3.Connection, edition: Edition, now: datetime) -> Status:
    """Return what the status page shows."""
    sources = source_healths(db, edition)
    return Status(
        sources=sources,
        believed=honest_words(sources, now),
        is_believed=bool(sources) and all(source.is_fresh(now) for source in sources),
        opportunities=_count(db, "opportunity"),
        open=open_count(db, now),
        notices=_count(db, "notice"),
        unreadable=sum(source.unreadable for source in sources),
        events=_count(db, "event"),
    )


def open_count(db: sqlite3.Connection, now: datetime) -> int:
    """Return how many opportunities are open at `now`."""
    return search(db, Criteria(stage=("open",)), now, limit=0).total


def _count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"select count(*) from {table}").fetchone()[0])
