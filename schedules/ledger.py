"""When each job last finished: what makes a missed one run after a restart, without a pickled job store.

Where editions share an archive, what asks the same sources for the same is one job for all of them, and each time one
edition runs it; every other job is its edition's own.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from sqlite_utils import Database, Migrations

from tenderbell.archive import has_finished, open_archive
from tenderbell.clock import instant, stamp
from tenderbell.database import connect, migrate, run_statements, transaction
from tenderbell.edition import Job
from tenderbell.timetable import RETRY

TURN = RETRY + timedelta(minutes=2)
"""How long a job that another edition has begun is left to it: longer than that edition waits when it fails."""

migrations = Migrations("schedules")


@migrations()
def m001_job(db: Database) -> None:
    """Create the table of jobs, beside the harvest runs."""
    run_statements(
        db,
        """
        create table job (
            id text primary key,
            known_since text not null,
            finished_at text
        ) without rowid;
        """,
    )


@migrations()
def m002_turn(db: Database) -> None:
    """Add which edition has begun a job that several have."""
    run_statements(
        db,
        """
        create table turn (
            job text primary key,
            edition text not null,
            taken_at text not null
        ) without rowid;
        """,
    )


class Turn(Enum):
    """Whose a common job is: this edition's, another's that is at it, or nobody's since another has done it."""

    OURS = "ours"
    ANOTHERS = "another's"
    DONE = "done"


def is_rewalk(job: Job) -> bool:
    """Return whether a job collects again what an ordinary harvest has already passed."""
    return job.command[0] == "harvest" and "--since" in job.command


def can_wait(job: Job) -> bool:
    """Return whether a job that never ran waits for its time: what looks again at what was collected before."""
    return is_rewalk(job) or job.command[0] in ("reconcile", "probe", "upkeep")


class Ledger:
    """The memory of the scheduler, in `archive.db`. Opened for each call, so that nothing is held between jobs. `keys`
    are the names of jobs there, by their ids; those in `common` are jobs that other editions have as well."""

    def __init__(
        self,
        archive: Path,
        edition: str = "",
        keys: Mapping[str, str] = MappingProxyType({}),
        common: frozenset[str] = frozenset(),
    ) -> None:
        self.path, self.edition, self.keys, self.common = archive, edition, keys, common
        with closing(open_archive(archive)) as db:
            migrate(db, migrations)

    def _key(self, job: Job) -> str:
        return self.keys.get(job.id, job.id)

    def last(self, job: Job, now: datetime) -> datetime | None:
        """Return when a job last finished, None when never. A harvest that somebody ran by hand counts too.

        One that can wait counts, while it never ran, from when it was first planned: the first harvest has just been
        everywhere.
        """
        key = self._key(job)
        with closing(connect(self.path)) as db:
            with transaction(db):
                db.execute("insert or ignore into job (id, known_since) values (?, ?)", (key, stamp(now)))
            row = db.execute("select known_since, finished_at from job where id = ?", (key,)).fetchone()
            found = row["finished_at"] or (row["known_since"] if can_wait(job) else None)
            return max(filter(None, (instant(found), _last_harvest(db, job))), default=None)

    def finish(self, job: Job, now: datetime) -> None:
        """Record that a job has finished."""
        with closing(connect(self.path)) as db, transaction(db):
            db.execute(
                "insert into job (id, known_since, finished_at) values (?1, ?2, ?2) "
                "on conflict (id) do update set finished_at = excluded.finished_at",
                (self._key(job), stamp(now)),
            )

    def take(self, job: Job, due: datetime, now: datetime, *, is_going: bool) -> Turn:
        """Return whose a job is that was due at `due`, and if it is ours, note so. `is_going` when another process asks
        its sources now. One that another edition began and never ended is free again after `TURN`."""
        if job.id not in self.common:
            return Turn.OURS
        key = self._key(job)
        with closing(connect(self.path)) as db, transaction(db):
            other = db.execute(
                "select taken_at, (select finished_at from job where id = turn.job) as finished_at from turn "
                "where job = ? and edition <> ?",
                (key, self.edition),
            ).fetchone()
            if other and other["finished_at"] and other["finished_at"] >= stamp(due - TURN):
                return Turn.DONE
            if is_going or (other and other["taken_at"] > stamp(now - TURN)):
                return Turn.ANOTHERS
            db.execute(
                "insert or replace into turn (job, edition, taken_at) values (?, ?, ?)", (key, self.edition, stamp(now))
            )
            return Turn.OURS

    def has_harvested(self, source: str) -> bool:
        """Return whether a source was ever walked to its end."""
        with closing(connect(self.path, read_only=True)) as db:
            return has_finished(db, source)


def _last_harvest(db: sqlite3.Connection, job: Job) -> datetime | None:
    """Return when the one source of a plain harvest was last walked to its end."""
    if job.command[0] != "harvest" or len(job.command) != 2:
        return None
    row = db.execute(
        "select max(finished_at) from run where source = ? and sort <> 'reconciliation' and complete", job.command[1:]
    ).fetchone()
    return instant(row[0])
