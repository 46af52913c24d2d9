"""An opportunity in the few words of a list."""

from datetime import datetime

from tenderbell.area import Area
from tenderbell.describe import where_words
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import (
    NOT_STATED,
    days_left,
    deadline_moment,
    left_words,
    money_words,
    notice_words,
    plural,
    short_day,
    stage_words,
    time_words,
)
from tenderbell.text import excerpt
from tenderbell.vocabulary import Stage

CLOCK_DAYS = 92
"""What the Code's three months come to in days, the full length of the notice clock."""

SOON_DAYS = 7
LONGEST_TITLE = 140


class Deadline(Record, frozen=True, omit_defaults=True):
    """The date that matters now. `left` is empty when there is nothing to count down; `tone` is soon, over or ""."""

    label: str
    left: str
    when: str
    tone: str = ""


class Worth(Record, frozen=True, omit_defaults=True):
    """What it is worth. `words` is "not stated" when no source says so."""

    label: str
    words: str
    note: str = ""
    stated: bool = True


class NoticeClock(Record, frozen=True, omit_defaults=True):
    """Days from advert to deadline, drawn as a bar of 92 days; `filled` is the part of it in whole days."""

    words: str
    filled: int | None

    @property
    def text(self) -> str:
        """The bar in words, for those who do not see it."""
        return f"{self.filled} of the {CLOCK_DAYS} days that the Code works towards"


class Card(Record, frozen=True, omit_defaults=True):
    """What a list says of one opportunity."""

    id: str
    title: str
    buyer: str | None
    kind: str
    stage: str
    stage_words: str
    deadline: Deadline
    worth: Worth
    where: str
    clock: NoticeClock
    summary: str | None
    suits: str | None
    lots: str | None
    unconfirmed: bool


def card(opportunity: Opportunity, area: Area, now: datetime) -> Card:
    """Return the card of an opportunity as it stands at `now`."""
    stage = opportunity.stage_at(now)
    return Card(
        id=opportunity.id,
        title=excerpt(opportunity.title, LONGEST_TITLE) or opportunity.title,
        buyer=opportunity.buyer,
        kind=str(opportunity.kind),
        stage=str(stage),
        stage_words=stage_words(stage),
        deadline=deadline(opportunity, now),
        worth=worth(opportunity),
        where=where_words(opportunity, area),
        clock=notice_clock(opportunity.notice_days),
        summary=excerpt(opportunity.description, 180),
        suits=suits_words(opportunity),
        lots=plural(len(opportunity.lots), "lot") if len(opportunity.lots) > 1 else None,
        unconfirmed=opportunity.unconfirmed,
    )


def deadline(opportunity: Opportunity, now: datetime) -> Deadline:
    """Return the date to act by: for early talks their end, for a plan the expected start, else the deadline."""
    match opportunity.stage_at(now):
        case Stage.PLANNED:
            return _planned(opportunity, now)
        case Stage.ENGAGEMENT:
            return _counted("Talks until", opportunity.engagement_closes_at, now)
        case Stage.OPEN:
            return _counted("Closes", opportunity.closes_at, now)
        case Stage.CLOSED if opportunity.closes_at is not None and opportunity.closes_at > now:
            return Deadline("Closes", "closed early", f"was due {_when(opportunity.closes_at, now)}", "over")
        case Stage.CLOSED:
            return _counted("Closed", opportunity.closes_at, now)
        case stage:
            when = _when(opportunity.closes_at, now) if opportunity.closes_at else ""
            return Deadline("Stage", stage_words(stage), f"was due {when}" if when else "", "over")


def _planned(opportunity: Opportunity, now: datetime) -> Deadline:
    expected = opportunity.expected_open_at
    if expected is None:
        return Deadline("Opens", "", "date not stated")
    return Deadline("Expected to open", "", f"about {short_day(expected, now)}")


def _counted(label: str, moment: datetime | None, now: datetime) -> Deadline:
    if moment is None:
        return Deadline(label, "", NOT_STATED)
    if moment <= now:
        return Deadline(label, left_words(moment, now).replace("closed ", "", 1) or "", _when(moment, now), "over")
    tone = "soon" if days_left(moment, now) < SOON_DAYS else ""
    return Deadline(label, left_words(moment, now), _when(moment, now), tone)


def _when(moment: datetime, now: datetime) -> str:
    local = deadline_moment(moment)
    return f"{time_words(local)}, {short_day(local, now)}"


def worth(opportunity: Opportunity) -> Worth:
    """Return the one number that filters use, as people say it, or the money in another currency."""
    if opportunity.value is not None:
        label = {"most for one applicant": "Up to", "whole fund": "Whole fund"}.get(
            opportunity.value_basis or "", "Worth"
        )
        note = opportunity.value_basis or ""
        return Worth(label, money_words(opportunity.value, "GBP"), "" if label != "Worth" else note)
    foreign = opportunity.value_gross or opportunity.value_net or opportunity.value_high or opportunity.value_fund
    if foreign is not None:
        return Worth("Worth", money_words(foreign, opportunity.currency))
    return Worth("Worth", NOT_STATED, stated=False)


def notice_clock(days: int | None) -> NoticeClock:
    """Return the notice given and how much of the 92-day bar it fills."""
    return NoticeClock(notice_words(days), None if days is None else max(0, min(days, CLOCK_DAYS)))


def suits_words(opportunity: Opportunity) -> str | None:
    """Return what the notice says of voluntary and community organisations, None when it says nothing."""
    if opportunity.reserved_vcse:
        return "Reserved for VCS organisations"
    return "Suitable for VCS" if opportunity.vcse_suitable else None
