"""Whether words of a notice tell something, or only point to where it is told."""

import re

from tenderbell.text import excerpt

LONGEST_QUOTE = 200
_LONGEST_READ = 6_000
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_ELSEWHERE = re.compile(
    r"\b(?:see|refer(?:ring|ence)? to|as (?:stated|set out|detailed|described|outlined|specified|defined|per|in)|"
    r"(?:is|are|will be|can be|may be|further) (?:\w+ )?(?:stated|set out|detailed|described|outlined|specified|"
    r"contained|included|available|found|provided|given|listed|published)|(?:stated|set out|detailed|described|"
    r"specified|contained|included|available|found|provided|listed|details) (?:in|within|on|via|at))\b",
    re.IGNORECASE,
)
_PLACES = re.compile(
    r"\b(?:documents?|documentation|packs?|ITT|ITQ|RFQ|invitation|specification|portal|PSQ|SQ|PQQ|questionnaire|"
    r"e-?tendering|web ?site|attach\w*|annex\w*|appendi\w+|procurement|tender|schedule)\b",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"\W*(?:n/?a|none|nil|tbc|tbd|to be (?:confirmed|determined|advised)|not (?:applicable|stated|specified|known)|"
    r"as above|see above|(?:above|below)[- ]threshold(?: procurement)?)\W*",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:no|not|nothing|yet to)\b[^.;]{0,60}\b(?:decided|agreed|set|fixed|confirmed|defined|determined|known)\b|"
    r"\bthere (?:is|are|will be) no\b",
    re.IGNORECASE,
)
"""Says that there is nothing to say, or not yet."""

_DENIED = re.compile(
    r"(?:^\W*(?:there (?:is|are|will be) )?no (?:\w+ ){0,2}|"
    r"(?:\b(?:not|never)|n[’']t) (?:\w+ ){0,2}(?:require|ask for|need|expect|give|provide|offer)\w* (?:\w+ ){0,2})"
    r"(?:minimum|requirements?|monitoring|reports?|reporting|feedback|debrief\w*|glossary)\b"
    r"(?![^.;]{0,60}\b(?:more|other|unless|except|until|before|beyond)\b)",
    re.IGNORECASE,
)
"""Says that there is none."""

_LETTERS = re.compile(r"(?:[^\W\d_][\W\d_]*){4}")
"""Fewer letters than these say nothing."""


def told(text: str | None) -> str | None:
    """Return the beginning of what a text tells, on one line; None when there is none, when it says "N/A" or "not
    decided yet", or when all that it says is to look elsewhere ("see the tender documents")."""
    found, length = list[str](), 0
    for part in _SENTENCE_END.split((text or "")[:_LONGEST_READ]):
        if length <= LONGEST_QUOTE and _tells(part):
            found.append(part)
            length += len(part) + 1
    return excerpt(" ".join(found), LONGEST_QUOTE)


def _tells(sentence: str) -> bool:
    if not _LETTERS.search(sentence) or _NOTHING.fullmatch(sentence):
        return False
    if _OPEN.search(sentence) or _DENIED.search(sentence):
        return False
    points = _ELSEWHERE.search(sentence) and _PLACES.search(sentence) and len(sentence) <= LONGEST_QUOTE
    return not points or any(char.isdigit() for char in sentence)
