"""`private.db`: everything personal. Never attached to Datasette; opened by `alerts` and the site's forms only."""

import os
import secrets
import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlite_utils import Database, Migrations

from tenderbell.database import connect, migrate, run_statements
from tenderbell.room import refuse_to_make
from tenderbell.secret_files import is_exposed

migrations = Migrations("private")


@migrations()
def m001_private(db: Database) -> None:
    """Make the tables, and the secrets that links and hashes are keyed with."""
    run_statements(
        db,
        """
        create table step (
            name text primary key,
            cursor integer not null default 0,
            finished_at text
        ) without rowid;
        create table secret (
            name text primary key,
            value blob not null
        ) without rowid;
        create table subscriber (
            id integer primary key autoincrement,
            email text not null,
            address text not null unique,
            generation integer not null default 1,
            created_at text not null
        );
        create table request (
            id integer primary key autoincrement,
            email text not null,
            address text not null,
            name text not null,
            criteria text not null,
            frequency text not null,
            wording text not null,
            network text not null,
            asked_at text not null,
            expires_at text not null,
            confirmed_at text,
            profile integer references profile (id)
        );
        create index request_by_expiry on request (expires_at) where confirmed_at is null;
        create table profile (
            id integer primary key autoincrement,
            subscriber integer not null references subscriber (id),
            name text not null,
            criteria text not null,
            frequency text not null check (frequency in ('instant', 'daily', 'weekly')),
            awards integer not null default 0,
            watermark integer not null,
            created_at text not null,
            edited_at text,
            paused_at text,
            paused_until text,
            ended_at text,
            ended_by text
        );
        create unique index profile_once on profile (subscriber, criteria) where ended_at is null;
        create index profile_by_criteria on profile (criteria, id, subscriber, watermark) where ended_at is null;
        create trigger profile_started after insert on profile begin
            insert into step (name, cursor) values ('profiles', 1) on conflict (name) do update set cursor = cursor + 1;
        end;
        create trigger profile_changed after update of criteria, ended_at, awards on profile begin
            insert into step (name, cursor) values ('profiles', 1) on conflict (name) do update set cursor = cursor + 1;
        end;
        create table match (
            id integer primary key autoincrement,
            subscriber integer not null references subscriber (id),
            profile integer not null references profile (id),
            opportunity text not null,
            event integer not null,
            type text not null,
            old text,
            new text,
            matched_at text not null,
            state text not null default 'waiting' check (state in ('waiting', 'claimed', 'dropped')),
            outbox integer references outbox (id),
            unique (profile, opportunity, event)
        );
        create index match_by_opportunity on match (opportunity, subscriber);
        create index match_waiting on match (subscriber, profile) where state = 'waiting';
        create index match_by_outbox on match (outbox) where outbox is not null;
        create table digest_run (
            frequency text not null,
            period text not null,
            finished_at text not null,
            primary key (frequency, period)
        ) without rowid;
        create table digest (
            subscriber integer not null references subscriber (id),
            frequency text not null,
            period text not null,
            outbox integer not null references outbox (id),
            primary key (subscriber, frequency, period)
        ) without rowid;
        create table outbox (
            id integer primary key autoincrement,
            sort text not null check (sort in ('confirmation', 'link', 'digest')),
            subscriber integer references subscriber (id),
            email text not null,
            address text not null,
            subject text not null,
            message_id text not null unique,
            state text not null default 'pending'
                check (state in ('pending', 'sending', 'sent', 'failed', 'unknown', 'withdrawn')),
            attempts integer not null default 0,
            resends integer not null default 0,
            not_before text not null,
            lease_until text,
            reply text,
            created_at text not null,
            done_at text
        );
        create index outbox_due on outbox (not_before, id) where state in ('pending', 'unknown');
        create index outbox_sending on outbox (lease_until) where state = 'sending';
        create index outbox_by_state on outbox (state);
        create table body (
            outbox integer primary key references outbox (id) on delete cascade,
            content blob not null
        );
        create table suppression (
            address_hash text primary key,
            reason text not null,
            since text not null
        ) without rowid;
        create table form_hit (
            key text not null,
            at real not null,
            expires real not null
        );
        create index form_hit_by_key on form_hit (key, at);
        create index form_hit_by_expiry on form_hit (expires);
        """,
    )
    db.execute(
        "insert into secret values ('token', ?), ('hash', ?)", (secrets.token_bytes(32), secrets.token_bytes(32))
    )


@migrations()
def m002_resumed(db: Database) -> None:
    """Note the instant at which a pause was ended early: what was matched before it is old news."""
    run_statements(db, "alter table profile add column resumed_at text;")


_OUTBOX_COLUMNS = (
    "id, sort, subscriber, email, address, subject, message_id, state, attempts, resends, not_before, lease_until, "
    "reply, created_at, done_at"
)


@migrations()
def m003_commissioners(db: Database) -> None:
    """Let messages be of more sorts, let one opportunity be followed, and keep what commissioners ask for and what the
    operator is asked."""
    run_statements(
        db,
        f"""
        create table outbox_anew (
            id integer primary key autoincrement,
            sort text not null,
            subscriber integer references subscriber (id),
            email text not null,
            address text not null,
            subject text not null,
            message_id text not null unique,
            state text not null default 'pending'
                check (state in ('pending', 'sending', 'sent', 'failed', 'unknown', 'withdrawn')),
            attempts integer not null default 0,
            resends integer not null default 0,
            not_before text not null,
            lease_until text,
            reply text,
            created_at text not null,
            done_at text
        );
        insert into outbox_anew ({_OUTBOX_COLUMNS}) select {_OUTBOX_COLUMNS} from outbox;
        drop table outbox;
        alter table outbox_anew rename to outbox;
        create index outbox_due on outbox (not_before, id) where state in ('pending', 'unknown');
        create index outbox_sending on outbox (lease_until) where state = 'sending';
        create index outbox_by_state on outbox (state);
        alter table request add column follows text;
        alter table profile add column follows text;
        alter table profile add column reminder_days integer;
        alter table profile add column reminded_at text;
        drop index profile_once;
        create unique index profile_once on profile (subscriber, criteria, ifnull(follows, '')) where ended_at is null;
        drop index profile_by_criteria;
        create index profile_by_criteria on profile (criteria, id, subscriber, watermark)
            where ended_at is null and follows is null;
        create index profile_by_follows on profile (follows) where ended_at is null and follows is not null;
        create table contact (
            id integer primary key autoincrement,
            email text not null,
            address text not null unique,
            body text,
            generation integer not null default 1,
            created_at text not null,
            confirmed_at text
        );
        create table domain (
            domain text primary key,
            body text not null,
            at text not null
        ) without rowid;
        create table receipt_wish (
            id integer primary key autoincrement,
            contact integer not null references contact (id),
            receipts integer not null default 1,
            silent_days integer,
            watermark integer not null,
            warned_at text,
            created_at text not null,
            ended_at text,
            ended_by text
        );
        create unique index receipt_wish_once on receipt_wish (contact) where ended_at is null;
        create table receipt (
            wish integer not null references receipt_wish (id),
            opportunity text not null,
            outbox integer references outbox (id),
            at text not null,
            primary key (wish, opportunity)
        ) without rowid;
        create table report (
            id integer primary key autoincrement,
            sort text not null check (sort in ('missing', 'mistake')),
            email text,
            address text,
            link text,
            words text not null,
            opportunity text,
            state text not null default 'waiting',
            outcome text,
            outbox integer references outbox (id),
            asked_at text not null,
            settled_at text
        );
        create index report_waiting on report (state, id);
        create table advert (
            id integer primary key autoincrement,
            contact integer not null references contact (id),
            body text not null,
            fields text not null,
            state text not null check (state in ('draft', 'waiting', 'published', 'withdrawn', 'refused')),
            created_at text not null,
            updated_at text not null,
            published_at text
        );
        create index advert_by_contact on advert (contact, id);
        create table answer (
            id integer primary key autoincrement,
            contact integer not null references contact (id),
            buyer text not null,
            words text not null,
            state text not null check (state in ('waiting', 'published', 'refused', 'withdrawn')),
            created_at text not null,
            decided_at text
        );
        create table matter (
            id integer primary key autoincrement,
            sort text not null,
            subject text not null,
            question text not null,
            raised_at text not null,
            outbox integer references outbox (id),
            verdict text,
            decided_at text,
            unique (sort, subject)
        );
        create index matter_open on matter (id) where decided_at is null;
        """,
    )


@migrations()
def m004_reminders(db: Database) -> None:
    """Keep with a request to follow one opportunity how many days before its deadline to remind."""
    run_statements(db, "alter table request add column reminder_days integer;")


@migrations()
def m005_trust(db: Database) -> None:
    """Keep what makes alerts fit and certain: how much work a group can take on, what it never wants to see again,
    where in an e-mail each match stood, what came back, and what the operator was alarmed about."""
    run_statements(
        db,
        """
        alter table profile add column capacity integer;
        alter table profile add column still_here integer not null default 0;
        alter table request add column capacity integer;
        alter table request add column awards integer not null default 0;
        alter table request add column still_here integer not null default 0;
        alter table match add column section text;
        alter table match add column shown integer;
        create table hidden (
            subscriber integer not null references subscriber (id),
            opportunity text not null,
            at text not null,
            primary key (subscriber, opportunity)
        ) without rowid;
        create table bounce (
            id integer primary key autoincrement,
            outbox integer references outbox (id) on delete set null,
            address_hash text not null,
            kind text not null check (kind in ('hard', 'soft', 'full', 'ours', 'complaint')),
            status text,
            diagnostic text,
            seen text not null unique,
            at text not null
        );
        create index bounce_by_address on bounce (address_hash, at);
        create table alarm (
            subject text primary key,
            words text not null,
            raised_at text not null,
            told_at text,
            outbox integer references outbox (id) on delete set null
        ) without rowid;
        alter table contact add column revoked_at text;
        create index outbox_by_end on outbox (done_at) where done_at is not null;
        """,
    )


@migrations()
def m006_restoration(db: Database) -> None:
    """Note when a backup was restored, and of when it was: what was told in between is not known."""
    run_statements(
        db,
        """
        create table restoration (
            id integer primary key autoincrement,
            backed_up_at text not null,
            restored_at text not null,
            nothing_lost integer not null default 0
        );
        """,
    )


def open_private(path: Path) -> sqlite3.Connection:
    """Open `private.db` for writing, with its schema up to date, readable by its owner only.

    What the tables hold: `subscriber` a confirmed address, `address` its normalised form; `request` a sign-up with the
    evidence of consent (`network` is a keyed hash); `profile` saved criteria, `watermark` the newest event when it was
    confirmed, `resumed_at` when a pause was ended before its day; `match` this profile, this event; `digest_run` a
    period that was built for everybody, `digest` a period that was built for one subscriber; `outbox` finished messages
    on their way, `body` their bytes (apart, so that a change of state does not write them again); `suppression`
    addresses (as keyed hashes) that must not be written to; `form_hit` what the limits on forms count; `secret` the
    keys of tokens and hashes; `contact` an address that speaks for the area's body `body` (not while the operator has
    revoked it), `domain` mail domains that the operator has approved for a body; `receipt_wish` who wants to be told of
    a body's adverts, `receipt` of which they were told; `report` adverts reported as missing and mistakes, with the
    outcome; `advert` adverts written here, `answer` replies on a buyer's page; `matter` what the operator is asked. A
    profile with `follows` is about that one opportunity; `capacity` is the most money, in pounds, that a group wants to
    take on in one piece of work, `still_here` whether it wants a word in a month without news. `section` and `shown` of
    a match say where its e-mail told it, and whether in full or behind "and 17 more". `hidden` is what a subscriber
    never wants to see again; `bounce` what came back or was complained of (`seen` tells one report from another, so
    that none counts twice); `alarm` what is wrong and the operator was told; `restoration` a
    backup that was brought back. `step` holds the matcher's cursor, under `profiles` a count of changes to profiles, by
    which the matcher sees that what it read is no longer true, and under `send` when the last run of the sender ended.
    """
    _keep_from_others(path)
    db = connect(path)
    migrate(db, migrations)
    return db


def _keep_from_others(path: Path) -> None:
    """Make the file for its owner alone before anything is written into it: SQLite gives the files beside it the mode
    that it has at that moment. What cannot be made here is told by whoever opens it."""
    refuse_to_make(path)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    for ending in ("", "-wal", "-shm"):
        beside = path.with_name(path.name + ending)
        with suppress(OSError):
            if is_exposed(beside):
                beside.chmod(0o600)
