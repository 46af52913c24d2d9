"""Public Contracts Scotland and Sell2Wales: one product, asked for one month and one type of notice at a time.

Both answer OCDS packages without paging (sources.md section 3). A package without `releases` is an empty one; a 500
says that one type of one month cannot be had, so the others are asked for all the same.
"""

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from scrapy.http import Request, Response

from spiders.base import SourceSpider, Task, broken
from spiders.fetching.faults import said
from spiders.ocds.documents import releases_in
from spiders.ocds.general import key_of, read_release
from spiders.questions.proactis import NOTICES
from tenderbell import archive
from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse
from tenderbell.notice import Raw, Reader
from tenderbell.phrases import plural

MOST_FAILED_IN_A_ROW = 5
LATE_DAYS = 3
"""How many days into a month the one before is still asked for, once a first harvest has finished."""

_KNOWN_ERROR = "Error converting data type nvarchar to float"

EUROPEAN_TYPES = (*range(1, 8), *range(12, 16), *range(20, 26))
"""The forms of the Official Journal that both services publish."""


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`types` are the numbers of the notice types to ask for, in place of all that there are; `locale` the language,
    where the service takes one."""

    types: tuple[int, ...] = ()
    locale: int | None = None


class Proactis(SourceSpider):
    """Asks for every type of every month, newest month first."""

    steady = False
    options_type = Options
    custom_settings = {  # noqa: RUF012 (Scrapy declares it as an instance variable)
        "DOWNLOAD_DELAY": 2,
        "DOWNLOAD_TIMEOUT": 180,
        # A 500 is an answer here: the same question fails again a second later. Default: also 500.
        "RETRY_HTTP_CODES": [502, 504, 522, 524, 408],
    }

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.options: Options = self.options_of(task.source)
        self.todo: list[tuple[date, int]] = []
        self.seen_before: set[frozenset[str]] = set()
        self.failed_in_a_row = 0

    @classmethod
    @abstractmethod
    def notice_types(cls) -> tuple[int, ...]:
        """Return the types of notice that the service has."""

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads a release."""
        del source, area
        return read_release

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the releases of a package, or a single release."""
        del content_type
        releases = releases_in(body, lacking=True)
        return [Raw(source.id, key_of(release), release, "application/json", url) for release in releases]

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the first type of the newest month."""
        types = self.options.types or self.notice_types()
        self.todo = [(month, type) for month in self.months() for type in types]
        for request in self.go_on():
            yield request

    def months(self) -> list[date]:
        """Return the first days of the months to ask for, newest first."""
        task = self.task
        until = task.until or task.clock()
        first = LATE_DAYS if archive.has_finished(task.archive, task.source.id) else task.source.since_days
        since = task.since or until - timedelta(days=first)
        return list(_months(since, until))

    def go_on(self) -> Iterator[Request]:
        """Ask for the next type of a month; after the last one everything is done."""
        task = self.task
        if not self.todo:
            if not task.listed and not task.faults and archive.has_notices(task.archive, task.source.id):
                task.alarm("No type of notice has any release, although there were some before.")
            task.done = True
            return
        month, type = self.todo.pop(0)
        query: dict[str, object] = {"dateFrom": f"{month:%m-%Y}", "noticeType": type, "outputType": 0}
        if self.options.locale is not None:
            query["locale"] = self.options.locale
        yield Request(
            f"{self.base}{NOTICES}?{urlencode(query)}",
            self.package,
            errback=self.failed,
            cb_kwargs={"asked": f"notices of type {type} in {month:%B %Y}"},
            meta={"handle_httpstatus_list": [500]},
            dont_filter=True,
        )

    def package(self, response: Response, asked: str) -> Iterator[Request]:
        """Archive the releases of one type and month."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        task = self.task
        if response.status == 500:
            task.fault(_refusal(response, asked))
            yield from self.went_wrong(final=False)
            return
        try:
            raws = self.split(task.source, response.body, "", response.url)
        except BrokenResponse as error:
            yield from self.ask_again(response.request, broken(response, error))
            return
        keys = frozenset(raw.key for raw in raws)
        if keys and keys in self.seen_before:
            task.alarm(f"The answer for {asked} repeats an earlier one: the service no longer does as it is asked.")
            self.todo = []
        self.seen_before.add(keys)
        self.failed_in_a_row = 0
        task.keep(raws)
        self.say(f"{plural(len(raws), 'release')}, {asked}")
        yield from self.go_on()

    def went_wrong(self, *, final: bool) -> Iterator[Request]:
        """Go on with the next type of notice, unless the service is ill."""
        self.failed_in_a_row += 1
        if not final and self.failed_in_a_row < MOST_FAILED_IN_A_ROW:
            yield from self.go_on()


def _refusal(response: Response, asked: str) -> str:
    known = _KNOWN_ERROR.encode() in response.body
    words = f"“{_KNOWN_ERROR}”, a fault of the service that others have met since 2026" if known else said(response)
    return f"The service answered 500 for {asked}{f' ({words})' if words else ''}."


def _months(since: datetime, until: datetime) -> Iterator[date]:
    month, first = uk(until).date().replace(day=1), uk(since).date().replace(day=1)
    while month >= first:
        yield month
        month = (month - timedelta(days=1)).replace(day=1)
