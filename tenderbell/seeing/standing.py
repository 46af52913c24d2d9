"""What the files say: sources, harvests, sizes, copies, the machine. Each figure costs a look at an index or a file."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tenderbell import room
from tenderbell.clock import instant
from tenderbell.database import connect
from tenderbell.keeping import notes
from tenderbell.replicas import states
from tenderbell.seeing.counting import processes, shared_folder
from tenderbell.seeing.measures import Measure, Sample
from tenderbell.settings import Settings

SOURCE = ("source",)
STATE = Measure("tenderbell_source_state", "1 for the state that a source is in.", ("source", "state"))
LAST_RUN = Measure("tenderbell_source_last_run_timestamp_seconds", "When a source was last tried.", SOURCE)
LAST_SUCCESS = Measure(
    "tenderbell_source_last_success_timestamp_seconds", "When a source was last walked to its end.", SOURCE
)
NEXT_RUN = Measure("tenderbell_source_next_run_timestamp_seconds", "When a source is to be tried next.", SOURCE)
NOTICES = Measure("tenderbell_source_notices", "Notices held of a source, every version counted.", SOURCE)
UNREADABLE = Measure("tenderbell_source_unreadable_notices", "Notices of a source that could not be read.", SOURCE)
RUN_SECONDS = Measure("tenderbell_source_last_run_duration_seconds", "How long the last finished run took.", SOURCE)
RUN_NEW = Measure("tenderbell_source_last_run_new_notices", "Notices new in the last finished run.", SOURCE)
RUN_LISTED = Measure("tenderbell_source_last_run_listed_notices", "Notices that the source listed then.", SOURCE)
RUN_BYTES = Measure("tenderbell_source_last_run_received_bytes", "Bytes received in the last finished run.", SOURCE)
RUN_REQUESTS = Measure("tenderbell_source_last_run_requests", "Requests made in the last finished run.", SOURCE)

UNCOMPILED = Measure(
    "tenderbell_notices_uncompiled",
    "Numbers of notices that the compiler has not reached yet: at most so many notices wait to become pages.",
)
COMPILED = Measure("tenderbell_compile_last_timestamp_seconds", "When the compiler last moved on.")
DATABASE = Measure("tenderbell_database_bytes", "Size of a database file.", ("file",))
LOG = Measure("tenderbell_database_log_bytes", "Size of the write-ahead log of a database.", ("file",))
DISK_FREE = Measure("tenderbell_disk_free_bytes", "Bytes still free where the data folder lies.")
DISK_SIZE = Measure("tenderbell_disk_size_bytes", "Bytes of the whole disk where the data folder lies.")
BACKUP = Measure("tenderbell_backup_last_success_timestamp_seconds", "When a backup was last made.")
EXAMINED = Measure("tenderbell_examination_last_timestamp_seconds", "When the databases were last examined for damage.")
COPIED = Measure(
    "tenderbell_replica_copied_timestamp_seconds",
    "On the machine that writes: until when everything is at the place where copies go.",
)
LAG = Measure(
    "tenderbell_replica_lag_seconds", "On a machine that only reads: for how long its copy may lack something."
)
MEMORY = Measure("tenderbell_site_memory_bytes", "Memory that the processes of the site hold (resident).")
PROCESSES = Measure("tenderbell_site_processes", "Processes that answer visitors.")
BUILD = Measure("tenderbell_build_info", "1, with the version that runs.", ("version",))

MEASURES = (
    STATE, LAST_RUN, LAST_SUCCESS, NEXT_RUN, NOTICES, UNREADABLE, RUN_SECONDS, RUN_NEW, RUN_LISTED, RUN_BYTES,
    RUN_REQUESTS, UNCOMPILED, COMPILED, DATABASE, LOG, DISK_FREE, DISK_SIZE, BACKUP, EXAMINED, COPIED, LAG, MEMORY,
    PROCESSES, BUILD,
)  # fmt: skip

_OF_SOURCE = {"notices": NOTICES, "unreadable": UNREADABLE}
_OF_SOURCE_TIMES = {"last_run": LAST_RUN, "last_success": LAST_SUCCESS, "next_run": NEXT_RUN}
_OF_RUN = {"new": RUN_NEW, "listed": RUN_LISTED, "bytes": RUN_BYTES, "requests": RUN_REQUESTS}


def samples(settings: Settings) -> Iterator[Sample]:
    """Yield what can be known now. A file that is missing or cannot be read has no figures."""
    yield Sample(BUILD, 1, (_version(),))
    for looking in (_files, _machine, _copies):
        yield from looking(settings)
    with suppress(sqlite3.Error, OSError), closing(connect(settings.public_path, read_only=True)) as public:
        yield from _sources(public)
        with closing(connect(settings.archive_path, read_only=True)) as archive:
            yield from _harvests(public, archive)


def _sources(public: sqlite3.Connection) -> Iterator[Sample]:
    for row in public.execute("select * from source").fetchall():
        yield Sample(STATE, 1, (row["id"], row["state"]))
        yield from (Sample(measure, row[name], (row["id"],)) for name, measure in _OF_SOURCE.items())
        for name, measure in _OF_SOURCE_TIMES.items():
            yield from _moment(measure, row[name], row["id"])


def _harvests(public: sqlite3.Connection, archive: sqlite3.Connection) -> Iterator[Sample]:
    for (source,) in public.execute("select id from source").fetchall():
        run = archive.execute(
            "select *, (julianday(finished_at) - julianday(started_at)) * 86400 as seconds from run "
            "where source = ? and finished_at is not null order by id desc limit 1",
            (source,),
        ).fetchone()
        if run:
            yield Sample(RUN_SECONDS, round(run["seconds"], 3), (source,))
            yield from (Sample(measure, run[name], (source,)) for name, measure in _OF_RUN.items())
    newest = archive.execute("select max(number) from notice").fetchone()[0] or 0
    step = public.execute("select cursor, finished_at from step where name = 'compile'").fetchone()
    yield Sample(UNCOMPILED, max(0, newest - (step["cursor"] if step else 0)))
    yield from _moment(COMPILED, step["finished_at"] if step else None)


def _files(settings: Settings) -> Iterator[Sample]:
    for path in (settings.archive_path, settings.public_path, settings.private_path):
        with suppress(OSError):
            yield Sample(DATABASE, path.stat().st_size, (path.name,))
            log = path.with_name(f"{path.name}-wal")
            yield Sample(LOG, log.stat().st_size if log.exists() else 0, (path.name,))
    with suppress(OSError):
        found = room.room_of(settings.data)
        yield from (Sample(DISK_FREE, found.free), Sample(DISK_SIZE, found.total))


def _machine(settings: Settings) -> Iterator[Sample]:  # noqa: ARG001
    folder = shared_folder()
    ids = (processes(folder) if folder else []) or [os.getpid()]
    yield Sample(PROCESSES, len(ids))
    with suppress(OSError):
        yield Sample(MEMORY, sum(_resident(id) for id in ids))


def _resident(process: int) -> int:
    """Return the bytes of memory that a process holds."""
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _copies(settings: Settings) -> Iterator[Sample]:
    backup, examined = notes.read(settings, notes.BACKUP), notes.read(settings, notes.UPKEEP)
    yield from _moment(BACKUP, backup.succeeded_at if backup else None)
    yield from _moment(EXAMINED, examined.at if examined else None)
    if copied := states.copying(settings):
        yield from _moment(COPIED, copied.copied_at)
    if (followed := states.following(settings)) and (age := followed.age(settings.clock())) is not None:
        yield Sample(LAG, age.total_seconds())


def _moment(measure: Measure, at: str | None, *labels: str) -> Iterator[Sample]:
    found = instant(at)
    if found is not None:
        yield Sample(measure, found.timestamp(), labels)


def _version() -> str:
    try:
        return version("tenderbell")
    except PackageNotFoundError:
        return "unknown"
