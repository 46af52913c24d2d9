CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE job (
            id text primary key,
            known_since text not null,
            finished_at text
        ) without rowid;
CREATE TABLE turn (
            job text primary key,
            edition text not null,
            taken_at text not null
        ) without rowid;
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (1, 'schedules', 'm001_job', '2026-11-23T00:00:00');
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (2, 'schedules', 'm002_turn', '2026-11-23T00:00:00');
insert into [job] (id, known_since, finished_at) values ('id 1', 'known_since 1', 'finished_at 1');
insert into [job] (id, known_since, finished_at) values ('id 2', 'known_since 2', 'finished_at 2');
insert into [job] (id, known_since, finished_at) values ('id 3', 'known_since 3', 'finished_at 3');
insert into [turn] (job, edition, taken_at) values ('job 1', 'edition 1', 'taken_at 1');
insert into [turn] (job, edition, taken_at) values ('job 2', 'edition 2', 'taken_at 2');
insert into [turn] (job, edition, taken_at) values ('job 3', 'edition 3', 'taken_at 3');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
