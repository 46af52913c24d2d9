"""How well the sources are: what the status page and the honest line say of them."""

import sqlite3
from datetime import datetime

import msgspec

from tenderbell import health
from tenderbell.compiling.silences import Silence, silences
from tenderbell.criteria import Criteria
from tenderbell.edition import Edition
from tenderbell.health import DEGRADED, NEVER_RUN, Standing
from tenderbell.health import FAILING as FAILING
from tenderbell.notice import Record
from tenderbell.phrases import plural
from tenderbell.search import search


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
    last_run_requests: int | None = None
    last_run_bytes: int | None = None
    last_run_listed: int | None = None
    last_run_new: int | None = None
    last_run_changed: int | None = None
    last_run_unreadable: int | None = None
    reconciled_at: datetime | None = None
    reconciled_compared: int | None = None
    reconciled_missing: int | None = None
    reconciled_fetched: int | None = None
    reconciled_absent: int | None = None

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
    def last_run_words(self) -> str | None:
        """What the last run did: "120 listed, 3 new, 1 changed, in 6 requests and 1.2 MB"."""
        if self.last_run_requests is None:
            return None
        counts = [f"{self.last_run_listed or 0:,} listed", f"{self.last_run_new or 0:,} new"]
        counts += [f"{self.last_run_changed:,} changed"] if self.last_run_changed else []
        counts += [f"{self.last_run_unreadable:,} unreadable"] if self.last_run_unreadable else []
        requests, size = plural(self.last_run_requests, "request"), size_words(self.last_run_bytes or 0)
        return f"{', '.join(counts)}, in {requests} and {size}"

    @property
    def reconciled_words(self) -> str | None:
        """What the last comparison with the source's own list showed, None when there was none."""
        if self.reconciled_at is None:
            return None
        if not self.reconciled_missing:
            return f"{plural(self.reconciled_compared or 0, 'notice')} compared, none missing"
        rest = self.reconciled_missing - (self.reconciled_fetched or 0) - (self.reconciled_absent or 0)
        return (
            f"{plural(self.reconciled_compared or 0, 'notice')} compared, {self.reconciled_missing:,} missing: "
            f"{self.reconciled_fetched or 0:,} fetched, {self.reconciled_absent or 0:,} withdrawn or never published, "
            f"{rest:,} still missing"
        )


class Unwatched(Record, frozen=True):
    """A source that the edition knows and does not watch."""

    id: str
    title: str
    home: str | None


class Status(Record, frozen=True, omit_defaults=True):
    """Everything that the status page shows."""

    sources: tuple[SourceHealth, ...]
    unwatched: tuple[Unwatched, ...]
    silences: tuple[Silence, ...]
    believed: str
    is_believed: bool
    opportunities: int
    open: int
    notices: int
    unreadable: int
    events: int


def size_words(size: int) -> str:
    """Return an amount of data as people say it: "12 kB", "1.2 MB"."""
    return f"{size / 1_000_000:,.1f} MB" if size >= 1_000_000 else f"{-(-size // 1000):,} kB"


def source_healths(db: sqlite3.Connection, edition: Edition) -> tuple[SourceHealth, ...]:
    """Return the health of every source of the edition, in its order; one without a row has never run."""
    rows = {row["id"]: row for row in db.execute("select * from source")}
    configured = [source for source in edition.sources if source.enabled]
    known = [
        msgspec.convert(dict(rows[source.id]), SourceHealth, strict=False)
        if source.id in rows
        else SourceHealth(source.id, source.title, NEVER_RUN, home=source.home, licence=source.licence)
        for source in configured
    ]
    others = [
        msgspec.convert(dict(row), SourceHealth, strict=False)
        for id, row in rows.items()
        if id not in {source.id for source in edition.sources}
    ]
    return (*known, *others)


def unwatched(edition: Edition) -> tuple[Unwatched, ...]:
    """Return the sources that are switched off, so that nobody takes them for watched."""
    return tuple(
        Unwatched(source.id, source.title, source.home or source.url)
        for source in edition.sources
        if not source.enabled
    )


def honest_words(sources: tuple[SourceHealth, ...], now: datetime) -> str:
    """Return one sentence that says whether silence can be believed."""
    return health.silence_words([source.standing for source in sources], now)


def status(db: sqlite3.Connection, edition: Edition, now: datetime) -> Status:
    """Return what the status page shows."""
    sources = source_healths(db, edition)
    standings = [source.standing for source in sources]
    return Status(
        sources=sources,
        unwatched=unwatched(edition),
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
