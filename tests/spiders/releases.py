"""Hand-written releases in the shapes of Find a Tender (sources.md section 1.10); every word is invented."""

from datetime import datetime, timedelta
from typing import Any

from tenderbell.clock import uk

BUYER = "GB-PPON-PZZZ-1111-ZZZZ"


def number(position: int, year: int = 2026) -> str:
    """Return a notice number."""
    return f"{position:06d}-{year}"


def tender(position: int, date: datetime, **changes: Any) -> dict[str, Any]:
    """Return a UK4 tender notice; `changes` replace fields of its `tender`."""
    id = number(position)
    link = f"https://www.find-tender.service.gov.uk/Notice/{id}"
    return {
        "ocid": f"ocds-h6vhtk-{position:06x}",
        "id": id,
        "tag": ["tender"],
        "date": uk(date).isoformat(),
        "language": "en",
        "parties": [
            {
                "id": BUYER,
                "name": "Example District Council",
                "identifier": {"scheme": "GB-PPON", "id": "PZZZ-1111-ZZZZ"},
                "address": {"postalCode": "GL5 4UB", "region": "UKK13"},
                "contactPoint": {"name": "Nobody Known", "email": "procurement@example.gov.uk", "telephone": "01234"},
                "roles": ["buyer"],
            }
        ],
        "buyer": {"id": BUYER, "name": "Example District Council"},
        "tender": {
            "id": f"EX{position:06d}",
            "legalBasis": {"id": "2023/54", "scheme": "UKPGA"},
            "title": f"Mending of bridge number {position}",
            "description": "Planks, nails and patience.",
            "status": "active",
            "value": {"amountGross": 60000, "amount": 50000, "currency": "GBP"},
            "tenderPeriod": {"endDate": uk(date + timedelta(days=30)).isoformat()},
            "items": [{"id": "1", "deliveryAddresses": [{"region": "UKK13"}]}],
            "lots": [{"id": "1", "status": "active"}],
            "documents": [{"id": id, "documentType": "tenderNotice", "noticeType": "UK4", "url": link}],
            **changes,
        },
    }


def tenders(count: int, newest: datetime, first: int = 1, minutes: int = 10) -> list[dict[str, Any]]:
    """Return `count` tender notices with dense numbers, the last one published at `newest`."""
    return [
        tender(first + position, newest - timedelta(minutes=minutes * (count - 1 - position)))
        for position in range(count)
    ]
