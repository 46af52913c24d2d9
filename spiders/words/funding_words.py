"""Funding in the words of announcements: whether one speaks of applying for it, and whether one can
apply now. Conservative: an announcement that is not clear makes no opportunity."""

import re
from datetime import datetime

from tenderbell.vocabulary import Effect

_FUNDING = re.compile(r"\b(?:grants?|fund(?:s|ing|ed)?|bursar(?:y|ies)|challenge prize|loans?)\b", re.IGNORECASE)
_APPLYING = re.compile(
    r"\b(?:appl(?:y|ying|ications?|icants?)|bids?|bidding|expressions? of interest|invit(?:es?|ed|ing)|eligible|"
    r"(?:now |are |is )open|opens|re-?opens?|launch(?:es|ed)?|rounds?|windows?|available|calls? for|prospectus)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:consultations?|calls? for evidence|vacanc(?:y|ies)|appointments?|statistics|transparency data|accounts|"
    r"allocations?|payments? made|research findings|evaluation|successful (?:applicants|bids|projects)|recipients|"
    r"(?:been |were |was )awarded|winners?|grant rates?|revenue support grant|settlement|funding formula|"
    r"student (?:loans?|finance)|mortgages?)\b",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    r"\b(?:applications?|fund|scheme|programme|round|window|grant|competition|call)(?: \w+){0,3}? "
    r"(?:is|are|has|have) (?:now )?(?:been )?closed\b|\bclosed (?:to|for) (?:new )?applications\b|"
    r"\bno longer accepting applications\b",
    re.IGNORECASE,
)
_WILL_OPEN = re.compile(
    r"\b(?:applications?|bids?|bidding|expressions? of interest|proposals?) (?:\w+ ){0,4}?"
    r"(?:(?:will|(?:is|are) (?:expected|due) to) (?:\w+ )?(?:re-?)?open|will be invited)\b|"
    r"\b(?:will|due to|expected to) (?:\w+ )?(?:re-?)?open (?:for|to) (?:\w+ )?(?:applications|bids)\b|"
    r"\bwill (?:soon )?be (?:able|invited) to (?:apply|bid)\b|\bopens? for applications (?:in|on|from|later)\b",
    re.IGNORECASE,
)
_CAN_APPLY = re.compile(
    r"\bhow to apply\b|"
    r"\bapply (?:now|online|here|by|before|through|via|using|for (?:the|this|a|an|funding|grants?))\b|"
    r"\b(?:can|should|must|may) (?:now )?(?:bid for|apply for|"
    r"submit (?:an?|their|your) (?:applications?|bids?|proposals?|expressions? of interest))\b|"
    r"\b(?:invited|encouraged|able) to (?:apply|bid|submit)\b|"
    r"\b(?:applications?|bids?|expressions? of interest|proposals?) (?:are|is) (?:now )?"
    r"(?:open|being accepted|invited|welcome)\b|"
    r"\b(?:now |is |are )open (?:for|to) (?:new )?(?:applications|bids|expressions)\b|"
    r"\binvit(?:es?|ing) (?:applications|bids)\b",
    re.IGNORECASE,
)


def is_about_funding(words: str) -> bool:
    """Return whether a title and a description speak of funding and of applying for it, and not of what has been given
    out or is only asked about. What is missed is still on GOV.UK; a list full of news would be read by nobody."""
    return bool(_FUNDING.search(words) and _APPLYING.search(words) and not _OTHER.search(words))


def state_of(
    words: str, closing: tuple[datetime, str] | None, *, is_withdrawn: bool = False
) -> tuple[Effect, str | None]:
    """Return (what an announcement does, the words that say so). Only its own words count, never the date."""
    closed, can_apply, will_open = (pattern.search(words) for pattern in (_CLOSED, _CAN_APPLY, _WILL_OPEN))
    if closed:
        return (Effect.CLOSE, f"It says “{closed[0]}”.") if closing or can_apply else (Effect.NONE, None)
    said = closing[1] if closing else can_apply[0] if can_apply and not will_open else None
    if said:
        return (Effect.CLOSE, "The page has been withdrawn.") if is_withdrawn else (Effect.OPEN, f"It says “{said}”.")
    return (Effect.PLAN, f"It says “{will_open[0]}”.") if will_open and not is_withdrawn else (Effect.NONE, None)
