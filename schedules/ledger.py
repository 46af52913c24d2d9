"""When each job last finished: what makes a missed one run after a restart, without a pickled job store."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database, Migrations

from tenderbell.archive import has_finished, open_archive
from tenderbell.clock import instant, stamp
from tenderbell.database import connect, migrate, run_statements, transaction
from tenderbell.edition import Job

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


def is_rewalk(job: Job) -> bool:
    """Return whether a job collects again what an ordinary harvest has already passed."""
    return job.command[0] == "harvest" and "--since" in job.command


def can_wait(job: Job) -> bool:
    """Return whether a job that never ran waits for its time: what looks again at what was collected before."""
    return is_rewalk(job) or job.command[0] in ("reconcile", "probe")


class Ledger:
    """The memory of the scheduler, in `archive.db`. Opened for each call, so that nothing is held between jobs."""

    def __init__(self, archive: Path) -> None:
        self.path = archive
        with closing(open_archive(archive)) as db:
            migrate(db, migrations)

    def last(self, job: Job, now: datetime) -> datetime | None:
        """Return when a job last finished, None when never. A harvest that somebody ran by hand counts too.

        One that can wait counts, while it never ran, from when it was first planned: the first harvest has just been
        everywhere.
        """
        with closing(connect(self.path)) as db:
            with transaction(db):
                db.execute("insert or ignore into job (id, known_since) values (?, ?)", (job.id, stamp(now)))
            row = db.execute("select known_since, finished_at from job where id = ?", (job.id,)).fetchone()
            found = row["finished_at"] or (row["known_since"] if can_wait(job) else None)
            return max(filter(None, (instant(found), _last_harvest(db, job))), default=None)

    def finish(self, job: Job, now: datetime) -> None:
        """Record that a job has finished."""
        with closing(connect(self.path)) as db, transaction(db):
            db.execute(
                "insert into job (id, known_since, finished_at) values (?1, ?2, ?2) "
                "on conflict (id) do update set finished_at = excluded.finished_at",
                (job.id, stamp(now)),
            )

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
