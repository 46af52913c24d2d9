"""What portals share: their terms are read first, their lists are walked page by page, and the pages of adverts that
are new or have changed are fetched one after the other.

An advert's row and page are one notice (ruling 4), kept as a bundle of `row`, `page` and, where a portal has several,
`list`. A row whose page could not be fetched is kept with what is known, marked `stale`, and the page is asked for
again by the next run.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import msgspec
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from spiders.base import BROKEN_TRIES, Task, broken, content_type
from spiders.fetching import faults
from spiders.fetching.terms import TermsFirst
from spiders.formats.bundle import unbundle
from spiders.lists.adverts import Advert, buyers_of, notice_of
from spiders.lists.listings import MANY, Listing, Place, Row, page_alone, raw_of, was_fuller
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup, UnreadableNotice
from tenderbell.notice import Notice, Raw, Reader
from tenderbell.phrases import plural


class PortalOptions(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`buyers` maps what the portal calls a buyer to the id of a body of the area."""

    buyers: dict[str, str] = {}


class Portal(TermsFirst, ABC):
    """The parent of the portals' spiders. `lists` are walked one after the other, each from page 1 to its end or to
    `most_pages`. `doors` are the addresses that open a session; a broken answer opens another one and asks again.
    `needs` names an option without which there is nothing to ask for."""

    bundles = True
    options_type: ClassVar[type[msgspec.Struct]] = PortalOptions
    needs: ClassVar[str] = ""
    lists: ClassVar[tuple[str, ...]] = ("",)
    most_pages: ClassVar[int] = 300
    # Nobody has told us their limits: sources.md section 4 asks for no more than this.
    custom_settings: ClassVar[dict[str, Any]] = {"DOWNLOAD_DELAY": 10, "COOKIES_ENABLED": True}  # type: ignore[misc]

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.options = self.options_of(task.source)
        self.session = 0
        self.places = deque(Place(name) for name in self.lists_of(task.source))
        self.seen: dict[str, Row] = {}
        self.unknown = 0
        self.waiting: deque[Row] = deque()
        self.refused = False

    @classmethod
    def lists_of(cls, source: Source) -> tuple[str, ...]:
        """Return the names of the lists to walk."""
        del source
        return cls.lists

    def doors(self) -> list[str]:
        """Return the addresses that open a session, in order; none by default."""
        return []

    @abstractmethod
    def page_request(self, place: Place, before: Listing | None) -> Request:
        """Return what asks for a page of a list; `before` is the page before it in the same session."""

    @classmethod
    @abstractmethod
    def listing(cls, source: Source, body: bytes, content_type: str) -> Listing:
        """Return the rows of one page of a list. Raises BrokenResponse, ChangedMarkup."""

    @classmethod
    def detail(cls, source: Source, body: bytes, content_type: str) -> tuple[str, str | None]:
        """Return (what is kept of an advert's own page, its key if it says so). Raises BrokenResponse."""
        del source, body, content_type
        raise BrokenResponse("This portal's own pages of adverts are not read.")

    @classmethod
    @abstractmethod
    def advert(cls, parts: dict[str, str], source: Source) -> Advert:
        """Return what the parts of a bundle say. Pure."""

    @classmethod
    def reader(cls, source: Source, area: Area) -> Reader:
        """Return the pure function that reads an advert."""
        buyers = buyers_of(source, area, cls.options_of(source).buyers)

        def read(raw: Raw) -> Notice:
            parts = unbundle(raw.body)
            if "row" not in parts and "page" not in parts:
                raise UnreadableNotice("The bundle has neither a row nor a page.")
            return notice_of(raw, cls.advert(parts, source), source, buyers)

        return read

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the adverts of a page of a list (a saved one is taken for one of the first list), or the one of an
        advert's own page."""
        del url
        try:
            rows = cls.listing(source, body, content_type).rows
            return [raw_of(source, replace(row, list=cls.lists_of(source)[0])) for row in rows]
        except BrokenResponse as no_list:
            try:
                page, key = cls.detail(source, body, content_type)
            except BrokenResponse:
                raise no_list from None
        if key is None:
            raise BrokenResponse("The page does not say which advert it is about.")
        return [page_alone(source, key, page)]

    def begin(self) -> Iterator[Request]:
        """Open a session and ask for the first page of the first list."""
        yield from self._enter(self._request(self.places[0]))

    def missing(self) -> str | None:
        """Return the option that is missing as well as the terms may be."""
        return None if not self.needs or getattr(self.options, self.needs) else f"options = {{ {self.needs} = “…” }}"

    def _meta(self, **more: Any) -> dict[str, Any]:
        return {"cookiejar": self.session, **more}

    def _request(self, place: Place, before: Listing | None = None) -> Request:
        request = self.page_request(place, before)
        meta = {**request.meta, **self._meta(place=place)}
        return request.replace(callback=self.listed, errback=self.failed, meta=meta, dont_filter=True)

    def _enter(self, then: Request) -> Iterator[Request]:
        """Open a session, then ask for `then` in it."""
        self.session += 1
        yield self._through(self.doors(), then.replace(meta={**then.meta, "cookiejar": self.session}))

    def _through(self, doors: list[str], then: Request) -> Request:
        if not doors:
            return then
        meta = self._meta(doors=doors[1:], then=then)
        return Request(doors[0], self.entered, errback=self.failed, meta=meta, dont_filter=True)

    def entered(self, response: Response) -> Iterator[Request]:
        """Go through the next door, or to what lies behind the last."""
        yield self._through(response.meta["doors"], response.meta["then"])

    def listed(self, response: Response) -> Iterator[Request]:
        """Take the rows of a page of a list and go on."""
        place: Place = response.meta["place"]
        try:
            listing = self.listing(self.task.source, response.body, content_type(response))
        except BrokenResponse as error:
            again = self._again(response, error)
            yield from self.went_wrong(final=False) if again is None else again
            return
        fresh = self._take([replace(row, list=place.list) for row in listing.rows])
        self.unknown += listing.unknown
        of = f" of {listing.pages}" if (listing.pages or 0) >= place.number else ""
        self.say(f"{plural(len(self.seen), 'advert')}, page {place.number}{of}")
        if self._goes_on(place, listing, fresh):
            yield self._request(replace(place, number=place.number + 1), listing)
        else:
            yield from self._next_list()

    def _goes_on(self, place: Place, listing: Listing, fresh: int) -> bool:
        """Return whether there is another page; an end that should not be one is an alarm."""
        name = f"the list{' ' + place.list if place.list else ''}"
        if listing.rows and not fresh and place.number > 1:
            self.task.alarm(f"Page {place.number} of {name} repeats what came before; the rest was not seen.")
            return False
        if listing.pages is not None and place.number >= listing.pages:
            return False
        if not listing.rows:
            if listing.pages:
                self.task.alarm(f"Page {place.number} of {listing.pages} of {name} is empty; the rest was not seen.")
            return False
        if place.number >= self.most_pages:
            self.task.alarm(f"After {place.number} pages {name} had no end; the rest was not seen.")
            return False
        return True

    def _take(self, rows: list[Row]) -> int:
        """Keep what needs no page of its own, put the rest in line, and return how many rows were new to this run."""
        ready, fresh = [], 0
        for row in rows:
            unique = self._unique(row)
            if unique is None:
                continue
            fresh += 1
            self.seen[unique.key] = unique
            known = self._known(unique)
            if unique.page is None or (known.get("row") == row.text and "page" in known and "stale" not in known):
                ready.append(raw_of(self.task.source, unique, known.get("page") if unique.page else None))
            else:
                self.waiting.append(unique)
        self.task.keep(ready)
        return fresh

    def _unique(self, row: Row) -> Row | None:
        """Return the row under a key that no other advert of this run has; None when it came already."""
        before = self.seen.get(row.key)
        if before is None:
            return row
        if not row.spare or row.spare == before.spare or before.list != row.list:
            self.unknown += before.list == row.list and before.text != row.text
            return None
        other = replace(row, key=f"{row.key}/{row.spare}")
        return None if other.key in self.seen else other

    def _known(self, row: Row) -> dict[str, str]:
        body = self.task.known(row.key)
        try:
            return unbundle(body) if body else {}
        except UnreadableNotice:
            return {}

    def _again(self, response: Response, error: BrokenResponse) -> Iterator[Request] | None:
        """Ask again in a new session for an answer that was broken; None, with a fault, after the last try. Markup that
        has changed stays changed."""
        request = response.request
        assert request is not None  # noqa: S101 (Scrapy sets it before any callback)
        tries = request.meta.get("tries", 0)
        if isinstance(error, ChangedMarkup) or tries >= BROKEN_TRIES:
            self.task.fault(broken(response, error))
            return None
        return self._enter(request.replace(meta={**request.meta, "tries": tries + 1}, dont_filter=True))

    def failed(self, failure: Failure) -> Iterator[Request]:
        """As for every spider; the advert for whose page a session was being opened is kept without it."""
        then = failure.request.meta.get("then")  # type: ignore[attr-defined]
        if then is not None and "row" in then.meta:
            self._keep(then.meta["row"], None)
        return super().failed(failure)

    def went_wrong(self, *, final: bool) -> Iterator[Request]:
        """After a list that could not be walked to its end, go on with the pages of what it listed."""
        self.refused = self.refused or final
        self.places.clear()
        yield from self._next_page()

    def _next_list(self) -> Iterator[Request]:
        self.places.popleft()
        yield from (iter((self._request(self.places[0]),)) if self.places else self._next_page())

    def _next_page(self) -> Iterator[Request]:
        """Ask for the next advert's own page; after the last one, finish."""
        if self.waiting and not self.refused:
            row = self.waiting.popleft()
            meta = self._meta(row=row)
            assert row.page  # noqa: S101 (only rows with a page wait)
            yield Request(row.page, self.opened, errback=self.not_opened, meta=meta, dont_filter=True)
            return
        for row in self.waiting:
            self._keep(row, None)
        self._finish()

    def opened(self, response: Response) -> Iterator[Request]:
        """Keep an advert's row with its page, and go on."""
        row: Row = response.meta["row"]
        try:
            page, _ = self.detail(self.task.source, response.body, content_type(response))
        except BrokenResponse as error:
            again = self._again(response, error)
            if again is not None:
                yield from again
                return
            page = None
        self._keep(row, page)
        yield from self._next_page()

    def not_opened(self, failure: Failure) -> Iterator[Request]:
        """Keep an advert's row without its page. Where robots.txt closes the pages, the rows are all that we may
        read."""
        request: Request = failure.request  # type: ignore[attr-defined]
        error = failure.value or Exception()
        is_forbidden = faults.is_forbidden(error)
        tell: Callable[[str], None] = self.task.alarm if is_forbidden else self.task.fault
        tell(f"An advert's own page was not read: {faults.sentence(error, request.url)}")
        self._keep(request.meta["row"], None)
        yield from self.went_wrong(final=is_forbidden or faults.is_final(error))

    def _keep(self, row: Row, page: str | None) -> None:
        """Archive an advert; without a new page with the one that is known, marked as older than its row."""
        older = self._known(row).get("page") if page is None else None
        self.task.keep([raw_of(self.task.source, row, page or older, stale=older is not None)])

    def _finish(self) -> None:
        task = self.task
        if self.unknown:
            task.alarm(f"{plural(self.unknown, 'row')} of the list had neither a link nor a reference of its own.")
        if not self.seen and not task.faults and was_fuller(task.archive, task.source.id):
            task.alarm(f"The list is empty; lately it had more than {MANY} adverts. Nothing was closed.")
        task.done = True
        self.say(plural(task.listed, "advert"))
