"""The walk of a list: page by page to its end, then the own pages of rows that are new or have changed, one after the
other.

A row and its page are one notice (ruling 4), kept as a bundle of `row`, `page` and, where a source has several, `list`.
A row whose page could not be fetched is kept with what is known, and its page is asked for again by the next run
(`stale` marks a page older than its row). One request is under way at a time.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from spiders.base import BROKEN_TRIES, SourceSpider, Task, broken, content_type
from spiders.fetching import faults
from spiders.formats.bundle import unbundle
from spiders.lists.rows import NAMELESS, Listing, Page, Place, Row, raw_of
from tenderbell import archive
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup, UnreadableNotice
from tenderbell.phrases import plural

MOST_LOST_IN_A_ROW = 5
"""More pages than this are not lost to chance: the site is ill, and the next harvest goes on."""

TOLERATED_SHORTAGE = 0.02
"""Entries move from one page of a list to another while it is walked; more than this share does not get lost so."""

NOT_THERE = (404, 410)


class Walk(SourceSpider, ABC):
    """The parent of spiders that walk. `lists` are walked one after the other, each from page 1 to its end or to
    `most_pages`. `rows_tell` is whether a row changes whenever its page does: otherwise the page of every listed row is
    fetched in every run. `ends_with_404` is whether a page past the end of a list is a 404."""

    bundles = True
    lists: ClassVar[tuple[str, ...]] = ("",)
    rows_tell: ClassVar[bool] = True
    ends_with_404: ClassVar[bool] = False
    most_pages: ClassVar[int] = 100

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.options = self.options_of(task.source)
        self.places = deque(Place(name) for name in self.lists_of(task.source))
        self.before: Listing | None = None
        self.rows: dict[str, Row] = {}
        self.seen: set[str] = set()
        self.shown = self.unknown = self.total = 0
        self.waiting: deque[Row] = deque()
        self.under_way: Row | None = None
        self.tries = self.lost_in_a_row = self.gone = 0
        self.refused = False

    @abstractmethod
    def page_request(self, place: Place) -> Request:
        """Return what asks for a page of a list; `before` is the page before it."""

    @classmethod
    @abstractmethod
    def listing(cls, source: Source, body: bytes, content_type: str) -> Listing:
        """Return the rows of one page of a list. Raises BrokenResponse, ChangedMarkup."""

    @classmethod
    @abstractmethod
    def detail(cls, source: Source, body: bytes, content_type: str) -> Page:
        """Return what is kept of a row's own page. Raises BrokenResponse, ChangedMarkup."""

    @classmethod
    def lists_of(cls, source: Source) -> tuple[str, ...]:
        """Return the names of the lists to walk."""
        del source
        return cls.lists

    def is_last(self, place: Place, listing: Listing) -> bool:
        """Return whether a page is the last of its list, as far as it says how many pages or rows there are."""
        if listing.pages is not None:
            return place.number >= listing.pages
        return listing.total is not None and self.shown >= listing.total

    def is_oddly_empty(self) -> bool:
        """Return whether it is odd that nothing was listed: by default, if there were notices before."""
        return archive.has_notices(self.task.archive, self.task.source.id)

    def asking(self, request: Request, *, to: Callable[..., Any], statuses: Collection[int] = ()) -> Request:
        """Return a request as it is sent: its answer goes `to` a method, also with one of these statuses."""
        meta = {**request.meta, "handle_httpstatus_list": list(statuses)}
        return request.replace(callback=to, errback=self.failed, meta=meta, dont_filter=True)

    def anew(self, request: Request) -> Request:
        """Return what asks once more for an answer that was broken."""
        return request

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the first page of the first list."""
        yield self.list_request()

    def list_request(self) -> Request:
        """Return what asks for the page of a list that comes next."""
        place = self.places[0]
        statuses = NOT_THERE if self.ends_with_404 and place.number > 1 else ()
        return self.asking(self.page_request(place), to=self.listed, statuses=statuses)

    def own_request(self, row: Row) -> Request:
        """Return what asks for a row's own page."""
        assert row.page  # noqa: S101 (only rows with a page are opened)
        return self.asking(Request(row.page), to=self.opened, statuses=NOT_THERE)

    def listed(self, response: Response) -> Iterator[Request]:
        """Take the rows of a page of a list, and go on."""
        place = self.places[0]
        if response.status in NOT_THERE:
            yield from self._next_list()
            return
        try:
            listing = self.listing(self.task.source, response.body, content_type(response))
        except BrokenResponse as error:
            yield from self._again(response, error)
            return
        self.tries = 0
        before = len(self.seen)
        rows = self._entered(listing, place)
        goes_on = self._goes_on(place, listing, is_new=len(self.seen) > before)
        self._sort(rows)
        of = f" of {listing.pages}" if (listing.pages or 0) >= place.number else ""
        self.say(f"{plural(len(self.rows), 'row')}, page {place.number}{of}")
        if goes_on:
            self.before = listing
            self.places[0] = replace(place, number=place.number + 1)
            yield self.list_request()
        else:
            yield from self._next_list()

    def _next_list(self) -> Iterator[Request]:
        self.before = None
        self.places.popleft()
        yield from (iter((self.list_request(),)) if self.places else self._next_page())

    def _goes_on(self, place: Place, listing: Listing, *, is_new: bool) -> bool:
        """Return whether there is another page; an end that should not be one is an alarm."""
        if listing.keys and not is_new and place.number > 1:
            return self._breaks_off(f"Page {place.number} of {place.name} repeats what came before")
        if self.is_last(place, listing) or not (listing.keys or listing.pages):
            return False
        if not listing.keys:
            return self._breaks_off(f"Page {place.number} of {listing.pages} of {place.name} is empty")
        return place.number < self.most_pages or self._breaks_off(f"After {place.number} pages {place.name} had no end")

    def _breaks_off(self, why: str) -> bool:
        self.task.alarm(f"{why}; the rest was not seen.")
        return False

    def _entered(self, listing: Listing, place: Place) -> list[Row]:
        """Count what a page of a list shows, and return the rows that this run had not met before."""
        if listing.is_cut:
            self.task.alarm(
                f"Page {place.number} of {place.name} ends in the middle; the rows before its end were read."
            )
        self.unknown += listing.unknown
        self.shown += len(listing.keys) + listing.unknown
        self.total = listing.total if listing.total is not None else self.total
        found = [self._unique(replace(row, list=place.list)) for row in listing.rows]
        self.seen.update(listing.keys)
        return [row for row in found if row]

    def _unique(self, row: Row) -> Row | None:
        """Enter a row under a key that no other row of this run has and return it; None when it came already."""
        before = self.rows.get(row.key)
        if before is not None:
            if not row.spare or row.spare == before.spare or before.list != row.list:
                self.unknown += before.list == row.list and before.text != row.text
                return None
            row = replace(row, key=f"{row.key}/{row.spare}")
            if row.key in self.rows:
                return None
        self.rows[row.key] = row
        self.seen.add(row.key)
        return row

    def _sort(self, rows: list[Row]) -> None:
        """Keep the rows that need no page or have it, and put the others in line."""
        ready = []
        for row in rows:
            known = self._known(row)
            has_page = "page" in known and known.get("row") == row.text and "stale" not in known
            if row.page and not (self.rows_tell and has_page):
                self.waiting.append(row)
            else:
                ready.append(raw_of(self.task.source, row, known["page"] if row.page else None))
        self.task.keep(ready)

    def _known(self, row: Row) -> dict[str, str]:
        body = self.task.known(row.key)
        try:
            return unbundle(body) if body else {}
        except UnreadableNotice:
            return {}

    def _again(self, response: Response, error: BrokenResponse) -> Iterator[Request]:
        """Ask again for an answer that was broken: not for the address of the answer, which may be that of a login form
        to which we were sent. Markup that has changed stays changed."""
        self.tries += 1
        if isinstance(error, ChangedMarkup) or self.tries > BROKEN_TRIES:
            self.task.fault(broken(response, error))
            yield from self.went_wrong(final=False)
        else:
            yield self.anew(self.own_request(self.under_way) if self.under_way else self.list_request())

    def failed(self, failure: Failure) -> Iterator[Request]:
        """As for every spider; where robots.txt closes the rows' pages, the rows are all that we may read."""
        if self.under_way is None:
            yield from super().failed(failure)
            return
        error = failure.value or Exception()
        is_forbidden = faults.is_forbidden(error)
        tell = self.task.alarm if is_forbidden else self.task.fault
        url = failure.request.url  # type: ignore[attr-defined]
        tell(f"The page of {self.under_way.key} was not read: {faults.sentence(error, url)}")
        yield from self.went_wrong(final=is_forbidden or faults.is_final(error))

    def went_wrong(self, *, final: bool) -> Iterator[Request]:
        """Keep the row whose page did not come, and go on with the other pages: after a list that broke off too."""
        self.places.clear()
        if self.under_way:
            self._keep(self.under_way, None)
            self.lost_in_a_row += 1
        self.refused = self.refused or final or self.lost_in_a_row >= MOST_LOST_IN_A_ROW
        yield from self._next_page()

    def _next_page(self) -> Iterator[Request]:
        """Ask for the page of the next row in line; after the last one, finish."""
        if self.waiting and not self.refused:
            self.tries = 0
            self.under_way = self.waiting.popleft()
            yield self.own_request(self.under_way)
            return
        for row in self.waiting:
            self._keep(row, None)
        self._finish()

    def opened(self, response: Response) -> Iterator[Request]:
        """Keep a row with its page, and go on."""
        assert self.under_way  # noqa: S101 (set when the page was asked for)
        text = None
        if response.status in NOT_THERE:
            self.gone += 1
        else:
            try:
                text = self.detail(self.task.source, response.body, content_type(response)).text
            except BrokenResponse as error:
                yield from self._again(response, error)
                return
        self._keep(self.under_way, text)
        self.lost_in_a_row = 0
        yield from self._next_page()

    def _keep(self, row: Row, page: str | None) -> None:
        """Archive a row; without a new page with the one that is known."""
        known = self._known(row) if page is None else {}
        is_older = "page" in known and (known.get("row") != row.text or "stale" in known)
        self.task.keep([raw_of(self.task.source, row, page or known.get("page"), stale=is_older)])
        self.say(f"{plural(self.task.listed, 'notice')}, {len(self.waiting):,} to go")

    def _finish(self) -> None:
        task = self.task
        lacking = self.unknown + sum(key.startswith(NAMELESS) for key in self.rows)
        missing = self.total - len(self.seen) - self.unknown
        if lacking:
            task.alarm(f"{plural(lacking, 'row')} of the list had neither a link nor a reference of its own.")
        if self.gone:
            task.alarm(f"{plural(self.gone, 'page')} that the list leads to could not be found.")
        if not task.faults and not self.seen and self.is_oddly_empty():
            task.alarm("The list is empty. Nothing was closed.")
        elif not task.faults and missing > max(1.0, self.total * TOLERATED_SHORTAGE):
            task.alarm(f"The list says that it has {self.total:,} entries and showed {len(self.seen):,}.")
        task.done = True
        self.say(plural(task.listed, "notice"))
