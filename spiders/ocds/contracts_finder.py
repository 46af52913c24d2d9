"""Reading one OCDS release of Contracts Finder into a notice: pure, no network, no clock.

Contracts Finder has no lots and no notice types: tag, status and the kind of the notice's own document say what a
release is (sources.md sections 2 and 11, trap 10).
"""

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from spiders.formats.lenient import decode
from spiders.formats.reading import Object, Reading
from spiders.ocds.common import Fields, awarded, closed_by_its_words, head_of, money, period, related, subjects
from spiders.ocds.contracts_finder_names import ADVERT_PAGE, NOTICE_PAGE, other_names, own_references
from spiders.ocds.names import labelled
from spiders.ocds.parties import organisations
from spiders.ocds.terms import terms
from spiders.words.mending import mended
from tenderbell.notice import Money, Notice, Organisation, Raw
from tenderbell.transfers import staff_transfer
from tenderbell.vocabulary import Effect

CHARSET = "cp1252"
"""What the bytes are when they are not UTF-8 (sources.md section 2)."""

ENGLISH_REGIONS = frozenset(
    (
        "North East", "North West", "Yorkshire and the Humber", "East Midlands", "West Midlands", "East of England",
        "London", "South East", "South West",
    )
)  # fmt: skip

FORM_NAMES = {
    Effect.PLAN: "Future opportunity",
    Effect.ENGAGE: "Early engagement",
    Effect.OPEN: "Opportunity",
    Effect.CLOSE: "Closed opportunity",
    Effect.AWARD: "Awarded contract",
    Effect.CANCEL: "Withdrawn notice",
}
_ENDED = frozenset({"cancelled", "withdrawn", "unsuccessful"})
_OPERATOR = re.compile(
    r"(?:eu[- ]?supply|in-?tend\b(?!ed)|due[- ]north|proactis|pro-?contract|jaggaer|bravosolution|delta e-?sourcing|"
    r"bip solutions|mytenders|atamis)",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}")


def read_release(raw: Raw) -> Notice:
    """Return what a release says. Raises UnreadableNotice when it is no object or has no id or no ocid."""
    reading, release, id, ocid = head_of(raw.body, _decoded)
    return _notice(reading, raw, release, id, ocid)


def _decoded(body: bytes) -> object:
    return mended(decode(body, otherwise=CHARSET))


def _notice(reading: Reading, raw: Raw, release: Object, id: str, ocid: str) -> Notice:
    tender = reading.object(release, "tender", "")
    awards = reading.objects(release, "awards", "")
    buyers, suppliers = organisations(reading, release)
    documents = _documents(reading, release, tender, awards)
    title = reading.line(tender, "title", "tender.") or reading.line(release, "title", "")
    description = reading.text(tender, "description", "tender.")
    own = reading.word(tender, "id", "tender.")
    return Notice(
        source=raw.source,
        key=raw.key,
        process=ocid,
        ocid=ocid,
        title=title,
        description=description,
        order=id.rpartition("-")[2].zfill(12),
        **_does(reading, release, tender, awards, description),
        published_at=reading.instant(release, "date", ""),
        first_published_at=_first_published(reading, documents),
        buyers=_buyers(reading, buyers),
        suppliers=suppliers,
        link=_link(documents),
        references=own_references(own, ocid, id, title, labelled([description or ""])),
        also=other_names(documents, description),
        related=related(reading, release),
        **_what(reading, tender),
        **_when(reading, release, tender, awards),
        value=_value(reading, tender) or awarded(reading, tender, awards, ()),
        tupe=staff_transfer([description]),
        **terms(reading, release, tender, awards),
        doubts=tuple(reading.doubts),
    )


def _does(reading: Reading, release: Object, tender: Object, awards: list[Object], description: str | None) -> Fields:
    """Return what the release does, and what it calls itself."""
    tags = reading.words(release, "tag", "")
    effect = _effect(reading, release, tender, awards, tags)
    reason = _reason(reading, awards) if effect is Effect.CANCEL else None
    if effect is Effect.OPEN and (words := closed_by_its_words(description)):
        effect, reason = Effect.CLOSE, words
    return {
        "form": "+".join(tags) or None,
        "form_name": FORM_NAMES.get(effect),
        "update": any(tag.endswith(("Update", "Amendment")) for tag in tags),
        "effect": effect,
        "effect_reason": reason,
    }


def _documents(reading: Reading, release: Object, tender: Object, awards: list[Object]) -> list[Object]:
    """Return the documents of the stage that the release is about first: the award's, the tender's, the plan's."""
    planning = reading.object(release, "planning", "")
    parents = (*awards, tender, planning)
    return [document for parent in parents for document in reading.objects(parent, "documents", "documents.")]


def _link(documents: Iterable[Object]) -> str | None:
    """Return the notice's own page. Its GUID is not the ocid's (sources.md section 2)."""
    urls = (document.get("url") for document in documents)
    return next((url.strip() for url in urls if isinstance(url, str) and NOTICE_PAGE.fullmatch(url.strip())), None)


def _first_published(reading: Reading, documents: Iterable[Object]) -> datetime | None:
    """Return when the notice was first published: the date of the release is that of its latest edit."""
    own = (document for document in documents if NOTICE_PAGE.fullmatch(str(document.get("url")).strip()))
    return next((date for document in own if (date := reading.instant(document, "datePublished", "documents."))), None)


def _effect(reading: Reading, release: Object, tender: Object, awards: list[Object], tags: list[str]) -> Effect:
    """Return what the release does: a withdrawn notice is tagged *planning* with the status *cancelled*, one whose
    deadline has passed *tenderUpdate* with *active*, an edited one *tenderAmendment*."""
    status = reading.word(tender, "status", "tender.")
    stage = _stage_of(tags)
    if status in _ENDED or any(tag.endswith("Cancellation") for tag in tags):
        return Effect.CANCEL
    if stage == "award":
        over = [reading.word(award, "status", "awards.") in _ENDED for award in awards]
        return Effect.CANCEL if over and all(over) else Effect.AWARD
    if stage == "tender":
        return Effect.CLOSE if "tenderUpdate" in tags and status == "active" else Effect.OPEN
    if stage == "planning":
        return Effect.ENGAGE if _is_engagement(reading, release) else Effect.PLAN
    return Effect.NONE


def _stage_of(tags: list[str]) -> str | None:
    stages = ("award", "tender", "planning")
    return next((stage for stage in stages if any(tag.startswith(stage) for tag in tags)), None)


def _is_engagement(reading: Reading, release: Object) -> bool:
    planning = reading.object(release, "planning", "")
    documents = reading.objects(planning, "documents", "planning.")
    milestones = reading.objects(planning, "milestones", "planning.")
    return any(document.get("documentType") == "marketEngagementNotice" for document in documents) or any(
        milestone.get("type") == "engagement" for milestone in milestones
    )


def _reason(reading: Reading, awards: list[Object]) -> str | None:
    reasons = dict.fromkeys(reading.text(award, "statusDetails", "awards.") for award in awards)
    return "\n".join(reason for reason in reasons if reason) or None


def _buyers(reading: Reading, buyers: tuple[Organisation, ...]) -> tuple[Organisation, ...]:
    """Return the buyers without the company that runs the portal through which the notice came: where it sits says
    nothing about the work (sources.md section 11, trap 4)."""
    for buyer in buyers:
        if _OPERATOR.match(buyer.name):
            reading.doubt(f"The buyer is given as {buyer.name}, which runs a portal; who really buys is not stated.")
    return tuple(buyer for buyer in buyers if not _OPERATOR.match(buyer.name))


def _what(reading: Reading, tender: Object) -> Fields:
    items = reading.objects(tender, "items", "tender.")
    suitability = reading.object(tender, "suitability", "tender.")
    own = reading.object(tender, "classification", "tender.")
    more = reading.objects(tender, "additionalClassifications", "tender.")
    regions, text = _delivery(reading, items)
    method = reading.line(tender, "procurementMethodDetails", "tender.")
    return {
        "subjects": subjects(reading, chain((own,) if own else (), more)),
        "delivery_regions": regions,
        "delivery_text": text,
        "category": reading.word(tender, "mainProcurementCategory", "tender."),
        "method": (method or "").removesuffix(" -") or reading.word(tender, "procurementMethod", "tender."),
        "sme_suitable": reading.flag(suitability, "sme", "tender.suitability."),
        "vcse_suitable": reading.flag(suitability, "vcse", "tender.suitability."),
        "how_to_apply": _how_to_apply(reading, tender),
    }


def _delivery(reading: Reading, items: list[Object]) -> tuple[tuple[str, ...], str | None]:
    """Return (regions, place in words). Regions are names; a postcode is nearer than any of them, and a country counts
    only where nothing nearer is named: many buyers tick every country there is."""
    addresses = [address for item in items for address in reading.objects(item, "deliveryAddresses", "items.")]
    codes, regions, countries = (_each(reading, addresses, name) for name in ("postalCode", "region", "countryName"))
    codes = [code.upper() for code in codes]
    postcodes = [code for code in codes if _POSTCODE.fullmatch(code)]
    if set(regions) >= ENGLISH_REGIONS:
        regions = ["England", *(region for region in regions if region not in ENGLISH_REGIONS)]
    return tuple([*postcodes, *regions] or countries), ", ".join(codes) or None


def _each(reading: Reading, addresses: list[Object], name: str) -> list[str]:
    words = (reading.word(address, name, "deliveryAddresses.") for address in addresses)
    return list(dict.fromkeys(word for word in words if word))


def _how_to_apply(reading: Reading, tender: Object) -> str | None:
    """Return the pages to which the notice sends applicants, with what it says about each."""
    lines: dict[str, None] = {}
    for document in reading.objects(tender, "documents", "tender."):
        url = document.get("url")
        if isinstance(url, str) and ADVERT_PAGE.match(url.strip()):
            said = reading.line(document, "description", "tender.documents.")
            lines[f"{said}: {url.strip()}" if said and said.lower() not in ("n/a", "link") else url.strip()] = None
    return "\n".join(lines) or None


def _when(reading: Reading, release: Object, tender: Object, awards: list[Object]) -> Fields:
    closes = reading.instant(reading.object(tender, "tenderPeriod", "tender."), "endDate", "tender.tenderPeriod.")
    future = reading.object(tender, "communication", "tender.")
    periods = [period(reading, award, "contractPeriod", "awards.") for award in awards]
    starts, ends, extends = zip(*(periods or [period(reading, tender, "contractPeriod", "tender.")]), strict=True)
    planning = reading.object(release, "planning", "")
    due = [
        reading.instant(milestone, "dueDate", "planning.milestones.")
        for milestone in reading.objects(planning, "milestones", "planning.")
        if milestone.get("type") == "engagement"
    ]
    return {
        "closes_at": closes,
        "closes_evidence": "tender.tenderPeriod.endDate" if closes else None,
        "expected_open_at": reading.instant(future, "futureNoticeDate", "tender.communication."),
        "engagement_closes_at": max((date for date in due if date), default=None),
        "starts_at": min((date for date in starts if date), default=None),
        "ends_at": max((date for date in ends if date), default=None),
        "extends_to": max((date for date in extends if date), default=None),
    }


def _value(reading: Reading, tender: Object) -> Money | None:
    """Return the value, or the range when a least value is stated as well. Contracts Finder states it without VAT."""
    least, most = (money(reading, tender, name, "tender.") for name in ("minValue", "value"))
    if least is None or least == most:
        return most
    ends = [end.net for end in (least, most) if end and end.net is not None]
    return Money(low=min(ends), high=max(ends) if most else None, currency=(most or least).currency) if ends else most
