"""The names by which a Contracts Finder notice is found elsewhere: references, portal pages, Find a Tender numbers."""

import re
from collections.abc import Iterable

from spiders.formats.reading import Object
from tenderbell.references import canonical_link, notice_numbers, portal_references

NOTICE_PAGE = re.compile(r"(?i)https://www\.contractsfinder\.service\.gov\.uk/notice/[0-9a-f-]{36}")
ADVERT_PAGE = re.compile(r"(?i)https?://(?!www\.contractsfinder\.service\.gov\.uk/)[a-z0-9.-]+\.[a-z]{2,}(?:/|$)")
"""Any page outside Contracts Finder."""

_ONE_ADVERT = re.compile(
    r"(?i)https?://(?:procontract\.due-north\.com/advert\?(?:.*&)?advertid=|[a-z0-9.]*eu-supply\.com/app/rfq/\w+\.asp\?"
    r"(?:.*&)?pid=|www\.delta-esourcing\.com/(?:delta/respondtolist\.html\?noticeid=|respond/|tenders/[^/]+/)\w|"
    r"[a-z0-9.]+/search/show/search_view\.aspx\?id=|in-tendhost\.co\.uk/\w+/aspx/projectmanage/\d)"
)
"""Pages of portals that show one advert and nothing else (sources.md section 4)."""

_PROCONTRACT = re.compile(r"(?i)^(https?://procontract\.due-north\.com/advert)\?(?:.*&)?(advertid=[0-9a-f-]{36}).*")
"""Its other parameters say where the visitor came from."""

_FIND_A_TENDER = re.compile(r"(?i)https://www\.find-tender\.service\.gov\.uk/notice/\d{6}-20\d\d")
_THIS_NOTICE_THERE = re.compile(
    r"(?i)(?:\b(?:also|been|is|was) (?:published|advertised) (?:on|in|as)\b|\b(?:FTS|find a tender(?: service)?)"
    r"(?: notice)? (?:ref(?:erence)?|number|no)\b|\b(?:contract|award|tender) notice\b)[^.;\n]{0,60}?"
    r"(?P<number>\b\d{6}-20\d\d\b|\b20\d\d/S 000-\d{6}\b)"
)
_OF_ANOTHER = re.compile(r"(?i)\b(?:framework|DPS|dynamic|lot \d|call[- ]?off|previous|existing)\b")
_AWARD_SUFFIX = re.compile(r"(?i)\s*[-–]\s*award(?:ed)?(?: notice)?\s*$")


def own_references(
    reference: str | None, ocid: str, id: str, title: str | None, in_text: Iterable[str]
) -> tuple[str, ...]:
    """Return the references of a notice: the buyer's own, with and without the "- AWARD" under which awards are
    published a second time, and the portal's in it or in the title, else those that the text gives as its own."""
    found: dict[str, None] = {}
    if reference and reference not in (ocid, id):
        found[reference] = None
        if plain := _AWARD_SUFFIX.sub("", reference):
            found[plain] = None
    portal = [*portal_references(reference), *portal_references(title)]
    found.update(dict.fromkeys(portal or in_text))
    return tuple(found)


def other_names(documents: Iterable[Object], description: str | None) -> tuple[str, ...]:
    """Return the other places where this very notice is published: pages of portals that show one advert, and Find a
    Tender numbers. The notice of a framework from which this is bought is another thing."""
    found: dict[str, None] = {}
    for document in documents:
        url, said = document.get("url"), document.get("description")
        if not isinstance(url, str):
            continue
        if _FIND_A_TENDER.match(url.strip()) and not (isinstance(said, str) and _OF_ANOTHER.search(said)):
            found.update(dict.fromkeys(notice_numbers(url)))
        elif _ONE_ADVERT.match(url.strip()) and (page := canonical_link(_PROCONTRACT.sub(r"\1?\2", url.strip()))):
            found[page] = None
    for match in _THIS_NOTICE_THERE.finditer(description or ""):
        before = (description or "")[max(0, match.start() - 60) : match.end()]
        if not _OF_ANOTHER.search(before):
            found.update(dict.fromkeys(notice_numbers(match["number"])))
    return tuple(found)
