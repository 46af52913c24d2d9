"""Transfer of staff (TUPE): whether a notice says that it applies. Absence says nothing (design section 5, rule 13)."""

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
_REACH = 90
_HINTS = ("TUPE", "upe", "ndertakings", "NDERTAKINGS")
"""One of these stands in every text that speaks of it; most texts are passed over by them."""


def staff_transfer(texts: Iterable[str | None]) -> bool | None:
    """Return True when a text speaks of a transfer of staff, False when all that is said is that none is likely, None
    when nothing is said."""
    found = [
        bool(
            _DENIED_AFTER.search(text[mention.end() : mention.end() + _REACH])
            or _DENIED_BEFORE.search(text[: mention.start()][-_REACH:])
        )
        for text in texts
        if text and any(hint in text for hint in _HINTS)
        for mention in _TUPE.finditer(text)
    ]
    return not all(found) if found else None
