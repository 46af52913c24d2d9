"""Hosts: which sources share one, so that no host is ever asked by two of them at once."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from spiders.registry import spider_class
from tenderbell.edition import Source
from tenderbell.errors import SettingError


def host_of(source: Source) -> str:
    """Return the host (with its port) that a source is asked at, without `www.`; the source's id when there is none,
    as for a file on this machine."""
    try:
        address = source.url or spider_class(source.spider_name).address or ""
        host = urlsplit(address).netloc.lower().removeprefix("www.")
    except (SettingError, ValueError):
        host = ""
    return host or source.id


def by_host(sources: Iterable[Source]) -> list[list[Source]]:
    """Return the sources in groups, one for each host, in the order in which each host and source comes first."""
    hosts: dict[str, list[Source]] = {}
    for source in sources:
        hosts.setdefault(host_of(source), []).append(source)
    return list(hosts.values())
