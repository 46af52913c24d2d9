"""How well the sources are: what the status page and the honest line say of them."""

import sqlite3
from datetime import datetime

import msgspec

from tenderbell import health
from tenderbell.clock import instant
from tenderbell.criteria import Criteria
from tenderbell.edition import Edition
from tenderbell.health import DEGRADED, NEVER_RUN, Standing
from tenderbell.health import FAILING as FAILING
from tenderbell.notice import Record
from tenderbell.reconciliations import Reconciliation
from tenderbell.runs import LastRun, unfolded
from tenderbell.search import search
from tenderbell.silences import Silence, silences


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
    run: LastRun | None = None
    reconciled: Reconciliation | None = None

    @property
    def standing(self) -> Standing:
        """What the sentence about silence needs to know of it."""
        return Standing(self.title, self.state, self.last_run, self.last_success)

    @property
    def state_words(self) -> str:
        """The state as the page says it."""
        return "Never run live" if self.state == NEVER_RUN else self.state.capitalize()

    @property
    def is_doubtful(self) -> bool:
        """Whether the state wants to be noticed."""
        return self.state in (DEGRADED, FAILING)

    @property
    def reconciled_at(self) -> datetime | None:
        """When it was last compared with its own list."""
        return instant(self.reconciled.at) if self.reconciled else None


class Unwatched(Record, frozen=True):
    """A source that the edition knows and does not watch."""

    id: str
    title: str
    home: str | None


class Status(Record, frozen=True, omit_defaults=True):
    """Everything that the status page shows."""

    sources: tuple[SourceHealth, ...]
    unwatched: tuple[Unwatched, ...]
    unwatched_words: str
    silences: tuple[Silence, ...]
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
        _health(rows[source.id])
        if source.id in rows
        else SourceHealth(source.id, source.title, NEVER_RUN, home=source.home, licence=source.licence)
        for source in configured
    ]
    others = [_health(row) for id, row in rows.items() if id not in {source.id for source in edition.sources}]
    return (*known, *others)


def _health(row: sqlite3.Row) -> SourceHealth:
    flat = dict(row)
    return msgspec.convert({**flat, **msgspec.structs.asdict(unfolded(flat))}, SourceHealth, strict=False)


def unwatched(edition: Edition) -> tuple[Unwatched, ...]:
    """Return the sources that are switched off, so that nobody takes them for watched."""
    return tuple(
        Unwatched(source.id, source.title, source.home or source.url)
        for source in edition.sources
        if not source.enabled
    )


def honest_words(sources: tuple[SourceHealth, ...], now: datetime, unwatched: int = 0) -> str:
    """Return one sentence that says whether silence can be believed, and how many places are `unwatched`."""
    return health.silence_words([source.standing for source in sources], now, unwatched)


def status(db: sqlite3.Connection, edition: Edition, now: datetime) -> Status:
    """Return what the status page shows."""
    sources, off = source_healths(db, edition), unwatched(edition)
    standings = [source.standing for source in sources]
    return Status(
        sources=sources,
        unwatched=off,
        unwatched_words=health.unwatched_words(standings, len(off)),
        silences=tuple(silences(db, now)),
        believed=health.silence_words(standings, now),
        is_believed=health.is_silence_believed(standings, now),
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
