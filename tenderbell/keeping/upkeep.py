"""Upkeep: once a week each database is examined for damage, its statistics are renewed, and space is given back."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from tenderbell.database import connect
from tenderbell.keeping import notes
from tenderbell.keeping.checking import faults_of
from tenderbell.keeping.folding import fold, room_of, shrink
from tenderbell.keeping.notes import UPKEEP
from tenderbell.phrases import plural
from tenderbell.runs import size_words
from tenderbell.settings import Settings

ANALYSIS_LIMIT = 1000
"""Rows of each index that `PRAGMA optimize` looks at: milliseconds, however large the file."""

MEND = {
    "archive.db": "Stop `tenderbell run`, move archive.db away (with -wal and -shm) and run `tenderbell restore DIR "
    "--only archive.db`: what has come since is collected again. Without a backup, the next harvest begins a new one.",
    "public.db": "Stop `tenderbell run`, move public.db away (with -wal and -shm) and run `tenderbell rebuild`: it "
    "makes the file anew from the archive, with the same addresses, and tells nobody.",
    "private.db": "Stop `tenderbell run`, move private.db away (with -wal and -shm) and run `tenderbell restore DIR "
    "--only private.db`. Keep the damaged file: `sqlite3 private.db .recover` may show who has come or left since.",
}
"""What to do about a damaged file."""


class Kept(msgspec.Struct, kw_only=True):
    """What became of one database: its size, its faults, and the bytes that were given back."""

    name: str
    bytes: int
    faults: list[str]
    freed: int = 0


class UpkeepReport(msgspec.Struct, kw_only=True):
    """What became of each database; `needs` says in sentences what a human must do."""

    files: list[Kept] = []
    needs: list[str] = []

    @property
    def is_well(self) -> bool:
        """Whether no file is damaged."""
        return not self.needs


def keep_up(settings: Settings, *, vacuum: bool = False) -> UpkeepReport:
    """Examine the three files, give back what is free, and note the result for `status`. A damaged file is not touched.

    With `vacuum`, large files too are made smaller; whoever writes waits for that.
    """
    report = UpkeepReport(files=[_keep_one(settings, path, vacuum=vacuum) for path in paths(settings) if path.exists()])
    faults = {kept.name: kept.faults for kept in report.files if kept.faults}
    report.needs = [damage_words(name, found) for name, found in faults.items()]
    words = "; ".join(report.needs) or f"{plural(len(report.files), 'database')} examined, no damage."
    notes.note(settings, UPKEEP, words, ok=report.is_well, faults=faults)
    return report


def paths(settings: Settings) -> tuple[Path, Path, Path]:
    """Return where the three files are, in the order of the work."""
    return settings.archive_path, settings.public_path, settings.private_path


def file_name(settings: Settings, path: Path) -> str:
    """Return the name under which a database is spoken of, whatever a shared archive is called."""
    return "archive.db" if path == settings.archive_path else path.name


def damage_words(name: str, faults: list[str]) -> str:
    """Return what is wrong with a file and what to do."""
    return f"{name} is damaged ({faults[0][:120]}). {MEND[name]} Then `tenderbell upkeep` says whether all is well."


def lines(report: UpkeepReport) -> Iterator[str]:
    """Yield the report for people, a line for each file."""
    for kept in report.files:
        state = "damaged" if kept.faults else "no damage"
        freed = f", {size_words(kept.freed)} given back" if kept.freed else ""
        yield f"{kept.name}: {state}, {size_words(kept.bytes)}{freed}"


def _keep_one(settings: Settings, path: Path, *, vacuum: bool) -> Kept:
    name, faults = file_name(settings, path), faults_of(path)
    if faults:
        return Kept(name=name, bytes=path.stat().st_size, faults=faults)
    with closing(connect(path)) as db:
        db.execute(f"pragma analysis_limit={ANALYSIS_LIMIT}")
        db.execute("pragma optimize")
    freed = shrink(settings, path, whatever_its_size=vacuum)
    fold(settings, path)
    room = room_of(path)
    return Kept(name=name, bytes=room.bytes if room else 0, faults=[], freed=freed)
