"""Reading a release under the Procurement Act 2023 (legal basis UKPGA): the notices UK1 to UK17.

Meanings: https://www.find-tender.service.gov.uk/Home/NoticeTypes; where each field sits: sources.md sections 1.6, 1.7.
"""

from datetime import datetime
from itertools import chain

from spiders.formats.reading import NOTHING, Object, Reading
from spiders.ocds.common import (
    Fields,
    awarded,
    closed_by_its_words,
    delivery,
    eligibility,
    from_lots,
    lots,
    money,
    period,
    subjects,
    weighted_in_text,
)
from tenderbell.text import safe_link
from tenderbell.vocabulary import Effect

FORMS: dict[str, tuple[str, Effect]] = {
    "UK1": ("Pipeline notice", Effect.PLAN),
    "UK2": ("Preliminary market engagement notice", Effect.ENGAGE),
    "UK3": ("Planned procurement notice", Effect.PLAN),
    "UK4": ("Tender notice", Effect.OPEN),
    "UK5": ("Transparency notice", Effect.AWARD),
    "UK6": ("Contract award notice", Effect.AWARD),
    "UK7": ("Contract details notice", Effect.AWARD),
    "UK8": ("Contract payment notice", Effect.NONE),
    "UK9": ("Contract performance notice", Effect.NONE),
    "UK10": ("Contract change notice", Effect.NONE),
    "UK11": ("Contract termination notice", Effect.NONE),
    "UK12": ("Procurement termination notice", Effect.CANCEL),
    "UK13": ("Dynamic market intention notice", Effect.OPEN),
    "UK14": ("Dynamic market establishment notice", Effect.OPEN),
    "UK15": ("Dynamic market modification notice", Effect.OPEN),
    "UK16": ("Dynamic market cessation notice", Effect.CLOSE),
    "UK17": ("Payments compliance notice", Effect.NONE),
}
DYNAMIC_MARKET_FORMS = frozenset({"UK13", "UK14", "UK15", "UK16"})
TAG_EFFECTS = {
    "tender": Effect.OPEN,
    "tenderUpdate": Effect.OPEN,
    "planning": Effect.PLAN,
    "planningUpdate": Effect.PLAN,
    "tenderCancellation": Effect.CANCEL,
    "award": Effect.AWARD,
    "awardUpdate": Effect.AWARD,
}
"""What a release does when no document says which notice it is; the first tag of this order that it has counts."""

_ACT = "Procurement Act 2023"


def fields(reading: Reading, release: Object, tags: list[str]) -> Fields:
    """Return what the release says, as arguments of `Notice`."""
    tender = reading.object(release, "tender", "")
    awards = reading.objects(release, "awards", "")
    contracts = reading.objects(release, "contracts", "")
    document = _notice_document(reading, release, tender, awards, contracts)
    form = _form_of(document)
    regimes = reading.words(tender, "specialRegime", "tender.")
    found = {
        **_what(reading, tender, awards, regimes),
        **from_lots(lots(reading, tender, (tender, reading.object(tender, "lotDetails", "tender.")))),
        **_when(reading, release, tender),
        **_who_may(reading, tender),
        **_effect(reading, form, tags, tender, awards),
        "form": form or "+".join(tags) or None,
        "form_name": FORMS[form][0] if form else None,
        "link": safe_link(document.get("url")),
        "dynamic_market": form in DYNAMIC_MARKET_FORMS or _techniques(reading, tender, "hasDynamicPurchasingSystem"),
        "value": money(reading, tender, "value", "tender.") or awarded(reading, tender, awards, contracts),
    }
    if form == "UK4" and (words := closed_by_its_words(found["description"])):
        found.update(effect=Effect.CLOSE, effect_reason=words)
    if found["effect"] is Effect.PLAN and found["closes_evidence"]:
        found["closes_evidence"] += ", as expected before the tender is published"
    if not found["starts_at"] and not found["ends_at"]:
        found.update(_contract_period(reading, awards, contracts))
    return weighted_in_text(found, (tender.get("description"),))


def _notice_document(
    reading: Reading, release: Object, tender: Object, awards: list[Object], contracts: list[Object]
) -> Object:
    """Return the document that is this notice: of the release's own number, else the first with a notice type."""
    planning = reading.object(release, "planning", "")
    candidates = [
        document
        for parent in chain((planning, tender), awards, contracts)
        if "documents" in parent
        for document in reading.objects(parent, "documents", "")
        if _form_of(document)
    ]
    for document in candidates:
        if document.get("id") == release.get("id"):
            return document
    return candidates[0] if candidates else NOTHING


def _form_of(document: Object) -> str | None:
    form = document.get("noticeType")
    return form if isinstance(form, str) and form in FORMS else None


def _what(reading: Reading, tender: Object, awards: list[Object], regimes: list[str]) -> Fields:
    items = reading.objects(tender, "items", "tender.")
    for award in awards:
        if "items" in award:
            items = [*items, *reading.objects(award, "items", "awards.")]
    regions, place = delivery(reading, items)
    category = reading.word(tender, "mainProcurementCategory", "tender.")
    return {
        "description": reading.text(tender, "description", "tender."),
        "subjects": subjects(
            reading,
            chain(
                (entry for item in items for entry in reading.objects(item, "additionalClassifications", "items.")),
                filter(None, (reading.object(item, "classification", "items.") for item in items)),
            ),
        ),
        "delivery_regions": regions,
        "delivery_text": place,
        "category": category or (reading.word(awards[0], "mainProcurementCategory", "awards.") if awards else None),
        "method": reading.line(tender, "procurementMethodDetails", "tender.")
        or reading.word(tender, "procurementMethod", "tender."),
        "framework": _techniques(reading, tender, "hasFrameworkAgreement"),
        "concession": True if "concession" in regimes else None,
        "regime": f"{_ACT}, light touch" if "lightTouch" in regimes else _ACT,
    }


def _techniques(reading: Reading, tender: Object, name: str) -> bool | None:
    return reading.flag(reading.object(tender, "techniques", "tender."), name, "tender.techniques.")


def _when(reading: Reading, release: Object, tender: Object) -> Fields:
    """Return the dates. Requests to take part are due first where both they and tenders have a deadline."""
    tenders = reading.instant(reading.object(tender, "tenderPeriod", "tender."), "endDate", "tender.tenderPeriod.")
    interest = reading.instant(tender, "expressionOfInterestDeadline", "tender.")
    evidence = "tender.expressionOfInterestDeadline" if interest else "tender.tenderPeriod.endDate" if tenders else None
    enquiries = reading.object(tender, "enquiryPeriod", "tender.")
    decision = reading.object(tender, "awardPeriod", "tender.")
    future = reading.object(tender, "communication", "tender.")
    return {
        "closes_at": interest or tenders,
        "closes_evidence": evidence,
        "enquiries_close_at": reading.instant(enquiries, "endDate", "tender.enquiryPeriod."),
        "decision_expected_at": reading.instant(decision, "endDate", "tender.awardPeriod."),
        "expected_open_at": reading.instant(future, "futureNoticeDate", "tender.communication."),
        "engagement_closes_at": max(_engagements(reading, release), default=None),
    }


def _engagements(reading: Reading, release: Object) -> list[datetime]:
    planning = reading.object(release, "planning", "")
    milestones = reading.objects(planning, "milestones", "planning.") if planning else []
    dates = [
        reading.instant(milestone, "dueDate", "planning.milestones.")
        for milestone in milestones
        if milestone.get("type") == "engagement"
    ]
    return [date for date in dates if date]


def _who_may(reading: Reading, tender: Object) -> Fields:
    other = reading.object(tender, "otherRequirements", "tender.")
    place = reading.object(other, "reservedParticipationLocation", "tender.otherRequirements.")
    gazetteer = reading.object(place, "gazetteer", "tender.otherRequirements.")
    ons = gazetteer.get("scheme") == "GB-ONS"
    return {
        "reservations": tuple(reading.words(other, "reservedParticipation", "tender.otherRequirements.")),
        "reserved_places": tuple(reading.words(gazetteer, "identifiers", "gazetteer.")) if ons else (),
        "eligibility": eligibility(reading, chain((tender, other), reading.objects(tender, "lots", "tender."))),
        "how_to_apply": reading.text(tender, "submissionMethodDetails", "tender."),
    }


def _effect(reading: Reading, form: str | None, tags: list[str], tender: Object, awards: list[Object]) -> Fields:
    if form:
        effect = FORMS[form][1]
    elif "planning" in tags and "tender" in tags:
        effect = Effect.OPEN
    else:
        effect = next((effect for tag, effect in TAG_EFFECTS.items() if tag in tags), Effect.NONE)
    if effect is not Effect.CANCEL:
        return {"effect": effect}
    reasons = dict.fromkeys(reading.text(award, "statusDetails", "awards.") for award in awards)
    named, some = _cancelled_lots(reading, tender, awards)
    return {
        "effect": Effect.CANCEL_LOTS if some else Effect.CANCEL,
        "effects_lots": named,
        "effect_reason": "\n".join(reason for reason in reasons if reason) or None,
    }


def _cancelled_lots(reading: Reading, tender: Object, awards: list[Object]) -> tuple[tuple[str, ...], bool]:
    """Return (the lots that a termination names, whether they are only some of those that it lists)."""
    listed = [id for lot in reading.objects(tender, "lots", "tender.") if (id := reading.word(lot, "id", "lots."))]
    named = dict.fromkeys(lot for award in awards for lot in reading.words(award, "relatedLots", "awards."))
    return tuple(named), bool(named) and not set(listed) <= named.keys()


def _contract_period(reading: Reading, awards: list[Object], contracts: list[Object]) -> Fields:
    periods = [
        *(period(reading, contract, "period", "contracts.") for contract in contracts),
        *(period(reading, award, "contractPeriod", "awards.") for award in awards),
    ]
    starts, ends, extends = zip(*periods, strict=True) if periods else ((), (), ())
    return {
        "starts_at": min((date for date in starts if date), default=None),
        "ends_at": max((date for date in ends if date), default=None),
        "extends_to": max((date for date in extends if date), default=None),
    }
