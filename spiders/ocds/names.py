"""The names by which an OCDS notice is known elsewhere: its references, and where else this very notice stands."""

import re
from collections.abc import Iterable

from spiders.formats.reading import Object, Reading
from spiders.ocds.contracts_finder_names import other_names
from tenderbell.references import canonical_link, notice_numbers, ocids, portal_references

_TO_COME = re.compile(
    r"(?i)^(?:tb[acd]|to be (?:confirmed|advised|decided)|n/?a|none|not (?:applicable|known)|unknown|various)\b(?!.*\d)"
)
_TWO_IN_ONE = re.compile(r"(?P<first>[A-Z]{1,4}\d{4,8})\s*/\s*(?P<second>[A-Z]{1,4}\d{4,8})")
_LABEL = re.compile(
    r"(?i)\b(?:ref(?:erence)?s?|(?:ITT|ITQ|RFQ|RFP|tender|project|opportunity|procurement|advert|portal)"
    r"(?: (?:ref(?:erence)?|number|no|id|code))?|id)\b[\s.]*(?:(?:number|no|code|id)\b[\s.]*)?(?:is\b)?[\s:#(–-]{0,5}$"
)
_OF_ANOTHER = re.compile(
    r"(?i)\b(?:frameworks?|DPS|dynamic|call[- ]?off|previous(?:ly)?|existing|expir\w+|predecessor|earlier|former|"
    r"replac\w+|supersed\w+|related|linked)\b"
)
_ALSO_PUBLISHED = re.compile(
    r"(?i)\balso (?:been )?(?:published|advertised)\b[^.;\n]{0,80}?"
    r"(?P<name>\b\d{6}-20\d\d\b|\b20\d\d/S \d{3}-\d{6}\b|\bocds-[a-z0-9]{6}-[\w-]{4,60})"
)
_ADDRESS = re.compile(r"(?i)https?://[^\s<>\"']+[^\s<>\"'.,;:)\]]")
_PROCONTRACT = re.compile(r"(?i)^(https?://procontract\.due-north\.com/advert)\?(?:.*&)?(advertid=[0-9a-f-]{36}).*")
"""Its other parameters say where the visitor came from."""

_BEFORE = 60


def references(reading: Reading, release: Object, tender: Object, ocid: str, id: str) -> tuple[str, ...]:
    """Return the buyer's own reference, unless it only repeats the ocid or the notice number or is still to come, each
    of two that share its field, and the portal references that the notice gives itself: in its title, its documents,
    how to apply, and where its text labels the only one as its reference."""
    own = reading.word(tender, "id", "tender.")
    found = _own(own) if own and own not in (ocid, id) else {}
    structured = [own, tender.get("title"), *_document_names(reading, tender), tender.get("submissionMethodDetails")]
    portal = [name for text in structured if isinstance(text, str) for name in portal_references(text)]
    if not portal:
        portal = labelled(_texts(reading, release, tender))
    return tuple(dict.fromkeys([*found, *portal]))


def _own(reference: str) -> dict[str, None]:
    if _TO_COME.match(reference):
        return {}
    two = _TWO_IN_ONE.fullmatch(reference)
    return dict.fromkeys([reference, two["first"], two["second"]] if two else [reference])


def _document_names(reading: Reading, tender: Object) -> list[object]:
    documents = reading.objects(tender, "documents", "tender.")
    return [document.get(name) for document in documents for name in ("title", "description")]


def _texts(reading: Reading, release: Object, tender: Object) -> Iterable[str]:
    planning = reading.object(release, "planning", "")
    lots, milestones = reading.objects(tender, "lots", "tender."), reading.objects(planning, "milestones", "planning.")
    for parent in (tender, release, *lots, *milestones):
        if isinstance(text := parent.get("description"), str):
            yield text


def labelled(texts: Iterable[str]) -> list[str]:
    """Return the portal reference that texts label as theirs ("reference: DN805831"), none when they label several: a
    mention of another tender is no reference."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        for name in portal_references(text):
            for position in _places(text, name):
                before = text[max(0, position - _BEFORE) : position]
                before = re.split(r"[.;\n](?=\s|$)", before)[-1]
                if _LABEL.search(before) and not _OF_ANOTHER.search(before):
                    found[name] = portal_references(name)
    distinct = {names[0] for names in found.values() if names}
    return list(next(iter(found.values()))) if len(distinct) == 1 else []


def _places(text: str, name: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(name), text, re.IGNORECASE)]


def also(reading: Reading, release: Object, tender: Object) -> tuple[str, ...]:
    """Return where else this very notice is published: the address that it calls canonical, with the ocid in it, the
    portal's page of this one advert, and what its text says it is also published as."""
    found: dict[str, None] = {}
    for link in reading.objects(release, "links", ""):
        if link.get("rel") == "canonical" and (address := canonical_link(link.get("href"))):
            found.update(dict.fromkeys([address, *ocids(address)]))
    for parent in (tender, release):
        if isinstance(text := parent.get("description"), str):
            for match in _ALSO_PUBLISHED.finditer(text):
                found.update(dict.fromkeys([*notice_numbers(match["name"]), *ocids(match["name"])]))
    found.update(dict.fromkeys(other_names([{"url": url} for url in _adverts(reading, tender)], None)))
    return tuple(found)


def _adverts(reading: Reading, tender: Object) -> list[str]:
    """Return the addresses to which the notice sends applicants, without those of Find a Tender itself."""
    documents = [document.get("url") for document in reading.objects(tender, "documents", "tender.")]
    how = tender.get("submissionMethodDetails")
    named = [url for url in documents if isinstance(url, str)] + (_ADDRESS.findall(how) if isinstance(how, str) else [])
    return [_PROCONTRACT.sub(r"\1?\2", url.strip()) for url in named if "find-tender.service.gov.uk" not in url.lower()]
