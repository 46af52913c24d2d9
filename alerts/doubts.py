"""Why maybe not: what an opportunity says, or leaves unsaid, that makes a small group think twice.

These are doubts and no filters: what a search finds is told, with its doubts. Silence of the notice is a doubt only
where it hides whether one can apply at all (*not stated* is never *no*).
"""

from collections.abc import Iterator
from datetime import datetime

from tenderbell.area import Area
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import days_left, money_words, plural
from tenderbell.text import excerpt
from tenderbell.vocabulary import Kind, Stage

FEW_DAYS = 14
"""Days left below which time itself is a doubt: a bid or an application takes a small group about two weeks."""

LONGEST_QUOTE = 120
"""Characters of a notice's own words."""

_SHARED = "whole fund"
"""The basis of a value that many share: no measure of what one group would take on."""


def doubts_of(opportunity: Opportunity, area: Area, now: datetime) -> tuple[str, ...]:
    """Return what speaks against applying, whoever reads it, the weightiest first; nothing for what is not open."""
    if opportunity.stage_at(now) is not Stage.OPEN:
        return tuple(_of_the_place(opportunity, area))
    return (
        *_of_who_may_apply(opportunity, area),
        *_of_the_time(opportunity, now),
        *_of_the_place(opportunity, area),
        *_of_the_terms(opportunity),
        *_of_the_requirements(opportunity),
    )


def size_doubts(opportunity: Opportunity, capacity: int | None) -> tuple[str, ...]:
    """Return whether it is larger than the most money, in pounds, that a group takes on in one piece of work; nothing
    when the group named no limit."""
    if capacity is None or opportunity.value_basis == _SHARED:
        return ()
    if opportunity.value is None:
        return ("its size is not stated",)
    if opportunity.value <= capacity:
        return ()
    words = f"larger than the {money_words(capacity)} you can take on"
    lots = len(opportunity.lots)
    return (f"{words}, but it comes in {plural(lots, 'lot')}" if lots > 1 else words,)


def _of_who_may_apply(opportunity: Opportunity, area: Area) -> Iterator[str]:
    if opportunity.vcse_suitable is False and not opportunity.reserved_vcse:
        yield "not marked as suitable for voluntary and community organisations"
    if not area.everything and opportunity.reserved_places and not set(opportunity.reserved_places) & _codes(area):
        yield "reserved for others: suppliers of another place"


def _codes(area: Area) -> set[str]:
    """Return the codes of every place that includes the area or lies in it."""
    districts = (district.gss for district in area.districts)
    return {area.gss, *area.codes, *area.regional_codes, *area.national_codes, *area.english_regions, *districts}


def _of_the_time(opportunity: Opportunity, now: datetime) -> Iterator[str]:
    if opportunity.closes_at is None:
        return
    days = days_left(opportunity.closes_at, now)
    if days < FEW_DAYS:
        yield {0: "it closes today", 1: "it closes tomorrow"}.get(days, f"only {plural(days, 'day')} left")


def _of_the_place(opportunity: Opportunity, area: Area) -> Iterator[str]:
    if opportunity.unconfirmed:
        yield f"we could not confirm that it covers {area.name}"


def _of_the_terms(opportunity: Opportunity) -> Iterator[str]:
    if opportunity.kind is Kind.LOAN:
        yield "a loan, to be paid back"
    if opportunity.tupe:
        yield "staff may transfer to whoever wins it (TUPE)"


def _of_the_requirements(opportunity: Opportunity) -> Iterator[str]:
    stated = opportunity.minimum_requirements
    if stated and stated.strip():
        yield f"it sets minimum requirements: “{excerpt(stated, LONGEST_QUOTE)}”"
    elif not (opportunity.eligibility and opportunity.eligibility.strip()):
        yield "minimum requirements not stated"
