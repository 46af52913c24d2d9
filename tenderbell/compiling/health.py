"""Can a source be believed today? Written beside the opportunities, so that pages and e-mails can say so.

A source whose last run did not finish, or was cut off, is *failing*. One whose last run finished is *degraded* when

- that run raised an alarm: rows that were not recognised, a page that came twice, or much less listed than usual
  (`tenderbell.history`, judged when the run ended); or
- more than 2 % of the notices that its last 20 runs brought could not be read and still cannot: neither has better
  code read them since, nor has a later version replaced them.

Otherwise it is *working*. Only harvests of the live source count: reading saved responses and reconciling do not.
"""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from tenderbell import advert, reconciliations
from tenderbell.clock import stamp
from tenderbell.compiling.silences import write_silences
from tenderbell.database import transaction
from tenderbell.edition import Source
from tenderbell.health import DEGRADED, FAILING, FIRST_RUN, NEVER_RUN, WORKING
from tenderbell.phrases import plural
from tenderbell.runs import Done, LastRun, folded
from tenderbell.seeing import uptime
from tenderbell.settings import Settings
from tenderbell.timetable import next_harvest

LONGEST_RUN = timedelta(hours=12)

UNREADABLE_SHARE = 0.02
RUNS_LOOKED_AT = 20

CUT_OFF = "The harvest was cut off."

_JUDGED = """
    with judged as (
        select *, coalesce(finished_at, started_at) as at,
            case when not complete then 0 when alarm is null then 2 else 1 end as verdict
        from run
        where source = :source and sort = 'harvest' and (
            finished_at is not null or started_at < :long_ago or exists (
                select 1 from run as later where later.source = run.source and later.id > run.id
                and later.sort <> 'saved'
            )
        )
    )
"""
"""The harvests of a source that are over, and what each says by itself: 0 failing, 1 degraded, 2 working. One that
never ended was cut off when it is older than any harvest, or when another has begun since: two never run at once."""


class Health(msgspec.Struct, frozen=True):
    """The state of one source and since when. `last_success` is when it was last walked to its end."""

    state: str
    since: str | None = None
    last_run: str | None = None
    last_success: str | None = None
    notices: int = 0
    unreadable: int = 0
    message: str | None = None
    run: LastRun | None = None
    reconciled: reconciliations.Reconciliation | None = None

    def columns(self) -> dict[str, object]:
        """Return the health as flat fields: those of `run` begin with `last_run_`, those of `reconciled` with
        `reconciled_`; what is not known is None."""
        flat = {name: getattr(self, name) for name in self.__struct_fields__ if name not in Done.__struct_fields__}
        return flat | folded(Done(self.run, self.reconciled))


def write_health(settings: Settings, archive: sqlite3.Connection, public: sqlite3.Connection) -> None:
    """Write the health of every source of the edition, forget sources that it no longer has, and write which buyers are
    silent."""
    sources = [source for source in settings.edition.sources if source.enabled]
    with transaction(public):
        for source in sources:
            health = health_of(archive, source.id, settings.clock())
            again = next_harvest(settings.edition, source.id, settings.clock(), failing=health.state == FAILING)
            _write(public, source, health, stamp(again) if again else None)
        kept = [source.id for source in sources]
        public.execute(f"delete from source where id not in ({', '.join('?' * len(kept))})", kept)
        write_silences(public, settings.area, settings.clock())
        uptime.copy(archive, public, settings.edition.id)


def health_of(archive: sqlite3.Connection, source: str, now: datetime) -> Health:
    """Return the health of a source as its runs show it at `now`. A run still going counts only when no other has
    ended, and only for 12 hours: after that it was cut off."""
    found = _standing(archive, source, now)
    notices, unreadable = archive.execute(
        "select (select count(*) from notice where source = ?1), "
        "(select count(*) from notice where source = ?1 and unreadable is not null)",
        (source,),
    ).fetchone()
    health = msgspec.structs.replace(
        found, notices=notices, unreadable=unreadable, reconciled=reconciliations.last(archive, source)
    )
    return _here(health, now) if source == advert.SOURCE else health


def _here(health: Health, now: datetime) -> Health:
    """Return the health of the source of adverts written here: whoever can read this can be sure of it, so it
    never "has not answered"."""
    is_fresh = health.last_success is not None and health.last_success >= stamp(now - LONGEST_RUN)
    if health.last_success is None or (is_fresh and health.state != FAILING):
        return health
    return msgspec.structs.replace(health, state=WORKING, last_success=stamp(now), message=None)


def _standing(archive: sqlite3.Connection, source: str, now: datetime) -> Health:
    facts = {"source": source, "long_ago": stamp(now - LONGEST_RUN)}
    last = archive.execute(f"{_JUDGED} select * from judged order by id desc limit 1", facts).fetchone()
    if begun := _first_run(archive, source, now):
        return Health(FIRST_RUN, begun, begun)
    if last is None:
        return Health(NEVER_RUN)
    ended = last["finished_at"] is not None
    run = LastRun(*(last[name] for name in LastRun.__struct_fields__)) if ended else None
    success = archive.execute(f"{_JUDGED} select max(at) from judged where complete", facts).fetchone()[0]
    since = _since(archive, facts)
    if not last["complete"]:
        return Health(FAILING, since, last["at"], success, message=last["reason"] if ended else CUT_OFF, run=run)
    state, message = WORKING, last["reason"]
    if last["alarm"]:
        state, message = DEGRADED, last["alarm"]
    if unreadable := _unreadable_lately(archive, source):
        words, began = unreadable
        message = f"{last['alarm']} {words}" if last["alarm"] else words
        since = min(began, since) if last["alarm"] else began
        state = DEGRADED
    return Health(state, since, last["at"], success, message=message, run=run)


def _first_run(archive: sqlite3.Connection, source: str, now: datetime) -> str | None:
    """Return when the harvest began that is under way while none has ended yet, None when that is not so."""
    row = archive.execute(
        "select max(started_at) as begun, count(finished_at) as ended from run where source = ? and sort = 'harvest'",
        (source,),
    ).fetchone()
    return str(row["begun"]) if row["begun"] and not row["ended"] and row["begun"] >= stamp(now - LONGEST_RUN) else None


def _since(archive: sqlite3.Connection, facts: dict[str, str]) -> str:
    """Return when the present row of runs with the same verdict began."""
    row = archive.execute(
        f"{_JUDGED} select min(at) from judged where id > coalesce((select max(id) from judged where verdict <> "
        "(select verdict from judged order by id desc limit 1)), 0)",
        facts,
    ).fetchone()
    return str(row[0])


def _unreadable_lately(archive: sqlite3.Connection, source: str) -> tuple[str, str] | None:
    """Return (sentence, since when) when too many of the notices of the last runs cannot be read, None otherwise."""
    runs = archive.execute(
        "select id, notices from run where source = ? and sort = 'harvest' and complete and notices > 0 "
        "order by id desc limit ?",
        (source, RUNS_LOOKED_AT),
    ).fetchall()
    total = sum(run["notices"] for run in runs)
    still, began = archive.execute(
        "select count(*), min(fetched_at) from notice where source = ?1 and unreadable is not null "
        f"and run in ({', '.join('?' * len(runs))}) and not exists (select 1 from notice later "
        "where later.source = ?1 and later.key = notice.key and later.number > notice.number "
        "and later.unreadable is null)",
        (source, *(run["id"] for run in runs)),
    ).fetchone()
    if not total or still / total <= UNREADABLE_SHARE:
        return None
    share = f"{still / total:.0%}"
    return f"{still:,} of the last {plural(total, 'notice')} could not be read ({share}).", began


def _write(public: sqlite3.Connection, source: Source, health: Health, next_run: str | None) -> None:
    row = {
        "id": source.id,
        "title": source.title,
        "home": source.home or source.url,
        "licence": source.licence,
        "next_run": next_run,
        **health.columns(),
    }
    names = list(row)
    public.execute(
        f"insert into source ({', '.join(names)}) values ({', '.join('?' * len(names))}) "
        f"on conflict (id) do update set {', '.join(f'{name} = excluded.{name}' for name in names[1:])}",
        tuple(row.values()),
    )
