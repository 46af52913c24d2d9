"""The portals' products side by side: a rehearsed server of each, and how an edition names it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from spiders.rehearsal.atamis import AtamisServer
from spiders.rehearsal.eu_supply import EuSupplyServer
from spiders.rehearsal.in_tend import InTendServer
from spiders.rehearsal.jaggaer import JaggaerServer
from spiders.rehearsal.portal import TERMS, Listed, PortalServer
from spiders.rehearsal.procontract import ProContractServer
from spiders.rehearsal.server import Answer, Asked
from tests.spiders.faulty import Fault, WithFaults
from tests.spiders.place import Place

PORTAL = "0f1e2d3c-0000-4000-8000-000000000001"
OPENS = datetime(2026, 8, 1, 8, tzinfo=UTC)


class WithListFaults(WithFaults):
    """Only requests for a page of a list have a position."""

    list_path = ""

    def counts(self, asked: Asked) -> bool:
        return asked.path == self.list_path and self.counts_query(asked)

    def counts_query(self, asked: Asked) -> bool:
        return True


class FaultyProContract(WithListFaults, ProContractServer):
    list_path = "/Opportunities/Index"

    def counts_query(self, asked: Asked) -> bool:
        return "Page" in asked.query


class FaultyInTend(WithListFaults, InTendServer):
    list_path = "/org/aspx/Services/Projects.svc/GetProjects"

    def counts_query(self, asked: Asked) -> bool:
        return asked.query["strMode"] == "Current"


class FaultyAtamis(WithListFaults, AtamisServer):
    list_path = "/"


class FaultyEuSupply(WithListFaults, EuSupplyServer):
    list_path = "/ctm/supplier/publictenders"


class FaultyJaggaer(WithListFaults, JaggaerServer):
    list_path = "/esop/toolkit/opportunity/current/list.si"

    def counts_query(self, asked: Asked) -> bool:
        return "_ncp" not in asked.query  # the guests' door leads here as well


@dataclass(frozen=True)
class Product:
    """One product: its spider, its server, and what its source needs. `has_pages` if adverts' own pages are read,
    `has_session` if the list is shown only in a session, which tests let end after `lifetime` requests; `gone` is a
    piece of markup without which nothing is found, `reference` and `key` make those of an advert."""

    spider: str
    server: type[WithListFaults]
    reference: Callable[[int], str]
    gone: bytes
    options: dict[str, Any] = field(default_factory=dict)
    path: str = ""
    has_pages: bool = False
    has_session: bool = False
    lifetime: int | None = None
    key: Callable[[int], str] | None = None

    def keys(self, *numbers: int) -> list[str]:
        """Return the keys of adverts, in order."""
        return sorted((self.key or self.reference)(number) for number in numbers)

    def item(self, number: int, **more: Any) -> Listed:
        """Return an invented advert."""
        given = {
            "title": f"Advert {number:04d} for a befriending service",
            "buyer": "Wallbrook Borough Council",
            "opens": OPENS + timedelta(minutes=number),
            "closes": datetime(2026, 9, 14, 11, tzinfo=UTC),
            "reference": self.reference(number),
            "description": "Somebody to talk to.",
            "value": "£24,000",
            "portal": PORTAL if self.spider == "procontract" else "WALLBROOK",
        }
        return Listed(number, **{**given, **more})

    def items(self, count: int) -> list[Listed]:
        """Return invented adverts."""
        return [self.item(number) for number in range(1, count + 1)]

    def start(self, items: list[Listed], faults: dict[int | str, Fault] | None = None, **more: Any) -> Any:
        """Return the server, not yet started."""
        return self.server(items, faults=faults, **more)

    def source(self, place: Place, server: PortalServer, **more: Any) -> Place:
        """Add the portal to an edition."""
        row = {"options": self.options, "terms": f"{server.url}{TERMS}", **more}
        return place.source(self.spider, f"{server.url}{self.path}", **row)


PRODUCTS = (
    Product(
        "procontract",
        FaultyProContract,
        lambda number: f"DN80{number:04d}",
        b'id="opportunitiesGrid"',
        {"portal": PORTAL},
        has_pages=True,
        has_session=True,
        lifetime=3,
    ),
    Product(
        "in-tend",
        FaultyInTend,
        lambda number: f"WBC{number:04d}P",
        b'"Data"',
        path="/org",
        has_session=True,
        lifetime=1,
    ),
    Product("atamis", FaultyAtamis, lambda number: f"C{number:06d}", b'class="col-ref"'),
    Product(
        "eu-supply",
        FaultyEuSupply,
        lambda number: f"EU-{number:05d}",
        b"ctm-table-fixed-layout",
        {"brand": "WALLBROOK"},
        key=str,
    ),
    Product(
        "jaggaer",
        FaultyJaggaer,
        lambda number: f"prj_{number:05d}",
        b'class="list-table"',
        has_pages=True,
        has_session=True,
        lifetime=4,
        key=str,
    ),
)


def without(markup: bytes) -> Fault:
    """Put another piece of markup in an answer where this one was."""
    return lambda answer: Answer(answer.status, answer.body.replace(markup, b'"Rows"'), answer.headers)


def instead(body: bytes, content_type: str = "text/html") -> Fault:
    """Send another document with status 200."""
    return lambda answer: Answer(200, body, {"Content-Type": content_type})
