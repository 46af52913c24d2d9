"""Preflight: what a draft advert would be shown to say, before it is published. Nothing of it is kept."""

from datetime import datetime

from tenderbell.advert import Advert, notice_of
from tenderbell.area import Area
from tenderbell.drafts import opportunity_of, read_draft
from tenderbell.notice import Notice, Record
from tenderbell.opportunity import Opportunity
from tenderbell.pages.findings import FindingsShown, findings_shown
from tenderbell.pages.reasons import Fact
from tenderbell.pages.understood import understood_draft
from tenderbell.text import LONGEST_DESCRIPTION
from tenderbell.vocabulary import Result


class Preflight(Record, frozen=True, omit_defaults=True):
    """What a draft would get. `understood` is what was read of it, field by field; `summary` says how many of its
    findings are met; `was_cut` when only its beginning was read; `doubts` are sentences about what was not clear."""

    findings: FindingsShown
    understood: tuple[Fact, ...]
    summary: str
    was_cut: bool
    doubts: tuple[str, ...]


def look_over(draft: str, area: Area, now: datetime) -> Preflight | None:
    """Return what a pasted draft would get if it were published at `now`; None when there are no words in it."""
    if not draft.strip():
        return None
    return look_over_notice(read_draft(draft, now), area, now, was_cut=len(draft.strip()) > LONGEST_DESCRIPTION)


def look_over_advert(advert: Advert, area: Area, now: datetime) -> Preflight | None:
    """Return what an advert from the short form would get if it were published at `now`; None when it is empty."""
    if advert == Advert():
        return None
    return look_over_notice(notice_of(advert, "draft", None, now), area, now)


def look_over_notice(notice: Notice, area: Area, now: datetime, *, was_cut: bool = False) -> Preflight | None:
    """Return what an advert would get, as a notice published at `now`; None when it opens nothing."""
    opportunity = opportunity_of(notice, area, now)
    if opportunity is None:
        return None
    return Preflight(
        findings=findings_shown(opportunity, area, "draft"),
        understood=tuple(understood_draft(opportunity, area)),
        summary=_summary(opportunity),
        was_cut=was_cut,
        doubts=(*opportunity.doubts, *_passed(opportunity, now)),
    )


def _passed(opportunity: Opportunity, now: datetime) -> tuple[str, ...]:
    closes = opportunity.closes_at
    return ("The deadline that it gives has passed.",) if closes is not None and closes <= now else ()


def _summary(opportunity: Opportunity) -> str:
    results = [finding.result for finding in opportunity.findings]
    met, missed, silent = (results.count(result) for result in (Result.MET, Result.NOT_MET, Result.NOT_STATED))
    parts = [f"{met} of the {len(results)} things that we look for {'is' if met == 1 else 'are'} there"]
    if missed:
        parts.append(f"{missed} {'falls' if missed == 1 else 'fall'} short")
    if silent:
        parts.append(f"{silent} {'is' if silent == 1 else 'are'} not stated")
    return ", ".join(parts) + "."
