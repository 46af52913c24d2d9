CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE reply_line (
            number integer primary key autoincrement,
            id text not null,
            buyer text not null,
            words text,
            at text not null
        );
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (1, 'replies', 'm001_reply_line', '2026-11-23T00:00:00');
insert into [reply_line] (number, id, buyer, words, at) values (1, 'id 1', 'buyer 1', 'words 1', 'at 1');
insert into [reply_line] (number, id, buyer, words, at) values (2, 'id 2', 'buyer 2', 'words 2', 'at 2');
insert into [reply_line] (number, id, buyer, words, at) values (3, 'id 3', 'buyer 3', 'words 3', 'at 3');
delete from sqlite_sequence;
insert into [sqlite_sequence] (name, seq) values ('reply_line', 3);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX reply_line_by_id on reply_line (id, number);
