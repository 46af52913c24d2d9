"""Watched page: the main text of a page without any structure. A change is for the operator to look at, never an alert.

Publisher: whoever the edition's source names
Area: as the edition's source says
Licence: the publisher's; the edition's source may state it
Access: the page's address, with ETag and Last-Modified; robots.txt is obeyed
Limits: one request to each page and harvest
Quirks: navigation, forms and lines that say when the page was updated are left out; a page seen once has not changed
Last checked live: never; there is no one publisher
"""

import re
from collections.abc import Iterator
from copy import deepcopy

import msgspec
from cssselect import SelectorError
from lxml import etree  # type: ignore[import-untyped]
from scrapy.http import Request, Response

from spiders.base import content_type
from spiders.feeds.discovery import feeds_in
from spiders.feeds.entry_notices import buyers_of
from spiders.fetching.document import NOT_MODIFIED, OneDocument
from spiders.formats.fragments import Element, first, instead_of, line, text, whole_document
from spiders.questions.lists import ADDRESS
from spiders.words.kinds import stated_by
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.errors import SettingError, UnreadableNotice
from tenderbell.notice import Notice, Organisation, Raw, Reader
from tenderbell.references import canonical_link
from tenderbell.text import clean_text, safe_link
from tenderbell.vocabulary import Effect

FORM = "watched page"
CONTENT_TYPE = "text/plain; charset=utf-8"
MAIN = ("main", "[role=main]", "#content", "article", "body")
LEAST_WORDS = 3
_ASIDES = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "svg", "iframe")
_ASIDE_NAMES = re.compile(
    r"(?i)\b(?:cookies?|breadcrumbs?|share-|social-(?:links|media|share)|skip-?link|related-(?:links|content|pages)|"
    r"pagination|feedback|survey)"
)
_FICKLE = re.compile(
    r"(?i)^(?:(?:this )?(?:page )?(?:was )?(?:last )?(?:updated|reviewed|modified|published)(?: on| at| by|:| ?\d|$)"
    r".{0,60}|"
    r"\d[\d,.]* (?:views?|visits?|comments?|shares?)|.{0,30}\bago|print(?: this page)?|back to top|"
    r"share(?: this.{0,30})?|©.*|copyright.*)$"
)
"""Lines that change by themselves."""


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`main` is a CSS selector of what is watched; without it the page's own main part is."""

    main: str | None = None


class WatchedPage(OneDocument):
    """Keeps the text of one page; another text is another version of one notice."""

    lists_everything = False
    name = "watched_page"
    probes = ADDRESS
    options_type = Options

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads the kept text."""
        buyers = buyers_of(source, area)
        return lambda raw: read_page(raw, source, buyers)

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the text of the page's main part, as one notice."""
        options: Options = cls.options_of(source)
        kept = main_text(whole_document(body, content_type), options.main).encode("utf-8", "replace")
        address = source.url or url or ""
        return [Raw(source.id, canonical_link(address) or address or source.id, kept, CONTENT_TYPE, address or None)]

    def received(self, response: Response) -> Iterator[Request]:
        """Keep the text, and say what is worth knowing about it."""
        yield from super().received(response)
        if self.task.done and response.status != NOT_MODIFIED:
            self._tell(response)

    def _tell(self, response: Response) -> None:
        if self.task.kept.changed:
            self.say("the page has changed: `tenderbell review list` shows how")
        if named := feeds_in(response.body, content_type(response), response.url):
            self.say(f"the page names a feed, which says more than watching it: {named[0]}")


def main_text(root: Element, selector: str | None = None) -> str:
    """Return the text of the main part of a page: the same as long as nobody edits it. Raises ChangedMarkup when there
    is no such part or nothing in it, BrokenResponse for a login form or an error page, and SettingError for a selector
    that is none."""
    if root.cssselect("input[type=password]"):
        raise instead_of(root, selector or "main")
    part = _part(root, selector)
    if part is None:
        raise instead_of(root, selector or "main")
    kept = deepcopy(part)
    etree.strip_elements(kept, etree.Comment, *_ASIDES, with_tail=False)
    for element in list(kept.iter()):
        if _is_aside(element) and element.getparent() is not None:
            element.drop_tree()
    lines = [one for one in (text(kept) or "").splitlines() if not _FICKLE.match(one.strip())]
    said = clean_text("\n".join(lines)) or ""
    if len(said.split()) < LEAST_WORDS or _is_error(root, said):
        raise instead_of(root, selector or "main")
    return said


def _part(root: Element, selector: str | None) -> Element | None:
    if selector is None:
        return next((found for name in MAIN if (found := first(root, name)) is not None), None)
    try:
        return first(root, selector)
    except SelectorError as error:
        raise SettingError(f"options: main: {selector!r} is no CSS selector: {error}.") from None


def _is_aside(element: Element) -> bool:
    if not isinstance(element.tag, str):
        return False
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    return element.get("aria-hidden") == "true" or "hidden" in element.attrib or bool(_ASIDE_NAMES.search(named))


def _is_error(root: Element, said: str) -> bool:
    """Return whether a short page says that it is not there: some servers say so with status 200."""
    title = f"{line(first(root, 'title')) or ''} {line(first(root, 'h1')) or ''}"
    return len(said) < 2_000 and bool(
        re.search(r"(?i)\b(?:page not found|not found|404|error|unavailable|denied)\b", title)
    )


def read_page(raw: Raw, source: Source, buyers: tuple[Organisation, ...]) -> Notice:
    """Return what is known of the page. It is no opportunity: it has no effect."""
    try:
        said = raw.body.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableNotice("The kept text is not UTF-8.") from None
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=source.title,
        form=FORM,
        form_name="Page that is watched for changes",
        effect=Effect.NONE,
        description=clean_text(said),
        link=safe_link(raw.url) or safe_link(source.url),
        buyers=buyers,
        reach=source.reach,
        **stated_by(source),
    )
