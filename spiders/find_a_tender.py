"""Find a Tender: every regulated notice in the United Kingdom, as OCDS releases.

Publisher: Cabinet Office
Area: United Kingdom
Licence: Open Government Licence v3.0
Access: API of OCDS release packages, no key, robots.txt absent (404)
Limits: 12 requests in 2 minutes, then a plain-text 429; pages of at most 100 releases
Quirks: windows are London wall time; newest first; the last page has no links; never send stages=
Last checked live: never; against pages recorded on 10 August 2026
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from spiders import faults, gaps, windows
from spiders.base import SourceSpider, Task, broken
from spiders.lenient import split_package
from spiders.ocds import key_of, read_release
from spiders.windows import Window
from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse
from tenderbell.notice import Raw, Reader

API = "/api/1.0/ocdsReleasePackages"
LIMIT = 100
SINGLES_A_RUN = 30
MOST_PAGES = 1_000
MOST_FAILED_IN_A_ROW = 5
"""More windows than this are not lost to chance: the service is ill, and the next harvest goes on."""


@dataclass
class Walk:
    """A window on its way: the addresses asked for, the keys met, how many pages have arrived and are not in the
    archive yet, and whether the last page has arrived."""

    window: Window
    asked: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    unkept: int = 0
    last_page: bool = False


class FindATender(SourceSpider):
    """Walks windows newest first, then asks singly for notice numbers that the walk should have met."""

    name = "find-a-tender"
    address = "https://www.find-tender.service.gov.uk"
    custom_settings = {  # noqa: RUF012 (Scrapy declares it as an instance variable)
        # 12 requests in 120 s are allowed; 123 requests at 13 s were never refused (sources.md section 1.4).
        "DOWNLOAD_DELAY": 13,
        # A page is 1 MB and the service is slow at times. Default 60.
        "DOWNLOAD_TIMEOUT": 360,
    }

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.todo: list[Window] = []
        self.walked: list[Walk] = []
        self.singles: list[str] = []
        self.failed_in_a_row = 0

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads a release."""
        del source, area
        return read_release

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the releases of a package."""
        del content_type
        return _raws(source, split_package(body).releases, url)

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the newest window that has to be walked."""
        task = self.task
        first = timedelta(days=task.source.since_days)
        self.todo = windows.plan(
            task.archive, task.source.id, task.clock(), first=first, since=task.since, until=task.until
        )
        for request in self.go_on():
            yield request

    def go_on(self) -> Iterator[Request]:
        """Ask for the next window, after the last one for the missing numbers."""
        if self.todo:
            walk = Walk(self.todo.pop(0))
            since, until = walk.window.local
            query = urlencode({"updatedFrom": since, "updatedTo": until, "limit": LIMIT}, safe=":")
            yield self.ask(f"{self.base}{API}?{query}", walk)
        else:
            yield from self.look_for_gaps()

    def ask(self, url: str, walk: Walk) -> Request:
        """Return the request for one page of a window."""
        walk.asked.add(url)
        return Request(url, self.page, errback=self.failed, cb_kwargs={"walk": walk}, dont_filter=True)

    def page(self, response: Response, walk: Walk) -> Iterator[Request]:
        """Archive a page; go on to the next one, or mark the window as walked."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        try:
            package = split_package(response.body)
            following = self.following(package.next, walk)
        except BrokenResponse as error:
            yield from self.ask_again(response.request, broken(response, error))
            return
        task = self.task
        walk.unkept += 1
        if following is None:
            walk.last_page = True
        else:
            # The next page travels while this one is archived.
            yield self.ask(following, walk)
        raws = _raws(task.source, package.releases, response.url)
        task.keep(raws)
        walk.unkept -= 1
        walk.keys.update(raw.key for raw in raws)
        windows.count_page(task.archive, task.source.id, walk.window, len(raws))
        if walk.last_page and not walk.unkept:
            yield from self.window_ends(walk)
        else:
            self.tell(walk.window.until)

    def window_ends(self, walk: Walk) -> Iterator[Request]:
        """Mark a window as walked, once each of its pages is in the archive; go on to the next one."""
        task = self.task
        windows.finish(task.archive, task.source.id, walk.window, task.clock())
        self.failed_in_a_row = 0
        self.walked.append(walk)
        self.tell(walk.window.since)
        yield from self.go_on()

    def following(self, link: str | None, walk: Walk) -> str | None:
        """Return the address of the next page: the link as it is, but never on another host. Raises BrokenResponse
        when it is no address, and when the pages go round in circles."""
        if link is None:
            return None
        try:
            parts = urlsplit(link.encode("utf-8", "strict").decode())
        except ValueError:
            raise BrokenResponse("The link to the next page is no address.") from None
        url = link if parts.netloc == urlsplit(self.base).netloc else f"{self.base}{parts.path}?{parts.query}"
        if url in walk.asked or len(walk.asked) >= MOST_PAGES:
            raise BrokenResponse("The pages of a window go round in circles.")
        return url

    def tell(self, moment: datetime) -> None:
        """Say how far the walk has come."""
        day = uk(moment)
        self.say(f"{self.task.listed:,} notices, back to {day.day} {day:%B}")

    def went_wrong(self, *, final: bool) -> Iterator[Request]:
        """Leave a window that failed as it is, to be walked by the next harvest, and go on to the next one: windows
        that stay broken must not keep older ones from being walked."""
        self.failed_in_a_row += 1
        if not final and self.failed_in_a_row < MOST_FAILED_IN_A_ROW:
            yield from self.go_on()

    def look_for_gaps(self) -> Iterator[Request]:
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

    def next_single(self) -> Iterator[Request]:
        """Ask for the next missing notice; without one, everything is done."""
        if not self.singles:
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
        except BrokenResponse:
            yield from self.next_single()
            return
        task.keep(_raws(task.source, releases, response.url))
        gaps.settle(task.archive, task.source.id, key, task.clock(), found=bool(releases))
        yield from self.next_single()

    def single_failed(self, failure: Failure) -> Iterator[Request]:
        """Leave a notice that could not be fetched among the missing, for the next harvest."""
        if isinstance(failure.value, faults.UNREACHABLE):
            yield from self.failed(failure)
        else:
            yield from self.next_single()


def _raws(source: Source, releases: tuple[bytes, ...], url: str | None) -> list[Raw]:
    return [Raw(source.id, key_of(release), release, "application/json", url) for release in releases]


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
