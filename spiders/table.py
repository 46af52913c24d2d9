"""Table: the rows of any page, found by the CSS selectors or column headings that the edition gives.

Publisher: whoever the edition's source names
Area: as the edition's source says
Licence: the publisher's; the edition's source may state it
Access: the page's address and, with `next`, the pages after it; robots.txt is obeyed
Limits: a request every second, at most 50 pages
Quirks: a row without a link or reference is kept as unreadable, and is an alarm; no row at all is changed markup
Last checked live: never; there is no one publisher
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy.http import Request, Response

from spiders.base import SourceSpider, Task, broken, content_type
from spiders.feeds.entry_notices import buyers_of
from spiders.lists.tables import CONTENT_TYPE, NAMELESS, SHARED, Columns, Page, cut_page, facts_of
from spiders.questions.lists import ADDRESS
from spiders.words.kinds import stated_by
from tenderbell import archive
from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup, UnreadableNotice
from tenderbell.notice import Notice, Organisation, Raw, Reader
from tenderbell.phrases import plural
from tenderbell.references import looks_like_a_reference, portal_references
from tenderbell.vocabulary import Effect
from tenderbell.wording.amounts import money
from tenderbell.wording.dates import deadline, published

MOST_PAGES = 50


class Table(SourceSpider):
    """Takes the rows of a page, and of the pages that follow it."""

    lists_everything = True
    name = "table"
    probes = ADDRESS
    options_type = Columns

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.base = task.source.url or ""
        self.columns: Columns = self.options_of(task.source)
        self.pages: list[frozenset[str]] = []
        self.asked: set[str] = set()
        self.missing: set[str] | None = None

    @classmethod
    def reader(cls, source: Source, area: Area) -> Reader:
        """Return the pure function that reads a row; kind, reach and, if it names none, buyer are the source's."""
        columns, buyers = cls.options_of(source), buyers_of(source, area)
        return lambda raw: read_row(raw, source, columns, buyers)

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the rows of a page."""
        address = url or source.url or ""
        page = cut_page(body, content_type, address, cls.options_of(source))
        return _raws(page, source, address)

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the page."""
        yield self._request(self.base)

    def _request(self, address: str) -> Request:
        self.asked.add(address)
        return Request(address, self.listed, errback=self.failed, dont_filter=True)

    def listed(self, response: Response) -> Iterator[Request]:
        """Archive the rows of a page and follow its link to the next one."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        try:
            page = cut_page(response.body, content_type(response), response.url, self.columns)
        except ChangedMarkup as error:
            # Markup that has changed will be no different in a second.
            self.task.fault(broken(response, error))
            return
        except BrokenResponse as error:
            yield from self.ask_again(response.request, broken(response, error))
            return
        self._keep(page, response.url)
        if page.next and self._goes_on(page):
            yield self._request(page.next)
        else:
            self._finish()

    def _keep(self, page: Page, url: str) -> None:
        nameless = sum(row.key.startswith(NAMELESS) for row in page.rows)
        if nameless:
            self.task.alarm(f"{plural(nameless, 'row')} had neither a link nor a reference ({url}).")
        if page.rows:
            self.missing = set(page.missing) & (set(page.missing) if self.missing is None else self.missing)
        self.task.keep(_raws(page, self.task.source, url))
        self.say(f"{plural(self.task.listed, 'row')}, page {len(self.pages) + 1}")

    def _goes_on(self, page: Page) -> bool:
        """Return whether to follow the link to the next page; an end that should not be one is an alarm."""
        keys = frozenset(row.key for row in page.rows)
        repeats = keys in self.pages or page.next in self.asked
        self.pages.append(keys)
        if repeats:
            self.task.alarm(f"Page {len(self.pages)} repeats an earlier one; the rest was not seen.")
        elif len(self.pages) >= MOST_PAGES:
            self.task.alarm(f"After {MOST_PAGES} pages there was no end; the rest was not seen.")
        return not repeats and len(self.pages) < MOST_PAGES and bool(keys)

    def _finish(self) -> None:
        task = self.task
        for name in sorted(self.missing or ()):
            task.alarm(f"No row has anything for {name} ({getattr(self.columns, name)!r}); has the page changed?")
        if not task.listed and archive.has_notices(task.archive, task.source.id):
            task.say("the page says that it lists nothing")
        task.done = True


def _raws(page: Page, source: Source, url: str) -> list[Raw]:
    return [Raw(source.id, row.key, row.body, CONTENT_TYPE, url or None) for row in page.rows]


def read_row(raw: Raw, source: Source, columns: Columns, buyers: tuple[Organisation, ...]) -> Notice:
    """Return what a row says. Raises UnreadableNotice when it has neither a link nor a reference."""
    facts = facts_of(raw.body, columns)
    reference, title = facts.get("reference"), facts.get("title")
    if raw.key.startswith(NAMELESS):
        raise UnreadableNotice(f"The row “{(title or '')[:60]}” has neither a link nor a reference.")
    # A link that several rows have, or to a home page, leads there but names none of them: joining must not see it.
    is_shared = "link" in facts and bool(SHARED.search(raw.key))
    published_at = published(facts.get("published"))
    closes_at = deadline(facts.get("closes"), published_at)
    named = (Organisation(facts["buyer"], roles=("buyer",)),) if facts.get("buyer") else buyers
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=title or reference,
        order=stamp(published_at) if published_at else "",
        form="row",
        form_name=f"Row of the page “{source.title}”",
        effect=Effect.OPEN,
        published_at=published_at,
        description=facts.get("description"),
        link=None if is_shared else facts.get("link"),
        how_to_apply=f"The row links to {facts['link']}." if is_shared else None,
        buyers=named,
        reach=source.reach,
        closes_at=closes_at,
        closes_evidence=f"the page says “{facts['closes'][:80]}”" if closes_at else None,
        value=money(facts.get("value")),
        references=_references(reference, title),
        doubts=_doubts(facts, closes_at is None),
        **stated_by(source),
    )


def _references(reference: str | None, title: str | None) -> tuple[str, ...]:
    own = (reference,) if reference and looks_like_a_reference(reference) else ()
    return tuple(dict.fromkeys([*own, *portal_references(reference), *portal_references(title)]))


def _doubts(facts: dict[str, str], unknown_deadline: bool) -> tuple[str, ...]:
    doubts = []
    if unknown_deadline and facts.get("closes"):
        doubts.append(f"The closing date {facts['closes'][:60]!r} could not be read.")
    if facts.get("published") and published(facts["published"]) is None:
        doubts.append(f"The date {facts['published'][:60]!r} could not be read.")
    return tuple(doubts)
