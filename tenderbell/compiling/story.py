"""What the notices of a process amount to, told in order: the newest statement of each fact, the stage, what changed.

What a later notice leaves out stays as it was, so a stub erases nothing (promise 8).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from tenderbell.advert import SOURCE
from tenderbell.clock import stamp
from tenderbell.compiling.disputes import Saying, deadline_said
from tenderbell.compiling.precedence import Standings, reopens_wrongly
from tenderbell.compiling.stages import ended_lots, makes, stage_after
from tenderbell.compiling.values import filter_value, real, same_worth, sum_of_lots
from tenderbell.notice import Lot, Notice
from tenderbell.opportunity import Change
from tenderbell.vocabulary import Effect, Kind, Stage

TIMES = (
    "engagement_closes_at",
    "enquiries_close_at",
    "decision_expected_at",
    "expected_open_at",
    "starts_at",
    "ends_at",
    "extends_to",
)
TEXTS = (
    "description", "eligibility", "how_to_apply", "delivery_text", "scoring", "minimum_requirements", "monitoring",
    "feedback",
)  # fmt: skip
_NEWEST = (
    *TIMES,
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
    "contact",
    "glossary",
    "awarded_at",
)
"""Facts of which simply the newest statement holds."""


class Story(msgspec.Struct):
    """What the notices of a process, read in order, amount to. `sayings` are what they say of the facts on which
    sources disagree at times. `first_early_at` is the first plan or early talk before it opened, `award_published_at`
    the first notice of the award that stands."""

    stage: Stage | None = None
    title: str | None = None
    lots: dict[str, Lot] = msgspec.field(default_factory=dict)
    lots_ended: frozenset[str] = frozenset()
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    evidence: dict[str, str] = msgspec.field(default_factory=dict)
    changes: list[Change] = msgspec.field(default_factory=list)
    sayings: list[Saying] = msgspec.field(default_factory=list)
    text_standings: dict[str, int] = msgspec.field(default_factory=dict)
    value_standing: int = 0
    stage_notice: Notice | None = None
    opened_by: Notice | None = None
    first_early_at: datetime | None = None
    award_published_at: datetime | None = None


def tell(ordered: Sequence[Notice], standings: Standings) -> Story:
    """Read the notices in order, keeping the newest statement of each fact and noting what changed."""
    story = Story()
    for notice in ordered:
        if _withdraws_only_itself(notice, ordered):
            continue
        before = _watched(story)
        if reopens_wrongly(notice, story.stage, story.stage_notice, standings):
            continue
        _take_texts(story, notice, standings.get(notice.source, 0))
        _take_facts(story, notice)
        _take_deadline(story, notice)
        _take_value(story, notice, standings.get(notice.source, 0))
        _take_lots(story, notice)
        _take_stage(story, notice)
        if before["stage"] is not None:
            story.changes += _changes(before, _watched(story), notice)
    return story


def _withdraws_only_itself(notice: Notice, ordered: Sequence[Notice]) -> bool:
    """Return whether a notice withdraws an advert written here of something that another source advertises too: that
    goes on, for it is the other source's to cancel."""
    if notice.source != SOURCE or notice.effect is not Effect.CANCEL:
        return False
    return any(other.source != SOURCE and other.effect is Effect.OPEN for other in ordered)


def _take_texts(story: Story, notice: Notice, standing: int) -> None:
    """Take the notice's words, unless a source of higher standing has said it in its own: a portal's list cuts titles
    and descriptions short."""
    for name in ("title", *TEXTS):
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


def _take_deadline(story: Story, notice: Notice) -> None:
    """Take the deadline, or that there is none by design."""
    if notice.rolling and notice.effect is Effect.OPEN:
        story.facts["rolling"] = True
        story.facts.pop("closes_at", None)
        story.evidence["closes_at"] = f"{notice.closes_evidence or 'It has no deadline'}, in notice {notice.key}."
        story.sayings.append(deadline_said(notice))
    elif notice.closes_at is not None and notice.effect in (Effect.OPEN, Effect.CLOSE):
        story.facts["closes_at"] = notice.closes_at
        story.facts.pop("rolling", None)
        story.evidence["closes_at"] = f"{notice.closes_evidence or 'The deadline'}, in notice {notice.key}."
        story.sayings.append(deadline_said(notice))
    elif notice.dynamic_market and notice.effect is Effect.OPEN:
        # A market's intention may have a deadline for remarks; the market itself stays open (ruling 11).
        story.facts.pop("closes_at", None)
    elif notice.closes_at is not None and notice.effect in (Effect.PLAN, Effect.ENGAGE):
        story.evidence["expected_closes_at"] = f"Notice {notice.key} expects bids by {stamp(notice.closes_at)}."


def _take_value(story: Story, notice: Notice, standing: int) -> None:
    """Take the notice's value, unless a source of higher standing has stated the same amount more fully: Contracts
    Finder gives only the net of what Find a Tender gives with and without VAT."""
    value = real(notice.value) or sum_of_lots(notice.lots)
    if value is None:
        return
    is_known = same_worth(story.facts.get("value"), value) and standing < story.value_standing
    story.sayings.append(Saying("value", notice, money=value, followed=not is_known))
    if is_known:
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
    if notice.effect in (Effect.PLAN, Effect.ENGAGE) and story.opened_by is None and story.first_early_at is None:
        story.first_early_at = first_published(notice)
    after = stage_after(story.stage, notice, story.lots_ended, frozenset(story.lots))
    if notice.effect is Effect.AWARD and (story.stage is not Stage.AWARDED or story.award_published_at is None):
        story.award_published_at = first_published(notice)
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
