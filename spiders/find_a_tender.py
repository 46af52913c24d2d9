"""Find a Tender: every regulated notice in the United Kingdom, as OCDS releases.

Publisher: Cabinet Office
Area: United Kingdom
Licence: Open Government Licence v3.0
Access: API of OCDS release packages, no key, robots.txt absent (404)
Limits: 12 requests in 2 minutes, then a plain-text 429; pages of at most 100 releases
Quirks: windows are London wall time; newest first; the last page has no links; never send stages=
Last checked live: never; against pages recorded on 10 August 2026
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from spiders.base import Task, broken
from spiders.fetching import faults, gaps
from spiders.fetching.walking import Walk, WindowSpider, raws_of
from spiders.fetching.windows import Window
from spiders.formats.lenient import split_package
from spiders.ocds.release import read_release
from spiders.questions.find_a_tender import PROBES
from tenderbell.area import Area
from tenderbell.clock import uk, uk_day_start
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse
from tenderbell.notice import Raw, Reader
from tenderbell.phrases import plural

API = "/api/1.0/ocdsReleasePackages"
LIMIT = 100
SINGLES_A_RUN = 30
SINGLES_A_NIGHT = 500
"""At 13 seconds each that takes less than two hours."""

MOST_NAMED = 5
"""How many notices that could not be fetched an alarm names."""


class FindATender(WindowSpider):
    """Walks windows newest first, then asks singly for notice numbers that the walk should have met."""

    name = "find-a-tender"
    address = "https://www.find-tender.service.gov.uk"
    probes = PROBES
    custom_settings = {  # noqa: RUF012 (Scrapy declares it as an instance variable)
        # 12 requests in 120 s are allowed; 123 requests at 13 s were never refused (sources.md section 1.4).
        "DOWNLOAD_DELAY": 13,
        # A page is 1 MB and the service is slow at times. Default 60.
        "DOWNLOAD_TIMEOUT": 360,
    }

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.singles: list[str] = []
        self.unfetched: dict[str, str] = {}

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads a release."""
        del source, area
        return read_release

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the releases of a package."""
        del content_type
        return raws_of(source, split_package(body).releases, url)

    def first_page(self, window: Window) -> str:
        """Return the address of a window's first page."""
        since, until = window.local
        query = urlencode({"updatedFrom": since, "updatedTo": until, "limit": LIMIT}, safe=":")
        return f"{self.base}{API}?{query}"

    def all_walked(self) -> Iterator[Request]:
        """Compare what was walked with the counter, then ask singly for what is missing."""
        task = self.task
        missing, span = 0, 0
        gaps.forget_met(task.archive, task.source.id)
        for keys in _keys_of_neighbours(self.walked):
            found = gaps.check(task.archive, task.source.id, keys, reach_back=not task.faults)
            gaps.enter(task.archive, task.source.id, found.missing, task.clock())
            missing, span = missing + len(found.missing), span + found.span
        if gaps.is_alarming(missing, span):
            task.alarm(
                f"{missing:,} of {span:,} notice numbers were missing from the pages ({missing / span:.0%}): "
                "pages may have been lost; they are being fetched singly."
            )
        self.singles = gaps.waiting(task.archive, task.source.id, SINGLES_A_RUN)
        yield from self.next_single()

    def reconcile(self) -> Iterator[Request]:
        """Compare the numbers of whole days (of yesterday, unless the task says which) with the counter, and ask singly
        for every one that is missing, and for those that are missing from earlier."""
        task = self.task
        today = uk_day_start(uk(task.clock()).date())
        until = task.until or (task.clock() if task.since else today)
        since = task.since or uk_day_start(uk(until - timedelta(hours=12)).date())
        keys = gaps.published_between(task.archive, task.source.id, since, until)
        found = gaps.check(task.archive, task.source.id, keys)
        task.compared = found.span
        gaps.forget_met(task.archive, task.source.id)
        wanted = dict.fromkeys([*found.missing, *gaps.waiting(task.archive, task.source.id, SINGLES_A_NIGHT)])
        self.singles = [key for key in wanted if task.missing(key)][:SINGLES_A_NIGHT]
        yield from self.next_single()

    def next_single(self) -> Iterator[Request]:
        """Ask for the next missing notice; without one, everything is done."""
        if not self.singles:
            self.tell_unfetched()
            self.task.done = True
            return
        key = self.singles.pop(0)
        yield Request(
            f"{self.base}{API}/{key}",
            self.single,
            errback=self.single_failed,
            cb_kwargs={"key": key},
            meta={"handle_httpstatus_list": [404]},
            dont_filter=True,
        )

    def single(self, response: Response, key: str) -> Iterator[Request]:
        """Archive one notice that was missing, or remember that there is none."""
        task = self.task
        try:
            releases = () if response.status == 404 else split_package(response.body).releases
        except BrokenResponse as error:
            self.unfetched[key] = broken(response, error)
            yield from self.next_single()
            return
        task.keep(raws_of(task.source, releases, response.url))
        if releases:
            gaps.settle(task.archive, task.source.id, key, task.clock(), found=True)
        else:
            task.absent(key)
        yield from self.next_single()

    def single_failed(self, failure: Failure) -> Iterator[Request]:
        """Leave a notice that could not be fetched among the missing, for the next harvest. A host that refuses is
        asked for no other."""
        error, request = failure.value or Exception(), failure.request  # type: ignore[attr-defined]
        if isinstance(error, faults.UNREACHABLE):
            yield from self.failed(failure)
            return
        refused = self.singles if faults.is_final(error) else []
        for key in (request.cb_kwargs["key"], *refused):
            self.unfetched[key] = faults.sentence(error, request.url)
        refused.clear()
        yield from self.next_single()

    def tell_unfetched(self) -> None:
        """Raise an alarm about the notices that are still missing, with why the first of them is."""
        if not self.unfetched:
            return
        keys = list(self.unfetched)
        named = ", ".join(keys[:MOST_NAMED]) + (f" and {len(keys) - MOST_NAMED:,} more" if keys[MOST_NAMED:] else "")
        missing = plural(len(keys), "missing notice")
        self.task.alarm(f"{missing} could not be fetched ({named}): {self.unfetched[keys[0]]}")


def _keys_of_neighbours(walked: list[Walk]) -> list[set[str]]:
    """Return the keys met in each row of windows that follow one another without a hole."""
    rows: list[set[str]] = []
    end = None
    for walk in sorted(walked, key=lambda walk: walk.window):
        if end is None or walk.window.since > end:
            rows.append(set())
        rows[-1].update(walk.keys)
        end = walk.window.until if end is None else max(end, walk.window.until)
    return rows
