"""What a portal's advert says, in the portal's own words, and the notice that it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from spiders.words.kinds import stated_by
from tenderbell.area import Area, Body
from tenderbell.clock import stamp
from tenderbell.edition import Source
from tenderbell.errors import SettingError
from tenderbell.notice import Notice, Organisation, Raw, Subject
from tenderbell.references import portal_references
from tenderbell.text import is_role_mailbox, safe_link
from tenderbell.vocabulary import Effect, Kind
from tenderbell.wording import amounts, dates

NOT_STATED = frozenset(
    {"", "-", "–", "n/a", "na", "none", "tbc", "tbd", "not stated", "not applicable", "not specified"}
)
_CPV = re.compile(r"(?<!\d)(\d{8})(?:-\d)?(?!\d)[ \t]*[-–:]?[ \t]*([^\d\n;|]{3,120})?")
_CATEGORIES = {"good": "goods", "suppl": "goods", "service": "services", "work": "works"}
_GRANT = re.compile(r"(?i)\bgrants?\b")
_FRAMEWORK = re.compile(r"(?i)\bframework\b(?! call-?off)")
_DYNAMIC = re.compile(r"(?i)\bdynamic (?:market|purchasing)|\bDPS\b")
_CONCESSION = re.compile(r"(?i)\bconcession")
_TALKS = re.compile(r"(?i)\b(?:market|early|supplier) engagement\b|\bsoft market\b|\brequest for information\b")


@dataclass
class Advert:
    """One advert as its portal words it; absent is None. `closes_from` names the field of the deadline, `closes_words`
    says the deadline to people and `closes_at` is the instant, where `closes` alone does not do; `sort` is what the
    portal calls the type of the procedure, `reference` the number by which people call it."""

    title: str | None
    reference: str | None = None
    buyer: str | None = None
    link: str | None = None
    description: str | None = None
    effect: Effect = Effect.OPEN
    opens: str | None = None
    closes: str | None = None
    closes_from: str = "deadline"
    closes_words: str | None = None
    closes_at: datetime | None = None
    value: str | None = None
    sort: str | None = None
    category: str | None = None
    subjects: str | None = None
    region: str | None = None
    mailbox: str | None = None
    starts: str | None = None
    ends: str | None = None
    doubts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Buyers:
    """Who stands behind the names that a portal uses: bodies of the area where the edition says so."""

    bodies: Mapping[str, Body]
    owner: Organisation | None

    def named(self, name: str | None) -> tuple[Organisation, ...]:
        """Return the buyer of a name, the portal's owner for an advert that names none."""
        if name is None:
            return (self.owner,) if self.owner else ()
        body = self.bodies.get(name.casefold())
        return (organisation(body) if body else Organisation(name, roles=("buyer",)),)


def organisation(body: Body) -> Organisation:
    """Return a body of the area as a buyer."""
    return Organisation(body.name, body.ids, ("buyer",), postcode=body.postcode)


def buyers_of(source: Source, area: Area, names: Mapping[str, str]) -> Buyers:
    """Return the buyers of a portal; `names` maps what it calls them to bodies of the area. Raises SettingError for a
    body that the area does not have."""
    for body in names.values():
        if body not in area.body_by_slug:
            raise SettingError(f"source {source.id}: options: buyers names {body!r}, which is no body of the area.")
    bodies = {name.casefold(): area.body_by_slug[body] for name, body in names.items()}
    owner = area.body_by_slug.get(source.buyer or "")
    if source.buyer is None:
        return Buyers(bodies, None)
    return Buyers(bodies, organisation(owner) if owner else Organisation(source.buyer, roles=("buyer",)))


def notice_of(raw: Raw, advert: Advert, source: Source, buyers: Buyers) -> Notice:
    """Return the notice that an advert is. What cannot be read becomes a doubt."""
    opens = _instant(advert, "opens", dates.published)
    closes, talks_close, evidence = _deadlines(advert, opens)
    words = f"{advert.sort or ''} {advert.title or ''}"
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=advert.title,
        order=stamp(opens) if opens else "",
        form=advert.sort or "advert",
        form_name=f"Advert on “{source.title}”",
        effect=effect_of(advert),
        published_at=opens,
        description=advert.description,
        link=safe_link(advert.link),
        buyers=_with_mailbox(buyers.named(advert.buyer), advert.mailbox),
        **_kind(advert, source),
        reach=source.reach,
        framework=True if _FRAMEWORK.search(advert.sort or "") else None,
        concession=True if _CONCESSION.search(advert.sort or "") else None,
        dynamic_market=True if _DYNAMIC.search(words) else None,
        category=_category(advert.category),
        method=advert.sort,
        subjects=subjects_of(advert.subjects),
        delivery_text=stated(advert.region),
        closes_at=closes,
        closes_evidence=evidence,
        engagement_closes_at=talks_close,
        starts_at=_instant(advert, "starts", dates.published),
        ends_at=_instant(advert, "ends", dates.deadline),
        value=_value(advert),
        contact=True if stated(advert.mailbox) else None,
        references=_references(advert),
        doubts=tuple(advert.doubts),
    )


def stated(text: str | None) -> str | None:
    """Return a cell's words, None for what stands for nothing ("N/A")."""
    return None if text is None or text.strip().casefold() in NOT_STATED else text.strip()


def effect_of(advert: Advert) -> Effect:
    """Return what an advert does: an open one whose type is a talk with the market opens nothing yet."""
    is_talk = advert.effect is Effect.OPEN and _TALKS.search(advert.sort or "")
    return Effect.ENGAGE if is_talk else advert.effect


def _deadlines(advert: Advert, opens: datetime | None) -> tuple[datetime | None, datetime | None, str | None]:
    """Return (deadline, end of the talks, evidence). What a plan or an award names is no deadline."""
    effect = effect_of(advert)
    if effect not in (Effect.OPEN, Effect.ENGAGE):
        return None, None, None
    closes = advert.closes_at or _instant(advert, "closes", lambda text: dates.deadline(text, opens))
    words = (advert.closes_words or advert.closes or "").strip()[:120]
    evidence = f"{advert.closes_from}: “{words}”" if closes else None
    return (closes, None, evidence) if effect is Effect.OPEN else (None, closes, None)


def _instant(advert: Advert, name: str, read: Any) -> datetime | None:
    written = stated(getattr(advert, name))
    if written is None:
        return None
    instant: datetime | None = read(written)
    if instant is None:
        what = advert.closes_from if name == "closes" else f"date “{name}”"
        advert.doubts.append(f"The {what}, {written[:40]!r}, is no date that exists.")
    return instant


def _value(advert: Advert) -> Any:
    written = stated(advert.value)
    if written is None:
        return None
    money = amounts.money(written)
    if money is None:
        advert.doubts.append(f"The value, {written[:40]!r}, could not be read.")
    return money


def _kind(advert: Advert, source: Source) -> dict[str, Any]:
    """Return the kind where the portal itself says it, else what the edition says of the whole portal (ruling 12)."""
    if advert.sort and _GRANT.search(advert.sort):
        return {"kind": Kind.GRANT, "kind_evidence": f"The portal's type of the advert is “{advert.sort[:80]}”."}
    return stated_by(source)


def _category(text: str | None) -> str | None:
    words = (stated(text) or "").lower()
    found = {meant for stem, meant in _CATEGORIES.items() if stem in words}
    return found.pop() if len(found) == 1 else None


def subjects_of(text: str | None) -> tuple[Subject, ...]:
    """Return the CPV codes in a text, each with the label that follows it."""
    found: dict[str, Subject] = {}
    for code, label in _CPV.findall(text or ""):
        found.setdefault(code, Subject(code, label.strip(" -–,.()") or None))
    return tuple(found.values())


def _with_mailbox(buyers: tuple[Organisation, ...], mailbox: str | None) -> tuple[Organisation, ...]:
    if len(buyers) != 1 or not is_role_mailbox(mailbox):
        return buyers
    buyer = buyers[0]
    return (Organisation(buyer.name, buyer.ids, buyer.roles, buyer.region, buyer.postcode, mailbox),)


def _references(advert: Advert) -> tuple[str, ...]:
    """Return the advert's own reference in all its forms. What its words mention is another advert's, unless it has
    none of its own (ruling 19)."""
    own = stated(advert.reference)
    if own is None:
        return portal_references(advert.title)
    return tuple(dict.fromkeys([own, *portal_references(own)]))
