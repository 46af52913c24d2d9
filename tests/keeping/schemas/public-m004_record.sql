CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE opportunity (
            number integer primary key,
            id text not null unique,
            title text not null,
            buyer text,
            buyer_id text,
            kind text not null,
            stage text not null,
            reach text not null,
            reach_rule text,
            reach_value text,
            unconfirmed integer not null default 0,
            published_at text,
            updated_at text,
            closes_at text,
            engagement_closes_at text,
            enquiries_close_at text,
            decision_expected_at text,
            starts_at text,
            ends_at text,
            value real,
            value_basis text,
            value_net real,
            value_gross real,
            currency text,
            notice_days integer,
            vcse_suitable integer,
            sme_suitable integer,
            reserved_vcse integer not null default 0,
            lots integer not null default 0,
            source text not null,
            link text,
            summary text,
            first_seen_at text not null,
            compiled_at text not null,
            record text not null
        , awarded_at text, extends_to text, first_early_at text, warning_days integer, deadline_moves integer not null default 0, awarded_vcse integer);
CREATE TABLE opportunity_text (
            number integer primary key references opportunity (number) on delete cascade,
            title text, description text, buyer text, lots text, subjects text, refs text
        );
CREATE VIRTUAL TABLE opportunity_fts using fts5 (
            title, description, buyer, lots, subjects, refs,
            content='opportunity_text', content_rowid='number', tokenize='porter unicode61 remove_diacritics 2'
        );
CREATE TABLE opportunity_tag (
            field text not null check (field in ('acronym', 'cpv', 'theme', 'district', 'buyer', 'source')),
            value text not null,
            number integer not null references opportunity (number) on delete cascade,
            primary key (field, value, number)
        ) without rowid;
CREATE TABLE process (
            key text primary key,
            opportunity text not null
        ) without rowid;
CREATE TABLE set_aside (
            process text primary key,
            reason text not null,
            at text not null
        ) without rowid;
CREATE TABLE redirect (
            id text primary key,
            opportunity text not null
        , number integer) without rowid;
CREATE TABLE notice (
            source text not null,
            key text not null,
            opportunity text not null,
            form text,
            form_name text,
            title text,
            link text,
            published_at text,
            effect text,
            primary key (source, key)
        ) without rowid;
CREATE TABLE sighting (
            source text not null,
            key text not null,
            first_seen text not null,
            last_seen text not null,
            primary key (source, key)
        ) without rowid;
CREATE TABLE buyer (
            id text primary key,
            name text not null,
            sort text,
            identifiers text not null,
            website text,
            mailbox text,
            local integer not null
        ) without rowid;
CREATE TABLE event (
            number integer primary key autoincrement,
            opportunity text not null,
            type text not null,
            at text not null,
            noticed_at text not null,
            silent integer not null,
            old text,
            new text,
            notice text
        );
CREATE TABLE source (
            id text primary key,
            title text not null,
            home text,
            licence text,
            state text not null,
            since text,
            last_run text,
            last_success text,
            next_run text,
            notices integer not null default 0,
            unreadable integer not null default 0,
            message text
        , last_run_requests integer, last_run_bytes integer, last_run_listed integer, last_run_new integer, last_run_changed integer, last_run_unreadable integer, last_run_reason text, last_run_alarm text, reconciled_at text, reconciled_compared integer, reconciled_missing integer, reconciled_fetched integer, reconciled_absent integer) without rowid;
CREATE TABLE step (
            name text primary key,
            cursor integer not null default 0,
            finished_at text
        ) without rowid;
CREATE TABLE buyer_silence (
            id text primary key,
            name text not null,
            last_published_at text not null,
            publications integer not null,
            usual_days integer not null,
            longest_days integer not null,
            portal text
        ) without rowid;
CREATE TABLE join_side (
            process text primary key,
            side text not null
        ) without rowid;
CREATE TABLE join_key (
            key text not null,
            process text not null,
            primary key (key, process)
        ) without rowid;
CREATE TABLE bond (
            a text not null,
            b text not null,
            bond text not null check (bond in ('joined', 'doubtful', 'related', 'apart')),
            rule text not null,
            evidence text not null,
            score real not null,
            primary key (a, b)
        ) without rowid;
CREATE TABLE finding (
            opportunity text not null,
            clause text not null,
            result text not null check (result in ('met', 'not met', 'not stated')),
            words text not null,
            field text,
            relied_on text,
            primary key (opportunity, clause)
        ) without rowid;
CREATE TABLE reply (
            id text primary key,
            buyer text not null,
            words text not null,
            published_at text not null
        ) without rowid;
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (1, 'public', 'm001_public', '2026-11-23T00:00:00');
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (2, 'public', 'm002_trust', '2026-11-23T00:00:00');
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (3, 'public', 'm003_joining', '2026-11-23T00:00:00');
insert into [_sqlite_migrations] (id, migration_set, name, applied_at) values (4, 'public', 'm004_record', '2026-11-23T00:00:00');
insert into [opportunity] (number, id, title, buyer, buyer_id, kind, stage, reach, reach_rule, reach_value, unconfirmed, published_at, updated_at, closes_at, engagement_closes_at, enquiries_close_at, decision_expected_at, starts_at, ends_at, value, value_basis, value_net, value_gross, currency, notice_days, vcse_suitable, sme_suitable, reserved_vcse, lots, source, link, summary, first_seen_at, compiled_at, record, awarded_at, extends_to, first_early_at, warning_days, deadline_moves, awarded_vcse) values (1, 'id 1', 'title 1', 'buyer 1', 'buyer_id 1', 'kind 1', 'stage 1', 'reach 1', 'reach_rule 1', 'reach_value 1', 1, 'published_at 1', 'updated_at 1', 'closes_at 1', 'engagement_closes_at 1', 'enquiries_close_at 1', 'decision_expected_at 1', 'starts_at 1', 'ends_at 1', 1.0, 'value_basis 1', 1.0, 1.0, 'currency 1', 1, 1, 1, 1, 1, 'source 1', 'link 1', 'summary 1', 'first_seen_at 1', 'compiled_at 1', 'record 1', 'awarded_at 1', 'extends_to 1', 'first_early_at 1', 1, 1, 1);
insert into [opportunity] (number, id, title, buyer, buyer_id, kind, stage, reach, reach_rule, reach_value, unconfirmed, published_at, updated_at, closes_at, engagement_closes_at, enquiries_close_at, decision_expected_at, starts_at, ends_at, value, value_basis, value_net, value_gross, currency, notice_days, vcse_suitable, sme_suitable, reserved_vcse, lots, source, link, summary, first_seen_at, compiled_at, record, awarded_at, extends_to, first_early_at, warning_days, deadline_moves, awarded_vcse) values (2, 'id 2', 'title 2', 'buyer 2', 'buyer_id 2', 'kind 2', 'stage 2', 'reach 2', 'reach_rule 2', 'reach_value 2', 2, 'published_at 2', 'updated_at 2', 'closes_at 2', 'engagement_closes_at 2', 'enquiries_close_at 2', 'decision_expected_at 2', 'starts_at 2', 'ends_at 2', 2.0, 'value_basis 2', 2.0, 2.0, 'currency 2', 2, 2, 2, 2, 2, 'source 2', 'link 2', 'summary 2', 'first_seen_at 2', 'compiled_at 2', 'record 2', 'awarded_at 2', 'extends_to 2', 'first_early_at 2', 2, 2, 2);
insert into [opportunity] (number, id, title, buyer, buyer_id, kind, stage, reach, reach_rule, reach_value, unconfirmed, published_at, updated_at, closes_at, engagement_closes_at, enquiries_close_at, decision_expected_at, starts_at, ends_at, value, value_basis, value_net, value_gross, currency, notice_days, vcse_suitable, sme_suitable, reserved_vcse, lots, source, link, summary, first_seen_at, compiled_at, record, awarded_at, extends_to, first_early_at, warning_days, deadline_moves, awarded_vcse) values (3, 'id 3', 'title 3', 'buyer 3', 'buyer_id 3', 'kind 3', 'stage 3', 'reach 3', 'reach_rule 3', 'reach_value 3', 3, 'published_at 3', 'updated_at 3', 'closes_at 3', 'engagement_closes_at 3', 'enquiries_close_at 3', 'decision_expected_at 3', 'starts_at 3', 'ends_at 3', 3.0, 'value_basis 3', 3.0, 3.0, 'currency 3', 3, 3, 3, 3, 3, 'source 3', 'link 3', 'summary 3', 'first_seen_at 3', 'compiled_at 3', 'record 3', 'awarded_at 3', 'extends_to 3', 'first_early_at 3', 3, 3, 3);
insert into [opportunity_text] (number, title, description, buyer, lots, subjects, refs) values (1, 'title 1', 'description 1', 'buyer 1', 'lots 1', 'subjects 1', 'refs 1');
insert into [opportunity_text] (number, title, description, buyer, lots, subjects, refs) values (2, 'title 2', 'description 2', 'buyer 2', 'lots 2', 'subjects 2', 'refs 2');
insert into [opportunity_text] (number, title, description, buyer, lots, subjects, refs) values (3, 'title 3', 'description 3', 'buyer 3', 'lots 3', 'subjects 3', 'refs 3');
insert into [opportunity_tag] (field, value, number) values ('acronym', 'value 1', 1);
insert into [opportunity_tag] (field, value, number) values ('cpv', 'value 2', 2);
insert into [opportunity_tag] (field, value, number) values ('theme', 'value 3', 3);
insert into [process] (key, opportunity) values ('key 1', 'opportunity-1@x.example');
insert into [process] (key, opportunity) values ('key 2', 'opportunity-2@x.example');
insert into [process] (key, opportunity) values ('key 3', 'opportunity-3@x.example');
insert into [set_aside] (process, reason, at) values ('process 1', 'reason 1', 'at 1');
insert into [set_aside] (process, reason, at) values ('process 2', 'reason 2', 'at 2');
insert into [set_aside] (process, reason, at) values ('process 3', 'reason 3', 'at 3');
insert into [redirect] (id, opportunity, number) values ('id 1', 'opportunity-1@x.example', 1);
insert into [redirect] (id, opportunity, number) values ('id 2', 'opportunity-2@x.example', 2);
insert into [redirect] (id, opportunity, number) values ('id 3', 'opportunity-3@x.example', 3);
insert into [notice] (source, key, opportunity, form, form_name, title, link, published_at, effect) values ('source 1', 'key 1', 'opportunity-1@x.example', 'form 1', 'form_name 1', 'title 1', 'link 1', 'published_at 1', 'effect 1');
insert into [notice] (source, key, opportunity, form, form_name, title, link, published_at, effect) values ('source 2', 'key 2', 'opportunity-2@x.example', 'form 2', 'form_name 2', 'title 2', 'link 2', 'published_at 2', 'effect 2');
insert into [notice] (source, key, opportunity, form, form_name, title, link, published_at, effect) values ('source 3', 'key 3', 'opportunity-3@x.example', 'form 3', 'form_name 3', 'title 3', 'link 3', 'published_at 3', 'effect 3');
insert into [sighting] (source, key, first_seen, last_seen) values ('source 1', 'key 1', 'first_seen 1', 'last_seen 1');
insert into [sighting] (source, key, first_seen, last_seen) values ('source 2', 'key 2', 'first_seen 2', 'last_seen 2');
insert into [sighting] (source, key, first_seen, last_seen) values ('source 3', 'key 3', 'first_seen 3', 'last_seen 3');
insert into [buyer] (id, name, sort, identifiers, website, mailbox, local) values ('id 1', 'name 1', 'sort 1', 'identifiers 1', 'website 1', 'mailbox 1', 1);
insert into [buyer] (id, name, sort, identifiers, website, mailbox, local) values ('id 2', 'name 2', 'sort 2', 'identifiers 2', 'website 2', 'mailbox 2', 2);
insert into [buyer] (id, name, sort, identifiers, website, mailbox, local) values ('id 3', 'name 3', 'sort 3', 'identifiers 3', 'website 3', 'mailbox 3', 3);
insert into [event] (number, opportunity, type, at, noticed_at, silent, old, new, notice) values (1, 'opportunity-1@x.example', 'type 1', 'at 1', 'noticed_at 1', 1, 'old 1', 'new 1', 'notice 1');
insert into [event] (number, opportunity, type, at, noticed_at, silent, old, new, notice) values (2, 'opportunity-2@x.example', 'type 2', 'at 2', 'noticed_at 2', 2, 'old 2', 'new 2', 'notice 2');
insert into [event] (number, opportunity, type, at, noticed_at, silent, old, new, notice) values (3, 'opportunity-3@x.example', 'type 3', 'at 3', 'noticed_at 3', 3, 'old 3', 'new 3', 'notice 3');
insert into [source] (id, title, home, licence, state, since, last_run, last_success, next_run, notices, unreadable, message, last_run_requests, last_run_bytes, last_run_listed, last_run_new, last_run_changed, last_run_unreadable, last_run_reason, last_run_alarm, reconciled_at, reconciled_compared, reconciled_missing, reconciled_fetched, reconciled_absent) values ('id 1', 'title 1', 'home 1', 'licence 1', 'state 1', 'since 1', 'last_run 1', 'last_success 1', 'next_run 1', 1, 1, 'message 1', 1, 1, 1, 1, 1, 1, 'last_run_reason 1', 'last_run_alarm 1', 'reconciled_at 1', 1, 1, 1, 1);
insert into [source] (id, title, home, licence, state, since, last_run, last_success, next_run, notices, unreadable, message, last_run_requests, last_run_bytes, last_run_listed, last_run_new, last_run_changed, last_run_unreadable, last_run_reason, last_run_alarm, reconciled_at, reconciled_compared, reconciled_missing, reconciled_fetched, reconciled_absent) values ('id 2', 'title 2', 'home 2', 'licence 2', 'state 2', 'since 2', 'last_run 2', 'last_success 2', 'next_run 2', 2, 2, 'message 2', 2, 2, 2, 2, 2, 2, 'last_run_reason 2', 'last_run_alarm 2', 'reconciled_at 2', 2, 2, 2, 2);
insert into [source] (id, title, home, licence, state, since, last_run, last_success, next_run, notices, unreadable, message, last_run_requests, last_run_bytes, last_run_listed, last_run_new, last_run_changed, last_run_unreadable, last_run_reason, last_run_alarm, reconciled_at, reconciled_compared, reconciled_missing, reconciled_fetched, reconciled_absent) values ('id 3', 'title 3', 'home 3', 'licence 3', 'state 3', 'since 3', 'last_run 3', 'last_success 3', 'next_run 3', 3, 3, 'message 3', 3, 3, 3, 3, 3, 3, 'last_run_reason 3', 'last_run_alarm 3', 'reconciled_at 3', 3, 3, 3, 3);
insert into [step] (name, cursor, finished_at) values ('name 1', 1, 'finished_at 1');
insert into [step] (name, cursor, finished_at) values ('name 2', 2, 'finished_at 2');
insert into [step] (name, cursor, finished_at) values ('name 3', 3, 'finished_at 3');
insert into [buyer_silence] (id, name, last_published_at, publications, usual_days, longest_days, portal) values ('id 1', 'name 1', 'last_published_at 1', 1, 1, 1, 'portal 1');
insert into [buyer_silence] (id, name, last_published_at, publications, usual_days, longest_days, portal) values ('id 2', 'name 2', 'last_published_at 2', 2, 2, 2, 'portal 2');
insert into [buyer_silence] (id, name, last_published_at, publications, usual_days, longest_days, portal) values ('id 3', 'name 3', 'last_published_at 3', 3, 3, 3, 'portal 3');
insert into [join_side] (process, side) values ('process 1', 'side 1');
insert into [join_side] (process, side) values ('process 2', 'side 2');
insert into [join_side] (process, side) values ('process 3', 'side 3');
insert into [join_key] (key, process) values ('key 1', 'process 1');
insert into [join_key] (key, process) values ('key 2', 'process 2');
insert into [join_key] (key, process) values ('key 3', 'process 3');
insert into [bond] (a, b, bond, rule, evidence, score) values ('a 1', 'b 1', 'joined', 'rule 1', 'evidence 1', 1.0);
insert into [bond] (a, b, bond, rule, evidence, score) values ('a 2', 'b 2', 'doubtful', 'rule 2', 'evidence 2', 2.0);
insert into [bond] (a, b, bond, rule, evidence, score) values ('a 3', 'b 3', 'related', 'rule 3', 'evidence 3', 3.0);
insert into [finding] (opportunity, clause, result, words, field, relied_on) values ('opportunity-1@x.example', 'clause 1', 'met', 'words 1', 'field 1', 'relied_on 1');
insert into [finding] (opportunity, clause, result, words, field, relied_on) values ('opportunity-2@x.example', 'clause 2', 'not met', 'words 2', 'field 2', 'relied_on 2');
insert into [finding] (opportunity, clause, result, words, field, relied_on) values ('opportunity-3@x.example', 'clause 3', 'not stated', 'words 3', 'field 3', 'relied_on 3');
insert into [reply] (id, buyer, words, published_at) values ('id 1', 'buyer 1', 'words 1', 'published_at 1');
insert into [reply] (id, buyer, words, published_at) values ('id 2', 'buyer 2', 'words 2', 'published_at 2');
insert into [reply] (id, buyer, words, published_at) values ('id 3', 'buyer 3', 'words 3', 'published_at 3');
delete from sqlite_sequence;
insert into [sqlite_sequence] (name, seq) values ('event', 1795392000003);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX opportunity_by_closing on opportunity (closes_at, number) where stage = 'open';
CREATE INDEX opportunity_by_buyer on opportunity (buyer_id, number);
CREATE INDEX opportunity_by_kind on opportunity (kind, number);
CREATE INDEX opportunity_by_stage on opportunity (stage, number);
CREATE INDEX opportunity_by_reach on opportunity (reach, number);
CREATE INDEX opportunity_by_value on opportunity (value, number);
CREATE INDEX opportunity_by_facts on opportunity (
            stage, closes_at, kind, reach, value, notice_days, vcse_suitable, reserved_vcse, number
        );
CREATE TRIGGER opportunity_text_insert after insert on opportunity_text begin
            insert into opportunity_fts (rowid, title, description, buyer, lots, subjects, refs)
            values (new.number, new.title, new.description, new.buyer, new.lots, new.subjects, new.refs);
        end;
CREATE TRIGGER opportunity_text_delete after delete on opportunity_text begin
            insert into opportunity_fts (opportunity_fts, rowid, title, description, buyer, lots, subjects, refs)
            values ('delete', old.number, old.title, old.description, old.buyer, old.lots, old.subjects, old.refs);
        end;
CREATE TRIGGER opportunity_text_update after update on opportunity_text begin
            insert into opportunity_fts (opportunity_fts, rowid, title, description, buyer, lots, subjects, refs)
            values ('delete', old.number, old.title, old.description, old.buyer, old.lots, old.subjects, old.refs);
            insert into opportunity_fts (rowid, title, description, buyer, lots, subjects, refs)
            values (new.number, new.title, new.description, new.buyer, new.lots, new.subjects, new.refs);
        end;
CREATE INDEX opportunity_tag_by_number on opportunity_tag (number, field, value);
CREATE INDEX notice_by_opportunity on notice (opportunity);
CREATE INDEX event_by_opportunity on event (opportunity, number);
CREATE INDEX bond_by_b on bond (b);
CREATE INDEX bond_doubtful on bond (bond, a, b) where bond = 'doubtful';
CREATE INDEX process_by_opportunity on process (opportunity);
CREATE INDEX redirect_by_opportunity on redirect (opportunity);
CREATE INDEX opportunity_by_end on opportunity (ends_at, number) where stage = 'awarded';
CREATE INDEX finding_by_clause on finding (clause, result);
CREATE INDEX reply_by_buyer on reply (buyer);
insert into opportunity_fts (opportunity_fts) values ('rebuild');
