"""What is to run: the edition's jobs, and those that a setting brings with it."""

from itertools import takewhile

from tenderbell.edition import Job
from tenderbell.settings import Settings

BOUNCES = Job(id="bounces", command=("bounce", "--mailbox"), every_minutes=10)
"""Reads what came back, when TENDERBELL_BOUNCES says where."""


def planned(settings: Settings) -> list[Job]:
    """Return the jobs of the edition and, unless it has its own, the one that reads what came back."""
    jobs = list(settings.edition.jobs)
    if settings.bounces and not any(job.command[0] == BOUNCES.command[0] for job in jobs):
        jobs.append(BOUNCES)
    return jobs


def named_sources(job: Job) -> list[str]:
    """Return the sources that a harvest names, as they stand before its options."""
    return list(takewhile(lambda word: not word.startswith("-"), job.command[1:]))
