"""Feeds that a web page names in its head (`<link rel="alternate">`)."""

from urllib.parse import urljoin

from spiders.formats.fragments import document
from tenderbell.errors import BrokenResponse
from tenderbell.text import safe_link

TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")


def feeds_in(body: bytes, content_type: str, url: str) -> list[str]:
    """Return the addresses of the feeds that a page names, in its order, those of comments last; empty for what is no
    page."""
    if b"alternate" not in body:
        return []
    try:
        links = document(body, content_type).iter("link")
    except BrokenResponse:
        return []
    found: dict[str, bool] = {}
    for link in links:
        is_feed = "alternate" in (link.get("rel") or "").lower().split()
        if (
            is_feed
            and (link.get("type") or "").lower().strip() in TYPES
            and (address := _address(url, link.get("href")))
        ):
            found[address] = "comment" in f"{link.get('title')} {address}".lower()
    return sorted(found, key=lambda address: found[address])


def _address(url: str, href: str | None) -> str | None:
    try:
        return safe_link(urljoin(url, href)) if href else None
    except ValueError:
        return None
