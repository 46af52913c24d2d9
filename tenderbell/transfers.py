"""Transfer of staff (TUPE): whether a notice says that it applies. Absence says nothing (promise 13)."""

import re
from collections.abc import Iterable

_TUPE = re.compile(r"\bTUPE\b|\btransfer of undertakings\b", re.IGNORECASE)
_DENIED_AFTER = re.compile(
    r"^[^.;\n]{0,60}?(?:\b(?:(?:does|do|will|would|shall|is|are) not|unlikely|not (?:likely|expected|anticipated))\b)"
    r"(?:[^.;\n]{0,30}\bappl\w+|[^.;\n]{0,20}\b(?:relevant|applicable|likely|expected|anticipated)|\s*to\b)|"
    r"^\W{0,4}(?:n/?a|no|none|not applicable)\b",
    re.IGNORECASE,
)
_DENIED_BEFORE = re.compile(
    r"\b(?:no|not (?:believe|consider|expect|anticipate|think|envisage)\w*(?: that)?(?: the)?|neither|without)\s+$",
    re.IGNORECASE,
)
_UNDECIDED_AFTER = re.compile(
    r"^[^.;\n]{0,40}?\b(?:(?:may|might|could) or (?:may|might|could) not|to be (?:confirmed|determined|advised|agreed|"
    r"decided|established)|t\.?b\.?[cda]\b|(?:un|not (?:yet )?)known|not (?:yet )?(?:been )?(?:clear|certain|decided|"
    r"determined|established|confirmed)|unclear|uncertain)\b",
    re.IGNORECASE,
)
_UNDECIDED_BEFORE = re.compile(
    r"\b(?:whether(?: or not)?|(?:not (?:yet )?known|unclear|uncertain|unknown|not (?:yet )?clear) if)(?: the)?\s+$",
    re.IGNORECASE,
)
"""Leaves it open: says nothing."""

_REACH = 90
_HINTS = ("TUPE", "upe", "ndertakings", "NDERTAKINGS")
"""One of these stands in every text that speaks of it; most texts are passed over by them."""


def staff_transfer(texts: Iterable[str | None]) -> bool | None:
    """Return True when a text speaks of a transfer of staff, False when all that is said is that none is likely, None
    when nothing is said or it is left open ("may or may not apply", "whether TUPE applies")."""
    said = [
        _applies(text[: mention.start()][-_REACH:], text[mention.end() : mention.end() + _REACH])
        for text in texts
        if text and any(hint in text for hint in _HINTS)
        for mention in _TUPE.finditer(text)
    ]
    found = [applies for applies in said if applies is not None]
    return any(found) if found else None


def _applies(before: str, behind: str) -> bool | None:
    """Return what one mention says, by the words around it."""
    if _UNDECIDED_BEFORE.search(before) or _UNDECIDED_AFTER.search(behind):
        return None
    return not (_DENIED_AFTER.search(behind) or _DENIED_BEFORE.search(before))
