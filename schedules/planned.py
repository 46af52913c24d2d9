"""What is to run: the edition's jobs, and those that come with every edition or with a setting."""

from itertools import takewhile

from tenderbell.edition import Job
from tenderbell.settings import Settings

BOUNCES = Job(id="bounces", command=("bounce", "--mailbox"), every_minutes=10)
"""Reads what came back, when TENDERBELL_BOUNCES says where."""

UPKEEP = Job(id="upkeep", command=("upkeep",), cron="50 3 * * sat")
"""Examines the databases for damage and gives back what they do not use: the same for every edition."""


def planned(settings: Settings) -> list[Job]:
    """Return the jobs of the edition and, unless it has its own, those that come with every edition: the weekly upkeep
    (not of invented notices, which nobody keeps), and the one that reads what came back, where that can be read."""
    own = {job.command[0] for job in settings.edition.jobs}
    comes_with = [UPKEEP] * (not settings.edition.sample) + [BOUNCES] * bool(settings.bounces)
    return [*settings.edition.jobs, *(job for job in comes_with if job.command[0] not in own)]


def named_sources(job: Job) -> list[str]:
    """Return the sources that a harvest names, as they stand before its options."""
    return list(takewhile(lambda word: not word.startswith("-"), job.command[1:]))
