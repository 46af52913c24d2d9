"""JSON Feed 1.0 and 1.1 (jsonfeed.org): the items of a feed that is JSON."""

import html
import json
from typing import Any

import msgspec

from spiders.formats.lenient import decode
from tenderbell.errors import BrokenResponse, UnreadableNotice

CONTENT_TYPE = "application/feed+json"
Fields = dict[str, Any]


def is_json(body: bytes) -> bool:
    """Return whether a document can only be JSON."""
    return body[:4].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def split_json_feed(body: bytes) -> list[tuple[Fields, bytes]]:
    """Return (fields, bytes to keep) of each item, in the order of the document. Raises BrokenResponse when it is no
    JSON, or JSON of another kind."""
    try:
        document = decode(body)
    except ValueError:
        raise BrokenResponse("The answer is not a feed: it begins like JSON and is none.") from None
    version = document.get("version") if isinstance(document, dict) else None
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(version, str) or "jsonfeed.org" not in version or not isinstance(items, list):
        raise BrokenResponse("The answer is JSON, but not a JSON Feed.")
    kept = [json.dumps(item, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace") for item in items]
    return [(_fields(item) if isinstance(item, dict) else {}, body) for item, body in zip(items, kept, strict=True)]


def fields_of_item(body: bytes) -> Fields:
    """Return the fields of a kept item. Raises UnreadableNotice when it is no JSON object."""
    try:
        item = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableNotice(f"The item is no JSON: {error}.") from None
    if not isinstance(item, dict):
        raise UnreadableNotice("The item is no JSON object.")
    return _fields(item)


def _fields(item: dict[str, Any]) -> Fields:
    """Return the item under the names that feedparser uses. Plain text is escaped, because the reader takes texts for
    HTML."""
    plain = {name: _escaped(item.get(name)) for name in ("title", "summary", "content_text")}
    tags = item.get("tags")
    fields = {
        "id": str(item["id"]) if item.get("id") is not None else None,
        "title": plain["title"],
        "link": item.get("url") or item.get("external_url"),
        "summary": plain["summary"],
        "content": item.get("content_html") or plain["content_text"],
        "categories": [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else None,
        "published": item.get("date_published"),
        "updated": item.get("date_modified"),
    }
    return {name: value for name, value in fields.items() if value}


def _escaped(text: object) -> str | None:
    return html.escape(text, quote=False) if isinstance(text, str) else None
