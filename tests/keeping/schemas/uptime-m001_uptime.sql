CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE asked (
            edition text not null,
            day text not null,
            asked integer not null,
            answered integer not null,
            slowest real not null,
            within text not null,
            last_at text not null,
            primary key (edition, day)
        ) without rowid;
CREATE TABLE incident (
            edition text not null,
            began_at text not null,
            sort text not null check (sort in ('down', 'unknown')),
            ended_at text,
            primary key (edition, began_at, sort)
        ) without rowid;
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (1, 'uptime', 'm001_uptime', '2026-11-23T00:00:00');
insert into [asked] (edition, day, asked, answered, slowest, within, last_at) values ('edition 1', 'day 1', 1, 1, 1.0, 'within 1', 'last_at 1');
insert into [asked] (edition, day, asked, answered, slowest, within, last_at) values ('edition 2', 'day 2', 2, 2, 2.0, 'within 2', 'last_at 2');
insert into [asked] (edition, day, asked, answered, slowest, within, last_at) values ('edition 3', 'day 3', 3, 3, 3.0, 'within 3', 'last_at 3');
insert into [incident] (edition, began_at, sort, ended_at) values ('edition 1', 'began_at 1', 'down', 'ended_at 1');
insert into [incident] (edition, began_at, sort, ended_at) values ('edition 2', 'began_at 2', 'unknown', 'ended_at 2');
insert into [incident] (edition, began_at, sort, ended_at) values ('edition 3', 'began_at 3', 'down', 'ended_at 3');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
