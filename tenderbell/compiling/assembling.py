"""One opportunity from all the notices of its process. Pure: the same notices always give the same opportunity.

A fact is the newest statement of it: what a later notice leaves out stays as it was, so a stub erases nothing
(promise 8). What each fact comes from is kept beside it as evidence.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.code import findings_of
from tenderbell.compiling.buyers import buyer_of, distinct
from tenderbell.compiling.disputes import disputed
from tenderbell.compiling.kinds import kind_of
from tenderbell.compiling.precedence import SeenAt, Standings, in_order
from tenderbell.compiling.reaches import Placing, buyers_of, districts_of, nearest
from tenderbell.compiling.story import TEXTS, TIMES, Story, first_published, tell
from tenderbell.compiling.values import filter_value, real
from tenderbell.criteria import cpv_prefix
from tenderbell.decisions import Verdict
from tenderbell.notice import Lot, Money, Notice, Organisation, Subject
from tenderbell.opportunity import Opportunity
from tenderbell.text import impersonal, impersonal_link, mask_personal
from tenderbell.themes import themes_of
from tenderbell.transfers import staff_transfer
from tenderbell.vocabulary import Kind, Reach, Stage
from tenderbell.wording import statements

_MASKED = ("title", "effect_reason", "form_name", "method", "kind_evidence", "closes_evidence")
"""Texts besides the long ones in which an officer's address may stand."""

_VCSE_RESERVATIONS = frozenset({"smeVcse", "vcse", "publicServiceMissionOrganization", "shelteredWorkshop"})


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
) -> tuple[Opportunity, Placing] | None:
    """Return the opportunity of a process and how it relates to the area; None when no notice makes one.

    `notices` are the current versions, one per source and key, in any order. `first_seen` stands in for a publication
    date when no notice has one. `verdict` is what the operator decided where only the text speaks for the area. `id` is
    the id of its page, by default that of its process. `standings` and `seen_at` decide whose word counts when several
    sources speak (`precedence`).
    """
    ordered = in_order([masked(notice) for notice in notices], standings, seen_at)
    story = tell(ordered, standings)
    if story.stage is None or story.stage_notice is None:
        return None
    placing = _decided(nearest(ordered, area), verdict)
    opportunity = Opportunity(
        number=number,
        changes=tuple(story.changes),
        **_words(ordered, story),
        **_parties(ordered, area),
        **_stage(story),
        **_place(ordered, area, placing),
        **_times(ordered, story, first_seen),
        **_by_kind(ordered, story, seen_at),
        **_by_lots(story),
        **_origin(ordered, id),
    )
    return msgspec.structs.replace(opportunity, findings=findings_of(opportunity)), placing


def _decided(placing: Placing, verdict: Verdict | None) -> Placing:
    if verdict is None or not placing.unconfirmed:
        return placing
    if verdict is Verdict.ACCEPT:
        return Placing(Reach.LOCAL, placing.rule, f"{placing.value} The operator has confirmed that it concerns us.")
    return msgspec.structs.replace(placing, unconfirmed=False)


Fields = dict[str, Any]


def _by_kind(ordered: Sequence[Notice], story: Story, seen_at: SeenAt) -> Fields:
    """Return the kind, and what is read by it: what it is worth, and where sources disagree."""
    kind, evidence = kind_of(list(ordered), story.title)
    stated = disputed(story.sayings, seen_at, kind)
    return {"kind": kind, "kind_evidence": evidence, "statements": stated, **_worth(story, kind)}


def _by_lots(story: Story) -> Fields:
    """Return the lots, and what they say together with the whole."""
    lots = tuple(msgspec.structs.replace(lot, value=real(lot.value)) for lot in story.lots.values())
    return {"lots": lots, **_suitability(story, lots), **_subjects(story, lots)}


def _words(ordered: Sequence[Notice], story: Story) -> Fields:
    facts = story.facts
    return {
        "title": story.title or f"Untitled notice {ordered[-1].key}",
        **{name: facts.get(name) for name in (*TEXTS, "category", "method")},
        **_said_in_text(facts),
    }


def _said_in_text(facts: Fields) -> Fields:
    """Return what only the running text may say, where no notice has a field for it."""
    text = facts.get("description")
    around = "\n".join(filter(None, (text, facts.get("how_to_apply"))))
    return {
        "tupe": facts["tupe"] if "tupe" in facts else staff_transfer((text,)),
        "monitoring": facts.get("monitoring") or statements.monitoring(text),
        "feedback": facts.get("feedback") or statements.feedback(text),
        "contact": facts.get("contact") or statements.contact(around),
        "glossary": facts.get("glossary") or statements.glossary(text),
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


def _place(ordered: Sequence[Notice], area: Area, placing: Placing) -> Fields:
    return {
        "reach": placing.reach or Reach.UNSTATED,
        "reach_rule": placing.rule,
        "reach_value": placing.value,
        "unconfirmed": placing.unconfirmed,
        "districts": districts_of(ordered, area) if placing.reach is Reach.LOCAL else (),
    }


def _times(ordered: Sequence[Notice], story: Story, first_seen: datetime) -> Fields:
    closes_at = story.facts.get("closes_at")
    return {
        "published_at": next((moment for notice in ordered if (moment := first_published(notice))), first_seen),
        "updated_at": ordered[-1].published_at or first_seen,
        "closes_at": closes_at,
        "rolling": story.facts.get("rolling"),
        "notice_days": notice_days(story.opened_by, closes_at),
        **_warning(story, closes_at),
        "awarded_at": _awarded_at(story),
        **{name: story.facts.get(name) for name in TIMES},
    }


def _warning(story: Story, closes_at: datetime | None) -> Fields:
    """Return when the first early notice came, and the UK calendar days from it to the deadline."""
    early = story.first_early_at
    days = (uk(closes_at).date() - uk(early).date()).days if early and closes_at else None
    return {"first_early_at": early, "warning_days": days if days is None or days >= 0 else None}


def _awarded_at(story: Story) -> datetime | None:
    """Return when the award was made or, failing that, published; None unless it stands awarded."""
    if story.stage is not Stage.AWARDED:
        return None
    return story.facts.get("awarded_at") or story.award_published_at


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
    texts = {name: mask_personal(getattr(notice, name)) for name in (*_MASKED, *TEXTS)}
    return msgspec.structs.replace(
        notice,
        lots=lots,
        buyers=_masked_names(notice.buyers),
        suppliers=_masked_names(notice.suppliers),
        references=impersonal(notice.references),
        doubts=tuple(mask_personal(doubt) or "" for doubt in notice.doubts),
        link=impersonal_link(notice.link),
        subjects=tuple(
            msgspec.structs.replace(subject, label=mask_personal(subject.label)) for subject in notice.subjects
        ),
        **texts,
    )


def _masked_names(organisations: Sequence[Organisation]) -> tuple[Organisation, ...]:
    return tuple(
        msgspec.structs.replace(organisation, name=mask_personal(organisation.name)) for organisation in organisations
    )


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
