"""Opportunities as OCDS 1.1 release packages: what this site understood, for programs that speak the standard.

Each opportunity is one compiled release (https://standard.open-contracting.org/1.1/en/schema/). An opportunity that no
OCDS source published gets the ocid `tenderbell-ID`, which is no registered prefix and says so by its shape. What the
standard has no word for (kind, reach, themes) stands under `tenderbell`. Officers are never named: the notices that
`documents` lead to are the source.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tenderbell.clock import stamp
from tenderbell.exchange import page_url
from tenderbell.notice import Organisation
from tenderbell.opportunity import Opportunity
from tenderbell.text import safe_link
from tenderbell.vocabulary import Stage

Shape = dict[str, Any]

_STATUS = {
    Stage.PLANNED: "planned",
    Stage.ENGAGEMENT: "planning",
    Stage.OPEN: "active",
    Stage.CLOSED: "complete",
    Stage.AWARDED: "complete",
    Stage.CANCELLED: "cancelled",
}
_CATEGORIES = frozenset({"goods", "works", "services"})
LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"


def package(
    releases: Sequence[Shape], uri: str, publisher: str, site: str, now: datetime, links: dict[str, str] | None = None
) -> Shape:
    """Return a release package. `uri` is its own address, `links` the addresses before and after it."""
    return {
        "uri": uri,
        "version": "1.1",
        "publishedDate": stamp(now),
        "publisher": {"name": publisher, "uri": site},
        "license": LICENCE,
        "publicationPolicy": f"{site}/data",
        "releases": list(releases),
        **({"links": links} if links else {}),
    }


def ocid_of(opportunity: Opportunity) -> str:
    """Return the ocid of an opportunity: the first that its notices state, else one made of its id."""
    return opportunity.ocids[0] if opportunity.ocids else f"tenderbell-{opportunity.id}"


def release_of(opportunity: Opportunity, site: str, now: datetime) -> Shape:
    """Return an opportunity as a compiled release."""
    ocid, changed = ocid_of(opportunity), opportunity.updated_at or opportunity.published_at or now
    parties = list(_parties(opportunity))
    release: Shape = {
        "ocid": ocid,
        "id": f"{ocid}-{stamp(changed)}",
        "date": stamp(changed),
        "tag": ["compiled"],
        "initiationType": "tender",
        "language": "en",
        "parties": parties,
        "tender": _tender(opportunity, ocid, site, now),
        "tenderbell": _ours(opportunity, site),
    }
    buyer = next((party for party in parties if "buyer" in party["roles"]), None)
    if buyer:
        release["buyer"] = {"id": buyer["id"], "name": buyer["name"]}
    if awards := _awards(opportunity, parties):
        release["awards"] = awards
    return release


def _parties(opportunity: Opportunity) -> Iterator[Shape]:
    for role, organisations in (("buyer", opportunity.buyers), ("supplier", opportunity.suppliers)):
        for place, organisation in enumerate(organisations):
            yield _party(organisation, role, place)


def _party(organisation: Organisation, role: str, place: int) -> Shape:
    party: Shape = {
        "id": organisation.ids[0] if organisation.ids else f"{role}-{place + 1}",
        "name": organisation.name,
        "roles": [role],
    }
    if organisation.ids and role == "buyer":
        scheme, _, id = organisation.ids[0].rpartition("-")
        party["identifier"] = {"scheme": scheme, "id": id, "legalName": organisation.name}
    if organisation.vcse is not None:
        party["details"] = {"vcse": organisation.vcse}
    if organisation.mailbox:
        party["contactPoint"] = {"email": organisation.mailbox}
    return party


def _tender(opportunity: Opportunity, ocid: str, site: str, now: datetime) -> Shape:
    stated: Shape = {
        "id": ocid,
        "title": opportunity.title,
        "description": opportunity.description,
        "status": _STATUS[opportunity.stage_at(now)],
        "value": _value(opportunity.value, opportunity.currency),
        "mainProcurementCategory": opportunity.category if opportunity.category in _CATEGORIES else None,
        "procurementMethodDetails": opportunity.method,
        "eligibilityCriteria": opportunity.eligibility,
        "tenderPeriod": _period(opportunity.published_at if opportunity.closes_at else None, opportunity.closes_at),
        "enquiryPeriod": _period(None, opportunity.enquiries_close_at),
        "awardPeriod": _period(None, opportunity.decision_expected_at),
        "contractPeriod": _period(opportunity.starts_at, opportunity.ends_at, opportunity.extends_to),
        "items": list(_items(opportunity)),
        "documents": list(_documents(opportunity, site)),
    }
    return {name: value for name, value in stated.items() if value not in (None, [], {})}


def _value(amount: float | None, currency: str | None) -> Shape | None:
    return None if amount is None else {"amount": amount, "currency": currency or "GBP"}


def _period(start: datetime | None, end: datetime | None, latest: datetime | None = None) -> Shape | None:
    dates = {"startDate": start, "endDate": end, "maxExtentDate": latest}
    return {name: stamp(moment) for name, moment in dates.items() if moment} or None


def _items(opportunity: Opportunity) -> Iterator[Shape]:
    for place, subject in enumerate(dict.fromkeys(opportunity.subjects)):
        classification = {"scheme": subject.scheme, "id": subject.code, "description": subject.label}
        yield {"id": str(place + 1), "classification": {key: value for key, value in classification.items() if value}}


def _documents(opportunity: Opportunity, site: str) -> Iterator[Shape]:
    yield {
        "id": "page",
        "title": "What this site understood",
        "url": page_url(site, opportunity.id),
        "format": "text/html",
    }
    if link := safe_link(opportunity.link):
        yield {"id": "notice", "documentType": "tenderNotice", "title": "The notice itself", "url": link}


def _awards(opportunity: Opportunity, parties: Sequence[Shape]) -> list[Shape]:
    if opportunity.stage is not Stage.AWARDED:
        return []
    suppliers = [{"id": party["id"], "name": party["name"]} for party in parties if "supplier" in party["roles"]]
    award: Shape = {"id": f"{opportunity.id}-award", "status": "active", "suppliers": suppliers}
    if opportunity.awarded_at:
        award["date"] = stamp(opportunity.awarded_at)
    if period := _period(opportunity.starts_at, opportunity.ends_at, opportunity.extends_to):
        award["contractPeriod"] = period
    return [{name: value for name, value in award.items() if value != []}]


def _ours(opportunity: Opportunity, site: str) -> Shape:
    return {
        "id": opportunity.id,
        "url": page_url(site, opportunity.id),
        "kind": str(opportunity.kind),
        "stage": str(opportunity.stage),
        "reach": str(opportunity.reach),
        "themes": list(opportunity.themes),
        "districts": list(opportunity.districts),
        "notices": list(opportunity.notices),
        "sources": list(opportunity.sources),
        "noticeDays": opportunity.notice_days,
    }
