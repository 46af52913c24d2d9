"""References in running text that are labelled as the thing's own, not mentioned in passing (ruling 19)."""

import re

from tenderbell.references import may_name_portals, notice_numbers, portal_references

_AFTER = r"\b[\s.:#(–-]*(?:(?:no|number|id|is|ref|reference|code)\b[\s.:#(–-]*)*"
_REFERENCE = re.compile(
    r"\b(?:ref(?:erence)?s?|(?:project|tender|contract|opportunity|portal) (?:id|no|number|code)|ProContract|In-?Tend)"
    + _AFTER,
    re.IGNORECASE,
)
_NOTICE = re.compile(
    rf"\b(?:notice (?:number|no|reference|ref|id)|(?:find a tender|FTS)(?: service)?(?: notice)?){_AFTER}",
    re.IGNORECASE,
)
_WINDOW = 40
"""Characters behind a label within which its reference begins and ends."""


def labelled_references(title: str | None, text: str | None) -> tuple[str, ...]:
    """Return the portal references of a title, and those of a text that stand right behind a label ("Ref: ...")."""
    found = dict.fromkeys(portal_references(title))
    if not text or not may_name_portals(text):
        return tuple(found)
    for label in _REFERENCE.finditer(text):
        behind = text[label.end() : label.end() + _WINDOW].split("\n")[0]
        if re.match(r"[A-Z]{2}", behind):
            first = re.split(r"[\s,;)]", behind, maxsplit=1)[0].rstrip(".")
            found.update(dict.fromkeys(portal_references(first)))
    return tuple(found)


def labelled_notices(text: str | None) -> tuple[str, ...]:
    """Return the Find a Tender notice numbers that a text gives right behind a label ("Notice reference: ...")."""
    found: dict[str, None] = {}
    if not text or ("-20" not in text and "/S" not in text):
        return ()
    for label in _NOTICE.finditer(text):
        behind = text[label.end() : label.end() + _WINDOW]
        if behind[:1].isdigit():
            found.update(dict.fromkeys(notice_numbers(behind)[:1]))
    return tuple(found)
