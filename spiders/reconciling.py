"""Reconciling: what sources list of their own against the archive; differences are listed, fetched and counted."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spiders.base import Progress
from spiders.harvest import HarvestReport, Wanted, harvest
from spiders.registry import spider_class
from tenderbell import archive
from tenderbell.edition import Source
from tenderbell.errors import SettingError
from tenderbell.reconciliations import of_run
from tenderbell.settings import Settings


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """What comparing one source has shown: how many notices were `compared`, how many of them were `missing` in the
    archive, and what became of those: `fetched`, or `absent` at the source too. `differences` are the keys of those
    that were missing. The rest is what a harvest reports of a run; `notices` and `new` are what was archived."""

    source: str
    run: int
    compared: int
    missing: int
    fetched: int
    absent: int
    differences: list[str]
    notices: int
    new: int
    requests: int
    finished: bool
    reason: str


def reconcile(
    settings: Settings,
    source_ids: Sequence[str] = (),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    progress: Progress | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> list[ReconcileReport]:
    """Compare the sources named (by default every enabled one that can be compared) and return one report for each.

    Without `since` it is yesterday that is compared. Raises SettingError for a source that has nothing to be compared
    with. Can be called once in a process.
    """
    ids = comparable(settings, source_ids)
    if not ids:
        return []
    wanted = Wanted(since=since, until=until, reconciling=True)
    reports = harvest(settings, ids, wanted, progress=progress, overrides=overrides)
    return [_report(settings, report) for report in reports]


def comparable(settings: Settings, ids: Sequence[str]) -> list[str]:
    """Return the sources that are to be compared. Raises SettingError for a named one that cannot be."""
    edition = settings.edition
    if not ids:
        return [source.id for source in edition.sources if source.enabled and _can(source)]
    for source in map(edition.source, ids):
        if not _can(source):
            able = ", ".join(one.id for one in edition.sources if _can(one)) or "none"
            raise SettingError(f"The source {source.id!r} has no list to be compared with; these have: {able}.")
    return list(dict.fromkeys(ids))


def _can(source: Source) -> bool:
    return spider_class(source.spider_name).can_reconcile()


def _report(settings: Settings, report: HarvestReport) -> ReconcileReport:
    with closing(archive.open_archive(settings.archive_path)) as db:
        found, differences = of_run(db, report.run)
    return ReconcileReport(
        report.source,
        report.run,
        found.compared,
        found.missing,
        found.fetched,
        found.absent,
        differences,
        report.notices,
        report.new,
        report.requests,
        report.finished,
        report.reason,
    )
