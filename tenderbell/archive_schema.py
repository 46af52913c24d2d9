"""The schema of `archive.db`, from the first on: each step is applied once, in order, and never edited afterwards."""

from sqlite_utils import Database, Migrations

from tenderbell.database import run_statements

migrations = Migrations("archive")


@migrations()
def m001_archive(db: Database) -> None:
    """Create the first schema."""
    run_statements(
        db,
        """
        create table run (
            id integer primary key autoincrement,
            source text not null,
            started_at text not null,
            finished_at text,
            backfill integer not null,
            complete integer not null default 0,
            reason text,
            requests integer not null default 0,
            bytes integer not null default 0,
            notices integer not null default 0,
            new integer not null default 0,
            changed integer not null default 0,
            unreadable integer not null default 0
        );
        create index run_by_source on run (source, id);
        create table notice (
            number integer primary key autoincrement,
            source text not null,
            key text not null,
            digest blob not null,
            process text,
            body blob not null,
            content_type text not null,
            url text,
            fetched_at text not null,
            run integer not null references run (id),
            backfill integer not null,
            reading blob,
            unreadable text,
            unique (source, key, digest)
        );
        create index notice_by_process on notice (process, number) where process is not null;
        create index notice_unreadable on notice (source, number) where unreadable is not null;
        create table sighting (
            source text not null,
            key text not null,
            first_seen text not null,
            last_seen text not null,
            primary key (source, key)
        ) without rowid;
        create index sighting_by_last_seen on sighting (last_seen);
        create table crawl_window (
            source text not null,
            since text not null,
            until text not null,
            state text not null check (state in ('walking', 'walked')),
            pages integer not null default 0,
            notices integer not null default 0,
            started_at text not null,
            finished_at text,
            primary key (source, since, until)
        ) without rowid;
        create table gap (
            source text not null,
            key text not null,
            state text not null check (state in ('missing', 'fetched', 'absent')),
            noticed_at text not null,
            asked_at text,
            primary key (source, key)
        ) without rowid;
        create table validator (
            source text not null,
            url text not null,
            etag text,
            last_modified text,
            primary key (source, url)
        ) without rowid;
        """,
    )


@migrations()
def m002_what_a_run_saw(db: Database) -> None:
    """Add to each run how many notices the source listed, and what a human should know although it finished."""
    run_statements(
        db,
        """
        alter table run add column listed integer not null default 0;
        alter table run add column alarm text;
        """,
    )


@migrations()
def m003_trust(db: Database) -> None:
    """Say of each run what sort it was, and make room for reconciliations and for the facts that probes ask about."""
    run_statements(
        db,
        """
        alter table run add column sort text not null default 'harvest';
        -- Before this column there were harvests and saved responses, which need no request.
        update run set sort = 'saved' where requests = 0 and complete;
        create table reconciliation (
            run integer primary key references run (id),
            source text not null,
            at text not null,
            compared integer not null,
            missing integer not null,
            fetched integer not null,
            absent integer not null,
            differences text not null
        );
        create index reconciliation_by_source on reconciliation (source, run);
        create table fact (
            source text not null,
            fact text not null,
            verdict text not null check (verdict in ('still true', 'changed', 'could not be asked')),
            seen text,
            asked_at text not null,
            primary key (source, fact)
        ) without rowid;
        """,
    )


@migrations()
def m004_returned(db: Database) -> None:
    """Make room for what a run was shown of notices that have several versions (`archive.end_run`)."""
    run_statements(
        db,
        """
        create table shown (
            run integer not null references run (id),
            place integer not null,
            source text not null,
            key text not null,
            digest blob not null,
            primary key (run, place)
        ) without rowid;
        """,
    )


@migrations()
def m005_keeping(db: Database) -> None:
    """Make room for what the editions of an archive want to keep of it, and how far old payloads have been emptied
    (`tenderbell.keeping.payloads`)."""
    run_statements(
        db,
        """
        create table keeper (
            edition text primary key,
            keep_months integer
        ) without rowid;
        create table wanted (
            process text not null,
            edition text not null,
            primary key (process, edition)
        ) without rowid;
        create index wanted_by_edition on wanted (edition);
        create table keeping_step (
            name text primary key,
            cursor integer not null
        ) without rowid;
        """,
    )
