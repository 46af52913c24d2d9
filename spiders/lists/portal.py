"""What portals add to the walk of a list: their terms are read before anything else, and their lists are shown in a
session, which is opened anew after a broken answer.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import msgspec
from scrapy.http import Request, Response

from spiders.base import Task
from spiders.fetching.terms import TermsFirst
from spiders.formats.bundle import unbundle
from spiders.lists.adverts import Advert, buyers_of, notice_of
from spiders.lists.rows import Page, page_alone, raw_of
from spiders.lists.walk import Walk
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, UnreadableNotice
from tenderbell.notice import Notice, Raw, Reader

MANY = 5
"""A list that had more adverts than this does not become empty in a night."""

LATELY = 7
"""How many finished runs are looked at for that."""


class PortalOptions(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`buyers` maps what the portal calls a buyer to the id of a body of the area."""

    buyers: dict[str, str] = {}


class Portal(TermsFirst, Walk, ABC):
    """The parent of the portals' spiders. `needs` names an option without which there is nothing to ask for."""

    lists_everything = True
    options_type: ClassVar[type[msgspec.Struct]] = PortalOptions
    needs: ClassVar[str] = ""
    most_pages: ClassVar[int] = 300
    # Nobody has told us their limits: sources.md section 4 asks for no more than this.
    custom_settings: ClassVar[dict[str, Any]] = {"DOWNLOAD_DELAY": 10, "COOKIES_ENABLED": True}  # type: ignore[misc]

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.session = 0

    def doors(self) -> list[str]:
        """Return the addresses that open a session, in order; none by default."""
        return []

    @classmethod
    def detail(cls, source: Source, body: bytes, content_type: str) -> Page:
        """Return what is kept of an advert's own page."""
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
        try:
            rows = cls.listing(source, body, content_type).rows
            return [raw_of(source, replace(row, list=cls.lists_of(source)[0])) for row in rows]
        except BrokenResponse as no_list:
            try:
                page = cls.detail(source, body, content_type)
            except BrokenResponse:
                raise no_list from None
        return [page_alone(source, page, url)]

    def missing(self) -> str | None:
        """Return the option that is missing as well as the terms may be."""
        return None if not self.needs or getattr(self.options, self.needs) else f"options = {{ {self.needs} = “…” }}"

    def is_oddly_empty(self) -> bool:
        """Return whether a run that finished lately listed many adverts: a small portal may have none."""
        return was_fuller(self.task.archive, self.task.source.id)

    def begin(self) -> Iterator[Request]:
        """Open a session and ask for the first page of the first list."""
        yield self.anew(self.list_request())

    def asking(self, request: Request, *, to: Callable[..., Any], statuses: Collection[int] = ()) -> Request:
        """Return a request as it is sent, in the session."""
        return self._in_session(super().asking(request, to=to, statuses=statuses))

    def anew(self, request: Request) -> Request:
        """Open a new session, then ask for a request in it."""
        self.session += 1
        return self._through(self.doors(), self._in_session(request))

    def _in_session(self, request: Request) -> Request:
        return request.replace(meta={**request.meta, "cookiejar": self.session})

    def _through(self, doors: list[str], then: Request) -> Request:
        if not doors:
            return then
        return self.asking(Request(doors[0], meta={"doors": doors[1:], "then": then}), to=self.entered)

    def entered(self, response: Response) -> Iterator[Request]:
        """Go through the next door, or to what lies behind the last."""
        yield self._through(response.meta["doors"], response.meta["then"])


def was_fuller(db: sqlite3.Connection, source: str) -> bool:
    """Return whether a run of the source that finished lately listed many adverts."""
    rows = db.execute(
        "select listed from run where source = ? and complete order by id desc limit ?", (source, LATELY)
    ).fetchall()
    return any(row[0] > MANY for row in rows)
