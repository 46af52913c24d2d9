"""Walking windows of time newest first, page after page along `links.next`: what APIs of OCDS packages share."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy.http import Request, Response

from spiders.base import SourceSpider, Task, broken
from spiders.fetching import windows
from spiders.fetching.windows import Window
from spiders.formats.lenient import split_package
from spiders.ocds.release import key_of
from tenderbell.clock import uk
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse
from tenderbell.notice import Raw

MOST_FAILED_IN_A_ROW = 5
"""More windows than this are not lost to chance: the service is ill, and the next harvest goes on."""


@dataclass
class Walk:
    """A window on its way: the addresses asked for, the keys met, the pages met (as sets of keys), how many pages have
    arrived and are not in the archive yet, and whether the last page has arrived."""

    window: Window
    asked: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    pages: set[frozenset[str]] = field(default_factory=set)
    unkept: int = 0
    last_page: bool = False


class WindowSpider(SourceSpider):
    """A spider that walks windows. A window counts as walked only after its last page; one that failed is left as it
    is, to be walked by the next harvest. `step` is the length of a window, `most_pages` what none of them has."""

    step: ClassVar[timedelta] = windows.STEP
    most_pages: ClassVar[int] = 1_000

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.todo: list[Window] = []
        self.walked: list[Walk] = []
        self.failed_in_a_row = 0

    @abstractmethod
    def first_page(self, window: Window) -> str:
        """Return the address of a window's first page."""

    def all_walked(self) -> Iterator[Request]:
        """Go on when no window is left; by default everything is done."""
        self.task.done = True
        return iter(())

    def is_settled(self, walk: Walk) -> bool:
        """Return whether a window whose last page has arrived counts as walked."""
        del walk
        return True

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the newest window that has to be walked."""
        task = self.task
        first = timedelta(days=task.source.since_days)
        self.todo = windows.plan(
            task.archive, task.source.id, task.clock(), first=first, since=task.since, until=task.until, step=self.step
        )
        for request in self.go_on():
            yield request

    def go_on(self) -> Iterator[Request]:
        """Ask for the next window."""
        if self.todo:
            walk = Walk(self.todo.pop(0))
            yield self.ask(self.first_page(walk.window), walk)
        else:
            yield from self.all_walked()

    def ask(self, url: str, walk: Walk) -> Request:
        """Return the request for one page of a window."""
        walk.asked.add(url)
        return Request(url, self.page, errback=self.failed, cb_kwargs={"walk": walk}, dont_filter=True)

    def page(self, response: Response, walk: Walk) -> Iterator[Request]:
        """Archive a page; go on to the next one, or mark the window as walked."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        task = self.task
        try:
            package = split_package(response.body)
            raws = raws_of(task.source, package.releases, response.url)
            following = self.following(package.next, raws, walk)
        except BrokenResponse as error:
            yield from self.ask_again(response.request, broken(response, error))
            return
        walk.unkept += 1
        if following is None:
            walk.last_page = True
        else:
            # The next page travels while this one is archived.
            yield self.ask(following, walk)
        task.keep(raws)
        walk.unkept -= 1
        windows.count_page(task.archive, task.source.id, walk.window, len(raws))
        if walk.last_page and not walk.unkept:
            yield from self.window_ends(walk)
        else:
            self.tell(walk.window.until)

    def following(self, link: str | None, raws: list[Raw], walk: Walk) -> str | None:
        """Return the address of the next page: the link as it is, but never on another host. Raises BrokenResponse
        when it is no address, and when the pages go round in circles."""
        keys = frozenset(raw.key for raw in raws)
        url = None if link is None else self.on_this_host(link)
        repeated = url in walk.asked or (bool(keys) and keys in walk.pages)
        if url is not None and (repeated or len(walk.asked) >= self.most_pages):
            raise BrokenResponse("The pages of a window go round in circles.")
        walk.pages.add(keys)
        walk.keys.update(keys)
        return url

    def on_this_host(self, link: str) -> str:
        """Return a link as it is, or on the source's host if it names another one. Raises BrokenResponse when it is no
        address."""
        try:
            parts = urlsplit(link.encode("utf-8", "strict").decode())
        except ValueError:
            raise BrokenResponse("The link to the next page is no address.") from None
        return link if parts.netloc == urlsplit(self.base).netloc else f"{self.base}{parts.path}?{parts.query}"

    def window_ends(self, walk: Walk) -> Iterator[Request]:
        """Mark a window as walked, once each of its pages is in the archive; go on to the next one."""
        task = self.task
        if self.is_settled(walk):
            windows.finish(task.archive, task.source.id, walk.window, task.clock())
        self.failed_in_a_row = 0
        self.walked.append(walk)
        self.tell(walk.window.since)
        yield from self.go_on()

    def tell(self, moment: datetime) -> None:
        """Say how far the walk has come."""
        day = uk(moment)
        self.say(f"{self.task.listed:,} notices, back to {day.day} {day:%B}")

    def went_wrong(self, *, final: bool) -> Iterator[Request]:
        """Leave a window that failed as it is and go on to the next one: windows that stay broken must not keep older
        ones from being walked."""
        self.failed_in_a_row += 1
        if not final and self.failed_in_a_row < MOST_FAILED_IN_A_ROW:
            yield from self.go_on()


def raws_of(source: Source, releases: tuple[bytes, ...], url: str | None) -> list[Raw]:
    """Return releases as raw notices, each under its own id."""
    return [Raw(source.id, key_of(release), release, "application/json", url) for release in releases]
