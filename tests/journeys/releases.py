"""Hand-written Find a Tender releases, small ones, for journeys that need a notice and its update."""

import json
from datetime import UTC, datetime
from pathlib import Path

from tenderbell.clock import UK

MORNING = datetime(2026, 4, 1, 9, tzinfo=UTC)


def release(
    number: int, title: str, *, day: int, tag: str = "tender", process: int | None = None, **tender: object
) -> dict[str, object]:
    """A tender notice (UK4) of Stroud District Council, published at ten on `day` March 2026; `process` numbers the
    ocid when it is another notice's."""
    key = f"{number:06}-2026"
    published = datetime(2026, 3, day, 10, tzinfo=UK).isoformat()
    party = "GB-PPON-PRHW-3326-HVMG"
    return {
        "ocid": f"ocds-h6vhtk-0{process or number:05x}",
        "id": key,
        "tag": [tag],
        "date": published,
        "initiationType": "tender",
        "language": "en",
        "parties": [
            {
                "id": party,
                "name": "Stroud District Council",
                "identifier": {"scheme": "GB-PPON", "id": "PRHW-3326-HVMG"},
                "roles": ["buyer"],
            }
        ],
        "buyer": {"id": party, "name": "Stroud District Council"},
        "tender": {
            "id": f"REF-{number}",
            "legalBasis": {"id": "2023/54", "scheme": "UKPGA"},
            "title": title,
            "description": "The council wants to hear from local groups.",
            "status": "active",
            "tenderPeriod": {"endDate": "2026-04-24T12:00:00+01:00"},
            "documents": [
                {
                    "id": key,
                    "documentType": "tenderNotice",
                    "noticeType": "UK12" if tag == "tenderCancellation" else "UK4",
                    "url": f"https://www.find-tender.service.gov.uk/Notice/{key}",
                }
            ],
            **tender,
        },
    }


def write_page(path: Path, *releases: dict[str, object]) -> Path:
    """Write releases as the last page of a window and return the path."""
    path.write_text(json.dumps({"version": "1.1", "releases": releases}), "utf-8")
    return path
