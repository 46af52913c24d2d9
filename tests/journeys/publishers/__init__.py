"""One publisher for every spider."""

from tests.journeys.publishers.base import Publisher, title
from tests.journeys.publishers.feeds import Feed, WordPress
from tests.journeys.publishers.lists import FindAGrant, Govuk, Lottery, Table, Ukri, WatchedPage, portal
from tests.journeys.publishers.releases import ContractsFinder, FindATender, OcdsFile, Scotland, TedSearch, Wales
from tests.spiders.portals import PRODUCTS

__all__ = ["PUBLISHERS", "Publisher", "title"]

_KINDS: tuple[type[Publisher], ...] = (
    FindATender, ContractsFinder, OcdsFile, Scotland, Wales, TedSearch, FindAGrant, Ukri, Govuk, Lottery, Table,
    WatchedPage, WordPress, Feed, *map(portal, PRODUCTS),
)  # fmt: skip

PUBLISHERS: dict[str, type[Publisher]] = {kind.spider.replace("-", "_"): kind for kind in _KINDS}
"""By the name of the spider's module."""
