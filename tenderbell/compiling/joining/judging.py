"""Are two processes one? Decided from what both show, with a score and the evidence in words (rulings 18 and 19)."""

import re
from collections.abc import Callable
from enum import StrEnum

import msgspec

from tenderbell.advert import SOURCE
from tenderbell.compiling.joining.likeness import is_cut_from, likeness, names_an_award
from tenderbell.compiling.joining.sides import Side

ALIKE = "alike"
"""The rule that goes by title, buyer and deadline."""

JOIN_FROM = 0.9
"""From this score on, buyer, title and deadline are enough to join."""

DOUBT_FROM = 0.75
"""From this score on, they are enough to ask the operator."""

REFERENCE_DAYS = 731
"""A buyer's own reference is a name for two years (ruling 18)."""

SAME_TIME_DAYS = 60
"""Adverts of one thing appear within this many days of one another, when only buyer and title say that they are one."""

AWARD_DAYS = 365
"""An award follows its advert within this many days, when only buyer and title say that they are one."""

ALIKE_ENOUGH_TO_ASK = 0.6
"""From this likeness of the titles on, the operator is asked about an advert written here with another body's link."""

PREPARATION_DAYS = 540
"""Early notices precede their tender by at most this many days."""


_DIGIT = re.compile(r"\d")


class Bond(StrEnum):
    """What two processes are to each other. `RELATED` are never joined, their pages link to each other; `DOUBTFUL` ones
    wait for the operator."""

    JOINED = "joined"
    DOUBTFUL = "doubtful"
    RELATED = "related"


class Judgement(msgspec.Struct, frozen=True):
    """The bond of two processes, the rule that decided it, the evidence in words, and how sure it is, from 0 to 1."""

    bond: Bond
    rule: str
    evidence: str
    score: float = 1.0


def judge(a: Side, b: Side) -> Judgement | None:
    """Return what two processes are to each other, None when nothing speaks for more than a coincidence. The order of
    the two makes no difference."""
    if (b.first or 0, b.process) < (a.first or 0, a.process):
        a, b = b, a
    exact = _by_name(a, b)
    if exact is not None and _written_here(a, b) and not _same_buyer(a, b):
        return _by_borrowed_name(a, b, exact)
    if exact is not None:
        return _unless_another_time(a, b, exact)
    if a.process in b.named or b.process in a.named:
        return Judgement(Bond.RELATED, "named", "One notice names the other as related.")
    alike = _by_likeness(a, b)
    return _unless_another_time(a, b, alike) if alike else None


def _by_name(a: Side, b: Side) -> Judgement | None:
    """Judge by the names that both have: ocid, notice number, page, portal reference, the buyer's own reference."""
    shared = sorted(set(a.keys) & set(b.keys))
    for rule, judged in _RULES.items():
        names = [key.partition(":")[2] for key in shared if key.startswith(f"{rule}:")]
        if names and (found := judged(a, b, names[0])):
            return found
    return None


def _by_identity(a: Side, b: Side, name: str) -> Judgement:
    if _share_a_source(a, b) and not _continues(a, b):
        return Judgement(Bond.RELATED, "republished", f"The same source publishes them as two; both are called {name}.")
    return Judgement(Bond.JOINED, "identity", f"Both are published as {name}.")


def _by_page(a: Side, b: Side, name: str) -> Judgement | None:
    if _share_a_source(a, b):
        return None
    return Judgement(Bond.JOINED, "page", f"Both lead to the page {name}.")


def _by_borrowed_name(a: Side, b: Side, found: Judgement) -> Judgement:
    """Judge an advert written here whose link leads to what another body published: anybody can write down any link, so
    it takes over nobody's page. The operator is asked when the titles are alike, which a joint advert's would be."""
    evidence = f"{found.evidence} But one was written here, and the other is not by the same body."
    if likeness(a.words, b.words) >= ALIKE_ENOUGH_TO_ASK:
        return Judgement(Bond.DOUBTFUL, "page", evidence, 0.8)
    return Judgement(Bond.RELATED, "page", evidence)


def _by_portal(a: Side, b: Side, name: str) -> Judgement | None:
    sentence = f"Both give the portal reference {name}."
    if _share_a_source(a, b):
        if a.lots and b.lots and set(a.lots).isdisjoint(b.lots) and _alike_without_lots(a, b):
            return Judgement(Bond.JOINED, "lots", f"{sentence} Their titles name different lots.")
        if _continues(a, b):
            return Judgement(Bond.JOINED, "continued", f"{sentence} One goes on where the other ends.", 0.95)
        return Judgement(Bond.RELATED, "republished", f"{sentence} The same source publishes them as two.")
    if _same_buyer(a, b) or _same_day(a, b) or likeness(a.words, b.words) >= 0.6:
        return Judgement(Bond.JOINED, "portal", sentence)
    return Judgement(Bond.DOUBTFUL, "portal", f"{sentence} Buyer, deadline and title differ.", 0.8)


def _by_reference(a: Side, b: Side, name: str) -> Judgement | None:
    if _days_between(a, b) > REFERENCE_DAYS:
        return None
    sentence = f"The same buyer gives both the reference {name.rpartition(':')[2]}."
    alike = likeness(a.words, b.words)
    if _share_a_source(a, b):
        if _continues(a, b) and alike >= 0.6:
            return Judgement(Bond.JOINED, "continued", f"{sentence} One goes on where the other ends.", 0.95)
        if not alike:
            return None
        return Judgement(Bond.RELATED, "republished", f"{sentence} The same source publishes them as two.")
    if not (a.lots and b.lots and set(a.lots).isdisjoint(b.lots)) and (
        _same_day(a, b) or alike >= 0.6 or (_a_deadline_is_missing(a, b) and alike >= 0.4)
    ):
        return Judgement(Bond.JOINED, "reference", sentence, 0.97)
    return Judgement(Bond.DOUBTFUL, "reference", f"{sentence} Titles and deadlines differ.", 0.78)


_RULES: dict[str, Callable[[Side, Side, str], Judgement | None]] = {
    "ocid": _by_identity,
    "notice": _by_identity,
    "page": _by_page,
    "portal": _by_portal,
    "ref": _by_reference,
}


def _by_likeness(a: Side, b: Side) -> Judgement | None:
    """Judge by buyer, title and deadline day."""
    if not _same_buyer(a, b) or not _lots_agree(a, b):
        return None
    alike = 1.0 if is_cut_from(a.title, b.title) else likeness(a.words, b.words)
    if alike < DOUBT_FROM:
        return None
    if _share_a_source(a, b):
        return _by_succession(a, b, alike)
    weight, when = _by_time(a, b)
    if _differ_in_reference(a, b) and not (a.early and _continues(a, b)):
        weight, when = weight * 0.88, f"{when}, but each has a reference of its own"
    return _by_score(alike * weight, f"The buyer is the same, the titles are {alike:.0%} alike, and {when}.")


def _by_time(a: Side, b: Side) -> tuple[float, str]:
    """Return how much the likeness of two titles weighs, from 0 to 1, given when they were published, and why."""
    if _same_day(a, b):
        return 1.0, "the deadline is on the same day"
    days = _days_between(a, b)
    if days > SAME_TIME_DAYS:
        is_next = _continues(a, b) and not (b.awarded and days > AWARD_DAYS)
        return (0.95 if is_next else 0.0), "one goes on where the other ends"
    if _a_deadline_is_missing(a, b) or days <= 10:
        return 0.95, "they were published at about the same time"
    return 0.85, "their deadlines differ"


def _by_succession(a: Side, b: Side, alike: float) -> Judgement | None:
    """Judge two processes of one source that share buyer and title: joined when the second goes on where the first
    ends: a tender after its early notice, an award that says so in its title and was published under a number of its
    own (Contracts Finder)."""
    if alike < 1 or len(a.words) < 3 or not _continues(a, b) or not (a.early or names_an_award(b.title)):
        return None
    if b.awarded and _days_between(a, b) > AWARD_DAYS:
        return None
    return _by_score(0.92, "The buyer and the title are the same, and one goes on where the other ends.")


def _by_score(score: float, evidence: str) -> Judgement | None:
    if score >= JOIN_FROM:
        return Judgement(Bond.JOINED, ALIKE, evidence, round(score, 3))
    if score >= DOUBT_FROM:
        return Judgement(Bond.DOUBTFUL, ALIKE, evidence, round(score, 3))
    return None


def _unless_another_time(a: Side, b: Side, found: Judgement) -> Judgement:
    """Return the judgement, unless the later of the two was advertised after the earlier had ended: that is a re-tender
    after cancellation or a call-off, related and not joined (ruling 19)."""
    if found.bond is Bond.RELATED or found.rule == "identity":
        return found
    for before, after in ((a, b), (b, a)):
        if before.ended is not None and after.opened is not None and after.opened > before.ended:
            return Judgement(Bond.RELATED, "another time", f"{found.evidence} But one began after the other had ended.")
    return found


def _continues(a: Side, b: Side) -> bool:
    """Return whether two processes are parts of one: an early notice and a tender, or an advert that has no award and
    an award without advert; `a` is the earlier."""
    prepared = a.early and b.opened is not None and _days_between(a, b) <= PREPARATION_DAYS
    awarded = a.opened is not None and a.ended is None and b.awarded and b.opened is None
    return prepared or (awarded and _days_between(a, b) <= REFERENCE_DAYS)


def _written_here(a: Side, b: Side) -> bool:
    return SOURCE in a.sources or SOURCE in b.sources


def _share_a_source(a: Side, b: Side) -> bool:
    return not set(a.sources).isdisjoint(b.sources)


def _same_buyer(a: Side, b: Side) -> bool:
    return not set(a.buyers).isdisjoint(b.buyers)


def _same_day(a: Side, b: Side) -> bool:
    return a.closes is not None and a.closes == b.closes


def _a_deadline_is_missing(a: Side, b: Side) -> bool:
    return a.closes is None or b.closes is None


def _differ_in_reference(a: Side, b: Side) -> bool:
    """Return whether both have references of one pattern and none in common: two call-offs with the same title."""
    left, right = ({key for key in side.keys if key.startswith(("portal:", "ref:"))} for side in (a, b))
    patterns = ({_DIGIT.sub("0", key) for key in keys} for keys in (left, right))
    return left.isdisjoint(right) and bool(set.intersection(*patterns))


def _lots_agree(a: Side, b: Side) -> bool:
    """Return whether the lots that two titles name speak against one process: not when they are the same, or when one
    names several and the other none."""
    return a.lots == b.lots or (not (a.lots and b.lots) and len(a.lots) + len(b.lots) > 1)


def _alike_without_lots(a: Side, b: Side) -> bool:
    names = {*a.lots, *b.lots, "lot", "lots"}
    left, right = (tuple(word for word in side.words if word not in names) for side in (a, b))
    return bool(set(left) & set(right)) or not left or not right


def _days_between(a: Side, b: Side) -> int:
    """Return the days from the end of the one to the beginning of the other; 0 when they overlap or are undated."""
    if a.first is None or b.first is None:
        return 0
    return max(0, b.first - (a.last or a.first), a.first - (b.last or b.first))
