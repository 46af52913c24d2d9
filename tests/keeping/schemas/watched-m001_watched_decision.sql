CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE watched_decision (
            number integer primary key autoincrement,
            source text not null,
            key text not null,
            version integer not null,
            verdict text not null check (verdict in ('accept', 'reject')),
            at text not null
        );
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (1, 'watched', 'm001_watched_decision', '2026-11-23T00:00:00');
insert into [watched_decision] (number, source, key, version, verdict, at) values (1, 'source 1', 'key 1', 1, 'accept', 'at 1');
insert into [watched_decision] (number, source, key, version, verdict, at) values (2, 'source 2', 'key 2', 2, 'reject', 'at 2');
insert into [watched_decision] (number, source, key, version, verdict, at) values (3, 'source 3', 'key 3', 3, 'accept', 'at 3');
delete from sqlite_sequence;
insert into [sqlite_sequence] (name, seq) values ('watched_decision', 3);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX watched_decision_by_page on watched_decision (source, key, number);
