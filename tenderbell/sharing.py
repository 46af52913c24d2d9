"""Several editions over one archive: who works on it, since when, and what of it each of them takes.

What was fetched is shared: notices, runs, windows, gaps, validators, and what the operator decided about two processes
being one. What concerns one area is its own: what was decided about the area (`decisions`), when its own jobs ran, and
adverts written on its site. The first edition of an archive keeps its rows as they were before a second came; those of
the others carry the edition's id, which is their `scope`.

An edition that joins an archive tells nobody of what was there already (promise 7).
"""

import sqlite3

from sqlite_utils import Database, Migrations

from tenderbell.archive import newest_number
from tenderbell.database import migrate, run_statements, transaction
from tenderbell.edition import Edition
from tenderbell.settings import Settings

migrations = Migrations("sharing")

STEP = "archive"
"""The row of `step` in `public.db` that says which archive its cursors belong to."""

_FIRST = ""


@migrations()
def m001_sharing(db: Database) -> None:
    """Give the archive a number of its own, and make room for the editions that work on it."""
    run_statements(
        db,
        """
        create table archive (
            number integer primary key
        );
        insert into archive (number) values (abs(random() % 1000000000000) + 1);
        create table edition (
            id text primary key,
            place integer not null,
            joined integer not null
        ) without rowid;
        """,
    )


def is_shared(settings: Settings) -> bool:
    """Return whether other editions may work on the same archive: its file was named by TENDERBELL_ARCHIVE."""
    return settings.archive is not None


def join(settings: Settings, archive: sqlite3.Connection, public: sqlite3.Connection) -> int:
    """Note that the edition works on the archive, and return the number up to which its versions tell nobody: they
    were there when it came.

    A `public.db` whose cursors belong to another archive begins again at the first notice of this one: its pages stay.
    """
    migrate(archive, migrations)
    number = int(archive.execute("select number from archive").fetchone()[0])
    row = public.execute("select cursor from step where name = ?", (STEP,)).fetchone()
    moved = row is not None and int(row[0]) != number
    held = archive.execute("select joined from edition where id = ?", (settings.edition.id,)).fetchone()
    if moved or (held is None and is_shared(settings) and not _has_compiled(public)):
        joined = start_late(settings, archive)
    elif held is None:
        joined = _enter(settings, archive, 0)
    else:
        joined = int(held["joined"])
    if row is None or moved:
        with transaction(public):
            if moved:
                _begin_again(archive, public)
            public.execute("insert or replace into step (name, cursor) values (?, ?)", (STEP, number))
    return joined


def start_late(settings: Settings, archive: sqlite3.Connection) -> int:
    """Let the edition tell nobody of what is in the archive now, and return the newest number of that."""
    migrate(archive, migrations)
    return _enter(settings, archive, newest_number(archive))


def _enter(settings: Settings, archive: sqlite3.Connection, joined: int) -> int:
    """Note since when the edition works on the archive, and return that. One that finds in a shared archive what others
    brought is not its first: the first may run an older program, and note itself later."""
    identity, brought_by_others = settings.edition.id, is_shared(settings) and joined > 0
    with transaction(archive):
        first = not brought_by_others and archive.execute("select 1 from edition where place = 0").fetchone() is None
        archive.execute(
            "insert into edition (id, place, joined) "
            "values (?, (select case when ? then 0 else 1 + coalesce(max(place), 0) end from edition), ?) "
            "on conflict (id) do update set joined = max(joined, excluded.joined)",
            (identity, first, joined),
        )
        row = archive.execute("select joined from edition where id = ?", (identity,)).fetchone()
    return int(row["joined"])


def _has_compiled(public: sqlite3.Connection) -> bool:
    """Return whether anything of an archive has been compiled into `public.db`."""
    return public.execute("select 1 from step where name = 'compile' and cursor > 0").fetchone() is not None


def _begin_again(archive: sqlite3.Connection, public: sqlite3.Connection) -> None:
    """Set the cursors of notices and sightings to the beginning, those of decisions to the end: what was decided before
    is read with each notice."""
    public.execute("delete from step where name in ('compile', 'sightings', 'replies')")
    for step, table in (("decisions", "decision"), ("choices", "join_choice")):
        newest = archive.execute(f"select coalesce(max(number), 0) from {table}").fetchone()[0]
        public.execute("insert or replace into step (name, cursor) values (?, ?)", (step, newest))


def scope(edition: Edition, archive: sqlite3.Connection) -> str:
    """Return what marks the edition's own rows in the archive: "" for its first edition, the id for another."""
    places = editions(archive)
    is_first = places[edition.id] == 0 if edition.id in places else 0 not in places.values()
    return _FIRST if is_first else edition.id


def editions(archive: sqlite3.Connection) -> dict[str, int]:
    """Return the ids of the editions that work on the archive with their places, in the order in which they came; the
    first has the place 0. Only reads."""
    if archive.execute("select 1 from sqlite_master where type = 'table' and name = 'edition'").fetchone() is None:
        return {}
    return {row[0]: row[1] for row in archive.execute("select id, place from edition order by place")}
