"""Posts of WordPress's REST interface: a list of JSON objects, or an object that says what went wrong."""

import json
from typing import Any

import msgspec

from spiders.formats.lenient import decode
from tenderbell.errors import BrokenResponse, UnreadableNotice

CONTENT_TYPE = "application/json; profile=wordpress-post"
KEPT = frozenset(
    {"id", "guid", "link", "date", "date_gmt", "modified_gmt", "title", "excerpt", "content", "categories", "tags",
     "type", "status"}
)  # fmt: skip
"""What is kept of a post. The rest belongs to plugins, and some of it changes with every request."""


def split_posts(body: bytes) -> list[dict[str, Any]]:
    """Return the posts of an answer, each with what is kept of it. Raises BrokenResponse for anything else, with the
    site's own words if it has any."""
    try:
        answer = decode(body)
    except ValueError:
        raise BrokenResponse(_no_json(body)) from None
    if isinstance(answer, dict) and answer.get("code"):
        raise BrokenResponse(f"The site says {str(answer['code'])[:60]}: {str(answer.get('message'))[:120]}")
    if not isinstance(answer, list) or not all(isinstance(post, dict) for post in answer):
        raise BrokenResponse("The answer is JSON, but no list of posts.")
    if answer and not any("title" in post and ("link" in post or "guid" in post) for post in answer):
        raise BrokenResponse("The answer is a list, but not of posts: they have neither titles nor links.")
    return [{name: value for name, value in post.items() if name in KEPT} for post in answer]


def _no_json(body: bytes) -> str:
    if not body.strip():
        return "The answer is empty."
    is_page = body[:300].lstrip().lower().startswith((b"<!doctype html", b"<html"))
    return (
        "The answer is a web page, not JSON: the REST interface may be off." if is_page else "The answer is not JSON."
    )


def post_bytes(post: dict[str, Any]) -> bytes:
    """Return a post as it is kept: the same post always gives the same bytes."""
    return json.dumps(post, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def fields_of_body(body: bytes) -> dict[str, Any]:
    """Return the fields of a kept post. Raises UnreadableNotice when it is none."""
    try:
        post = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableNotice(f"The post is no JSON: {error}.") from None
    if not isinstance(post, dict):
        raise UnreadableNotice("The post is no JSON object.")
    return fields_of_post(post)


def fields_of_post(post: dict[str, Any]) -> dict[str, Any]:
    """Return a post under the names that feedparser uses for entries, so that feed and REST give the same notice."""
    fields = {
        "id": _rendered(post.get("guid")),
        "title": _rendered(post.get("title")),
        "link": post.get("link"),
        "summary": _rendered(post.get("excerpt")),
        "content": _rendered(post.get("content")),
        "published": _utc(post.get("date_gmt")) or post.get("date"),
        "updated": _utc(post.get("modified_gmt")),
    }
    return {name: value for name, value in fields.items() if isinstance(value, str) and value}


def _rendered(value: object) -> object:
    return value.get("rendered") if isinstance(value, dict) else value


def _utc(value: object) -> str | None:
    """Return a `_gmt` date, which has no zone, with its zone; drafts have a date of zeros."""
    return f"{value}Z" if isinstance(value, str) and value[:4].isdigit() and value[:4] != "0000" else None
