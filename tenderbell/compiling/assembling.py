"""One opportunity from all the notices of its process. Pure: the same notices always give the same opportunity.

A fact is the newest statement of it: what a later notice leaves out stays as it was, so a stub erases nothing
(design section 5, rule 8). What each fact comes from is kept beside it as evidence.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from tenderbell.area import Area
from tenderbell.clock import stamp, uk
from tenderbell.compiling.buyers import buyer_of, distinct
from tenderbell.compiling.disputes import disputed
from tenderbell.compiling.kinds import kind_of
from tenderbell.compiling.precedence import SeenAt, Standings, in_order, reopens_wrongly
from tenderbell.compiling.reaches import Finding, buyers_of, districts_of, reach_of
from tenderbell.compiling.stages import ended_lots, makes, stage_after
from tenderbell.compiling.values import filter_value, real, same_worth, sum_of_lots
from tenderbell.criteria import cpv_prefix
from tenderbell.decisions import Verdict
from tenderbell.notice import Lot, Money, Notice, Organisation, Subject
from tenderbell.opportunity import Change, Opportunity
from tenderbell.text import mask_personal
from tenderbell.themes import themes_of
from tenderbell.transfers import staff_transfer
from tenderbell.vocabulary import Effect, Kind, Reach, Stage

_TIMES = (
    "engagement_closes_at",
    "enquiries_close_at",
    "decision_expected_at",
    "expected_open_at",
    "starts_at",
    "ends_at",
    "extends_to",
)
_TEXTS = ("description", "eligibility", "how_to_apply", "delivery_text")
_NEWEST = (
    *_TIMES,
    "category",
    "method",
    "subjects",
    "reservations",
    "reserved_places",
    "quality_percent",
    "cost_percent",
    "sme_suitable",
    "vcse_suitable",
    "tupe",
)
"""Facts of which simply the newest statement holds."""

_VCSE_RESERVATIONS = frozenset({"smeVcse", "vcse", "publicServiceMissionOrganization", "shelteredWorkshop"})


class Story(msgspec.Struct):
    """What the notices of a process, read in order, amount to. `heeded` are those that were not set aside."""

    stage: Stage | None = None
    title: str | None = None
    lots: dict[str, Lot] = msgspec.field(default_factory=dict)
    lots_ended: frozenset[str] = frozenset()
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    evidence: dict[str, str] = msgspec.field(default_factory=dict)
    changes: list[Change] = msgspec.field(default_factory=list)
    heeded: list[Notice] = msgspec.field(default_factory=list)
    text_standings: dict[str, int] = msgspec.field(default_factory=dict)
    value_standing: int = 0
    stage_notice: Notice | None = None
    opened_by: Notice | None = None


def opportunity_id(process: str) -> str:
    """Return the id, and so the address, of a process: the end of its ocid, else a digest of its key."""
    ocid = re.fullmatch(r"ocds-([a-z0-9]{6}-[A-Za-z0-9-]{1,60})", process)
    if ocid:
        return ocid[1]
    source = re.sub(r"[^a-z0-9-]", "", process.partition(":")[0].lower()) or "notice"
    return f"{source}-{hashlib.blake2b(process.encode(), digest_size=6).hexdigest()}"


def assemble(
    notices: Sequence[Notice],
    area: Area,
    *,
    number: int,
    first_seen: datetime,
    verdict: Verdict | None = None,
    id: str | None = None,
    standings: Standings = MappingProxyType({}),
    seen_at: SeenAt = MappingProxyType({}),
) -> tuple[Opportunity, Finding] | None:
    """Return the opportunity of a process and how it relates to the area; None when no notice makes one.

    `notices` are the current versions, one per source and key, in any order. `first_seen` stands in for a publication
    date when no notice has one. `verdict` is what the operator decided where only the text speaks for the area. `id` is
    the id of its page, by default that of its process. `standings` and `seen_at` decide whose word counts when several
    sources speak (`precedence`).
    """
    ordered = in_order([masked(notice) for notice in notices], standings, seen_at)
    story = _tell(ordered, standings)
    if story.stage is None or story.stage_notice is None:
        return None
    finding = _decided(reach_of(ordered, area), verdict)
    kind, kind_evidence = kind_of(ordered, story.title)
    lots = tuple(msgspec.structs.replace(lot, value=real(lot.value)) for lot in story.lots.values())
    opportunity = Opportunity(
        number=number,
        kind=kind,
        kind_evidence=kind_evidence,
        lots=lots,
        changes=tuple(story.changes),
        statements=disputed(story.heeded, seen_at, kind),
        **_words(ordered, story),
        **_parties(ordered, area),
        **_stage(story),
        **_place(ordered, area, finding),
        **_times(ordered, story, first_seen),
        **_worth(story, kind),
        **_suitability(story, lots),
        **_subjects(story, lots),
        **_origin(ordered, id),
    )
    return opportunity, finding


def _decided(finding: Finding, verdict: Verdict | None) -> Finding:
    if verdict is None or not finding.unconfirmed:
        return finding
    if verdict is Verdict.ACCEPT:
        return Finding(Reach.LOCAL, finding.rule, f"{finding.value} The operator has confirmed that it concerns us.")
    return msgspec.structs.replace(finding, unconfirmed=False)


Fields = dict[str, Any]


def _words(ordered: Sequence[Notice], story: Story) -> Fields:
    facts = story.facts
    return {
        "title": story.title or f"Untitled notice {ordered[-1].key}",
        **{name: facts.get(name) for name in (*_TEXTS, "category", "method")},
        "tupe": facts["tupe"] if "tupe" in facts else staff_transfer((facts.get("description"),)),
    }


def _parties(ordered: Sequence[Notice], area: Area) -> Fields:
    organisations = buyers_of(ordered)
    buyers = distinct(buyer_of(organisation, area) for organisation in organisations)
    suppliers = {supplier.name: supplier for notice in ordered for supplier in notice.suppliers}
    return {
        "buyer": buyers[0].name if buyers else None,
        "buyer_id": buyers[0].id if buyers else None,
        "buyers": tuple(msgspec.structs.replace(organisation, postcode=None) for organisation in organisations),
        "suppliers": tuple(
            msgspec.structs.replace(supplier, mailbox=None, postcode=None) for supplier in suppliers.values()
        ),
    }


def _stage(story: Story) -> Fields:
    notice = story.stage_notice
    words = f"{notice.form_name or notice.form or 'Notice'} {notice.key}" if notice else None
    reason = notice.effect_reason if notice and story.stage is Stage.CANCELLED else None
    return {"stage": story.stage, "stage_evidence": words, "cancel_reason": reason}


def _place(ordered: Sequence[Notice], area: Area, finding: Finding) -> Fields:
    return {
        "reach": finding.reach or Reach.UNSTATED,
        "reach_rule": finding.rule,
        "reach_value": finding.value,
        "unconfirmed": finding.unconfirmed,
        "districts": districts_of(ordered, area) if finding.reach is Reach.LOCAL else (),
    }


def _times(ordered: Sequence[Notice], story: Story, first_seen: datetime) -> Fields:
    closes_at = story.facts.get("closes_at")
    return {
        "published_at": next((moment for notice in ordered if (moment := first_published(notice))), first_seen),
        "updated_at": ordered[-1].published_at or first_seen,
        "closes_at": closes_at,
        "rolling": story.facts.get("rolling"),
        "notice_days": notice_days(story.opened_by, closes_at),
        **{name: story.facts.get(name) for name in _TIMES},
    }


def _worth(story: Story, kind: Kind) -> Fields:
    money: Money = story.facts.get("value") or Money()
    value, basis = filter_value(story.facts.get("value"), kind)
    return {
        "value": value,
        "value_basis": basis,
        "currency": money.currency,
        "value_yearly": money.yearly,
        **{f"value_{name}": getattr(money, name) for name in ("net", "gross", "low", "high", "fund")},
    }


def _suitability(story: Story, lots: Sequence[Lot]) -> Fields:
    facts = story.facts
    return {
        "sme_suitable": _suitable(facts.get("sme_suitable"), [lot.sme_suitable for lot in lots]),
        "vcse_suitable": _suitable(facts.get("vcse_suitable"), [lot.vcse_suitable for lot in lots]),
        "reserved_vcse": bool(_VCSE_RESERVATIONS & set(facts.get("reservations", ()))),
        "reserved_places": facts.get("reserved_places", ()),
        "quality_percent": facts.get("quality_percent"),
        "cost_percent": facts.get("cost_percent"),
    }


def _subjects(story: Story, lots: Sequence[Lot]) -> Fields:
    stated: tuple[Subject, ...] = story.facts.get("subjects", ())
    subjects = tuple(subject for subject in stated if subject.scheme != "CPV" or cpv_prefix(subject.code))
    headline = "\n".join([story.title or "", *(lot.title or "" for lot in lots)])
    codes = tuple(subject.code for subject in subjects if subject.scheme == "CPV")
    themes = themes_of(codes, headline, story.facts.get("description") or "")
    evidence = story.evidence | {f"theme:{theme}": words for theme, words in themes.items()}
    return {"subjects": subjects, "themes": tuple(themes), "evidence": evidence}


def _origin(ordered: Sequence[Notice], id: str | None) -> Fields:
    newest = ordered[-1]
    return {
        "id": id or opportunity_id(newest.process),
        "source": newest.source,
        "link": next((notice.link for notice in reversed(ordered) if notice.link), None),
        "ocids": _distinct(notice.ocid for notice in ordered if notice.ocid),
        "notices": _distinct(notice.key for notice in reversed(ordered)),
        "sources": _distinct(notice.source for notice in reversed(ordered)),
        "references": _distinct(reference for notice in ordered for reference in notice.references),
        "related": _distinct(related for notice in ordered for related in notice.related),
        "doubts": _distinct(doubt for notice in ordered for doubt in notice.doubts),
    }


def masked(notice: Notice) -> Notice:
    """Return the notice as it may be published: officers' addresses and telephone numbers masked in all its texts
    (ruling 16)."""
    lots = tuple(
        msgspec.structs.replace(lot, title=mask_personal(lot.title), description=mask_personal(lot.description))
        for lot in notice.lots
    )
    texts = {name: mask_personal(getattr(notice, name)) for name in ("title", "effect_reason", *_TEXTS)}
    return msgspec.structs.replace(
        notice,
        lots=lots,
        buyers=_masked_names(notice.buyers),
        suppliers=_masked_names(notice.suppliers),
        subjects=tuple(
            msgspec.structs.replace(subject, label=mask_personal(subject.label)) for subject in notice.subjects
        ),
        **texts,
    )


def _masked_names(organisations: Sequence[Organisation]) -> tuple[Organisation, ...]:
    return tuple(
        msgspec.structs.replace(organisation, name=mask_personal(organisation.name)) for organisation in organisations
    )


def _tell(ordered: Sequence[Notice], standings: Standings) -> Story:
    """Read the notices in order, keeping the newest statement of each fact and noting what changed."""
    story = Story()
    for notice in ordered:
        before = _watched(story)
        if reopens_wrongly(notice, story.stage, story.stage_notice, standings):
            continue
        story.heeded.append(notice)
        _take_texts(story, notice, standings.get(notice.source, 0))
        _take_facts(story, notice)
        _take_value(story, notice, standings.get(notice.source, 0))
        _take_lots(story, notice)
        _take_stage(story, notice)
        if before["stage"] is not None:
            story.changes += _changes(before, _watched(story), notice)
    return story


def _take_texts(story: Story, notice: Notice, standing: int) -> None:
    """Take the notice's words, unless a source of higher standing has said it in its own: a portal's list cuts titles
    and descriptions short."""
    for name in ("title", *_TEXTS):
        stated = getattr(notice, name)
        if stated and standing >= story.text_standings.get(name, 0):
            story.text_standings[name] = standing
            if name == "title":
                story.title = stated
            else:
                story.facts[name] = stated


def _take_facts(story: Story, notice: Notice) -> None:
    for name in _NEWEST:
        stated = getattr(notice, name)
        if stated is not None and stated != ():
            story.facts[name] = stated
    if notice.rolling and notice.effect is Effect.OPEN:
        story.facts["rolling"] = True
        story.facts.pop("closes_at", None)
        story.evidence["closes_at"] = f"{notice.closes_evidence or 'It has no deadline'}, in notice {notice.key}."
    elif notice.closes_at is not None and notice.effect in (Effect.OPEN, Effect.CLOSE):
        story.facts["closes_at"] = notice.closes_at
        story.facts.pop("rolling", None)
        story.evidence["closes_at"] = f"{notice.closes_evidence or 'The deadline'}, in notice {notice.key}."
    elif notice.dynamic_market and notice.effect is Effect.OPEN:
        # A market's intention may have a deadline for remarks; the market itself stays open (ruling 11).
        story.facts.pop("closes_at", None)
    elif notice.closes_at is not None and notice.effect in (Effect.PLAN, Effect.ENGAGE):
        story.evidence["expected_closes_at"] = f"Notice {notice.key} expects bids by {stamp(notice.closes_at)}."


def _take_value(story: Story, notice: Notice, standing: int) -> None:
    """Take the notice's value, unless a source of higher standing has stated the same amount more fully: Contracts
    Finder gives only the net of what Find a Tender gives with and without VAT."""
    value = real(notice.value) or sum_of_lots(notice.lots)
    if value is None or (same_worth(story.facts.get("value"), value) and standing < story.value_standing):
        return
    story.facts["value"], story.value_standing = value, standing
    story.evidence["value"] = (
        f"In notice {notice.key}." if real(notice.value) else f"The lots of {notice.key} added up."
    )


def _take_lots(story: Story, notice: Notice) -> None:
    if notice.effect in (Effect.OPEN, Effect.PLAN, Effect.ENGAGE) and notice.lots:
        story.lots = {lot.id: lot for lot in notice.lots}
    else:
        story.lots = {lot.id: lot for lot in notice.lots} | story.lots
    story.lots_ended = ended_lots(notice, story.lots_ended, frozenset(story.lots))
    for id in story.lots_ended:
        story.lots[id] = msgspec.structs.replace(story.lots[id], status="cancelled")


def _take_stage(story: Story, notice: Notice) -> None:
    if notice.effect is Effect.OPEN and story.opened_by is None:
        story.opened_by = notice
    after = stage_after(story.stage, notice, story.lots_ended, frozenset(story.lots))
    if after is not story.stage or makes(notice, after):
        story.stage_notice = notice
    story.stage = after


def _watched(story: Story) -> dict[str, str | None]:
    closes: datetime | None = story.facts.get("closes_at")
    value, _ = filter_value(story.facts.get("value"), Kind.CONTRACT)
    return {
        "stage": story.stage.value if story.stage else None,
        "title": story.title,
        "closes_at": stamp(closes) if closes else None,
        "value": None if value is None else f"{value:.2f}".removesuffix(".00"),
        "lots_cancelled": str(len(story.lots_ended)) if story.lots_ended else None,
    }


def _changes(before: dict[str, str | None], after: dict[str, str | None], notice: Notice) -> list[Change]:
    return [
        Change(field, old, after[field], notice.published_at, notice.key)
        for field, old in before.items()
        if old != after[field]
    ]


def first_published(notice: Notice) -> datetime | None:
    """Return when a notice was first published, None when it does not say."""
    return notice.first_published_at or notice.published_at


def notice_days(opened_by: Notice | None, closes_at: datetime | None) -> int | None:
    """Return the UK calendar days from the first tender notice to the deadline; None when either is not known, or
    when the first notice that we have only updates one that we never saw and does not say when that was published."""
    if opened_by is None or closes_at is None or (opened_by.update and opened_by.first_published_at is None):
        return None
    opened_at = first_published(opened_by)
    return max(0, (uk(closes_at).date() - uk(opened_at).date()).days) if opened_at else None


def _suitable(stated: bool | None, of_lots: list[bool | None]) -> bool | None:
    if stated or any(of_lots):
        return True
    return False if stated is False or (of_lots and all(lot is False for lot in of_lots)) else None


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
