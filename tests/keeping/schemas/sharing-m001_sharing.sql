CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE archive (
            number integer primary key
        );
CREATE TABLE edition (
            id text primary key,
            place integer not null,
            joined integer not null
        ) without rowid;
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (1, 'sharing', 'm001_sharing', '2026-11-23T00:00:00');
insert into [archive] (number) values (1);
insert into [archive] (number) values (2);
insert into [archive] (number) values (3);
insert into [edition] (id, place, joined) values ('id 1', 1, 1);
insert into [edition] (id, place, joined) values ('id 2', 2, 2);
insert into [edition] (id, place, joined) values ('id 3', 3, 3);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
