"""Contracts Finder: English opportunities and awards below the thresholds, and voluntary notices, as OCDS releases.

Publisher: Cabinet Office
Area: England, and bodies that serve the whole United Kingdom
Licence: Open Government Licence v3.0
Access: OCDS search API by date of publication, no key, robots.txt absent (404)
Limits: too many requests give 403 and a wait of five minutes, or 429 with Retry-After; pages of at most 100 releases
Quirks: notices are edited in place, so the date is the latest edit; not always UTF-8; regions by name; no lots
Last checked live: never; against a page recorded on 5 November 2024 and single releases of 2025
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlencode

from scrapy.http import Request
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from spiders.fetching.walking import Walk, raws_of
from spiders.fetching.windows import Window
from spiders.ocds.contracts_finder import read_release
from spiders.ocds.contracts_finder_days import ComparesDays
from spiders.ocds.contracts_finder_page import is_page, is_row, read_row, rows
from spiders.ocds.documents import releases_in
from spiders.questions.contracts_finder import LIMIT, PROBES, SEARCH
from tenderbell import archive
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.notice import Notice, Raw, Reader

TRUSTED_SILENCE = timedelta(days=2)
"""A day without any notice is asked for again until it is this old: an empty page can be a fault of the service."""

SUSPICIOUS_SILENCE = timedelta(days=5)

REFUSED = (
    "Contracts Finder answers 403 both to too many requests and to addresses that it has blocked: "
    "when it goes on for a day, ask its service desk about the address from which Tenderbell asks."
)


class ContractsFinder(ComparesDays):
    """Walks days newest first; compares the daily files with the archive at night."""

    name = "contracts-finder"
    address = "https://www.contractsfinder.service.gov.uk"
    step: ClassVar[timedelta] = timedelta(days=1)
    most_pages: ClassVar[int] = 200
    custom_settings = {  # noqa: RUF012 (Scrapy declares it as an instance variable)
        # About 12 quick requests were followed by a 429; the pace of Find a Tender is known to be borne.
        "DOWNLOAD_DELAY": 13,
        "DOWNLOAD_TIMEOUT": 360,
        # Too many requests: 403, then none for five minutes (official text). Somebody blocked sees the same for ever.
        "PATIENCE_CODES": {403: 300},
        "PATIENCE_TRIES": 3,
    }
    probes = PROBES

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads a release, or a row of a saved search page."""
        del source, area
        return _read

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the releases of a package or record package, a single release, or the rows of a saved search page."""
        del content_type
        return rows(source, body) if is_page(body) else raws_of(source, releases_in(body), url)

    def first_page(self, window: Window) -> str:
        """Return the address of a day's first page. Encoded colons are not understood."""
        since, until = window.local
        query = urlencode({"publishedFrom": since, "publishedTo": until, "limit": LIMIT}, safe=":")
        return f"{self.base}{SEARCH}?{query}"

    def is_settled(self, walk: Walk) -> bool:
        """Return whether a day counts as walked: one without any notice only when it lies back a while."""
        return bool(walk.keys) or walk.window.until <= self.task.clock() - TRUSTED_SILENCE

    def all_walked(self) -> Iterator[Request]:
        """Finish; a long silence is worth a look."""
        task = self.task
        asked = sum((walk.window.until - walk.window.since for walk in self.walked), timedelta())
        if not task.listed and asked >= SUSPICIOUS_SILENCE and archive.has_notices(task.archive, task.source.id):
            task.alarm(f"Contracts Finder listed nothing in {asked.days} days, although it has listed notices before.")
        yield from super().all_walked()

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Say what a 403 that does not end can mean."""
        yield from super().failed(failure)
        if isinstance(failure.value, HttpError) and failure.value.response.status == 403:
            self.task.fault(REFUSED)


def _read(raw: Raw) -> Notice:
    return read_row(raw) if is_row(raw) else read_release(raw)
