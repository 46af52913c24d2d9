CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE step (
            name text primary key,
            cursor integer not null default 0,
            finished_at text
        ) without rowid;
CREATE TABLE secret (
            name text primary key,
            value blob not null
        ) without rowid;
CREATE TABLE subscriber (
            id integer primary key autoincrement,
            email text not null,
            address text not null unique,
            generation integer not null default 1,
            created_at text not null
        );
CREATE TABLE request (
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
CREATE TABLE profile (
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
        , resumed_at text);
CREATE TABLE match (
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
CREATE TABLE digest_run (
            frequency text not null,
            period text not null,
            finished_at text not null,
            primary key (frequency, period)
        ) without rowid;
CREATE TABLE digest (
            subscriber integer not null references subscriber (id),
            frequency text not null,
            period text not null,
            outbox integer not null references outbox (id),
            primary key (subscriber, frequency, period)
        ) without rowid;
CREATE TABLE outbox (
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
CREATE TABLE body (
            outbox integer primary key references outbox (id) on delete cascade,
            content blob not null
        );
CREATE TABLE suppression (
            address_hash text primary key,
            reason text not null,
            since text not null
        ) without rowid;
CREATE TABLE form_hit (
            key text not null,
            at real not null,
            expires real not null
        );
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (1, 'private', 'm001_private', '2026-11-23T00:00:00');
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (2, 'private', 'm002_resumed', '2026-11-23T00:00:00');
insert into [step] (name, cursor, finished_at) values ('name 1', 1, 'finished_at 1');
insert into [step] (name, cursor, finished_at) values ('name 2', 2, 'finished_at 2');
insert into [step] (name, cursor, finished_at) values ('name 3', 3, 'finished_at 3');
insert into [step] (name, cursor, finished_at) values ('profiles', 3, NULL);
insert into [secret] (name, value) values ('hash', X'0000000000000000000000000000000000000000000000000000000000000000');
insert into [secret] (name, value) values ('name 1', X'0000000000000000000000000000000000000000000000000000000000000000');
insert into [secret] (name, value) values ('name 2', X'0000000000000000000000000000000000000000000000000000000000000000');
insert into [secret] (name, value) values ('name 3', X'0000000000000000000000000000000000000000000000000000000000000000');
insert into [secret] (name, value) values ('token', X'0000000000000000000000000000000000000000000000000000000000000000');
insert into [subscriber] (id, email, address, generation, created_at) values (1, 'email-1@x.example', 'address-1@x.example', 1, 'created_at 1');
insert into [subscriber] (id, email, address, generation, created_at) values (2, 'email-2@x.example', 'address-2@x.example', 2, 'created_at 2');
insert into [subscriber] (id, email, address, generation, created_at) values (3, 'email-3@x.example', 'address-3@x.example', 3, 'created_at 3');
insert into [request] (id, email, address, name, criteria, frequency, wording, network, asked_at, expires_at, confirmed_at, profile) values (1, 'email-1@x.example', 'address-1@x.example', 'name 1', 'criteria 1', 'frequency 1', 'wording 1', 'network 1', 'asked_at 1', 'expires_at 1', 'confirmed_at 1', 1);
insert into [request] (id, email, address, name, criteria, frequency, wording, network, asked_at, expires_at, confirmed_at, profile) values (2, 'email-2@x.example', 'address-2@x.example', 'name 2', 'criteria 2', 'frequency 2', 'wording 2', 'network 2', 'asked_at 2', 'expires_at 2', 'confirmed_at 2', 2);
insert into [request] (id, email, address, name, criteria, frequency, wording, network, asked_at, expires_at, confirmed_at, profile) values (3, 'email-3@x.example', 'address-3@x.example', 'name 3', 'criteria 3', 'frequency 3', 'wording 3', 'network 3', 'asked_at 3', 'expires_at 3', 'confirmed_at 3', 3);
insert into [profile] (id, subscriber, name, criteria, frequency, awards, watermark, created_at, edited_at, paused_at, paused_until, ended_at, ended_by, resumed_at) values (1, 1, 'name 1', 'criteria 1', 'instant', 1, 1, 'created_at 1', 'edited_at 1', 'paused_at 1', 'paused_until 1', 'ended_at 1', 'ended_by 1', 'resumed_at 1');
insert into [profile] (id, subscriber, name, criteria, frequency, awards, watermark, created_at, edited_at, paused_at, paused_until, ended_at, ended_by, resumed_at) values (2, 2, 'name 2', 'criteria 2', 'daily', 2, 2, 'created_at 2', 'edited_at 2', 'paused_at 2', 'paused_until 2', 'ended_at 2', 'ended_by 2', 'resumed_at 2');
insert into [profile] (id, subscriber, name, criteria, frequency, awards, watermark, created_at, edited_at, paused_at, paused_until, ended_at, ended_by, resumed_at) values (3, 3, 'name 3', 'criteria 3', 'weekly', 3, 3, 'created_at 3', 'edited_at 3', 'paused_at 3', 'paused_until 3', 'ended_at 3', 'ended_by 3', 'resumed_at 3');
insert into [match] (id, subscriber, profile, opportunity, event, type, old, new, matched_at, state, outbox) values (1, 1, 1, 'opportunity-1@x.example', 1, 'type 1', 'old 1', 'new 1', 'matched_at 1', 'waiting', 1);
insert into [match] (id, subscriber, profile, opportunity, event, type, old, new, matched_at, state, outbox) values (2, 2, 2, 'opportunity-2@x.example', 2, 'type 2', 'old 2', 'new 2', 'matched_at 2', 'claimed', 2);
insert into [match] (id, subscriber, profile, opportunity, event, type, old, new, matched_at, state, outbox) values (3, 3, 3, 'opportunity-3@x.example', 3, 'type 3', 'old 3', 'new 3', 'matched_at 3', 'dropped', 3);
insert into [digest_run] (frequency, period, finished_at) values ('frequency 1', 'period 1', 'finished_at 1');
insert into [digest_run] (frequency, period, finished_at) values ('frequency 2', 'period 2', 'finished_at 2');
insert into [digest_run] (frequency, period, finished_at) values ('frequency 3', 'period 3', 'finished_at 3');
insert into [digest] (subscriber, frequency, period, outbox) values (1, 'frequency 1', 'period 1', 1);
insert into [digest] (subscriber, frequency, period, outbox) values (2, 'frequency 2', 'period 2', 2);
insert into [digest] (subscriber, frequency, period, outbox) values (3, 'frequency 3', 'period 3', 3);
insert into [outbox] (id, sort, subscriber, email, address, subject, message_id, state, attempts, resends, not_before, lease_until, reply, created_at, done_at) values (1, 'confirmation', 1, 'email-1@x.example', 'address-1@x.example', 'subject 1', 'message_id 1', 'pending', 1, 1, 'not_before 1', 'lease_until 1', 'reply 1', 'created_at 1', 'done_at 1');
insert into [outbox] (id, sort, subscriber, email, address, subject, message_id, state, attempts, resends, not_before, lease_until, reply, created_at, done_at) values (2, 'link', 2, 'email-2@x.example', 'address-2@x.example', 'subject 2', 'message_id 2', 'sending', 2, 2, 'not_before 2', 'lease_until 2', 'reply 2', 'created_at 2', 'done_at 2');
insert into [outbox] (id, sort, subscriber, email, address, subject, message_id, state, attempts, resends, not_before, lease_until, reply, created_at, done_at) values (3, 'digest', 3, 'email-3@x.example', 'address-3@x.example', 'subject 3', 'message_id 3', 'sent', 3, 3, 'not_before 3', 'lease_until 3', 'reply 3', 'created_at 3', 'done_at 3');
insert into [body] (outbox, content) values (1, X'01010101010101010101010101010101');
insert into [body] (outbox, content) values (2, X'02020202020202020202020202020202');
insert into [body] (outbox, content) values (3, X'03030303030303030303030303030303');
insert into [suppression] (address_hash, reason, since) values ('address_hash 1', 'reason 1', 'since 1');
insert into [suppression] (address_hash, reason, since) values ('address_hash 2', 'reason 2', 'since 2');
insert into [suppression] (address_hash, reason, since) values ('address_hash 3', 'reason 3', 'since 3');
insert into [form_hit] (key, at, expires) values ('key 1', 1.0, 1.0);
insert into [form_hit] (key, at, expires) values ('key 2', 2.0, 2.0);
insert into [form_hit] (key, at, expires) values ('key 3', 3.0, 3.0);
delete from sqlite_sequence;
insert into [sqlite_sequence] (name, seq) values ('subscriber', 3);
insert into [sqlite_sequence] (name, seq) values ('request', 3);
insert into [sqlite_sequence] (name, seq) values ('profile', 3);
insert into [sqlite_sequence] (name, seq) values ('match', 3);
insert into [sqlite_sequence] (name, seq) values ('outbox', 3);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX request_by_expiry on request (expires_at) where confirmed_at is null;
CREATE UNIQUE INDEX profile_once on profile (subscriber, criteria) where ended_at is null;
CREATE INDEX profile_by_criteria on profile (criteria, id, subscriber, watermark) where ended_at is null;
CREATE TRIGGER profile_started after insert on profile begin
            insert into step (name, cursor) values ('profiles', 1) on conflict (name) do update set cursor = cursor + 1;
        end;
CREATE TRIGGER profile_changed after update of criteria, ended_at, awards on profile begin
            insert into step (name, cursor) values ('profiles', 1) on conflict (name) do update set cursor = cursor + 1;
        end;
CREATE INDEX match_by_opportunity on match (opportunity, subscriber);
CREATE INDEX match_waiting on match (subscriber, profile) where state = 'waiting';
CREATE INDEX match_by_outbox on match (outbox) where outbox is not null;
CREATE INDEX outbox_due on outbox (not_before, id) where state in ('pending', 'unknown');
CREATE INDEX outbox_sending on outbox (lease_until) where state = 'sending';
CREATE INDEX outbox_by_state on outbox (state);
CREATE INDEX form_hit_by_key on form_hit (key, at);
CREATE INDEX form_hit_by_expiry on form_hit (expires);
