"""Small editions for the tests of the scheduler."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from tenderbell.settings import Settings

HEAD = """
id = "test"
title = "Test Opportunities"
strapline = "every tender and grant"
area = "gloucestershire"
url = "http://127.0.0.1:8001"

[mail]
name = "Test Opportunities"
address = "alerts@tenderbell.example"

[[source]]
id = "find-a-tender"
title = "Find a Tender"
url = "{url}"
delay = 0.0

[[source]]
id = "county-fund"
title = "County fund"
spider = "feed"
url = "{fund}"
kind = "grant"
reach = "local"
delay = 0.0
"""

NOBODY = "http://127.0.0.1:9"
"""An address at which nothing listens."""


def job(id: str, command: str, *, cron: str | None = None, every_minutes: int | None = None) -> str:
    """Return the TOML of one job."""
    when = f'cron = "{cron}"' if cron else f"every_minutes = {every_minutes}"
    return f'\n[[job]]\nid = "{id}"\ncommand = {command.split()!r}\n{when}\n'


def environment(
    folder: Path, jobs: Iterable[str] = (), *, url: str = NOBODY, fund: str | None = None, **extra: str
) -> dict[str, str]:
    """Return the settings of an edition with these jobs, in a folder of its own. The fund's feed is on the same server
    as the tenders, unless `fund` is another address."""
    path = folder / "edition.toml"
    path.write_text(HEAD.format(url=url, fund=fund or f"{url}/feed.xml") + "".join(jobs))
    return {"TENDERBELL_EDITION": str(path), "TENDERBELL_DATA": str(folder / "data"), **extra}


def settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that a process with this environment reads."""
    return Settings.read(environ)
