"""Text that was damaged on its way into a publisher's database or out of it, mended where the damage is certain.

Two kinds occur (sources.md section 11, trap 10): line ends whose backslashes were lost, so that they read `rn`, and
UTF-8 that somebody took for Windows-1252, so that a pound sign reads `Â£`. What was received stays as it was: only the
reading is mended.
"""

import re

_TEXTS = frozenset(
    "title description statusDetails rationale text submissionMethodDetails procurementMethodDetails "
    "awardCriteriaDetails weightingDescription eligibilityCriteria".split()
)
"""Members of an OCDS release that hold running text; identifiers, names and addresses of pages are never touched."""

_LINE_ENDS = re.compile(r"(?:\s*rn){2,}|(?<=[.:;,!?)\]’”'/-])rn(?=[\s\dA-Z•·*(–-]|$)|(?<=\s)rn(?=[\s\dA-Z•·*(–-]|$)")
_ENDS_IN_RN = re.compile(
    r"(?:mode|patte|conce|gove|weste|easte|northe|southe|inte|exte|tu|bu|lea|ba|bo|ho|co|wa|wo|to)$"
)
_FOREIGN = "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122"
_MISREAD = re.compile(rf"[ÂÃ][{_FOREIGN}]|â[€\u0080][{_FOREIGN}]")


def mended(value: object) -> object:
    """Return a decoded JSON value whose running texts are mended; the same one when there is nothing to mend."""
    if isinstance(value, list):
        return [mended(item) for item in value]
    if isinstance(value, dict):
        return {
            name: mended_text(item) if name in _TEXTS and isinstance(item, str) else mended(item)
            for name, item in value.items()
        }
    return value


def mended_text(text: str) -> str:
    """Return `text` with lost line ends and misread characters put right."""
    if "rn" in text and "\n" not in text:
        text = _LINE_ENDS.sub(lambda found: _line_ends(found, text), text)
    return _MISREAD.sub(_read_again, text) if "Â" in text or "Ã" in text or "â" in text else text


def _line_ends(found: re.Match[str], text: str) -> str:
    """Return as many line ends as were lost; the first `rn` can be the end of a word (`modernrnrn`)."""
    ends = found[0].count("rn")
    if ends > 2 and found[0].startswith("rnrn") and _ENDS_IN_RN.search(text[: found.start()]):
        return "rn" + "\n" * (ends - 1)
    return "\n" * min(ends, 2)


def _read_again(found: re.Match[str]) -> str:
    try:
        return b"".join(_byte(char) for char in found[0]).decode("utf-8")
    except UnicodeError:
        return found[0]


def _byte(char: str) -> bytes:
    """Return the byte that was taken for `char`; those that Windows-1252 leaves open stand for themselves."""
    return char.encode("latin-1") if char in "\x81\x8d\x8f\x90\x9d" else char.encode("cp1252")
