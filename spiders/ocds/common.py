"""What releases under the Procurement Act and under the earlier rules state in the same way."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from spiders.formats.reading import Object, Reading
from spiders.ocds.weightings import shares_of
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Lot, Money, Subject
from tenderbell.wording.weighting_lists import shares_within

Fields = dict[str, Any]
"""Keyword arguments of `tenderbell.notice.Notice`."""

_FRAMEWORK_TITLE = re.compile(r"\b(?:frameworks?|dynamic purchasing|DPS)\b", re.IGNORECASE)
_CLOSED = re.compile(
    r"(?:^|[.!?\n]\s*)(?:please note:?,? (?:that )?)?"
    r"(?P<words>this (?:\S+ )?(?:opportunity|competition|tender|procurement|notice)(?: \w+ competition)? "
    r"(?:has|is) (?:now |already )?closed\b[^.\n]*)",
    re.IGNORECASE,
)
_MOST_VAT = 1.5
"""More than half as much again is no VAT: one of the two amounts is mistyped."""


class Head(NamedTuple):
    """A release as JSON, with the two names without which it is none, and the doubts to be filled while it is read."""

    reading: Reading
    release: Object
    id: str
    ocid: str


def head_of(body: bytes, decode: Callable[[bytes], object]) -> Head:
    """Return the head of a release. Raises UnreadableNotice when it is no object or has no id or no ocid."""
    try:
        release = decode(body)
    except ValueError as error:
        raise UnreadableNotice(f"The release is no JSON: {str(error)[:200]}") from None
    if not isinstance(release, dict):
        raise UnreadableNotice("The release is no JSON object.")
    reading = Reading()
    id, ocid = reading.word(release, "id", ""), reading.word(release, "ocid", "")
    if not id or not ocid:
        raise UnreadableNotice("The release has no id or no ocid.")
    return Head(reading, release, id, ocid)


def money(reading: Reading, parent: Object, name: str, at: str) -> Money | None:
    """Return an OCDS value: `amount` is net, `amountGross` with VAT; nothing when it states no amount."""
    value = reading.object(parent, name, at)
    if not value:
        return None
    net = reading.money(value, "amount", f"{at}{name}.")
    gross = reading.money(value, "amountGross", f"{at}{name}.")
    if net is None and gross is None:
        return None
    if net is not None and gross is not None and not net <= gross <= net * _MOST_VAT:
        reading.doubt(f"{at}{name} is {net:.0f} without VAT and {gross:.0f} with it: one of them must be mistyped.")
    return Money(net=net, gross=gross, currency=reading.word(value, "currency", f"{at}{name}."))


def awarded(reading: Reading, tender: Object, awards: Sequence[Object], contracts: Sequence[Object]) -> Money | None:
    """Return what was awarded in all: the signed contracts, else the awards. They are added up when each is for lots of
    its own, and contracts outside a framework always; otherwise it is the value that all agree on, because under a
    framework each repeats the whole."""
    own_lots = [reading.words(award, "relatedLots", "awards.") for award in awards]
    lots_of = {reading.word(award, "id", "awards."): lots for award, lots in zip(awards, own_lots, strict=True)}
    signed = [
        (
            money(reading, contract, "value", "contracts."),
            lots_of.get(reading.word(contract, "awardID", "contracts."), []),
        )
        for contract in contracts
    ]
    given = [(money(reading, award, "value", "awards."), lots) for award, lots in zip(awards, own_lots, strict=True)]
    framework = _is_framework(reading, tender)
    for parts, add_always in ((signed, not framework), (given, False)):
        stated = [(value, lots) for value, lots in parts if value is not None]
        if stated:
            values = [value for value, _ in stated]
            same = framework and len(set(values)) == 1
            apart = _apart([lots for _, lots in stated])
            return added(values) if (add_always or apart) and not same else only(values)
    return None


def _is_framework(reading: Reading, tender: Object) -> bool:
    techniques = reading.object(tender, "techniques", "tender.")
    title = tender.get("title")
    return techniques.get("hasFrameworkAgreement") is True or (
        isinstance(title, str) and bool(_FRAMEWORK_TITLE.search(title))
    )


def _apart(lots: list[list[str]]) -> bool:
    """Return whether each names lots, and none names one that another names."""
    named = [lot for ids in lots for lot in ids]
    return all(lots) and len(named) == len(set(named))


def added(values: Sequence[Money]) -> Money | None:
    """Return the sum of amounts in one currency, net and gross each when all state it; None when neither is."""
    if len({value.currency for value in values}) > 1:
        return None
    nets = [value.net for value in values if value.net is not None]
    grosses = [value.gross for value in values if value.gross is not None]
    net = round(sum(nets), 2) if len(nets) == len(values) else None
    gross = round(sum(grosses), 2) if len(grosses) == len(values) else None
    return Money(net=net, gross=gross, currency=values[0].currency) if net or gross else None


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
    told = lot.get("description")
    award = reading.object(lot, "awardCriteria", "tender.lots.")
    if not award and not shared:
        return shares_within(told)
    criteria = reading.objects(award, "criteria", "tender.lots.awardCriteria.")
    texts = [*_texts(award, ("description", "weightingDescription")), *shared]
    return shares_of(criteria, texts, told if isinstance(told, str) else "") or shares_within(told)


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


def weighted_in_text(fields: Fields, texts: Iterable[object]) -> Fields:
    """Return `fields` with the weighting that one of the texts states, when the lots state none."""
    if any(lot.quality_percent is not None for lot in fields["lots"]):
        return fields
    shares = next((found for text in texts if (found := shares_within(text))), None)
    return fields | {"quality_percent": shares[0], "cost_percent": shares[1]} if shares else fields


def _any(flags: Iterable[bool | None]) -> bool | None:
    stated = [flag for flag in flags if flag is not None]
    return any(stated) if stated else None


def closed_by_its_words(description: str | None) -> str | None:
    """Return the sentence about an advert that says itself that it has closed, None when it does not (sources.md
    section 11, trap 3)."""
    found = _CLOSED.search(description or "")
    return f"The notice says “{found['words']}”." if found else None


def eligibility(reading: Reading, parents: Iterable[Object]) -> str | None:
    """Return the conditions of participation and the least that is asked for, in the notice's words, each once."""
    found: dict[str, None] = {}
    for parent in parents:
        criteria = parent.get("selectionCriteria")
        if isinstance(criteria, dict):
            for criterion in reading.objects(criteria, "criteria", "selectionCriteria."):
                for name in ("description", "minimum"):
                    if text := reading.text(criterion, name, "selectionCriteria."):
                        found[text] = None
    return "\n\n".join(found) or None


def related(reading: Reading, release: Object) -> tuple[str, ...]:
    """Return the ocids of related processes (a framework, an earlier process)."""
    found = {
        identifier: None
        for process in reading.objects(release, "relatedProcesses", "")
        if (identifier := reading.word(process, "identifier", "relatedProcesses."))
    }
    return tuple(found)
