"""Which archived bytes may go, by age and place.

The archive holds every notice of the national services, and nine of ten of them concern nobody here: they stand on no
page. Of those that are older than the edition's `[archive] keep_months`, and of no others, the bytes as received are
emptied. What stays: the notice with its source, key and digest, so that the same notice coming again is no news; what
the spider read in it, so that a later notice of the same process still finds its past; every sighting. What is lost:
such a notice cannot be read again by a better spider; `rebuild` goes by the reading that it has.

Bytes stay, however old, when their notice could not be read, when it was written here, when an edition that shares the
archive has it on a page, and all of them as long as one of these editions wants to keep everything (which is so until
it says otherwise). Each edition notes in the archive on which processes its pages stand (`wanted`) before it empties.

The work goes in slices of a few milliseconds, and from a position that moves with them: a run that is killed goes on
where it was, and each notice is looked at once in its life.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice

import msgspec

from tenderbell.advert import SOURCE as WRITTEN_HERE
from tenderbell.archive import open_archive
from tenderbell.clock import stamp
from tenderbell.database import connect, transaction
from tenderbell.edition import Edition
from tenderbell.settings import Settings
from tenderbell.sharing import editions

SLICE = 500
"""Notices that one transaction looks at: some ten milliseconds."""

MONTH_DAYS = 30.5


class Emptied(msgspec.Struct, kw_only=True):
    """What a run did: payloads emptied, and the bytes that they took."""

    payloads: int = 0
    bytes: int = 0


def empty_payloads(settings: Settings) -> Emptied:
    """Empty the payloads that nobody needs any more, and return how much that was. Without both files, or without a
    limit, only what the edition wants is noted."""
    done = Emptied()
    if not (settings.archive_path.exists() and settings.public_path.exists()):
        return done
    with closing(open_archive(settings.archive_path)) as archive:
        _declare(archive, settings)
        if (until := _until(archive, settings.clock())) is not None:
            _empty_until(archive, until, done)
    return done


def _declare(archive: sqlite3.Connection, settings: Settings) -> None:
    """Note in the archive how long the edition keeps payloads, and on which processes its pages stand."""
    edition = settings.edition
    with transaction(archive):
        archive.execute(
            "insert into keeper (edition, keep_months) values (?, ?) "
            "on conflict (edition) do update set keep_months = excluded.keep_months",
            (edition.id, edition.archive.keep_months),
        )
    if edition.archive.keep_months is None:
        return
    with closing(connect(settings.public_path, read_only=True)) as public:
        # What could not be compiled may have a page when the program has learnt better.
        pages = {row[0] for row in public.execute("select key from process union select process from set_aside")}
    noted = {row[0] for row in archive.execute("select process from wanted where edition = ?", (edition.id,))}
    _in_slices(archive, "insert or ignore into wanted (edition, process) values (?, ?)", edition, pages - noted)
    _in_slices(archive, "delete from wanted where edition = ? and process = ?", edition, noted - pages)


def _in_slices(archive: sqlite3.Connection, statement: str, edition: Edition, processes: Iterable[str]) -> None:
    for part in _parts(sorted(processes)):
        with transaction(archive):
            archive.executemany(statement, [(edition.id, process) for process in part])


def _parts(all_of_them: list[str]) -> Iterator[list[str]]:
    rest = iter(all_of_them)
    while part := list(islice(rest, SLICE)):
        yield part


def _until(archive: sqlite3.Connection, now: datetime) -> str | None:
    """Return the stamp before which payloads may go; None while an edition of the archive wants to keep all of them, or
    has not said what it wants."""
    keepers = {row["edition"]: row["keep_months"] for row in archive.execute("select edition, keep_months from keeper")}
    months = [keepers.get(edition) for edition in {*editions(archive), *keepers}]
    longest = max((month for month in months if month is not None), default=None)
    if longest is None or None in months:
        return None
    return stamp(datetime.fromtimestamp(now.timestamp() - longest * MONTH_DAYS * 86_400, now.tzinfo))


def _empty_until(archive: sqlite3.Connection, until: str, done: Emptied) -> None:
    """Empty slice after slice until the notices are too young."""
    while True:
        with transaction(archive):
            row = archive.execute("select cursor from keeping_step where name = 'payloads'").fetchone()
            cursor = int(row[0]) if row else 0
            rows = archive.execute(_SLICE, {"cursor": cursor, "limit": SLICE}).fetchall()
            old = [row for row in rows if row["fetched_at"] < until]
            may_go = [(row["number"],) for row in old if row["may_go"]]
            archive.executemany("update notice set body = x'' where number = ?", may_go)
            done.payloads += len(may_go)
            done.bytes += sum(row["size"] for row in old if row["may_go"])
            # Numbers do not always follow time (a version that came back is moved): the first young one ends it.
            passed = _passed([row["number"] for row in rows], {row["number"] for row in old})
            if passed:
                archive.execute("insert or replace into keeping_step (name, cursor) values ('payloads', ?)", (passed,))
        if len(old) < SLICE:
            return


def _passed(numbers: list[int], old: set[int]) -> int | None:
    """Return the last number before the first that is not old, None when there is none."""
    last = None
    for number in numbers:
        if number not in old:
            break
        last = number
    return last


_SLICE = f"""
select number, fetched_at, length(body) as size,
    length(body) > 0 and reading is not null and source <> '{WRITTEN_HERE}' and process is not null
    and not exists (select 1 from wanted w where w.process = notice.process) as may_go
from notice where number > :cursor order by number limit :limit
"""
