"""A small local server that behaves like Contracts Finder (sources.md section 2).

    with ContractsFinder([Item("Meals for pensioners", buyer="Example Town Council", region="South West")]) as server:
        ...  # in the edition: a source `contracts-finder` with url = server.url

It takes items, or whole OCDS releases as dicts, and shows the newest version of each id: `add` with the same id edits
it in place.
"""

import base64
import csv
import io
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from spiders.rehearsal.server import Answer, Asked, LocalServer, plain
from tenderbell.clock import UK, uk

SEARCH = "/Published/Notices/OCDS/Search"
RELEASE = "/Published/OCDS/Release/"
RECORD = "/Published/OCDS/Record/"
DAILY = "/Harvester/Notices/Data/CSV/"
SITE = "https://www.contractsfinder.service.gov.uk"
LIMIT = 100
JSON = {"Content-Type": "application/json"}
BLOCKED = Answer(403, b"<html><body>Forbidden</body></html>", {"Content-Type": "text/html"})

_TAGS = {
    "opportunity": ("tender", "active", "tenderNotice"),
    "closed": ("tenderUpdate", "active", "tenderNotice"),
    "amended": ("tenderAmendment", "active", "tenderNotice"),
    "awarded": ("award", "complete", "awardNotice"),
    "engagement": ("planning", "planning", "marketEngagementNotice"),
    "future": ("planning", "planned", "plannedProcurementNotice"),
    "withdrawn": ("planning", "cancelled", "plannedProcurementNotice"),
}
STAGES = tuple(_TAGS)


@dataclass(frozen=True, slots=True)
class Item:
    """An invented notice. `stage` is one of `STAGES`; `number` tells notices apart and gives them their GUIDs;
    `process` is the number of the process, by default a process of its own."""

    title: str
    buyer: str = "Example Parish Council"
    number: int = 1
    stage: str = "opportunity"
    process: int | None = None
    reference: str | None = None
    description: str = "An invented notice of Contracts Finder."
    region: str | None = "South West"
    postcode: str | None = None
    buyer_postcode: str = "GL5 4UB"
    value: float | None = 20_000
    least: float | None = None
    vcse: bool = True
    cpv: str = "85300000"
    published: datetime = datetime(2026, 8, 11, 7, tzinfo=UTC)
    edited: datetime | None = None
    closes: datetime | None = None
    pages: tuple[str, ...] = ()


def guid(number: int) -> str:
    """Return the GUID of an item."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SITE}/{number}"))


def ocid(process: int) -> str:
    """Return the ocid of a process; its GUID is none of a page."""
    return f"ocds-b5fd17-{guid(-process)}"


def release_of(item: Item) -> dict[str, Any]:
    """Return the OCDS release of an item, as Contracts Finder would write it."""
    tag, status, document = _TAGS[item.stage]
    page = f"{SITE}/Notice/{guid(item.number)}"
    own = {"id": "1", "documentType": document, "url": page, "datePublished": _local(item.published)}
    pages = [{"id": str(place), "description": "Link", "url": url} for place, url in enumerate(item.pages, start=2)]
    buyer = {"id": f"GB-CFS-9{item.number:05d}", "name": item.buyer}
    party = {
        **buyer,
        "identifier": {"legalName": item.buyer},
        "address": {"postalCode": item.buyer_postcode, "countryName": "England"},
        "roles": ["buyer"],
    }
    release: dict[str, Any] = {
        "ocid": ocid(item.process or item.number),
        "id": f"{guid(item.number)}-{800_000 + item.number}",
        "language": "en",
        "date": _local(item.edited or item.published),
        "tag": [tag],
        "initiationType": "tender",
        "parties": [party],
        "buyer": buyer,
        "tender": _tender(item, status),
    }
    if document == "tenderNotice":
        release["tender"]["documents"] = [own, *pages]
    elif document == "awardNotice":
        release["awards"] = [{"id": "1", "status": "active", "documents": [own, *pages]}]
    else:
        milestone = {"id": "1", "type": "engagement", "dueDate": _local(item.closes or item.published)}
        release["planning"] = {
            "documents": [own],
            **({"milestones": [milestone]} if item.stage == "engagement" else {}),
        }
    return release


def _tender(item: Item, status: str) -> dict[str, Any]:
    places: list[dict[str, str]] = [{"postalCode": item.postcode}] if item.postcode else []
    places += [{"region": item.region, "countryName": "United Kingdom"}] if item.region else []
    found: dict[str, Any] = {
        "id": item.reference or f"CF{item.number:06d}",
        "title": item.title,
        "description": item.description,
        "status": status,
        "classification": {"scheme": "CPV", "id": item.cpv},
        "items": [{"id": "1", "deliveryAddresses": places}],
        "suitability": {"sme": True, "vcse": item.vcse},
        "mainProcurementCategory": "services",
        "procurementMethodDetails": "Open procedure (below threshold)",
    }
    if item.value is not None:
        found["value"] = {"amount": item.value, "currency": "GBP"}
    if item.least is not None:
        found["minValue"] = {"amount": item.least, "currency": "GBP"}
    if item.closes and item.stage != "engagement":
        found["tenderPeriod"] = {"endDate": _local(item.closes)}
    return found


def _local(moment: datetime) -> str:
    text = uk(moment).isoformat()
    return text.replace("+00:00", "Z")


class ContractsFinder(LocalServer):
    """The server. Of each `busy_after` requests the one behind them is refused with `busy_status` (403 or 429); None is
    no limit. `charset` is that of the search. `hidden` are release ids that the daily files list and the search does
    not; `records_only` those that only their record has."""

    def __init__(
        self,
        items: Iterable[Item | Mapping[str, Any]] = (),
        port: int = 0,
        *,
        busy_after: int | None = None,
        busy_status: int = 403,
        retry_after: str | None = None,
        charset: str = "utf-8",
        hidden: Iterable[str] = (),
        records_only: Iterable[str] = (),
        robots: str | None = None,
    ) -> None:
        super().__init__(port, robots=robots)
        self.busy_after, self.busy_status, self.retry_after = busy_after, busy_status, retry_after
        self.charset = charset
        self.hidden, self.records_only = set(hidden), set(records_only)
        self._releases: dict[str, dict[str, Any]] = {}
        self._since_busy = 0
        self.add(*items)

    def add(self, *items: Item | Mapping[str, Any]) -> None:
        """Publish notices, or edit in place those whose id is known."""
        for item in items:
            release = release_of(item) if isinstance(item, Item) else dict(item)
            self._releases[release["id"]] = release

    def send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        """Refuse addresses in whose query a colon is encoded, as the service does."""
        encoded = SEARCH in handler.path and "%3A" in handler.path.upper()
        super().send(handler, plain(400, "The date is not in a correct format.") if encoded else answer)

    def answer(self, asked: Asked) -> Answer:
        """Return what the server says to one request."""
        if self._is_busy():
            if self.busy_status == 403:
                return BLOCKED
            headers = {"Content-Type": "text/plain"} | ({"Retry-After": self.retry_after} if self.retry_after else {})
            return Answer(self.busy_status, b"Rate limit of 12 exceeded. Please retry after 1 seconds.", headers)
        if asked.path == SEARCH:
            return self._search(asked.query)
        if asked.path.startswith(RELEASE):
            return self._release(unquote(asked.path.removeprefix(RELEASE)))
        if asked.path.startswith(RECORD):
            return self._record(unquote(asked.path.removeprefix(RECORD)))
        if asked.path.startswith(DAILY):
            return self._daily(asked.path.removeprefix(DAILY))
        return plain(404, "Not found")

    def _is_busy(self) -> bool:
        with self._lock:
            self._since_busy += 1
            if self.busy_after is None or self._since_busy <= self.busy_after:
                return False
            self._since_busy = 0
            return True

    def _search(self, query: dict[str, str]) -> Answer:
        since, until = (_wall(query.get(name)) for name in ("publishedFrom", "publishedTo"))
        if since is None or until is None:
            return plain(400, "The date is not in a correct format.")
        start = int(base64.b64decode(query["cursor"]).decode()) if "cursor" in query else 0
        shown = sorted(
            (release for release in self._releases.values() if release["id"] not in self.hidden | self.records_only),
            key=lambda release: (_instant(release), release["id"]),
            reverse=True,
        )
        found = [release for release in shown if since <= _wall_of(release) < until]
        limit = min(int(query.get("limit", LIMIT)), LIMIT)
        package: dict[str, Any] = {
            "uri": f"{self.url}{SEARCH}",
            "version": "1.1",
            "publisher": {"name": "Rehearsal of Contracts Finder"},
            "releases": found[start : start + limit],
        }
        if start + limit < len(found):
            cursor = base64.b64encode(str(start + limit).encode()).decode()
            window = f"publishedFrom={query['publishedFrom']}&publishedTo={query['publishedTo']}&limit={limit}"
            package["links"] = {"next": f"{self.url}{SEARCH}?{window}&cursor={cursor}"}
        return Answer(200, json.dumps(package, ensure_ascii=False).encode(self.charset, "replace"), JSON)

    def _release(self, id: str) -> Answer:
        release = self._releases.get(id)
        if release is None or id in self.records_only:
            return plain(404, "Not found")
        return Answer(200, json.dumps({"releases": [release]}).encode(), JSON)

    def _record(self, ocid: str) -> Answer:
        releases = [release for release in self._releases.values() if release["ocid"] == ocid]
        if not releases:
            return plain(404, "Not found")
        record = {"ocid": ocid, "releases": releases, "compiledRelease": releases[-1]}
        return Answer(200, json.dumps({"version": "1.1", "records": [record]}).encode(), JSON)

    def _daily(self, day: str) -> Answer:
        year, month, date = (int(part) for part in day.split("/"))
        start = datetime(year, month, date)
        found = [r for r in self._releases.values() if start <= _wall_of(r) < start + timedelta(days=1)]
        if not found:
            return plain(404, "Not found")
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerow(["uri", "releases/0/ocid", "releases/0/id", "releases/0/date", "releases/0/tender/title"])
        for release in found:
            writer.writerow(["", release["ocid"], release["id"], release["date"], release["tender"]["title"]])
        return Answer(200, table.getvalue().encode(), {"Content-Type": "text/csv"})


def _instant(release: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(release["date"]).astimezone(UTC)


def _wall_of(release: Mapping[str, Any]) -> datetime:
    return _instant(release).astimezone(UK).replace(tzinfo=None)


def _wall(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        return None
