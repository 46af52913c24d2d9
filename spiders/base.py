"""What every spider shares: its task, keeping what it fetched, and saying in words what went wrong."""

import logging
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec
import scrapy
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from spiders.fetching import faults, gaps
from spiders.questions.probe import Probe
from tenderbell import archive
from tenderbell.archive import Kept
from tenderbell.area import Area
from tenderbell.clock import Clock
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, SettingError
from tenderbell.notice import Raw, Reader

logger = logging.getLogger(__name__)

Progress = Callable[[str], None]


class NoOptions(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The options of a spider that takes none."""


BROKEN_TRIES = 2
"""How many more times an answer that is not what the source promises is asked for."""


@dataclass
class Task:
    """One run of one source: what it has to fetch, and what has become of it so far.

    `done` is set by the spider when it has fetched everything; `faults` say why it could not, `alarms` what a human
    should look at although the run finished. When it is `reconciling`, the spider's `reconcile` runs in place of its
    `start`, `compared` counts the notices that it looked for in the archive, and `differences` are those it lacked.
    """

    source: Source
    archive: sqlite3.Connection
    run: int
    read: Reader
    clock: Clock
    progress: Progress | None = None
    since: datetime | None = None
    until: datetime | None = None
    kept: Kept = field(default_factory=Kept)
    listed: int = 0
    done: bool = False
    reconciling: bool = False
    compared: int = 0
    differences: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    requests: int = 0
    received: int = 0

    def fault(self, sentence: str) -> None:
        """Keep a reason why the run is not finished."""
        if sentence not in self.faults:
            self.faults.append(sentence)

    def alarm(self, sentence: str) -> None:
        """Keep a reason why the run, although it finished, should not be trusted fully."""
        if sentence not in self.alarms:
            self.alarms.append(sentence)

    def keep(self, raws: list[Raw]) -> None:
        """Archive notices in one transaction, and count them as listed."""
        self.kept += archive.keep(self.archive, self.run, raws, self.read, self.clock())
        self.listed += len(raws)

    def known(self, key: str) -> bytes | None:
        """Return the newest archived body of a notice, None when the archive has none."""
        return archive.newest_body(self.archive, self.source.id, key)

    def see_again(self) -> None:
        """Count what the source listed last as listed again: it says that its list has not changed."""
        self.listed += archive.see_again(self.archive, self.source.id, self.clock())

    def missing(self, key: str) -> bool:
        """Enter a notice that the source has and the archive lacks. Return whether it is worth fetching: not if it
        turned out earlier that it cannot be had."""
        gaps.enter(self.archive, self.source.id, [key], self.clock())
        if gaps.is_absent(self.archive, self.source.id, key):
            return False
        if key not in self.differences:
            self.differences.append(key)
        return True

    def absent(self, key: str) -> None:
        """Remember that the source has no such notice, although it should."""
        gaps.settle(self.archive, self.source.id, key, self.clock(), found=False)

    def say(self, sentence: str) -> None:
        """Tell whoever watches, beginning with the source's id."""
        if self.progress is not None:
            self.progress(f"{self.source.id}: {sentence}")


class SourceSpider(scrapy.Spider, ABC):
    """The parent of all spiders. A spider declares where and how, turns answers into `Raw` notices, and has a pure
    `reader` that is used for saved notices as well.

    `address` is where the source lives when the edition does not say otherwise. `options_type` is the typed form of
    the edition's `options`, if the spider takes any. `bundles` is true when a notice is made of several documents
    (`spiders.formats.bundle`). `probes` are what its code takes for granted about the live service (`tenderbell
    probe`). `steady` is false when the list of one run is by design longer than that of another (it begins with the
    month): then a shorter one is no alarm. `lists_everything` is true when one whole run reads all that the source
    shows, so that what it did not list is not there; sources asked for what is new in some window do not.
    """

    address: ClassVar[str | None] = None
    options_type: ClassVar[type[msgspec.Struct]] = NoOptions
    bundles: ClassVar[bool] = False
    probes: ClassVar[tuple[Probe, ...]] = ()
    steady: ClassVar[bool] = True
    lists_everything: ClassVar[bool] = False

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(name=task.source.id, **kwargs)
        self.task = task
        self.base = (task.source.url or self.address or "").rstrip("/")

    @staticmethod
    @abstractmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads this source's notices."""

    @classmethod
    @abstractmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the notices of one response, each exactly as received, in the order of the response. Raises
        BrokenResponse when it is not what the source promises. Used for fetched and for saved responses."""

    @classmethod
    def options_of(cls, source: Source) -> Any:
        """Return the source's options as the spider's `options_type`. Raises SettingError, naming the key that is wrong
        or missing."""
        try:
            return msgspec.convert(source.options, cls.options_type)
        except msgspec.ValidationError as error:
            raise SettingError(f"source {source.id}: options: {error}.") from None

    def reconcile(self) -> Iterator[Request]:
        """Compare the archive with a list of the source's own and fetch what is missing: `task.compared` counts,
        `task.missing(key)` enters each difference, `task.keep` archives what was fetched, `task.absent(key)` says that
        there is none, and `task.done` ends it. Only sources that have such a list override this."""
        return iter(())

    @classmethod
    def can_reconcile(cls) -> bool:
        """Return whether the source has a list of its own to be compared with."""
        return cls.reconcile is not SourceSpider.reconcile

    def say(self, sentence: str) -> None:
        """Tell whoever watches."""
        self.task.say(sentence)

    def ask_again(self, request: Request, fault: str) -> Iterator[Request]:
        """Ask again for an answer that was broken; after the last try it is a fault of the run."""
        again = get_retry_request(request, spider=self, reason="broken", max_retry_times=BROKEN_TRIES)
        if again is not None:
            yield again
        else:
            self.task.fault(fault)
            yield from self.went_wrong(final=False)

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Scrapy's errback: what could not be fetched is a fault of the run."""
        request: Request = failure.request  # type: ignore[attr-defined]
        error = failure.value or Exception()
        self.task.fault(faults.sentence(error, request.url))
        yield from self.went_wrong(final=faults.is_final(error))

    def went_wrong(self, *, final: bool) -> Iterator[Request]:
        """Return what to ask for after a request that failed for good, unless that is `final` for the whole host;
        nothing by default."""
        del final
        return iter(())


def broken(response: Response, error: BrokenResponse) -> str:
    """Return the sentence about an answer that is not what the source promises."""
    return f"{urlsplit(response.url).netloc}: {error}"


def content_type(response: Response) -> str:
    """Return the content type that came with a response."""
    return (response.headers.get("Content-Type") or b"").decode("latin-1")
