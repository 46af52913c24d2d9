"""The sources as witnesses of the time: what their answers' `Date` says of the clock of this machine."""

from collections import defaultdict
from urllib.parse import urlsplit

from scrapy.http import Response

from spiders.fetching.patience import http_date
from tenderbell.clock import wall_clock

MOST_OF_ONE = 20
"""Answers of one host that are enough."""


class Witnesses:
    """By how many seconds the clock was ahead of the answers of each host (`tenderbell.timekeeping`)."""

    def __init__(self) -> None:
        self.ahead: defaultdict[str, list[float]] = defaultdict(list)

    def hear(self, response: Response) -> None:
        """Note what an answer says. One from somebody's cache is as old as its `Age`."""
        said = http_date((response.headers.get("Date") or b"").decode("latin-1"))
        found = self.ahead[urlsplit(response.url).netloc]
        if said is not None and len(found) < MOST_OF_ONE:
            age = (response.headers.get("Age") or b"").decode("latin-1")
            found.append((wall_clock() - said).total_seconds() - (int(age) if age.isdigit() and len(age) < 8 else 0))
