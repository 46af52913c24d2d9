"""The search that finds others like an opportunity, for the button that sends them by e-mail."""

import re

from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.opportunity import Opportunity
from tenderbell.vocabulary import Kind, Reach, Stage

MOST_THEMES = 2
MOST_WORDS = 2

_WORD = re.compile(r"[^\W\d_]{5,}")
_ANY_NOTICE = re.compile(
    "contracts?|council|delivery|framework|grants?|notice|opportunity|procurement|programme|project|provision|purchase|"
    "required|services?|suppliers?|supply|support|tenders?|works"
)


def others_like(opportunity: Opportunity, area: Area) -> Criteria:
    """Return what is open, of the same kind, about the same, and for the same places."""
    themes = opportunity.themes[:MOST_THEMES]
    kind = () if opportunity.kind is Kind.UNCLEAR else (str(opportunity.kind),)
    is_placed = opportunity.reach is Reach.LOCAL and bool(opportunity.districts)
    words = "" if themes else " OR ".join(title_words(opportunity.title, area))
    return Criteria(
        q=words,
        kind=kind,
        stage=(str(Stage.OPEN),),
        theme=tuple(sorted(themes)),
        buyer=(opportunity.buyer_id,) if opportunity.buyer_id and not themes and not words else (),
        reach=() if is_placed else (str(opportunity.reach),),
        district=tuple(sorted(opportunity.districts)) if is_placed else (),
    )


def title_words(title: str, area: Area, most: int = MOST_WORDS) -> list[str]:
    """Return the longest words of a title that any notice or any place would not have, in their order. Letters only."""
    text = area.place_pattern.sub(" ", title) if area.place_pattern else title
    words = dict.fromkeys(word.lower() for word in _WORD.findall(text))
    told = [word for word in words if not _ANY_NOTICE.fullmatch(word)]
    longest = sorted(told, key=len, reverse=True)[:most]
    return [word for word in told if word in longest]
