"""WordPress: the posts of any site made with it, from its feed or its REST interface.

Publisher: whoever the edition's source names
Area: as the edition's source says
Licence: the publisher's; the edition's source may state it
Access: /feed/ with ?paged=N, or with `rest` /wp-json/wp/v2/posts; url is the site's address; robots.txt is obeyed
Limits: 10 posts a page of the feed, 100 of REST; a request every second; posts of the last `since_days`
Quirks: a page past the end is a 404, or a 400 rest_post_invalid_page_number; REST may be off, or asleep behind a plugin
Last checked live: never; against the project's documentation
"""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from scrapy.http import Request, Response

from spiders.base import SourceSpider, Task, broken, content_type
from spiders.feeds.entries import DATES, Fields, ends_in_the_middle, fields_of, split_feed
from spiders.feeds.entry_notices import buyers_of, key_of, nameless_words, notice_of
from spiders.feeds.posts import CONTENT_TYPE, KEPT, fields_of_body, fields_of_post, post_bytes, split_posts
from spiders.questions.grants import WORDPRESS
from tenderbell import archive
from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, SettingError
from tenderbell.notice import Raw, Reader
from tenderbell.phrases import plural
from tenderbell.text import clean_line, clean_text
from tenderbell.wording.dates import published

REST = "/wp-json/wp/v2/"
PER_PAGE = 100
MOST_PAGES = 30
NO_SUCH_PAGE = (400, 404)
PAST_THE_END = b"rest_post_invalid_page_number"


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`rest` asks the REST interface instead of the feed. `type` is the kind of post, as REST or the feed calls it
    ("posts", "opportunity"). `category` is its number for REST, its name in addresses for the feed. `words`: only posts
    that have one of these words or phrases, or its plural, are taken."""

    rest: bool = False
    type: str = "posts"
    category: int | str | None = None
    words: tuple[str, ...] = ()


class WordPress(SourceSpider):
    """Walks the pages of a site's posts, newest first, back to `since_days` ago."""

    name = "wordpress"
    probes = WORDPRESS
    options_type = Options

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.options: Options = self.options_of(task.source)
        self.base = re.sub(r"/feed$", "", self.base)
        self.since = task.since or task.clock() - timedelta(days=task.source.since_days)
        self.pages: set[frozenset[str]] = set()

    @classmethod
    def options_of(cls, source: Source) -> Any:
        """Return the options. Raises SettingError also for a category that REST cannot be asked for."""
        options: Options = super().options_of(source)
        if options.rest and isinstance(options.category, str):
            raise SettingError(f"source {source.id}: options: category: REST knows a category by its number.")
        return options

    @classmethod
    def reader(cls, source: Source, area: Area) -> Reader:
        """Return the pure function that reads a post, from whichever interface it came."""
        buyers = buyers_of(source, area)
        return lambda raw: notice_of(_fields(raw, source), raw, source, buyers, "site")

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the posts of an answer that have one of the configured words."""
        words = cls.options_of(source).words
        return [raw for raw, fields in _posts(source, body, content_type, url) if _has_word(fields, words)]

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the first page."""
        yield self.page_request(1)

    def page_request(self, number: int) -> Request:
        """Return what asks for a page of posts."""
        address = self._rest_address(number) if self.options.rest else self._feed_address(number)
        # Past the end there is no page; the first one, though, must be there.
        meta = {"page": number, "handle_httpstatus_list": NO_SUCH_PAGE if number > 1 else ()}
        return Request(address, self.listed, errback=self.failed, meta=meta, dont_filter=True)

    def _feed_address(self, number: int) -> str:
        category, kind = self.options.category, self.options.type
        path = f"/category/{quote(str(category))}/feed/" if category else "/feed/" if kind == "posts" else "/"
        query = {} if kind == "posts" else {"post_type": kind, "feed": "rss2"}
        more = {"paged": str(number)} if number > 1 else {}
        return f"{self.base}{path}{'?' if query or more else ''}{urlencode(query | more)}"

    def _rest_address(self, number: int) -> str:
        # A site's own clock decides; half a day more covers every zone.
        after = uk(self.since - timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M:%S")
        query = {"per_page": PER_PAGE, "page": number, "_fields": ",".join(sorted(KEPT)), "modified_after": after}
        if self.options.category:
            query["categories"] = self.options.category
        return f"{self.base}{REST}{quote(self.options.type)}?{urlencode(query, safe=',:')}"

    def listed(self, response: Response) -> Iterator[Request]:
        """Archive the posts of a page and ask for the next one."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        number: int = response.meta["page"]
        if response.status in NO_SUCH_PAGE:
            self._past_the_end(response)
            return
        try:
            posts = _posts(self.task.source, response.body, content_type(response), response.url)
        except BrokenResponse as error:
            yield from self.ask_again(response.request, broken(response, error))
            return
        if not self.options.rest and ends_in_the_middle(response.body):
            self.task.alarm(f"Page {number} ends in the middle; the posts before its last one were read.")
        wanted = [raw for raw, fields in posts if _has_word(fields, self.options.words)]
        if nameless := nameless_words(wanted):
            self.task.alarm(f"Page {number}: {nameless}")
        self.task.keep(wanted)
        self.say(f"{plural(self.task.listed, 'post')}, page {number}")
        if self._goes_on(response, number, posts):
            yield self.page_request(number + 1)
        else:
            self._finish(empty=number == 1 and not posts)

    def _goes_on(self, response: Response, number: int, posts: list[tuple[Raw, Fields]]) -> bool:
        keys = frozenset(raw.key for raw, _ in posts)
        if not keys:
            return False
        if keys in self.pages:
            self.task.alarm(f"Page {number} repeats an earlier one; the rest was not seen.")
            return False
        self.pages.add(keys)
        if self.options.rest and not _more_pages(response, number, len(posts)):
            return False
        if not self.options.rest and not any(self._is_recent(fields) for _, fields in posts):
            return False
        if number >= MOST_PAGES:
            self.task.alarm(f"After {MOST_PAGES} pages there was no end; the rest was not seen.")
        return number < MOST_PAGES

    def _is_recent(self, fields: Fields) -> bool:
        dates = [date for name in DATES if (date := published(fields.get(name)))]
        return not dates or max(dates) >= self.since

    def _past_the_end(self, response: Response) -> None:
        if response.status == 400 and PAST_THE_END not in response.body:
            self.task.fault(f"{response.url} answered 400.")
        else:
            self._finish(empty=False)

    def _finish(self, *, empty: bool) -> None:
        if empty and not self.options.rest and archive.has_notices(self.task.archive, self.task.source.id):
            self.task.alarm("The site lists no posts.")
        self.task.done = True


def _more_pages(response: Response, number: int, count: int) -> bool:
    """Return whether REST says that there are more pages; without its header, whether this one was full."""
    total = (response.headers.get("X-WP-TotalPages") or b"").decode("latin-1").strip()
    return number < int(total) if total.isdecimal() and len(total) < 7 else count >= PER_PAGE


def _posts(source: Source, body: bytes, content_type: str, url: str | None) -> list[tuple[Raw, Fields]]:
    """Return each post of an answer with its fields. Raises BrokenResponse when there are none to be had."""
    address = url or source.url or ""
    if body[:20].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") or source.options.get("rest"):
        found = [(fields_of_post(post), post_bytes(post), CONTENT_TYPE) for post in split_posts(body)]
    else:
        found = split_feed(body, content_type, address)
    return [(Raw(source.id, key_of(fields), kept, kind, address or None), fields) for fields, kept, kind in found]


def _fields(raw: Raw, source: Source) -> Fields:
    if raw.content_type == CONTENT_TYPE:
        return fields_of_body(raw.body)
    return fields_of(raw.body, raw.content_type, raw.url or source.url or "")


def _has_word(fields: Fields, words: tuple[str, ...]) -> bool:
    if not words:
        return True
    text = f"{clean_line(fields.get('title'))} {clean_text(fields.get('content') or fields.get('summary'))}"
    return any(re.search(rf"\b{re.escape(word)}(?:s|es)?\b", text, re.IGNORECASE) for word in words)
