"""Reading a release under the earlier rules (legal basis CELEX): Scotland, transitional notices, and the health
service's Provider Selection Regime. Where each field sits: sources.md section 1.6."""

import re
from datetime import datetime
from itertools import chain

from spiders.formats.reading import Object, Reading
from spiders.ocds.common import (
    Fields,
    awarded,
    closed_by_its_words,
    delivery,
    eligibility,
    from_lots,
    lots,
    money,
    subjects,
    weighted_in_text,
)
from tenderbell.vocabulary import Effect

CONCESSIONS_DIRECTIVE = "32014L0023"
_PSR = re.compile(r"\bprovider selection regime\b|\bPSR\b", re.IGNORECASE)
_AWARD_WORDS = re.compile(
    r"\bcontract award notice\b|\bconfirmation of (?:the |a )?(?:contract )?award\b|"
    r"\b(?:has|have) been (?:awarded|concluded)\b",
    re.IGNORECASE,
)
_AWARD_SECTION = re.compile(r"^\s*(?:VII|V11|V(?=[.\s)]|$))")
"""Sections V (award of the contract) and VII (modifications to it), which a publisher types as V11 too."""

_TIME_LIMIT = re.compile(r"^\s*IV\.2\.2", re.IGNORECASE)
_FORM_NAMES = {
    Effect.PLAN: "Prior information notice (earlier rules)",
    Effect.OPEN: "Contract notice (earlier rules)",
    Effect.AWARD: "Contract award notice (earlier rules)",
    Effect.CLOSE: "Contract notice (earlier rules)",
    Effect.CANCEL: "Cancellation (earlier rules)",
}
_CLOSED_AWARDS = {"unsuccessful", "cancelled"}


def fields(reading: Reading, release: Object, tags: list[str]) -> Fields:
    """Return what the release says, as arguments of `Notice`."""
    tender = reading.object(release, "tender", "")
    awards = reading.objects(release, "awards", "")
    found = {
        **_what(reading, release, tender),
        **from_lots(lots(reading, tender, (tender, reading.object(tender, "lotDetails", "tender.")))),
        **_when(reading, tender),
        "eligibility": eligibility(reading, (tender, *reading.objects(tender, "lots", "tender."))),
        "how_to_apply": reading.text(tender, "submissionMethodDetails", "tender."),
        "value": money(reading, tender, "value", "tender.")
        or awarded(reading, tender, awards, reading.objects(release, "contracts", "")),
        "form": "+".join(tags) or None,
    }
    found = weighted_in_text(found, (release.get("description"), tender.get("description")))
    effect, reason = _effect(reading, tender, awards, tags, closes=found["closes_at"] is not None)
    if effect is Effect.OPEN and (words := closed_by_its_words(found["description"])):
        effect, reason = Effect.CLOSE, words
    return {**found, "effect": effect, "effect_reason": reason, "form_name": _form_name(effect, tags)}


def _form_name(effect: Effect, tags: list[str]) -> str:
    return "Correction (earlier rules)" if tags == ["tenderUpdate"] else _FORM_NAMES.get(effect, "Earlier rules")


def _what(reading: Reading, release: Object, tender: Object) -> Fields:
    items = reading.objects(tender, "items", "tender.")
    regions, place = delivery(reading, items)
    descriptions = [reading.text(tender, "description", "tender."), reading.text(release, "description", "")]
    description = "\n\n".join(text for text in descriptions if text) or None
    techniques = reading.object(tender, "techniques", "tender.")
    main = reading.object(tender, "classification", "tender.")
    more = (entry for item in items for entry in reading.objects(item, "additionalClassifications", "items."))
    basis = reading.object(tender, "legalBasis", "tender.")
    selection_regime = bool(description and _PSR.search(description))
    return {
        "description": description,
        "subjects": subjects(reading, chain((main,) if main else (), more)),
        "delivery_regions": regions,
        "delivery_text": place,
        "category": reading.word(tender, "mainProcurementCategory", "tender."),
        "method": reading.line(tender, "procurementMethodDetails", "tender.")
        or reading.word(tender, "procurementMethod", "tender."),
        "framework": reading.flag(techniques, "hasFrameworkAgreement", "tender.techniques."),
        "dynamic_market": reading.flag(techniques, "hasDynamicPurchasingSystem", "tender.techniques."),
        "concession": True if basis.get("id") == CONCESSIONS_DIRECTIVE else None,
        "regime": "Provider Selection Regime" if selection_regime else "Earlier procurement regulations",
    }


def _when(reading: Reading, tender: Object) -> Fields:
    closes = reading.instant(reading.object(tender, "tenderPeriod", "tender."), "endDate", "tender.tenderPeriod.")
    corrected = None if closes else _corrected_deadline(reading, tender)
    evidence = "tender.tenderPeriod.endDate" if closes else "the correction of section IV.2.2" if corrected else None
    enquiries = reading.object(tender, "enquiryPeriod", "tender.")
    future = reading.object(tender, "communication", "tender.")
    return {
        "closes_at": closes or corrected,
        "closes_evidence": evidence,
        "enquiries_close_at": reading.instant(enquiries, "endDate", "tender.enquiryPeriod."),
        "expected_open_at": reading.instant(future, "futureNoticeDate", "tender.communication."),
    }


def _corrections(reading: Reading, tender: Object) -> list[Object]:
    return [
        change
        for amendment in reading.objects(tender, "amendments", "tender.")
        for change in reading.objects(amendment, "unstructuredChanges", "tender.amendments.")
    ]


def _corrected_deadline(reading: Reading, tender: Object) -> datetime | None:
    """Return the new date of a correction to section IV.2.2, the time limit for tenders or requests to take part."""
    for change in _corrections(reading, tender):
        section = reading.object(change, "where", "unstructuredChanges.").get("section")
        if isinstance(section, str) and _TIME_LIMIT.match(section):
            new = reading.object(change, "newValue", "unstructuredChanges.")
            return reading.instant(new, "date", "unstructuredChanges.newValue.")
    return None


def _effect(
    reading: Reading, tender: Object, awards: list[Object], tags: list[str], *, closes: bool
) -> tuple[Effect, str | None]:
    """Return (effect, reason), by tag. A correction opens nothing unless it states a deadline, because it can follow
    an award; some announce one only in their text (sources.md section 11, trap 3)."""
    if "tenderCancellation" in tags:
        return Effect.CANCEL, _reasons(reading, awards)
    if "tender" in tags:
        return Effect.OPEN, None
    if "tenderUpdate" in tags:
        return (Effect.OPEN, None) if closes else _correction_effect(reading, tender)
    if "award" in tags or "awardUpdate" in tags:
        abandoned = bool(awards) and all(reading.word(award, "status", "awards.") in _CLOSED_AWARDS for award in awards)
        return (Effect.CANCEL, _reasons(reading, awards)) if abandoned else (Effect.AWARD, None)
    return (Effect.PLAN if "planning" in tags or "planningUpdate" in tags else Effect.NONE), None


def _correction_effect(reading: Reading, tender: Object) -> tuple[Effect, str | None]:
    texts = [reading.text(amendment, "description", "") for amendment in reading.objects(tender, "amendments", "")]
    for change in _corrections(reading, tender):
        section = reading.object(change, "where", "").get("section")
        if isinstance(section, str) and _AWARD_SECTION.match(section):
            return Effect.AWARD, f"The correction is of section {section.strip()}, which is about the award."
        texts.append(reading.text(reading.object(change, "newValue", ""), "text", ""))
    for text in texts:
        if text and (found := _AWARD_WORDS.search(text)):
            return Effect.AWARD, f"The correction says “{found[0]}”."
    return Effect.NONE, None


def _reasons(reading: Reading, awards: list[Object]) -> str | None:
    reasons = dict.fromkeys(reading.text(award, "statusDetails", "awards.") for award in awards)
    return "\n".join(reason for reason in reasons if reason) or None
