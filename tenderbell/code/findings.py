"""Findings: what the notices of one opportunity show about each undertaking. Pure; it needs no clock.

An undertaking that does not apply gives no finding at all, so that shares of findings are shares of what could have
been met: a rolling grant has no three months, and an award seen alone has no advert to judge.
"""

from collections.abc import Callable

from tenderbell.code import advertising, tendering
from tenderbell.code.undertakings import Undertaking, undertakings
from tenderbell.opportunity import Finding, Opportunity
from tenderbell.vocabulary import Stage

Judge = Callable[[Opportunity], Finding | None]
"""Returns the finding, None when the undertaking does not apply after all."""

JUDGES: dict[str, Judge] = {
    "3.1.1": advertising.funding_type,
    "3.1.2": advertising.key_dates,
    "3.1.3": advertising.voluntary_groups,
    "3.2.2": advertising.three_months,
    "3.2.3": advertising.who_may_apply,
    "3.2.4": advertising.decision_date,
    "3.3.2": tendering.minimum_requirements,
    "3.3.4": tendering.timetable,
    "3.3.6": tendering.words_and_contact,
    "3.3.7": tendering.scoring,
    "3.3.10": tendering.monitoring,
    "3.3.11": tendering.feedback,
    "3.3.16": tendering.staff_transfer,
}


def findings_of(opportunity: Opportunity) -> tuple[Finding, ...]:
    """Return the findings of an opportunity in the order of the Code's clauses."""
    found = (JUDGES[one.clause](opportunity) for one in undertakings() if applies(one, opportunity))
    return tuple(finding for finding in found if finding is not None)


def applies(one: Undertaking, opportunity: Opportunity) -> bool:
    """Return whether an undertaking is for an opportunity of this kind and stage, as far as that decides it."""
    if not one.is_for(opportunity.kind, opportunity.stage):
        return False
    return one.without_advert or is_advertised(opportunity)


def is_advertised(opportunity: Opportunity) -> bool:
    """Return whether an advert was seen to which people could answer: of an award (or a cancellation) without a known
    deadline there is none. The yearly report counts by the same rule (`tenderbell.record.tally.FORM`)."""
    return opportunity.stage in (Stage.OPEN, Stage.CLOSED) or opportunity.closes_at is not None
