CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE decision (
            number integer primary key autoincrement,
            opportunity text not null,
            verdict text not null check (verdict in ('accept', 'reject')),
            at text not null
        );
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (1, 'decisions', 'm001_decision', '2026-11-23T00:00:00');
insert into [decision] (number, opportunity, verdict, at) values (1, 'opportunity-1@x.example', 'accept', 'at 1');
insert into [decision] (number, opportunity, verdict, at) values (2, 'opportunity-2@x.example', 'reject', 'at 2');
insert into [decision] (number, opportunity, verdict, at) values (3, 'opportunity-3@x.example', 'accept', 'at 3');
delete from sqlite_sequence;
insert into [sqlite_sequence] (name, seq) values ('decision', 3);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX decision_by_opportunity on decision (opportunity, number);
