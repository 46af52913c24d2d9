"""Jobs of several editions over one archive: which of them are one job, and whether it is this edition's turn."""

from collections.abc import Sequence
from datetime import datetime

from schedules.ledger import Ledger, Turn
from schedules.planned import named_sources
from spiders.harvest import lock_path
from tenderbell.edition import Job, Source
from tenderbell.lock import is_held
from tenderbell.settings import Settings
from tenderbell.sharing import is_shared

COMMON = ("harvest", "reconcile")
"""Commands that bring something into the archive, where every edition finds it."""


def ledger_of(settings: Settings, jobs: Sequence[Job]) -> Ledger:
    """Return the ledger of an edition's jobs. In a shared archive a job that fetches is called by what it asks of whom,
    so that it is the same job in every edition; any other by the edition and its id."""
    if not is_shared(settings):
        return Ledger(settings.archive_path)
    edition = settings.edition.id
    common = {job.id: common_name(settings, job) for job in jobs if job.command[0] in COMMON}
    own = {job.id: f"{edition}: {job.id}" for job in jobs if job.id not in common}
    return Ledger(settings.archive_path, edition, {**common, **own}, frozenset(common))


def common_name(settings: Settings, job: Job) -> str:
    """Return what a job asks of whom: the command, the sources that are switched on, and its options."""
    named = named_sources(job)
    sources = sorted(source.id for source in enabled(settings, named))
    return " ".join([job.command[0], *sources, *job.command[1 + len(named) :]])


def enabled(settings: Settings, named: Sequence[str]) -> list[Source]:
    """Return the enabled ones of the sources that are named, or of all. Raises UnknownSource."""
    edition = settings.edition
    return [source for source in ([edition.source(id) for id in named] or edition.sources) if source.enabled]


def turn_of(settings: Settings, ledger: Ledger, job: Job, due: datetime) -> Turn:
    """Return whose a job is that was due at `due`."""
    if job.id not in ledger.common:
        return Turn.OURS
    sources = enabled(settings, named_sources(job))
    is_going = any(is_held(lock_path(settings, source.id)) for source in sources)
    return ledger.take(job, due, settings.clock(), is_going=is_going)
