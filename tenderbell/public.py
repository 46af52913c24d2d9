"""`public.db`: opportunities, buyers, events, source health. Nothing personal: this file may be given to anyone.

Only the compiler writes it. `opportunity.number` never changes and grows with the first publication that was known
when the opportunity was first compiled, so that *newest first* is descending `number` and needs no sorting, also
inside the full-text index (whose rowid it is).
"""

import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

from tenderbell.database import connect, migrate, run_statements

migrations = Migrations("public")


@migrations()
def m001_public(db: Database) -> None:
    """Create the first schema."""
    run_statements(
        db,
        """
        create table opportunity (
            number integer primary key,
            id text not null unique,
            title text not null,
            buyer text,
            buyer_id text,
            kind text not null,
            stage text not null,
            reach text not null,
            reach_rule text,
            reach_value text,
            unconfirmed integer not null default 0,
            published_at text,
            updated_at text,
            closes_at text,
            engagement_closes_at text,
            enquiries_close_at text,
            decision_expected_at text,
            starts_at text,
            ends_at text,
            value real,
            value_basis text,
            value_net real,
            value_gross real,
            currency text,
            notice_days integer,
            vcse_suitable integer,
            sme_suitable integer,
            reserved_vcse integer not null default 0,
            lots integer not null default 0,
            source text not null,
            link text,
            summary text,
            first_seen_at text not null,
            compiled_at text not null,
            record text not null
        );
        create index opportunity_by_closing on opportunity (closes_at, number) where stage = 'open';
        create index opportunity_by_buyer on opportunity (buyer_id, number);
        create index opportunity_by_kind on opportunity (kind, number);
        create index opportunity_by_stage on opportunity (stage, number);
        create index opportunity_by_reach on opportunity (reach, number);
        create index opportunity_by_value on opportunity (value, number);
        -- Everything that filters and counts look at, in one narrow index: rows themselves are kilobytes long.
        create index opportunity_by_facts on opportunity (
            stage, closes_at, kind, reach, value, notice_days, vcse_suitable, reserved_vcse, number
        );
        create table opportunity_text (
            number integer primary key references opportunity (number) on delete cascade,
            title text, description text, buyer text, lots text, subjects text, refs text
        );
        create virtual table opportunity_fts using fts5 (
            title, description, buyer, lots, subjects, refs,
            content='opportunity_text', content_rowid='number', tokenize='porter unicode61 remove_diacritics 2'
        );
        create trigger opportunity_text_insert after insert on opportunity_text begin
            insert into opportunity_fts (rowid, title, description, buyer, lots, subjects, refs)
            values (new.number, new.title, new.description, new.buyer, new.lots, new.subjects, new.refs);
        end;
        create trigger opportunity_text_delete after delete on opportunity_text begin
            insert into opportunity_fts (opportunity_fts, rowid, title, description, buyer, lots, subjects, refs)
            values ('delete', old.number, old.title, old.description, old.buyer, old.lots, old.subjects, old.refs);
        end;
        create trigger opportunity_text_update after update on opportunity_text begin
            insert into opportunity_fts (opportunity_fts, rowid, title, description, buyer, lots, subjects, refs)
            values ('delete', old.number, old.title, old.description, old.buyer, old.lots, old.subjects, old.refs);
            insert into opportunity_fts (rowid, title, description, buyer, lots, subjects, refs)
            values (new.number, new.title, new.description, new.buyer, new.lots, new.subjects, new.refs);
        end;
        create table opportunity_tag (
            field text not null check (field in ('acronym', 'cpv', 'theme', 'district', 'buyer', 'source')),
            value text not null,
            number integer not null references opportunity (number) on delete cascade,
            primary key (field, value, number)
        ) without rowid;
        create index opportunity_tag_by_number on opportunity_tag (number, field, value);
        create table process (
            key text primary key,
            opportunity text not null
        ) without rowid;
        create table set_aside (
            process text primary key,
            reason text not null,
            at text not null
        ) without rowid;
        create table redirect (
            id text primary key,
            opportunity text not null
        ) without rowid;
        create table notice (
            source text not null,
            key text not null,
            opportunity text not null,
            form text,
            form_name text,
            title text,
            link text,
            published_at text,
            effect text,
            primary key (source, key)
        ) without rowid;
        create index notice_by_opportunity on notice (opportunity);
        create table sighting (
            source text not null,
            key text not null,
            first_seen text not null,
            last_seen text not null,
            primary key (source, key)
        ) without rowid;
        create table buyer (
            id text primary key,
            name text not null,
            sort text,
            identifiers text not null,
            website text,
            mailbox text,
            local integer not null
        ) without rowid;
        create table event (
            number integer primary key autoincrement,
            opportunity text not null,
            type text not null,
            at text not null,
            noticed_at text not null,
            silent integer not null,
            old text,
            new text,
            notice text
        );
        create index event_by_opportunity on event (opportunity, number);
        -- A file that is made anew goes on above the numbers of the one before, so that no cursor stands ahead of it.
        insert into sqlite_sequence (name, seq) values ('event', cast(strftime('%s', 'now') as integer) * 1000);
        create table source (
            id text primary key,
            title text not null,
            home text,
            licence text,
            state text not null,
            since text,
            last_run text,
            last_success text,
            next_run text,
            notices integer not null default 0,
            unreadable integer not null default 0,
            message text
        ) without rowid;
        create table step (
            name text primary key,
            cursor integer not null default 0,
            finished_at text
        ) without rowid;
        """,
    )


@migrations()
def m002_trust(db: Database) -> None:
    """Say of each source what its last run and its last reconciliation did, and which buyers are silent for longer than
    is usual for them (`tenderbell.compiling.silences`)."""
    run_statements(
        db,
        """
        alter table source add column last_run_requests integer;
        alter table source add column last_run_bytes integer;
        alter table source add column last_run_listed integer;
        alter table source add column last_run_new integer;
        alter table source add column last_run_changed integer;
        alter table source add column last_run_unreadable integer;
        alter table source add column last_run_reason text;
        alter table source add column last_run_alarm text;
        alter table source add column reconciled_at text;
        alter table source add column reconciled_compared integer;
        alter table source add column reconciled_missing integer;
        alter table source add column reconciled_fetched integer;
        alter table source add column reconciled_absent integer;
        create table buyer_silence (
            id text primary key,
            name text not null,
            last_published_at text not null,
            publications integer not null,
            usual_days integer not null,
            longest_days integer not null,
            portal text
        ) without rowid;
        """,
    )


@migrations()
def m003_joining(db: Database) -> None:
    """Add what joining knows of each process, the bonds between processes, and the numbers of merged pages."""
    run_statements(
        db,
        """
        create table join_side (
            process text primary key,
            side text not null
        ) without rowid;
        create table join_key (
            key text not null,
            process text not null,
            primary key (key, process)
        ) without rowid;
        create table bond (
            a text not null,
            b text not null,
            bond text not null check (bond in ('joined', 'doubtful', 'related', 'apart')),
            rule text not null,
            evidence text not null,
            score real not null,
            primary key (a, b)
        ) without rowid;
        create index bond_by_b on bond (b);
        create index bond_doubtful on bond (bond, a, b) where bond = 'doubtful';
        create index process_by_opportunity on process (opportunity);
        create index redirect_by_opportunity on redirect (opportunity);
        alter table redirect add column number integer;
        """,
    )


@migrations()
def m004_record(db: Database) -> None:
    """Add what the notices show about the Code, the dates by which awards and moved deadlines are counted, and the
    replies of buyers that the operator has approved."""
    run_statements(
        db,
        """
        alter table opportunity add column awarded_at text;
        alter table opportunity add column extends_to text;
        alter table opportunity add column first_early_at text;
        alter table opportunity add column warning_days integer;
        alter table opportunity add column deadline_moves integer not null default 0;
        alter table opportunity add column awarded_vcse integer;
        create index opportunity_by_end on opportunity (ends_at, number) where stage = 'awarded';
        create table finding (
            opportunity text not null,
            clause text not null,
            result text not null check (result in ('met', 'not met', 'not stated')),
            words text not null,
            field text,
            relied_on text,
            primary key (opportunity, clause)
        ) without rowid;
        create index finding_by_clause on finding (clause, result);
        create table reply (
            id text primary key,
            buyer text not null,
            words text not null,
            published_at text not null
        ) without rowid;
        create index reply_by_buyer on reply (buyer);
        """,
    )


@migrations()
def m005_finding(db: Database) -> None:
    """Add a narrow copy of what filters look at, and the indexes by which pages walk and count (`tenderbell.looking`).

    Rows of `opportunity` are kilobytes long, those of `opportunity_fact` a hundred bytes. Triggers keep it: whoever
    writes an opportunity or its tags need not know of it. Themes, districts (without their GSS codes) and sources are
    words with spaces between them.
    """
    run_statements(
        db,
        """
        create table opportunity_fact (
            number integer primary key,
            stage text not null,
            closes_at text,
            kind text not null,
            reach text not null,
            value real,
            notice_days integer,
            vcse_suitable integer,
            reserved_vcse integer not null,
            themes text not null default '',
            districts text not null default '',
            sources text not null default ''
        );
        insert into opportunity_fact
            (number, stage, closes_at, kind, reach, value, notice_days, vcse_suitable, reserved_vcse)
        select number, stage, closes_at, kind, reach, value, notice_days, vcse_suitable, reserved_vcse
        from opportunity order by number;
        update opportunity_fact set
            themes = (select coalesce(group_concat(value, ' '), '') from opportunity_tag t
                where t.number = opportunity_fact.number and field = 'theme'),
            districts = (select coalesce(group_concat(value, ' '), '') from opportunity_tag t
                where t.number = opportunity_fact.number and field = 'district' and value not glob '[a-z]0[0-9][0-9]*'),
            sources = (select coalesce(group_concat(value, ' '), '') from opportunity_tag t
                where t.number = opportunity_fact.number and field = 'source');
        create index opportunity_fact_closing on opportunity_fact (closes_at, number desc);
        create index opportunity_fact_open on opportunity_fact (number, closes_at) where stage = 'open';
        -- What the yearly report and the pages of buyers count (`tenderbell.record`), without a row of a table.
        create index opportunity_by_publication on opportunity (
            published_at, reach, kind, stage, closes_at, notice_days, deadline_moves, buyer_id, id, number
        );
        create index opportunity_by_buyer_record on opportunity (
            buyer_id, published_at, reach, kind, stage, closes_at, notice_days, deadline_moves, awarded_at,
            awarded_vcse, id, number
        );
        create index opportunity_by_award on opportunity (awarded_at, stage, reach, buyer_id, awarded_vcse, number)
            where awarded_at is not null;
        create index notice_by_publication on notice (published_at, source);
        create index buyer_by_name on buyer (name collate nocase, id);
        create index opportunity_unconfirmed on opportunity (number) where unconfirmed;
        create index opportunity_fact_open_kind on opportunity_fact (kind, closes_at) where stage = 'open';
        create trigger opportunity_fact_insert after insert on opportunity begin
            insert into opportunity_fact
                (number, stage, closes_at, kind, reach, value, notice_days, vcse_suitable, reserved_vcse)
            values (new.number, new.stage, new.closes_at, new.kind, new.reach, new.value, new.notice_days,
                new.vcse_suitable, new.reserved_vcse);
        end;
        create trigger opportunity_fact_update
        after update of stage, closes_at, kind, reach, value, notice_days, vcse_suitable, reserved_vcse on opportunity
        begin
            update opportunity_fact set
                stage = new.stage, closes_at = new.closes_at, kind = new.kind, reach = new.reach,
                value = new.value, notice_days = new.notice_days, vcse_suitable = new.vcse_suitable,
                reserved_vcse = new.reserved_vcse
            where number = new.number;
        end;
        create trigger opportunity_fact_delete after delete on opportunity begin
            delete from opportunity_fact where number = old.number;
        end;
        create trigger opportunity_fact_tagged after insert on opportunity_tag
        when new.field in ('theme', 'district', 'source') and new.value not glob '[a-z]0[0-9][0-9]*' begin
            update opportunity_fact set
                themes = case new.field when 'theme' then trim(themes || ' ' || new.value) else themes end,
                districts = case new.field when 'district' then trim(districts || ' ' || new.value) else districts end,
                sources = case new.field when 'source' then trim(sources || ' ' || new.value) else sources end
            where number = new.number;
        end;
        create trigger opportunity_fact_untagged after delete on opportunity_tag
        when old.field in ('theme', 'district', 'source') begin
            update opportunity_fact set
                themes = (select coalesce(group_concat(value, ' '), '') from opportunity_tag
                    where number = old.number and field = 'theme'),
                districts = (select coalesce(group_concat(value, ' '), '') from opportunity_tag
                    where number = old.number and field = 'district' and value not glob '[a-z]0[0-9][0-9]*'),
                sources = (select coalesce(group_concat(value, ' '), '') from opportunity_tag
                    where number = old.number and field = 'source')
            where number = old.number;
        end;
        """,
    )


@migrations()
def m006_uptime(db: Database) -> None:
    """Make room for how well the site answered, day by day (`tenderbell.seeing.uptime`)."""
    run_statements(
        db,
        """
        create table uptime_day (
            day text primary key,
            asked integer not null,
            answered integer not null,
            slowest real not null,
            within text not null,
            last_at text not null
        ) without rowid;
        create table uptime_incident (
            began_at text not null,
            sort text not null check (sort in ('down', 'unknown')),
            ended_at text,
            primary key (began_at, sort)
        ) without rowid;
        """,
    )


def open_public(path: Path) -> sqlite3.Connection:
    """Open `public.db` for writing, with its schema up to date. Only the compiler does so."""
    db = connect(path)
    migrate(db, migrations)
    return db


def read_public(path: Path) -> sqlite3.Connection:
    """Open `public.db` read-only."""
    return connect(path, read_only=True)


def memory_public() -> sqlite3.Connection:
    """Return an empty in-memory database with the same schema: what the matcher searches."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    migrate(db, migrations)
    return db
