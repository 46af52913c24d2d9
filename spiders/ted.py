"""TED: notices of public bodies in the European Union, from its search service.

Publisher: Publications Office of the European Union
Area: the European Union; by default only buyers in Ireland, the one member that borders on the United Kingdom
Licence: reuse permitted with the source named (Commission Decision 2011/833/EU)
Access: search API version 3 (POST), anonymous
Limits: fair use of 700 requests a minute; at most 250 notices an answer
Quirks: UK bodies left in 2021; texts in many languages; dates carry an offset but no time of day; off by default
Last checked live: never; against a search recorded on 30 May 2026
"""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import msgspec
from scrapy.http import Request, Response

from spiders.base import SourceSpider, Task, broken
from spiders.formats.lenient import decode, elements, members, what_came_instead
from spiders.ocds.raw_keys import nameless
from spiders.questions.probe import Probe, contains
from spiders.readers.ted_notice import FIELDS, read_notice
from tenderbell import archive
from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse
from tenderbell.notice import Raw, Reader
from tenderbell.phrases import plural
from tenderbell.text import clean_line

SEARCH = "/v3/notices/search"
LIMIT = 100
MOST_PAGES = 150
OVERLAP = timedelta(days=4)
"""How far a harvest reaches back over the last one: nothing is published at weekends."""


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`query` is an expert query of TED; the dates of publication are added to it."""

    query: str = "buyer-country=IRL"


class Ted(SourceSpider):
    """Asks for the notices published since the last harvest, page by page."""

    name = "ted"
    address = "https://api.ted.europa.eu"
    options_type = Options
    custom_settings = {"DOWNLOAD_TIMEOUT": 120}  # noqa: RUF012 (Scrapy declares it as an instance variable)

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.options: Options = self.options_of(task.source)
        self.pages: set[frozenset[str]] = set()

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads a notice."""
        del source, area
        return read_notice

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the notices of a page of results."""
        del content_type
        found = members(body.removeprefix(b"\xef\xbb\xbf"))
        if found.get(b"notices", b"")[:1] != b"[":
            raise BrokenResponse(what_came_instead(body).replace("releases", "notices"))
        return [Raw(source.id, _key(part), part, "application/json", url) for part in elements(found[b"notices"])]

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the first page."""
        yield self.ask(None)

    def query(self) -> str:
        """Return the expert query with the dates of publication."""
        task = self.task
        now = task.clock()
        finished = archive.has_finished(task.archive, task.source.id)
        since = task.since or now - (OVERLAP if finished else timedelta(days=task.source.since_days))
        until = f" AND publication-date<={uk(task.until):%Y%m%d}" if task.until else ""
        return f"({self.options.query}) AND publication-date>={uk(since):%Y%m%d}{until}"

    def ask(self, token: str | None) -> Request:
        """Return the request for the first page, or for the one that a token stands for."""
        body: dict[str, Any] = {
            "query": self.query(),
            "fields": list(FIELDS),
            "limit": LIMIT,
            "scope": "ALL",
            "paginationMode": "ITERATION",
        }
        if token:
            body["iterationNextToken"] = token
        return Request(
            f"{self.base}{SEARCH}",
            self.page,
            method="POST",
            body=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            errback=self.failed,
            dont_filter=True,
        )

    def page(self, response: Response) -> Iterator[Request]:
        """Archive a page and ask for the next one."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        task = self.task
        try:
            raws = self.split(task.source, response.body, "", response.url)
            token = _next_token(response.body)
        except BrokenResponse as error:
            yield from self.ask_again(response.request, broken(response, error))
            return
        keys = frozenset(raw.key for raw in raws)
        task.keep(raws)
        self.say(plural(task.listed, "notice"))
        if not raws or token is None:
            self.finish()
        elif keys in self.pages or len(self.pages) >= MOST_PAGES:
            task.alarm("The pages of the results go round in circles: what follows them was not fetched.")
            task.done = True
        else:
            self.pages.add(keys)
            yield self.ask(token)

    def finish(self) -> None:
        """Finish; results that are empty at once, where there were some before, are worth a look."""
        task = self.task
        if not task.listed and task.since is None and archive.has_notices(task.archive, task.source.id):
            task.alarm("The search found nothing, although it found notices before.")
        task.done = True


def _key(notice: bytes) -> str:
    """Return the publication number behind `ted-`: by itself it could be a number of Find a Tender."""
    try:
        found = decode(notice)
    except ValueError:
        return nameless(notice)
    number = found.get("publication-number") if isinstance(found, dict) else None
    name = clean_line(number)
    return f"ted-{name[:200]}" if name else nameless(notice)


def _next_token(body: bytes) -> str | None:
    """Return the token of the next page, None on the last one. Raises BrokenResponse when the search gave up."""
    found = members(body.removeprefix(b"\xef\xbb\xbf"))
    if found.get(b"timedOut") == b"true":
        raise BrokenResponse("The search took too long and gave only some of its results.")
    try:
        token = decode(found.get(b"iterationNextToken", b"null"))
    except ValueError:
        raise BrokenResponse("The token of the next page cannot be read.") from None
    return token if isinstance(token, str) and token else None


def _ask_probe(spider: SourceSpider) -> Request:
    assert isinstance(spider, Ted)  # noqa: S101 (a probe is asked by the spider that declares it)
    return spider.ask(None)


Ted.probes = (Probe("The search answers with notices and a token.", _ask_probe, contains('"notices"', "NextToken")),)
