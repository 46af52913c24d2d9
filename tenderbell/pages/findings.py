"""Findings as a page lists them: a mark with words, the question, what was found, what the Code asks and what notices
can show of it."""

import re

from tenderbell.area import Area
from tenderbell.code import Undertaking, undertaking, undertakings
from tenderbell.notice import Record
from tenderbell.opportunity import Finding, Opportunity
from tenderbell.vocabulary import Result

OUR_CODE = "the Compact Commissioning Code for Gloucestershire"
"""What an area without a code of its own is read against."""

_THE_NOTICE = re.compile(r"\b([Tt]he) notice\b")
_MARKS = {Result.MET: ("✓", "met"), Result.NOT_MET: ("–", "not"), Result.NOT_STATED: ("?", "silent")}


class FindingShown(Record, frozen=True, omit_defaults=True):
    """One finding. `mark` is a sign that is never alone: `result` says the same in a word. `tone` is its class."""

    clause: str
    anchor: str
    question: str
    mark: str
    tone: str
    result: str
    words: str
    relied_on: str | None
    asks: str
    shows: str
    add: str


class FindingsShown(Record, frozen=True, omit_defaults=True):
    """All findings of one opportunity. `code` names what they are read against, `own` whether it is the area's own;
    `unreadable` are undertakings that no notice can show."""

    rows: tuple[FindingShown, ...]
    code: str
    own: bool
    unreadable: tuple[Undertaking, ...]

    @property
    def to_add(self) -> tuple[FindingShown, ...]:
        """The findings for which something could still be written."""
        return tuple(row for row in self.rows if row.tone != "met")


def findings_shown(opportunity: Opportunity, area: Area, subject: str = "notice") -> FindingsShown:
    """Return the findings of an opportunity as a page of the area shows them. `subject` is what was read: a notice, or
    a draft."""
    rows = (_shown(finding, subject) for finding in opportunity.findings)
    return FindingsShown(
        rows=tuple(row for row in rows if row is not None),
        code=area.code or OUR_CODE,
        own=area.code is not None,
        unreadable=tuple(one for one in undertakings() if one.unreadable),
    )


def _shown(finding: Finding, subject: str) -> FindingShown | None:
    """Return one finding with its undertaking; None for one of a Code that has changed since it was compiled."""
    one = undertaking(finding.clause)
    if one is None:
        return None
    mark, tone = _MARKS[finding.result]
    return FindingShown(
        clause=finding.clause,
        anchor=one.anchor,
        question=one.question,
        mark=mark,
        tone=tone,
        result=str(finding.result).capitalize(),
        words=_THE_NOTICE.sub(rf"\1 {subject}", finding.words),
        relied_on=_quote(finding),
        asks=one.asks,
        shows=one.shows,
        add=one.add,
    )


def _quote(finding: Finding) -> str | None:
    """Return the words relied on where they tell more than the finding's own words."""
    relied_on = finding.relied_on
    return None if not relied_on or relied_on.strip(".") in finding.words else relied_on
