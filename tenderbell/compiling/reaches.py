"""Does it concern the area? Rules A to F of sources.md section 7, each with the value that decided it."""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tenderbell.area import Area, plain_name
from tenderbell.compiling.buyers import body_of
from tenderbell.notice import Notice, Organisation
from tenderbell.vocabulary import Reach

_POSTCODE = re.compile(r"^([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9][A-Z]{2})$")


class Placing(msgspec.Struct, frozen=True):
    """How a process relates to the area. `reach` None means that it is clearly about somewhere else. `unconfirmed`
    when only its text, or a postcode shared with a neighbour, speaks for the area (ruling 17)."""

    reach: Reach | None
    rule: str
    value: str
    unconfirmed: bool = False


_NEARER = (Reach.LOCAL, Reach.REGIONAL, Reach.NATIONAL, Reach.UNSTATED, None)


def nearest(notices: Sequence[Notice], area: Area) -> Placing:
    """Return how a process relates to the area when several sources speak of it: what each of them says is looked at by
    itself, and the nearest counts. A consortium's award does not take a local advert out of the area."""
    sources = dict.fromkeys(notice.source for notice in reversed(notices))
    found = [reach_of([notice for notice in notices if notice.source == source], area) for source in sources]
    return min(found, key=lambda placing: (_NEARER.index(placing.reach), placing.unconfirmed))


def reach_of(notices: Sequence[Notice], area: Area) -> Placing:
    """Return how a process relates to the area, given its notices oldest first. Only buyers and delivery are looked
    at, never suppliers."""
    if area.everything:
        return Placing(Reach.LOCAL, "all", f"This edition holds everything in {area.name}.")
    buyers, regions = buyers_of(notices), _latest(notices, "delivery_regions")
    places = _latest(notices, "reserved_places")
    strong = (
        _by_buyer(buyers, regions, area)
        or _by_delivery(regions, area)
        or _by_reservation(places, area)
        or _by_address(buyers, area)
    )
    if strong:
        return strong
    wider = _by_source(notices) or _by_foreign_reservation(places, area) or _by_wider_delivery(regions, area)
    if wider.reach is Reach.LOCAL:
        return wider
    return _by_text(notices, area, wider) or _by_shared_postcode(buyers, regions, area, wider) or wider


def buyers_of(notices: Sequence[Notice]) -> tuple[Organisation, ...]:
    """Return the buyers that the newest notice with buyers names, then those whom only another source names."""
    found: dict[str, Organisation] = {}
    for source in dict.fromkeys(notice.source for notice in reversed(notices)):
        for buyer in _latest([notice for notice in notices if notice.source == source], "buyers"):
            found.setdefault(plain_name(buyer.name), buyer)
    return tuple(found.values())


def _latest(notices: Sequence[Notice], field: str) -> tuple:  # type: ignore[type-arg]
    return next((value for notice in reversed(notices) if (value := getattr(notice, field))), ())


def _by_buyer(buyers: Iterable[Organisation], regions: Sequence[str], area: Area) -> Placing | None:
    elsewhere = bool(regions) and not any(_may_be_here(region, area) for region in regions)
    for buyer in buyers:
        if (body := body_of(buyer, area)) and not (body.shared and elsewhere):
            by_id = next((id for id in buyer.ids if id.upper() in area.body_by_id), "by its name")
            return Placing(Reach.LOCAL, "A", f"The buyer is {body.name} ({by_id}).")
    return None


def _may_be_here(region: str, area: Area) -> bool:
    known = region in area.regional_codes or region in area.national_codes
    return known or region.startswith(area.codes) or outward_code(region) in area.postcode_by_code


def _by_delivery(regions: Iterable[str], area: Area) -> Placing | None:
    for region in regions:
        if region.startswith(area.codes):
            return Placing(Reach.LOCAL, "B", f"The work is delivered in {area.name} (region {region}).")
        known = area.postcode_by_code.get(outward_code(region) or "")
        if known and not known.partial:
            return Placing(Reach.LOCAL, "B", f"The work is delivered in {area.name} (postcode {known.code}).")
    return None


def _by_reservation(places: Iterable[str], area: Area) -> Placing | None:
    names = {area.gss: area.name, **{district.gss: district.name for district in area.districts}}
    for place in places:
        if place in names:
            return Placing(Reach.LOCAL, "C", f"It is reserved for suppliers of {names[place]} ({place}).")
    return None


def _by_foreign_reservation(places: Sequence[str], area: Area) -> Placing | None:
    """Return that it is about somewhere else when nobody of the area may apply: it is reserved for suppliers of other
    places. The codes of whole countries and of the region include the area."""
    if not places or any(place in area.national_codes or place in area.regional_codes for place in places):
        return None
    return Placing(None, "C", f"It is reserved for suppliers of {', '.join(places[:3])}.")


def _by_address(buyers: Iterable[Organisation], area: Area) -> Placing | None:
    for buyer in buyers:
        if buyer.region and buyer.region.startswith(area.codes):
            return Placing(Reach.LOCAL, "D", f"{buyer.name} sits in {area.name} (region {buyer.region}).")
        code = outward_code(buyer.postcode)
        known = area.postcode_by_code.get(code or "")
        if known and not known.partial:
            return Placing(Reach.LOCAL, "D", f"{buyer.name} sits in {area.name} (postcode {code}).")
    return None


def _by_shared_postcode(
    buyers: Iterable[Organisation], regions: Iterable[str], area: Area, wider: Placing
) -> Placing | None:
    named = [("The work is delivered", outward_code(region), "B") for region in regions]
    named += [(f"{buyer.name} sits", outward_code(buyer.postcode), "D") for buyer in buyers]
    for subject, code, rule in named:
        known = area.postcode_by_code.get(code or "")
        if known and known.partial:
            words = f"{subject} in {code}, part of which lies in {area.name}."
            return Placing(wider.reach or Reach.UNSTATED, rule, words, unconfirmed=True)
    return None


def _by_source(notices: Sequence[Notice]) -> Placing | None:
    for notice in reversed(notices):
        if notice.reach:
            return Placing(notice.reach, "source", "The source says so of everything that it publishes.")
    return None


def _by_wider_delivery(regions: Sequence[str], area: Area) -> Placing:
    if not regions:
        return Placing(Reach.UNSTATED, "E", "The notice names no place of delivery.")
    english = area.english_regions
    named = [f"UK{region[2:]}" if region.startswith("TL") else region for region in regions]
    if english and all(any(region.startswith(code) for region in named) for code in english):
        return Placing(Reach.NATIONAL, "E", "The notice names every region of England.")
    for region in regions:
        if region in area.regional_codes:
            return Placing(Reach.REGIONAL, "E", f"The work is delivered in {region}, which includes {area.name}.")
    for region in regions:
        if region in area.national_codes:
            return Placing(Reach.NATIONAL, "E", f"The work is delivered in {region}, which includes {area.name}.")
    return Placing(None, "E", f"The work is delivered in {', '.join(sorted(set(regions))[:3])}.")


def _by_text(notices: Sequence[Notice], area: Area, wider: Placing) -> Placing | None:
    for notice in reversed(notices):
        if place := next(places_in(notice_text(notice), area), None):
            words = f"Its text names {place}; nothing else connects it with {area.name}."
            return Placing(wider.reach or Reach.UNSTATED, "F", words, unconfirmed=True)
    return None


def notice_text(notice: Notice) -> str:
    """Return what rule F reads of a notice: title, description, place of delivery and lots."""
    lots = (text for lot in notice.lots for text in (lot.title, lot.description))
    return "\n".join(text for text in (notice.title, notice.description, notice.delivery_text, *lots) if text)


def places_in(text: str, area: Area) -> Iterator[str]:
    """Yield the area's places that a text names, in the words of the text; excluded names hide what lies in them."""
    pattern = area.place_pattern
    if pattern is None:
        return iter(())
    return (found["place"] for found in pattern.finditer(text) if found["place"])


def districts_of(notices: Sequence[Notice], area: Area) -> tuple[str, ...]:
    """Return the slugs of the districts that a local process names: by its buyers, by reservation, or in the title,
    lots and place of delivery, else in the description. Empty when it concerns the whole area."""
    codes = {body.district for buyer in buyers_of(notices) if (body := body_of(buyer, area))}
    codes |= set(_latest(notices, "reserved_places"))
    found = {district.slug for district in area.districts if district.gss in codes}
    if not found:
        newest = notices[-1]
        headline = [newest.title or "", newest.delivery_text or "", *(lot.title or "" for lot in newest.lots)]
        found = _districts_in("\n".join(headline), area) or _districts_in(newest.description or "", area)
    return tuple(district.slug for district in area.districts if district.slug in found)


def _districts_in(text: str, area: Area) -> set[str]:
    slugs = {district.gss: district.slug for district in area.districts}
    named = (area.district_by_place.get(" ".join(place.lower().split())) for place in places_in(text, area))
    return {slugs[gss] for gss in named if gss}


def outward_code(postcode: str | None) -> str | None:
    """Return "GL50" for "GL502RH" or "GL50 2RH"; None for anything that is no whole postcode."""
    found = _POSTCODE.match(" ".join((postcode or "").upper().split()))
    return found[1] if found else None
