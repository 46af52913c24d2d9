"""The entries of a feed: cut out of the document as they stand there, and read one by one.

An entry is kept as its own element with all that it holds, extensions too, in exclusive canonical XML: encoding, CDATA,
the order of attributes and the namespaces of the rest of the document make no difference, so that the same entry has
the same bytes tomorrow. One that cannot be cut out of a malformed document is kept as all that feedparser found in it;
an item of a JSON Feed as its JSON.
"""

import json
import re
from typing import Any
from urllib.parse import urljoin

import feedparser
import msgspec
from lxml import etree  # type: ignore[import-untyped]

from spiders.feeds import json_feed
from spiders.feeds.elements import fields_of_element
from tenderbell.errors import BrokenResponse, UnreadableNotice
from tenderbell.text import safe_link

XML = "application/xml"
JSON = "application/json"
DATES = ("published", "updated", "created")
Fields = dict[str, Any]

_PREFIXED_ENTRY = re.compile(rb"<(\w{1,20}):(?:item|entry)[ >]")
_ATOM = re.compile(rb"<(?:[\w.-]+:)?entry[ >]")
_END = re.compile(rb"(?i)</(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>")
LONGEST_TAIL = 2_000
"""Bytes at the end of a feed in which its end is looked for."""

_REFERENCE = re.compile(rb"&#(?:[xX]0{0,8}([0-9a-fA-F]{1,6})|0{0,8}([0-9]{1,7}));")
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_ATOM_DOCUMENT = (b'<feed xmlns="http://www.w3.org/2005/Atom">', b"</feed>")
_RSS_DOCUMENT = (b'<rss version="2.0"><channel>', b"</channel></rss>")
_COUNTERS = (
    "{http://purl.org/rss/1.0/modules/slash/}comments",
    "{http://purl.org/syndication/thread/1.0}total",
    "{http://search.yahoo.com/mrss/}community",
)
"""What publishers count in an entry (comments, views). It changes by the hour and is left out."""
_COUNTER_FIELDS = ("slash_comments", "thr_total", "media_community", "media_statistics", "media_starrating")


def split_feed(body: bytes, content_type: str, url: str) -> list[tuple[Fields, bytes, str]]:
    """Return (fields, bytes to keep, their content type) of each entry, in the order of the document.

    Only bytes are ever parsed: feedparser takes a string for an address or a file. Raises BrokenResponse when the
    document is no feed; a malformed feed still gives its entries.
    """
    if json_feed.is_json(body):
        return [(fields, item, json_feed.CONTENT_TYPE) for fields, item in json_feed.split_json_feed(body)]
    try:
        found = _parse(body, content_type or XML)
    except Exception as error:  # whatever a hostile document provokes in the parser is the document's fault
        raise BrokenResponse(f"The feed could not be parsed: {type(error).__name__}.") from error
    if not found.entries and (prefixed := _PREFIXED_ENTRY.search(body)):
        return split_feed(_without_prefix(body, prefixed[1]), content_type, url)
    if not found.get("version"):
        raise BrokenResponse("The answer is not a feed." if body.strip() else "The answer is empty.")
    parts = _cut(body, found.get("encoding"))
    if len(parts) != len(found.entries):
        parts = [None] * len(found.entries)
    kept = [_keepable(entry, part, url) for entry, part in zip(found.entries, parts, strict=True)]
    # The last entry of half a document may be half an entry, which must not become a version of the whole one.
    return kept[:-1] if ends_in_the_middle(body) else kept


def ends_in_the_middle(body: bytes) -> bool:
    """Return whether a feed lacks its end. Wide characters and JSON are not looked at: their parsers notice."""
    tail = body[-LONGEST_TAIL:]
    return not (b"\x00" in body[:100] or json_feed.is_json(body) or _END.search(tail))


def fields_of(body: bytes, content_type: str, url: str) -> Fields:
    """Return the fields of one kept entry that Tenderbell reads, as the publisher wrote them, links made absolute.
    Raises UnreadableNotice when it is no entry."""
    if content_type == json_feed.CONTENT_TYPE:
        return json_feed.fields_of_item(body)
    try:
        if content_type == XML:
            if plain := fields_of_element(body):
                return _settled(plain, url)
            start, end = _ATOM_DOCUMENT if _ATOM.match(body) else _RSS_DOCUMENT
            return _fields(_parse(start + body + end, f"{XML}; charset=utf-8").entries[0], url)
        entry = msgspec.json.decode(body)
    except Exception as error:  # as above
        raise UnreadableNotice(f"The entry could not be parsed: {error}") from None
    if not isinstance(entry, dict):
        raise UnreadableNotice("The entry is no JSON object.")
    return _fields(entry, url)


def _parse(body: bytes, content_type: str) -> Any:
    headers = {"content-type": content_type}
    body = _REFERENCE.sub(_whole_reference, body)
    return feedparser.parse(body, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)


def _whole_reference(found: re.Match[bytes]) -> bytes:
    """Return a character reference, or the replacement character's where it names half of one (a surrogate)."""
    code = int(found[1], 16) if found[1] else int(found[2])
    return b"&#xFFFD;" if 0xD800 <= code <= 0xDFFF else found[0]


def _without_prefix(body: bytes, prefix: bytes) -> bytes:
    """Return a feed without a namespace prefix that it never declared (`<rss:item>`)."""
    return body.replace(b"<" + prefix + b":", b"<").replace(b"</" + prefix + b":", b"</")


def _cut(body: bytes, encoding: str | None) -> list[bytes | None]:
    """Return each item or entry element of a document; None for one that cannot be written as it stands."""
    try:
        parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, encoding=encoding or None)
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.LxmlError, LookupError, ValueError):
        return []
    return [] if root is None else [_canonical(element) for element in root.iter("{*}item", "{*}entry")]


def _canonical(element: Any) -> bytes | None:
    base = element.base
    if base:
        element.set(_BASE, base)
    etree.strip_elements(element, *_COUNTERS, with_tail=False)
    try:
        return bytes(etree.tostring(element, method="c14n", exclusive=True, with_tail=False))
    except etree.LxmlError:
        return None


def _keepable(entry: Any, part: bytes | None, url: str) -> tuple[Fields, bytes, str]:
    """Return what to keep of an entry: its element if that says the same as the entry does in its document."""
    fields = _fields(entry, url)
    if part is not None:
        try:
            if fields_of(part, XML, url) == fields:
                return fields, part, XML
        except UnreadableNotice:
            pass
    kept = {name: value for name, value in entry.items() if name not in _COUNTER_FIELDS}
    body = json.dumps(kept, ensure_ascii=False, sort_keys=True, default=str)
    return fields, body.encode("utf-8", "replace"), JSON


def _fields(entry: Any, url: str) -> Fields:
    texts = [part.get("value") for part in entry.get("content") or () if isinstance(part, dict)]
    fields = {
        "id": entry.get("id"),
        "title": entry.get("title"),
        "link": entry.get("link"),
        "summary": entry.get("summary"),
        "content": max((text for text in texts if text), key=len, default=None),
        "categories": [tag.get("term") for tag in entry.get("tags") or () if isinstance(tag, dict)],
        **{name: entry[name] for name in DATES if name in entry},
    }
    return _settled(fields, url)


def _settled(fields: Fields, url: str) -> Fields:
    """Return the fields with their link made absolute, without those that are empty."""
    fields["link"] = _link(fields, url)
    return {name: value for name, value in fields.items() if value}


def _link(entry: Fields, url: str) -> str | None:
    """Return the entry's link, made absolute. feedparser takes an RSS guid for a link even when it is only a name."""
    link = entry.get("link")
    if not link or (link == entry.get("id") and not safe_link(link)):
        return None
    try:
        return str(urljoin(url, link))
    except ValueError:
        return None
