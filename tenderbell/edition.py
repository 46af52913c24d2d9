"""An edition: one area's site, its sources and its timetable, as data: `schedules/NAME.toml`."""

from pathlib import Path
from typing import Any

import msgspec

from tenderbell.errors import SettingError, UnknownSource
from tenderbell.tomlfile import read_toml
from tenderbell.vocabulary import Kind, Reach

SCHEDULES = Path(__file__).resolve().parent.parent / "schedules"


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A source that the edition harvests. `spider` names the file in `spiders/` that reads it (by default the one of
    the same name as the id). `url` overrides the spider's own address; feeds always give it. `kind`, `reach` and
    `buyer` (a body's id in the area, or a name) say what a feed's entries are when they do not say so themselves.
    `since_days` is how far back the first harvest goes. `delay` overrides the spider's seconds between requests.
    `terms` is the page with a portal's terms of use, read before each harvest; where they forbid programs, nothing is
    asked unless `permission` says who allowed this site to ask all the same, in writing, and when. `options` are what
    the spider needs besides: its module says which, and refuses others."""

    id: str
    title: str
    spider: str = ""
    url: str | None = None
    home: str | None = None
    licence: str | None = None
    kind: Kind | None = None
    reach: Reach | None = None
    buyer: str | None = None
    since_days: int = 28
    delay: float | None = None
    enabled: bool = True
    terms: str | None = None
    permission: str | None = None
    options: dict[str, Any] = {}

    @property
    def spider_name(self) -> str:
        """The module in `spiders/` that fetches and reads this source, without the package, with underscores."""
        return (self.spider or self.id).replace("-", "_")


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the timetable: `command` is a Tenderbell command with its arguments, `cron` five fields in UK time
    (never between 01:00 and 01:59, which a clock change repeats or skips), or `every_minutes`."""

    id: str
    command: tuple[str, ...]
    cron: str | None = None
    every_minutes: int | None = None


class Mail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose name stands on the e-mails. `address` is the From address, `operator` where replies go.
    `canary` is the address that must receive a digest each day (by default the operator's), `bounce_domain` the domain
    that bounces are addressed to (by default that of `address`). `per_second` and `per_day` bound what is sent in all,
    `domain_per_minute` what is sent to one mail domain; None: no bound. `resend_unknown` is whether a message of which
    nobody knows if it arrived is sent once more by itself (ruling 26) or left to the operator."""

    name: str
    address: str
    operator: str | None = None
    canary: str | None = None
    bounce_domain: str | None = None
    per_second: float | None = None
    per_day: int | None = None
    domain_per_minute: int | None = None
    resend_unknown: bool = True


class Archive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the bytes as received are kept of notices that stand on no page of this area: `keep_months`, counted
    from when they came. None: for ever (`tenderbell.keeping.payloads`)."""

    keep_months: int | None = None


class Edition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One area's site. `url` is the public address without a final slash, as it stands in e-mails. `sample` marks an
    edition whose notices are invented: every page and e-mail then says so."""

    id: str
    title: str
    strapline: str
    area: str
    url: str
    mail: Mail
    sample: bool = False
    archive: Archive = Archive()
    sources: tuple[Source, ...] = msgspec.field(name="source", default=())
    jobs: tuple[Job, ...] = msgspec.field(name="job", default=())

    def source(self, id: str) -> Source:
        """Return the source `id`. Raises UnknownSource, naming those that exist."""
        for source in self.sources:
            if source.id == id:
                return source
        raise UnknownSource(f"There is no source {id!r}. Known: {', '.join(s.id for s in self.sources)}.")


def edition_path(name: str) -> Path:
    """Return the file of an edition given as a name or as a path that ends in `.toml` (ruling 6)."""
    return Path(name) if name.endswith(".toml") else SCHEDULES / f"{name}.toml"


def load_edition(name: str) -> Edition:
    """Return the edition `name`. Raises SettingError when its file is missing or misspelt."""
    path = edition_path(name)
    try:
        return read_toml(path, Edition)
    except FileNotFoundError:
        raise SettingError(f"There is no edition {name!r}: {path} does not exist.") from None
