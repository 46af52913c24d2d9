"""A small local server that behaves like Public Contracts Scotland and Sell2Wales (sources.md section 3)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain

NOTICES = "/v1/Notices"
JSON = {"Content-Type": "application/json; charset=utf-8"}
FAULT = "Error converting data type nvarchar to float"


@dataclass(frozen=True, slots=True)
class Item:
    """An invented notice: `month` as `MM-YYYY`, `type` the number of the notice type."""

    title: str
    number: int = 1
    month: str = "08-2026"
    type: int = 2
    buyer: str = "Example Burgh Council"
    region: str = "UKM71"
    closes: str = "2026-09-20T12:00:00Z"
    extra: Mapping[str, Any] = field(default_factory=dict)


def release_of(item: Item, prefix: str = "ocds-r6ebe6", *, with_id: bool = False) -> dict[str, Any]:
    """Return the OCDS release of an item; the Scottish service gives releases no id."""
    ocid = f"{prefix}-{item.number:010d}"
    page = f"https://www.example.org/search/show/search_view.aspx?ID=AUG{item.number:06d}"
    release: dict[str, Any] = {
        "ocid": ocid,
        "date": f"{item.month[3:]}-{item.month[:2]}-05T00:00:00Z",
        "tag": ["tender"],
        "initiationType": "tender",
        "parties": [
            {"id": "org-1", "name": item.buyer, "address": {"region": item.region}, "roles": ["buyer"]},
        ],
        "buyer": {"id": "org-1", "name": item.buyer},
        "tender": {
            "id": f"{ocid}-tender-{item.number}-EX/{item.number}" if with_id else f"EX/{item.number}",
            "legalBasis": {"id": "32014L0024", "scheme": "CELEX"},
            "title": item.title,
            "description": "An invented notice.",
            "status": "active",
            "items": [{"id": "1", "deliveryAddresses": [{"region": item.region}]}],
            "tenderPeriod": {"endDate": item.closes},
            "documents": [{"id": f"AUG{item.number:06d}", "documentType": "contractNotice", "url": page}],
            "lots": [{"id": "1", "status": "active"}],
        },
        **item.extra,
    }
    return {"id": f"{ocid}-release-{item.number}", **release} if with_id else release


class Proactis(LocalServer):
    """The server. `broken_types` end in the well-known 500; a package without anything in it has no `releases`.
    Programs that call themselves by the name of a library get 403."""

    def __init__(
        self,
        items: Iterable[Item] = (),
        port: int = 0,
        *,
        broken_types: Iterable[int] = (),
        prefix: str = "ocds-r6ebe6",
        with_ids: bool = False,
        robots: str | None = None,
    ) -> None:
        super().__init__(port, robots=robots)
        self.items = list(items)
        self.broken_types = set(broken_types)
        self.prefix, self.with_ids = prefix, with_ids

    def answer(self, asked: Asked) -> Answer:
        """Return what the server says to one request."""
        agent = asked.headers.get("user-agent", "").lower()
        if agent.startswith(("python", "scrapy", "curl")) or not agent:
            return Answer(403, b"<html>Forbidden</html>", {"Content-Type": "text/html"})
        if asked.path != NOTICES:
            return plain(404, "Not found")
        type = int(asked.query.get("noticeType", "2"))
        if type in self.broken_types:
            return Answer(
                500, json.dumps({"Message": "An error has occurred.", "ExceptionMessage": FAULT}).encode(), JSON
            )
        found = [item for item in self.items if item.type == type and item.month == asked.query.get("dateFrom")]
        package: dict[str, Any] = {"uri": f"{self.url}{NOTICES}", "publishedDate": "2026-08-11T00:00:00Z"}
        if found:
            package["releases"] = [release_of(item, self.prefix, with_id=self.with_ids) for item in found]
        return Answer(200, json.dumps(package).encode(), JSON)
