"""What a spider takes for granted about its live service, as questions that `tenderbell probe` can ask.

A spider that rests on facts which nobody has checked live says so: `probes = (Probe(...), ...)`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scrapy.http import Request, Response

if TYPE_CHECKING:
    from spiders.base import SourceSpider


class CannotTell(Exception):
    """An answer that neither confirms nor refutes a fact: an empty window, a service that refuses."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One fact, as a sentence. `ask` is a path below the source's address, an address, or a function of the spider that
    returns a request. `check` returns None when the answer shows that the fact still holds, else what was seen; it
    raises CannotTell when the answer shows neither. Answers that refuse (401, 403, 429) or that are the server's own
    trouble (500 and above) are no answers, unless `any_status`."""

    fact: str
    ask: "str | Callable[[SourceSpider], Request]"
    check: Callable[[Response], str | None]
    any_status: bool = False


def status(*expected: int) -> Callable[[Response], str | None]:
    """Return a check that the answer has one of these statuses."""

    def check(response: Response) -> str | None:
        return None if response.status in expected else f"It answered {response.status}."

    return check


def refused(status: int, mark: str) -> Callable[[Response], str | None]:
    """Return a check that the request was refused with this status and words that hold `mark`."""

    def check(response: Response) -> str | None:
        if response.status != status:
            return f"It answered {response.status}."
        return None if mark.encode() in response.body else f"It was refused in other words: {response.body[:200]!r}"

    return check


def contains(*marks: str) -> Callable[[Response], str | None]:
    """Return a check that the answer is a page (200) that has each of these marks in its text."""

    def check(response: Response) -> str | None:
        if response.status != 200:
            return f"It answered {response.status}."
        lacking = [mark for mark in marks if mark.encode() not in response.body]
        return f"The answer has no {' and no '.join(lacking)}." if lacking else None

    return check


def has(*selectors: str) -> Callable[[Response], str | None]:
    """Return a check that the answer is a page (200) in which each of these CSS selectors finds something."""

    def check(response: Response) -> str | None:
        if response.status != 200:
            return f"It answered {response.status}."
        lacking = [selector for selector in selectors if not response.css(selector)]
        return f"Nothing on the page fits {' or '.join(lacking)}." if lacking else None

    return check
