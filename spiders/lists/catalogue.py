"""Catalogues: lists of funding whose rows lead to pages of their own. First the list is walked to its end, then the
pages of rows that are new or have changed are fetched, one after the other.

A row and its page are one notice (ruling 4), kept as a bundle of `row` and `page`. A row whose page could not be
fetched is kept with what is known, and its page is asked for again by the next run (`stale` marks a page older than its
row).
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from spiders.base import SourceSpider, Task, broken, content_type
from spiders.fetching import faults
from spiders.formats.bundle import CONTENT_TYPE, bundle, unbundle
from spiders.lists.rows import Listing, Page, Row
from tenderbell import archive
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup, UnreadableNotice
from tenderbell.notice import Raw
from tenderbell.phrases import plural

MOST_LOST_IN_A_ROW = 5
"""More pages than this are not lost to chance: the site is ill, and the next harvest goes on."""

TOLERATED_SHORTAGE = 0.02
"""Entries move from one page of a list to another while it is walked; more than this share does not get lost so."""

NOT_THERE = (404, 410)


class Catalogue(SourceSpider, ABC):
    """The parent of these spiders. `rows_tell` is whether a row changes whenever its page does: otherwise the page of
    every listed row is fetched in every run. `ends_with_404` is whether a page past the end of the list is a 404.
    `lists_everything` is whether an empty list is odd: not when only what is new was asked for."""

    bundles = True
    rows_tell: ClassVar[bool] = True
    ends_with_404: ClassVar[bool] = False
    lists_everything: ClassVar[bool] = True
    most_pages: ClassVar[int] = 100

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.pages = 0
        self.seen: set[str] = set()
        self.total: int | None = None
        self.unknown = 0
        self.waiting: deque[Row] = deque()
        self.under_way: Row | None = None
        self.lost_in_a_row = 0
        self.gone = 0
        self.refused = False

    @abstractmethod
    def first(self) -> str:
        """Return the path of the list's first page."""

    @abstractmethod
    def following(self, listing: Listing) -> str | None:
        """Return the path of the list's next page, None at its end. `pages` and `seen` count this one already."""

    @classmethod
    @abstractmethod
    def understand(cls, source: Source, body: bytes, content_type: str) -> Listing | Page:
        """Return what an answer is. Raises BrokenResponse for what the site does not promise, ChangedMarkup when a page
        is the site's but nothing in it is found."""

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the notices of a page of the list, or the one of a page of its own."""
        answer = cls.understand(source, body, content_type)
        if isinstance(answer, Listing):
            return [cls.raw_of(source, row, row.parts) for row in answer.rows]
        if answer.key is None:
            raise BrokenResponse("The page does not say which notice it is about.")
        return [Raw(source.id, answer.key, bundle({"page": answer.text}), CONTENT_TYPE, url)]

    @classmethod
    def base_of(cls, source: Source) -> str:
        """Return the address of the site, without a final slash."""
        return (source.url or cls.address or "").rstrip("/")

    @classmethod
    def raw_of(cls, source: Source, row: Row, parts: dict[str, str]) -> Raw:
        """Return a row's notice."""
        url = f"{cls.base_of(source)}{row.page}" if row.page else None
        return Raw(source.id, row.key, bundle(parts), CONTENT_TYPE, url)

    @classmethod
    def path_of(cls, source: Source, link: object) -> str | None:
        """Return path and query of a link to a page of this site, None for any other."""
        if not isinstance(link, str) or not link.strip():
            return None
        base = cls.base_of(source)
        try:
            parts = urlsplit(urljoin(base, link.strip()))
        except ValueError:
            return None
        hosts = {urlsplit(base).netloc, urlsplit(cls.address or "").netloc}
        if parts.scheme not in ("http", "https") or parts.netloc not in hosts:
            return None
        return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the first page of the list."""
        yield self._ask(self.first())

    def _ask(self, path: str) -> Request:
        statuses = [404] if self.ends_with_404 and self.pages else []
        meta = {"handle_httpstatus_list": statuses}
        return Request(f"{self.base}{path}", self.listed, errback=self.failed, meta=meta, dont_filter=True)

    def listed(self, response: Response) -> Iterator[Request]:
        """Take the rows of a page of the list; go on to the next one, after the last to the rows' own pages."""
        if response.status in NOT_THERE:
            yield from self._next_page()
            return
        try:
            listing = self._listing(response)
        except BrokenResponse as error:
            yield from self._again(response, error)
            return
        self.pages += 1
        is_repeated = bool(listing.keys) and self.seen.issuperset(listing.keys)
        fresh = [row for row in _distinct(listing.rows) if row.key not in self.seen]
        self.seen.update(listing.keys)
        self.total = listing.total if listing.total is not None else self.total
        self.unknown += listing.unknown
        path = None if is_repeated else self._goes_on(listing)
        if is_repeated:
            self.task.alarm(f"Page {self.pages} of the list repeats what came before; the rest was not seen.")
        self._take(fresh)
        if path:
            yield self._ask(path)
        else:
            yield from self._next_page()

    def _listing(self, response: Response) -> Listing:
        answer = self.understand(self.task.source, response.body, content_type(response))
        if not isinstance(answer, Listing):
            raise ChangedMarkup("The answer has no rows of the list: it is another page, or the markup has changed.")
        return answer

    def _goes_on(self, listing: Listing) -> str | None:
        path = self.following(listing)
        if path and self.pages >= self.most_pages:
            self.task.alarm(f"After {self.pages} pages the list had no end; the rest was not seen.")
            return None
        return path

    def _take(self, rows: list[Row]) -> None:
        """Keep the rows that need no page or have it, and put the others in line."""
        ready = []
        for row in rows:
            known = self._known(row)
            is_same = known.get("row") == row.text and "stale" not in known
            if row.page and not (self.rows_tell and is_same and "page" in known):
                self.waiting.append(row)
            else:
                ready.append(self.raw_of(self.task.source, row, known if is_same else row.parts))
        self.task.keep(ready)

    def _known(self, row: Row) -> dict[str, str]:
        body = self.task.known(row.key)
        try:
            return unbundle(body) if body else {}
        except UnreadableNotice:
            return {}

    def _again(self, response: Response, error: BrokenResponse) -> Iterator[Request]:
        """Ask again for an answer that was broken; markup that has changed stays changed."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        if isinstance(error, ChangedMarkup):
            self.task.fault(broken(response, error))
            yield from self.went_wrong(final=False)
        else:
            yield from self.ask_again(response.request, broken(response, error))

    def went_wrong(self, *, final: bool) -> Iterator[Request]:
        """Keep the row whose page did not come, and go on with the other pages: after a list that broke off too."""
        if self.under_way:
            self._keep(self.under_way, None)
            self.lost_in_a_row += 1
        self.refused = self.refused or final or self.lost_in_a_row >= MOST_LOST_IN_A_ROW
        yield from self._next_page()

    def _next_page(self) -> Iterator[Request]:
        """Ask for the page of the next row in line; after the last one, finish."""
        if self.waiting and not self.refused:
            self.under_way = row = self.waiting.popleft()
            meta = {"handle_httpstatus_list": list(NOT_THERE)}
            url = f"{self.base}{row.page}"
            yield Request(
                url, self.opened, errback=self.not_opened, cb_kwargs={"row": row}, meta=meta, dont_filter=True
            )
            return
        for row in self.waiting:
            self._keep(row, None)
        self._finish()

    def opened(self, response: Response, row: Row) -> Iterator[Request]:
        """Keep a row with its page, and go on."""
        text = None
        if response.status in NOT_THERE:
            self.gone += 1
        else:
            try:
                text = self._page(response).text
            except BrokenResponse as error:
                yield from self._again(response, error)
                return
        self._keep(row, text)
        self.lost_in_a_row = 0
        yield from self._next_page()

    def _page(self, response: Response) -> Page:
        answer = self.understand(self.task.source, response.body, content_type(response))
        if not isinstance(answer, Page):
            raise BrokenResponse("The answer is not the page of a row, but a list.")
        return answer

    def not_opened(self, failure: Failure) -> Iterator[Request]:
        """Keep a row without its page. Where robots.txt closes the pages, the rows are all that we may read."""
        request: Request = failure.request  # type: ignore[attr-defined]
        error = failure.value or Exception()
        is_forbidden = faults.is_forbidden(error)
        tell = self.task.alarm if is_forbidden else self.task.fault
        tell(f"The page of {request.cb_kwargs['row'].key} was not read: {faults.sentence(error, request.url)}")
        yield from self.went_wrong(final=is_forbidden or faults.is_final(error))

    def _keep(self, row: Row, page: str | None) -> None:
        """Archive a row; without a new page with the one that is known."""
        known = self._known(row)
        parts = row.parts
        if page is not None:
            parts["page"] = page
        elif "page" in known:
            parts["page"] = known["page"]
            if known.get("row") != row.text or "stale" in known:
                parts["stale"] = "page"
        self.task.keep([self.raw_of(self.task.source, row, parts)])
        self.say(f"{plural(self.task.listed, 'notice')}, {len(self.waiting):,} to go")

    def _finish(self) -> None:
        task = self.task
        missing = (self.total or 0) - len(self.seen) - self.unknown
        if self.unknown:
            task.alarm(f"{plural(self.unknown, 'row')} of the list could not be understood.")
        if self.gone:
            task.alarm(f"{plural(self.gone, 'page')} that the list leads to could not be found.")
        is_odd = self.lists_everything and not task.faults and not self.seen
        if is_odd and archive.has_notices(task.archive, task.source.id):
            task.alarm("The list is empty. Nothing was closed.")
        elif not task.faults and missing > max(1.0, (self.total or 0) * TOLERATED_SHORTAGE):
            task.alarm(f"The list says that it has {self.total:,} entries and showed {len(self.seen):,}.")
        task.done = True
        self.say(plural(task.listed, "notice"))


def _distinct(rows: tuple[Row, ...]) -> list[Row]:
    return list({row.key: row for row in reversed(rows)}.values())[::-1]
