"""Can a source be believed today? Written beside the opportunities, so that pages and e-mails can say so.

A source whose last run did not finish is *failing*. One whose last run finished is *degraded* when

- that run raised an alarm: rows that were not recognised, a page that came twice, or much less listed than usual
  (`tenderbell.history`, judged when the run ended); or
- more than 2 % of the notices that its last 20 runs brought could not be read and still cannot: neither has better
  code read them since, nor has a later version replaced them.

Otherwise it is *working*. Only harvests of the live source count: reading saved responses and reconciling do not.
"""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from tenderbell import reconciliations
from tenderbell.clock import stamp
from tenderbell.compiling.silences import write_silences
from tenderbell.database import transaction
from tenderbell.edition import Source
from tenderbell.health import DEGRADED, FAILING, FIRST_RUN, NEVER_RUN, WORKING
from tenderbell.phrases import plural
from tenderbell.settings import Settings
from tenderbell.timetable import next_harvest

LONGEST_RUN = timedelta(hours=12)

UNREADABLE_SHARE = 0.02
RUNS_LOOKED_AT = 20

_VERDICT = "case when not complete then 0 when alarm is null then 2 else 1 end"
"""What a run says by itself: 0 failing, 1 degraded, 2 working."""


class LastRun(msgspec.Struct, frozen=True):
    """What the newest harvest that ended did: requests made and bytes received, notices `listed` by the source, of
    these versions that were `new`, `changed` or `unreadable`; why it ended, and its alarm."""

    requests: int
    bytes: int
    listed: int
    new: int
    changed: int
    unreadable: int
    reason: str | None = None
    alarm: str | None = None


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
        flat = {name: getattr(self, name) for name in self.__struct_fields__ if name not in ("run", "reconciled")}
        for name in LastRun.__struct_fields__:
            flat[f"last_run_{name}"] = getattr(self.run, name, None)
        for name in reconciliations.Reconciliation.__struct_fields__:
            flat[f"reconciled_{name}"] = getattr(self.reconciled, name, None)
        return flat


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


def health_of(archive: sqlite3.Connection, source: str, now: datetime) -> Health:
    """Return the health of a source as its runs show it at `now`. A run still going counts only when it is the first,
    and only for 12 hours: after that it was cut off."""
    found = _standing(archive, source, now)
    notices, unreadable = archive.execute(
        "select (select count(*) from notice where source = ?1), "
        "(select count(*) from notice where source = ?1 and unreadable is not null)",
        (source,),
    ).fetchone()
    return msgspec.structs.replace(
        found, notices=notices, unreadable=unreadable, reconciled=reconciliations.last(archive, source)
    )


def _standing(archive: sqlite3.Connection, source: str, now: datetime) -> Health:
    ended = archive.execute(
        "select * from run where source = ? and sort = 'harvest' and finished_at is not null order by id desc limit 1",
        (source,),
    ).fetchone()
    if ended is None:
        return _not_ended(archive, source, now)
    run = LastRun(*(ended[name] for name in LastRun.__struct_fields__))
    success = archive.execute(
        "select max(finished_at) from run where source = ? and sort = 'harvest' and complete", (source,)
    ).fetchone()[0]
    since = _since(archive, source)
    if not ended["complete"]:
        return Health(FAILING, since, ended["finished_at"], success, message=ended["reason"], run=run)
    state, message = WORKING, ended["reason"]
    if ended["alarm"]:
        state, message = DEGRADED, ended["alarm"]
    if unreadable := _unreadable_lately(archive, source):
        words, began = unreadable
        message = f"{ended['alarm']} {words}" if ended["alarm"] else words
        since = min(began, since) if ended["alarm"] else began
        state = DEGRADED
    return Health(state, since, ended["finished_at"], success, message=message, run=run)


def _not_ended(archive: sqlite3.Connection, source: str, now: datetime) -> Health:
    """Return the health of a source of which no live harvest has ended yet."""
    started = archive.execute(
        "select max(started_at) from run where source = ? and sort = 'harvest'", (source,)
    ).fetchone()[0]
    if started and started < stamp(now - LONGEST_RUN):
        return Health(FAILING, started, started, message="The harvest was cut off.")
    return Health(FIRST_RUN if started else NEVER_RUN, started, started)


def _since(archive: sqlite3.Connection, source: str) -> str:
    """Return when the present row of runs with the same verdict began."""
    row = archive.execute(
        f"with ended as (select id, finished_at, {_VERDICT} as verdict from run "
        "where source = ? and sort = 'harvest' and finished_at is not null) "
        "select min(finished_at) from ended where id > coalesce((select max(id) from ended where verdict <> "
        "(select verdict from ended order by id desc limit 1)), 0)",
        (source,),
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
