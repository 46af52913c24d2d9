"""A kept entry, read straight from its element: what feedparser finds in it, at a tenth of the time.

Only entries made of the common elements are read here; of anything else (nested markup, several titles, Media RSS,
another base) nothing is said, and feedparser reads it. When an entry is first kept both readings are compared
(`spiders.feeds.entries`).
"""

import re
from contextlib import suppress
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

Fields = dict[str, Any]

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CORE = re.compile(
    r"\{(?:http://www\.w3\.org/2005/Atom|http://purl\.org/rss/1\.0/|http://my\.netscape\.com/rdf/simple/0\.9/)\}"
)
_ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
_DATES = {
    "pubdate": "published", "published": "published", "issued": "published", "updated": "updated",
    "modified": "updated", "created": "created",
}  # fmt: skip
_UNREAD = frozenset({"comments", "enclosure", "rights", "copyright", "author", "contributor", "source"})
"""Elements that say nothing that Tenderbell reads, as long as nothing is nested in them but a person's name."""

_PERSON = frozenset({"name", "uri", "email"})
_UNREAD_ELSEWHERE = re.compile(
    r"\{(?:http://purl\.org/rss/1\.0/modules/slash/|http://wellformedweb\.org/CommentAPI/|"
    r"http://purl\.org/syndication/thread/1\.0|com-wordpress:feed-additions:1)\}|"
    r"\{http://purl\.org/dc/elements/1\.1/\}creator$|\{http://search\.yahoo\.com/mrss/\}thumbnail$"
)
_TEXT_TYPES = frozenset({None, "text", "html", "plain", "text/html", "text/plain"})
_PAGES = frozenset({"html", "text/html", "xhtml", "application/xhtml+xml"})
_WINDOWS = {code: text for code in range(128, 160) if (text := bytes([code]).decode("cp1252", "ignore"))}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


class NotPlain(Exception):
    """The entry holds something that only feedparser understands."""


def fields_of_element(body: bytes) -> Fields | None:
    """Return the fields of an entry like feedparser's, links as written; None when it is not made of the common
    elements alone."""
    try:
        element = etree.fromstring(body, _PARSER)
        return _Entry(element).fields()
    except (NotPlain, etree.LxmlError, ValueError):
        return None


class _Entry:
    """The entry while its elements are read in their order."""

    def __init__(self, element: Any) -> None:
        self.found: Fields = {}
        self.contents: list[str] = []
        self.tags: list[tuple[str | None, str | None, str | None]] = []
        if set(element.attrib) - {_RDF + "about"}:
            raise NotPlain
        if about := element.get(_RDF + "about"):
            self.found["id"] = about
        for child in element:
            if isinstance(child.tag, str):
                self.take(child)

    def fields(self) -> Fields:
        """Return what was found, absent what is empty."""
        if self.contents:
            self.found["content"] = max(self.contents, key=len)
            self.found.setdefault("summary", self.contents[0])
        self.found["categories"] = [term for term, _, _ in self.tags]
        return {name: value for name, value in self.found.items() if value}

    def take(self, child: Any) -> None:
        """Read one child element. Raises NotPlain for one that is not common."""
        tag: str = child.tag
        local = _local_name(tag)
        if local is None:
            if not _UNREAD_ELSEWHERE.match(tag) or len(child):
                raise NotPlain
        elif local in _UNREAD:
            if any(_local_name(str(inner.tag)) not in _PERSON or len(inner) for inner in child):
                raise NotPlain
        else:
            self.read(local, child)

    def read(self, local: str, child: Any) -> None:
        """Read an element that Tenderbell wants."""
        if local in _DATES:
            self.found[_DATES[local]] = _text(child)
        elif local == "title":
            self.once("title", _typed_text(child))
        elif local in ("description", "summary"):
            self.once("summary", _typed_text(child))
        elif local in ("content", "encoded"):
            self.contents.append(_typed_text(child))
        elif local in ("guid", "id"):
            self.identify(child)
        elif local == "link":
            self.link(child)
        elif local == "category":
            self.tag(child)
        else:
            raise NotPlain

    def once(self, name: str, text: str) -> None:
        """Keep a text that may stand only once."""
        if name in self.found:
            raise NotPlain
        self.found[name] = text

    def identify(self, child: Any) -> None:
        """Keep the id; one that is a permanent link is the link of an entry that has none."""
        self.found["id"] = text = _text(child)
        if child.get("isPermaLink", "true") == "true":
            self.found.setdefault("link", text)

    def link(self, child: Any) -> None:
        """Keep a link: the text of an RSS element, or the address of an Atom one that leads to a page."""
        if "url" in child.attrib or "uri" in child.attrib:
            raise NotPlain
        if (address := child.get("href")) is not None:
            is_page = child.get("type", "text/html").lower() in _PAGES
            if child.get("rel", "alternate") == "alternate" and is_page:
                self.found["link"] = address
            return
        text = _text(child).replace("&amp;", "&")
        self.found["link"] = re.sub(r"&([A-Za-z0-9_]+);", r"&\g<1>", text)

    def tag(self, child: Any) -> None:
        """Keep a category, once."""
        term, scheme, label = child.get("term"), child.get("scheme", child.get("domain")), child.get("label")
        text = _text(child)
        if text and (term or label):
            raise NotPlain
        if term or scheme or label or text:
            named = (term or text or None, scheme, label)
            if (text and scheme) or named not in self.tags:
                self.tags.append(named)


def _local_name(tag: str) -> str | None:
    """Return the name of an element of RSS, RDF or Atom in lower case, or of the few others that stand for one; None
    for any other."""
    if tag == _ENCODED:
        return "encoded"
    if tag.startswith(_DC):
        return {"date": "updated", "subject": "category"}.get(tag.removeprefix(_DC))
    core = _CORE.match(tag)
    if core is None and tag.startswith("{"):
        return None
    return tag[core.end() if core else 0 :].lower()


def _typed_text(child: Any) -> str:
    if child.get("type") not in _TEXT_TYPES or "mode" in child.attrib or "src" in child.attrib:
        raise NotPlain
    return _text(child)


def _text(child: Any) -> str:
    """Return the text of an element, mended like feedparser does: UTF-8 that was taken for Latin-1, and characters that
    only Windows has."""
    if len(child):
        raise NotPlain
    text: str = (child.text or "").strip()
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return text.translate(_WINDOWS)
