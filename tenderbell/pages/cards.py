"""An opportunity in the few words of a list."""

from datetime import datetime

from tenderbell.area import Area
from tenderbell.facts import Deadline, Worth, deadline, where_words, worth
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import notice_words, plural, stage_words
from tenderbell.text import excerpt

CLOCK_DAYS = 92
"""What three months come to in days, the full length of the notice clock."""

LONGEST_TITLE = 140

OUR_KIND = "charities and community groups"
"""What pages call the voluntary and community sector."""


class NoticeClock(Record, frozen=True, omit_defaults=True):
    """Days from advert to deadline, drawn as a bar of 92 days; `filled` is the part of it in whole days."""

    words: str
    filled: int | None

    @property
    def text(self) -> str:
        """The bar in words, for those who do not see it."""
        return f"{self.filled} days of {CLOCK_DAYS}, which is three months"


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


def notice_clock(days: int | None) -> NoticeClock:
    """Return the notice given and how much of the 92-day bar it fills."""
    return NoticeClock(notice_words(days), None if days is None else max(0, min(days, CLOCK_DAYS)))


def suits_words(opportunity: Opportunity) -> str | None:
    """Return what the notice says of voluntary and community organisations, None when it says nothing."""
    if opportunity.reserved_vcse:
        return f"Reserved for {OUR_KIND}"
    return f"Suitable for {OUR_KIND}" if opportunity.vcse_suitable else None
