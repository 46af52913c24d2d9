"""Catalogues: the lists of one funder's site, whose answers show by themselves whether they are a list or a page."""

from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import urljoin, urlsplit

from spiders.base import Task
from spiders.lists.rows import Listing, Page, page_alone, raw_of
from spiders.lists.walk import Walk
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup
from tenderbell.notice import Raw


class Catalogue(Walk, ABC):
    """The parent of these spiders."""

    lists_everything = True

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.base = self.base_of(task.source)

    @classmethod
    @abstractmethod
    def understand(cls, source: Source, body: bytes, content_type: str) -> Listing | Page:
        """Return what an answer is. Raises BrokenResponse for what the site does not promise, ChangedMarkup when a page
        is the site's but nothing in it is found."""

    @classmethod
    def listing(cls, source: Source, body: bytes, content_type: str) -> Listing:
        """Return the rows of a page of the list."""
        answer = cls.understand(source, body, content_type)
        if not isinstance(answer, Listing):
            raise ChangedMarkup("The answer has no rows of the list: it is another page, or the markup has changed.")
        return answer

    @classmethod
    def detail(cls, source: Source, body: bytes, content_type: str) -> Page:
        """Return what is kept of a row's own page."""
        answer = cls.understand(source, body, content_type)
        if not isinstance(answer, Page):
            raise BrokenResponse("The answer is not the page of a row, but a list.")
        return answer

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the notices of a page of the list, or the one of a page of its own."""
        answer = cls.understand(source, body, content_type)
        if isinstance(answer, Listing):
            return [raw_of(source, row) for row in answer.rows]
        return [page_alone(source, answer, url)]

    @classmethod
    def base_of(cls, source: Source) -> str:
        """Return the address of the site, without a final slash."""
        return (source.url or cls.address or "").rstrip("/")

    @classmethod
    def path_of(cls, source: Source, link: object) -> str | None:
        """Return path and query of a link to a page of this site, None for any other."""
        if not isinstance(link, str) or not link.strip() or not link.strip().isprintable():
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
