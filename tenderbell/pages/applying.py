"""Can we apply, and how: what the notice says of it, in rows and in a sentence or two for a small charity. Nothing here
is concluded from silence."""

import re
from datetime import datetime
from functools import partial

import msgspec

from tenderbell.clock import uk
from tenderbell.notice import Lot
from tenderbell.opportunity import Opportunity
from tenderbell.pages.cards import OUR_KIND
from tenderbell.pages.reasons import Fact
from tenderbell.pages.understood import (
    HOW,
    NEEDS,
    PLACE,
    REPORTING,
    SCORED,
    TOLD_HOW,
    TRANSFER,
    WHO,
    scoring_words,
    transfer_words,
    weights,
)
from tenderbell.phrases import NOT_STATED, day_words, deadline_words, left_words, plural
from tenderbell.text import excerpt, safe_link
from tenderbell.vocabulary import Kind, Stage

QUOTED = 160
_SEARCHED = 20_000
"""So many characters of a text are searched for a sentence."""

_LOTS = re.compile(r"\b(?:bid|bids|apply|tender|tenders|applications?)\b.{0,80}\blots?\b", re.IGNORECASE)
_SOCIAL = re.compile(r"\bsocial value\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")


_OVER = {
    Stage.CLOSED: "It has closed.",
    Stage.AWARDED: "It has been awarded.",
    Stage.CANCELLED: "It has been cancelled.",
}


def can_we_apply(opportunity: Opportunity, now: datetime) -> Fact:
    """Can we apply, as things stand at `now`? Only what the notice says; silence is not a no."""
    fact = partial(Fact, "Can we apply?")
    if over := _OVER.get(opportunity.stage_at(now)):
        return fact("Not any more", over)
    if opportunity.reserved_vcse:
        return fact(f"Reserved for {OUR_KIND}", "Nobody else may apply.")
    if opportunity.vcse_suitable:
        return fact(f"Suitable for {OUR_KIND}", "The notice says so.")
    if opportunity.sme_suitable:
        return fact("Marked as suitable for small firms", "It does not mention charities.")
    if opportunity.eligibility:
        return fact("See who can apply", "The notice says who, below.")
    if opportunity.vcse_suitable is False:
        return fact("Not marked as suitable for charities", "That alone does not forbid it.")
    return fact("Not stated", "The notice does not say who may apply.", stated=False)


def in_short(opportunity: Opportunity, now: datetime) -> str:
    """Return what a small charity wants to know first, in a few sentences made of stated facts; empty once it is over.
    `now` decides how many days are left."""
    match opportunity.stage_at(now):
        case Stage.PLANNED:
            return _planned(opportunity)
        case Stage.ENGAGEMENT:
            return "This is not open for bids yet: the commissioner is asking what people think."
        case Stage.OPEN:
            told = [_may_apply(opportunity), _asks(opportunity), _closes(opportunity, now)]
            return " ".join(words for words in told if words)
        case _:
            return ""


def _planned(opportunity: Opportunity) -> str:
    expected = opportunity.expected_open_at
    opens = f"It is expected to open on {day_words(uk(expected).date())}." if expected else ""
    return f"You cannot apply yet: this is a plan. {opens}".strip()


def _may_apply(opportunity: Opportunity) -> str:
    if opportunity.reserved_vcse:
        return f"You may apply as a charity or community group: it is reserved for {OUR_KIND}."
    if opportunity.vcse_suitable:
        return "You may apply as a charity: the notice says that it suits charities and community groups."
    if opportunity.eligibility:
        return f"On who may apply, the notice says: “{_quoted(opportunity.eligibility)}”"
    return "The notice does not say whether a charity may apply."


def _asks(opportunity: Opportunity) -> str:
    asked = opportunity.minimum_requirements
    if asked:
        return f"It asks of everybody: “{_quoted(asked)}”"
    suits = opportunity.reserved_vcse or opportunity.vcse_suitable
    return f"It asks for: “{_quoted(opportunity.eligibility)}”" if suits and opportunity.eligibility else ""


def _closes(opportunity: Opportunity, now: datetime) -> str:
    closes_at = opportunity.closes_at
    if closes_at:
        return f"It closes {left_words(closes_at, now)}: {deadline_words(closes_at)}."
    if opportunity.rolling:
        return "It has no deadline: apply at any time."
    return "The notice does not say when it closes."


def _quoted(text: str | None) -> str:
    """Return the beginning of a text as a quotation that ends a sentence."""
    words = excerpt(text, QUOTED) or ""
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def applying(opportunity: Opportunity) -> list[Fact]:
    """Return who can apply and how as labelled rows, what every notice should say also when it does not."""
    return [
        *_who(opportunity),
        *_scored(opportunity),
        *([Fact("Procedure", opportunity.method, term=_term_of(opportunity.kind))] if opportunity.method else []),
        *([Fact(TRANSFER, transfer, term="tupe")] if (transfer := transfer_words(opportunity)) else []),
        *([Fact(PLACE, opportunity.delivery_text)] if opportunity.delivery_text else []),
        *([Fact(REPORTING, opportunity.monitoring, term="kpi")] if opportunity.monitoring else []),
        *([Fact(TOLD_HOW, opportunity.feedback)] if opportunity.feedback else []),
    ]


def _who(opportunity: Opportunity) -> list[Fact]:
    marked = _marked(opportunity)
    return [
        _fact(WHO, opportunity.eligibility),
        _fact(NEEDS, opportunity.minimum_requirements),
        _linked(_fact(HOW, opportunity.how_to_apply)),
        *([marked] if marked else []),
        *([_lots(opportunity)] if len(opportunity.lots) > 1 else []),
    ]


def _lots(opportunity: Opportunity) -> Fact:
    """Return how many lots there are, with what the notice says of bidding for several."""
    said = _sentence(_LOTS, opportunity)
    return Fact("Lots", plural(len(opportunity.lots), "lot"), f"“{said}”" if said else "", term="lot")


def _term_of(kind: Kind) -> str | None:
    return str(kind) if kind in (Kind.FRAMEWORK, Kind.CONCESSION, Kind.DYNAMIC_MARKET) else None


def _marked(opportunity: Opportunity) -> Fact | None:
    """Return the ticks of the notice: for whom it is reserved or suitable."""
    ticks = [
        f"reserved for {OUR_KIND}" if opportunity.reserved_vcse else "",
        f"reserved for bidders from {plural(len(opportunity.reserved_places), 'place')}"
        if opportunity.reserved_places
        else "",
        f"suitable for {OUR_KIND}" if opportunity.vcse_suitable else "",
        "suitable for small and medium-sized firms" if opportunity.sme_suitable else "",
    ]
    words = ", ".join(tick for tick in ticks if tick)
    return Fact("Marked as", words[:1].upper() + words[1:], term="vcse") if words else None


def _scored(opportunity: Opportunity) -> list[Fact]:
    """Return how bids are scored, and what is said of social value where that does not say it."""
    shown, own = weights(opportunity), opportunity.scoring
    scored = msgspec.structs.replace(
        _fact(SCORED, scoring_words(opportunity)), note=own if shown and own else "", term="weighting"
    )
    social = _sentence(_SOCIAL, opportunity)
    is_new = social and social not in " ".join((own or "").split())
    return [scored, *([Fact("Social value", f"“{social}”")] if is_new else [])]


def _fact(label: str, words: str | None) -> Fact:
    return Fact(label, words) if words else Fact(label, NOT_STATED, stated=False)


def _linked(fact: Fact) -> Fact:
    """Return a fact whose words are one link as a fact with a link."""
    link = None if " " in fact.words or not fact.stated else safe_link(fact.words)
    return msgspec.structs.replace(fact, link=link)


def _sentence(pattern: re.Pattern[str], opportunity: Opportunity) -> str | None:
    """Return the first sentence of the notice's own words that speaks of something."""
    for text in (opportunity.scoring, opportunity.how_to_apply, opportunity.eligibility, opportunity.description):
        found = pattern.search(text, 0, _SEARCHED) if text else None
        if text and found:
            start = max(text.rfind(end, 0, found.start()) for end in (". ", "! ", "? ", "\n")) + 1
            sentence = _SENTENCE.match(text, start)
            return excerpt(sentence[0], 2 * QUOTED) if sentence else None
    return None


def lot_status(lot: Lot) -> str:
    """Return the status of a lot that has ended, empty for one that goes on."""
    return lot.status if lot.status in ("cancelled", "withdrawn", "unsuccessful") else ""
