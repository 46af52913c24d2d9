"""The undertakings about tendering: the Code, 3.3."""

import re
from datetime import datetime

from tenderbell.clock import uk
from tenderbell.code.advertising import NOT_STATED
from tenderbell.code.calendar import date_words, deadline_moves, times_words
from tenderbell.code.telling import told
from tenderbell.opportunity import Finding, Opportunity
from tenderbell.phrases import deadline_words, plural
from tenderbell.text import excerpt
from tenderbell.vocabulary import Result, Stage

GRACE_DAYS = 7
"""Award notices follow the decision by some days: so many are not counted as late."""

_DIRECT = re.compile(r"\bdirect\b", re.IGNORECASE)
_BRIEF = 200
Shares = tuple[float | None, float | None]
"""Per cent for quality, per cent for cost."""


def _by_text(clause: str, field: str, text: str | None, words: str) -> Finding:
    """Return *met* where the notice tells something in its own words, else *not stated* with what it does say."""
    if found := told(text):
        return Finding(clause, Result.MET, words, field, found)
    lacking = "The notice only says where to look." if text else NOT_STATED
    return Finding(clause, Result.NOT_STATED, lacking, field, excerpt(text, _BRIEF))


def minimum_requirements(opportunity: Opportunity) -> Finding:
    """3.3.2: what every bidder must have."""
    words = "The notice says what a bidder must have or show."
    return _by_text("3.3.2", "minimum_requirements", opportunity.minimum_requirements, words)


def timetable(opportunity: Opportunity) -> Finding | None:
    """3.3.4: a timetable that is published and kept. What is open all the time has none. When sources give different
    deadlines, a move cannot be told from a difference."""
    if opportunity.rolling:
        return None
    moves = deadline_moves(opportunity.changes)
    if moves and any(statement.field == "closes_at" for statement in opportunity.statements):
        words = "Its sources give different deadlines, so we cannot tell whether it moved."
        return Finding("3.3.4", Result.NOT_STATED, words, "closes_at")
    if moves:
        first, last = (datetime.fromisoformat(moment or "") for moment in (moves[0].old, moves[-1].new))
        relied_on = f"From {deadline_words(first)} to {deadline_words(last)}"
        return Finding("3.3.4", Result.NOT_MET, f"The deadline moved {times_words(len(moves))}.", "changes", relied_on)
    if late := days_late(opportunity):
        words = f"The decision came {plural(late, 'day')} after the day that was given."
        return Finding("3.3.4", Result.NOT_MET, words, "awarded_at", _decision_words(opportunity))
    return _kept(opportunity)


def _kept(opportunity: Opportunity) -> Finding:
    if opportunity.closes_at is None or opportunity.decision_expected_at is None:
        missing = "deadline" if opportunity.closes_at is None else "day for the decision"
        return Finding("3.3.4", Result.NOT_STATED, f"The notice gives no {missing}.", "decision_expected_at")
    so_far = " so far" if opportunity.stage is Stage.OPEN else ""
    words = f"It gives the deadline and the day of the decision, and the deadline has not moved{so_far}."
    return Finding("3.3.4", Result.MET, words, "closes_at", deadline_words(opportunity.closes_at))


def days_late(opportunity: Opportunity) -> int:
    """Return by how many UK days the award came after the decision that was announced; 0 when it did not, when either
    is not known, and within a week, because an award notice follows the decision by some days."""
    expected, awarded = opportunity.decision_expected_at, opportunity.awarded_at
    if expected is None or awarded is None or opportunity.stage is not Stage.AWARDED:
        return 0
    days = (uk(awarded).date() - uk(expected).date()).days
    return days if days > GRACE_DAYS else 0


def _decision_words(opportunity: Opportunity) -> str | None:
    expected, awarded = opportunity.decision_expected_at, opportunity.awarded_at
    if expected is None or awarded is None:
        return None
    return f"Expected by {date_words(uk(expected).date())}, awarded on {date_words(uk(awarded).date())}"


def words_and_contact(opportunity: Opportunity) -> Finding:
    """3.3.6: a glossary, and whom to ask."""
    contact = "It says whom to ask." if opportunity.contact else "Whom to ask is not stated in the notice."
    glossary = "There is a glossary." if opportunity.glossary else "A glossary is not stated in the notice."
    if opportunity.contact and opportunity.glossary:
        words = "It says whom to ask, and there is a glossary."
        return Finding("3.3.6", Result.MET, words, "glossary", "a contact point; a glossary")
    if not opportunity.contact and not opportunity.glossary:
        return Finding("3.3.6", Result.NOT_STATED, NOT_STATED, "contact")
    relied_on = "a contact point" if opportunity.contact else "a glossary"
    return Finding("3.3.6", Result.NOT_STATED, f"{contact} {glossary}", "contact", relied_on)


def scoring(opportunity: Opportunity) -> Finding:
    """3.3.7: how much quality and price count. Price alone is no balance; words without figures are not explicit."""
    shares = [(opportunity.quality_percent, opportunity.cost_percent)]
    of_lots = [(lot.quality_percent, lot.cost_percent) for lot in opportunity.lots]
    for quality, cost in shares + of_lots:
        if cost == 100 or quality == 0:
            where = "" if _is_stated(shares[0]) else " in at least one lot"
            return Finding("3.3.7", Result.NOT_MET, f"Price alone counts{where}.", "cost_percent", "price 100 %")
    if _is_stated(shares[0]):
        words = _shares_words(shares[0])
        return Finding("3.3.7", Result.MET, f"{words}.", "quality_percent", _in_words(opportunity) or words)
    stated = [share for share in of_lots if _is_stated(share)]
    if stated and len(stated) == len(of_lots):
        words = _lots_words(stated)
        return Finding("3.3.7", Result.MET, words, "lots", _in_words(opportunity) or words)
    return _scored_in_words(opportunity, some=bool(stated))


def _scored_in_words(opportunity: Opportunity, *, some: bool) -> Finding:
    quoted = _in_words(opportunity)
    words = NOT_STATED
    if some:
        words = "Stated for some of the lots only."
    elif quoted:
        words = "It says what is looked at, but not how much each counts."
    return Finding("3.3.7", Result.NOT_STATED, words, "scoring", quoted)


def _is_stated(share: Shares) -> bool:
    return share != (None, None)


def _in_words(opportunity: Opportunity) -> str | None:
    return told(opportunity.scoring)


def _shares_words(share: Shares) -> str:
    quality, cost = share
    parts = [
        f"{name} {percent:g} %" for name, percent in (("quality", quality), ("price", cost)) if percent is not None
    ]
    return ", ".join(parts).capitalize()


def _lots_words(shares: list[Shares]) -> str:
    distinct = list(dict.fromkeys(shares))
    return f"It differs by lot: {'; '.join(_shares_words(share).lower() for share in distinct[:3])}."


def monitoring(opportunity: Opportunity) -> Finding:
    """3.3.10: what will have to be reported."""
    return _by_text("3.3.10", "monitoring", opportunity.monitoring, "The notice speaks of what is to be reported.")


def feedback(opportunity: Opportunity) -> Finding | None:
    """3.3.11: telling bidders how they did. Where nobody else could bid there is nobody to tell."""
    if _DIRECT.search(opportunity.method or ""):
        return None
    return _by_text("3.3.11", "feedback", opportunity.feedback, "The notice says when bidders were told.")


def staff_transfer(opportunity: Opportunity) -> Finding | None:
    """3.3.16: whether the notice says if staff may transfer. Goods bring no staff."""
    if opportunity.category == "goods":
        return None
    if opportunity.tupe is None:
        return Finding("3.3.16", Result.NOT_STATED, NOT_STATED, "tupe")
    words = "The notice speaks of a transfer of staff." if opportunity.tupe else "The notice says that none is likely."
    return Finding("3.3.16", Result.MET, words, "tupe", "TUPE")
