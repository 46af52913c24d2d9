"""A country's three years: `python -m tests.bench.national_world FOLDER [NOTICES]` archives and compiles 250,000
invented notices a year, week after week, and goes on where it was stopped.

One process writes the archive while another compiles what has come, as harvest and compile do. Both leave the machine
to others: they run at nice 15.
"""

import os
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from spiders.ocds.release import key_of, read_release
from tenderbell import archive
from tenderbell.clock import instant, still_clock
from tenderbell.compiling import compile_archive
from tenderbell.notice import Raw
from tenderbell.public import open_public
from tenderbell.settings import PROJECT, Settings
from tests.bench.measuring import say
from tests.bench.releases import releases
from tests.bench.worlds import NOW, World

YEARLY = 250_000
"""Notices a year, in one country."""

YEARS = 3
WEEKS = 52 * YEARS
SOURCE = "find-a-tender"
EDITION = "united-kingdom"
PORTION = 500
NICE = 15


def settings_at(folder: Path, now: datetime, mail: str = "folder:mail") -> Settings:
    """Return the settings of the national edition in `folder`, with a clock that stands at `now`."""
    return Settings(EDITION, folder, mail, "127.0.0.1", 0, (), still_clock(now))


def begin(notices: int = YEARLY * YEARS) -> datetime:
    """Return when the first of so many notices is published."""
    return NOW - timedelta(days=365 * notices / YEARLY)


def build(folder: Path, notices: int = YEARLY * YEARS) -> None:
    """Make a world with so many notices in `folder`, or what is missing of it."""
    folder.mkdir(parents=True, exist_ok=True)
    filler = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.national_world", "fill", str(folder), str(notices)], cwd=PROJECT
    )
    while filler.poll() is None:
        time.sleep(1)
        follow(folder)
    if filler.returncode:
        raise RuntimeError("The archive could not be written; see the words above.")
    follow(folder)
    with closing(open_public(folder / "public.db")) as db:
        db.execute("pragma optimize")
        db.execute("pragma wal_checkpoint(truncate)")


def follow(folder: Path) -> None:
    """Compile what has been archived, at the time of its newest run."""
    if not (folder / "archive.db").exists():
        return
    with closing(archive.open_archive(folder / "archive.db")) as db:
        row = db.execute("select max(finished_at) from run").fetchone()
    now = instant(row[0])
    if now is None:
        return
    start = time.perf_counter()
    report = compile_archive(settings_at(folder, now))
    if report.notices:
        rate = report.notices / (time.perf_counter() - start)
        say(f"{now:%Y-%m-%d}: {report.notices:,} notices compiled, {rate:,.0f} a second")


def fill(folder: Path, notices: int) -> None:
    """Archive the weeks that are missing, oldest first, as backfills: nobody is told of them."""
    settings = settings_at(folder, NOW)
    start, weekly = begin(notices), max(1, notices // WEEKS)
    with closing(archive.open_archive(settings.archive_path)) as db:
        done = db.execute("select count(*) from run where complete").fetchone()[0]
        for week in range(done, WEEKS):
            since = start + (NOW - start) * week / WEEKS
            until = start + (NOW - start) * (week + 1) / WEEKS
            first = 1 + week * weekly
            bodies = releases(World(1_000 + week), weekly, since, until, first)
            keep(settings, list(bodies), until, backfill=True)


def keep(settings: Settings, bodies: list[bytes], now: datetime, *, backfill: bool) -> None:
    """Archive releases as a harvest does. A run that was cut short is archived again: nothing stands there twice."""
    with closing(archive.open_archive(settings.archive_path)) as db:
        run = archive.start_run(db, SOURCE, now, backfill=backfill)
        for place in range(0, len(bodies), PORTION):
            raws = [Raw(SOURCE, key_of(body), body) for body in bodies[place : place + PORTION]]
            archive.keep(db, run, raws, read_release, now)
        archive.end_run(db, run, now, complete=True, reason="Finished.")


def main() -> None:
    """Do what the module says."""
    os.nice(NICE)
    arguments = sys.argv[1:]
    if arguments[0] == "fill":
        fill(Path(arguments[1]), int(arguments[2]))
        return
    started = datetime.now(UTC)
    build(Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else YEARLY * YEARS)
    say(f"Built in {(datetime.now(UTC) - started).total_seconds() / 60:.0f} minutes.")


if __name__ == "__main__":
    main()
