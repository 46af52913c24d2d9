"""Can a source be believed today? Written beside the opportunities, so that pages and e-mails can say so."""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.edition import Source
from tenderbell.settings import Settings
from tenderbell.timetable import next_harvest

LONGEST_RUN = timedelta(hours=12)

NEVER_RUN, RUNNING, WORKING, FAILING = "never run", "first run", "working", "failing"


class Health(msgspec.Struct, frozen=True):
    """The state of one source and since when. `last_success` is when it was last walked to its end."""

    state: str
    since: str | None = None
    last_run: str | None = None
    last_success: str | None = None
    notices: int = 0
    unreadable: int = 0
    message: str | None = None


def write_health(settings: Settings, archive: sqlite3.Connection, public: sqlite3.Connection) -> None:
    """Write the health of every source of the edition, and forget sources that it no longer has."""
    sources = [source for source in settings.edition.sources if source.enabled]
    with transaction(public):
        for source in sources:
            health = health_of(archive, source.id, settings.clock())
            again = next_harvest(settings.edition, source.id, settings.clock(), failing=health.state == FAILING)
            _write(public, source, health, stamp(again) if again else None)
        kept = [source.id for source in sources]
        public.execute(f"delete from source where id not in ({', '.join('?' * len(kept))})", kept)


def health_of(archive: sqlite3.Connection, source: str, now: datetime) -> Health:
    """Return the health of a source as its runs show it at `now`. A run still going counts only when it is the first,
    and only for 12 hours: after that it was cut off."""
    ended = archive.execute(
        "select complete, started_at, finished_at, reason from run where source = ? and finished_at is not null "
        "order by id desc limit 1",
        (source,),
    ).fetchone()
    notices, unreadable = archive.execute(
        "select count(*), count(unreadable) from notice where source = ?", (source,)
    ).fetchone()
    started = archive.execute("select max(started_at) from run where source = ?", (source,)).fetchone()[0]
    if ended is None:
        if started and started < stamp(now - LONGEST_RUN):
            return Health(FAILING, started, started, None, notices, unreadable, "The harvest was cut off.")
        return Health(RUNNING if started else NEVER_RUN, started, started, None, notices, unreadable)
    success = archive.execute("select max(finished_at) from run where source = ? and complete", (source,)).fetchone()[0]
    state = WORKING if ended["complete"] else FAILING
    since = _since(archive, source, bool(ended["complete"]))
    return Health(state, since, ended["finished_at"], success, notices, unreadable, ended["reason"])


def _since(archive: sqlite3.Connection, source: str, complete: bool) -> str | None:
    """Return when the present run of successes, or of failures, began."""
    row = archive.execute(
        "select min(finished_at) from run where source = ?1 and finished_at is not null and id > coalesce("
        "(select max(id) from run where source = ?1 and finished_at is not null and complete <> ?2), 0)",
        (source, complete),
    ).fetchone()
    return str(row[0]) if row[0] else None


def _write(public: sqlite3.Connection, source: Source, health: Health, next_run: str | None) -> None:
    row = {
        "id": source.id,
        "title": source.title,
        "home": source.home or source.url,
        "licence": source.licence,
        "next_run": next_run,
        **msgspec.structs.asdict(health),
    }
    names = list(row)
    public.execute(
        f"insert into source ({', '.join(names)}) values ({', '.join('?' * len(names))}) "
        f"on conflict (id) do update set {', '.join(f'{name} = excluded.{name}' for name in names[1:])}",
        tuple(row.values()),
    )
