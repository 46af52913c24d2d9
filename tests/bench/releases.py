"""Invented OCDS releases in the shape, the mixture and the sizes of a day of Find a Tender (sources.md section 1)."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tenderbell.clock import uk
from tests.bench.worlds import World

_FORMS = (
    *(("UK7", ("award", "contract")),) * 30,
    *(("UK6", ("award", "contract")),) * 22,
    *(("UK4", ("tender",)),) * 18,
    *(("UK2", ("planning",)),) * 6,
    *(("UK3", ("planning",)),) * 3,
    *(("UK3", ("planningUpdate",)),) * 4,
    *(("UK4", ("tenderUpdate",)),) * 4,
    *((None, ("award", "contract")),) * 12,
    *(("UK12", ("tenderCancellation",)),) * 1,
)
"""Notice types about as often as on 10 August 2026; None is an award under the earlier rules."""

Release = dict[str, Any]


def releases(world: World, count: int, start: datetime, end: datetime, first: int = 70_000) -> Iterator[bytes]:
    """Yield releases as the API writes them (indented JSON, about 11 KB), evenly between two instants, with notice
    numbers without gaps. A third of them go on with a process that an earlier one began."""
    processes: list[int] = []
    for place in range(count):
        number = first + place
        when = start + (end - start) * place / count
        goes_on = processes and world.dice.random() < 0.33
        process = world.dice.choice(processes[-5_000:]) if goes_on else number
        if not goes_on:
            processes.append(process)
        yield json.dumps(release(world, number, process, when), indent=4).encode()


def release(world: World, number: int, process: int, when: datetime) -> Release:
    """Return one release."""
    form, tags = world.dice.choice(_FORMS)
    id = f"{number:06d}-{when.year}"
    found: Release = {
        "ocid": f"ocds-h6vhtk-{process:06x}",
        "id": id,
        "tag": list(tags),
        "date": _wall(when),
        "initiationType": "tender",
        "parties": [_party(world, "buyer")],
        "language": "en",
        "tender": _tender(world, process, form, when),
    }
    found["buyer"] = {name: found["parties"][0][name] for name in ("id", "name")}
    document = _document(id, form)
    if tags[0] == "award":
        found["parties"].append(_party(world, "supplier"))
        found["awards"] = [_award(world, when, document)]
        found["contracts"] = [_contract(world, when, document)]
    elif tags[0].startswith("planning"):
        found["planning"] = {"documents": [document], "milestones": [_milestone(world, when)]}
    else:
        found["tender"]["documents"] = [document, *(_attachment(world, place) for place in range(3))]
    return found


def _wall(when: datetime) -> str:
    return uk(when).isoformat(timespec="seconds")


def _document(id: str, form: str | None) -> Release:
    document = {
        "id": id,
        "documentType": "tenderNotice",
        "description": "The notice as it was published.",
        "url": f"https://www.find-tender.service.gov.uk/Notice/{id}",
        "datePublished": "2026-08-10T09:00:00+01:00",
        "format": "text/html",
    }
    return document | ({"noticeType": form} if form else {})


def _attachment(world: World, place: int) -> Release:
    return {
        "id": f"A-{place}",
        "documentType": "biddingDocuments",
        "description": world.title(),
        "url": f"https://portal.example.org/documents/{place}",
        "format": "application/pdf",
    }


def _party(world: World, role: str) -> Release:
    buyer = world.buyer()
    return {
        "name": buyer.name,
        "id": buyer.ids[0],
        "identifier": {"scheme": "GB-PPON", "id": buyer.ids[0].removeprefix("GB-PPON-")},
        "address": {
            "streetAddress": f"{world.dice.randint(1, 200)} High Street",
            "locality": "Exampleton",
            "postalCode": "GL1 1AA",
            "country": "GB",
            "countryName": "United Kingdom",
            "region": buyer.region,
        },
        "contactPoint": {
            "name": "Procurement team",
            "email": "procurement@example.org",
            "telephone": "+44 1632 960001",
        },
        "roles": [role],
        "details": {
            "url": "https://example.org",
            "scale": "sme",
            "vcse": world.dice.random() < 0.1,
            "classifications": [
                {"scheme": "UK_CA_TYPE", "id": "publicAuthority", "description": "Public authority"},
                {"scheme": "UK_CA_REGION", "id": "england", "description": "England"},
            ],
        },
    }


def _tender(world: World, process: int, form: str | None, when: datetime) -> Release:
    lots = [_lot(world, place, when) for place in range(world.dice.choice((1, 1, 1, 1, 1, 2, 3)))]
    tender: Release = {
        "id": f"REF-{process:06d}",
        "legalBasis": {"id": "2023/54", "scheme": "UKPGA", "uri": "https://www.legislation.gov.uk/ukpga/2023/54"},
        "title": world.title(),
        "description": world.text(90),
        "status": "active",
        "items": [_item(world, lot["id"]) for lot in lots],
        "value": _value(world),
        "procurementMethod": "open",
        "procurementMethodDetails": "Below threshold - open competition",
        "mainProcurementCategory": world.dice.choice(("services", "goods", "works")),
        "aboveThreshold": world.dice.random() < 0.6,
        "submissionMethodDetails": "https://portal.example.org",
        "submissionTerms": {"electronicSubmissionPolicy": "allowed", "languages": ["en"]},
        "tenderPeriod": {"endDate": _wall(when + timedelta(days=30))},
        "enquiryPeriod": {"endDate": _wall(when + timedelta(days=20))},
        "awardPeriod": {"endDate": _wall(when + timedelta(days=60))},
        "lots": lots,
    }
    if form is None:
        tender["legalBasis"] = {"id": "32014L0024", "scheme": "CELEX"}
    return tender


def _lot(world: World, place: int, when: datetime) -> Release:
    return {
        "id": str(place + 1),
        "title": world.title(),
        "description": world.text(40, 300),
        "status": "active",
        "value": _value(world),
        "contractPeriod": {
            "startDate": _wall(when + timedelta(days=90)),
            "endDate": _wall(when + timedelta(days=800)),
            "maxExtentDate": _wall(when + timedelta(days=1_500)),
        },
        "hasRenewal": True,
        "renewal": {"description": world.text(15, 60)},
        "suitability": {"sme": True, "vcse": world.dice.random() < 0.3},
        "selectionCriteria": {"criteria": [{"type": "economic", "description": world.text(30, 200)}]},
        "awardCriteria": {
            "criteria": [
                {"type": "price", "name": "Price", "description": world.text(10, 40),
                 "numbers": [{"number": 40, "weight": "percentageExact"}]},
                {"type": "quality", "name": "Quality", "description": world.text(10, 40),
                 "numbers": [{"number": 60, "weight": "percentageExact"}]},
            ]
        },
    }  # fmt: skip


def _item(world: World, lot: str) -> Release:
    return {
        "id": lot,
        "additionalClassifications": [
            {"scheme": subject.scheme, "id": subject.code, "description": subject.label} for subject in world.subjects()
        ],
        "deliveryAddresses": [
            {"region": f"UK{world.dice.choice('CDEFGHIJK')}1", "country": "GB", "countryName": "United Kingdom"}
        ],
        "relatedLot": lot,
    }


def _value(world: World) -> Release:
    net = round(world.dice.lognormvariate(11.5, 1.8), 2)
    return {"amountGross": round(net * 1.2, 2), "amount": net, "currency": "GBP"}


def _award(world: World, when: datetime, document: Release) -> Release:
    return {
        "id": "1",
        "status": "active",
        "title": world.title(),
        "description": world.text(20, 120),
        "date": _wall(when),
        "value": _value(world),
        "suppliers": [{"id": "GB-COH-01234567", "name": "Example Works Limited"}],
        "items": [_item(world, "1")],
        "contractPeriod": {"startDate": _wall(when), "endDate": _wall(when + timedelta(days=365))},
        "mainProcurementCategory": "services",
        "relatedLots": ["1"],
        "documents": [document],
    }


def _contract(world: World, when: datetime, document: Release) -> Release:
    return {
        "id": "1",
        "awardID": "1",
        "status": "active",
        "value": _value(world),
        "period": {"startDate": _wall(when), "endDate": _wall(when + timedelta(days=365))},
        "dateSigned": _wall(when),
        "documents": [document],
    }


def _milestone(world: World, when: datetime) -> Release:
    return {
        "id": "1",
        "type": "engagement",
        "description": world.text(20, 80),
        "dueDate": _wall(when + timedelta(days=21)),
        "status": "scheduled",
    }
