"""An opportunity's date, worth and place in words. The site's cards and the e-mails both say these, so that they can
say nothing different."""

from datetime import datetime

from tenderbell.area import Area
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import (
    NOT_STATED,
    days_left,
    deadline_moment,
    deadline_words,
    left_words,
    money_words,
    reach_words,
    short_day,
    stage_words,
    time_words,
)
from tenderbell.vocabulary import Kind, Reach, Stage

SOON_DAYS = 7

ROLLING = "no deadline: apply at any time"
"""What a programme without a deadline says in place of a date."""


class Deadline(Record, frozen=True, omit_defaults=True):
    """The date that matters now. `left` is empty when there is nothing to count down; `tone` is soon, over or "".
    `when` is short, for a list; `full` is the same with the day written out; `at` is the instant, None when not stated.
    """

    label: str
    left: str
    when: str
    tone: str = ""
    full: str = ""
    at: datetime | None = None


class Worth(Record, frozen=True, omit_defaults=True):
    """What it is worth. `words` is "not stated" when no source says so."""

    label: str
    words: str
    note: str = ""
    stated: bool = True


def deadline(opportunity: Opportunity, now: datetime) -> Deadline:
    """Return the date to act by: for early talks their end, for a plan the expected start, else the deadline."""
    closes_at = opportunity.closes_at
    match opportunity.stage_at(now):
        case Stage.PLANNED:
            return _planned(opportunity.expected_open_at, now)
        case Stage.ENGAGEMENT:
            return _counted("Talks until", opportunity.engagement_closes_at, now)
        case Stage.OPEN if opportunity.rolling and closes_at is None:
            return Deadline("Closes", "", ROLLING, full=ROLLING)
        case Stage.OPEN:
            return _counted("Closes", closes_at, now)
        case Stage.CLOSED if closes_at is None or closes_at <= now:
            return _counted("Closed", closes_at, now)
        case Stage.CLOSED:
            return _over("Closes", "closed early", closes_at, now)
        case stage:
            return _over("Stage", stage_words(stage), closes_at, now)


def _planned(expected: datetime | None, now: datetime) -> Deadline:
    if expected is None:
        return Deadline("Opens", "", "date not stated", full="date not stated")
    words = f"about {short_day(expected, now)}"
    return Deadline("Expected to open", "", words, full=words, at=expected)


def _over(label: str, left: str, moment: datetime | None, now: datetime) -> Deadline:
    if moment is None:
        return Deadline(label, left, "", "over")
    return Deadline(label, left, f"was due {_when(moment, now)}", "over", f"was due {deadline_words(moment)}", moment)


def _counted(label: str, moment: datetime | None, now: datetime) -> Deadline:
    if moment is None:
        return Deadline(label, "", NOT_STATED, full=NOT_STATED)
    left, tone = left_words(moment, now), "soon" if days_left(moment, now) < SOON_DAYS else ""
    if moment <= now:
        left, tone = left.removeprefix("closed "), "over"
    return Deadline(label, left, _when(moment, now), tone, deadline_words(moment), moment)


def _when(moment: datetime, now: datetime) -> str:
    local = deadline_moment(moment)
    return f"{time_words(local)}, {short_day(local, now)}"


def worth(opportunity: Opportunity) -> Worth:
    """Return the one number that filters use, as people say it, or the money in another currency."""
    if opportunity.value is not None:
        basis, words = opportunity.value_basis or "", money_words(opportunity.value, "GBP")
        words += " a year" if opportunity.value_yearly else ""
        if basis == "whole fund":
            return Worth("Worth", f"{words} in all")
        if opportunity.kind is Kind.GRANT:
            return Worth("Up to" if basis == "most for one applicant" else "Worth", words)
        return Worth("Worth", words, basis)
    foreign = opportunity.value_gross or opportunity.value_net or opportunity.value_high or opportunity.value_fund
    if foreign is not None:
        return Worth("Worth", money_words(foreign, opportunity.currency))
    return Worth("Worth", NOT_STATED, stated=False)


def where_words(opportunity: Opportunity, area: Area) -> str:
    """Return the places in words: the districts named, the whole area, or how wide it reaches."""
    if opportunity.reach is not Reach.LOCAL:
        return reach_words(opportunity.reach)
    names = [found.name for slug in opportunity.districts if (found := area.district(slug))]
    if not names:
        return area.name
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
