"""A small local server that behaves like a WordPress site: its feed and its REST interface."""

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain
from tenderbell.clock import UK

RSS = "application/rss+xml; charset=UTF-8"
REST = "/wp-json/wp/v2/"
JSON_HEADERS = {"Content-Type": "application/json; charset=UTF-8", "X-Robots-Tag": "noindex"}
PAGE_NOT_FOUND = b"<!DOCTYPE html><html><head><title>Page not found</title></head><body>Page not found</body></html>"


@dataclass(frozen=True, slots=True)
class Post:
    """A post. `content` is HTML; `at` an aware instant; `type` as REST calls it; `category` (number, name)."""

    id: int
    title: str
    content: str
    at: datetime
    modified: datetime | None = None
    type: str = "posts"
    category: tuple[int, str] | None = None


class WordPressSite(LocalServer):
    """The server. `posts` may be changed while it runs. `a_feed_page` posts are on each page of the feed; `rest` is
    whether the REST interface is on."""

    def __init__(
        self,
        posts: Iterable[Post] = (),
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        robots: str | None = None,
        a_feed_page: int = 10,
        rest: bool = True,
    ) -> None:
        super().__init__(port, host=host, robots=robots)
        self.posts = list(posts)
        self.a_feed_page, self.rest = a_feed_page, rest

    def answer(self, asked: Asked) -> Answer:
        """Return a page of the feed, an answer of REST, or that there is no such page."""
        if asked.path.startswith(REST) and self.rest:
            return self._rest(asked.path.removeprefix(REST).strip("/"), asked.query)
        if asked.path == "/feed/" or asked.query.get("feed") == "rss2":
            return self._feed(asked, self._newest(asked.query.get("post_type", "posts")))
        if asked.path.startswith("/category/") and asked.path.endswith("/feed/"):
            name = asked.path.split("/")[2]
            named = [post for post in self._newest("posts") if post.category and quote(post.category[1]) == name]
            return self._feed(asked, named)
        return Answer(404, PAGE_NOT_FOUND, {"Content-Type": "text/html; charset=UTF-8"})

    def _newest(self, kind: str) -> list[Post]:
        return sorted((post for post in self.posts if post.type == kind), key=lambda post: post.at, reverse=True)

    def _feed(self, asked: Asked, posts: list[Post]) -> Answer:
        number = asked.query.get("paged", "1")
        if not number.isdecimal():
            return plain(400, "Bad request")
        start = (int(number) - 1) * self.a_feed_page
        shown = posts[start : start + self.a_feed_page]
        if start and not shown:
            return Answer(404, PAGE_NOT_FOUND, {"Content-Type": "text/html; charset=UTF-8"})
        items = "".join(map(self._item, shown))
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:slash="http://purl.org/rss/1.0/modules/slash/">'
            f"<channel><title>Rehearsal</title><link>{self.url}</link>{items}</channel></rss>"
        )
        return Answer(200, body.encode(), {"Content-Type": RSS})

    def _item(self, post: Post) -> str:
        return (
            f"<item><title>{html.escape(post.title)}</title><link>{self._link(post)}</link>"
            f"<pubDate>{format_datetime(post.at.astimezone(UTC))}</pubDate>"
            f'<guid isPermaLink="false">{self._guid(post)}</guid>'
            f"<description><![CDATA[{_excerpt(post)}]]></description>"
            f"<content:encoded><![CDATA[{post.content}]]></content:encoded><slash:comments>0</slash:comments></item>"
        )

    def _link(self, post: Post) -> str:
        return f"{self.url}/{post.type}/{post.id}/"

    def _guid(self, post: Post) -> str:
        return f"{self.url}/?p={post.id}"

    def _rest(self, kind: str, query: dict[str, str]) -> Answer:
        posts = [post for post in self._newest(kind) if _is_wanted(post, query)]
        if not any(post.type == kind for post in self.posts) and kind != "posts":
            return _problem(404, "rest_no_route", "No route was found matching the URL and request method.")
        a_page, number = int(query.get("per_page", "10")), int(query.get("page", "1"))
        if not 1 <= a_page <= 100:
            return _problem(400, "rest_invalid_param", "Invalid parameter(s): per_page")
        pages = -(-len(posts) // a_page)
        if number > max(pages, 1):
            return _problem(400, "rest_post_invalid_page_number", "The page number requested is too large.")
        fields = query["_fields"].split(",") if "_fields" in query else None
        shown = [self._post(post, fields) for post in posts[(number - 1) * a_page : number * a_page]]
        headers = {**JSON_HEADERS, "X-WP-Total": str(len(posts)), "X-WP-TotalPages": str(pages)}
        return Answer(200, json.dumps(shown).encode(), headers)

    def _post(self, post: Post, fields: list[str] | None) -> dict[str, Any]:
        modified = post.modified or post.at
        whole = {
            "id": post.id,
            "date": post.at.astimezone(UK).strftime("%Y-%m-%dT%H:%M:%S"),
            "date_gmt": post.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "modified_gmt": modified.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "guid": {"rendered": self._guid(post)},
            "link": self._link(post),
            "title": {"rendered": html.escape(post.title)},
            "content": {"rendered": post.content, "protected": False},
            "excerpt": {"rendered": _excerpt(post), "protected": False},
            "categories": [post.category[0]] if post.category else [],
            "tags": [],
            "type": post.type,
            "status": "publish",
            "_links": {"self": [{"href": f"{self.url}{REST}{post.type}/{post.id}"}]},
        }
        return {name: value for name, value in whole.items() if fields is None or name in fields}


def _excerpt(post: Post) -> str:
    return f"<p>{html.escape(post.title)} [&hellip;]</p>"


def _is_wanted(post: Post, query: dict[str, str]) -> bool:
    after = query.get("modified_after")
    if after and (post.modified or post.at).astimezone(UK).strftime("%Y-%m-%dT%H:%M:%S") <= after:
        return False
    category = query.get("categories")
    return not category or (post.category is not None and str(post.category[0]) == category)


def _problem(status: int, code: str, message: str) -> Answer:
    body = {"code": code, "message": message, "data": {"status": status}}
    return Answer(status, json.dumps(body).encode(), JSON_HEADERS)
