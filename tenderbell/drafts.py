"""Reading the draft of an advert: the same words that are read in notices, before anything is published.

Pure: nothing is kept, nothing is asked of a network. What a draft does not say stays *not stated*.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from tenderbell.area import Area
from tenderbell.compiling.assembling import assemble
from tenderbell.compiling.kinds import kind_of
from tenderbell.notice import Money, Notice, Organisation
from tenderbell.opportunity import Opportunity
from tenderbell.text import clean_line, clean_text
from tenderbell.vocabulary import Effect, Kind
from tenderbell.wording import amounts, dates, statements

SOURCE = "draft"
_LONGEST_TITLE = 200
_LONGEST_NAME = 150
_REACH = 120
"""So far behind its label a date or an amount may stand."""

_LABELLED = r"^[ \t>*•–-]*(?:{})\s*(?:[:–—]|\s-)\s*(?P<said>\S.*)$"
_TITLE = re.compile(_LABELLED.format("title|name of (?:the )?(?:grant|fund|contract|opportunity)"), re.I | re.M)
_BUYER = re.compile(_LABELLED.format("buyer|commissioner|funder|council|organisation|authority|from"), re.I | re.M)
_ROLLING = re.compile(
    r"\bno (?:fixed )?(?:closing date|deadline)\b|\bat any time\b|\brolling (?:basis|programme)\b|\bopen all year\b",
    re.IGNORECASE,
)
_SAYS_CONTRACT = re.compile(
    r"\b(?:contracts?|tenders?|tendering|quotations?|quotes?|procure\w*|ITT|RFQ|concession|framework)\b", re.IGNORECASE
)
_STATES_KIND = re.compile(
    r"\b(?:this|it) is (?:an? |for an? )(?:\w+ )?(?P<kind>grant|loan|contract|framework|concession)\b", re.IGNORECASE
)
_STATED_KINDS = {
    "grant": Kind.GRANT,
    "loan": Kind.LOAN,
    "contract": Kind.CONTRACT,
    "framework": Kind.FRAMEWORK,
    "concession": Kind.CONCESSION,
}
_LABELS = {
    "enquiries_close_at": r"(?:questions?|clarifications?|quer(?:y|ies)|enquir(?:y|ies))\b",
    "decision_expected_at": r"(?:decisions?|award(?:ed)? (?:date|on|by)|date of award|contract award|notified|"
    r"(?:we will|will be) (?:tell|told|decide|inform(?:ed)?|announced?)|outcome|results?)\b",
    "starts_at": r"(?:(?:contract|service|work|project|funding|agreement|delivery)s? (?:will |must |should )?"
    r"(?:starts?|begins?|commences?|runs? from|to start)|start(?:ing)? (?:date|on)|commencement(?: date)?)\b",
    "ends_at": r"(?:(?:contract|service|work|project|funding|agreement)s? (?:will |must |should )?"
    r"(?:ends?|finish(?:es)?|expires?)|end date|until the end of|completed by)\b",
}
_PATTERNS = {name: re.compile(rf"\b{label}", re.IGNORECASE) for name, label in _LABELS.items()}
_WORTH = re.compile(
    r"\b(?:value|budget|worth|grants? of|awards? of|up to|between|from|fund(?:ing)?|pot|maximum|total|cost|price)\b",
    re.IGNORECASE,
)
_MONEY_SIGN = re.compile(r"[£€]|\bGBP\b|\bpounds\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[!?;])\s+|(?<=[a-z0-9)]\.)\s+|\n+")
_MONEY_OF_OTHERS = re.compile(r"\b(?:insurance|indemnity|liability|turnover|income|reserves)\b", re.IGNORECASE)


def read_draft(text: str, now: datetime) -> Notice:
    """Return what a draft says, as the notice that it would be if it were published at `now`. Dates without a year are
    the next such date from `now` on."""
    plain = clean_text(text) or ""
    notice = Notice(
        source=SOURCE,
        key=SOURCE,
        process=f"{SOURCE}:{SOURCE}",
        title=_title(plain),
        form_name="Draft",
        effect=Effect.OPEN,
        published_at=now,
        description=plain or None,
        buyers=_buyers(plain),
        value=_value(plain),
        doubts=dates.deadline_doubts(plain, now),
        **_times(plain, now),
        **statements.facts_of(plain),
    )
    return msgspec.structs.replace(notice, **_kind(notice, plain))


def _times(plain: str, now: datetime) -> dict[str, Any]:
    closing = dates.labelled_deadline(plain, now)
    return {
        "closes_at": closing[0] if closing else None,
        "closes_evidence": f"The draft says “{closing[1]}”" if closing else None,
        "rolling": True if closing is None and _ROLLING.search(plain) else None,
        "enquiries_close_at": _date(plain, "enquiries_close_at", dates.deadline, now),
        "decision_expected_at": _date(plain, "decision_expected_at", dates.published, now),
        "starts_at": _date(plain, "starts_at", dates.published, now),
        "ends_at": _date(plain, "ends_at", dates.deadline, now),
    }


def opportunity_of(notice: Notice, area: Area, now: datetime) -> Opportunity | None:
    """Return what a draft's page would rest on, None for a draft that opens nothing. It has no number and no page."""
    assembled = assemble([notice], area, number=0, first_seen=now)
    return assembled[0] if assembled else None


def _title(plain: str) -> str | None:
    """Return the title that is labelled as such, else the first line, of a long one the first sentence."""
    if labelled := _TITLE.search(plain):
        return clean_line(labelled["said"][:_LONGEST_TITLE])
    first = plain.split("\n", 1)[0]
    if len(first) > _LONGEST_TITLE:
        first = _SENTENCE_END.split(first, maxsplit=1)[0].removesuffix(".")
    return first if first and len(first) <= _LONGEST_TITLE else None


def _buyers(plain: str) -> tuple[Organisation, ...]:
    labelled = _BUYER.search(plain)
    return (Organisation(labelled["said"][:_LONGEST_NAME].strip(), roles=("buyer",)),) if labelled else ()


def _kind(notice: Notice, plain: str) -> dict[str, Any]:
    """Return the kind when the words do not settle it: a draft is published nowhere, so that where it stands says
    nothing."""
    if stated := _STATES_KIND.search(plain):
        return {"kind": _STATED_KINDS[stated["kind"].lower()], "kind_evidence": f"The draft says “{stated[0]}”."}
    kind, _ = kind_of([notice], notice.title)
    if kind is not Kind.CONTRACT:
        return {}
    if said := _SAYS_CONTRACT.search(plain):
        return {"kind": Kind.CONTRACT, "kind_evidence": f"The draft says “{said[0]}”."}
    return {"kind": Kind.UNCLEAR, "kind_evidence": "The draft says neither grant nor contract."}


Read = Callable[[object, datetime | None], datetime | None]


def _date(plain: str, name: str, read: Read, now: datetime) -> datetime | None:
    """Return the one date that stands behind a label of `name`; None when there are several. `read` decides what a
    day without a time of day means: its beginning for what begins then, its end for a limit."""
    found = {date for said in _behind(plain, _PATTERNS[name]) if (date := read(said, now))}
    return found.pop() if len(found) == 1 else None


def _behind(plain: str, label: re.Pattern[str]) -> Iterator[str]:
    """Yield what stands behind a label in a sentence, as far as the next label of another date."""
    for sentence in _SENTENCE_END.split(plain):
        if (match := label.search(sentence[:600])) and any(char.isdigit() for char in sentence):
            behind = sentence[match.start() : match.start() + _REACH]
            rest = [other for other in _PATTERNS.values() if other is not label]
            others = [other.search(behind, match.end() - match.start()) for other in rest]
            yield behind[: min((other.start() for other in others if other), default=_REACH)]


def _value(plain: str) -> Money | None:
    """Return the money of the first sentence that speaks of what is to be had, not of insurance or turnover."""
    for sentence in _SENTENCE_END.split(plain):
        offers = _MONEY_SIGN.search(sentence) and _WORTH.search(sentence) and not _MONEY_OF_OTHERS.search(sentence)
        if offers and (found := amounts.money(sentence)):
            return found
    return None
