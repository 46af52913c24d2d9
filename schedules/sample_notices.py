"""The types of notice under the Procurement Act 2023, each as a release looks (sources.md 1.7, 1.8 and 1.10)."""

from collections.abc import Callable

from schedules.sample_shapes import Context, Release, document, facts, head, items, money, reference_to


def pipeline(context: Context) -> Release:
    """UK1: large contracts that a body expects to buy."""
    return {
        "tender": facts(context, "planned"),
        "planning": {"documents": [document(context, "plannedProcurementNotice")]},
    }


def engagement(context: Context) -> Release:
    """UK2: an invitation to talk before anything is decided."""
    due = context.sample.engagement or 0
    milestone = {
        "id": "engagement",
        "type": "engagement",
        "dueDate": context.days.end(due),
        "status": "scheduled" if due > 0 else "met",
        "description": "Come to one of the meetings, or write to us by the date above.",
    }
    documents = [document(context, "marketEngagementNotice")]
    return {
        "tender": facts(context, "planning"),
        "planning": {"milestones": [milestone], "documents": documents},
    }


def planned(context: Context) -> Release:
    """UK3: a procurement that is about to start."""
    tender = {**facts(context, "planned"), **_procedure(context), **_dates(context)}
    return {"tender": tender, "planning": {"documents": [document(context, "plannedProcurementNotice")]}}


def tender(context: Context) -> Release:
    """UK4: the advert. An update repeats it whole."""
    sample = context.sample
    found = {**facts(context, "active"), **_procedure(context), **_dates(context)}
    found["documents"] = [
        {"id": "conflictOfInterest", "documentType": "conflictOfInterest", "description": "Not published"},
        document(context, "tenderNotice"),
    ]
    if other := _other_requirements(context):
        found["otherRequirements"] = other
    if sample.most_lots:
        found["lotDetails"] = {"maximumLotsAwardedPerSupplier": sample.most_lots}
    if sample.update:
        found["amendments"] = [{"id": context.number, "description": sample.update}]
    return {"tender": found}


def _procedure(context: Context) -> Release:
    sample = context.sample
    details = "Open procedure" if sample.above else "Below threshold - open competition"
    portal = sample.portal or context.buyers[sample.buyer].portal
    return {
        "procurementMethod": "open",
        "procurementMethodDetails": details,
        "submissionMethodDetails": portal or "By e-mail to the address above",
        "submissionTerms": {"electronicSubmissionPolicy": "allowed", "languages": ["en"]},
    }


def _dates(context: Context) -> Release:
    sample, days = context.sample, context.days
    found: Release = {}
    if sample.closes is not None:
        found["tenderPeriod"] = {"endDate": days.deadline(sample.closes, sample.closes_at)}
    if sample.eoi is not None:
        found["expressionOfInterestDeadline"] = days.deadline(sample.eoi, sample.closes_at)
    if sample.enquiries is not None:
        found["enquiryPeriod"] = {"endDate": days.deadline(sample.enquiries, "17:00")}
    if sample.decision is not None:
        found["awardPeriod"] = {"endDate": days.end(sample.decision)}
    return found


def _other_requirements(context: Context) -> Release:
    sample = context.sample
    found: Release = {"reservedParticipation": [sample.reserved]} if sample.reserved else {}
    if sample.reserved_place:
        code, name = sample.reserved_place
        gazetteer = {"scheme": "GB-ONS", "identifiers": [code]}
        found["reservedParticipationLocation"] = {"gazetteer": gazetteer, "description": name}
    return found


def transparency(context: Context) -> Release:
    """UK5: a contract is to be given without competition."""
    return {"tender": _finished(context), "awards": [_award(context, "pending", document(context, "awardNotice"))]}


def award(context: Context) -> Release:
    """UK6: who has won, before the contract is signed."""
    found = {"tender": _finished(context), "awards": [_award(context, "pending", document(context, "awardNotice"))]}
    if context.sample.bids is not None:
        counts = {"bids": context.sample.bids, "vcseFinalStageBids": context.sample.vcse_bids or 0}
        found["bids"] = {
            "statistics": [
                {"id": str(number), "measure": measure, "value": value, "relatedLot": "1"}
                for number, (measure, value) in enumerate(counts.items(), 1)
            ]
        }
    return found


def contract(context: Context) -> Release:
    """UK7: the contract as signed."""
    sample = context.sample
    signed: Release = {
        "id": "1",
        "awardID": "1",
        "title": sample.title,
        "status": "active",
        "aboveThreshold": sample.above,
        "dateSigned": context.days.begin(sample.signed or 0),
        "statusDetails": None,
        "documents": [document(context, "contractNotice")],
    }
    if sample.value is not None:
        signed["value"] = money(sample.value, sample.gross)
    if sample.start is not None and sample.months is not None:
        end = context.days.end(sample.start + round(sample.months * 30.44))
        signed["period"] = {"startDate": context.days.begin(sample.start), "endDate": end}
    return {"tender": _finished(context), "awards": [_award(context, "active")], "contracts": [signed]}


def _finished(context: Context) -> Release:
    lots = [{"id": str(number), "status": "complete"} for number in range(1, len(context.sample.lots) + 1)]
    found = {**head(context), "description": context.sample.description, "status": "complete", "lots": lots}
    if context.sample.direct:
        method = {"procurementMethod": "direct", "procurementMethodDetails": "Below threshold - without competition"}
        return {**found, **method}
    return {**found, "procurementMethod": "open", "procurementMethodDetails": "Open procedure"}


def _award(context: Context, status: str, *documents: Release) -> Release:
    sample, days = context.sample, context.days
    found: Release = {
        "id": "1",
        "status": status,
        "mainProcurementCategory": sample.category,
        "suppliers": [reference_to(winner) for winner in context.winners],
        "items": items(context),
        "relatedLots": [str(number) for number in range(1, len(sample.lots) + 1)],
    }
    if documents:
        found["documents"] = list(documents)
    if sample.value is not None:
        found["value"] = money(sample.value, sample.gross)
    if sample.standstill is not None:
        found["standstillPeriod"] = {"endDate": days.end(sample.standstill)}
        found["assessmentSummariesDateSent"] = days.begin(sample.standstill - 10)
    if sample.signature is not None:
        due = days.end(sample.signature)
        found["milestones"] = [{"id": "1", "type": "futureSignatureDate", "dueDate": due, "status": "scheduled"}]
    return found


def performance(context: Context) -> Release:
    """UK9: how a large contract is going."""
    rating = {"name": "Quality of the service", "description": context.sample.performance}
    documents = [document(context, "implementationNotice")]
    kept = {
        "id": "1",
        "awardID": "1",
        "implementation": {"performance": [rating], "documents": []},
        "documents": documents,
    }
    return {"tender": head(context), "contracts": [kept]}


def change(context: Context) -> Release:
    """UK10: a running contract is changed."""
    amendment = {"id": context.number, "date": context.published, "rationale": context.sample.change}
    documents = [document(context, "contractNotice")]
    kept = {"id": "1", "awardID": "1", "amendments": [amendment], "statusDetails": None, "documents": documents}
    suppliers = [reference_to(winner) for winner in context.winners]
    return {"tender": head(context), "contracts": [kept], "awards": [{"id": "1", "suppliers": suppliers}]}


def ended(context: Context) -> Release:
    """UK11: a contract is over, nearly always because it has run its course."""
    sample = context.sample
    done: Release = {"endDate": context.days.begin(sample.ended or 0)}
    if sample.final is not None:
        done["finalValue"] = money(sample.final)
    kept = {
        "id": "1",
        "awardID": "1",
        "status": "terminated",
        "terminationRationaleClassifications": [{"id": "contractCompleted"}],
        "implementation": done,
        "statusDetails": None,
        "documents": [document(context, "contractTerminationNotice")],
    }
    return {"tender": head(context), "contracts": [kept]}


def cancellation(context: Context) -> Release:
    """UK12: a stub that ends a procurement, or only the lots that its award names."""
    sample = context.sample
    every = [str(number) for number in range(1, len(sample.lots) + 1)]
    named = list(sample.cancel_lots) or every
    stub: Release = {
        **head(context),
        "lots": [{"id": lot, "status": "cancelled" if lot in named else "active"} for lot in every],
        "documents": [document(context, "tenderCancellationNotice")],
    }
    if named == every:
        stub["status"] = "complete"
    told = {"id": "1", "status": "cancelled", "finalStatusDate": context.published, "relatedLots": named}
    if sample.reason:
        told["statusDetails"] = sample.reason
    return {"tender": stub, "awards": [told]}


def market(context: Context) -> Release:
    """UK13: a dynamic market is to be set up; it has an end but no deadline."""
    sample, days = context.sample, context.days
    found = {**facts(context, "active"), **_procedure(context), "procurementMethodDetails": "Dynamic market"}
    end = days.end(sample.open_for or 0)
    period = {"startDate": context.published, "endDate": end}
    found["techniques"] = {
        "hasDynamicPurchasingSystem": True,
        "dynamicPurchasingSystem": {"status": "pending"},
        "frameworkAgreement": {"period": period, "type": "open"},
    }
    found["tenderPeriod"] = {"endDate": end}
    found["documents"] = [document(context, "tenderNotice")]
    if sample.fee:
        found["participationFees"] = [{"id": context.ocid, "type": ["submission"], "description": sample.fee}]
    return {"tender": found}


def members(context: Context) -> Release:
    """UK14 and UK15: a dynamic market exists, or has other members."""
    stub = {
        **head(context),
        "techniques": {"hasDynamicPurchasingSystem": True, "dynamicPurchasingSystem": {"status": "active"}},
        "documents": [document(context, "awardNotice")],
    }
    joined = [{"id": str(n), "suppliers": [reference_to(winner)]} for n, winner in enumerate(context.winners, 1)]
    return {"tender": stub, "awards": joined}


def cessation(context: Context) -> Release:
    """UK16: a dynamic market ends. None was recorded: the tag and the document type are assumed."""
    stub = {
        **head(context),
        "status": "complete",
        "techniques": {"hasDynamicPurchasingSystem": True, "dynamicPurchasingSystem": {"status": "terminated"}},
        "documents": [document(context, "tenderNotice")],
    }
    return {"tender": stub}


SHAPES: dict[str, tuple[tuple[str, ...], Callable[[Context], Release]]] = {
    "UK1": (("planning",), pipeline),
    "UK2": (("planning",), engagement),
    "UK3": (("planning",), planned),
    "UK4": (("tender",), tender),
    "UK5": (("award", "contract"), transparency),
    "UK6": (("award", "contract"), award),
    "UK7": (("award", "contract"), contract),
    "UK9": (("implementation",), performance),
    "UK10": (("contractAmendment",), change),
    "UK11": (("contractTermination",), ended),
    "UK12": (("tenderCancellation",), cancellation),
    "UK13": (("tender",), market),
    "UK14": (("award", "contract"), members),
    "UK15": (("award", "contract"), members),
    "UK16": (("tenderUpdate",), cessation),
}
