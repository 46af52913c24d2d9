"""Publishers of notices as JSON: OCDS packages, and the search of TED."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import msgspec

from spiders.rehearsal import contracts_finder, find_a_tender, proactis, ted
from spiders.rehearsal.find_a_tender import Rehearsal
from spiders.rehearsal.ocds_file import Documents
from spiders.rehearsal.server import Answer
from tests.journeys.publishers.base import CLOSES, MORNING, Publisher, moody, title
from tests.spiders.releases import tender


def _package(body: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    found = msgspec.json.decode(body)
    change(found)
    return bytes(msgspec.json.encode(found))


def _none(package: dict[str, Any]) -> None:
    package["releases"] = []
    package.pop("links", None)


def _nameless(package: dict[str, Any]) -> None:
    for release in package.get("releases", [])[:1]:
        for name in ("id", "ocid"):
            release.pop(name, None)


class _Releases(Publisher):
    """A publisher of OCDS packages."""

    renamed = (b'"releases"', b'"notices"')

    def impossible(self, body: bytes) -> bytes:
        return re.sub(rb'"endDate":(\s*)"2026-\d\d-\d\d', rb'"endDate":\1"2026-09-31', body)

    def linkless(self, body: bytes) -> bytes:
        return _package(body, _nameless)

    def emptied(self, answer: Answer) -> Answer:
        return Answer(answer.status, _package(answer.body, _none), answer.headers)


class FindATender(_Releases):
    spider = "find-a-tender"
    list_path = find_a_tender.API
    more: ClassVar[dict[str, Any]] = {"since_days": 1}
    a_page = 100

    def make(self) -> Any:
        # The newest come first, and a page that is added later lies behind those that were shown.
        self.numbers = iter(range(self.first + 900, self.first, -1))
        return moody(Rehearsal)()

    def add(self, number: int) -> None:
        self.server.add_releases([self.release(number)])

    def release(self, number: int) -> dict[str, Any]:
        """Return an invented release."""
        found = tender(number, MORNING + timedelta(seconds=number % 1_000), title=title(number))
        party = {**found["parties"][0], "id": f"GB-PPON-{self.first:04d}-XXXX-ZZZZ", "name": self.buyer}
        party.pop("identifier")
        return {**found, "parties": [party], "buyer": {"id": party["id"], "name": self.buyer}}


class ContractsFinder(_Releases):
    spider = "contracts-finder"
    list_path = contracts_finder.SEARCH
    more: ClassVar[dict[str, Any]] = {"since_days": 1}
    a_page = 100

    def make(self) -> Any:
        return moody(contracts_finder.ContractsFinder)()

    def add(self, number: int) -> None:
        at = MORNING - timedelta(seconds=number - self.first)
        self.server.add(
            contracts_finder.Item(title(number), self.buyer, number, published=at, closes=CLOSES, region=None)
        )


class OcdsFile(FindATender):
    spider = "ocds-file"
    list_path = path = "/releases.json"
    more: ClassVar[dict[str, Any]] = {}
    a_page = 1_000

    def make(self) -> Any:
        return moody(Documents)({self.path: b'{"releases": []}'})

    def add(self, number: int) -> None:
        package = msgspec.json.decode(self.server.documents[self.path])
        package["releases"].append(self.release(number))
        self.server.documents[self.path] = msgspec.json.encode(package)


class Scotland(_Releases):
    spider = "public-contracts-scotland"
    list_path = proactis.NOTICES
    options: ClassVar[dict[str, Any]] = {"types": [2, 3, 5]}
    prefix: ClassVar[str] = "ocds-r6ebe6"

    def make(self) -> Any:
        return moody(proactis.Proactis)(prefix=self.prefix, with_ids=self.prefix != "ocds-r6ebe6")

    def add(self, number: int) -> None:
        closes = CLOSES.isoformat().replace("+00:00", "Z")
        self.server.items.append(proactis.Item(title(number), number, buyer=self.buyer, closes=closes))

    def emptied(self, answer: Answer) -> Answer:
        return Answer(200, b'{"publishedDate": "2026-08-11T00:00:00Z"}', answer.headers)


class Wales(Scotland):
    spider = "sell2wales"
    prefix = "ocds-kuma6s"


class TedSearch(Publisher):
    spider = "ted"
    list_path = ted.SEARCH
    a_page = 100
    renamed = (b'"notices"', b'"hits"')

    def make(self) -> Any:
        return moody(ted.Ted)()

    def add(self, number: int) -> None:
        self.server.items.append(ted.Item(title(number), number, buyer=self.buyer, closes="2026-09-14"))

    def clear(self) -> None:
        self.server.items = []

    def impossible(self, body: bytes) -> bytes:
        return body.replace(b"2026-09-14", b"2026-09-31").replace(b"2026-08-10", b"2026-08-35")

    def linkless(self, body: bytes) -> bytes:
        return re.sub(rb'"publication-number": "[^"]+", ', b"", body, count=1)
