"""Sections: the parts of a digest, and which of them tells an opportunity.

A section's value is what `match.section` holds and what a link to it ends with: `/told/TOKEN#changed`.
"""

from datetime import datetime
from enum import StrEnum

from alerts.profiles import CLOSING, FIRST
from tenderbell.opportunity import Opportunity
from tenderbell.vocabulary import LIVE_STAGES, EventType, Stage

NEWS = frozenset({"new", FIRST})
"""The types of matches that tell of something new to the person; all others tell of a change, or remind."""


class Section(StrEnum):
    """The sections of a digest, in their order."""

    NEW = "new"
    EARLY = "early"
    CLOSING = "closing"
    CHANGED = "changed"
    AWARDS = "awards"
    OPEN_NOW = "open-now"
    MISSED = "missed"

    @property
    def heading(self) -> str:
        """Its title in the e-mail."""
        return _HEADINGS[self]

    @property
    def short(self) -> str:
        """Its name in a count: "3 new"."""
        return _SHORT[self]


_HEADINGS = {
    Section.NEW: "New",
    Section.EARLY: "Early: not open yet, time to prepare",
    Section.CLOSING: "Closing soon",
    Section.CHANGED: "Changed",
    Section.AWARDS: "Awarded",
    Section.OPEN_NOW: "Open now, from before you signed up",
    Section.MISSED: "Came and went since our last e-mail",
}
_SHORT = {
    Section.NEW: "new",
    Section.EARLY: "early",
    Section.CLOSING: "closing soon",
    Section.CHANGED: "changed",
    Section.AWARDS: "awarded",
    Section.OPEN_NOW: "open now",
    Section.MISSED: "already over",
}


def section_of(opportunity: Opportunity, types: set[str], now: datetime) -> Section:
    """Return where an opportunity belongs, given the types of its matches: a thing that is new and cancelled within
    one period is shown once, as cancelled; one that changes and closes soon, as changed."""
    stage = opportunity.stage_at(now)
    if types == {CLOSING}:
        return Section.CLOSING
    if stage is Stage.AWARDED and EventType.AWARDED in types:
        return Section.AWARDS
    if stage is Stage.CANCELLED or not types & NEWS:
        return Section.CHANGED
    if stage not in LIVE_STAGES:
        return Section.MISSED
    if types & NEWS == {FIRST}:
        return Section.OPEN_NOW
    return Section.NEW if stage is Stage.OPEN else Section.EARLY
