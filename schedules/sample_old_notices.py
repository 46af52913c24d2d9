"""The notices of the old regime that are still published: directives, and the NHS Provider Selection Regime."""

from collections.abc import Callable

from schedules.sample_shapes import Context, Release, reference_to


def planning(context: Context) -> Release:
    """A prior information notice."""
    tender = {**_facts(context), "status": "planned"}
    if context.sample.future is not None:
        tender["communication"] = {"futureNoticeDate": context.days.begin(context.sample.future)}
    return {"tender": tender}


def tender(context: Context) -> Release:
    """A contract notice. What the regime asks of it stands as HTML in the release's own description."""
    sample, days = context.sample, context.days
    found = {
        **_facts(context),
        "status": "active",
        "submissionMethod": ["electronicSubmission"],
        "submissionMethodDetails": context.buyers[sample.buyer].portal,
        "procurementMethod": "open",
        "procurementMethodDetails": "Open procedure",
        "tenderPeriod": {"endDate": days.deadline(sample.closes or 0, sample.closes_at)},
        "submissionTerms": {"languages": ["en"], "bidValidityPeriod": {"durationInDays": 90}},
        "hasRecurrence": False,
    }
    if sample.decision is not None:
        found["awardPeriod"] = {"startDate": days.deadline(sample.decision, "13:00")}
    release: Release = {"tender": found}
    if sample.notice_text:
        release["description"] = sample.notice_text
    return release


def award(context: Context) -> Release:
    """A contract award notice."""
    sample = context.sample
    id = f"{context.number}-{context.reference.replace('/', '-')}-1"
    named = {"id": id, "relatedLots": ["1"], "title": sample.title, "status": "active"}
    signed: Release = {
        "id": id,
        "awardID": id,
        "title": sample.title,
        "status": "active",
        "dateSigned": context.days.begin(sample.signed or 0),
    }
    if sample.value is not None:
        signed["value"] = {"amount": sample.value, "currency": "GBP"}
    release: Release = {
        "tender": {**_facts(context), "status": "complete"},
        "awards": [{**named, "suppliers": [reference_to(winner) for winner in context.winners]}],
        "contracts": [signed],
    }
    if sample.bids is not None:
        release["bids"] = {"statistics": [{"id": "1", "measure": "bids", "relatedLot": "1", "value": sample.bids}]}
    return release


def corrigendum(context: Context) -> Release:
    """A correction: what changed stands in words, beside almost nothing else."""
    sample, days = context.sample, context.days
    old, new = (days.deadline(when or 0, sample.closes_at) for when in (sample.was, sample.closes))
    change = {
        "oldValue": {"date": old},
        "newValue": {"date": new},
        "where": {"section": "IV.2.2", "label": "Time limit for receipt of tenders or requests to participate"},
    }
    return {
        "tender": {
            **_head(context),
            "description": sample.description,
            "amendments": [{"id": "1", "unstructuredChanges": [change], "description": "The time limit is extended."}],
        }
    }


def _head(context: Context) -> Release:
    code = context.sample.cpv[0]
    return {
        "id": context.reference,
        "legalBasis": {"id": "32014L0024", "scheme": "CELEX"},
        "title": context.sample.title,
        "classification": {"scheme": "CPV", "id": code, "description": context.labels[code]},
        "mainProcurementCategory": context.sample.category,
    }


def _facts(context: Context) -> Release:
    sample = context.sample
    found = {**_head(context), "description": sample.description, "lots": [_lot(context)], "items": [_item(context)]}
    if sample.value is not None:
        found["value"] = {"amount": sample.value, "currency": "GBP"}
    return found


def _lot(context: Context) -> Release:
    sample = context.sample
    found: Release = {"id": "1", "description": sample.description, "hasOptions": False}
    if sample.endless:
        found["contractPeriod"] = {"durationInDays": "1e9999"}
    elif sample.months:
        found["contractPeriod"] = {"durationInDays": sample.months * 30}
    return found


def _item(context: Context) -> Release:
    places = [{"region": region} for region in context.sample.regions]
    return {"id": "1", "deliveryAddresses": places, "relatedLot": "1"}


SHAPES: dict[str, tuple[tuple[str, ...], Callable[[Context], Release]]] = {
    "CELEX planning": (("planning",), planning),
    "CELEX tender": (("tender",), tender),
    "CELEX award": (("award", "contract"), award),
    "CELEX corrigendum": (("tenderUpdate",), corrigendum),
}
