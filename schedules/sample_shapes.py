"""The pieces of which sample notices are put together, in the shapes of Find a Tender (sources.md 1.6 to 1.10)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from schedules.sample_types import Buyer, Days, Sample, SampleLot, Supplier

Release = dict[str, Any]
FIND_A_TENDER = "https://www.find-tender.service.gov.uk"
FIRST_PROCESS = 0x0A1000
"""Samples have ocids of their own: beyond what the service had given out when these were written."""

NAMES = {
    "UK1": "Pipeline notice",
    "UK2": "Preliminary market engagement notice",
    "UK3": "Planned procurement notice",
    "UK4": "Tender notice",
    "UK5": "Transparency notice",
    "UK6": "Contract award notice",
    "UK7": "Contract details notice",
    "UK9": "Contract performance notice",
    "UK10": "Contract change notice",
    "UK11": "Contract termination notice",
    "UK12": "Procurement termination notice",
    "UK13": "Dynamic market intention notice",
    "UK14": "Dynamic market establishment notice",
    "UK15": "Dynamic market modification notice",
    "UK16": "Dynamic market cessation notice",
}


class Context(msgspec.Struct, frozen=True):
    """What a notice needs to become a release."""

    sample: Sample
    number: str
    published: str
    days: Days
    buyers: Mapping[str, Buyer]
    suppliers: Mapping[str, Supplier]
    labels: Mapping[str, str]

    @property
    def ocid(self) -> str:
        """The process's identifier."""
        return f"ocds-h6vhtk-{FIRST_PROCESS + self.sample.process:06x}"

    @property
    def reference(self) -> str:
        """The buyer's reference, or the ocid where the buyer gave none."""
        return self.sample.reference or self.ocid

    @property
    def winners(self) -> list[Supplier]:
        """The suppliers that the notice names."""
        return [self.suppliers[name] for name in self.sample.suppliers]


def parties(context: Context) -> list[Release]:
    """Return the buyers and suppliers as parties."""
    sample = context.sample
    named = [sample.buyer, *sample.more_buyers]
    bodies = {body.id: body for body in (context.buyers[name] for name in named)}
    found = [_buyer(body, sample, first=not index) for index, body in enumerate(bodies.values())]
    return found + [_supplier(winner) for winner in context.winners]


def _buyer(buyer: Buyer, sample: Sample, *, first: bool) -> Release:
    contact = {"email": sample.contact_email if first and sample.contact_email else buyer.email}
    if first and sample.contact:
        contact = {"name": sample.contact, **contact}
    if first and sample.phone:
        contact["telephone"] = sample.phone
    party: Release = {
        "id": buyer.id,
        "name": buyer.name,
        "identifier": _identifier(buyer.id),
        "address": {"streetAddress": buyer.street, **_address(buyer)},
        "contactPoint": contact,
        "roles": ["buyer"],
        "details": {"classifications": [{"scheme": "UK_CA_TYPE", "id": buyer.sort}]},
    }
    if buyer.more_ids:
        party["additionalIdentifiers"] = [_identifier(id) for id in buyer.more_ids]
    if buyer.url:
        party["details"]["url"] = buyer.url
    return party


def _supplier(supplier: Supplier) -> Release:
    return {
        "id": supplier.id,
        "name": supplier.name,
        "identifier": _identifier(supplier.id),
        "address": _address(supplier),
        "contactPoint": {"email": supplier.email},
        "roles": ["supplier"],
        "details": {"scale": supplier.scale, "vcse": supplier.vcse},
    }


def _identifier(id: str) -> Release:
    country, register, rest = id.split("-", 2)
    return {"scheme": f"{country}-{register}", "id": rest}


def _address(body: Buyer | Supplier) -> Release:
    return {
        "locality": body.locality,
        "postalCode": body.postcode,
        "region": body.region,
        "country": "GB",
        "countryName": "United Kingdom",
    }


def reference_to(body: Buyer | Supplier) -> Release:
    """Return the short form in which other parts of a release name a party."""
    return {"id": body.id, "name": body.name}


def document(context: Context, sort: str) -> Release:
    """Return the document that says which type of notice this is."""
    return {
        "id": context.number,
        "documentType": sort,
        "noticeType": context.sample.type,
        "description": f"{NAMES[context.sample.type]} on Find a Tender",
        "url": f"{FIND_A_TENDER}/Notice/{context.number}",
        "datePublished": context.published,
        "format": "text/html",
    }


def head(context: Context) -> Release:
    """Return what the tender of every notice under the Act begins with."""
    return {
        "id": context.reference,
        "legalBasis": {
            "id": "2023/54",
            "scheme": "UKPGA",
            "uri": "https://www.legislation.gov.uk/ukpga/2023/54/contents",
        },
        "title": context.sample.title,
    }


def facts(context: Context, status: str) -> Release:
    """Return the tender of a notice that describes what is wanted."""
    sample = context.sample
    tender = {
        **head(context),
        "description": sample.description,
        "status": status,
        "items": items(context),
        "mainProcurementCategory": sample.category,
        "aboveThreshold": sample.above,
        "lots": [lot(context, index, status) for index in range(len(sample.lots))],
    }
    if sample.value is not None:
        tender["value"] = money(sample.value, sample.gross)
    if sample.regime:
        tender["specialRegime"] = [sample.regime]
    if sample.framework:
        tender["techniques"] = {
            "hasFrameworkAgreement": True,
            "frameworkAgreement": {"type": "open", "method": "withAndWithoutReopeningCompetition"},
        }
    if sample.future is not None:
        tender["communication"] = {"futureNoticeDate": context.days.end(sample.future)}
    return tender


def money(net: float, gross: float | None = None) -> Release:
    """Return an amount with and without VAT."""
    return {"amountGross": gross if gross is not None else round(net * 1.2, 2), "amount": net, "currency": "GBP"}


def items(context: Context) -> list[Release]:
    """Return one item for each lot, with its CPV codes and places of delivery."""
    codes = [{"scheme": "CPV", "id": code, "description": context.labels[code]} for code in context.sample.cpv]
    places = [{"region": region, "country": "GB", "countryName": "United Kingdom"} for region in context.sample.regions]
    return [
        {
            "id": str(index),
            "relatedLot": str(index),
            "additionalClassifications": codes,
            "deliveryAddresses": places,
        }
        for index in range(1, len(context.sample.lots) + 1)
    ]


def lot(context: Context, index: int, status: str) -> Release:
    """Return a lot with its suitability, dates and award criteria; booleans are there only when true."""
    sample, wanted = context.sample, context.sample.lots[index]
    found: Release = {"id": str(index + 1), "status": status, **_own_words(wanted), **_period(context)}
    suitable = {name: True for name, yes in (("sme", sample.sme), ("vcse", sample.vcse)) if yes}
    if suitable:
        found["suitability"] = suitable
    if sample.type in ("UK3", "UK4"):
        found |= _award_criteria(sample)
        if sample.eligibility:
            found["selectionCriteria"] = {"criteria": [{"type": "technical", "description": sample.eligibility}]}
    return found


def _own_words(wanted: SampleLot) -> Release:
    found: Release = {"title": wanted.title} if wanted.title else {}
    if wanted.value is not None:
        found["value"] = money(wanted.value)
    return found


def _period(context: Context) -> Release:
    sample = context.sample
    if sample.start is None or sample.months is None:
        return {}
    last = sample.start + round(sample.months * 30.44)
    period = {"startDate": context.days.begin(sample.start), "endDate": context.days.end(last)}
    if sample.extend:
        period["maxExtentDate"] = context.days.end(last + round(sample.extend * 30.44))
        return {"contractPeriod": period, "hasRenewal": True}
    return {"contractPeriod": period}


def _award_criteria(sample: Sample) -> Release:
    if sample.award_text:
        return {"awardCriteria": {"description": sample.award_text}}
    if not sample.criteria:
        return {}
    return {
        "awardCriteria": {
            "criteria": [
                {"type": sort, "name": name, "numbers": [{"number": weight, "weight": "percentageExact"}]}
                for sort, name, weight in sample.criteria
            ]
        }
    }
