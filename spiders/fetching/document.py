"""Sources that are one document at one address: a feed, a page, a file of JSON or CSV."""

from abc import ABC
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

from scrapy.http import Request, Response

from spiders.base import SourceSpider, Task, broken, content_type
from spiders.fetching import validators
from tenderbell import archive
from tenderbell.errors import BrokenResponse, ChangedMarkup
from tenderbell.notice import Raw
from tenderbell.phrases import plural

NOT_MODIFIED = 304
AT_ONCE = 500
"""How many notices are archived in one transaction."""


class OneDocument(SourceSpider, ABC):
    """The parent of spiders that need no more than a `reader` and a `split`. The document is asked for if it has
    changed, asked for again when it is broken, and an alarm when it was fuller before. `contents` is what people call
    the document and the notices in it."""

    lists_everything = True
    contents: ClassVar[tuple[str, str]] = ("document", "notices")

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        # As the edition writes it: to some servers a final slash makes another address.
        self.base = task.source.url or self.address or ""

    def doubts(self, response: Response, raws: list[Raw]) -> Iterator[str]:
        """Return what a human should look at in a document that was read, nothing by default. A doubtful document is
        asked for again even if it has not changed."""
        del response, raws
        return iter(())

    def advice(self, response: Response) -> str:
        """Return what more to say of an answer that is not the document, nothing by default."""
        del response
        return ""

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the document."""
        yield self.asking(self.base)

    def asking(self, address: str) -> Request:
        """Return what asks for the document, if it has changed."""
        headers = validators.conditions(self.task.archive, self.task.source.id, address)
        meta = {"handle_httpstatus_list": [NOT_MODIFIED], "address": address}
        return Request(address, self.received, headers=headers, errback=self.failed, meta=meta, dont_filter=True)

    def received(self, response: Response) -> Iterator[Request]:
        """Archive the notices of the document; a 304 says that those of the last time are still listed (ruling 9)."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        if response.status == NOT_MODIFIED:
            self.task.see_again()
            self.say("not changed since the last time")
            self.task.done = True
            return
        try:
            raws = self.split(self.task.source, response.body, content_type(response), response.url)
        except ChangedMarkup as error:
            # It will be no different in a second.
            self.task.fault(broken(response, error) + self.advice(response))
        except BrokenResponse as error:
            yield from self.ask_again(response.request, broken(response, error) + self.advice(response))
        else:
            self.take(raws, list(self.doubts(response, raws)))
            if raws and not self.task.alarms:
                # Only now: a 304 then always speaks of the notices that were seen last.
                validators.remember(self.task.archive, self.task.source.id, response.meta["address"], response)

    def take(self, raws: list[Raw], doubts: list[str]) -> None:
        """Archive notices, and finish."""
        task, (document, notices) = self.task, self.contents
        for start in range(0, len(raws), AT_ONCE):
            task.keep(raws[start : start + AT_ONCE])
        for doubt in doubts:
            task.alarm(doubt)
        if not raws and archive.has_notices(task.archive, task.source.id):
            task.alarm(f"The {document} has no {notices}. Nothing was closed.")
        self.say(plural(task.listed, "notice"))
        task.done = True
