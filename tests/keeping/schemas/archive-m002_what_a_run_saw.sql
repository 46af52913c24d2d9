CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE run (
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
        , listed integer not null default 0, alarm text);
CREATE TABLE notice (
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
CREATE TABLE sighting (
            source text not null,
            key text not null,
            first_seen text not null,
            last_seen text not null,
            primary key (source, key)
        ) without rowid;
CREATE TABLE crawl_window (
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
CREATE TABLE gap (
            source text not null,
            key text not null,
            state text not null check (state in ('missing', 'fetched', 'absent')),
            noticed_at text not null,
            asked_at text,
            primary key (source, key)
        ) without rowid;
CREATE TABLE validator (
            source text not null,
            url text not null,
            etag text,
            last_modified text,
            primary key (source, url)
        ) without rowid;
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (1, 'archive', 'm001_archive', '2026-11-23T00:00:00');
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (2, 'archive', 'm002_what_a_run_saw', '2026-11-23T00:00:00');
insert into [run] (id, source, started_at, finished_at, backfill, complete, reason, requests, bytes, notices, new, changed, unreadable, listed, alarm) values (1, 'source 1', 'started_at 1', 'finished_at 1', 1, 1, 'reason 1', 1, 1, 1, 1, 1, 1, 1, 'alarm 1');
insert into [run] (id, source, started_at, finished_at, backfill, complete, reason, requests, bytes, notices, new, changed, unreadable, listed, alarm) values (2, 'source 2', 'started_at 2', 'finished_at 2', 2, 2, 'reason 2', 2, 2, 2, 2, 2, 2, 2, 'alarm 2');
insert into [run] (id, source, started_at, finished_at, backfill, complete, reason, requests, bytes, notices, new, changed, unreadable, listed, alarm) values (3, 'source 3', 'started_at 3', 'finished_at 3', 3, 3, 'reason 3', 3, 3, 3, 3, 3, 3, 3, 'alarm 3');
insert into [notice] (number, source, key, digest, process, body, content_type, url, fetched_at, run, backfill, reading, unreadable) values (1, 'source 1', 'key 1', X'01010101010101010101010101010101', 'process 1', X'01010101010101010101010101010101', 'content_type 1', 'url 1', 'fetched_at 1', 1, 1, X'01010101010101010101010101010101', 'unreadable 1');
insert into [notice] (number, source, key, digest, process, body, content_type, url, fetched_at, run, backfill, reading, unreadable) values (2, 'source 2', 'key 2', X'02020202020202020202020202020202', 'process 2', X'02020202020202020202020202020202', 'content_type 2', 'url 2', 'fetched_at 2', 2, 2, X'02020202020202020202020202020202', 'unreadable 2');
insert into [notice] (number, source, key, digest, process, body, content_type, url, fetched_at, run, backfill, reading, unreadable) values (3, 'source 3', 'key 3', X'03030303030303030303030303030303', 'process 3', X'03030303030303030303030303030303', 'content_type 3', 'url 3', 'fetched_at 3', 3, 3, X'03030303030303030303030303030303', 'unreadable 3');
insert into [sighting] (source, key, first_seen, last_seen) values ('source 1', 'key 1', 'first_seen 1', 'last_seen 1');
insert into [sighting] (source, key, first_seen, last_seen) values ('source 2', 'key 2', 'first_seen 2', 'last_seen 2');
insert into [sighting] (source, key, first_seen, last_seen) values ('source 3', 'key 3', 'first_seen 3', 'last_seen 3');
insert into [crawl_window] (source, since, until, state, pages, notices, started_at, finished_at) values ('source 1', 'since 1', 'until 1', 'walking', 1, 1, 'started_at 1', 'finished_at 1');
insert into [crawl_window] (source, since, until, state, pages, notices, started_at, finished_at) values ('source 2', 'since 2', 'until 2', 'walked', 2, 2, 'started_at 2', 'finished_at 2');
insert into [crawl_window] (source, since, until, state, pages, notices, started_at, finished_at) values ('source 3', 'since 3', 'until 3', 'walking', 3, 3, 'started_at 3', 'finished_at 3');
insert into [gap] (source, key, state, noticed_at, asked_at) values ('source 1', 'key 1', 'missing', 'noticed_at 1', 'asked_at 1');
insert into [gap] (source, key, state, noticed_at, asked_at) values ('source 2', 'key 2', 'fetched', 'noticed_at 2', 'asked_at 2');
insert into [gap] (source, key, state, noticed_at, asked_at) values ('source 3', 'key 3', 'absent', 'noticed_at 3', 'asked_at 3');
insert into [validator] (source, url, etag, last_modified) values ('source 1', 'url 1', 'etag 1', 'last_modified 1');
insert into [validator] (source, url, etag, last_modified) values ('source 2', 'url 2', 'etag 2', 'last_modified 2');
insert into [validator] (source, url, etag, last_modified) values ('source 3', 'url 3', 'etag 3', 'last_modified 3');
delete from sqlite_sequence;
insert into [sqlite_sequence] (name, seq) values ('run', 3);
insert into [sqlite_sequence] (name, seq) values ('notice', 3);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX run_by_source on run (source, id);
CREATE INDEX notice_by_process on notice (process, number) where process is not null;
CREATE INDEX notice_unreadable on notice (source, number) where unreadable is not null;
CREATE INDEX sighting_by_last_seen on sighting (last_seen);
