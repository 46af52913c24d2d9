CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE join_choice (
            number integer primary key autoincrement,
            a text not null,
            b text not null,
            is_one integer not null,
            at text not null
        );
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (1, 'choices', 'm001_choice', '2026-11-23T00:00:00');
insert into [join_choice] (number, a, b, is_one, at) values (1, 'a 1', 'b 1', 1, 'at 1');
insert into [join_choice] (number, a, b, is_one, at) values (2, 'a 2', 'b 2', 2, 'at 2');
insert into [join_choice] (number, a, b, is_one, at) values (3, 'a 3', 'b 3', 3, 'at 3');
delete from sqlite_sequence;
insert into [sqlite_sequence] (name, seq) values ('join_choice', 3);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX join_choice_by_a on join_choice (a, number);
CREATE INDEX join_choice_by_b on join_choice (b, number);
