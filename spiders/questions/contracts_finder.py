"""What the Contracts Finder spider takes for granted (sources.md section 2), to be asked of the live service.

Which status follows too many requests cannot be asked politely: the spider obeys 403 and 429 alike.
"""

import json
from typing import TYPE_CHECKING

from scrapy.http import Request, Response

from spiders.formats.lenient import split_package
from spiders.questions.probe import CannotTell, Probe
from tenderbell.errors import BrokenResponse

if TYPE_CHECKING:
    from spiders.base import SourceSpider

SEARCH = "/Published/Notices/OCDS/Search"
OPEN_NOW = "/api/rest/2/search_notices/json"
LIMIT = 100
TYPES, STATUSES = ("Contract", "Pipeline", "PreProcurement"), ("Open",)


def is_utf8(response: Response) -> str | None:
    """Check that the bytes of an answer are UTF-8."""
    if response.status != 200:
        return f"It answered {response.status}."
    try:
        response.body.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"The bytes are not UTF-8 from position {error.start}."
    return None


def has_links(response: Response) -> str | None:
    """Check that a full page names the next one."""
    try:
        package = split_package(response.body)
    except BrokenResponse as error:
        return str(error)
    if not package.releases:
        raise CannotTell("It lists no releases at the moment.")
    return None if package.next or len(package.releases) < LIMIT else "A full page names no next one."


def open_now(spider: "SourceSpider") -> Request:
    """Ask the other interface for a few notices that are open, in the words that its guide has for types and states."""
    criteria = {"searchCriteria": {"types": TYPES, "statuses": STATUSES}, "size": 5}
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(f"{spider.base}{OPEN_NOW}", method="POST", body=json.dumps(criteria), headers=headers)


def in_the_words_asked_for(response: Response) -> str | None:
    """Check that the notices found name their types and states in the words of the question."""
    if response.status != 200:
        return f"It answered {response.status}."
    found = [entry["item"] for entry in response.json()["noticeList"]]  # type: ignore[attr-defined]
    if not found:
        raise CannotTell("It found no open notice.")
    said = {(item["noticeType"], item["noticeStatus"]) for item in found}
    other = sorted(f"{type}, {state}" for type, state in said if type not in TYPES or state not in STATUSES)
    return f"It calls notices {'; '.join(other)}." if other else None


PROBES = (
    Probe("The search answers a release package with links.next.", f"{SEARCH}?limit={LIMIT}", has_links),
    Probe("The bytes of the search are UTF-8.", f"{SEARCH}?limit={LIMIT}", is_utf8),
    Probe("Version 2 of the search knows the types and states of its guide.", open_now, in_the_words_asked_for),
)
