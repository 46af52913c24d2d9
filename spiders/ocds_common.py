"""What releases under the Procurement Act and under the earlier rules state in the same way."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from spiders.reading import Object, Reading
from spiders.weightings import shares_of
from tenderbell.notice import Lot, Money, Subject

Fields = dict[str, Any]
"""Keyword arguments of `tenderbell.notice.Notice`."""


def money(reading: Reading, parent: Object, name: str, at: str) -> Money | None:
    """Return an OCDS value: `amount` is net, `amountGross` with VAT; nothing when it states no amount."""
    value = reading.object(parent, name, at)
    if not value:
        return None
    net = reading.money(value, "amount", f"{at}{name}.")
    gross = reading.money(value, "amountGross", f"{at}{name}.")
    if net is None and gross is None:
        return None
    return Money(net=net, gross=gross, currency=reading.word(value, "currency", f"{at}{name}."))


def only(values: Iterable[Money | None]) -> Money | None:
    """Return the value that several awards agree on. Different ones are not added: under a framework each award
    repeats the whole."""
    distinct = {value for value in values if value is not None}
    return distinct.pop() if len(distinct) == 1 else None


def subjects(reading: Reading, classifications: Iterable[Object]) -> tuple[Subject, ...]:
    """Return each classification once, in the order of the notice."""
    found: dict[str, Subject] = {}
    for entry in classifications:
        code = reading.word(entry, "id", "classification.")
        if code and code not in found:
            scheme = reading.word(entry, "scheme", "classification.") or "CPV"
            found[code] = Subject(code, reading.line(entry, "description", "classification."), scheme)
    return tuple(found.values())


def delivery(reading: Reading, items: Iterable[Object]) -> tuple[tuple[str, ...], str | None]:
    """Return (region codes or names, description of the place) of where things are delivered."""
    regions: dict[str, None] = {}
    texts: dict[str, None] = {}
    for item in items:
        for address in reading.objects(item, "deliveryAddresses", "items."):
            if region := reading.word(address, "region", "items.deliveryAddresses."):
                regions[region] = None
        place = reading.object(item, "deliveryLocation", "items.")
        if place and (text := reading.text(place, "description", "items.deliveryLocation.")):
            texts[text] = None
    return tuple(regions), "\n".join(texts) or None


def period(reading: Reading, parent: Object, name: str, at: str) -> tuple[datetime | None, ...]:
    """Return (start, end, latest possible end) of a contract period."""
    found = reading.object(parent, name, at)
    if not found:
        return None, None, None
    at = f"{at}{name}."
    return (
        reading.instant(found, "startDate", at),
        reading.instant(found, "endDate", at),
        reading.instant(found, "maxExtentDate", at),
    )


def lots(reading: Reading, tender: Object, beside: Iterable[Object] = ()) -> tuple[Lot, ...]:
    """Return the lots of a tender. `beside` are objects whose award criteria text stands for every lot."""
    shared = [text for parent in beside for text in _weighting_texts(reading, parent)]
    found = [
        _lot(reading, lot, position, shared)
        for position, lot in enumerate(reading.objects(tender, "lots", "tender."), start=1)
    ]
    return tuple(found)


def _lot(reading: Reading, lot: Object, position: int, shared: list[str]) -> Lot:
    at = "tender.lots."
    starts, ends, extends = period(reading, lot, "contractPeriod", at)
    suitability = reading.object(lot, "suitability", at)
    quality, cost = _weights(reading, lot, shared) or (None, None)
    return Lot(
        id=reading.word(lot, "id", at) or str(position),
        title=reading.line(lot, "title", at),
        description=reading.text(lot, "description", at),
        status=reading.word(lot, "status", at),
        value=money(reading, lot, "value", at),
        starts_at=starts,
        ends_at=ends,
        extends_to=extends,
        sme_suitable=reading.flag(suitability, "sme", at),
        vcse_suitable=reading.flag(suitability, "vcse", at),
        quality_percent=quality,
        cost_percent=cost,
    )


def _weights(reading: Reading, lot: Object, shared: list[str]) -> tuple[float, float] | None:
    award = reading.object(lot, "awardCriteria", "tender.lots.")
    if not award and not shared:
        return None
    criteria = reading.objects(award, "criteria", "tender.lots.awardCriteria.")
    return shares_of(criteria, [*_texts(award, ("description", "weightingDescription")), *shared])


def _weighting_texts(reading: Reading, parent: Object) -> list[str]:
    award = reading.object(parent, "awardCriteria", "")
    return [*_texts(parent, ("awardCriteriaDetails",)), *_texts(award, ("description", "weightingDescription"))]


def _texts(parent: Object, names: tuple[str, ...]) -> list[str]:
    return [text for name in names if isinstance(text := parent.get(name), str)]


def from_lots(found: tuple[Lot, ...]) -> Fields:
    """Return what the lots say together: the whole period, suitability, and the weighting that they share."""
    shares = {(lot.quality_percent, lot.cost_percent) for lot in found}
    quality, cost = shares.pop() if len(shares) == 1 else (None, None)
    return {
        "lots": found,
        "starts_at": min((lot.starts_at for lot in found if lot.starts_at), default=None),
        "ends_at": max((lot.ends_at for lot in found if lot.ends_at), default=None),
        "extends_to": max((lot.extends_to for lot in found if lot.extends_to), default=None),
        "sme_suitable": _any(lot.sme_suitable for lot in found),
        "vcse_suitable": _any(lot.vcse_suitable for lot in found),
        "quality_percent": quality,
        "cost_percent": cost,
    }


def _any(flags: Iterable[bool | None]) -> bool | None:
    stated = [flag for flag in flags if flag is not None]
    return any(stated) if stated else None


def eligibility(reading: Reading, parents: Iterable[Object]) -> str | None:
    """Return the conditions of participation in the notice's words, each once."""
    found: dict[str, None] = {}
    for parent in parents:
        criteria = parent.get("selectionCriteria")
        if isinstance(criteria, dict):
            for criterion in reading.objects(criteria, "criteria", "selectionCriteria."):
                if text := reading.text(criterion, "description", "selectionCriteria."):
                    found[text] = None
    return "\n\n".join(found) or None


def references(reading: Reading, tender: Object, ocid: str, id: str) -> tuple[str, ...]:
    """Return the buyer's own reference, unless it only repeats the ocid or the notice number."""
    reference = reading.word(tender, "id", "tender.")
    return (reference,) if reference and reference not in (ocid, id) else ()


def related(reading: Reading, release: Object) -> tuple[str, ...]:
    """Return the ocids of related processes (a framework, an earlier process)."""
    found = {
        identifier: None
        for process in reading.objects(release, "relatedProcesses", "")
        if (identifier := reading.word(process, "identifier", "relatedProcesses."))
    }
    return tuple(found)
