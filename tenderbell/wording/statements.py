"""What running text states about taking part: monitoring, scoring, the least that is asked for, whom to ask, feedback,
a glossary. Each answer is the text's own sentences; None is *not stated*.

The same for notices whose sources have no fields for it, for grants, and for drafts.
"""

import re
from typing import Any

from tenderbell.transfers import staff_transfer
from tenderbell.wording.weighting_lists import shares_within
from tenderbell.wording.weightings import shares_in

MOST_SENTENCES = 4
LONGEST_ANSWER = 1_200
_LONGEST_READ = 20_000
_LONGEST_SENTENCE = 600
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n+")

_MONITORING = re.compile(
    r"\bKPIs?\b|\bkey performance (?:indicators?|measures?)\b|"
    r"\b(?:contract|performance|grant|quarterly|monthly|six[- ]monthly|regular|outcomes?|project) "
    r"(?:monitoring|reviews?|reports?|reporting|returns)\b|\bannual (?:monitoring|reviews?|returns)\b|"
    r"\bmonitoring (?:requirements?|reports?|returns?|visits?|information|data|forms?|meetings?|arrangements?)\b|"
    r"\b(?:monitoring|progress|end[- ]of[- ](?:grant|project)|final|evaluation|impact) reports?\b|"
    r"\breport(?:ing)? (?:to (?:us|the council|the funder|the authority|the commissioner)|quarterly|monthly|annually|"
    r"every|on (?:progress|outcomes|performance|what))\b|\bperformance (?:terms|will be (?:measured|monitored))\b|"
    r"\b(?:quarterly|monthly|annually|yearly|every (?:quarter|month|year|six months|three months))\b"
    r"[^.\n]{0,80}\b(?:monitor\w*|report\w*)\b|\b(?:monitor\w*|report\w*)\b[^.\n]{0,60}"
    r"\b(?:quarterly|monthly|annually|yearly|every (?:quarter|month|year|six months|three months))\b",
    re.IGNORECASE,
)
_NO_MONITORING = re.compile(
    r"\b(?:air|water|ecolog\w+|noise|environmental|remote|CCTV|alarm|dust|traffic|heart|blood|telecare|condition|"
    r"energy|gas|radon|ground ?water|bird|species) (?:quality )?monitoring\b",
    re.IGNORECASE,
)
"""Monitoring that is the work itself."""

_SCORING = re.compile(
    r"\bweight(?:s|ed|ings?)?\b|\bscor(?:e|es|ed|ing)\b|\bevaluation criteria\b|\baward criteria\b|"
    r"\b(?:most (?:economically )?advantageous tender|MEAT|MAT)\b|"
    r"\b(?:bids?|tenders?|applications?|proposals?) will be (?:evaluated|assessed|judged|marked)\b|"
    r"\b(?:we will|how we(?: will)?) (?:assess|score|judge|mark)\b|"
    r"\b(?:quality|price|cost|social value)\b[^.\n]{0,30}\b\d{1,3} ?(?:%|per ?cent)|"
    r"\b\d{1,3} ?(?:%|per ?cent)[^.\n]{0,12}\b(?:quality|price|cost)\b",
    re.IGNORECASE,
)
_MINIMUM = re.compile(
    r"\bminimum (?:requirements?|standards?|turnover|level|of £|insurance)\b|"
    r"\b(?:bidders?|tenderers?|suppliers?|applicants?|organisations?|providers?|you|your (?:group|organisation)) "
    r"(?:must|will need to|need to|are required to|should) (?:\w+ )?(?:have|hold|be able to|show|demonstrate|provide|"
    r"be registered|possess|evidence)\b|"
    r"\b(?:public liability|employer[’']?s liability|professional indemnity)\b|\bturnover of (?:at least )?£",
    re.IGNORECASE,
)
_ELIGIBILITY = re.compile(
    r"\bwho (?:can|may) (?:apply|bid|tender)\b|\beligib\w+\b|\b(?:is |are )?(?:only )?open (?:only )?to "
    r"(?:all |any |local |small |registered |voluntary |community |charit|organisations|groups|applications from)|"
    r"\b(?:applications?|bids?|tenders?) (?:are )?(?:only )?(?:welcome[d]?|invited|accepted) from\b|"
    r"\b(?:charities|groups|organisations|individuals|applicants|social enterprises)\b[^.\n]{0,60}"
    r"\b(?:can|may) (?:apply|bid)\b|\b(?:applicants?|bidders?|groups|organisations) must be\b|\breserved (?:for|to)\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\b(?:for|to find out) (?:more|further) (?:information|details)[^.\n]{0,40}"
    r"\b(?:contact|e-?mail|call|ring|write)\b|"
    r"\b(?:any |your )?(?:questions|queries|clarifications?|enquir(?:y|ies))\b[^.\n]{0,60}"
    r"\b(?:to|contact|via|through|by e-?mail|using)\b|\bcontact (?:us|the|our|details|point|name|officer|email)\b|"
    r"\bcontact\s*:|\bget in touch\b|\b(?:e-?mail|telephone|phone|call|ring)\s*(?::|us\b|the\b|our\b)|"
    r"\[see the notice\]|\w@[\w-]{1,63}\.\w",
    re.IGNORECASE,
)
_GLOSSARY = re.compile(
    r"\bglossar(?:y|ies)\b|\bdefinitions? of (?:\w+ )?terms\b|\bterms (?:are )?explained\b|\bjargon[- ]?buster\b",
    re.IGNORECASE,
)
_FEEDBACK = re.compile(
    r"\bfeedback (?:will be|is|shall be|on request|to (?:all|every|unsuccessful))\b|\bdebrief\w*\b|"
    r"\b(?:give|offer|provide|receive|request|ask for) (?:\w+ ){0,2}feedback (?:to|on (?:your|their|the) (?:bid|tender|"
    r"application|proposal))|\bassessment summar(?:y|ies)\b",
    re.IGNORECASE,
)

_WELCOMES = re.compile(
    r"\b(?:VCSEs?|VCS|voluntary (?:and community )?(?:groups|organisations|sector)|charit(?:y|ies)|community groups|"
    r"social enterprises)\b[^.\n]{0,60}"
    r"\b(?:can|may|could|are (?:welcome|invited|encouraged|able) to|are eligible to)\b|"
    r"\b(?:open to|suitable for|welcome[ds]?(?: \w+){0,3} from|invite[ds]?(?: \w+){0,3} from|encourage[ds]?)\b"
    r"[^.\n]{0,60}\b(?:VCSEs?|VCS|voluntary|charit(?:y|ies)|community groups|social enterprises)\b",
    re.IGNORECASE,
)
_SHUT_OUT = re.compile(r"\b(?:not|cannot|unable|only|except|no)\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"(?<=[!?;])\s+|(?<=[a-z0-9)]\.)\s+|\n+")

_DENIED_BEFORE = re.compile(
    r"(?:\b(?:no|not|never|without)|n[’']t)\s+(?:(?!(?:less|fewer|more|only|later|earlier|just|but)\b)\w+\s+){0,3}$",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(
    r"^(?:\s+\w+){0,3}?\s+(?:(?:is|are|was|were|do|does|will|would|shall)(?: not|n[’']t)|cannot)\s+(?:be\s+)?"
    r"(?:required|needed|necessary|provided|available|included|expected|asked for|given|apply|applicable)\b"
    r"(?!\s+until)|"
    r"^(?:\s+\w+){0,3}?\s*(?::|–|-|\bis\b|\bare\b)\s*(?:none|n/?a|not applicable|not required|no)\b",
    re.IGNORECASE,
)
"""Words around a thing by which it is said not to be there."""

Facts = dict[str, Any]


def facts_of(text: str) -> Facts:
    """Return what the words of an advert state, by the names of a notice's fields: the same for a pasted draft and for
    the short form. None is *not stated*."""
    how = scoring(text)
    quality, cost = shares_within(text) or shares_in(how or "") or (None, None)
    return {
        "vcse_suitable": welcomes(text),
        "eligibility": eligibility(text),
        "scoring": how,
        "quality_percent": quality,
        "cost_percent": cost,
        "tupe": staff_transfer((text,)),
        "minimum_requirements": minimum_requirements(text),
        "monitoring": monitoring(text),
        "feedback": feedback(text),
        "contact": contact(text),
        "glossary": glossary(text),
    }


def welcomes(text: str) -> bool | None:
    """Return True when voluntary groups are told that they may apply. What shuts them out is left to people to read."""
    for sentence in _CLAUSE_END.split(text):
        if _WELCOMES.search(sentence[:_LONGEST_SENTENCE]) and not _SHUT_OUT.search(sentence):
            return True
    return None


def monitoring(text: str | None) -> str | None:
    """Return what a text says of reporting and of being checked on afterwards."""
    return _sentences(text, _MONITORING, ("onitor", "MONITOR", "KPI", "erformance", "eport", "review"), _NO_MONITORING)


def scoring(text: str | None) -> str | None:
    """Return what a text says of how bids or applications are judged."""
    return _sentences(text, _SCORING)


def minimum_requirements(text: str | None) -> str | None:
    """Return what a text says everybody who applies must have or show."""
    return _sentences(text, _MINIMUM)


def eligibility(text: str | None) -> str | None:
    """Return what a text says of who may apply."""
    return _sentences(text, _ELIGIBILITY)


def feedback(text: str | None) -> str | None:
    """Return what a text says of telling those who applied how they did."""
    return _sentences(text, _FEEDBACK, ("eedback", "ebrief", "ssessment summar"))


def contact(text: str | None) -> bool | None:
    """Return True when a text says whom to ask; who that is, is not read."""
    return True if text and _says(_CONTACT, text[:_LONGEST_READ]) else None


def glossary(text: str | None) -> bool | None:
    """Return True when a text has or names a glossary."""
    return True if text and _says(_GLOSSARY, text[:_LONGEST_READ]) else None


def _says(wanted: re.Pattern[str], said: str) -> bool:
    """Return whether something is said to be there: mentioned, and not only to deny it."""
    return any(
        not _DENIED_BEFORE.search(said[max(0, found.start() - 60) : found.start()])
        and not _DENIED_BEHIND.search(said[found.end() : found.end() + 60])
        for found in wanted.finditer(said)
    )


def _sentences(
    text: str | None, wanted: re.Pattern[str], hints: tuple[str, ...] = (), unwanted: re.Pattern[str] | None = None
) -> str | None:
    """Return the first sentences that say what is wanted; one of the `hints` stands in every text that can."""
    if not text or (hints and not any(hint in text for hint in hints)):
        return None
    found: dict[str, None] = {}
    for sentence in _SENTENCE_END.split(text[:_LONGEST_READ]):
        said = unwanted.sub("", sentence) if unwanted else sentence
        if _says(wanted, said[:_LONGEST_SENTENCE]):
            found[sentence.strip()[:_LONGEST_SENTENCE]] = None
        if len(found) == MOST_SENTENCES:
            break
    return "\n".join(found)[:LONGEST_ANSWER] or None
