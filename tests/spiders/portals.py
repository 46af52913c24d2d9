"""The portals' products side by side: a rehearsed server of each, and how an edition names it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from spiders.formats.bundle import unbundle
from spiders.rehearsal.atamis import AtamisServer
from spiders.rehearsal.eu_supply import EuSupplyServer
from spiders.rehearsal.in_tend import InTendServer
from spiders.rehearsal.jaggaer import JaggaerServer
from spiders.rehearsal.portal import TERMS, Listed, PortalServer
from spiders.rehearsal.procontract import ProContractServer
from spiders.rehearsal.server import Answer, Asked
from tenderbell.archive import decompress
from tenderbell.notice import decode
from tests.spiders.faulty import Fault, WithFaults
from tests.spiders.place import Place

PORTAL = "0f1e2d3c-0000-4000-8000-000000000001"
OPENS = datetime(2026, 8, 1, 8, tzinfo=UTC)
CLOSES = datetime(2026, 9, 14, 11, tzinfo=UTC)


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
            "closes": CLOSES,
            "reference": self.reference(number),
            "description": "Somebody to talk to.",
            "value": "£24,000",
            "portal": PORTAL if self.spider == "procontract" else "WALLBROOK",
        }
        return Listed(number, **{**given, **more})

    def items(self, count: int) -> list[Listed]:
        """Return invented adverts."""
        return [self.item(number) for number in range(1, count + 1)]

    def page_path(self, number: int) -> str:
        """Return the path of an advert's own page; ProContract's is the same for all."""
        return "/Advert" if self.spider == "procontract" else f"/esop/toolkit/opportunity/current/{number}/detail.si"

    @property
    def door_path(self) -> str:
        """The path that opens a session to see an advert's own page."""
        return "/Opportunities/Index" if self.spider == "procontract" else "/esop/guest/go/public/opportunity/current"

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


@dataclass
class Seen:
    """What one round of harvesting has left of one source: its report, how many adverts it listed, what was asked of
    its server, and the newest version of each notice, in parts and as it is read."""

    report: dict[str, Any]
    listed: int
    asked: list[Asked]
    parts: dict[str, dict[str, str]]
    notices: dict[str, Any]

    @property
    def keys(self) -> list[str]:
        """The keys in the archive, in order."""
        return sorted(self.parts)

    @property
    def pages_asked(self) -> list[str]:
        """What was asked for of the adverts' own pages."""
        pages = [asked for asked in self.asked if asked.path == "/Advert" or asked.path.endswith("/detail.si")]
        return [asked.query.get("advertId") or asked.path.split("/")[-2] for asked in pages]


class Portals:
    """Portals side by side, each with its own server, harvested by one process as often as wanted."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        self.servers: dict[str, Any] = {}
        self.rounds: list[dict[str, Seen]] = []
        self.said: list[str] = []

    def __enter__(self) -> "Portals":
        return self

    def __exit__(self, *_: object) -> None:
        for server in self.servers.values():
            server.stop()

    def __getitem__(self, id: str) -> Any:
        return self.servers[id]

    def add(
        self,
        product: Product,
        items: list[Listed],
        faults: dict[int | str, Fault] | None = None,
        *,
        id: str = "",
        **more: Any,
    ) -> Any:
        """Start a portal, name it in the edition, and return its server."""
        server = product.start(items, faults, **more).start()
        self.servers[id or product.spider] = server
        product.source(self.place, server, id=id or product.spider)
        return server

    def harvest(self) -> None:
        """Harvest them all once more."""
        for server in self.servers.values():
            server.requests.clear()
        outcome = self.place.harvest()
        self.said += outcome.said
        self.rounds.append({report["source"]: self._seen(report) for report in outcome.reports})

    def _seen(self, report: dict[str, Any]) -> Seen:
        db, source = self.place.archive, report["source"]
        rows = db.execute(
            "select key, body, reading from notice where source = ? order by number", (source,)
        ).fetchall()
        listed = db.execute("select listed from run where id = ?", (report["run"],)).fetchone()[0]
        parts = {row["key"]: unbundle(decompress(row["body"])) for row in rows}
        asked = list(self.servers[source].requests)
        return Seen(report, listed, asked, parts, {row["key"]: decode(row["reading"]) for row in rows})
